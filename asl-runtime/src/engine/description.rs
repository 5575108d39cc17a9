//! What the engine tells about machines, executions and activities, in the API's words.

use std::sync::Arc;

use asl_core::{Failure, MachineType, Timestamp, Value};

use super::redrive::RedriveStatus;
use crate::status::ExecutionStatus;

/// A machine, as `ListStateMachines` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateMachineSummary {
    /// The machine's ARN.
    pub state_machine_arn: Arc<str>,
    /// The machine's name.
    pub name: Arc<str>,
    /// When it was created.
    pub creation_date: Timestamp,
}

/// A machine or a version of one, as `DescribeStateMachine` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateMachineDescription {
    /// The ARN of the machine or the version.
    pub state_machine_arn: Arc<str>,
    /// The machine's name.
    pub name: Arc<str>,
    /// The text of the definition.
    pub definition: Arc<str>,
    /// Standard or Express.
    pub machine_type: MachineType,
    /// When the machine was created, or the version published.
    pub creation_date: Timestamp,
    /// Which revision this is; nothing for the one that the machine was created with.
    pub revision_id: Option<Arc<str>>,
    /// What was said of the version.
    pub description: Option<Arc<str>>,
}

/// What `StartExecution` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartedExecution {
    /// The execution's ARN, by which everything else knows it.
    pub execution_arn: Arc<str>,
    /// When it was started.
    pub start_date: Timestamp,
}

/// An execution, as `DescribeExecution` shows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExecutionDescription {
    /// The execution's ARN.
    pub execution_arn: Arc<str>,
    /// The machine's ARN.
    pub state_machine_arn: Arc<str>,
    /// The ARN of the version that was started, if it was one.
    pub state_machine_version_arn: Option<Arc<str>>,
    /// The ARN of the alias that was started, if it was one.
    pub state_machine_alias_arn: Option<Arc<str>>,
    /// The execution's name.
    pub name: Arc<str>,
    /// Whether it runs, or how it ended.
    pub status: ExecutionStatus,
    /// When it was started.
    pub start_date: Timestamp,
    /// When it ended, if it did.
    pub stop_date: Option<Timestamp>,
    /// What it was started with.
    pub input: Value,
    /// How often it was redriven.
    pub redrive_count: u64,
    /// When it was redriven last, if it was.
    pub redrive_date: Option<Timestamp>,
    /// Whether it can be redriven.
    pub redrive_status: RedriveStatus,
    /// Its output, if it succeeded.
    pub output: Option<Value>,
    /// The error and cause, if it ended otherwise.
    pub failure: Option<Failure>,
}

/// An execution, as `ListExecutions` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionSummary {
    /// The execution's ARN.
    pub execution_arn: Arc<str>,
    /// The machine's ARN.
    pub state_machine_arn: Arc<str>,
    /// The ARN of the version that was started, by itself or by an alias, if one was.
    pub state_machine_version_arn: Option<Arc<str>>,
    /// The ARN of the alias that was started, if one was.
    pub state_machine_alias_arn: Option<Arc<str>>,
    /// The execution's name.
    pub name: Arc<str>,
    /// Whether it runs, or how it ended.
    pub status: ExecutionStatus,
    /// When it was started.
    pub start_date: Timestamp,
    /// When it ended, if it did.
    pub stop_date: Option<Timestamp>,
}

/// Which executions to list, as `ListExecutions` is asked.
///
/// # Examples
///
/// ```
/// use asl_runtime::engine::{ExecutionStatus, ListExecutions};
///
/// let failed = ListExecutions::of("arn:aws:states:us-east-1:000000000000:stateMachine:orders")
///     .status(ExecutionStatus::Failed)
///     .max_results(10);
/// # drop(failed);
/// ```
#[derive(Debug, Clone)]
#[must_use = "the engine must be asked"]
pub struct ListExecutions {
    pub(super) of: ExecutionsOf,
    pub(super) status: Option<ExecutionStatus>,
    pub(super) max_results: usize,
    pub(super) next_token: Option<Arc<str>>,
}

/// Whose executions to list.
#[derive(Debug, Clone)]
pub(super) enum ExecutionsOf {
    Machine(Arc<str>),
    MapRun(Arc<str>),
}

impl ListExecutions {
    /// The most executions of a page, as on AWS.
    const MOST: usize = 1_000;

    /// The executions of a machine; of a version or an alias, where the ARN is one's.
    pub fn of(state_machine_arn: impl Into<Arc<str>>) -> Self {
        Self::whose(ExecutionsOf::Machine(state_machine_arn.into()))
    }

    /// The children of a Map Run.
    pub fn of_map_run(map_run_arn: impl Into<Arc<str>>) -> Self {
        Self::whose(ExecutionsOf::MapRun(map_run_arn.into()))
    }

    fn whose(of: ExecutionsOf) -> Self {
        Self { of, status: None, max_results: 100, next_token: None }
    }

    /// Only those of a status.
    pub fn status(mut self, status: ExecutionStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// How many are listed at once: 100 by default, 1 to 1,000.
    pub fn max_results(mut self, executions: usize) -> Self {
        self.max_results = executions.clamp(1, Self::MOST);
        self
    }

    /// Those that come after a page.
    pub fn next_token(mut self, token: impl Into<Arc<str>>) -> Self {
        self.next_token = Some(token.into());
        self
    }
}

/// What `ListExecutions` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionPage {
    /// The executions, the newest first.
    pub executions: Vec<ExecutionSummary>,
    /// What to ask for the next page with, if there may be one.
    pub next_token: Option<Arc<str>>,
}

/// An activity, as `DescribeActivity` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActivityDescription {
    /// The activity's ARN.
    pub activity_arn: Arc<str>,
    /// The activity's name.
    pub name: Arc<str>,
    /// When it was created.
    pub creation_date: Timestamp,
}

/// What `GetActivityTask` answers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ActivityTask {
    /// What to answer the Task by.
    pub task_token: Arc<str>,
    /// What to work on.
    pub input: Value,
}
