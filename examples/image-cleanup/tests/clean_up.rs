//! Clean-ups from end to end: the machine in virtual time, on a registry in memory.

use std::sync::Arc;
use std::time::Duration;

use asl_core::history::{EventDetails, HistoryEvent};
use asl_core::{Failure, compile};
use asl_runtime::clock::VirtualClock;
use asl_runtime::{Run, Simulation};
use async_trait::async_trait;
use image_cleanup::handlers;
use image_cleanup::image::{Image, ImageStatus};
use image_cleanup::machine::{DEFINITION, Report};
use image_cleanup::preview::read_repository;
use image_cleanup::registry::{
    ContainerRegistry, ImageFailure, ImagePage, ManifestList, MemoryRegistry, RegistryError, SelectImages,
};
use serde_json::{Value as Json, json};

use crate::examples::{ALL_A, ALL_B, ARCHIVE_OLD, DAY, NOW, pushed};
use crate::ordering::{NO_UNTAGGED, list};

const APP: &str = "app";

/// A repository, and the time that it goes by.
struct Account {
    registry: MemoryRegistry,
    clock: VirtualClock,
}

impl Account {
    fn new(images: impl IntoIterator<Item = Image>) -> Self {
        let clock = VirtualClock::starting_at(NOW);
        let registry = MemoryRegistry::new(clock.clone());
        registry.put_images(APP, images);
        Self { registry, clock }
    }

    fn run(&self, input: Json) -> Run {
        run_on(self.registry.clone(), &self.clock, input, |_| {})
    }

    /// Executes `policy`.
    fn execute(&self, policy: &str) -> Report {
        report(&self.run(execution(policy)))
    }

    fn digests(&self) -> Vec<String> {
        self.registry.images(APP).into_iter().map(|image| image.digest).collect()
    }
}

fn run_on(
    registry: impl ContainerRegistry + 'static,
    clock: &VirtualClock,
    input: Json,
    observe: impl FnMut(&HistoryEvent) + Send + 'static,
) -> Run {
    let program = compile(DEFINITION).into_program().unwrap();
    let registry: Arc<dyn ContainerRegistry> = Arc::new(registry);
    let simulation = Simulation::new().clock(clock.clone()).registry(handlers::registry(&registry));
    simulation.seed(7).observe(observe).run(&program, input).unwrap()
}

fn execution(policy: &str) -> Json {
    json!({"repositoryName": APP, "lifecyclePolicyText": policy, "dryRun": false})
}

fn report(run: &Run) -> Report {
    let output = run.output().unwrap_or_else(|| panic!("{}", run.render()));
    serde_json::from_value(output.into()).unwrap()
}

/// What went wrong: code, reason and images.
fn failures(report: &Report) -> Vec<(&str, &str, Vec<&str>)> {
    report
        .failures
        .iter()
        .map(|failed| {
            let digests = failed.image_digests.iter().map(String::as_str).collect();
            (&*failed.failure_code, &*failed.failure_reason, digests)
        })
        .collect()
}

fn tasks(history: &[HistoryEvent]) -> Vec<String> {
    let entered = |event: &HistoryEvent| match &event.details {
        EventDetails::StateEntered { name, .. } => Some(name.to_string()),
        _ => None,
    };
    history.iter().filter_map(entered).collect()
}

fn throttled() -> RegistryError {
    RegistryError::new("ThrottlingException", "Rate exceeded")
}

#[test]
fn without_being_told_so_nothing_is_changed() {
    let images = [pushed("A", &["alpha-1"], 4 * DAY), pushed("B", &["alpha-2"], 3 * DAY)];
    for mut input in [
        json!({"repositoryName": APP}),
        json!({"repositoryName": APP, "dryRun": null}),
        json!({"repositoryName": APP, "dryRun": true}),
        json!({"repositoryName": APP, "dryRun": "false"}),
        json!({"repositoryName": APP, "dryRun": 0}),
    ] {
        for given in [Json::Null, json!(ALL_A)] {
            let account = Account::new(images.clone());
            account.registry.put_lifecycle_policy(APP, ALL_A);
            if !given.is_null() {
                input["lifecyclePolicyText"] = given;
            }
            let report = report(&account.run(input.clone()));
            assert!(report.dry_run, "{input}");
            assert_eq!((report.expiring_image_total_count, report.expired_image_total_count), (1, 0));
            assert_eq!(account.digests(), ["A", "B"]);
        }
    }
}

