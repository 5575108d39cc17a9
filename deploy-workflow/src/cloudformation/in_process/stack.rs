//! A stack: what it is now, and what is still to happen to it.

use std::collections::VecDeque;

use asl_core::Timestamp;

use super::deployment::Deployment;
use crate::cloudformation::api::{Capability, Parameter, Stack, StackEvent};
use crate::cloudformation::status::{ResourceStatus, StackStatus};

/// A stack, deleted or not.
#[derive(Debug)]
pub(super) struct StackRecord {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: StackStatus,
    pub(super) status_reason: Option<String>,
    pub(super) capabilities: Vec<Capability>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) deleted_at: Option<Timestamp>,
    /// The change set that last changed it.
    pub(super) change_set_id: Option<String>,
    /// What it consists of.
    pub(super) deployed: Option<Deployment>,
    /// What it is being made into.
    pub(super) pending: Option<Deployment>,
    /// In the order in which they happened.
    pub(super) events: Vec<StackEvent>,
    pub(super) timeline: VecDeque<(Timestamp, Step)>,
}

/// Something that happens to a stack.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// The stack's status changes.
    Stack(StackStatus, Option<String>),
    /// The status of one of its resources changes.
    Resource {
        logical_id: String,
        physical_id: String,
        resource_type: String,
        status: ResourceStatus,
        reason: Option<String>,
    },
    /// What was pending is now what the stack consists of, or is given up.
    Settle(Settlement),
}

/// What becomes of the pending deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settlement {
    Adopted,
    Abandoned,
}

impl StackRecord {
    pub(super) fn new(id: String, name: String, now: Timestamp) -> Self {
        Self {
            id,
            name,
            status: StackStatus::ReviewInProgress,
            status_reason: None,
            capabilities: Vec::new(),
            created_at: now,
            updated_at: None,
            deleted_at: None,
            change_set_id: None,
            deployed: None,
            pending: None,
            events: Vec::new(),
            timeline: VecDeque::new(),
        }
    }

    /// Whether the stack has not been deleted, and so holds its name.
    pub(super) fn is_living(&self) -> bool {
        self.status != StackStatus::DeleteComplete
    }

    /// Lets everything happen that is due by `now`, and returns what became of the pending deployment meanwhile.
    pub(super) fn advance_to(&mut self, now: Timestamp) -> Vec<Settlement> {
        let mut settlements = Vec::new();
        while self.timeline.front().is_some_and(|(at, _)| *at <= now) {
            let Some((at, step)) = self.timeline.pop_front() else { break };
            settlements.extend(self.take(at, step));
        }
        settlements
    }

    fn take(&mut self, at: Timestamp, step: Step) -> Option<Settlement> {
        match step {
            Step::Stack(status, reason) => {
                self.status = status;
                self.status_reason.clone_from(&reason);
                match status {
                    StackStatus::UpdateInProgress => self.updated_at = Some(at),
                    StackStatus::DeleteComplete => {
                        self.deleted_at = Some(at);
                        self.deployed = None;
                    }
                    _ => {}
                }
                self.events.push(StackEvent {
                    timestamp: at,
                    logical_resource_id: self.name.clone(),
                    physical_resource_id: self.id.clone(),
                    resource_type: "AWS::CloudFormation::Stack".to_owned(),
                    resource_status: status.as_str().to_owned(),
                    resource_status_reason: reason,
                });
                None
            }
            Step::Resource { logical_id, physical_id, resource_type, status, reason } => {
                self.events.push(StackEvent {
                    timestamp: at,
                    logical_resource_id: logical_id,
                    physical_resource_id: physical_id,
                    resource_type,
                    resource_status: status.as_str().to_owned(),
                    resource_status_reason: reason,
                });
                None
            }
            Step::Settle(settlement) => {
                let pending = self.pending.take();
                if settlement == Settlement::Adopted {
                    self.deployed = pending;
                }
                Some(settlement)
            }
        }
    }

    /// The stack that owns the resource of this type and name, this one, now or soon.
    pub(super) fn owns(&self, resource_type: &str, name: &str) -> bool {
        let deployments = self.deployed.iter().chain(&self.pending);
        deployments.flat_map(Deployment::physical_names).any(|owned| owned == (resource_type, name))
    }

    pub(super) fn describe(&self) -> Stack {
        let deployment = self.deployed.as_ref().or(self.pending.as_ref());
        let parameters = deployment.iter().flat_map(|deployment| &deployment.parameters);
        Stack {
            stack_id: self.id.clone(),
            stack_name: self.name.clone(),
            change_set_id: self.change_set_id.clone(),
            stack_status: self.status,
            stack_status_reason: self.status_reason.clone(),
            parameters: parameters.map(|(key, value)| Parameter::new(key, value)).collect(),
            capabilities: self.capabilities.clone(),
            creation_time: self.created_at,
            last_updated_time: self.updated_at,
            deletion_time: self.deleted_at,
        }
    }
}
