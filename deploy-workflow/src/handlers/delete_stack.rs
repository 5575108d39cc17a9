//! Begins to delete a stack that was never in service.

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::Serialize;

use super::event::Target;
use super::{ResponseMetadata, STACK_DELETION_FAILED, Services, stack};
use crate::cloudformation::{DeleteStackInput, StackCondition};
use crate::names::client_token;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StackDeletionDetails {
    response_metadata: ResponseMetadata,
    stack_id: String,
}

/// Returns what CloudFormation answered; refuses to delete a stack that is or may be in service.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<StackDeletionDetails, Failure> {
    let target: Target = request.deserialize()?;
    let name = target.full_stack_name()?;
    let refused = |why: &str| Failure::new(STACK_DELETION_FAILED, format!("stack `{name}` {why}"));
    let stack = stack::find(&services, &name).await?.ok_or_else(|| refused("does not exist any more"))?;
    if stack.stack_status.condition() != StackCondition::MustBeDeleted {
        return Err(refused(&format!("is {} and not to be deleted", stack.stack_status)));
    }
    let input = DeleteStackInput {
        stack_name: stack.stack_id.clone(),
        client_request_token: Some(client_token(request.execution_arn(), "delete-stack")),
    };
    let request_id = services.cloudformation.delete_stack(input).await?;
    Ok(StackDeletionDetails { response_metadata: request_id.into(), stack_id: stack.stack_id })
}
