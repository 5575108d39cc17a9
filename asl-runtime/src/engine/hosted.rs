//! One execution in the engine's hands.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot, TaskId};
use tokio::sync::SetOnce;
use tokio::task::AbortHandle;

use super::metrics::{Held, Metrics, TaskHappenings};
use super::replay::Replayed;
use super::sleep::{rests_until, sleeps_until};
use super::spans::StateSpans;
use super::worker::Opened;
use crate::driver::{Driver, Work};
use crate::error::Error;
use crate::registry::Registry;
use crate::store::{Batch, End, ExecutionRecord, Inbound, JournalEntry, Opening, Parent, Standing, StoreError};

/// An execution that this engine owns: its handlers, and its state unless it sleeps.
///
/// Only the worker that it belongs to changes it; the lock is for those who look, and is never held across an await.
#[derive(Debug)]
pub(super) struct HostedExecution {
    number: u64,
    arn: Arc<str>,
    /// What started it and waits for its end.
    parent: Option<Parent>,
    keeping: Keeping,
    span: tracing::Span,
    started: SetOnce<Result<Timestamp, Error>>,
    ended: SetOnce<Result<End, Departure>>,
    /// Those activities of its program that no handler stands in for, once somebody asked.
    activities: OnceLock<BTreeSet<Arc<str>>>,
    state: Mutex<State>,
}

/// Where an execution is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// In its journal.
    Journalled,
    /// In memory alone.
    InMemory,
    /// In memory, and in the store once it has ended: how it began and ended, not how it went.
    RecordedAtEnd,
}

/// Why an execution that did not end is not hosted any more.
#[derive(Debug, Clone)]
pub(super) enum Departure {
    /// Another engine goes on with it.
    Elsewhere(StoreError),
    /// It cannot go on here.
    SetAside(Error),
}

impl Departure {
    pub(super) fn error(&self) -> Error {
        match self {
            Self::Elsewhere(error) => error.clone().into(),
            Self::SetAside(error) => error.clone(),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// Nothing while the execution sleeps, and before it was started or loaded.
    driver: Option<Box<Driver>>,
    /// What it is, until that is in the store.
    opening: Option<Opening>,
    /// The first entry, of one that is recorded when it ends.
    first: Option<JournalEntry>,
    /// Entries in the journal.
    version: u64,
    /// How often one that is recorded when it ends was recorded before.
    recorded: u64,
    /// The version of the last snapshot.
    snapshot_version: u64,
    /// When the execution was told something last; time does not go back for it.
    told_at: Timestamp,
    /// Until when the store believes it to sleep.
    sleeps_until: Option<Timestamp>,
    /// Until when it need not be in memory.
    rests_until: Option<Timestamp>,
    spans: StateSpans,
    /// That it sleeps, as it is counted.
    asleep: Option<Held>,
    /// Whether the store believes it to have ended, though it goes on.
    is_ended_in_store: bool,
    /// Whether that it goes on is what is being written.
    goes_on: bool,
    /// Which activities do not exist, where the execution believes otherwise.
    missing_activities: Option<BTreeSet<Arc<str>>>,
    /// What the timers wait for on its behalf.
    armed: Option<Timestamp>,
    handlers: HashMap<TaskId, Handler>,
    departure: Option<Departure>,
}

impl State {
    fn end(&self) -> Option<End> {
        let outcome = self.driver.as_ref()?.execution().outcome()?;
        Some(End { outcome: outcome.clone(), stop_date: self.told_at })
    }
}

/// A handler of a Task that is out, which stops at its next await when nobody waits for it any more.
#[derive(Debug)]
struct Handler {
    abort: AbortHandle,
    stage: HandlerStage,
}

/// How far the handler of a Task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HandlerStage {
    /// Others keep it from running: the limits of handlers.
    Queued,
    /// It runs.
    Running,
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Something that was taken in: what to journal, and then to do.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) entry: JournalEntry,
    pub(super) work: Vec<Work>,
    pub(super) tasks: TaskHappenings,
}

/// What follows from entries being in the journal.
#[derive(Debug)]
pub(super) struct Journalled {
    /// What was armed before.
    pub(super) before: Option<Timestamp>,
    /// What is to be armed now.
    pub(super) deadline: Option<Timestamp>,
    /// Whether it was started now.
    pub(super) started: bool,
    /// Whether it goes on now, having ended before.
    pub(super) went_on: bool,
    /// How it ended, if it did now.
    pub(super) end: Option<End>,
}

