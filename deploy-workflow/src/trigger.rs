//! The trigger: lets a pipeline's job start an execution, and tells the pipeline how it goes.
//!
//! The pipeline calls it with a job, and again with the job's continuation token for as long as it is told
//! that the job goes on. See CodePipeline's
//! [Lambda action](https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html).

mod attempts;
mod engine_executions;
mod event;
mod executions;
mod in_memory_jobs;
mod job_queue;
mod pipeline;

use std::sync::Arc;

use asl_runtime::engine::ExecutionStatus;

use crate::artifact::{ArtifactStore, StoreError};
use crate::input::{InvalidInput, MachineInput};

pub(crate) use self::attempts::{Answered, Earlier, answer, look_patiently};
pub use self::engine_executions::EngineExecutions;
use self::event::UserParameters;
pub use self::event::{ActionConfiguration, InputArtifact, Job, JobData, Location, S3Location};
pub use self::executions::{ExecutionDescription, Executions, ExecutionsError, InMemoryExecutions};
pub use self::in_memory_jobs::{ActionState, InMemoryJobs, Operation};
pub use self::job_queue::{ActionCategory, ActionTypeId, JobQueue, JobStatus, OfferedJob, PollForJobs};
pub use self::pipeline::{
    FailureDetails, FailureType, InMemoryPipeline, JobResult, PendingJob, Pipeline, PipelineError,
};

/// The most characters that CodePipeline takes as a failure's message.
const MAX_MESSAGE_CHARACTERS: usize = 5_000;

/// What the trigger works with.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// Where the machine input file is.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// Who is told how the job goes.
    pub pipeline: Arc<dyn Pipeline>,
    /// Where executions are started.
    pub executions: Arc<dyn Executions>,
}

/// What the pipeline was told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Told {
    /// The job goes on: this execution runs.
    Running {
        /// The execution's ARN.
        execution_arn: String,
    },
    /// The job is done.
    Succeeded,
    /// The job failed.
    Failed(FailureDetails),
}

/// Why the pipeline could not be told anything; CodePipeline calls again then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TriggerError {
    /// The event has no job, so there is nobody to tell.
    #[error("not an event of a CodePipeline job: {0}")]
    NotAJob(String),
    /// The pipeline refused what it was told.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

/// Handles one event of a pipeline: starts the job's execution, or looks how far it is.
///
/// Whatever goes wrong with the job is told to the pipeline and is no error:
/// an error would make CodePipeline call again.
///
/// # Errors
///
/// When there is nobody to tell, or the pipeline refuses to be told.
pub async fn handle_event(trigger: &Trigger, event: &serde_json::Value) -> Result<Told, TriggerError> {
    let job = Job::from_event(event).map_err(TriggerError::NotAJob)?;
    let told = look(trigger, &job).await;
    tell(trigger, &job.id, &told).await?;
    Ok(told)
}

/// What there is to tell of a job: its execution is started, or looked at.
async fn look(trigger: &Trigger, job: &Job) -> Told {
    let told = match &job.data.continuation_token {
        None => start(trigger, job).await,
        Some(token) => monitor(trigger, token).await,
    };
    told.unwrap_or_else(Told::Failed)
}

/// Tells the pipeline.
async fn tell(trigger: &Trigger, job_id: &str, told: &Told) -> Result<(), PipelineError> {
    match told {
        Told::Running { execution_arn } => {
            let token = event::continuation_token(execution_arn);
            trigger.pipeline.put_job_success_result(job_id, Some(&token)).await
        }
        Told::Succeeded => trigger.pipeline.put_job_success_result(job_id, None).await,
        Told::Failed(details) => trigger.pipeline.put_job_failure_result(job_id, details).await,
    }
}

