//! Records which of the blue and green stacks is in service from now on.

use std::sync::Arc;

use asl_core::Failure;
use asl_runtime::{OrFail as _, TaskRequest};
use serde::{Deserialize, Serialize};

use super::event::{Revision, Target};
use super::find_active_stack::{ActiveStackRecord, StackNames, record_key};
use super::{INVALID_INPUT, Services};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(flatten)]
    target: Target,
    #[serde(flatten)]
    revision: Revision,
    stack_names: StackNames,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActiveStack {
    stack_name: String,
    recorded_at: String,
}

/// Returns what was recorded, and where.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<ActiveStack, Failure> {
    let event: Event = request.deserialize()?;
    let stack_name = event.target.stack_name;
    let record =
        ActiveStackRecord { stack_name: stack_name.clone(), execution_arn: request.execution_arn().to_owned() };
    let bytes = serde_json::to_vec(&record).or_fail(INVALID_INPUT)?;
    let key = record_key(&event.target.environment_name, &event.stack_names.requested);
    services.artifacts.put_object(&event.revision.bucket, &key, Arc::from(bytes)).await?;
    Ok(ActiveStack { stack_name, recorded_at: key })
}
