//! The event that CodePipeline calls the trigger with, and the token that it brings back.

use serde::{Deserialize, Serialize};

/// The job of an event.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) user_parameters: String,
    pub(super) continuation_token: Option<String>,
    input_artifacts: Vec<InputArtifact>,
}

impl Job {
    pub(super) fn from_event(event: &serde_json::Value) -> Result<Self, String> {
        let Event { job } = Event::deserialize(event).map_err(|error| error.to_string())?;
        if job.id.is_empty() {
            return Err("its job has no id".to_owned());
        }
        Ok(Self {
            id: job.id,
            user_parameters: job.data.action_configuration.configuration.user_parameters,
            continuation_token: job.data.continuation_token,
            input_artifacts: job.data.input_artifacts,
        })
    }

    /// Where the input artifact of this name is, or the first one.
    pub(super) fn revision(&self, name: Option<&str>) -> Result<&S3Location, String> {
        let artifact = match name {
            Some(name) => self.input_artifacts.iter().find(|artifact| artifact.name == name),
            None => self.input_artifacts.first(),
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

/// What the action's configuration says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserParameters {
    #[serde(rename = "s3Bucket")]
    pub(super) s3_bucket: String,
    pub(super) state_machine_file: String,
    /// Which input artifact holds the template, if it is not the first.
    pub(super) input_artifact: Option<String>,
}

impl UserParameters {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("the action's UserParameters: {error}"))
    }
}

/// The token under which a job goes on.
pub(super) fn continuation_token(execution_arn: &str) -> String {
    serde_json::json!({ "stateMachineExecutionArn": execution_arn }).to_string()
}

/// The execution that a token stands for.
pub(super) fn execution_arn(token: &str) -> Result<String, String> {
    let token: ContinuationToken =
        serde_json::from_str(token).map_err(|error| format!("the job's continuation token: {error}"))?;
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
    data: Data,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(default)]
    action_configuration: ActionConfiguration,
    #[serde(default)]
    input_artifacts: Vec<InputArtifact>,
    continuation_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct ActionConfiguration {
    #[serde(default)]
    configuration: Configuration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    #[serde(default)]
    user_parameters: String,
}

#[derive(Debug, Deserialize)]
struct InputArtifact {
    #[serde(default)]
    name: String,
    location: Location,
}

#[derive(Debug, Deserialize)]
struct Location {
    #[serde(rename = "type", default)]
    location_type: String,
    #[serde(rename = "s3Location")]
    s3_location: Option<S3Location>,
}

/// Where an object is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct S3Location {
    pub(super) bucket_name: String,
    pub(super) object_key: String,
}
