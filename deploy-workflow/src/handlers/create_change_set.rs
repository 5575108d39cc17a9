//! Begins to make a change set.

use asl_core::Failure;
use asl_runtime::TaskRequest;

use super::event::DeployEvent;
use super::{STACK_BUSY, Services, request, stack};
use crate::cloudformation::CreateChangeSetInput;
use crate::names::{change_set_name, client_token};

/// Returns the change set's name, which no other execution gives to a change set.
///
/// A stack that only waits for its first change set gets one of type `CREATE`.
pub(super) async fn handle(services: Services, task: TaskRequest) -> Result<String, Failure> {
    let event: DeployEvent = task.deserialize()?;
    let full_stack_name = event.target.full_stack_name()?;
    let gone = || Failure::new(STACK_BUSY, format!("stack `{full_stack_name}` was deleted in the meantime"));
    let stack = stack::find(&services, &full_stack_name).await?.ok_or_else(gone)?;
    let change_set_type = stack::accepted_change_set_type(&stack)?.ok_or_else(gone)?;
    let template = request::template(&services, &event).await?;
    let parameters = request::parameters(&services, &event, &template, &stack.parameters).await?;
    let change_set_name = change_set_name(&full_stack_name, task.execution_arn());
    let input = CreateChangeSetInput {
        stack_name: full_stack_name,
        change_set_name: change_set_name.clone(),
        change_set_type,
        template,
        parameters,
        capabilities: event.capabilities(),
        client_token: Some(client_token(task.execution_arn(), "create-change-set")),
        include_nested_stacks: true,
    };
    services.cloudformation.create_change_set(input).await?;
    Ok(change_set_name)
}
