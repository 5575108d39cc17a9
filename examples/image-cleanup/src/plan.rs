//! What is done in which order: images that a manifest list refers to after the list, reference artifacts after their
//! subject, and older images first.
//!
//! ECR refuses to delete an image as long as a manifest list refers to it. What no order can free is held back.

use std::collections::{BTreeMap, BTreeSet};

use asl_core::Timestamp;
use serde::Serialize;

use crate::evaluate::Decision;
use crate::image::{Image, ImageStatus};
use crate::policy::Action;

/// The most images that one call of `BatchDeleteImage` takes.
pub const MAX_BATCH: usize = 100;
/// The most images that one execution acts on, so that its payloads and its history stay within the limits of Step
/// Functions; the oldest come first, and the next execution goes on with the others.
pub const MAX_IMAGES_PER_EXECUTION: usize = 1000;

/// What is done, in waves: everything in a wave may be done at the same time, and is free once the former waves are done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan<'i> {
    /// What is done, the oldest image of each wave first.
    pub waves: Vec<Vec<Step<'i>>>,
    /// What the policy asks for and a manifest list that stays forbids.
    pub held_back: Vec<HeldBack<'i>>,
}

/// What is done with one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step<'i> {
    /// The image.
    pub image: &'i Image,
    /// What becomes of it.
    pub action: Action,
    /// The `rulePriority` of the rule that marked it, or its subject.
    pub rule_priority: u32,
    /// What it is as old as.
    pub since: Timestamp,
}

/// An image that the policy marks but that a manifest list refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldBack<'i> {
    /// What would be done.
    pub step: Step<'i>,
    /// The digest of the manifest list, or of the first of them.
    pub referenced_by: &'i str,
}

/// Puts the `decisions` about `images` into an order that ECR can follow.
///
/// An image can be expired once every manifest list that refers to it is expired, and archived once every such list is
/// expired or archived. Reference artifacts share the action of their subject, after it.
pub fn plan<'i>(images: &'i [Image], decisions: &[Decision<'i>]) -> Plan<'i> {
    let mut steps: BTreeMap<&str, Step<'i>> = decisions
        .iter()
        .map(|&Decision { image, action, rule_priority, since }| {
            (image.digest.as_str(), Step { image, action, rule_priority, since })
        })
        .collect();
    let followers = add_followers(images, &mut steps);
    let mut waits = Waits::default();
    for list in images {
        for digest in &list.manifests {
            let Some(step) = steps.get(digest.as_str()).filter(|_| *digest != list.digest) else { continue };
            let list_action = steps.get(list.digest.as_str()).map(|step| step.action);
            let is_freed = match (step.action, list_action) {
                (_, Some(Action::Expire)) | (Action::Transition, Some(Action::Transition)) => true,
                (Action::Expire, Some(Action::Transition)) | (_, None) => false,
            };
            if is_freed {
                waits.after(&list.digest, digest);
            } else if step.action == Action::Expire || list.status != ImageStatus::Archived {
                waits.for_ever(&list.digest, digest);
            }
        }
    }
    for (follower, subject) in &followers {
        waits.after(subject, follower);
    }
    let waves = waits.waves(&steps);
    let done: BTreeSet<_> = waves.iter().flatten().map(|step| step.image.digest.as_str()).collect();
    let left = decisions.iter().filter(|decision| !done.contains(decision.image.digest.as_str()));
    let held_back = left.filter_map(|decision| {
        let digest = decision.image.digest.as_str();
        Some(HeldBack { step: *steps.get(digest)?, referenced_by: waits.first.get(digest).copied()? })
    });
    Plan { held_back: held_back.collect(), waves }
}

/// Adds the reference artifacts of what is in `steps`, and theirs; returns each with its subject.
fn add_followers<'i>(images: &'i [Image], steps: &mut BTreeMap<&'i str, Step<'i>>) -> Vec<(&'i str, &'i str)> {
    let mut referrers: BTreeMap<&str, Vec<&Image>> = BTreeMap::new();
    for image in images {
        if let Some(subject) = &image.subject_manifest_digest {
            referrers.entry(subject).or_default().push(image);
        }
    }
    let mut subjects: Vec<_> = steps.values().copied().collect();
    let mut followers = Vec::new();
    while let Some(subject) = subjects.pop() {
        let digest = subject.image.digest.as_str();
        for image in referrers.remove(digest).unwrap_or_default() {
            let is_done_already = subject.action == Action::Transition && image.status != ImageStatus::Active;
            if is_done_already || steps.contains_key(image.digest.as_str()) {
                continue;
            }
            let step = Step { image, ..subject };
            steps.insert(&image.digest, step);
            followers.push((image.digest.as_str(), digest));
            subjects.push(step);
        }
    }
    followers
}

