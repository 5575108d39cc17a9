//! What a simulation's handlers can reach while they run: the executions and their clock.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use asl_core::execution::{Event, Outcome, ScheduleTask, Start, TaskId};
use asl_core::history::HistoryEvent;
use asl_core::{Failure, Program, Timestamp};
use async_trait::async_trait;

use super::hosted::{Duty, ExecutionId, Executions, Told};
use super::machines::Machines;
use crate::callbacks::{Answer, Reception};
use crate::clock::{Clock as _, VirtualClock};
use crate::error::Error;

/// The executions and the work that they ask for, behind a lock that is never held while a handler runs.
pub(super) struct World {
    execution_arn: Arc<str>,
    clock: VirtualClock,
    executions: Mutex<Executions>,
}

impl World {
    pub(super) fn start(program: Program, start: Start, clock: VirtualClock) -> Arc<Self> {
        let execution_arn = Arc::clone(&start.id);
        let executions = Executions::start(program, start, clock.now());
        Arc::new(Self { execution_arn, clock, executions: Mutex::new(executions) })
    }

    pub(super) fn next_duty(&self) -> Option<Duty> {
        self.with(Executions::next_duty)
    }

    /// Starts the execution that a Task asks for.
    pub(super) fn start_nested(&self, parent: ExecutionId, task: &ScheduleTask, machines: &Machines) {
        let now = self.clock.now();
        self.with(|executions| executions.start_nested(parent, task, machines, now));
    }

    /// Stops the execution that a Task started and does not wait for any more.
    pub(super) fn stop_nested(&self, parent: ExecutionId, task: TaskId) {
        let now = self.clock.now();
        self.with(|executions| executions.stop_nested(parent, task, now));
    }

    /// Takes in what comes back; what comes too late changes nothing.
    pub(super) fn receive(&self, told: Told) {
        let now = self.clock.now();
        self.with(|executions| executions.receive(told, now));
    }

    pub(super) fn stop(&self, failure: Failure) {
        let now = self.clock.now();
        self.with(|executions| executions.stop(failure, now));
    }

    pub(super) fn handle_deadlines(&self) {
        let now = self.clock.now();
        self.with(|executions| executions.handle_deadlines(now));
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.with(|executions| executions.next_deadline())
    }

    pub(super) fn history_since(&self, count: usize) -> Vec<HistoryEvent> {
        self.with(|executions| executions.history().iter().skip(count).cloned().collect())
    }

    /// The outcome and the history, once the execution has ended.
    pub(super) fn take_end(&self) -> Option<(Outcome, Vec<HistoryEvent>)> {
        self.with(Executions::take_end)
    }

    fn with<T>(&self, action: impl FnOnce(&mut Executions) -> T) -> T {
        action(&mut self.executions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Reception for World {
    async fn answer(&self, task_token: &str, answer: Answer) -> Result<(), Error> {
        let now = self.clock.now();
        self.with(|executions| {
            let (execution, task) = executions.task_of_token(task_token).ok_or(Error::InvalidToken)?;
            executions.limits_of(execution).map_or(Ok(()), |limits| answer.check(limits))?;
            executions.tell(execution, answer.into_event(task), now)
        })
    }

    async fn report(&self, execution_arn: &str, event: Event) -> Result<(), Error> {
        let now = self.clock.now();
        self.with(|executions| {
            let unknown = || Error::ExecutionDoesNotExist(execution_arn.into());
            let execution = executions.execution_of_arn(execution_arn).ok_or_else(unknown)?;
            executions.tell(execution, event, now)
        })
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "World({})", self.execution_arn)
    }
}
