//! Is the stack created?

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::Deserialize;

use super::event::{StackDetails, Target};
use super::{Progress, STACK_CREATION_FAILED, Services, stack};
use crate::cloudformation::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(flatten)]
    target: Target,
    #[serde(default)]
    stack_creation_details: StackDetails,
}

/// Returns how far it is; fails, with what went wrong first, once a stack that could not be created has settled.
///
/// The stack is known by its id, so that one that was deleted after its failure is still found.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<Progress, Failure> {
    let event: Event = request.deserialize()?;
    let name = event.target.full_stack_name()?;
    let name_or_id = event.stack_creation_details.stack_id.as_ref().unwrap_or(&name);
    let Some(stack) = stack::find(&services, name_or_id).await? else {
        return Err(Failure::new(STACK_CREATION_FAILED, format!("stack `{name}` does not exist any more")));
    };
    match stack.stack_status {
        StackStatus::CreateComplete => Ok(Progress::Complete),
        StackStatus::CreateInProgress | StackStatus::RollbackInProgress | StackStatus::DeleteInProgress => {
            Ok(Progress::InProgress)
        }
        _ => Err(stack::failure(&services, &stack, &stack::DEPLOYMENT, STACK_CREATION_FAILED).await?),
    }
}
