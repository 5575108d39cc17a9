//! Which images a policy acts on: a pure function of the policy, the images and the time.
//!
//! See [Lifecycle policy evaluation rules](https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html).

use std::collections::BTreeSet;
use std::time::Duration;

use asl_core::Timestamp;

use crate::image::Image;
use crate::policy::{Action, Criterion, Policy, Rule};

/// What becomes of an image, and by which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'i> {
    /// The image.
    pub image: &'i Image,
    /// The `rulePriority` of the rule that marked it.
    pub rule_priority: u32,
    /// What becomes of it.
    pub action: Action,
    /// What it is as old as, for that rule.
    pub since: Timestamp,
}

/// What `policy` makes of the `images` of a repository at `now`, the oldest image first.
///
/// Each rule looks at all images of its storage class whose tags it selects, as if no other rule had acted on them.
/// Then the rules are applied in the order of their priorities, and an image belongs to the first rule that selects it,
/// be it marked by that rule or not: no later rule acts on it.
///
/// Two choices are ours, where ECR's documentation says nothing: of images of the same age the one with the lesser
/// digest counts as younger, and reference artifacts are not looked at at all, since they follow their subject.
pub fn evaluate<'i>(policy: &Policy, images: &'i [Image], now: Timestamp) -> Vec<Decision<'i>> {
    let subjects: Vec<_> = images.iter().filter(|image| image.subject_manifest_digest.is_none()).collect();
    let mut claimed = BTreeSet::new();
    let mut decisions = Vec::new();
    for rule in policy.rules() {
        let selected: Vec<_> = subjects.iter().copied().filter(|image| rule.selects(image)).collect();
        for (image, since) in marked(rule, &selected, now) {
            if !claimed.contains(image.digest.as_str()) {
                decisions.push(Decision { image, rule_priority: rule.priority, action: rule.action, since });
            }
        }
        claimed.extend(selected.iter().map(|image| image.digest.as_str()));
    }
    decisions.sort_by(|one, other| (one.since, &other.image.digest).cmp(&(other.since, &one.image.digest)));
    decisions
}

/// Those of the images that a rule selects that it marks, and what it counts their age from.
fn marked<'i>(rule: &Rule, selected: &[&'i Image], now: Timestamp) -> Vec<(&'i Image, Timestamp)> {
    let (days, since): (u32, fn(&Image) -> Option<Timestamp>) = match rule.criterion {
        Criterion::ImageCountMoreThan(count) => return beyond(count, selected),
        Criterion::SinceImagePushed(days) => (days, |image| Some(image.effective_pushed_at())),
        Criterion::SinceImagePulled(days) => (days, |image| Some(image.effective_pulled_at())),
        Criterion::SinceImageTransitioned(days) => (days, |image| image.last_archived_at),
    };
    let limit = Duration::from_hours(24 * u64::from(days));
    let dated = selected.iter().filter_map(|image| Some((*image, since(image)?)));
    // An image that is exactly so old is not older.
    dated.filter(|(_, since)| now.since(*since) > limit).collect()
}

/// All but the `count` youngest.
fn beyond<'i>(count: u32, selected: &[&'i Image]) -> Vec<(&'i Image, Timestamp)> {
    let mut youngest_first: Vec<_> = selected.iter().map(|image| (*image, image.effective_pushed_at())).collect();
    youngest_first
        .sort_by(|(one, one_since), (other, other_since)| (other_since, &one.digest).cmp(&(one_since, &other.digest)));
    youngest_first.split_off(youngest_first.len().min(usize::try_from(count).unwrap_or(usize::MAX)))
}
