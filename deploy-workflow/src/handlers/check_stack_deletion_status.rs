//! Is the stack deleted?

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::Deserialize;

use super::event::{StackDetails, Target};
use super::{Progress, STACK_DELETION_FAILED, Services, stack};
use crate::cloudformation::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(flatten)]
    target: Target,
    #[serde(default)]
    stack_deletion_details: StackDetails,
}

/// Returns how far it is; fails when CloudFormation gave up.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<Progress, Failure> {
    let event: Event = request.deserialize()?;
    let name = event.target.full_stack_name()?;
    let name_or_id = event.stack_deletion_details.stack_id.as_ref().unwrap_or(&name);
    let Some(stack) = stack::find(&services, name_or_id).await? else { return Ok(Progress::Complete) };
    match stack.stack_status {
        StackStatus::DeleteComplete => Ok(Progress::Complete),
        StackStatus::DeleteInProgress => Ok(Progress::InProgress),
        _ => Err(stack::failure(&services, &stack, &stack::DELETION, STACK_DELETION_FAILED).await?),
    }
}