/// The execution is named after the job: a second delivery of the event finds the execution that the first one started.
///
/// So does one whose files have changed or gone since.
async fn start(trigger: &Trigger, job: &Job) -> Result<Told, FailureDetails> {
    let input = match machine_input(trigger, job).await {
        Ok(input) => input,
        Err(details) => {
            let execution_arn = trigger.executions.execution_arn(&job.id);
            let is_started = trigger.executions.describe_execution(&execution_arn).await.is_ok();
            return if is_started { Ok(Told::Running { execution_arn }) } else { Err(details) };
        }
    };
    match trigger.executions.start_execution(&job.id, input).await {
        Ok(execution_arn) | Err(ExecutionsError::AlreadyExists { execution_arn }) => {
            Ok(Told::Running { execution_arn })
        }
        Err(error) if error.is_transient() => Err(unavailable(error.to_string())),
        Err(error) => Err(job_failed(error.to_string(), None)),
    }
}

/// The input of the job's execution: the machine input file, and where the revision is.
async fn machine_input(trigger: &Trigger, job: &Job) -> Result<serde_json::Value, FailureDetails> {
    let parameters = UserParameters::parse(job.user_parameters()).map_err(configuration)?;
    let revision = job.revision(parameters.input_artifact.as_deref()).map_err(|message| FailureDetails {
        failure_type: FailureType::RevisionUnavailable,
        ..configuration(message)
    })?;
    let (bucket, key) = (&parameters.s3_bucket, &parameters.state_machine_file);
    let file = trigger.artifacts.get_object(bucket, key).await.map_err(|error| unreadable(&error))?;
    let text = std::str::from_utf8(&file).map_err(|_| configuration(format!("`{key}` is not UTF-8 text")))?;
    let input = MachineInput::parse(text).map_err(|error: InvalidInput| configuration(format!("{key}:{error}")))?;
    let mut input = serde_json::to_value(&input).map_err(|error| configuration(error.to_string()))?;
    if let Some(members) = input.as_object_mut() {
        members.insert("revisionS3Bucket".to_owned(), revision.bucket_name.as_str().into());
        members.insert("revisionS3Key".to_owned(), revision.object_key.as_str().into());
    }
    Ok(input)
}

async fn monitor(trigger: &Trigger, token: &str) -> Result<Told, FailureDetails> {
    let execution_arn = event::execution_arn(token).map_err(configuration)?;
    let execution = match trigger.executions.describe_execution(&execution_arn).await {
        Ok(execution) => execution,
        Err(error) if error.is_transient() => return Ok(Told::Running { execution_arn }),
        Err(error) => return Err(job_failed(error.to_string(), Some(execution_arn))),
    };
    match execution.status {
        ExecutionStatus::Succeeded => Ok(Told::Succeeded),
        ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted => {
            let reason = match (execution.error, execution.cause) {
                (Some(error), Some(cause)) => format!(": {error}: {cause}"),
                (Some(reason), None) | (None, Some(reason)) => format!(": {reason}"),
                (None, None) => String::new(),
            };
            let message = format!("execution {}{reason}", execution.status);
            Err(job_failed(message, Some(execution_arn)))
        }
        _ => Ok(Told::Running { execution_arn }),
    }
}

fn configuration(message: String) -> FailureDetails {
    FailureDetails { failure_type: FailureType::ConfigurationError, ..job_failed(message, None) }
}

fn unavailable(message: String) -> FailureDetails {
    FailureDetails { failure_type: FailureType::SystemUnavailable, ..job_failed(message, None) }
}

fn unreadable(error: &StoreError) -> FailureDetails {
    let failure_type = match error.code() {
        "AccessDenied" => FailureType::PermissionError,
        "Throttling" | "ServiceUnavailable" | "InternalFailure" => FailureType::SystemUnavailable,
        _ => FailureType::ConfigurationError,
    };
    FailureDetails { failure_type, ..job_failed(error.to_string(), None) }
}

/// A failure with a message that CodePipeline takes: not empty and not too long.
fn job_failed(message: String, external_execution_id: Option<String>) -> FailureDetails {
    let message = match message.char_indices().nth(MAX_MESSAGE_CHARACTERS) {
        None if message.is_empty() => "no reason is known".to_owned(),
        None => message,
        Some(_) => message.chars().take(MAX_MESSAGE_CHARACTERS - 1).chain(['…']).collect(),
    };
    FailureDetails { failure_type: FailureType::JobFailed, message, external_execution_id }
}
