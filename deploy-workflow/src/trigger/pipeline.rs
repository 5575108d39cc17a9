//! What the trigger needs of CodePipeline, and one in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::json;

use crate::redacted::Redacted;

/// The operations of the CodePipeline API that answer a job.
#[async_trait]
pub trait Pipeline: fmt::Debug + Send + Sync {
    /// Says that the job goes on, if there is a token, or is done.
    ///
    /// # Errors
    ///
    /// When the pipeline refuses.
    async fn put_job_success_result(&self, job_id: &str, continuation_token: Option<&str>)
    -> Result<(), PipelineError>;

    /// Says that the job failed.
    ///
    /// # Errors
    ///
    /// When the pipeline refuses.
    async fn put_job_failure_result(&self, job_id: &str, details: &FailureDetails) -> Result<(), PipelineError>;
}

/// Why a job failed, as CodePipeline takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureDetails {
    /// What kind of failure it is.
    #[serde(rename = "type")]
    pub failure_type: FailureType,
    /// 1 to 5,000 characters.
    pub message: String,
    /// The execution's ARN, if there is one: 1 to 1,500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_execution_id: Option<String>,
}

/// The kinds of failure that CodePipeline knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the variants are the API's own words")]
#[non_exhaustive]
pub enum FailureType {
    JobFailed,
    ConfigurationError,
    PermissionError,
    RevisionOutOfSync,
    RevisionUnavailable,
    SystemUnavailable,
}

/// A pipeline that refuses; the code is the API's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct PipelineError {
    code: String,
    message: String,
}

impl PipelineError {
    /// A refusal with the API's code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// The API's code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        self.is_throttling() || self.may_have_been_done()
    }

    /// Whether the call may have been carried out although it was not answered.
    pub fn may_have_been_done(&self) -> bool {
        matches!(&*self.code, "ServiceUnavailable" | "InternalFailure")
    }

    /// Whether the call was certainly not carried out, for there were too many.
    pub(crate) fn is_throttling(&self) -> bool {
        matches!(&*self.code, "Throttling" | "ThrottlingException")
    }

    /// Whether the same call would be refused for ever: what lies with permissions may be mended.
    pub(crate) fn is_definite(&self) -> bool {
        self.is_given_up() || matches!(&*self.code, "InvalidNonceException" | "ValidationException")
    }

    /// Whether a job cannot be taken with that nonce, or not any more.
    pub(crate) fn is_outdated(&self) -> bool {
        matches!(&*self.code, "InvalidNonceException" | "InvalidJobStateException")
    }

    /// Whether polling is refused until somebody mends the action type or the permissions.
    pub(crate) fn refuses_polls(&self) -> bool {
        matches!(&*self.code, "ActionTypeNotFoundException" | "ValidationException" | "AccessDenied")
    }

    /// Whether the pipeline does not wait for an answer of that job.
    pub(crate) fn is_given_up(&self) -> bool {
        matches!(&*self.code, "InvalidJobStateException" | "JobNotFoundException")
    }
}

/// A pipeline in memory that keeps to CodePipeline's limits; clones share their jobs.
#[derive(Debug, Clone, Default)]
pub struct InMemoryPipeline(Arc<Mutex<BTreeMap<String, (PendingJob, JobResult)>>>);

/// A job for the trigger.
#[derive(Clone, PartialEq, Eq)]
pub struct PendingJob {
    /// The job's id, a UUID.
    pub id: String,
    /// The action's `UserParameters`.
    pub user_parameters: String,
    /// The bucket of the input artifact.
    pub bucket: String,
    /// The key of the input artifact.
    pub key: String,
}

/// The parameters may have secret values.
impl fmt::Debug for PendingJob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PendingJob").field("id", &self.id).field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

