//! AWS's types as those of the handlers.
//!
//! A word that decides something and is not known fails the call: nobody can say what is safe to do with it.

use asl_core::Timestamp;
use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types;

use super::error::unusable;
use crate::cloudformation::{
    ApiError, Capability, Change, ChangeAction, ChangeDetail, ChangeSetStatus, ChangeSetSummary, Evaluation,
    ExecutionStatus, Parameter, ParameterDeclaration, PolicyAction, Replacement, RequiresRecreation, ResourceChange,
    Stack, StackEvent, StackStatus,
};

/// A member that the API promises.
pub(super) fn required<T>(operation: &str, member: &str, value: Option<T>) -> Result<T, ApiError> {
    value.ok_or_else(|| unusable(operation, &format!("has no {member}")))
}

/// A known word, if there is one.
fn known<T>(operation: &str, member: &str, of_wire: fn(&str) -> Option<T>, word: &str) -> Result<T, ApiError> {
    of_wire(word).ok_or_else(|| unusable(operation, &format!("has a {member} that is not known: `{word}`")))
}

pub(super) fn timestamp(time: DateTime) -> Timestamp {
    let milliseconds = time.secs().saturating_mul(1000).saturating_add(i64::from(time.subsec_nanos() / 1_000_000));
    Timestamp::from_millis(milliseconds)
}

pub(super) fn stack(stack: types::Stack) -> Result<Stack, ApiError> {
    const OPERATION: &str = "DescribeStacks";
    let status = required(OPERATION, "StackStatus", stack.stack_status)?;
    let parameters = stack.parameters.unwrap_or_default().into_iter();
    Ok(Stack {
        stack_id: required(OPERATION, "StackId", stack.stack_id)?,
        stack_name: required(OPERATION, "StackName", stack.stack_name)?,
        change_set_id: stack.change_set_id,
        stack_status: known(OPERATION, "StackStatus", StackStatus::of_wire, status.as_str())?,
        stack_status_reason: stack.stack_status_reason,
        parameters: parameters
            .filter_map(|parameter| {
                Some(Parameter::new(parameter.parameter_key?, parameter.parameter_value.unwrap_or_default()))
            })
            .collect(),
        capabilities: capabilities(stack.capabilities),
        creation_time: timestamp(required(OPERATION, "CreationTime", stack.creation_time)?),
        last_updated_time: stack.last_updated_time.map(timestamp),
        deletion_time: stack.deletion_time.map(timestamp),
    })
}

/// Members that an event of a hook lacks are empty.
pub(super) fn stack_event(event: types::StackEvent) -> Result<StackEvent, ApiError> {
    Ok(StackEvent {
        timestamp: timestamp(required("DescribeStackEvents", "Timestamp", event.timestamp)?),
        logical_resource_id: event.logical_resource_id.unwrap_or_default(),
        physical_resource_id: event.physical_resource_id.unwrap_or_default(),
        resource_type: event.resource_type.unwrap_or_default(),
        resource_status: event.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        resource_status_reason: event.resource_status_reason,
    })
}

pub(super) fn change_set_status(
    operation: &str,
    status: Option<types::ChangeSetStatus>,
) -> Result<ChangeSetStatus, ApiError> {
    let status = required(operation, "Status", status)?;
    known(operation, "Status", ChangeSetStatus::of_wire, status.as_str())
}

pub(super) fn execution_status(
    operation: &str,
    status: Option<types::ExecutionStatus>,
) -> Result<ExecutionStatus, ApiError> {
    let status = required(operation, "ExecutionStatus", status)?;
    known(operation, "ExecutionStatus", ExecutionStatus::of_wire, status.as_str())
}

pub(super) fn change(change: types::Change) -> Result<Change, ApiError> {
    const OPERATION: &str = "DescribeChangeSet";
    let change = required(OPERATION, "ResourceChange", change.resource_change)?;
    let action = required(OPERATION, "Action", change.action)?;
    let replacement =
        change.replacement.map(|word| known(OPERATION, "Replacement", Replacement::of_wire, word.as_str()));
    let policy_action =
        change.policy_action.map(|word| known(OPERATION, "PolicyAction", PolicyAction::of_wire, word.as_str()));
    Ok(Change::Resource(ResourceChange {
        action: known(OPERATION, "Action", ChangeAction::of_wire, action.as_str())?,
        logical_resource_id: required(OPERATION, "LogicalResourceId", change.logical_resource_id)?,
        physical_resource_id: change.physical_resource_id,
        resource_type: required(OPERATION, "ResourceType", change.resource_type)?,
        replacement: replacement.transpose()?,
        policy_action: policy_action.transpose()?,
        details: change.details.unwrap_or_default().into_iter().filter_map(change_detail).collect(),
        change_set_id: change.change_set_id,
    }))
}

/// Nothing is decided by details: one that is not known is left out.
fn change_detail(detail: types::ResourceChangeDetail) -> Option<ChangeDetail> {
    let target = detail.target?;
    Some(ChangeDetail {
        attribute: target.attribute?.as_str().to_owned(),
        name: target.name,
        requires_recreation: RequiresRecreation::of_wire(target.requires_recreation?.as_str())?,
        evaluation: match detail.evaluation? {
            types::EvaluationType::Static => Evaluation::Static,
            types::EvaluationType::Dynamic => Evaluation::Dynamic,
            _ => return None,
        },
    })
}

pub(super) fn change_set_summary(summary: types::ChangeSetSummary) -> Result<ChangeSetSummary, ApiError> {
    const OPERATION: &str = "ListChangeSets";
    Ok(ChangeSetSummary {
        change_set_id: required(OPERATION, "ChangeSetId", summary.change_set_id)?,
        change_set_name: required(OPERATION, "ChangeSetName", summary.change_set_name)?,
        status: change_set_status(OPERATION, summary.status)?,
        execution_status: execution_status(OPERATION, summary.execution_status)?,
    })
}

pub(super) fn parameter_declaration(declaration: types::ParameterDeclaration) -> Option<ParameterDeclaration> {
    Some(ParameterDeclaration {
        parameter_key: declaration.parameter_key?,
        parameter_type: declaration.parameter_type.unwrap_or_default(),
        default_value: declaration.default_value,
        no_echo: declaration.no_echo.unwrap_or_default(),
        allowed_values: declaration.parameter_constraints.and_then(|it| it.allowed_values).unwrap_or_default(),
    })
}

/// The known ones: what a stack or a template needs besides them, nobody can acknowledge here.
pub(super) fn capabilities(capabilities: Option<Vec<types::Capability>>) -> Vec<Capability> {
    const ALL: [Capability; 3] =
        [Capability::CapabilityIam, Capability::CapabilityNamedIam, Capability::CapabilityAutoExpand];
    let words = capabilities.unwrap_or_default();
    words.iter().filter_map(|word| ALL.into_iter().find(|known| known.as_str() == word.as_str())).collect()
}

pub(super) fn to_capability(capability: Capability) -> types::Capability {
    types::Capability::from(capability.as_str())
}

pub(super) fn to_parameter(parameter: Parameter) -> types::Parameter {
    let builder = types::Parameter::builder();
    match parameter {
        Parameter::Value { key, value } => builder.parameter_key(key).parameter_value(value),
        Parameter::UsePreviousValue { key } => builder.parameter_key(key).use_previous_value(true),
    }
    .build()
}
