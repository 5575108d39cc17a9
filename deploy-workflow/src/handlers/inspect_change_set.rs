//! Can the change set be executed without losing anything?

use std::collections::BTreeSet;

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::{Deserialize, Serialize};

use super::event::ChangeSetEvent;
use super::{CHANGE_SET_NOT_AVAILABLE, CHANGE_SET_OBSOLETE, Services};
use crate::cloudformation::{
    Change, ChangeAction, ChangeSetStatus, DescribeChangeSetInput, DescribeChangeSetOutput, ExecutionStatus,
    PolicyAction, Replacement, ResourceChange,
};
use crate::input::{ChangePolicy, Verdict};

/// How many pages of changes are read, of all nested change sets together.
const MAX_PAGES: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(flatten)]
    change_set: ChangeSetEvent,
    #[serde(default)]
    change_policy: ChangePolicy,
}

/// What to do with a change set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub(super) enum ChangeSetAction {
    CanSafelyUpdateExistingStack,
    ResourcesBeingDeletedOrReplaced,
    NoChanges,
}

/// Returns what to do; fails when the change set cannot be executed at all.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<ChangeSetAction, Failure> {
    let event: Event = request.deserialize()?;
    let first = first_page(&services, &event.change_set).await?;
    if has_no_changes(&first) {
        return Ok(ChangeSetAction::NoChanges);
    }
    check_available(&first)?;
    let is_safe = every_change_is_safe(&services, first, event.change_policy).await?;
    Ok(if is_safe {
        ChangeSetAction::CanSafelyUpdateExistingStack
    } else {
        ChangeSetAction::ResourcesBeingDeletedOrReplaced
    })
}

/// The first page of the change set that an event names.
pub(super) async fn first_page(
    services: &Services,
    event: &ChangeSetEvent,
) -> Result<DescribeChangeSetOutput, Failure> {
    let input = DescribeChangeSetInput {
        change_set_name: event.change_set_name.clone(),
        stack_name: Some(event.target.full_stack_name()?),
        next_token: None,
    };
    Ok(services.cloudformation.describe_change_set(input).await?)
}

/// Whether a change set failed for the one reason that is no failure: there was nothing to change.
pub(super) fn has_no_changes(change_set: &DescribeChangeSetOutput) -> bool {
    const REASONS: [&str; 2] = ["The submitted information didn't contain changes.", "No updates are to be performed."];
    let reason = change_set.status_reason.as_deref().unwrap_or_default();
    change_set.status == ChangeSetStatus::Failed && REASONS.iter().any(|begin| reason.starts_with(begin))
}

/// Fails unless the change set can be executed.
pub(super) fn check_available(change_set: &DescribeChangeSetOutput) -> Result<(), Failure> {
    let name = &change_set.change_set_name;
    match change_set.execution_status {
        ExecutionStatus::Available => Ok(()),
        ExecutionStatus::Obsolete => Err(Failure::new(
            CHANGE_SET_OBSOLETE,
            format!("change set `{name}` is obsolete: another one was executed since it was made"),
        )),
        execution_status => {
            let status = change_set.status;
            let cause = format!("change set `{name}` is {status} and {execution_status}, not AVAILABLE");
            Err(Failure::new(CHANGE_SET_NOT_AVAILABLE, cause))
        }
    }
}

/// Goes through every page of the change set and of those of nested stacks, until a change is not safe.
async fn every_change_is_safe(
    services: &Services,
    first: DescribeChangeSetOutput,
    policy: ChangePolicy,
) -> Result<bool, Failure> {
    let mut seen = BTreeSet::from([first.change_set_id.clone()]);
    let mut waiting = Vec::new();
    let mut page = first;
    for _ in 0..MAX_PAGES {
        for Change::Resource(change) in &page.changes {
            if !is_safe(change, policy) {
                return Ok(false);
            }
            if let Some(nested) = &change.change_set_id
                && seen.insert(nested.clone())
            {
                waiting.push((nested.clone(), None));
            }
        }
        if let Some(next_token) = page.next_token {
            waiting.push((page.change_set_id, Some(next_token)));
        }
        let Some((change_set_name, next_token)) = waiting.pop() else { return Ok(true) };
        let input = DescribeChangeSetInput { change_set_name, stack_name: None, next_token };
        page = services.cloudformation.describe_change_set(input).await?;
    }
    Ok(false)
}

