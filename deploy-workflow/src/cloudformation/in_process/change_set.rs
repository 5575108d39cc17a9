//! A change set: what it would change, and what has become of it.

use asl_core::Timestamp;

use super::deployment::Deployment;
use super::diff::PlannedChange;
use crate::cloudformation::api::{Capability, Change, ChangeSetSummary, DescribeChangeSetOutput, RequestId};
use crate::cloudformation::status::{ChangeSetStatus, ExecutionStatus};

/// A change set that was not deleted.
#[derive(Debug)]
pub(super) struct ChangeSetRecord {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) stack_id: String,
    pub(super) stack_name: String,
    pub(super) client_token: Option<String>,
    pub(super) capabilities: Vec<Capability>,
    pub(super) created_at: Timestamp,
    pub(super) pending_until: Timestamp,
    pub(super) made_at: Timestamp,
    /// What executing it would make of the stack.
    pub(super) deployment: Deployment,
    pub(super) planned: Vec<PlannedChange>,
    /// The same as they are shown, nested change sets linked.
    pub(super) changes: Vec<Change>,
    /// Why it can only fail.
    pub(super) failure: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) root_id: Option<String>,
    pub(super) execution: Execution,
    /// Whether its name still finds it: once the stack was updated only the ARN does.
    pub(super) has_name: bool,
}

/// What has become of a change set that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Execution {
    NotStarted,
    InProgress,
    Complete,
    Failed,
    /// Another change set of the stack was executed.
    Obsolete,
}

impl ChangeSetRecord {
    pub(super) fn status(&self, now: Timestamp) -> ChangeSetStatus {
        match &self.failure {
            _ if now < self.pending_until => ChangeSetStatus::CreatePending,
            _ if now < self.made_at => ChangeSetStatus::CreateInProgress,
            Some(_) => ChangeSetStatus::Failed,
            None => ChangeSetStatus::CreateComplete,
        }
    }

    pub(super) fn execution_status(&self, now: Timestamp) -> ExecutionStatus {
        match (self.status(now), self.execution) {
            (_, Execution::Obsolete) => ExecutionStatus::Obsolete,
            (ChangeSetStatus::CreateComplete, Execution::NotStarted) => ExecutionStatus::Available,
            (ChangeSetStatus::CreateComplete, Execution::InProgress) => ExecutionStatus::ExecuteInProgress,
            (ChangeSetStatus::CreateComplete, Execution::Complete) => ExecutionStatus::ExecuteComplete,
            (ChangeSetStatus::CreateComplete, Execution::Failed) => ExecutionStatus::ExecuteFailed,
            _ => ExecutionStatus::Unavailable,
        }
    }

    pub(super) fn summary(&self, now: Timestamp) -> ChangeSetSummary {
        ChangeSetSummary {
            change_set_id: self.id.clone(),
            change_set_name: self.name.clone(),
            status: self.status(now),
            execution_status: self.execution_status(now),
        }
    }

    /// The page of `size` changes that begins with the change at `offset`; there are none before it is made.
    pub(super) fn describe(
        &self,
        now: Timestamp,
        (offset, size): (usize, usize),
        request_id: RequestId,
    ) -> DescribeChangeSetOutput {
        let status = self.status(now);
        let is_made = status == ChangeSetStatus::CreateComplete;
        let shown = if is_made { self.changes.as_slice() } else { &[] };
        let end = offset.saturating_add(size);
        DescribeChangeSetOutput {
            change_set_id: self.id.clone(),
            change_set_name: self.name.clone(),
            stack_id: self.stack_id.clone(),
            stack_name: self.stack_name.clone(),
            creation_time: self.created_at,
            status,
            status_reason: self.failure.clone().filter(|_| status == ChangeSetStatus::Failed),
            execution_status: self.execution_status(now),
            parent_change_set_id: self.parent_id.clone(),
            root_change_set_id: self.root_id.clone(),
            changes: shown.iter().skip(offset).take(size).cloned().collect(),
            next_token: (end < shown.len()).then(|| end.to_string()),
            request_id,
        }
    }
}
