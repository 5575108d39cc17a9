//! The worked examples of
//! [Examples of lifecycle policies](https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html),
//! and boundaries of their rules.

use asl_core::Timestamp;
use image_cleanup::evaluate::evaluate;
use image_cleanup::image::{Image, ImageStatus};
use image_cleanup::policy::{Action, Policy};

const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const NOW: Timestamp = Timestamp::from_millis(20_000 * DAY);

macro_rules! policies {
    ($($name:ident: $rules:expr;)*) => {
        $(pub(crate) const $name: &str = $rules;)*
        /// Every policy of the documentation.
        pub(crate) const DOCUMENTED: &[&str] = &[$($name),*];
    };
}

policies! {
    IMAGE_AGE: r#"{"rules": [{"rulePriority": 1, "description": "Expire images older than 14 days",
        "selection": {"tagStatus": "tagged", "tagPatternList": ["prod*"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
        "action": {"type": "expire"}}]}"#;
    LAST_PULLED: r#"{"rules": [{"rulePriority": 1, "description": "Archive images not pulled in 90 days",
        "selection": {"tagStatus": "any", "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 90},
        "action": {"type": "transition", "targetStorageClass": "archive"}}]}"#;
    ARCHIVE_TIME: r#"{"rules": [{"rulePriority": 1, "description": "Expire images archived for more than 365 days",
        "selection": {"tagStatus": "any", "storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 365},
        "action": {"type": "expire"}}]}"#;
    IMAGE_COUNT: r#"{"rules": [{"rulePriority": 1, "description": "Keep only one untagged image, expire all others",
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1},
        "action": {"type": "expire"}}]}"#;
    RULES_A: r#"{"rules": [
        {"rulePriority": 1, "description": "Rule 1", "selection": {"tagStatus": "tagged", "tagPatternList": ["prod*"], "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}},
        {"rulePriority": 2, "description": "Rule 2", "selection": {"tagStatus": "tagged", "tagPatternList": ["beta*"], "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}]}"#;
    RULES_B: r#"{"rules": [
        {"rulePriority": 1, "description": "Rule 1", "selection": {"tagStatus": "tagged", "tagPatternList": ["beta*"], "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}},
        {"rulePriority": 2, "description": "Rule 2", "selection": {"tagStatus": "tagged", "tagPatternList": ["prod*"], "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}]}"#;
    TAGS_A: r#"{"rules": [{"rulePriority": 1, "description": "Rule 1",
        "selection": {"tagStatus": "tagged", "tagPatternList": ["alpha*", "beta*"], "countType": "sinceImagePushed", "countNumber": 5, "countUnit": "days"},
        "action": {"type": "expire"}}]}"#;
    TAGS_B: r#"{"rules": [{"rulePriority": 1, "description": "Rule 1",
        "selection": {"tagStatus": "tagged", "tagPatternList": ["alpha*", "beta*"], "countType": "imageCountMoreThan", "countNumber": 1},
        "action": {"type": "expire"}}]}"#;
    ALL_A: r#"{"rules": [{"rulePriority": 1, "description": "Rule 1",
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
        "action": {"type": "expire"}}]}"#;
    ALL_B: r#"{"rules": [
        {"rulePriority": 1, "description": "Rule 1", "selection": {"tagStatus": "tagged", "tagPatternList": ["alpha*"], "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}},
        {"rulePriority": 2, "description": "Rule 2", "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}, "action": {"type": "expire"}},
        {"rulePriority": 3, "description": "Rule 3", "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}]}"#;
    ARCHIVE_OLD: r#"{"rules": [{"rulePriority": 1, "description": "Archive production images older than 30 days",
        "selection": {"tagStatus": "tagged", "tagPatternList": ["prod*"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30},
        "action": {"type": "transition", "targetStorageClass": "archive"}}]}"#;
    ARCHIVE_AND_EXPIRE: r#"{"rules": [
        {"rulePriority": 1, "description": "Archive images older than 30 days", "selection": {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}, "action": {"type": "transition", "targetStorageClass": "archive"}},
        {"rulePriority": 2, "description": "Expire images archived for more than 365 days", "selection": {"tagStatus": "any", "storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 365}, "action": {"type": "expire"}}]}"#;
}

/// The policy of [Clean up Your Container Images with Amazon ECR Lifecycle Policies][blog]: four stages of grooming.
///
/// [blog]: https://aws.amazon.com/blogs/compute/clean-up-your-container-images-with-amazon-ecr-lifecycle-policies/
const GROOMING: &str = r#"{"rules": [
    {"rulePriority": 1, "description": "untagged", "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 90}, "action": {"type": "expire"}},
    {"rulePriority": 2, "description": "development", "selection": {"tagStatus": "tagged", "tagPrefixList": ["dev"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 90}, "action": {"type": "expire"}},
    {"rulePriority": 3, "description": "staging", "selection": {"tagStatus": "tagged", "tagPrefixList": ["staging"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 180}, "action": {"type": "expire"}},
    {"rulePriority": 4, "description": "production", "selection": {"tagStatus": "tagged", "tagPrefixList": ["prod"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 365}, "action": {"type": "expire"}}]}"#;

pub(crate) fn ago(milliseconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - milliseconds)
}

pub(crate) fn pushed(digest: &str, tags: &[&str], milliseconds_ago: i64) -> Image {
    Image { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..Image::new(digest, ago(milliseconds_ago)) }
}

/// What is done, in order: the image, `x` for expiring or `a` for archiving, and the rule.
fn actions(policy: &str, images: &[Image]) -> Vec<String> {
    let policy = Policy::parse("policy.json", policy).unwrap();
    let name = |action| if action == Action::Expire { "x" } else { "a" };
    let decisions = evaluate(&policy, images, NOW);
    decisions.iter().map(|one| format!("{} {}{}", one.image.digest, name(one.action), one.rule_priority)).collect()
}

/// Images by name, tags and age in days.
fn repository(images: &[(&str, &[&str], i64)]) -> Vec<Image> {
    images.iter().map(|(name, tags, days)| pushed(name, tags, days * DAY)).collect()
}

const MULTIPLE_RULES: [(&str, &[&str], i64); 3] =
    [("A", &["beta-1", "prod-1"], 10), ("B", &["beta-2", "prod-2"], 9), ("C", &["beta-3"], 8)];

#[test]
fn multiple_rules_example_a() {
    assert_eq!(actions(RULES_A, &repository(&MULTIPLE_RULES)), ["A x1"]);
}

#[test]
fn multiple_rules_example_b() {
    assert_eq!(actions(RULES_B, &repository(&MULTIPLE_RULES)), ["A x1", "B x1"]);
}

#[test]
fn multiple_tags_example_a() {
    let images = repository(&[
        ("A", &["alpha-1"], 12),
        ("B", &["beta-1"], 11),
        ("C", &["alpha-2", "beta-2"], 10),
        ("D", &["alpha-3"], 4),
        ("E", &["beta-3"], 3),
        ("F", &["alpha-4", "beta-4"], 2),
    ]);
    assert_eq!(actions(TAGS_A, &images), ["C x1"]);
}

#[test]
fn multiple_tags_example_b() {
    let images = repository(&[
        ("A", &["alpha-1", "beta-1", "gamma-1"], 10),
        ("B", &["alpha-2", "beta-2"], 9),
        ("C", &["alpha-3", "beta-3", "gamma-2"], 8),
    ]);
    assert_eq!(actions(TAGS_B, &images), ["A x1", "B x1"]);
}

#[test]
fn all_images_example_a() {
    let images = repository(&[("A", &["alpha-1"], 4), ("B", &["beta-1"], 3), ("C", &[], 2), ("D", &["alpha-2"], 1)]);
    assert_eq!(actions(ALL_A, &images), ["A x1", "B x1", "C x1"]);
}

#[test]
fn all_images_example_b() {
    let mut images =
        repository(&[("A", &["alpha-1", "beta-1"], 4), ("B", &[], 3), ("C", &["alpha-2"], 2), ("E", &[], 1)]);
    // The example says "1 day ago" of both D and E, and that E is the newest.
    images.push(pushed("D", &["git hash"], DAY + HOUR));
    assert_eq!(actions(ALL_B, &images), ["A x1", "B x2", "D x3"]);
}

#[test]
fn age_count_and_archive_examples() {
    let images = repository(&[("A", &["prod-1"], 15), ("B", &["prod-2"], 14), ("C", &["dev-1"], 15)]);
    assert_eq!(actions(IMAGE_AGE, &images), ["A x1"]);
    let images = repository(&[("A", &[], 3), ("B", &[], 2), ("C", &["v1"], 4), ("D", &[], 1)]);
    assert_eq!(actions(IMAGE_COUNT, &images), ["A x1", "B x1"]);
    let images = repository(&[("A", &["prod"], 31), ("B", &["prod-2"], 30), ("C", &["test"], 31)]);
    assert_eq!(actions(ARCHIVE_OLD, &images), ["A a1"]);
}

#[test]
fn grooming_by_stage() {
    let images = repository(&[
        ("A", &["prod-1"], 366),
        ("B", &["prod-2"], 365),
        ("C", &["staging-1"], 181),
        ("D", &["staging-2"], 180),
        ("E", &["dev-1"], 93),
        ("F", &["dev-2"], 90),
        ("G", &[], 91),
        ("H", &[], 90),
        ("I", &["release"], 900),
        // Each rule shields what it keeps: the first one that an image is a candidate of decides.
        ("J", &["dev-3", "prod-3"], 92),
        ("K", &["staging-3", "prod-4"], 179),
    ]);
    assert_eq!(actions(GROOMING, &images), ["A x4", "C x3", "E x2", "J x2", "G x1"]);
}

#[test]
fn what_is_archived_today_is_expired_after_its_time_and_not_before() {
    let archived = |digest, days| Image {
        status: ImageStatus::Archived,
        last_archived_at: Some(ago(days * DAY)),
        ..pushed(digest, &["v1"], 900 * DAY)
    };
    let images = [archived("A", 366), archived("B", 365), pushed("C", &[], 31 * DAY), pushed("D", &[], 30 * DAY)];
    assert_eq!(actions(ARCHIVE_AND_EXPIRE, &images), ["A x2", "C a1"]);
    assert_eq!(actions(ARCHIVE_TIME, &images), ["A x1"]);
    let unknown = Image { last_archived_at: None, ..archived("A", 0) };
    assert_eq!(actions(ARCHIVE_TIME, &[unknown]), [""; 0]);
}

#[test]
fn a_pull_and_a_restoration_make_an_image_young_again() {
    let pulled = |digest, days: Option<i64>| Image {
        last_recorded_pull_time: days.map(|days| ago(days * DAY)),
        ..pushed(digest, &["v1"], 200 * DAY)
    };
    let images = [pulled("A", None), pulled("B", Some(91)), pulled("C", Some(90))];
    assert_eq!(actions(LAST_PULLED, &images), ["A a1", "B a1"]);
    let restored = Image { last_activated_at: Some(ago(90 * DAY)), ..pulled("A", Some(100)) };
    assert_eq!(actions(LAST_PULLED, std::slice::from_ref(&restored)), [""; 0]);
    assert_eq!(actions(ARCHIVE_OLD, &[Image { tags: vec!["prod".into()], ..restored }]), ["A a1"]);
}

#[test]
fn an_image_that_is_being_restored_and_a_reference_artifact_are_left_alone_and_do_not_count() {
    let activating = Image { status: ImageStatus::Activating, ..pushed("A", &["v1"], DAY) };
    let signature = Image { subject_manifest_digest: Some("C".into()), ..pushed("B", &["sig"], DAY) };
    let images = [activating, signature, pushed("C", &["v2"], 2 * DAY), pushed("D", &["v3"], 3 * DAY)];
    assert_eq!(actions(ALL_A, &images), ["D x1"]);
}

#[test]
fn one_millisecond_more_than_the_days_is_older() {
    let images = [pushed("A", &["prod"], 14 * DAY + 1), pushed("B", &["prod"], 14 * DAY)];
    assert_eq!(actions(IMAGE_AGE, &images), ["A x1"]);
    let future = pushed("A", &["prod"], -DAY);
    assert_eq!(actions(IMAGE_AGE, &[future]), [""; 0]);
}
