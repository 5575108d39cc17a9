//! Is the change set executed?

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::Deserialize;

use super::event::{StackDetails, Target};
use super::{INVALID_INPUT, Progress, STACK_UPDATE_FAILED, Services, stack};
use crate::cloudformation::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(flatten)]
    target: Target,
    change_set_execution_details: StackDetails,
}

/// Returns how far it is; fails, with what went wrong first, once the stack was rolled back.
///
/// The stack is asked and not the change set, which CloudFormation drops with the update.
/// As long as the stack names another change set, its status is that of an older update.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<Progress, Failure> {
    let event: Event = request.deserialize()?;
    let StackDetails { stack_id: Some(stack_id), change_set_id: Some(change_set_id) } =
        event.change_set_execution_details
    else {
        return Err(Failure::new(INVALID_INPUT, "`changeSetExecutionDetails` needs `StackId` and `ChangeSetId`"));
    };
    let Some(stack) = stack::find(&services, &stack_id).await? else {
        let name = event.target.full_stack_name()?;
        return Err(Failure::new(STACK_UPDATE_FAILED, format!("stack `{name}` does not exist any more")));
    };
    if stack.change_set_id.as_deref() != Some(&change_set_id) {
        return Ok(Progress::InProgress);
    }
    match stack.stack_status {
        StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::UpdateCompleteCleanupInProgress => {
            Ok(Progress::Complete)
        }
        StackStatus::CreateInProgress
        | StackStatus::ReviewInProgress
        | StackStatus::RollbackInProgress
        | StackStatus::UpdateInProgress
        | StackStatus::UpdateRollbackInProgress
        | StackStatus::UpdateRollbackCompleteCleanupInProgress => Ok(Progress::InProgress),
        _ => Err(stack::failure(&services, &stack, &stack::DEPLOYMENT, STACK_UPDATE_FAILED).await?),
    }
}
