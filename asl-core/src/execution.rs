//! The execution of a [`Program`]: a state machine without I/O, clock or randomness of its own.
//!
//! The driver starts it, hands it [`Event`]s with the current time, and carries out the [`Command`]s it polls.
//! The same events at the same times always give the same history.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::history::{EventId, HistoryEvent};
use crate::program::{Program, Resource};
use crate::timestamp::Timestamp;
use crate::value::Value;

/// What an execution is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// The execution's ARN or other unique id: `$$.Execution.Id`.
    pub id: Arc<str>,
    /// The execution's name: `$$.Execution.Name`.
    pub name: Arc<str>,
    /// `$$.StateMachine.Id`.
    pub state_machine_id: Arc<str>,
    /// `$$.StateMachine.Name`.
    pub state_machine_name: Arc<str>,
    /// `$$.Execution.RoleArn`.
    pub role_arn: Arc<str>,
    /// The region that histories name.
    pub region: Arc<str>,
    /// The input, `$$.Execution.Input`.
    pub input: Value,
    /// What random numbers, UUIDs, jitter and task tokens are drawn from.
    pub seed: u64,
    /// The bounds of this execution.
    pub limits: Limits,
}

impl Start {
    /// A start with `input`, and names as a local run has them.
    pub fn new(name: impl Into<Arc<str>>, input: impl Into<Value>) -> Self {
        let name = name.into();
        Self {
            id: format!("arn:aws:states:us-east-1:000000000000:execution:StateMachine:{name}").into(),
            name,
            state_machine_id: "arn:aws:states:us-east-1:000000000000:stateMachine:StateMachine".into(),
            state_machine_name: "StateMachine".into(),
            role_arn: "arn:aws:iam::000000000000:role/StateMachine".into(),
            region: "us-east-1".into(),
            input: input.into(),
            seed: 0,
            limits: Limits::default(),
        }
    }
}

/// The bounds of an execution; the defaults are those of AWS's Standard workflows.
///
/// See [quotas](https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// The largest input, output or result, in bytes of JSON text: 262,144.
    pub payload_bytes: usize,
    /// The deepest nesting of a payload: 1,000.
    pub payload_depth: usize,
    /// The longest history, in events: 25,000.
    pub history_events: u64,
    /// How long an execution may last, in seconds: a year.
    pub execution_seconds: u64,
    /// How many iterations of an inline Map run at once when `MaxConcurrency` is 0: 40.
    pub map_concurrency: usize,
    /// The largest variable, and all variables of one `Assign` together, in bytes: 262,144.
    pub assign_bytes: usize,
    /// All variables of an execution together, in bytes: 10 MiB.
    pub variables_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 262_144,
            payload_depth: 1_000,
            history_events: 25_000,
            execution_seconds: 31_536_000,
            map_concurrency: 40,
            assign_bytes: 262_144,
            variables_bytes: 10 * 1024 * 1024,
        }
    }
}

/// Identifies one attempt of one Task within its execution: the number of its `…Scheduled` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(EventId);

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
    /// Somebody stopped the execution.
    Stopped {
        /// The `error` and `cause` of StopExecution.
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
    ScheduleTask(ScheduleTask),
    /// Nobody waits for the Task any more: it timed out, or what it belongs to ended.
    CancelTask(TaskId),
    /// The execution ended; there will be no more outputs.
    Finish(Outcome),
}

/// A Task to run.
#[derive(Debug, Clone, PartialEq)]
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
    pub credentials: Option<Value>,
    /// How often this Task was retried before: 0 at first.
    pub retry_count: u32,
    /// The same for every delivery of this attempt, different for every other attempt of any execution.
    pub idempotency_key: Arc<str>,
    /// Whom an outside worker answers to, if the Task waits for a token or is an activity.
    pub task_token: Option<Arc<str>>,
    /// When the Task times out.
    pub deadline: Timestamp,
    /// How long the Task may stay silent, in seconds.
    pub heartbeat_seconds: Option<u64>,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// SUCCEEDED, with the output.
    Succeeded(Value),
    /// FAILED.
    Failed(Failure),
    /// TIMED_OUT.
    TimedOut(Failure),
    /// ABORTED.
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

/// An event that an execution refuses, changing nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// No such Task is out: it was answered, timed out or cancelled before.
    TaskDoesNotExist,
    /// The execution ended before.
    ExecutionEnded,
}

impl fmt::Display for Rejected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TaskDoesNotExist => "the task was answered, timed out or cancelled before",
            Self::ExecutionEnded => "the execution ended before",
        })
    }
}

impl std::error::Error for Rejected {}

/// A running or ended execution of a [`Program`].
#[derive(Debug)]
pub struct Execution {
    program: Program,
}

impl Execution {
    /// Starts `program` at `now`; it runs until it waits for something.
    pub fn start(program: Program, start: Start, now: Timestamp) -> Self {
        let _ = (start, now);
        Self { program }
    }

    /// Takes `event` in and runs on until everything waits again.
    ///
    /// # Errors
    ///
    /// When the event concerns a Task that is not out any more, or the execution has ended; nothing changes then.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Result<(), Rejected> {
        let _ = (now, event);
        Err(Rejected::ExecutionEnded)
    }

    /// The earliest time at which something times out or has waited long enough.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    /// Lets everything that is due by `now` happen; does nothing if nothing is.
    pub fn handle_deadline(&mut self, now: Timestamp) {
        let _ = now;
    }

    /// The next thing that the execution has to say.
    pub fn poll(&mut self) -> Option<Output> {
        None
    }

    /// How the execution ended, if it did.
    pub fn outcome(&self) -> Option<&Outcome> {
        None
    }

    /// The program that this executes.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What remains to be known to go on later, elsewhere.
    ///
    /// # Errors
    ///
    /// When there are outputs that nobody polled yet: they would be lost.
    pub fn snapshot(&self) -> Result<Snapshot, OutputsPending> {
        Err(OutputsPending)
    }

    /// Goes on from a snapshot.
    ///
    /// # Errors
    ///
    /// When the snapshot was taken with another program, or by a newer version of this library.
    pub fn restore(program: Program, snapshot: Snapshot) -> Result<Self, InvalidSnapshot> {
        let _ = snapshot;
        Ok(Self { program })
    }
}

/// An execution at rest; its serialised form is versioned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    version: u32,
}

/// A snapshot was asked for while outputs waited to be polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputsPending;

impl fmt::Display for OutputsPending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("poll every output before taking a snapshot")
    }
}

impl std::error::Error for OutputsPending {}

/// A snapshot that cannot be restored here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSnapshot {
    /// It was written by another version of this library.
    Version(u32),
    /// It was taken with another program.
    Program,
}

impl fmt::Display for InvalidSnapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(formatter, "the snapshot has version {version}, which is not known here"),
            Self::Program => formatter.write_str("the snapshot was taken with another program"),
        }
    }
}

impl std::error::Error for InvalidSnapshot {}
