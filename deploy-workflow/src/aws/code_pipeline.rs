//! CodePipeline itself, as a job worker and a Lambda function know it.

use std::fmt;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::{Builder, retry::RetryConfig};
use aws_sdk_codepipeline::types;

use crate::trigger::{
    ActionConfiguration, ActionTypeId, FailureDetails, FailureType, InputArtifact, Job, JobData, JobQueue, JobStatus,
    Location, OfferedJob, Pipeline, PipelineError, PollForJobs, S3Location,
};

/// The jobs of an account and region.
///
/// Each call is attempted once: an answer that got lost may have been taken, and a second attempt would be refused
/// as if the pipeline had stopped. Whoever calls tries again, and knows what it tried.
///
/// The credentials for artifacts that come with a job are dropped as soon as they are read:
/// a deployment outlives them, so artifacts are read with the worker's own.
#[derive(Clone)]
pub struct AwsCodePipeline {
    client: Client,
}

impl AwsCodePipeline {
    /// CodePipeline at the configured endpoint.
    pub fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config).retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config) }
    }
}

/// The configuration names an access key.
impl fmt::Debug for AwsCodePipeline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AwsCodePipeline").finish_non_exhaustive()
    }
}

#[async_trait]
impl JobQueue for AwsCodePipeline {
    async fn poll_for_jobs(&self, request: &PollForJobs) -> Result<Vec<OfferedJob>, PipelineError> {
        let action_type_id = types::ActionTypeId::builder()
            .category(types::ActionCategory::from(request.action_type_id.category.as_str()))
            .owner(types::ActionOwner::from(ActionTypeId::OWNER))
            .provider(&request.action_type_id.provider)
            .version(&request.action_type_id.version)
            .build()
            .map_err(|_| PipelineError::new("ValidationException", "the action type is not complete"))?;
        let mut call = self.client.poll_for_jobs().action_type_id(action_type_id);
        call = call.max_batch_size(request.max_batch_size.get().try_into().unwrap_or(i32::MAX));
        if let Some((name, value)) = &request.query_param {
            call = call.query_param(name, value);
        }
        let output = call.send().await?;
        output.jobs.unwrap_or_default().into_iter().map(offered_job).collect()
    }

    async fn acknowledge_job(&self, job_id: &str, nonce: &str) -> Result<JobStatus, PipelineError> {
        let output = self.client.acknowledge_job().job_id(job_id).nonce(nonce).send().await?;
        Ok(job_status(&required("AcknowledgeJob", "status", output.status)?))
    }

    async fn get_job_details(&self, job_id: &str) -> Result<Job, PipelineError> {
        const OPERATION: &str = "GetJobDetails";
        let output = self.client.get_job_details().job_id(job_id).send().await?;
        let details = required(OPERATION, "jobDetails", output.job_details)?;
        Ok(Job {
            id: required(OPERATION, "id", details.id)?,
            data: job_data(required(OPERATION, "data", details.data)?),
        })
    }
}

#[async_trait]
impl Pipeline for AwsCodePipeline {
    async fn put_job_success_result(
        &self,
        job_id: &str,
        continuation_token: Option<&str>,
    ) -> Result<(), PipelineError> {
        let call = self.client.put_job_success_result().job_id(job_id);
        call.set_continuation_token(continuation_token.map(str::to_owned)).send().await?;
        Ok(())
    }

    async fn put_job_failure_result(&self, job_id: &str, details: &FailureDetails) -> Result<(), PipelineError> {
        let details = types::FailureDetails::builder()
            .r#type(failure_type(details.failure_type))
            .message(&details.message)
            .set_external_execution_id(details.external_execution_id.clone())
            .build()
            .map_err(|_| PipelineError::new("ValidationException", "the failure's details are not complete"))?;
        self.client.put_job_failure_result().job_id(job_id).failure_details(details).send().await?;
        Ok(())
    }
}

fn offered_job(job: types::Job) -> Result<OfferedJob, PipelineError> {
    const OPERATION: &str = "PollForJobs";
    Ok(OfferedJob {
        nonce: required(OPERATION, "nonce", job.nonce)?,
        job: Job { id: required(OPERATION, "id", job.id)?, data: job_data(required(OPERATION, "data", job.data)?) },
    })
}

/// Everything but the credentials and what nobody here asks for.
fn job_data(data: types::JobData) -> JobData {
    let configuration = data.action_configuration.and_then(|it| it.configuration).unwrap_or_default();
    JobData {
        action_configuration: ActionConfiguration { configuration: configuration.into_iter().collect() },
        input_artifacts: data.input_artifacts.unwrap_or_default().into_iter().map(input_artifact).collect(),
        continuation_token: data.continuation_token,
    }
}

fn input_artifact(artifact: types::Artifact) -> InputArtifact {
    let location = artifact.location;
    let location_type = location.as_ref().and_then(|it| it.r#type.as_ref()).map(|it| it.as_str().to_owned());
    let s3_location = location.and_then(|it| it.s3_location);
    InputArtifact {
        name: artifact.name.unwrap_or_default(),
        location: Location {
            location_type: location_type.unwrap_or_default(),
            s3_location: s3_location.map(|it| S3Location { bucket_name: it.bucket_name, object_key: it.object_key }),
        },
    }
}

fn job_status(status: &types::JobStatus) -> JobStatus {
    match status {
        types::JobStatus::Created | types::JobStatus::Queued => JobStatus::Queued,
        types::JobStatus::Dispatched => JobStatus::Dispatched,
        types::JobStatus::InProgress => JobStatus::InProgress,
        types::JobStatus::TimedOut => JobStatus::TimedOut,
        types::JobStatus::Succeeded => JobStatus::Succeeded,
        types::JobStatus::Failed => JobStatus::Failed,
        other => JobStatus::Other(other.as_str().to_owned()),
    }
}

fn failure_type(failure_type: FailureType) -> types::FailureType {
    match failure_type {
        FailureType::JobFailed => types::FailureType::JobFailed,
        FailureType::ConfigurationError => types::FailureType::ConfigurationError,
        FailureType::PermissionError => types::FailureType::PermissionError,
        FailureType::RevisionOutOfSync => types::FailureType::RevisionOutOfSync,
        FailureType::RevisionUnavailable => types::FailureType::RevisionUnavailable,
        FailureType::SystemUnavailable => types::FailureType::SystemUnavailable,
    }
}

/// A member that the API promises.
fn required<T>(operation: &str, member: &str, value: Option<T>) -> Result<T, PipelineError> {
    let missing = || PipelineError::new("SdkClientException", format!("the answer to {operation} has no {member}"));
    value.ok_or_else(missing)
}
