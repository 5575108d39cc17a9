//! What the machine's Tasks call: the operations of ECR, as Step Functions integrates them, and one function.
//!
//! On AWS the operations need no code; the function is what a Lambda function would be.

use std::sync::Arc;

use asl_core::{Failure, Timestamp};
use asl_runtime::{OrFail as _, Registry, TaskHandler, typed};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::evaluate::evaluate;
use crate::image::ImageStatus;
use crate::plan::{Batch, plan};
use crate::policy::{Action, Policy};
use crate::preview::read_repository;
use crate::registry::{ContainerRegistry, SelectImages};

/// The policy is one that ECR would refuse.
pub const INVALID_LIFECYCLE_POLICY: &str = "InvalidLifecyclePolicy";
/// A parameter of the function cannot be used.
pub const INVALID_PARAMETERS: &str = "InvalidParameters";

/// Every handler, under its resource or the name of its function, with `registry` to work on.
pub fn registry(registry: &Arc<dyn ContainerRegistry>) -> Registry {
    Registry::new()
        .handler("arn:aws:states:::aws-sdk:ecr:getLifecyclePolicy", bind(registry, get_lifecycle_policy))
        .handler("arn:aws:states:::aws-sdk:ecr:describeImages", bind(registry, describe_images))
        .handler("arn:aws:states:::aws-sdk:ecr:batchDeleteImage", bind(registry, batch_delete_image))
        .handler("arn:aws:states:::aws-sdk:ecr:updateImageStorageClass", bind(registry, update_image_storage_class))
        .handler("PreviewLifecyclePolicy", bind(registry, preview_lifecycle_policy))
}

/// A handler of a function that also takes the registry.
fn bind<F, P, R, T>(registry: &Arc<dyn ContainerRegistry>, handle: F) -> impl TaskHandler + use<F, P, R, T>
where
    F: Fn(Arc<dyn ContainerRegistry>, P) -> R + Send + Sync + 'static,
    P: for<'de> Deserialize<'de> + Send + 'static,
    R: Future<Output = Result<T, Failure>> + Send + 'static,
    T: Serialize + Send + 'static,
{
    let registry = Arc::clone(registry);
    typed(move |parameters: P| handle(Arc::clone(&registry), parameters))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfRepository {
    repository_name: String,
}

async fn get_lifecycle_policy(registry: Arc<dyn ContainerRegistry>, of: OfRepository) -> Result<Json, Failure> {
    let text = registry.get_lifecycle_policy(&of.repository_name).await?;
    Ok(json!({ "LifecyclePolicyText": text, "RepositoryName": of.repository_name }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfImages {
    repository_name: String,
    image_ids: Vec<ImageId>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImageId {
    image_digest: String,
}

async fn describe_images(registry: Arc<dyn ContainerRegistry>, of: OfImages) -> Result<Json, Failure> {
    let mut details = Vec::new();
    for ImageId { image_digest } in of.image_ids {
        let page = registry.describe_images(&of.repository_name, SelectImages::Digest(image_digest)).await?;
        details.extend(page.images.into_iter().map(|image| {
            let status = match image.status {
                ImageStatus::Active => "ACTIVE",
                ImageStatus::Archived => "ARCHIVED",
                ImageStatus::Activating => "ACTIVATING",
            };
            json!({ "ImageDigest": image.digest, "ImageStatus": status })
        }));
    }
    Ok(json!({ "ImageDetails": details }))
}

async fn batch_delete_image(registry: Arc<dyn ContainerRegistry>, of: OfImages) -> Result<Json, Failure> {
    let digests: Vec<_> = of.image_ids.into_iter().map(|id| id.image_digest).collect();
    let failures = registry.batch_delete_image(&of.repository_name, &digests).await?;
    let is_deleted = |digest: &&String| failures.iter().all(|failure| failure.digest != **digest);
    let deleted: Vec<_> = digests.iter().filter(is_deleted).map(|digest| json!({ "ImageDigest": digest })).collect();
    let failures: Vec<_> = failures
        .iter()
        .map(|failure| {
            json!({
                "ImageId": { "ImageDigest": failure.digest },
                "FailureCode": failure.failure_code,
                "FailureReason": failure.failure_reason,
            })
        })
        .collect();
    Ok(json!({ "ImageIds": deleted, "Failures": failures }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfImage {
    repository_name: String,
    image_id: ImageId,
    target_storage_class: TargetStorageClass,
}

/// Where images are moved to; exhaustive, a machine that restores images is another one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum TargetStorageClass {
    Archive,
}

async fn update_image_storage_class(registry: Arc<dyn ContainerRegistry>, of: OfImage) -> Result<Json, Failure> {
    let TargetStorageClass::Archive = of.target_storage_class;
    registry.update_image_storage_class(&of.repository_name, &of.image_id.image_digest).await?;
    Ok(json!({ "RepositoryName": of.repository_name, "ImageStatus": "ARCHIVED" }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PreviewLifecyclePolicy {
    repository_name: String,
    lifecycle_policy_text: String,
    /// The time by which ages are counted, so that a Task that is retried decides the same.
    now: String,
}

/// What a policy would do: how much, and the beginning of it in batches.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Previewed {
    expiring_image_total_count: usize,
    transitioning_image_total_count: usize,
    held_back_image_total_count: usize,
    /// How many images are left to later executions.
    remaining_image_total_count: usize,
    waves: Vec<Wave>,
}

#[derive(Debug, Serialize)]
struct Wave {
    batches: Vec<Batch>,
}

async fn preview_lifecycle_policy(
    registry: Arc<dyn ContainerRegistry>,
    parameters: PreviewLifecyclePolicy,
) -> Result<Previewed, Failure> {
    let now: Timestamp = parameters.now.parse().or_fail(INVALID_PARAMETERS)?;
    let policy = Policy::parse("lifecyclePolicyText", &parameters.lifecycle_policy_text);
    let policy = policy.or_fail(INVALID_LIFECYCLE_POLICY)?;
    let images = read_repository(&*registry, &parameters.repository_name).await?;
    let decisions = evaluate(&policy, &images, now);
    let plan = plan(&images, &decisions);
    let count = |action| plan.waves.iter().flatten().filter(|step| step.action == action).count();
    let waves: Vec<_> = plan.batches().into_iter().map(|batches| Wave { batches }).collect();
    let taken: usize = waves.iter().flat_map(|wave| &wave.batches).map(|batch| batch.image_digests.len()).sum();
    Ok(Previewed {
        expiring_image_total_count: count(Action::Expire),
        transitioning_image_total_count: count(Action::Transition),
        held_back_image_total_count: plan.held_back.len(),
        remaining_image_total_count: plan.len().saturating_sub(taken),
        waves,
    })
}
