//! Creating and deleting stacks.

use std::sync::Arc;

use super::{check_capabilities, check_nested_capabilities};
use crate::cloudformation::api::{CreateStackInput, CreateStackOutput, DeleteStackInput, OnFailure, RequestId};
use crate::cloudformation::error::{ApiError, ErrorCode};
use crate::cloudformation::in_process::Operation;
use crate::cloudformation::in_process::deployment::{Deployment, Library, Obstacle};
use crate::cloudformation::in_process::stack::StackRecord;
use crate::cloudformation::in_process::template::Template;
use crate::cloudformation::in_process::timeline::Timeline;
use crate::cloudformation::in_process::world::World;
use crate::cloudformation::status::{StackCondition, StackStatus};

pub(super) fn create_stack(
    world: &mut World,
    input: &CreateStackInput,
    template: &Arc<Template>,
    library: &Library,
) -> Result<CreateStackOutput, Obstacle> {
    let token = input.client_request_token.as_deref();
    if let Some(stack_id) = world.result_of(token, Operation::CreateStack, &input.stack_name)? {
        return Ok(CreateStackOutput { stack_id, request_id: world.request_id() });
    }
    if world.stack(&input.stack_name).is_some() {
        let message = format!("Stack [{}] already exists", input.stack_name);
        return Err(ApiError::new(ErrorCode::AlreadyExists, message).into());
    }
    check_capabilities(template, &input.capabilities)?;
    let mut stack = StackRecord::new(world.stack_id(&input.stack_name), input.stack_name.clone(), world.now);
    let deployment = Deployment::plan(template, &input.parameters, None, stack.site(), library)?;
    check_nested_capabilities(&deployment, &input.capabilities)?;
    stack.capabilities.clone_from(&input.capabilities);
    let stack_id = stack.id.clone();
    begin_creation(world, &mut stack, deployment, input.on_failure);
    world.stacks.push(stack);
    world.remember_token(input.client_request_token.clone(), Operation::CreateStack, &input.stack_name, &stack_id);
    Ok(CreateStackOutput { stack_id, request_id: world.request_id() })
}

fn begin_creation(world: &World, stack: &mut StackRecord, deployment: Deployment, on_failure: OnFailure) {
    let owner = |resource_type: &str, name: &str| world.owner(&stack.id, resource_type, name);
    stack.timeline = Timeline::creation(&world.circumstances(&stack.name, &owner), &deployment, on_failure);
    stack.pending = Some(deployment);
    stack.advance_to(world.now);
}

pub(super) fn delete_stack(world: &mut World, input: &DeleteStackInput) -> Result<RequestId, ApiError> {
    let request_id = world.request_id();
    let Some(stack) = world.stack(&input.stack_name) else { return Ok(request_id) };
    if matches!(stack.status, StackStatus::DeleteInProgress | StackStatus::DeleteComplete) {
        return Ok(request_id);
    }
    let creating = [StackStatus::CreateInProgress, StackStatus::ReviewInProgress];
    if stack.status.condition() == StackCondition::Busy && !creating.contains(&stack.status) {
        let message = format!("Stack [{}] cannot be deleted while in status {}", stack.id, stack.status);
        return Err(ApiError::validation(message));
    }
    let owner = |_: &str, _: &str| None;
    let deployed = stack.deployed.as_ref().or(stack.pending.as_ref());
    let timeline = Timeline::deletion(&world.circumstances(&stack.name, &owner), deployed);
    let now = world.now;
    if let Some(stack) = world.stack_mut(&input.stack_name) {
        stack.timeline = timeline;
        stack.advance_to(now);
    }
    Ok(request_id)
}