/// Whether a change loses nothing.
fn is_safe(change: &ResourceChange, policy: ChangePolicy) -> bool {
    let allows = |verdict: Verdict| verdict == Verdict::Allow;
    let by_action = match (change.action, change.replacement) {
        (ChangeAction::Remove, _) => {
            return change.policy_action == Some(PolicyAction::Retain) && allows(policy.retained_removal);
        }
        (ChangeAction::Dynamic, _) => allows(policy.dynamic_change),
        (_, Some(Replacement::True)) => false,
        (_, Some(Replacement::Conditional)) => allows(policy.conditional_replacement),
        (ChangeAction::Add | ChangeAction::Modify | ChangeAction::Import | ChangeAction::SyncWithActual, _) => true,
    };
    by_action
        && match change.policy_action {
            None | Some(PolicyAction::Retain) => true,
            Some(
                PolicyAction::Delete
                | PolicyAction::Snapshot
                | PolicyAction::ReplaceAndDelete
                | PolicyAction::ReplaceAndRetain
                | PolicyAction::ReplaceAndSnapshot,
            ) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENIENT: ChangePolicy = ChangePolicy {
        conditional_replacement: Verdict::Allow,
        dynamic_change: Verdict::Allow,
        retained_removal: Verdict::Allow,
    };

    fn change(
        action: ChangeAction,
        replacement: Option<Replacement>,
        policy_action: Option<PolicyAction>,
    ) -> ResourceChange {
        ResourceChange {
            action,
            logical_resource_id: "Table".to_owned(),
            physical_resource_id: None,
            resource_type: "AWS::DynamoDB::Table".to_owned(),
            replacement,
            policy_action,
            details: Vec::new(),
            change_set_id: None,
        }
    }

    #[test]
    fn only_what_loses_nothing_is_safe() {
        use ChangeAction::{Add, Dynamic, Import, Modify, Remove, SyncWithActual};
        let check = |change: ResourceChange, by_default: bool, leniently: bool| {
            assert_eq!(is_safe(&change, ChangePolicy::default()), by_default, "{change:?}");
            assert_eq!(is_safe(&change, LENIENT), leniently, "{change:?}");
        };
        check(change(Add, None, None), true, true);
        check(change(Import, None, None), true, true);
        check(change(SyncWithActual, None, None), true, true);
        check(change(Modify, Some(Replacement::False), None), true, true);
        check(change(Modify, Some(Replacement::Conditional), None), false, true);
        check(change(Modify, Some(Replacement::True), None), false, false);
        check(change(Dynamic, None, None), false, true);
        check(change(Remove, None, None), false, false);
        check(change(Remove, None, Some(PolicyAction::Delete)), false, false);
        check(change(Remove, None, Some(PolicyAction::Snapshot)), false, false);
        check(change(Remove, None, Some(PolicyAction::Retain)), false, true);
    }

    #[test]
    fn a_policy_action_that_destroys_is_unsafe_whatever_the_action_says() {
        for action in ChangeAction::ALL {
            for policy_action in PolicyAction::ALL.iter().filter(|policy| **policy != PolicyAction::Retain) {
                let change = change(*action, Some(Replacement::False), Some(*policy_action));
                assert!(!is_safe(&change, LENIENT), "{change:?}");
            }
        }
    }

    #[test]
    fn actions_are_written_as_the_sample_wrote_them() {
        let check = |action: ChangeSetAction, expected: &str| {
            assert_eq!(serde_json::to_value(action).unwrap(), expected);
        };
        check(ChangeSetAction::CanSafelyUpdateExistingStack, "CAN-SAFELY-UPDATE-EXISTING-STACK");
        check(ChangeSetAction::ResourcesBeingDeletedOrReplaced, "RESOURCES-BEING-DELETED-OR-REPLACED");
        check(ChangeSetAction::NoChanges, "NO-CHANGES");
    }
}
