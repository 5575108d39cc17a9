//! The evaluator against a second formulation, which asks of each image which rule decides about it.

use std::collections::BTreeSet;

use asl_core::Timestamp;
use image_cleanup::evaluate::evaluate;
use image_cleanup::image::{Image, ImageStatus};
use image_cleanup::plan::plan;
use image_cleanup::policy::{Action, Policy};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::examples::{DAY, NOW, ago};

/// The image's fate: found in the JSON of the policy, without anything that the evaluator uses.
fn naive(policy: &Json, images: &[Image], image: &Image) -> Option<(u64, Action)> {
    let mut rules: Vec<_> = policy["rules"].as_array().unwrap().iter().collect();
    rules.sort_by_key(|rule| rule["rulePriority"].as_u64());
    let rule = rules.into_iter().find(|rule| is_candidate(&rule["selection"], image))?;
    let selection = &rule["selection"];
    let number = selection["countNumber"].as_i64().unwrap();
    let restored_or_pushed = |image: &Image| image.last_activated_at.unwrap_or(image.pushed_at);
    let is_older = |time: Timestamp| NOW.as_millis() - time.as_millis() > number * DAY;
    let is_marked = match selection["countType"].as_str().unwrap() {
        "imageCountMoreThan" => {
            let is_younger = |other: &&Image| {
                let (time, own) = (restored_or_pushed(other), restored_or_pushed(image));
                time > own || time == own && other.digest < image.digest
            };
            let younger = images.iter().filter(|other| is_candidate(selection, other)).filter(is_younger).count();
            i64::try_from(younger).unwrap() >= number
        }
        "sinceImagePushed" => is_older(restored_or_pushed(image)),
        "sinceImagePulled" => is_older(match (image.last_recorded_pull_time, image.last_activated_at) {
            (Some(pulled), Some(activated)) if pulled >= activated => pulled,
            (_, Some(activated)) => activated,
            (Some(pulled), None) => pulled,
            (None, None) => image.pushed_at,
        }),
        _ => image.last_archived_at.is_some_and(is_older),
    };
    let action = if rule["action"]["type"] == "expire" { Action::Expire } else { Action::Transition };
    is_marked.then_some((rule["rulePriority"].as_u64().unwrap(), action))
}

fn is_candidate(selection: &Json, image: &Image) -> bool {
    let class = selection["storageClass"].as_str().unwrap_or("standard");
    let is_kept_there = match image.status {
        ImageStatus::Active => class == "standard",
        ImageStatus::Archived => class == "archive",
        ImageStatus::Activating => false,
    };
    let matches_all = |list: &Json, matches: fn(&[u8], &[u8]) -> bool| {
        let mut entries = list.as_array().into_iter().flatten().map(|entry| entry.as_str().unwrap().as_bytes());
        entries.all(|entry| image.tags.iter().any(|tag| matches(entry, tag.as_bytes())))
    };
    let tags_fit = match selection["tagStatus"].as_str().unwrap() {
        "any" => true,
        "untagged" => image.tags.is_empty(),
        _ => {
            matches_all(&selection["tagPatternList"], wildcard)
                && matches_all(&selection["tagPrefixList"], |prefix, tag| tag.starts_with(prefix))
        }
    };
    is_kept_there && tags_fit && image.subject_manifest_digest.is_none()
}

/// Tries every text that a `*` can stand for.
fn wildcard(pattern: &[u8], tag: &[u8]) -> bool {
    match (pattern.split_first(), tag.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=tag.len()).any(|skipped| wildcard(rest, &tag[skipped..])),
        (Some((one, pattern)), Some((other, tag))) => one == other && wildcard(pattern, tag),
        _ => false,
    }
}

fn tag() -> impl Strategy<Value = String> {
    "[ab]{1,4}"
}

fn selection() -> impl Strategy<Value = (Json, Json)> {
    let tags = prop_oneof![
        Just(json!({ "tagStatus": "untagged" })),
        prop::collection::vec("[ab*]{1,4}", 1..3)
            .prop_map(|list| json!({ "tagStatus": "tagged", "tagPatternList": list })),
        prop::collection::vec("[ab]{1,2}", 1..3)
            .prop_map(|list| json!({ "tagStatus": "tagged", "tagPrefixList": list })),
    ];
    (tags, 0..4_u8, 1..6_u32, any::<bool>()).prop_map(|(mut selection, count_type, number, expires)| {
        let members = selection.as_object_mut().unwrap();
        let (name, number, expires) = match count_type {
            0 => ("imageCountMoreThan", number, expires),
            1 => ("sinceImagePushed", number, expires),
            2 => ("sinceImagePulled", number, false),
            _ => ("sinceImageTransitioned", 90 + number, true),
        };
        members.extend([("countType".into(), json!(name)), ("countNumber".into(), json!(number))]);
        if count_type > 0 {
            members.insert("countUnit".into(), json!("days"));
        }
        if count_type > 2 {
            members.insert("storageClass".into(), json!("archive"));
        }
        let expire = json!({ "type": "expire" });
        let archive = json!({ "type": "transition", "targetStorageClass": "archive" });
        (selection, if expires { expire } else { archive })
    })
}

