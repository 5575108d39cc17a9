//! What the engine tells about machines, executions and activities, in the API's words.

use std::sync::Arc;

use asl_core::{Failure, Timestamp, Value};

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
    /// The execution's name.
    pub name: Arc<str>,
    /// Whether it runs, or how it ended.
    pub status: ExecutionStatus,
    /// When it was started.
    pub start_date: Timestamp,
    /// When it ended, if it did.
    pub stop_date: Option<Timestamp>,
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
