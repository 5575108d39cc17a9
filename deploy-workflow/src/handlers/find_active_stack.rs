//! Which of the blue and green stacks is in service?

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::{Deserialize, Serialize};

use super::event::{Revision, Target};
use super::{INVALID_INPUT, Services};
use crate::artifact::StoreError;
use crate::input::reason;

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(flatten)]
    target: Target,
    #[serde(flatten)]
    revision: Revision,
}

/// The stack asked for, and the one that stands for it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StackNames {
    pub(super) requested: String,
    pub(super) active: String,
}

/// What is kept between executions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ActiveStackRecord {
    pub(super) stack_name: String,
    pub(super) execution_arn: String,
}

/// Returns the names; as long as nothing was recorded, the stack asked for is the active one.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<StackNames, Failure> {
    let event: Event = request.deserialize()?;
    let requested = event.target.stack_name.clone();
    let key = record_key(&event.target.environment_name, &requested);
    let active = match services.artifacts.get_object(&event.revision.bucket, &key).await {
        Ok(bytes) => {
            let record: ActiveStackRecord = serde_json::from_slice(&bytes).map_err(|error| {
                let reason = reason(&error);
                Failure::new(INVALID_INPUT, format!("the record `{key}` of the active stack is broken: {reason}"))
            })?;
            record.stack_name
        }
        Err(error) if error.code() == StoreError::NO_SUCH_KEY => requested.clone(),
        Err(error) => return Err(error.into()),
    };
    Ok(StackNames { requested, active })
}

/// Where the record of a stack lies, beside the artifacts.
pub(super) fn record_key(environment_name: &str, requested_stack_name: &str) -> String {
    format!("active-stacks/{environment_name}-{requested_stack_name}.json")
}