#[test]
fn the_documented_example_is_carried_out() {
    let account = Account::new([
        pushed("A", &["alpha-1", "beta-1"], 4 * DAY),
        pushed("B", &[], 3 * DAY),
        pushed("C", &["alpha-2"], 2 * DAY),
        pushed("D", &["git hash"], DAY + 1),
        pushed("E", &[], DAY),
    ]);
    account.registry.put_lifecycle_policy(APP, ALL_B);
    let run = account.run(json!({"repositoryName": APP, "dryRun": false}));
    insta::assert_snapshot!(run.render());
    assert_eq!(account.digests(), ["C", "E"]);
    let again = report(&account.run(json!({"repositoryName": APP, "dryRun": false})));
    assert_eq!((again.expiring_image_total_count, again.failures), (0, vec![]));
}

#[test]
fn manifest_lists_go_before_what_they_refer_to() {
    let images = [
        list("child", &[], 9, &[]),
        list("list", &[], 8, &["child"]),
        list("held", &[], 9, &[]),
        list("kept", &["v1"], 8, &["held"]),
    ];
    let account = Account::new(images);
    let report = account.execute(NO_UNTAGGED);
    assert_eq!((report.expired_image_total_count, report.held_back_image_total_count), (2, 1));
    assert_eq!(report.failures, []);
    assert_eq!(account.digests(), ["held", "kept"]);
}

#[test]
fn images_are_archived_one_by_one() {
    let images = (0..120).map(|number| pushed(&format!("{number:03}"), &["prod"], 31 * DAY));
    let account = Account::new(images.chain([pushed("new", &["prod"], DAY)]));
    let report = account.execute(ARCHIVE_OLD);
    assert_eq!((report.transitioning_image_total_count, report.archived_image_total_count), (120, 120));
    let archived = account.registry.images(APP).into_iter().filter(|image| image.status == ImageStatus::Archived);
    assert!(
        archived
            .map(|image| (image.digest, image.last_archived_at))
            .eq((0..120).map(|n| (format!("{n:03}"), Some(NOW))))
    );
}

#[test]
fn throttling_is_waited_for() {
    let account = Account::new([pushed("A", &[], 3 * DAY)]);
    for operation in ["describe_images", "batch_delete_image", "batch_delete_image"] {
        account.registry.fail(operation, throttled());
    }
    let report = account.execute(NO_UNTAGGED);
    assert_eq!((report.expired_image_total_count, report.failures), (1, vec![]));
}

#[test]
fn what_fails_is_collected_by_its_reason_and_the_rest_is_done() {
    // Nobody told the plan of the list: it came between the plan and its execution.
    let account = Account::new([pushed("A", &[], 5 * DAY), pushed("B", &[], 4 * DAY), pushed("C", &[], 3 * DAY)]);
    let late = Some(list("late", &["v1"], 0, &["A", "C"]));
    let shared = Shared { registry: account.registry.clone(), late, deliveries: 1 };
    let run = run_on(shared, &account.clock, execution(NO_UNTAGGED), |_| {});
    let report = report(&run);
    assert_eq!(report.expired_image_total_count, 1);
    let reason = "Requested image referenced by manifest list";
    assert_eq!(failures(&report), [("ImageReferencedByManifestList", reason, vec!["A", "C"])]);
    assert_eq!(account.digests(), ["A", "C", "late"]);
    // Twice it was waited whether the list goes away.
    assert_eq!(run.elapsed(), Duration::from_mins(2));
    assert_eq!(tasks(&run.history).iter().filter(|name| *name == "Delete Images").count(), 3);
}

