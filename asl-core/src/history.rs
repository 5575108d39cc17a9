//! The history of an execution, event by event as AWS's `GetExecutionHistory` returns it.
//!
//! See [HistoryEvent](https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html).

mod aws_form;
mod text;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::program::Resource;
use crate::timestamp::Timestamp;
use crate::value::{Object, Value};

pub use self::text::{Elapsed, render};

/// The number of an event in its execution's history: 1 for the first, 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub(crate) u64);

impl EventId {
    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One event of a history.
///
/// Payloads are shared with the execution and only become text when the event is serialised,
/// which gives exactly the JSON that `GetExecutionHistory` returns.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEvent {
    /// The event's number, rising by one from 1.
    pub id: EventId,
    /// The event that led to this one, along its branch or iteration; 0 at the start.
    pub previous_event_id: EventId,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What happened.
    pub details: EventDetails,
}

/// What happened, with the details that AWS records.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the variants and their fields carry AWS's names and meaning")]
pub enum EventDetails {
    ExecutionStarted {
        input: Value,
        role_arn: Arc<str>,
    },
    ExecutionSucceeded {
        output: Value,
    },
    ExecutionFailed {
        failure: Failure,
    },
    ExecutionRedriven {
        /// How often it was redriven by now.
        count: u32,
    },
    ExecutionAborted {
        failure: Failure,
    },
    ExecutionTimedOut {
        failure: Failure,
    },
    /// `PassStateEntered`, `TaskStateEntered`, …
    StateEntered {
        state_type: StateType,
        name: Arc<str>,
        input: Value,
    },
    /// `PassStateExited`, `TaskStateExited`, …
    StateExited {
        state_type: StateType,
        name: Arc<str>,
        output: Value,
        assigned_variables: Option<Object>,
    },
    /// `TaskStateAborted`, `WaitStateAborted`, `ParallelStateAborted` or `MapStateAborted`.
    StateAborted {
        state_type: StateType,
    },
    LambdaFunctionScheduled(Box<LambdaFunctionScheduled>),
    LambdaFunctionStarted,
    LambdaFunctionSucceeded {
        output: Value,
    },
    LambdaFunctionFailed {
        failure: Failure,
    },
    LambdaFunctionTimedOut {
        failure: Failure,
    },
    ActivityScheduled(Box<ActivityScheduled>),
    ActivityStarted {
        worker_name: Option<Arc<str>>,
    },
    ActivitySucceeded {
        output: Value,
    },
    ActivityFailed {
        failure: Failure,
    },
    ActivityTimedOut {
        failure: Failure,
    },
    TaskScheduled(Box<TaskScheduled>),
    TaskStarted {
        resource: Resource,
    },
    TaskSubmitted {
        resource: Resource,
        output: Value,
    },
    TaskSucceeded {
        resource: Resource,
        output: Value,
    },
    TaskFailed {
        resource: Resource,
        failure: Failure,
    },
    TaskTimedOut {
        resource: Resource,
        failure: Failure,
    },
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    MapStateStarted {
        length: usize,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapRunStarted {
        map_run_arn: Arc<str>,
    },
    MapRunRedriven {
        map_run_arn: Arc<str>,
        /// How often the Map Run was redriven by now.
        count: u32,
    },
    MapRunSucceeded,
    MapRunFailed {
        failure: Failure,
    },
    MapRunAborted,
    MapIterationStarted {
        name: Arc<str>,
        index: usize,
    },
    MapIterationSucceeded {
        name: Arc<str>,
        index: usize,
    },
    MapIterationFailed {
        name: Arc<str>,
        index: usize,
    },
    MapIterationAborted {
        name: Arc<str>,
        index: usize,
    },
    EvaluationFailed {
        failure: Failure,
        state: Arc<str>,
        location: Option<Arc<str>>,
    },
}

/// The details of `LambdaFunctionScheduled`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields carry AWS's names and meaning")]
pub struct LambdaFunctionScheduled {
    pub resource: Resource,
    pub input: Value,
    pub timeout_in_seconds: Option<u64>,
    pub task_credentials: Option<Value>,
}

/// The details of `ActivityScheduled`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields carry AWS's names and meaning")]
pub struct ActivityScheduled {
    pub resource: Resource,
    pub input: Value,
    pub timeout_in_seconds: Option<u64>,
    pub heartbeat_in_seconds: Option<u64>,
}

/// The details of `TaskScheduled`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields carry AWS's names and meaning")]
pub struct TaskScheduled {
    pub resource: Resource,
    pub region: Arc<str>,
    pub parameters: Value,
    pub timeout_in_seconds: Option<u64>,
    pub heartbeat_in_seconds: Option<u64>,
    pub task_credentials: Option<Value>,
}

/// The type of a state, as `Type` names it.
///
/// Exhaustive on purpose: the language has these eight, and another one would be another language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are the language's own words")]
pub enum StateType {
    Task,
    Pass,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}

impl StateType {
    /// Every state type, in the order in which AWS lists them.
    pub const ALL: [Self; 8] =
        [Self::Task, Self::Wait, Self::Pass, Self::Succeed, Self::Fail, Self::Choice, Self::Parallel, Self::Map];

    /// The word in the definition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Pass => "Pass",
            Self::Choice => "Choice",
            Self::Wait => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
        }
    }
}

impl fmt::Display for StateType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