impl HostedExecution {
    pub(super) fn new(number: u64, arn: Arc<str>, parent: Option<Parent>, keeping: Keeping) -> Self {
        let span = tracing::info_span!("execution", arn = &*arn);
        Self {
            number,
            arn,
            parent,
            keeping,
            span,
            started: SetOnce::new(),
            ended: SetOnce::new(),
            activities: OnceLock::new(),
            state: Mutex::default(),
        }
    }

    /// One that is in the store and is to be loaded when it is told something.
    pub(super) fn stored(number: u64, record: &ExecutionRecord) -> Self {
        let execution =
            Self::new(number, Arc::clone(&record.execution_arn), record.opening.parent.clone(), Keeping::Journalled);
        let _ = execution.started.set(Ok(record.opening.start_date));
        execution.with(|state| {
            state.version = record.version;
            match record.standing {
                Standing::Running { sleeps_until } => {
                    (state.sleeps_until, state.rests_until) = (sleeps_until, sleeps_until);
                }
                Standing::Ended(_) => state.is_ended_in_store = true,
            }
        });
        execution
    }

    /// One that was recorded when it ended and is to begin again.
    pub(super) fn recorded(number: u64, record: &ExecutionRecord) -> Self {
        let parent = record.opening.parent.clone();
        let execution = Self::new(number, Arc::clone(&record.execution_arn), parent, Keeping::RecordedAtEnd);
        let _ = execution.started.set(Ok(record.opening.start_date));
        execution.with(|state| (state.version, state.recorded) = (record.version, record.version));
        execution
    }

