//! What goes into an execution and what comes out: events, outputs, commands and the outcome.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::NotRedrivable;
use super::start_map_run::{MapRunId, StartMapRun};
use crate::failure::Failure;
use crate::history::{EventId, HistoryEvent};
use crate::program::Resource;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// Identifies one attempt of one Task within its execution: the number of its `…Scheduled` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub(super) EventId);

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What the driver tells an execution.
///
/// Exhaustive on purpose: who journals events must handle every one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// An activity's worker took the Task up. Other Tasks start when they are scheduled.
    TaskStarted {
        /// The Task.
        task: TaskId,
        /// The name that the worker gave itself.
        worker_name: Option<Arc<str>>,
    },
    /// A `.sync` job was started, or a `.waitForTaskToken` call answered: the Task goes on, this is not its result.
    TaskSubmitted {
        /// The Task.
        task: TaskId,
        /// What the call returned.
        output: Value,
    },
    /// The Task is done.
    TaskSucceeded {
        /// The Task.
        task: TaskId,
        /// Its result.
        output: Value,
    },
    /// The Task failed.
    TaskFailed {
        /// The Task.
        task: TaskId,
        /// How.
        failure: Failure,
    },
    /// The Task is alive: its heartbeat starts anew.
    TaskHeartbeat {
        /// The Task.
        task: TaskId,
    },
    /// The Map Run is done.
    MapRunSucceeded {
        /// The Map Run.
        map_run: MapRunId,
        /// The state's result.
        output: Value,
    },
    /// The Map Run failed.
    MapRunFailed {
        /// The Map Run.
        map_run: MapRunId,
        /// How.
        failure: Failure,
    },
    /// Somebody wants the execution, which ended without success, to go on where it was interrupted.
    Redriven,
    /// The same, of somebody who may ask twice and says by a token that it is once.
    RedrivenOnce {
        /// The `clientToken` of `RedriveExecution`.
        client_token: Arc<str>,
    },
    /// Somebody stopped the execution.
    Stopped {
        /// The `error` and `cause` of `StopExecution`.
        failure: Failure,
    },
}

/// What an execution has to say, in order.
///
/// Exhaustive on purpose: a new kind of output must break every driver at compile time.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// An event for the history.
    History(HistoryEvent),
    /// Something for the driver to do.
    Command(Command),
}

/// What an execution asks of its driver.
///
/// Exhaustive on purpose: a new command must break every driver at compile time.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Run a Task, and answer with [`Event::TaskSucceeded`] or [`Event::TaskFailed`].
    ScheduleTask(Arc<ScheduleTask>),
    /// Nobody waits for the Task any more: it timed out, or what it belongs to ended.
    CancelTask(TaskId),
    /// Run a Map Run, or [redrive](StartMapRun::redrive_count) the one of that ARN, and answer with
    /// [`Event::MapRunSucceeded`] or [`Event::MapRunFailed`].
    StartMapRun(Box<StartMapRun>),
    /// Nobody waits for the Map Run any more: its children are to be stopped.
    CancelMapRun(MapRunId),
    /// The execution ended; there will be no more outputs.
    Finish(Outcome),
}

/// A Task to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduleTask {
    /// What to answer to.
    pub task: TaskId,
    /// The Task state's name.
    pub state_name: Arc<str>,
    /// What to call.
    pub resource: Resource,
    /// What to call it with.
    pub parameters: Value,
    /// The evaluated `Credentials`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Value>,
    /// How often this Task was retried before: 0 at first.
    pub retry_count: u32,
    /// How many Tasks this state scheduled before in this execution, iterations and further entries included: 0 at first.
    pub invocation: u64,
    /// The same for every delivery of this attempt, different for every other attempt of any execution.
    pub idempotency_key: IdempotencyKey,
    /// Whom an outside worker answers to, if the Task waits for a token or is an activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_token: Option<Arc<str>>,
    /// When the Task times out.
    pub deadline: Timestamp,
    /// How long the Task may stay silent, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_seconds: Option<u64>,
}

/// What tells an attempt of a Task from all others, of any execution; it is written as the text that it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct IdempotencyKey {
    /// What tells the execution from all others.
    pub(super) execution: Arc<str>,
    pub(super) task: TaskId,
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.execution, self.task)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parts = text.rsplit_once('/').and_then(|(execution, task)| Some((execution, task.parse().ok()?)));
        let (execution, task) = parts.ok_or("an idempotency key ends in `/` and the number of a Task")?;
        Ok(Self { execution: execution.into(), task: TaskId(EventId(task)) })
    }
}

/// How an execution ended.
///
/// Exhaustive on purpose: these are the four ways in which the language lets an execution end, and whoever records one
/// must know all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// `SUCCEEDED`, with the output.
    Succeeded(Value),
    /// `FAILED`.
    Failed(Failure),
    /// `TIMED_OUT`.
    TimedOut(Failure),
    /// `ABORTED`.
    Aborted(Failure),
}

impl Outcome {
    /// The status as AWS names it: `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
            Self::TimedOut(_) => "TIMED_OUT",
            Self::Aborted(_) => "ABORTED",
        }
    }

    /// The output, if the execution succeeded.
    pub fn output(&self) -> Option<&Value> {
        match self {
            Self::Succeeded(output) => Some(output),
            _ => None,
        }
    }

    /// The failure, if the execution did not succeed.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Succeeded(_) => None,
            Self::Failed(failure) | Self::TimedOut(failure) | Self::Aborted(failure) => Some(failure),
        }
    }
}

/// An event that an execution refuses; nothing follows from it, but what was due before it has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// No such Task is out: it was answered, timed out or cancelled before.
    TaskDoesNotExist,
    /// No such Map Run is out: it was answered or cancelled before.
    MapRunDoesNotExist,
    /// The execution ended before.
    ExecutionEnded,
    /// The execution cannot be redriven.
    NotRedrivable(NotRedrivable),
    /// The execution was redriven with this client token at this time.
    AlreadyRedriven(Timestamp),
}

impl From<NotRedrivable> for Rejected {
    fn from(reason: NotRedrivable) -> Self {
        Self::NotRedrivable(reason)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TaskDoesNotExist => formatter.write_str("the task was answered, timed out or cancelled before"),
            Self::MapRunDoesNotExist => formatter.write_str("the map run was answered or cancelled before"),
            Self::ExecutionEnded => formatter.write_str("the execution ended before"),
            Self::NotRedrivable(reason) => reason.fmt(formatter),
            Self::AlreadyRedriven(at) => write!(formatter, "the execution was redriven with this token at {at}"),
        }
    }
}

impl std::error::Error for Rejected {}
