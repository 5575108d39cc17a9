//! The order of a plan, and how it is cut into batches.

use image_cleanup::evaluate::evaluate;
use image_cleanup::image::{Image, ImageStatus};
use image_cleanup::plan::plan;
use image_cleanup::policy::{Action, Policy};

use crate::examples::{ALL_A, ARCHIVE_AND_EXPIRE, DAY, pushed};

/// Keeps no untagged image older than a day.
pub(crate) const NO_UNTAGGED: &str = r#"{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged",
    "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}, "action": {"type": "expire"}}]}"#;

pub(crate) fn list(digest: &str, tags: &[&str], days: i64, manifests: &[&str]) -> Image {
    Image {
        manifests: manifests.iter().map(|digest| (*digest).to_owned()).collect(),
        ..pushed(digest, tags, days * DAY)
    }
}

/// The waves, and what is held back by what.
fn order(policy: &str, images: &[Image]) -> (Vec<String>, Vec<String>) {
    let policy = Policy::parse("policy.json", policy).unwrap();
    let decisions = evaluate(&policy, images, crate::examples::NOW);
    let plan = plan(images, &decisions);
    let wave = |wave: &Vec<_>| {
        let digests: Vec<_> = wave.iter().map(|step: &image_cleanup::plan::Step<'_>| &*step.image.digest).collect();
        digests.join(" ")
    };
    let held = plan.held_back.iter().map(|held| format!("{} by {}", held.step.image.digest, held.referenced_by));
    (plan.waves.iter().map(wave).collect(), held.collect())
}

fn check(policy: &str, images: &[Image], waves: &[&str], held_back: &[&str]) {
    assert_eq!(order(policy, images), (to_strings(waves), to_strings(held_back)));
}

fn to_strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn what_a_manifest_list_refers_to_goes_after_it() {
    let images =
        [list("child", &[], 9, &[]), list("list", &[], 8, &["child"]), list("lists", &[], 7, &["list", "child"])];
    check(NO_UNTAGGED, &images, &["lists", "list", "child"], &[]);
}

#[test]
fn what_a_list_that_stays_refers_to_is_held_back() {
    let images = [
        list("child", &[], 9, &[]),
        list("shared", &[], 9, &[]),
        list("old", &[], 8, &["shared"]),
        list("kept", &["v1"], 8, &["child", "shared"]),
    ];
    check(NO_UNTAGGED, &images, &["old"], &["shared by kept", "child by kept"]);
}

#[test]
fn lists_that_refer_to_each_other_are_held_back_and_nothing_loops() {
    let images = [list("a", &[], 9, &["b", "a"]), list("b", &[], 9, &["a"]), list("c", &[], 9, &["c"])];
    check(NO_UNTAGGED, &images, &["c"], &["b by a", "a by b"]);
}

#[test]
fn an_archived_list_frees_its_images_for_archiving_but_not_for_deletion() {
    let archived = |image| Image { status: ImageStatus::Archived, ..image };
    let images = [list("child", &[], 31, &[]), list("list", &["v1"], 31, &["child"])];
    check(ARCHIVE_AND_EXPIRE, &images, &["list", "child"], &[]);
    let images = [list("child", &[], 31, &[]), archived(list("list", &["v1"], 31, &["child"]))];
    check(ARCHIVE_AND_EXPIRE, &images, &["child"], &[]);
    check(NO_UNTAGGED, &images, &[], &["child by list"]);
    let images = [list("child", &[], 31, &[]), list("list", &["v1"], 2, &["child"])];
    check(ARCHIVE_AND_EXPIRE, &images, &[], &["child by list"]);
}

#[test]
fn reference_artifacts_follow_their_subject() {
    let referrer = |digest, subject: &str| Image {
        subject_manifest_digest: Some(subject.to_owned()),
        ..pushed(digest, &[], 9 * DAY)
    };
    let images = [
        referrer("signature of sbom", "sbom"),
        referrer("sbom", "old"),
        referrer("other", "kept"),
        referrer("orphan", "gone"),
        referrer("itself", "itself"),
        pushed("old", &[], 2 * DAY),
        pushed("kept", &["v1"], DAY),
    ];
    check(NO_UNTAGGED, &images, &["old", "sbom", "signature of sbom"], &[]);
}

#[test]
fn older_images_go_first_and_in_batches_of_a_hundred() {
    let images: Vec<_> = (0..250).map(|age| pushed(&format!("{age:03}"), &["v"], i64::from(age))).collect();
    let policy = Policy::parse("policy.json", ALL_A).unwrap();
    let decisions = evaluate(&policy, &images, crate::examples::NOW);
    let batches = plan(&images, &decisions).batches();
    let [wave] = &*batches else { panic!("{batches:?}") };
    let sizes: Vec<_> = wave.iter().map(|batch| (batch.action, batch.image_digests.len())).collect();
    assert_eq!(sizes, [(Action::Expire, 100), (Action::Expire, 100), (Action::Expire, 49)]);
    let digests: Vec<_> = wave.iter().flat_map(|batch| batch.image_digests.clone()).collect();
    let expected: Vec<_> = (1..250).rev().map(|age| format!("{age:03}")).collect();
    assert_eq!(digests, expected);
}

#[test]
fn an_execution_takes_so_many_images_and_no_wave_whose_former_wave_it_leaves_unfinished() {
    let mut images: Vec<_> = (0..1002).map(|age| list(&format!("list {age:04}"), &[], 2, &["child"])).collect();
    images.push(list("child", &[], 3, &[]));
    let policy = Policy::parse("policy.json", NO_UNTAGGED).unwrap();
    let of = |images: &[Image]| {
        let decisions = evaluate(&policy, images, crate::examples::NOW);
        let waves = plan(images, &decisions).batches();
        waves.iter().map(|wave| wave.iter().map(|batch| batch.image_digests.len()).sum()).collect::<Vec<usize>>()
    };
    assert_eq!(of(&images), [1000]);
    assert_eq!(of(&images[2..]), [1000]);
    assert_eq!(of(&images[3..]), [999, 1]);
}
