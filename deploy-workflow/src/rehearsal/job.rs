//! One job of a pipeline, as CodePipeline's Lambda action hands it to the function.

use asl_core::Timestamp;
use asl_runtime::clock::Clock;
use serde_json::Value as Json;

use super::{CALL_EVERY, Rehearsal, RehearsalError, Stage, packed};
use crate::trigger::{JobResult, PendingJob, handle_event};

/// One call of the function.
#[derive(Debug)]
pub struct Call<'a> {
    /// When the function was called.
    pub at: Timestamp,
    /// With what.
    pub event: &'a Json,
    /// What the pipeline was told.
    pub result: &'a JobResult,
}

/// Plays the job of `event` by `clock`, telling `observe` every call; returns how the job ended.
///
/// The function is called with `event`, and again with the job's continuation token until the pipeline is told the end.
/// The rehearsal's machine input and its first revision are where the event says that its own are.
///
/// # Errors
///
/// When the event has no job, or the rehearsal cannot be played. A deployment that fails is not an error.
pub async fn play_job(
    rehearsal: &Rehearsal,
    mut event: Json,
    clock: impl Clock + Clone,
    mut observe: impl FnMut(Call<'_>),
) -> Result<JobResult, RehearsalError> {
    let stage = Stage::build(rehearsal, clock).await?;
    let archive = match (&rehearsal.artifact, rehearsal.scenario.revisions.first()) {
        (Some(archive), _) => archive.clone(),
        (None, Some(revision)) => packed(revision, &rehearsal.input.template_path)?,
        (None, None) => Vec::new(),
    };
    let objects = &stage.sandbox.artifacts;
    for (bucket, key) in revisions(&event) {
        objects.put(bucket, key, archive.clone());
    }
    if let Some((bucket, key)) = input_file(&event) {
        objects.put(&bucket, &key, serde_json::to_vec(&rehearsal.input).unwrap_or_default());
    }
    let id = event.pointer("/CodePipeline.job/id").and_then(Json::as_str).unwrap_or_default().to_owned();
    stage.pipeline.add(PendingJob {
        id: id.clone(),
        user_parameters: String::new(),
        bucket: String::new(),
        key: String::new(),
    });
    loop {
        let at = stage.clock.now();
        handle_event(&stage.trigger, &event).await?;
        let result = stage.pipeline.result(&id).unwrap_or(JobResult::Created);
        observe(Call { at, event: &event, result: &result });
        let JobResult::InProgress { continuation_token } = result else { return Ok(result) };
        if let Some(data) = event.pointer_mut("/CodePipeline.job/data").and_then(Json::as_object_mut) {
            data.insert("continuationToken".to_owned(), continuation_token.into());
        }
        stage.clock.sleep(CALL_EVERY).await;
    }
}

/// The buckets and keys of the input artifacts.
fn revisions(event: &Json) -> impl Iterator<Item = (&str, &str)> {
    let artifacts = event.pointer("/CodePipeline.job/data/inputArtifacts").and_then(Json::as_array);
    artifacts.into_iter().flatten().filter_map(|artifact| {
        let location = artifact.pointer("/location/s3Location")?;
        Some((location.get("bucketName")?.as_str()?, location.get("objectKey")?.as_str()?))
    })
}

/// The bucket and key of the machine input file.
fn input_file(event: &Json) -> Option<(String, String)> {
    let parameters = event.pointer("/CodePipeline.job/data/actionConfiguration/configuration/UserParameters")?;
    let parameters: Json = serde_json::from_str(parameters.as_str()?).ok()?;
    let text = |name: &str| Some(parameters.get(name)?.as_str()?.to_owned());
    Some((text("s3Bucket")?, text("stateMachineFile")?))
}