    /// How often it was redriven, or begun again if it is only recorded when it ends.
    pub(super) fn redrive_count(&self) -> u64 {
        self.with(|state| match (self.keeping, &state.driver) {
            (Keeping::RecordedAtEnd, _) => state.recorded,
            (_, driver) => driver.as_ref().map_or(0, |driver| driver.execution().redrive_count()),
        })
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn arn(&self) -> &Arc<str> {
        &self.arn
    }

    /// What started it and waits for its end.
    pub(super) fn parent(&self) -> Option<&Parent> {
        self.parent.as_ref()
    }

    pub(super) fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// When it was started, once that is in the journal.
    pub(super) fn start_date(&self) -> Option<Timestamp> {
        self.started.get().and_then(|started| started.as_ref().ok()).copied()
    }

    pub(super) fn span(&self) -> &tracing::Span {
        &self.span
    }

    /// The span of a state that the execution is in.
    pub(super) fn state_span(&self, state_name: &str) -> tracing::Span {
        self.with(|state| state.spans.of(state_name))
    }

    /// Returns once the start is in the journal, with its time.
    pub(super) async fn started(&self) -> Result<Timestamp, Error> {
        self.started.wait().await.clone()
    }

    /// Returns once the end is in the journal, or the execution is not hosted any more.
    pub(super) async fn ended(&self) -> Result<End, Departure> {
        self.ended.wait().await.clone()
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.with(|state| state.driver.is_some())
    }

    pub(super) fn departed(&self) -> Option<Error> {
        self.with(|state| state.departure.as_ref().map(Departure::error))
    }

    /// When it was told something last.
    pub(super) fn told_at(&self) -> Timestamp {
        self.with(|state| state.told_at)
    }

    pub(super) fn version(&self) -> u64 {
        self.with(|state| state.version)
    }

    /// Looks at the execution, unless it sleeps; shows which handlers of its Tasks wait or run.
    pub(super) fn look<T>(
        &self,
        look: impl FnOnce(&Driver, &dyn Fn(TaskId) -> Option<HandlerStage>) -> T,
    ) -> Option<T> {
        self.with(|state| {
            let stage = |task| state.handlers.get(&task).map(|handler| handler.stage);
            state.driver.as_ref().map(|driver| look(driver, &stage))
        })
    }

    /// Which of `entries` are to be written now.
    pub(super) fn to_write(&self, entries: Vec<JournalEntry>) -> Vec<JournalEntry> {
        match self.keeping {
            Keeping::Journalled => entries,
            Keeping::InMemory => Vec::new(),
            Keeping::RecordedAtEnd => self.with(|state| {
                let first = state.first.take().or_else(|| entries.into_iter().next());
                if state.end().is_some() && state.version == state.recorded {
                    return first.into_iter().collect();
                }
                state.first = first;
                Vec::new()
            }),
        }
    }

    /// What to append to the journal for `entries`, which took `received` in.
    pub(super) fn batch(&self, registry: &Registry, entries: Vec<JournalEntry>, received: Vec<u64>) -> Batch {
        self.with(|state| {
            let standing = match (state.end(), &state.driver) {
                (Some(end), _) => {
                    state.rests_until = None;
                    Some(Standing::Ended(end))
                }
                (None, None) => None,
                (None, Some(driver)) => {
                    let known = std::mem::replace(&mut state.sleeps_until, sleeps_until(driver, registry));
                    let sleeps_until = state.sleeps_until;
                    state.rests_until = rests_until(driver, registry);
                    let was_ended = std::mem::take(&mut state.is_ended_in_store);
                    state.goes_on |= was_ended;
                    (was_ended || known != sleeps_until).then_some(Standing::Running { sleeps_until })
                }
            };
            Batch {
                execution_arn: Arc::clone(&self.arn),
                expected_version: state.version,
                entries,
                opening: state.opening.clone(),
                standing,
                received,
            }
        })
    }

    /// Begins it; again, if there is a token that says for which redrive.
    pub(super) fn start(&self, now: Timestamp, opened: Opened, client_token: Option<Arc<str>>) -> Applied {
        let _entered = self.span.enter();
        let Opened { program, start, parent } = opened;
        let opening = Opening {
            state_machine_arn: Arc::clone(&start.state_machine_id),
            state_machine_version_arn: start.state_machine_version_arn.clone(),
            state_machine_alias_arn: start.state_machine_alias_arn.clone(),
            name: Arc::clone(&start.name),
            start_date: now,
            parent,
        };
        let fingerprint = program.fingerprint().clone();
        let (mut driver, work) = Driver::start(program, start.clone(), now);
        let history = driver.take_history();
        let tasks = TaskHappenings::of(&history, &work);
        self.with(|state| {
            state.spans.follow(&history);
            state.told_at = now;
            state.opening = client_token.is_none().then_some(opening);
            state.driver = Some(Box::new(driver));
        });
        let inbound = match client_token {
            None => Inbound::Started { start: Box::new(start), fingerprint },
            Some(client_token) => Inbound::Event(Event::RedrivenOnce { client_token }),
        };
        Applied { entry: JournalEntry { at: now, inbound }, tasks, work }
    }

    /// Goes on with what the journal led to.
    pub(super) fn load(&self, replayed: Replayed, version: u64, snapshot_version: u64) {
        let Replayed { mut driver, told_at } = replayed;
        drop(driver.take_history());
        self.with(|state| {
            state.driver = Some(Box::new(driver));
            state.version = version;
            state.snapshot_version = snapshot_version;
            state.told_at = state.told_at.max(told_at);
        });
    }

    /// The version at which it need not be in memory, if it rests.
    pub(super) fn rests_at(&self) -> Option<u64> {
        self.with(|state| state.rests_until.map(|_| state.version))
    }

    /// Forgets everything that the store knows, if the execution still rests at `version`.
    pub(super) fn unload(&self, version: u64) {
        drop(self.with(|state| {
            if state.version == version && state.rests_until.is_some() { state.driver.take() } else { None }
        }));
    }

    /// Those activities of its program that no handler stands in for; `find` looks through the program, once.
    pub(super) fn activities(&self, find: impl FnOnce() -> BTreeSet<Arc<str>>) -> &BTreeSet<Arc<str>> {
        self.activities.get_or_init(find)
    }

    /// Says which activities do not exist, to be taken in with what the execution is told next.
    pub(super) fn found_missing(&self, activity_arns: BTreeSet<Arc<str>>) {
        self.with(|state| {
            let is_news = |driver: &Driver| *driver.execution().missing_activities() != activity_arns;
            if state.driver.as_deref().is_some_and(is_news) {
                state.missing_activities = Some(activity_arns);
            }
        });
    }

    /// Takes in which activities do not exist, if that is news.
    pub(super) fn learn_missing_activities(&self, now: Timestamp) -> Option<Applied> {
        let activity_arns = self.with(|state| state.missing_activities.take())?;
        self.apply(now, |driver, _| {
            driver.learn_missing_activities(activity_arns.clone());
            Ok(Some((Inbound::MissingActivities(activity_arns), Vec::new())))
        })
        .ok()?
    }

    pub(super) fn handle(&self, now: Timestamp, event: Event) -> Result<Applied, Error> {
        self.apply(now, |driver, at| {
            let work = driver.handle(at, event.clone())?;
            Ok(Some((Inbound::Event(event), work)))
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
            Ok(Some((Inbound::DeadlineReached, work)))
        })
    }

    fn apply(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut Driver, Timestamp) -> Result<Option<(Inbound, Vec<Work>)>, Error>,
    ) -> Result<Option<Applied>, Error> {
        let _entered = self.span.enter();
        self.with(|state| {
            if let Some(departure) = &state.departure {
                return Err(departure.error());
            }
            let Some(driver) = &mut state.driver else { return Ok(None) };
            let at = now.max(state.told_at);
            let applied = change(driver, at)?;
            state.told_at = at;
            let history = driver.take_history();
            state.spans.follow(&history);
            Ok(applied.map(|(inbound, work)| Applied {
                entry: JournalEntry { at, inbound },
                tasks: TaskHappenings::of(&history, &work),
                work,
            }))
        })
    }

