//! What several handlers ask about a stack.

use asl_core::Failure;

use super::{STACK_BUSY, STACK_MUST_BE_DELETED, STACK_NEEDS_OPERATOR, Services};
use crate::cloudformation::{
    ChangeSetType, DescribeStackEventsInput, DescribeStacksInput, ResourceStatus, Stack, StackCondition, StackEvent,
    StackStatus,
};

/// How many pages of events are searched for the reason of a failure.
const MAX_PAGES: usize = 50;

/// The stack of this name or id, if there is one.
///
/// Only CloudFormation's saying so means that there is none; every other error fails the Task.
pub(super) async fn find(services: &Services, name_or_id: &str) -> Result<Option<Stack>, Failure> {
    let input = DescribeStacksInput { stack_name: name_or_id.to_owned() };
    match services.cloudformation.describe_stacks(input).await {
        Ok(output) => Ok(output.stacks.into_iter().next()),
        Err(error) if error.says_stack_does_not_exist() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The type of change set that the stack takes now; none if it is gone.
///
/// # Errors
///
/// `StackBusy`, `StackMustBeDeleted` or `StackNeedsOperator` when it takes none.
pub(super) fn accepted_change_set_type(stack: &Stack) -> Result<Option<ChangeSetType>, Failure> {
    let refuse = |error, advice: &str| {
        let reason = stack.stack_status_reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let (name, status) = (&stack.stack_name, stack.stack_status);
        Err(Failure::new(error, format!("stack `{name}` is {status}{reason}: {advice}")))
    };
    match stack.stack_status.condition() {
        StackCondition::Absent => Ok(None),
        StackCondition::InReview => Ok(Some(ChangeSetType::Create)),
        StackCondition::Updatable => Ok(Some(ChangeSetType::Update)),
        StackCondition::Busy => refuse(STACK_BUSY, "wait until it has settled"),
        StackCondition::MustBeDeleted => refuse(STACK_MUST_BE_DELETED, "it can only be deleted"),
        StackCondition::NeedsOperator if stack.stack_status == StackStatus::UpdateRollbackFailed => {
            refuse(STACK_NEEDS_OPERATOR, "an operator must continue the rollback of its update")
        }
        StackCondition::NeedsOperator => refuse(STACK_NEEDS_OPERATOR, "an operator must repair it"),
    }
}

/// An operation on a stack that can fail, as its events tell it.
pub(super) struct StackOperation {
    /// The statuses of the stack that it begins with.
    begins: &'static [StackStatus],
    /// The statuses of resources with which it could not be done.
    fails: &'static [ResourceStatus],
}

/// A stack is created or updated.
pub(super) const DEPLOYMENT: StackOperation = StackOperation {
    begins: &[StackStatus::CreateInProgress, StackStatus::UpdateInProgress],
    fails: &[ResourceStatus::CreateFailed, ResourceStatus::UpdateFailed],
};

/// A stack is deleted.
pub(super) const DELETION: StackOperation =
    StackOperation { begins: &[StackStatus::DeleteInProgress], fails: &[ResourceStatus::DeleteFailed] };

/// A failure that says in which status the stack ended, and why its last operation of this kind failed.
pub(super) async fn failure(
    services: &Services,
    stack: &Stack,
    operation: &StackOperation,
    error: &str,
) -> Result<Failure, Failure> {
    let (name, status) = (&stack.stack_name, stack.stack_status);
    let reason = match first_failed_resource(services, &stack.stack_id, operation).await? {
        Some(event) => format!(
            "`{}` ({}) {}: {}",
            event.logical_resource_id,
            event.resource_type,
            event.resource_status,
            event.resource_status_reason.as_deref().unwrap_or("CloudFormation gives no reason"),
        ),
        None => stack.stack_status_reason.clone().unwrap_or_else(|| "CloudFormation gives no reason".to_owned()),
    };
    Ok(Failure::new(error, format!("stack `{name}` is {status}; {reason}")))
}

/// The first resource that failed since the stack's last operation of this kind began: the others failed because of it.
async fn first_failed_resource(
    services: &Services,
    stack_id: &str,
    operation: &StackOperation,
) -> Result<Option<StackEvent>, Failure> {
    let mut first = None;
    let mut next_token = None;
    for _ in 0..MAX_PAGES {
        let input = DescribeStackEventsInput { stack_name: stack_id.to_owned(), next_token };
        let page = services.cloudformation.describe_stack_events(input).await?;
        for event in page.stack_events {
            if event.is_of_stack(stack_id) {
                if operation.begins.iter().any(|status| status.as_str() == event.resource_status) {
                    return Ok(first);
                }
            } else if operation.fails.iter().any(|status| status.as_str() == event.resource_status) {
                first = Some(event);
            }
        }
        next_token = page.next_token;
        if next_token.is_none() {
            break;
        }
    }
    Ok(first)
}
