//! One execution in the engine's hands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use asl_core::execution::{Event, Start, TaskId};
use asl_core::history::{EventDetails, HistoryEvent};
use asl_core::{Program, Timestamp, Value};
use tokio::sync::SetOnce;
use tokio::task::AbortHandle;

use crate::driver::{Driver, Work};
use crate::error::Error;
use crate::store::{Batch, End, Inbound, JournalEntry, Opening, Standing, StoreError};

/// An execution, its handlers, and what is known of it outside.
///
/// Only the worker that it belongs to changes it; the lock is for those who look, and is never held across an await.
#[derive(Debug)]
pub(super) struct HostedExecution {
    number: u64,
    arn: Arc<str>,
    name: Arc<str>,
    state_machine_arn: Arc<str>,
    input: Value,
    program: Program,
    start_date: Timestamp,
    span: tracing::Span,
    started: SetOnce<Result<(), Error>>,
    ended: SetOnce<Result<End, StoreError>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    driver: Option<Driver>,
    /// Entries in the journal.
    version: u64,
    /// Events of the history that the journal vouches for.
    durable_events: usize,
    /// When the execution was told something last; time does not go back for it.
    told_at: Timestamp,
    /// What the timers wait for on its behalf.
    armed: Option<Timestamp>,
    handlers: HashMap<TaskId, AbortOnDrop>,
    /// Why the execution cannot go on: its journal could not be written.
    broken: Option<StoreError>,
}

impl State {
    fn end(&self) -> Option<End> {
        let outcome = self.driver.as_ref()?.outcome()?;
        Some(End { outcome: outcome.clone(), stop_date: self.told_at })
    }

    /// How the execution stands, if that is not what it was.
    fn standing(&self) -> Option<Standing> {
        self.end().map(Standing::Ended)
    }
}

/// A running handler, which stops at its next await when nobody waits for it any more.
#[derive(Debug)]
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Something that was taken in: what to journal, and then to do.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) entry: JournalEntry,
    pub(super) work: Vec<Work>,
}