    /// Takes note that `entries` more are in the journal.
    pub(super) fn journalled(&self, entries: u64) -> Journalled {
        let (journalled, opened) = self.with(|state| {
            state.version += entries;
            // One that is recorded when it ends is not in the store before.
            let is_written = self.keeping != Keeping::RecordedAtEnd || state.version > state.recorded;
            let opened = state.opening.take_if(|_| is_written);
            let deadline = match (&state.departure, &state.driver) {
                (Some(_), _) => None,
                (None, Some(driver)) => driver.next_deadline(),
                (None, None) => state.rests_until,
            };
            let before = std::mem::replace(&mut state.armed, deadline);
            let (started, went_on) = (opened.is_some(), std::mem::take(&mut state.goes_on));
            (Journalled { before, deadline, started, went_on, end: state.end() }, opened)
        });
        if let Some(opening) = opened {
            let _ = self.started.set(Ok(opening.start_date));
        }
        let end = journalled.end.filter(|_| self.ended.get().is_none());
        if let Some(end) = &end {
            tracing::info!(parent: &self.span, status = end.outcome.status(), "execution ended");
        }
        Journalled { end, ..journalled }
    }

    /// Counts it among the executions that sleep, or no longer.
    pub(super) fn count_sleep(&self, metrics: &Metrics) {
        self.with(|state| {
            let sleeps = state.sleeps_until.is_some() && state.departure.is_none() && state.end().is_none();
            match (sleeps, &state.asleep) {
                (true, None) => state.asleep = Some(metrics.sleeping_execution()),
                (false, Some(_)) => state.asleep = None,
                _ => {}
            }
        });
    }

    /// Tells those who wait how it ended.
    pub(super) fn announce(&self, end: End) {
        let _ = self.ended.set(Ok(end));
    }

    /// A snapshot and its version, if at least `every` entries came since the last one.
    pub(super) fn due_snapshot(&self, every: u64) -> Option<(u64, Snapshot)> {
        if self.keeping != Keeping::Journalled {
            return None;
        }
        self.with(|state| {
            let driver = state.driver.as_ref().filter(|driver| driver.execution().outcome().is_none())?;
            if state.version < state.snapshot_version.saturating_add(every) {
                return None;
            }
            state.snapshot_version = state.version;
            Some((state.version, driver.snapshot()?))
        })
    }

    /// Lets go of the execution, and of everything that is not in the journal; returns what was armed.
    pub(super) fn depart(&self, departure: &Departure) -> Option<Timestamp> {
        let (dropped, armed) = self.with(|state| {
            state.departure = Some(departure.clone());
            state.asleep = None;
            ((state.driver.take(), std::mem::take(&mut state.handlers)), state.armed.take())
        });
        drop(dropped);
        let _ = self.started.set(Err(departure.error()));
        let _ = self.ended.set(Err(departure.clone()));
        armed
    }

    /// Keeps the handler that `spawn` starts; it cannot end before it is kept.
    pub(super) fn add_handler(&self, task: TaskId, spawn: impl FnOnce() -> AbortHandle) {
        self.with(|state| {
            let handler = Handler { abort: spawn(), stage: HandlerStage::Queued };
            state.handlers.insert(task, handler)
        });
    }

    pub(super) fn handler_began(&self, task: TaskId) {
        self.with(|state| {
            if let Some(handler) = state.handlers.get_mut(&task) {
                handler.stage = HandlerStage::Running;
            }
        });
    }

    /// Forgets a handler that ended, or aborts it.
    pub(super) fn remove_handler(&self, task: TaskId) {
        drop(self.with(|state| state.handlers.remove(&task)));
    }

    pub(super) fn abort_handlers(&self) {
        drop(self.with(|state| std::mem::take(&mut state.handlers)));
    }

    fn with<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        action(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
