//! What a simulation's handlers can reach while they run: the execution and its clock.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use asl_core::execution::{Event, Outcome, Start};
use asl_core::history::HistoryEvent;
use asl_core::{Program, Timestamp};
use async_trait::async_trait;

use crate::callbacks::{Answer, Reception};
use crate::clock::{Clock as _, VirtualClock};
use crate::driver::{Driver, Work};
use crate::error::Error;

/// One execution and the work that it asks for, behind a lock that is never held while a handler runs.
pub(super) struct World {
    execution_arn: Arc<str>,
    clock: VirtualClock,
    state: Mutex<State>,
}

struct State {
    driver: Driver,
    work: Vec<Work>,
}

impl State {
    fn handle(&mut self, now: Timestamp, event: Event) -> Result<(), Error> {
        self.handle_deadline(now);
        let work = self.driver.handle(now, event)?;
        self.work.extend(work);
        Ok(())
    }

    fn handle_deadline(&mut self, now: Timestamp) {
        self.work.extend(self.driver.handle_deadline(now));
    }
}

impl World {
    pub(super) fn start(program: Program, start: Start, clock: VirtualClock) -> Arc<Self> {
        let execution_arn = Arc::clone(&start.id);
        let (driver, work) = Driver::start(program, start, clock.now());
        Arc::new(Self { execution_arn, clock, state: Mutex::new(State { driver, work }) })
    }

    pub(super) fn execution_arn(&self) -> &Arc<str> {
        &self.execution_arn
    }

    pub(super) fn take_work(&self) -> Vec<Work> {
        self.with(|state| std::mem::take(&mut state.work))
    }

    /// Tells the execution of `event`; one that comes too late changes nothing.
    pub(super) fn handle(&self, event: Event) {
        let now = self.clock.now();
        if let Err(error) = self.with(|state| state.handle(now, event)) {
            tracing::debug!(%error, "too late");
        }
    }

    pub(super) fn handle_deadline(&self) {
        let now = self.clock.now();
        self.with(|state| state.handle_deadline(now));
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.with(|state| state.driver.next_deadline())
    }

    pub(super) fn history_since(&self, count: usize) -> Vec<HistoryEvent> {
        self.with(|state| state.driver.history().iter().skip(count).cloned().collect())
    }

    /// The outcome and the history, once the execution has ended.
    pub(super) fn take_end(&self) -> Option<(Outcome, Vec<HistoryEvent>)> {
        self.with(|state| Some((state.driver.outcome()?.clone(), state.driver.take_history())))
    }

    fn with<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        action(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Reception for World {
    async fn answer(&self, task_token: &str, answer: Answer) -> Result<(), Error> {
        let now = self.clock.now();
        self.with(|state| {
            let key = &state.driver.execution().started_with().token_key;
            let (_, task) = key.read(task_token).ok_or(Error::InvalidToken)?;
            state.handle(now, answer.into_event(task))
        })
    }

    async fn report(&self, _execution_arn: &str, event: Event) -> Result<(), Error> {
        let now = self.clock.now();
        self.with(|state| state.handle(now, event))
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "World({})", self.execution_arn)
    }
}
