//! What a job worker needs of CodePipeline: the jobs of a custom action.

use std::fmt;
use std::num::NonZero;

use async_trait::async_trait;

use super::event::Job;
use super::pipeline::PipelineError;
use crate::redacted::Redacted;

/// The operations of the CodePipeline API by which a worker comes to its jobs; it answers them through a
/// [`Pipeline`](super::Pipeline).
///
/// See CodePipeline's [custom actions](https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-create-custom-action.html).
#[async_trait]
pub trait JobQueue: fmt::Debug + Send + Sync {
    /// The jobs that wait for a worker, each with a nonce of its own.
    ///
    /// # Errors
    ///
    /// When the pipeline refuses.
    async fn poll_for_jobs(&self, request: &PollForJobs) -> Result<Vec<OfferedJob>, PipelineError>;

    /// Takes a job; it is the caller's if its status is [`JobStatus::InProgress`] then.
    ///
    /// # Errors
    ///
    /// `InvalidNonceException` when it was offered again since, and perhaps when it was taken with this nonce before,
    /// which AWS leaves open; `JobNotFoundException`, and the API's other errors.
    async fn acknowledge_job(&self, job_id: &str, nonce: &str) -> Result<JobStatus, PipelineError>;

    /// A job that was taken.
    ///
    /// # Errors
    ///
    /// `JobNotFoundException`, and the API's other errors.
    async fn get_job_details(&self, job_id: &str) -> Result<Job, PipelineError>;
}

/// Which jobs are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollForJobs {
    /// The actions they are of.
    pub action_type_id: ActionTypeId,
    /// How many at most.
    pub max_batch_size: NonZero<usize>,
    /// The action type's queryable property and the value that is wanted.
    ///
    /// CodePipeline's `queryParam` is a map of at most one entry: it must be there if the action type has such a
    /// property, and must not if it has none.
    pub query_param: Option<(String, String)>,
}

/// A type of custom actions; its owner is `Custom`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionTypeId {
    /// What kind of action it is.
    pub category: ActionCategory,
    /// The provider's name: 1 to 35 characters.
    pub provider: String,
    /// The version: 1 to 9 characters.
    pub version: String,
}

impl ActionTypeId {
    /// The owner of every custom action.
    pub const OWNER: &str = "Custom";

    /// Actions that deploy.
    pub fn deploy(provider: impl Into<String>, version: impl Into<String>) -> Self {
        Self { category: ActionCategory::Deploy, provider: provider.into(), version: version.into() }
    }
}

impl fmt::Display for ActionTypeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { category, provider, version } = self;
        write!(formatter, "{category}/{}/{provider}/{version}", Self::OWNER)
    }
}

/// The kinds of action that a custom action can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the API's own words")]
#[non_exhaustive]
pub enum ActionCategory {
    Build,
    Deploy,
    Test,
    Invoke,
}

impl ActionCategory {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "Build",
            Self::Deploy => "Deploy",
            Self::Test => "Test",
            Self::Invoke => "Invoke",
        }
    }
}

impl fmt::Display for ActionCategory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A job that nobody has taken yet.
#[derive(Clone, PartialEq, Eq)]
pub struct OfferedJob {
    /// The job.
    pub job: Job,
    /// What it is taken with: only the latest nonce of a job is valid.
    pub nonce: String,
}

/// Who has the nonce may take the job.
impl fmt::Debug for OfferedJob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OfferedJob").field("job", &self.job).field("nonce", &Redacted).finish()
    }
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobStatus {
    /// It waits for a worker.
    Queued,
    /// It was offered.
    Dispatched,
    /// A worker has it.
    InProgress,
    /// It was not answered in time.
    TimedOut,
    /// It was answered with a success; the action may go on as another job.
    Succeeded,
    /// It was answered with a failure.
    Failed,
    /// A word that is not known here.
    Other(String),
}

impl fmt::Display for JobStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Queued => "Queued",
            Self::Dispatched => "Dispatched",
            Self::InProgress => "InProgress",
            Self::TimedOut => "TimedOut",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Other(word) => word,
        })
    }
}
