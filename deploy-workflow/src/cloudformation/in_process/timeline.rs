//! What will happen to a stack that is created, changed or deleted, and when.

use std::collections::VecDeque;

use asl_core::Timestamp;

use super::Pace;
use super::deployment::{Deployment, Resource};
use super::diff::PlannedChange;
use super::faults::{Faults, ResourceFault};
use super::stack::{Settlement, Step};
use super::template::Policy;
use crate::cloudformation::api::OnFailure;
use crate::cloudformation::status::{ChangeAction, PolicyAction, ResourceStatus, StackStatus};

/// What the future of a stack depends on.
pub(super) struct Circumstances<'a> {
    pub(super) stack_name: &'a str,
    pub(super) now: Timestamp,
    pub(super) pace: &'a Pace,
    pub(super) faults: &'a Faults,
    /// The id of another stack that owns a resource of this type and name.
    pub(super) owner: &'a dyn Fn(&str, &str) -> Option<String>,
}

/// Steps, and the time that the next one happens at.
pub(super) struct Timeline<'a> {
    circumstances: &'a Circumstances<'a>,
    at: Timestamp,
    steps: VecDeque<(Timestamp, Step)>,
}

/// What came of the work on one resource.
enum Work {
    Done,
    Failed,
    Hangs,
}

/// The statuses of one kind of work.
struct Verb {
    begins: ResourceStatus,
    ends: ResourceStatus,
    fails: ResourceStatus,
}

const CREATE: Verb = Verb {
    begins: ResourceStatus::CreateInProgress,
    ends: ResourceStatus::CreateComplete,
    fails: ResourceStatus::CreateFailed,
};

const UPDATE: Verb = Verb {
    begins: ResourceStatus::UpdateInProgress,
    ends: ResourceStatus::UpdateComplete,
    fails: ResourceStatus::UpdateFailed,
};

impl<'a> Timeline<'a> {
    fn new(circumstances: &'a Circumstances<'a>) -> Self {
        Self { circumstances, at: circumstances.now, steps: VecDeque::new() }
    }

    /// A stack is created, which begins now.
    pub(super) fn creation(
        circumstances: &'a Circumstances<'a>,
        deployment: &Deployment,
        on_failure: OnFailure,
    ) -> VecDeque<(Timestamp, Step)> {
        let mut timeline = Self::new(circumstances);
        timeline.stack(StackStatus::CreateInProgress, Some("User Initiated".to_owned()));
        for (done, resource) in deployment.resources.iter().enumerate() {
            match timeline.work(resource, &CREATE, None) {
                Work::Done => {}
                Work::Hangs => return timeline.steps,
                Work::Failed => {
                    timeline.creation_failed(resource, deployment.resources.iter().take(done), on_failure);
                    return timeline.steps;
                }
            }
        }
        timeline.settle(Settlement::Adopted);
        timeline.stack(StackStatus::CreateComplete, None);
        timeline.steps
    }

    /// A stack becomes `new`, which begins now.
    pub(super) fn update(
        circumstances: &'a Circumstances<'a>,
        old: &Deployment,
        new: &Deployment,
        changes: &[PlannedChange],
    ) -> VecDeque<(Timestamp, Step)> {
        let mut timeline = Self::new(circumstances);
        timeline.stack(StackStatus::UpdateInProgress, Some("User Initiated".to_owned()));
        let mut done = Vec::new();
        for PlannedChange { change, .. } in changes {
            let Some(resource) = new.resource(&change.logical_resource_id) else { continue };
            let replaces = change.policy_action.is_some();
            let work = match change.action {
                ChangeAction::Add => timeline.work(resource, &CREATE, None),
                _ if replaces => timeline.work(resource, &UPDATE, Some(REPLACES)),
                _ => timeline.work(resource, &UPDATE, None),
            };
            match work {
                Work::Done => done.push((change.action, resource)),
                Work::Hangs => return timeline.steps,
                Work::Failed => {
                    timeline.update_failed(resource, change.action, &done, old);
                    return timeline.steps;
                }
            }
        }
        timeline.settle(Settlement::Adopted);
        timeline.stack(StackStatus::UpdateCompleteCleanupInProgress, None);
        timeline.wait_for_cleanup();
        for PlannedChange { change, .. } in changes {
            let Some(resource) = old.resource(&change.logical_resource_id) else { continue };
            match change.policy_action {
                Some(
                    PolicyAction::Delete
                    | PolicyAction::Snapshot
                    | PolicyAction::ReplaceAndDelete
                    | PolicyAction::ReplaceAndSnapshot,
                ) => timeline.delete(resource),
                Some(PolicyAction::Retain | PolicyAction::ReplaceAndRetain) => timeline.skip(resource),
                None => {}
            }
        }
        timeline.stack(StackStatus::UpdateComplete, None);
        timeline.steps
    }

    /// A stack is deleted, which begins now.
    pub(super) fn deletion(
        circumstances: &'a Circumstances<'a>,
        deployment: Option<&Deployment>,
    ) -> VecDeque<(Timestamp, Step)> {
        let mut timeline = Self::new(circumstances);
        timeline.stack(StackStatus::DeleteInProgress, Some("User Initiated".to_owned()));
        for resource in deployment.iter().flat_map(|deployment| deployment.resources.iter().rev()) {
            match resource.deletion_policy {
                Policy::Retain => timeline.skip(resource),
                Policy::Delete | Policy::Snapshot => timeline.delete(resource),
            }
        }
        timeline.settle(Settlement::Abandoned);
        timeline.stack(StackStatus::DeleteComplete, None);
        timeline.steps
    }