#[test]
fn an_image_is_deleted_once_the_list_that_came_between_is_gone() {
    let account = Account::new([pushed("A", &[], 5 * DAY)]);
    let late = Some(list("late", &["v1"], 0, &["A"]));
    let shared = Shared { registry: account.registry.clone(), late, deliveries: 1 };
    let repository = account.registry.clone();
    let run = run_on(shared, &account.clock, execution(NO_UNTAGGED), move |event| {
        if matches!(&event.details, EventDetails::StateEntered { name, .. } if &**name == "Wait for Manifest Lists") {
            repository.put_images(APP, [list("late", &["v1"], 0, &[])]);
        }
    });
    let report = report(&run);
    assert_eq!((report.expired_image_total_count, report.failures), (1, vec![]));
    assert_eq!(account.digests(), ["late"]);
}

#[test]
fn a_call_that_fails_for_good_fails_its_batch_only() {
    let account = Account::new((0..150).map(|number| pushed(&format!("{number:03}"), &[], 3 * DAY + number)));
    account.registry.fail("batch_delete_image", RegistryError::new("AccessDeniedException", "x".repeat(500)));
    let report = account.execute(NO_UNTAGGED);
    assert_eq!(report.expired_image_total_count, 50);
    let [(code, reason, digests)] = &*failures(&report) else { panic!("{report:?}") };
    assert_eq!((*code, reason.len(), digests.len()), ("Ecr.AccessDeniedException", 200, 100));
    assert_eq!(account.digests().len(), 100);
}

#[test]
fn an_image_that_is_gone_already_is_no_failure() {
    let account = Account::new([pushed("A", &[], 3 * DAY), pushed("B", &[], 3 * DAY)]);
    let shared = Shared { registry: account.registry.clone(), late: None, deliveries: 2 };
    let run = run_on(shared, &account.clock, execution(NO_UNTAGGED), |_| {});
    let report = report(&run);
    assert_eq!((report.expired_image_total_count, report.failures), (2, vec![]));
}

#[test]
fn an_image_that_cannot_be_archived_is_told_and_one_that_is_archived_already_is_not() {
    let account = Account::new([pushed("A", &["prod"], 33 * DAY), pushed("B", &["prod"], 32 * DAY)]);
    let unsupported = || RegistryError::new("ImageStorageClassUpdateNotSupportedException", "not now");
    account.registry.fail("update_image_storage_class", unsupported());
    let report = account.execute(ARCHIVE_OLD);
    assert_eq!(report.archived_image_total_count, 1);
    let expected = ("Ecr.ImageStorageClassUpdateNotSupportedException", "not now", vec!["A"]);
    assert_eq!(failures(&report), [expected]);

    // The first delivery archived the image, but nobody heard of it.
    let account = Account::new([pushed("A", &["prod"], 33 * DAY)]);
    let shared = Shared { registry: account.registry.clone(), late: None, deliveries: 2 };
    let run = run_on(shared, &account.clock, execution(ARCHIVE_OLD), |_| {});
    let report = self::report(&run);
    assert_eq!((report.archived_image_total_count, report.failures), (1, vec![]));
}

#[test]
fn more_than_one_execution_takes_is_left_for_the_next() {
    let images = (0..1100).map(|number| pushed(&format!("sha256:{number:064}"), &[], 3 * DAY + number));
    let account = Account::new(images);
    let first = account.execute(NO_UNTAGGED);
    assert_eq!((first.expiring_image_total_count, first.remaining_image_total_count), (1100, 100));
    assert_eq!((first.expired_image_total_count, account.digests().len()), (1000, 100));
    let second = account.execute(NO_UNTAGGED);
    assert_eq!((second.expired_image_total_count, second.remaining_image_total_count), (100, 0));
}

#[test]
fn a_thousand_failures_and_a_thousand_archivings_fit_the_limits_of_an_execution() {
    let digest = |number: i64| format!("sha256:{number:064}");
    let account = Account::new((0..1000).map(|number| pushed(&digest(number), &[], 3 * DAY + number)));
    for _ in 0..10 {
        account.registry.fail("batch_delete_image", RegistryError::new("AccessDeniedException", "x".repeat(500)));
    }
    let report = account.execute(NO_UNTAGGED);
    assert_eq!(report.failures.iter().map(|failed| failed.image_digests.len()).sum::<usize>(), 1000);

    let account = Account::new((0..1000).map(|number| pushed(&digest(number), &["prod"], 31 * DAY + number)));
    let run = account.run(execution(ARCHIVE_OLD));
    assert_eq!(self::report(&run).archived_image_total_count, 1000);
    assert!(run.history.len() < 25_000 / 2, "{}", run.history.len());
}