/// What must be done before what.
#[derive(Default)]
struct Waits<'i> {
    /// What is free, or nearer to it, once the key is done.
    freed_by: BTreeMap<&'i str, Vec<&'i str>>,
    /// How much must be done before the key; what waits for ever has one more than will ever be done.
    open: BTreeMap<&'i str, usize>,
    /// What the key waits for first; a list that stays goes before one that does not.
    first: BTreeMap<&'i str, &'i str>,
}

impl<'i> Waits<'i> {
    fn after(&mut self, before: &'i str, waiting: &'i str) {
        self.freed_by.entry(before).or_default().push(waiting);
        *self.open.entry(waiting).or_default() += 1;
        self.first.entry(waiting).or_insert(before);
    }

    fn for_ever(&mut self, list: &'i str, waiting: &'i str) {
        *self.open.entry(waiting).or_default() += 1;
        self.first.insert(waiting, list);
    }

    /// The steps that become free, in waves; each image is looked at once, however long the chains are.
    fn waves(&self, steps: &BTreeMap<&'i str, Step<'i>>) -> Vec<Vec<Step<'i>>> {
        let mut open = self.open.clone();
        let mut waves = Vec::new();
        let mut free: Vec<_> = steps.keys().copied().filter(|digest| !open.contains_key(digest)).collect();
        while !free.is_empty() {
            let mut wave: Vec<_> = free.iter().filter_map(|digest| steps.get(digest).copied()).collect();
            wave.sort_by(|one, other| (one.since, &other.image.digest).cmp(&(other.since, &one.image.digest)));
            let freed = free.iter().filter_map(|digest| self.freed_by.get(digest)).flatten();
            let mut next = Vec::new();
            for digest in freed {
                let Some(count) = open.get_mut(digest) else { continue };
                *count = count.saturating_sub(1);
                if *count == 0 {
                    next.push(*digest);
                }
            }
            waves.push(wave);
            free = next;
        }
        waves
    }
}

/// A part of a wave that one call, or a series of calls of one kind, carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Batch {
    /// What becomes of the images.
    pub action: Action,
    /// The images, at most [`MAX_BATCH`].
    pub image_digests: Vec<String>,
}

impl Plan<'_> {
    /// How many images are acted on.
    pub fn len(&self) -> usize {
        self.waves.iter().map(Vec::len).sum()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.waves.is_empty()
    }

    /// The batches of each wave, of the first [`MAX_IMAGES_PER_EXECUTION`] images; a wave that is cut short is the last.
    pub fn batches(&self) -> Vec<Vec<Batch>> {
        let mut left = MAX_IMAGES_PER_EXECUTION;
        let mut waves = Vec::new();
        for wave in &self.waves {
            let taken: Vec<_> = wave.iter().take(left).collect();
            if taken.is_empty() {
                break;
            }
            left -= taken.len();
            let mut batches = Vec::new();
            for action in [Action::Expire, Action::Transition] {
                let digests: Vec<_> = taken.iter().filter(|step| step.action == action).collect();
                batches.extend(digests.chunks(MAX_BATCH).map(|chunk| Batch {
                    action,
                    image_digests: chunk.iter().map(|step| step.image.digest.clone()).collect(),
                }));
            }
            waves.push(batches);
        }
        waves
    }
}