/// Valid policies, most of them with several rules.
fn policy() -> impl Strategy<Value = Json> {
    let rules = prop::collection::vec(selection(), 0..6);
    let priorities = Just((1..10_u32).collect::<Vec<_>>()).prop_shuffle();
    (rules, priorities, any::<bool>(), 1..6_u32).prop_filter_map(
        "rules that cannot stand beside each other",
        |(rules, priorities, ends_with_any, number)| {
            let mut rules: Vec<_> = rules
                .into_iter()
                .zip(priorities)
                .map(|((selection, action), priority)| {
                    json!({ "rulePriority": priority, "selection": selection, "action": action })
                })
                .collect();
            if ends_with_any || rules.is_empty() {
                let selection = json!({ "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": number });
                rules.push(json!({ "rulePriority": 10, "selection": selection, "action": { "type": "expire" } }));
            }
            let policy = json!({ "rules": rules });
            Policy::parse("policy.json", &policy.to_string()).is_ok().then_some(policy)
        },
    )
}

fn time() -> impl Strategy<Value = Timestamp> {
    // Few different times, at and beside the boundaries of days, so that many are the same.
    (0..7_i64, -1..2_i64).prop_map(|(days, more)| ago(days * DAY + more))
}

fn image() -> impl Strategy<Value = Image> {
    let status = prop_oneof![
        4 => Just(ImageStatus::Active),
        2 => Just(ImageStatus::Archived),
        1 => Just(ImageStatus::Activating),
    ];
    let archived = prop::option::of((90..96_i64, -1..2_i64).prop_map(|(days, more)| ago(days * DAY + more)));
    let tags = prop::collection::vec(tag(), 0..4);
    (tags, time(), prop::option::of(time()), status, archived, prop::option::weighted(0.3, time())).prop_map(
        |(tags, pushed_at, last_recorded_pull_time, status, last_archived_at, last_activated_at)| Image {
            tags,
            last_recorded_pull_time,
            status,
            last_archived_at,
            last_activated_at,
            ..Image::new("", pushed_at)
        },
    )
}

/// Images with references among each other, cycles included.
fn images() -> impl Strategy<Value = Vec<Image>> {
    let reference = any::<prop::sample::Index>();
    let links = (prop::collection::vec(reference.clone(), 0..3), prop::option::weighted(0.1, reference));
    prop::collection::vec((image(), links), 1..16).prop_map(|images| {
        let digests: Vec<_> = (0..images.len()).map(|index| format!("sha256:{}", index * 7 % 16)).collect();
        let linked = images.into_iter().zip(&digests).map(|((image, (manifests, subject)), digest)| Image {
            digest: digest.clone(),
            manifests: manifests.iter().map(|index| index.get(&digests).clone()).collect(),
            subject_manifest_digest: subject.map(|index| index.get(&digests).clone()),
            ..image
        });
        linked.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_evaluator_agrees_with_the_second_formulation(policy in policy(), images in images()) {
        let parsed = Policy::parse("policy.json", &policy.to_string()).unwrap();
        let decisions = evaluate(&parsed, &images, NOW);
        for image in &images {
            let mut of_image = decisions.iter().filter(|decision| decision.image.digest == image.digest);
            let decided = of_image.next().map(|decision| (u64::from(decision.rule_priority), decision.action));
            prop_assert_eq!(decided, naive(&policy, &images, image), "{:?}", image);
            prop_assert!(of_image.next().is_none());
        }
        prop_assert!(decisions.is_sorted_by_key(|decision| decision.since));
    }

    #[test]
    fn a_plan_is_in_an_order_that_manifest_lists_allow(policy in policy(), images in images()) {
        let parsed = Policy::parse("policy.json", &policy.to_string()).unwrap();
        let decisions = evaluate(&parsed, &images, NOW);
        let plan = plan(&images, &decisions);
        let (mut expired, mut archived) = (BTreeSet::new(), BTreeSet::new());
        archived.extend(images.iter().filter(|image| image.status == ImageStatus::Archived).map(|image| &image.digest));
        for wave in &plan.waves {
            prop_assert!(!wave.is_empty());
            for step in wave {
                for list in images.iter().filter(|list| list.digest != step.image.digest) {
                    if list.manifests.contains(&step.image.digest) {
                        let may_go = expired.contains(&list.digest)
                            || step.action == Action::Transition && archived.contains(&list.digest);
                        prop_assert!(may_go, "{:?} before {:?}", step.image, list);
                    }
                }
            }
            for step in wave {
                let done = if step.action == Action::Expire { &mut expired } else { &mut archived };
                prop_assert!(done.insert(&step.image.digest), "{:?} twice", step.image);
            }
        }
        // Each decision is carried out or held back.
        let done = |digest: &String| plan.waves.iter().flatten().any(|step| step.image.digest == *digest);
        let held = |digest: &String| plan.held_back.iter().any(|held| held.step.image.digest == *digest);
        for decision in &decisions {
            prop_assert!(done(&decision.image.digest) != held(&decision.image.digest), "{:?}", decision);
        }
    }
}
