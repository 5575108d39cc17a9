//! What a running execution waits for.

use std::fmt;
use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::{ScheduleTask, TaskId, TaskProgress, Waiting, WaitsFor};
use asl_core::program::{IntegrationPattern, Resource};

use super::Engine;
use super::hosted::HandlerStage;
use super::replay;
use crate::error::Error;
use crate::nested::is_nested;

/// What an execution waits for; prints as a line for every state.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WhyWaiting {
    /// Why the execution cannot go on at all, if it cannot: its journal could not be read or written,
    /// or Tasks have no handler. The engine tries again, and so does the next one.
    pub set_aside: Option<Error>,
    /// The states that wait, in the order in which their branches and iterations began; none if the execution ended.
    pub states: Vec<WaitingState>,
}

/// A state that waits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WaitingState {
    /// The state's name.
    pub state_name: Arc<str>,
    /// When it was entered.
    pub since: Timestamp,
    /// What it waits for.
    pub waits_for: WaitingFor,
}

/// What a state waits for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum WaitingFor {
    /// A time.
    Time {
        /// Which.
        until: Timestamp,
    },
    /// The next attempt after a failure.
    Retry {
        /// When it is made.
        until: Timestamp,
    },
    /// A Task.
    Task {
        /// What it calls.
        resource: Resource,
        /// How often it was retried before.
        retry_count: u32,
        /// When it times out.
        deadline: Timestamp,
        /// When it fails unless it sends a heartbeat, if it must.
        heartbeat_until: Option<Timestamp>,
        /// Whose turn it is.
        turn: Turn,
    },
    /// The branches of a Parallel, which are listed too.
    Branches {
        /// How many run.
        running: usize,
    },
    /// The Map Run of a Distributed Map.
    MapRun {
        /// Its ARN.
        map_run_arn: Arc<str>,
    },
    /// The iterations of a Map, which are listed too.
    Iterations {
        /// How many run.
        running: usize,
        /// How many have not begun.
        to_begin: usize,
    },
}

/// Who has to do something for a Task to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn {
    /// Its handler runs.
    Handler,
    /// Its handler may not run yet: as many run as are allowed.
    HandlerLimit,
    /// A worker of the activity, to take it up.
    Worker,
    /// Whoever was given its token.
    TokenHolder,
    /// The execution that it started, to end.
    Child,
    /// The engine that the execution belongs to.
    OtherEngine,
}

impl Engine {
    /// What a running execution waits for.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, and [`Error::Store`] when the store, or the journal in it, cannot be read.
    pub async fn why_waiting(&self, execution_arn: &str) -> Result<WhyWaiting, Error> {
        if let Some(reason) = self.0.set_aside(execution_arn) {
            return Ok(WhyWaiting { set_aside: Some(reason), states: Vec::new() });
        }
        let hosted = self.0.hosted(execution_arn);
        let known = hosted.as_ref().and_then(|execution| {
            execution.look(|driver, stage| driver.execution().waiting().map(|waiting| state(&waiting, stage)).collect())
        });
        let states = if let Some(states) = known {
            states
        } else {
            let journal = self.0.store.load(execution_arn).await?;
            let journal = journal.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.into()))?;
            let program = self.0.program(replay::fingerprint(&journal)?).await?;
            let driver = replay::replay(&program, journal)?.driver;
            driver.execution().waiting().map(|waiting| state(&waiting, &|_| None)).collect()
        };
        Ok(WhyWaiting { set_aside: None, states })
    }
}

fn state(waiting: &Waiting<'_>, stage: &dyn Fn(TaskId) -> Option<HandlerStage>) -> WaitingState {
    let waits_for = match waiting.waits_for {
        WaitsFor::Time { until } => WaitingFor::Time { until },
        WaitsFor::Retry { until } => WaitingFor::Retry { until },
        WaitsFor::Task { task, progress, heartbeat_until } => WaitingFor::Task {
            resource: task.resource.clone(),
            retry_count: task.retry_count,
            deadline: task.deadline,
            heartbeat_until,
            turn: turn(task, progress, stage(task.task)),
        },
        WaitsFor::MapRun { map_run } => WaitingFor::MapRun { map_run_arn: Arc::clone(&map_run.arn) },
        WaitsFor::Branches { running } => WaitingFor::Branches { running },
        WaitsFor::Iterations { running, to_begin } => WaitingFor::Iterations { running, to_begin },
    };
    WaitingState { state_name: waiting.state_name.into(), since: waiting.since, waits_for }
}

fn turn(task: &ScheduleTask, progress: TaskProgress, stage: Option<HandlerStage>) -> Turn {
    let is_activity = task.resource.activity_name().is_some();
    let waits_for_token = task.resource.pattern() == IntegrationPattern::WaitForTaskToken;
    match (stage, progress) {
        (_, TaskProgress::Submitted) if waits_for_token => Turn::TokenHolder,
        (Some(HandlerStage::Queued), _) => Turn::HandlerLimit,
        (Some(HandlerStage::Running), _) => Turn::Handler,
        (None, TaskProgress::Submitted) if is_nested(&task.resource) => Turn::Child,
        (None, TaskProgress::Started) => Turn::TokenHolder,
        (None, TaskProgress::Scheduled) if is_activity => Turn::Worker,
        (None, TaskProgress::Scheduled | TaskProgress::Submitted) => Turn::OtherEngine,
    }
}

impl fmt::Display for WhyWaiting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.set_aside {
            Some(reason) => writeln!(formatter, "the execution cannot go on: {reason}"),
            None if self.states.is_empty() => writeln!(formatter, "the execution waits for nothing"),
            None => self.states.iter().try_for_each(|state| writeln!(formatter, "{state}")),
        }
    }
}

impl fmt::Display for WaitingState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state_name, since, waits_for } = self;
        write!(formatter, "`{state_name}`, since {since}: {waits_for}")
    }
}

impl fmt::Display for WaitingFor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { until } => write!(formatter, "waits until {until}"),
            Self::Retry { until } => write!(formatter, "is tried again at {until}"),
            Self::Task { resource, retry_count, deadline, heartbeat_until, turn } => {
                write!(formatter, "waits for {turn} of `{resource}`")?;
                if *retry_count > 0 {
                    write!(formatter, ", retry {retry_count}")?;
                }
                write!(formatter, ", times out at {deadline}")?;
                heartbeat_until.map_or(Ok(()), |until| write!(formatter, ", needs a heartbeat by {until}"))
            }
            Self::MapRun { map_run_arn } => write!(formatter, "waits for the Map Run {map_run_arn}"),
            Self::Branches { running } => write!(formatter, "waits for {running} branches"),
            Self::Iterations { running, to_begin: 0 } => write!(formatter, "waits for {running} iterations"),
            Self::Iterations { running, to_begin } => {
                write!(formatter, "waits for {running} iterations, {to_begin} have not begun")
            }
        }
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Handler => "the handler",
            Self::HandlerLimit => "a free place for the handler",
            Self::Worker => "a worker",
            Self::TokenHolder => "the answer to the token",
            Self::Child => "the end of the execution",
            Self::OtherEngine => "another engine, which runs the handler",
        })
    }
}
