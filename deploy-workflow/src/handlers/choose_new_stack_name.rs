//! Chooses the name of the stack that is to take over.

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::Deserialize;

use super::Services;
use super::find_active_stack::StackNames;
use crate::names::{full_stack_name, new_stack_name};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    environment_name: String,
    stack_names: StackNames,
}

/// Returns the name without the environment, made of the name asked for and of the execution.
pub(super) async fn handle(_: Services, request: TaskRequest) -> Result<String, Failure> {
    let event: Event = request.deserialize()?;
    let name = new_stack_name(&event.environment_name, &event.stack_names.requested, request.execution_arn());
    full_stack_name(&event.environment_name, &name).map(|_| name)
}
