//! Clean-ups of repositories behind ECR's protocol, as far as moto speaks it.
//!
//! The endpoint is that of `AWS_ENDPOINT_URL`, with `AWS_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
//! beside it; without the first the tests say so and pass.
//! What moto does not know is not tested here: ages (an image is pushed now), archiving, and references of manifest
//! lists, which it deletes whatever refers to it.
#![cfg(test)]

use std::sync::Arc;

use asl_runtime::clock::SystemClock;
use aws_sdk_ecr::Client;
use image_cleanup::machine::{Input, Report, clean_up};
use image_cleanup::preview::read_repository;
use image_cleanup::registry::{ContainerRegistry, EcrRegistry, SelectImages};

const POLICY: &str = r#"{"rules": [
    {"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPrefixList": ["dev-"], "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}},
    {"rulePriority": 2, "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}]}"#;

/// How often images are pushed until all have the same second.
const ATTEMPTS: u32 = 10;

/// A repository of its own for each test, emptied of what a former run left.
struct Repository {
    name: &'static str,
    client: Client,
    registry: Arc<dyn ContainerRegistry>,
}

impl Repository {
    /// `None` without an endpoint, so that nothing is ever created in an account.
    async fn create(name: &'static str) -> Option<Self> {
        if std::env::var_os("AWS_ENDPOINT_URL").is_none() {
            println!("skipped: AWS_ENDPOINT_URL names no emulator");
            return None;
        }
        let http_client = aws_smithy_http_client::Builder::new().build_http();
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(http_client).load().await;
        let client = Client::new(&config);
        // There may be none.
        let _ = client.delete_repository().repository_name(name).force(true).send().await;
        client.create_repository().repository_name(name).send().await.unwrap();
        Some(Self { name, client, registry: Arc::new(EcrRegistry::from_env().await) })
    }

    /// Pushes an image whose digest is made of `number`.
    async fn put(&self, number: usize, tag: Option<&str>) {
        let manifest = format!(r#"{{"schemaVersion": 2, "layers": [{{"digest": "sha256:{number}"}}]}}"#);
        self.put_manifest(number, tag, "application/vnd.oci.image.manifest.v1+json", &manifest).await;
    }

    /// Pushes images in the same second, by which their age goes; their digests are made of their places.
    async fn put_together(&self, tags: &[Option<&str>]) {
        for _ in 0..ATTEMPTS {
            for (number, tag) in tags.iter().enumerate() {
                self.put(number, *tag).await;
            }
            let images = read_repository(&*self.registry, self.name).await.unwrap();
            if images.windows(2).all(|pair| pair[0].pushed_at == pair[1].pushed_at) {
                return;
            }
            let digests: Vec<_> = images.into_iter().map(|image| image.digest).collect();
            self.registry.batch_delete_image(self.name, &digests).await.unwrap();
        }
        panic!("the images are never pushed in the same second");
    }

    async fn put_manifest(&self, number: usize, tag: Option<&str>, media_type: &str, manifest: &str) {
        let request = self
            .client
            .put_image()
            .repository_name(self.name)
            .image_manifest(manifest)
            .image_manifest_media_type(media_type)
            .image_digest(digest(number))
            .set_image_tag(tag.map(str::to_owned));
        request.send().await.unwrap();
    }

    async fn put_policy(&self, text: &str) {
        self.client.put_lifecycle_policy().repository_name(self.name).lifecycle_policy_text(text).send().await.unwrap();
    }

    async fn digests(&self) -> Vec<String> {
        let images = read_repository(&*self.registry, self.name).await.unwrap();
        images.into_iter().map(|image| image.digest).collect()
    }

    async fn clean_up(&self, policy: Option<&str>, dry_run: bool) -> Report {
        let lifecycle_policy_text = policy.map(str::to_owned);
        let input = Input { repository_name: self.name.to_owned(), lifecycle_policy_text, dry_run };
        clean_up(&self.registry, &input, SystemClock).await.unwrap().unwrap()
    }
}

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

#[tokio::test]
async fn a_repository_is_cleaned_up_by_its_own_policy() {
    let Some(repository) = Repository::create("image-cleanup/own-policy").await else { return };
    repository.put_together(&[Some("dev-1"), Some("dev-2"), Some("prod-1"), None, None]).await;
    repository.put_policy(POLICY).await;
    let dry = repository.clean_up(None, true).await;
    assert_eq!((dry.expiring_image_total_count, dry.expired_image_total_count), (2, 0));
    assert_eq!(repository.digests().await.len(), 5);
    let report = repository.clean_up(None, false).await;
    assert_eq!((report.expired_image_total_count, report.failures), (2, vec![]));
    // All are of the same second, so that the lesser digests count as younger.
    assert_eq!(repository.digests().await, [0, 2, 3].map(digest));
}

#[tokio::test]
async fn more_images_than_a_batch_are_deleted_in_several() {
    let Some(repository) = Repository::create("image-cleanup/batches").await else { return };
    for number in 0..230 {
        repository.put(number, Some(&format!("dev-{number}"))).await;
    }
    let report = repository.clean_up(Some(POLICY), false).await;
    assert_eq!((report.expired_image_total_count, report.failures), (229, vec![]));
    assert_eq!(repository.digests().await.len(), 1);
}

#[tokio::test]
async fn what_a_manifest_list_refers_to_is_read_and_held_back() {
    let Some(repository) = Repository::create("image-cleanup/lists").await else { return };
    repository.put_together(&[None; 3]).await;
    let list = format!(r#"{{"schemaVersion": 2, "manifests": [{{"digest": "{}", "size": 7}}]}}"#, digest(2));
    repository.put_manifest(9, Some("v1"), "application/vnd.oci.image.index.v1+json", &list).await;
    let images = read_repository(&*repository.registry, repository.name).await.unwrap();
    let lists: Vec<_> = images.iter().filter(|image| image.is_manifest_list()).collect();
    assert_eq!(lists.len(), 1);
    assert_eq!((&lists[0].digest, &lists[0].manifests), (&digest(9), &vec![digest(2)]));
    let report = repository.clean_up(Some(POLICY), false).await;
    assert_eq!((report.expired_image_total_count, report.held_back_image_total_count), (1, 1));
    assert_eq!(repository.digests().await, [0, 2, 9].map(digest));
}

#[tokio::test]
async fn errors_have_the_codes_of_ecr() {
    let Some(repository) = Repository::create("image-cleanup/errors").await else { return };
    let registry = &repository.registry;
    let error = registry.get_lifecycle_policy(repository.name).await.unwrap_err();
    assert_eq!(error.code(), "LifecyclePolicyNotFoundException");
    let error = registry.describe_images("image-cleanup/missing", SelectImages::All).await.unwrap_err();
    assert_eq!(error.code(), "RepositoryNotFoundException");
    let error = registry.describe_images(repository.name, SelectImages::Digest(digest(1))).await.unwrap_err();
    assert_eq!(error.code(), "ImageNotFoundException");
    let failures = registry.batch_delete_image(repository.name, &[digest(1)]).await.unwrap();
    assert_eq!((&*failures[0].failure_code, &failures[0].digest), ("ImageNotFound", &digest(1)));
    let input = Input { repository_name: repository.name.to_owned(), lifecycle_policy_text: None, dry_run: true };
    let failure = clean_up(registry, &input, SystemClock).await.unwrap().unwrap_err();
    assert!(failure.to_string().starts_with("Ecr.LifecyclePolicyNotFoundException"), "{failure}");
}
