//! Making, executing and deleting change sets.

use std::sync::Arc;

use super::{check_capabilities, check_name, check_nested_capabilities, internal, no_stack_named};
use crate::cloudformation::api::{
    Change, ChangeSetType, CreateChangeSetInput, CreateChangeSetOutput, DeleteChangeSetInput, ExecuteChangeSetInput,
    OnFailure, RequestId, ResourceChange,
};
use crate::cloudformation::error::{ApiError, ErrorCode};
use crate::cloudformation::in_process::Operation;
use crate::cloudformation::in_process::change_set::{ChangeSetRecord, Execution};
use crate::cloudformation::in_process::deployment::{Deployment, Library, Obstacle};
use crate::cloudformation::in_process::diff::{PlannedChange, diff};
use crate::cloudformation::in_process::stack::StackRecord;
use crate::cloudformation::in_process::template::Template;
use crate::cloudformation::in_process::timeline::Timeline;
use crate::cloudformation::in_process::world::World;
use crate::cloudformation::status::{ChangeSetStatus, ExecutionStatus, StackCondition};

pub(super) fn create_change_set(
    world: &mut World,
    input: &CreateChangeSetInput,
    template: &Arc<Template>,
    library: &Library,
) -> Result<CreateChangeSetOutput, Obstacle> {
    if let Some(index) = known_change_set(world, input)?
        && let Some(known) = world.change_sets.get(index)
    {
        let (id, stack_id) = (known.id.clone(), known.stack_id.clone());
        return Ok(CreateChangeSetOutput { id, stack_id, request_id: world.request_id() });
    }
    check_capabilities(template, &input.capabilities)?;
    let new_stack = new_stack_for(world, input)?;
    let (deployment, planned, failure, stack_id, stack_name) = {
        let Some(stack) = new_stack.as_ref().or_else(|| world.stack(&input.stack_name)) else {
            return Err(internal().into());
        };
        let previous = stack.deployed.as_ref();
        let deployment = Deployment::plan(template, &input.parameters, previous, stack.site(), library)?;
        check_nested_capabilities(&deployment, &input.capabilities)?;
        let planned = diff(previous, &deployment)?;
        let failure = why_there_is_nothing_to_do(previous, &deployment, &planned);
        (deployment, planned, failure, stack.id.clone(), stack.name.clone())
    };
    world.stacks.extend(new_stack);
    let id = world.change_set_id(&input.change_set_name);
    let changes = shown_changes(world, input, &planned, &deployment, (&id, &stack_id, &stack_name));
    let (pending_until, made_at) = world.change_set_times();
    world.change_sets.push(ChangeSetRecord {
        id: id.clone(),
        name: input.change_set_name.clone(),
        stack_id: stack_id.clone(),
        stack_name,
        client_token: input.client_token.clone(),
        capabilities: input.capabilities.clone(),
        created_at: world.now,
        pending_until,
        made_at,
        deployment,
        planned,
        changes,
        failure,
        parent_id: None,
        root_id: None,
        execution: Execution::NotStarted,
        has_name: true,
    });
    Ok(CreateChangeSetOutput { id, stack_id, request_id: world.request_id() })
}

/// The change set that this very request made before.
fn known_change_set(world: &World, input: &CreateChangeSetInput) -> Result<Option<usize>, ApiError> {
    let Ok(index) = world.change_set(&input.change_set_name, Some(&input.stack_name)) else { return Ok(None) };
    let token = world.change_sets.get(index).and_then(|known| known.client_token.as_ref());
    if token.is_some() && token == input.client_token.as_ref() {
        return Ok(Some(index));
    }
    let message = format!("ChangeSet {} already exists in stack {}", input.change_set_name, input.stack_name);
    Err(ApiError::new(ErrorCode::AlreadyExists, message))
}

/// The stack that a change set of type `CREATE` makes, unless it is there already; that of any other is checked.
fn new_stack_for(world: &mut World, input: &CreateChangeSetInput) -> Result<Option<StackRecord>, ApiError> {
    let condition = world.stack(&input.stack_name).map(|stack| (stack.status.condition(), stack.status, &stack.id));
    match (input.change_set_type, condition) {
        (ChangeSetType::Create, None) => {
            check_name("stackName", &input.stack_name)?;
            let id = world.stack_id(&input.stack_name);
            Ok(Some(StackRecord::new(id, input.stack_name.clone(), world.now)))
        }
        (ChangeSetType::Create, Some((StackCondition::InReview, ..)))
        | (ChangeSetType::Update, Some((StackCondition::Updatable, ..))) => Ok(None),
        (ChangeSetType::Create, Some(_)) => {
            let message = format!("Stack [{}] already exists and cannot be created again", input.stack_name);
            Err(ApiError::validation(message))
        }
        (ChangeSetType::Update, None) => Err(no_stack_named(&input.stack_name)),
        (ChangeSetType::Update, Some((_, status, id))) => {
            Err(ApiError::validation(format!("Stack:{id} is in {status} state and can not be updated.")))
        }
    }
}

/// Why a change set fails, as AWS words it, when there is nothing to change.
fn why_there_is_nothing_to_do(
    previous: Option<&Deployment>,
    new: &Deployment,
    planned: &[PlannedChange],
) -> Option<String> {
    let previous = previous?;
    if previous.template == new.template && previous.parameters == new.parameters {
        return Some(
            "The submitted information didn't contain changes. \
             Submit different information to create a change set."
                .to_owned(),
        );
    }
    (planned.is_empty() && previous.template.outputs == new.template.outputs)
        .then(|| "No updates are to be performed.".to_owned())
}