/// What a pipeline knows of a job.
#[derive(Clone, PartialEq, Eq)]
pub enum JobResult {
    /// Nothing yet.
    Created,
    /// It goes on.
    InProgress {
        /// The token to call with again.
        continuation_token: String,
    },
    /// It is done.
    Succeeded,
    /// It failed.
    Failed(FailureDetails),
}

/// Who has a token may speak for the job.
impl fmt::Debug for JobResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => formatter.write_str("Created"),
            Self::InProgress { .. } => {
                formatter.debug_struct("InProgress").field("continuation_token", &Redacted).finish()
            }
            Self::Succeeded => formatter.write_str("Succeeded"),
            Self::Failed(details) => formatter.debug_tuple("Failed").field(details).finish(),
        }
    }
}

impl InMemoryPipeline {
    /// A pipeline without jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a job.
    pub fn add(&self, job: PendingJob) {
        self.with(|jobs| jobs.insert(job.id.clone(), (job, JobResult::Created)));
    }

    /// What is known of a job.
    pub fn result(&self, job_id: &str) -> Option<JobResult> {
        self.with(|jobs| jobs.get(job_id).map(|(_, result)| result.clone()))
    }

    /// The event that the trigger is called with for a job as it is now.
    pub fn event(&self, job_id: &str) -> Option<serde_json::Value> {
        let (job, result) = self.with(|jobs| jobs.get(job_id).cloned())?;
        let mut data = json!({
            "actionConfiguration": {"configuration": {
                "FunctionName": "StateMachineTriggerLambda",
                "UserParameters": job.user_parameters,
            }},
            "inputArtifacts": [{
                "name": "SourceArtifact",
                "revision": null,
                "location": {"type": "S3", "s3Location": {"bucketName": job.bucket, "objectKey": job.key}},
            }],
            "outputArtifacts": [],
        });
        if let (JobResult::InProgress { continuation_token }, Some(data)) = (result, data.as_object_mut()) {
            data.insert("continuationToken".to_owned(), continuation_token.into());
        }
        Some(json!({"CodePipeline.job": {"id": job.id, "accountId": "111122223333", "data": data}}))
    }

    fn answer(&self, job_id: &str, answer: JobResult) -> Result<(), PipelineError> {
        self.with(|jobs| {
            let Some((_, result)) = jobs.get_mut(job_id) else {
                return Err(PipelineError::new("JobNotFoundException", format!("there is no job `{job_id}`")));
            };
            if matches!(result, JobResult::Succeeded | JobResult::Failed(_)) {
                return Err(PipelineError::new("InvalidJobStateException", format!("job `{job_id}` has ended")));
            }
            *result = answer;
            Ok(())
        })
    }

    fn with<T>(&self, action: impl FnOnce(&mut BTreeMap<String, (PendingJob, JobResult)>) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Pipeline for InMemoryPipeline {
    async fn put_job_success_result(
        &self,
        job_id: &str,
        continuation_token: Option<&str>,
    ) -> Result<(), PipelineError> {
        match continuation_token {
            None => self.answer(job_id, JobResult::Succeeded),
            Some(token) => {
                check_length("continuationToken", token, 2_048)?;
                self.answer(job_id, JobResult::InProgress { continuation_token: token.to_owned() })
            }
        }
    }

    async fn put_job_failure_result(&self, job_id: &str, details: &FailureDetails) -> Result<(), PipelineError> {
        details.check()?;
        self.answer(job_id, JobResult::Failed(details.clone()))
    }
}

impl FailureDetails {
    /// Refuses what CodePipeline refuses.
    pub(super) fn check(&self) -> Result<(), PipelineError> {
        check_length("failureDetails.message", &self.message, 5_000)?;
        match &self.external_execution_id {
            Some(id) => check_length("failureDetails.externalExecutionId", id, 1_500),
            None => Ok(()),
        }
    }
}

pub(super) fn check_length(field: &str, text: &str, most: usize) -> Result<(), PipelineError> {
    if (1..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(PipelineError::new("ValidationException", format!("`{field}` must have 1 to {most} characters")))
}