#[test]
fn an_execution_fails_if_there_is_nothing_to_go_by() {
    let account = Account::new([pushed("A", &[], 3 * DAY)]);
    let check = |input: Json, expected: &str| {
        let run = account.run(input);
        let failure = run.failure().unwrap().to_string();
        assert!(failure.starts_with(expected), "{failure}");
    };
    check(json!({"repositoryName": APP}), "Ecr.LifecyclePolicyNotFoundException: Lifecycle policy does not exist");
    check(json!({"repositoryName": "other"}), "Ecr.RepositoryNotFoundException: The repository with name 'other'");
    check(
        json!({"repositoryName": APP, "lifecyclePolicyText": "{\"rules\": 7}"}),
        "InvalidLifecyclePolicy: lifecyclePolicyText:1:11 (/rules): expected an array of rules, found number",
    );
    assert_eq!(account.digests(), ["A"]);
}

#[tokio::test]
async fn a_repository_whose_pages_never_end_is_not_read_for_ever() {
    let circle = Circle(Account::new([pushed("A", &[], 3 * DAY)]).registry);
    let error = read_repository(&circle, APP).await.unwrap_err();
    assert_eq!(Failure::from(error).to_string(), "TooManyPages: the repository has more than 1000 pages of images");
}

/// A registry whose last page leads back to the first one.
#[derive(Debug)]
struct Circle(MemoryRegistry);

#[async_trait]
impl ContainerRegistry for Circle {
    async fn get_lifecycle_policy(&self, repository_name: &str) -> Result<String, RegistryError> {
        self.0.get_lifecycle_policy(repository_name).await
    }

    async fn describe_images(&self, repository_name: &str, _: SelectImages) -> Result<ImagePage, RegistryError> {
        let page = self.0.describe_images(repository_name, SelectImages::All).await?;
        Ok(ImagePage { next_token: Some("again".to_owned()), ..page })
    }

    async fn batch_get_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ManifestList>, RegistryError> {
        self.0.batch_get_image(repository_name, digests).await
    }

    async fn batch_delete_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ImageFailure>, RegistryError> {
        self.0.batch_delete_image(repository_name, digests).await
    }

    async fn update_image_storage_class(&self, repository_name: &str, digest: &str) -> Result<(), RegistryError> {
        self.0.update_image_storage_class(repository_name, digest).await
    }
}

/// A registry that others work on, too.
#[derive(Debug)]
struct Shared {
    registry: MemoryRegistry,
    /// What is pushed before images are deleted for the first time.
    late: Option<Image>,
    /// How often a call that changes something is delivered; all answers but the last are lost.
    deliveries: usize,
}

#[async_trait]
impl ContainerRegistry for Shared {
    async fn get_lifecycle_policy(&self, repository_name: &str) -> Result<String, RegistryError> {
        self.registry.get_lifecycle_policy(repository_name).await
    }

    async fn describe_images(&self, repository_name: &str, select: SelectImages) -> Result<ImagePage, RegistryError> {
        self.registry.describe_images(repository_name, select).await
    }

    async fn batch_get_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ManifestList>, RegistryError> {
        self.registry.batch_get_image(repository_name, digests).await
    }

    async fn batch_delete_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ImageFailure>, RegistryError> {
        let is_there = |late: &Image| self.registry.images(APP).iter().any(|image| image.digest == late.digest);
        self.registry.put_images(APP, self.late.clone().filter(|late| !is_there(late)));
        for _ in 1..self.deliveries {
            self.registry.batch_delete_image(repository_name, digests).await?;
        }
        self.registry.batch_delete_image(repository_name, digests).await
    }

    async fn update_image_storage_class(&self, repository_name: &str, digest: &str) -> Result<(), RegistryError> {
        for _ in 1..self.deliveries {
            self.registry.update_image_storage_class(repository_name, digest).await?;
        }
        self.registry.update_image_storage_class(repository_name, digest).await
    }
}