impl HostedExecution {
    pub(super) fn new(number: u64, program: Program, start: &Start, start_date: Timestamp) -> Self {
        Self {
            number,
            arn: Arc::clone(&start.id),
            name: Arc::clone(&start.name),
            state_machine_arn: Arc::clone(&start.state_machine_id),
            input: start.input.clone(),
            program,
            start_date,
            span: tracing::info_span!("execution", arn = &*start.id),
            started: SetOnce::new(),
            ended: SetOnce::new(),
            state: Mutex::default(),
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn arn(&self) -> &Arc<str> {
        &self.arn
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn state_machine_arn(&self) -> &Arc<str> {
        &self.state_machine_arn
    }

    pub(super) fn input(&self) -> &Value {
        &self.input
    }

    pub(super) fn start_date(&self) -> Timestamp {
        self.start_date
    }

    pub(super) fn span(&self) -> &tracing::Span {
        &self.span
    }

    /// Returns once the start is in the journal.
    pub(super) async fn started(&self) -> Result<(), Error> {
        self.started.wait().await.clone()
    }

    /// Returns once the end is in the journal, or the execution was given up.
    pub(super) async fn ended(&self) -> Result<End, Error> {
        Ok(self.ended.wait().await.clone()?)
    }

    pub(super) fn end(&self) -> Option<&End> {
        self.ended.get().and_then(|end| end.as_ref().ok())
    }

    /// The history, as far as the journal vouches for it.
    pub(super) fn history(&self) -> Vec<HistoryEvent> {
        self.with(|state| {
            let history = state.driver.as_ref().map_or(&[] as &[_], Driver::history);
            history.iter().take(state.durable_events).cloned().collect()
        })
    }

    pub(super) fn task_of_token(&self, token: &str) -> Option<TaskId> {
        self.with(|state| state.driver.as_ref()?.task_of_token(token))
    }

    pub(super) fn tokens(&self) -> Vec<Arc<str>> {
        self.with(|state| state.driver.iter().flat_map(Driver::tokens).cloned().collect())
    }

    /// What to append to the journal for `entries`.
    pub(super) fn batch(&self, entries: Vec<JournalEntry>) -> Batch {
        let (expected_version, standing) = self.with(|state| (state.version, state.standing()));
        let is_new = matches!(entries.first(), Some(JournalEntry { inbound: Inbound::Started { .. }, .. }));
        let opening = is_new.then(|| Opening {
            state_machine_arn: Arc::clone(&self.state_machine_arn),
            name: Arc::clone(&self.name),
            start_date: self.start_date,
            parent: None,
        });
        let execution_arn = Arc::clone(&self.arn);
        Batch { execution_arn, expected_version, entries, opening, standing, received: Vec::new() }
    }

    pub(super) fn version(&self) -> u64 {
        self.with(|state| state.version)
    }

    pub(super) fn start(&self, now: Timestamp, start: Start) -> Applied {
        let _entered = self.span.enter();
        let fingerprint = self.program.fingerprint().clone();
        let inbound = Inbound::Started { start: Box::new(start.clone()), fingerprint };
        let (driver, work) = Driver::start(self.program.clone(), start, now);
        trace_states(driver.history());
        self.with(|state| {
            state.told_at = now;
            state.driver = Some(driver);
        });
        Applied { entry: JournalEntry { at: now, inbound }, work }
    }

    pub(super) fn handle(&self, now: Timestamp, event: Event) -> Result<Applied, Error> {
        self.apply(now, |driver, at| {
            let work = driver.handle(at, event.clone())?;
            Ok(Some(Applied { entry: JournalEntry { at, inbound: Inbound::Event(event) }, work }))
        })
        .and_then(|applied| applied.ok_or(Error::TaskTimedOut))
    }

    /// Nothing if nothing is due, as when the execution was told of something else in the meantime.
    pub(super) fn handle_deadline(&self, now: Timestamp) -> Result<Option<Applied>, Error> {
        self.apply(now, |driver, at| {
            if driver.next_deadline().is_none_or(|deadline| deadline > at) {
                return Ok(None);
            }
            let work = driver.handle_deadline(at);
            Ok(Some(Applied { entry: JournalEntry { at, inbound: Inbound::DeadlineReached }, work }))
        })
    }

    fn apply(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut Driver, Timestamp) -> Result<Option<Applied>, Error>,
    ) -> Result<Option<Applied>, Error> {
        let _entered = self.span.enter();
        self.with(|state| {
            if let Some(broken) = &state.broken {
                return Err(broken.clone().into());
            }
            let Some(driver) = &mut state.driver else { return Ok(None) };
            let at = now.max(state.told_at);
            let known = driver.history().len();
            let applied = change(driver, at)?;
            state.told_at = at;
            trace_states(driver.history().get(known..).unwrap_or_default());
            Ok(applied)
        })
    }

    /// Takes note that `entries` more are in the journal; returns what was armed before and what is to be armed now.
    pub(super) fn journalled(&self, entries: u64) -> (Option<Timestamp>, Option<Timestamp>) {
        let (end, before, deadline) = self.with(|state| {
            state.version += entries;
            let Some(driver) = &state.driver else { return (None, None, None) };
            state.durable_events = driver.history().len();
            let deadline = driver.next_deadline();
            let before = std::mem::replace(&mut state.armed, deadline);
            (state.end(), before, deadline)
        });
        // Both are set once; later entries change neither.
        let _ = self.started.set(Ok(()));
        if let Some(end) = end.filter(|_| self.ended.get().is_none()) {
            tracing::info!(parent: &self.span, status = end.outcome.status(), "execution ended");
            let _ = self.ended.set(Ok(end));
        }
        (before, deadline)
    }

    /// Gives the execution up: its journal could not be written, so nothing that it did since then counts.
    pub(super) fn give_up(&self, error: &StoreError) {
        tracing::error!(parent: &self.span, %error, "execution given up");
        let handlers = self.with(|state| {
            state.broken = Some(error.clone());
            std::mem::take(&mut state.handlers)
        });
        drop(handlers);
        let _ = self.started.set(Err(error.clone().into()));
        let _ = self.ended.set(Err(error.clone()));
    }

    pub(super) fn add_handler(&self, task: TaskId, handler: AbortHandle) {
        self.with(|state| state.handlers.insert(task, AbortOnDrop(handler)));
    }

    pub(super) fn abort_handler(&self, task: TaskId) {
        drop(self.with(|state| state.handlers.remove(&task)));
    }

    pub(super) fn abort_handlers(&self) {
        drop(self.with(|state| std::mem::take(&mut state.handlers)));
    }

    fn with<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        action(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn trace_states(events: &[HistoryEvent]) {
    for event in events {
        match &event.details {
            EventDetails::StateEntered { state_type, name, .. } => {
                tracing::debug!(state = &**name, r#type = state_type.as_str(), "state entered");
            }
            EventDetails::StateExited { name, .. } => tracing::debug!(state = &**name, "state exited"),
            _ => {}
        }
    }
}