/// The changes as they are shown; with `IncludeNestedStacks` nested stacks get change sets of their own.
fn shown_changes(
    world: &mut World,
    input: &CreateChangeSetInput,
    planned: &[PlannedChange],
    deployment: &Deployment,
    (change_set_id, stack_id, stack_name): (&str, &str, &str),
) -> Vec<Change> {
    let mut changes = Vec::with_capacity(planned.len());
    for PlannedChange { change, nested } in planned {
        let inner = deployment.resource(&change.logical_resource_id).and_then(|resource| resource.nested.as_ref());
        let nested_id = match inner {
            Some(inner) if input.include_nested_stacks => {
                let name = format!("{}-{}", input.change_set_name, change.logical_resource_id);
                let id = world.change_set_id(&name);
                let stack_id = format!("{stack_id}/{}", change.logical_resource_id);
                let stack_name = format!("{stack_name}-{}", change.logical_resource_id);
                let nested_changes = shown_changes(world, input, nested, inner, (&id, &stack_id, &stack_name));
                let (pending_until, made_at) = world.change_set_times();
                world.change_sets.push(ChangeSetRecord {
                    id: id.clone(),
                    name,
                    stack_id,
                    stack_name,
                    client_token: None,
                    capabilities: input.capabilities.clone(),
                    created_at: world.now,
                    pending_until,
                    made_at,
                    deployment: inner.clone(),
                    planned: nested.clone(),
                    changes: nested_changes,
                    failure: None,
                    parent_id: Some(change_set_id.to_owned()),
                    root_id: Some(change_set_id.to_owned()),
                    execution: Execution::NotStarted,
                    has_name: true,
                });
                Some(id)
            }
            _ => None,
        };
        changes.push(Change::Resource(ResourceChange { change_set_id: nested_id, ..change.clone() }));
    }
    changes
}

pub(super) fn execute_change_set(world: &mut World, input: &ExecuteChangeSetInput) -> Result<RequestId, ApiError> {
    let request_id = world.request_id();
    let index = world.change_set(&input.change_set_name, input.stack_name.as_deref())?;
    let change_set = world.change_sets.get(index).ok_or_else(internal)?;
    let (id, stack_id) = (change_set.id.clone(), change_set.stack_id.clone());
    let token = input.client_request_token.as_deref();
    if world.result_of(token, Operation::ExecuteChangeSet, &id)?.is_some() {
        return Ok(request_id);
    }
    let invalid = |what: &str, status: &str| {
        let message = format!("ChangeSet [{id}] cannot be executed in its current {what} of [{status}]");
        ApiError::new(ErrorCode::InvalidChangeSetStatus, message)
    };
    let status = change_set.status(world.now);
    if status != ChangeSetStatus::CreateComplete {
        return Err(invalid("status", status.as_str()));
    }
    let execution_status = change_set.execution_status(world.now);
    if execution_status != ExecutionStatus::Available {
        return Err(invalid("execution status", execution_status.as_str()));
    }
    let stack = world.stack(&stack_id).ok_or_else(internal)?;
    let owner = |resource_type: &str, name: &str| world.owner(&stack_id, resource_type, name);
    let circumstances = world.circumstances(&stack.name, &owner);
    let timeline = match (stack.status.condition(), &stack.deployed) {
        (StackCondition::InReview, _) => {
            Timeline::creation(&circumstances, &change_set.deployment, OnFailure::Rollback)
        }
        (StackCondition::Updatable, Some(old)) => {
            Timeline::update(&circumstances, old, &change_set.deployment, &change_set.planned)
        }
        _ => {
            let message = format!("Stack:{stack_id} is in {} state and can not be updated.", stack.status);
            return Err(ApiError::validation(message));
        }
    };
    let (deployment, capabilities) = (change_set.deployment.clone(), change_set.capabilities.clone());
    for other in world.change_sets.iter_mut().filter(|other| other.stack_id == stack_id) {
        other.execution = if other.id == id { Execution::InProgress } else { Execution::Obsolete };
    }
    let now = world.now;
    if let Some(stack) = world.stack_mut(&stack_id) {
        stack.timeline = timeline;
        stack.pending = Some(deployment);
        stack.capabilities = capabilities;
        stack.change_set_id = Some(id.clone());
        stack.advance_to(now);
    }
    world.remember_token(input.client_request_token.clone(), Operation::ExecuteChangeSet, &id, &id);
    Ok(request_id)
}

/// Deletes a change set and those of its nested stacks; deleting one that is gone succeeds.
pub(super) fn delete_change_set(world: &mut World, input: &DeleteChangeSetInput) -> Result<RequestId, ApiError> {
    let request_id = world.request_id();
    let stack_name = input.stack_name.as_deref();
    if let Some(stack_name) = stack_name
        && world.stack(stack_name).is_none()
    {
        return Err(no_stack_named(stack_name));
    }
    let Ok(index) = world.change_set(&input.change_set_name, stack_name) else { return Ok(request_id) };
    let change_set = world.change_sets.get(index).ok_or_else(internal)?;
    if change_set.execution == Execution::InProgress {
        let message = format!("ChangeSet [{}] cannot be deleted while it is executed", change_set.id);
        return Err(ApiError::new(ErrorCode::InvalidChangeSetStatus, message));
    }
    let mut doomed = vec![change_set.id.clone()];
    while let Some(id) = doomed.pop() {
        let nested = world.change_sets.iter().filter(|other| other.parent_id.as_ref() == Some(&id));
        doomed.extend(nested.map(|other| other.id.clone()));
        world.change_sets.retain(|other| other.id != id);
    }
    Ok(request_id)
}