    fn creation_failed<'r>(
        &mut self,
        failed: &Resource,
        done: impl DoubleEndedIterator<Item = &'r Resource>,
        on_failure: OnFailure,
    ) {
        let reason = format!("The following resource(s) failed to create: [{}].", failed.logical_id);
        let (begins, ends) = match on_failure {
            OnFailure::DoNothing => {
                self.settle(Settlement::Abandoned);
                self.stack(StackStatus::CreateFailed, Some(reason));
                return;
            }
            OnFailure::Rollback => {
                self.stack(StackStatus::RollbackInProgress, Some(format!("{reason} Rollback requested by user.")));
                (self.at, StackStatus::RollbackComplete)
            }
            OnFailure::Delete => {
                self.stack(StackStatus::DeleteInProgress, Some(format!("{reason} Delete requested by user.")));
                (self.at, StackStatus::DeleteComplete)
            }
        };
        done.rev().for_each(|resource| self.delete(resource));
        if self.at == begins {
            self.wait_for_cleanup();
        }
        self.settle(Settlement::Abandoned);
        self.stack(ends, None);
    }

    fn update_failed(
        &mut self,
        failed: &Resource,
        action: ChangeAction,
        done: &[(ChangeAction, &Resource)],
        old: &Deployment,
    ) {
        let what = if action == ChangeAction::Add { "create" } else { "update" };
        let reason = format!("The following resource(s) failed to {what}: [{}].", failed.logical_id);
        self.stack(StackStatus::UpdateRollbackInProgress, Some(reason));
        let undone = done.iter().rev().filter(|(action, _)| *action != ChangeAction::Add);
        for (_, resource) in undone {
            if let Some(before) = old.resource(&resource.logical_id) {
                self.resource(before, ResourceStatus::UpdateInProgress, None);
                self.wait_for_resource();
                self.resource(before, ResourceStatus::UpdateComplete, None);
            }
        }
        self.stack(StackStatus::UpdateRollbackCompleteCleanupInProgress, None);
        self.wait_for_cleanup();
        for (_, resource) in done.iter().filter(|(action, _)| *action == ChangeAction::Add) {
            self.delete(resource);
        }
        self.settle(Settlement::Abandoned);
        self.stack(StackStatus::UpdateRollbackComplete, None);
    }

    fn work(&mut self, resource: &Resource, verb: &Verb, reason: Option<&str>) -> Work {
        self.resource(resource, verb.begins, reason.map(str::to_owned));
        match self.fault(resource) {
            Some(ResourceFault::Hang) => Work::Hangs,
            Some(ResourceFault::Fail(reason)) => {
                self.wait_for_resource();
                self.resource(resource, verb.fails, Some(reason));
                Work::Failed
            }
            None => {
                self.wait_for_resource();
                self.resource(resource, verb.ends, None);
                Work::Done
            }
        }
    }

    /// What goes wrong with a resource: it was asked for, another stack owns its name, or a nested one's does.
    fn fault(&self, resource: &Resource) -> Option<ResourceFault> {
        let taken = || {
            let name = resource.physical_name()?;
            let owner = (self.circumstances.owner)(&resource.resource_type, name)?;
            Some(ResourceFault::Fail(format!("{name} already exists in stack {owner}")))
        };
        let nested = || {
            let nested = resource.nested.as_ref()?;
            nested.resources.iter().find_map(|part| match self.fault(part)? {
                ResourceFault::Hang => Some(ResourceFault::Hang),
                ResourceFault::Fail(_) => Some(ResourceFault::Fail(format!(
                    "Embedded stack was not successfully created: \
                     The following resource(s) failed to create: [{}].",
                    part.logical_id
                ))),
            })
        };
        self.circumstances.faults.of_resource(&resource.logical_id).or_else(taken).or_else(nested)
    }

    fn delete(&mut self, resource: &Resource) {
        self.resource(resource, ResourceStatus::DeleteInProgress, None);
        self.wait_for_resource();
        self.resource(resource, ResourceStatus::DeleteComplete, None);
    }

    fn skip(&mut self, resource: &Resource) {
        self.resource(resource, ResourceStatus::DeleteSkipped, None);
    }

    fn stack(&mut self, status: StackStatus, reason: Option<String>) {
        self.steps.push_back((self.at, Step::Stack(status, reason)));
    }

    fn resource(&mut self, resource: &Resource, status: ResourceStatus, reason: Option<String>) {
        let named = resource.physical_name().map(str::to_owned);
        let step = Step::Resource {
            logical_id: resource.logical_id.clone(),
            physical_id: named.unwrap_or_else(|| format!("{}-{}", self.circumstances.stack_name, resource.logical_id)),
            resource_type: resource.resource_type.clone(),
            status,
            reason,
        };
        self.steps.push_back((self.at, step));
    }

    fn settle(&mut self, settlement: Settlement) {
        self.steps.push_back((self.at, Step::Settle(settlement)));
    }

    fn wait_for_resource(&mut self) {
        self.at = self.at.saturating_add(self.circumstances.pace.resource);
    }

    fn wait_for_cleanup(&mut self) {
        self.at = self.at.saturating_add(self.circumstances.pace.cleanup);
    }
}

const REPLACES: &str = "Requested update requires the creation of a new physical resource; hence creating one.";
