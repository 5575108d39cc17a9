//! The event that CodePipeline calls the trigger with, and the token that it brings back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::input::reason;
use crate::redacted::Redacted;

/// A job, as far as the trigger reads it.
///
/// Credentials that CodePipeline sends with it are not part of it: nothing can keep or show what it never had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job's id, a UUID.
    pub id: String,
    /// What it is about.
    pub data: JobData,
}

/// What a job is about.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobData {
    /// The action's configuration.
    #[serde(default)]
    pub action_configuration: ActionConfiguration,
    /// The artifacts that the action takes.
    #[serde(default)]
    pub input_artifacts: Vec<InputArtifact>,
    /// What the trigger gave the pipeline when the job went on; absent the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation_token: Option<String>,
}

/// The configuration may have secret values, and who has a token may speak for the job.
impl fmt::Debug for JobData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JobData")
            .field("input_artifacts", &self.input_artifacts)
            .field("continuation_token", &self.continuation_token.as_ref().map(|_| Redacted))
            .finish_non_exhaustive()
    }
}

/// The configuration of an action.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionConfiguration {
    /// Values by the names of their properties.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
}

/// Values may be secret.
impl fmt::Debug for ActionConfiguration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.configuration.keys()).finish()
    }
}

impl Job {
    pub(crate) fn from_event(event: &serde_json::Value) -> Result<Self, String> {
        let Event { job } =
            serde_path_to_error::deserialize(event).map_err(|error| match &*error.path().to_string() {
                "." => reason(error.inner()),
                path => format!("`{path}`: {}", reason(error.inner())),
            })?;
        if job.id.is_empty() {
            return Err("its job has no id".to_owned());
        }
        Ok(Self { id: job.id, data: job.data })
    }

    pub(super) fn user_parameters(&self) -> &str {
        self.data.action_configuration.configuration.get(USER_PARAMETERS).map_or("", String::as_str)
    }

    /// The execution that the job's token names, if it has one.
    pub(crate) fn execution_arn(&self) -> Option<String> {
        execution_arn(self.data.continuation_token.as_deref()?).ok()
    }

    /// Where the input artifact of this name is, or the first one.
    pub(super) fn revision(&self, name: Option<&str>) -> Result<&S3Location, String> {
        let artifacts = &self.data.input_artifacts;
        let artifact = match name {
            Some(name) => artifacts.iter().find(|artifact| artifact.name == name),
            None => artifacts.first(),
        };
        let artifact = artifact.ok_or_else(|| match name {
            Some(name) => format!("the job has no input artifact `{name}`"),
            None => "the job has no input artifact".to_owned(),
        })?;
        match &artifact.location {
            Location { location_type, s3_location: Some(location) } if location_type == "S3" => Ok(location),
            Location { location_type, .. } => {
                let name = &artifact.name;
                Err(format!("input artifact `{name}` is not in S3: its location is of type `{location_type}`"))
            }
        }
    }
}

/// The property of the action's configuration that says what to do.
pub(super) const USER_PARAMETERS: &str = "UserParameters";

/// What the action's configuration says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(super) struct UserParameters {
    #[serde(rename = "s3Bucket")]
    pub(super) s3_bucket: String,
    pub(super) state_machine_file: String,
    /// Which input artifact holds the template, if it is not the first.
    pub(super) input_artifact: Option<String>,
}

impl UserParameters {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("the action's UserParameters: {}", reason(&error)))
    }
}

/// The token under which a job goes on.
pub(super) fn continuation_token(execution_arn: &str) -> String {
    serde_json::json!({ "stateMachineExecutionArn": execution_arn }).to_string()
}

/// The execution that a token stands for.
pub(super) fn execution_arn(token: &str) -> Result<String, String> {
    let token: ContinuationToken =
        serde_json::from_str(token).map_err(|error| format!("the job's continuation token: {}", reason(&error)))?;
    Ok(token.state_machine_execution_arn)
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContinuationToken {
    state_machine_execution_arn: String,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "CodePipeline.job")]
    job: JobMember,
}

#[derive(Debug, Deserialize)]
struct JobMember {
    id: String,
    data: JobData,
}

/// An artifact that an action takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputArtifact {
    /// Its name in the pipeline.
    #[serde(default)]
    pub name: String,
    /// Where it is.
    pub location: Location,
}

/// Where an artifact is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// `S3`.
    #[serde(rename = "type", default)]
    pub location_type: String,
    /// Where in S3.
    #[serde(rename = "s3Location")]
    pub s3_location: Option<S3Location>,
}

/// Where an object is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Location {
    /// Its bucket.
    pub bucket_name: String,
    /// Its key.
    pub object_key: String,
}

/// The key of an artifact is what somebody needs who may read the bucket but not list it.
impl fmt::Debug for S3Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("S3Location");
        debug.field("bucket_name", &self.bucket_name).field("object_key", &Redacted).finish()
    }
}
