//! The workers: each takes in what its executions are told, journals it in batches, and only then acts on it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use asl_core::Program;
use asl_core::execution::{Event, Start};
use tokio::sync::{mpsc, oneshot};

use super::hosted::{Applied, Departure, HostedExecution, Keeping};
use super::inner::Inner;
use super::metrics::{Level, TaskHappenings};
use crate::driver::Work;
use crate::error::Error;
use crate::store::{Batch, JournalEntry, Parent, StoreError};

/// The most messages that one append covers.
const BATCH: usize = 256;

/// How often an append is tried while the store says that it may succeed later.
const APPEND_ATTEMPTS: u32 = 6;

/// The wait before the second attempt of an append; it doubles with every further one.
const APPEND_BACKOFF: Duration = Duration::from_millis(20);

/// How many sleeping executions each worker keeps loaded, for they may be woken soon.
const LOADED_SLEEPERS: usize = 256;

/// What a worker's queue holds.
#[derive(Debug)]
pub(super) enum Message {
    Tell(Arc<HostedExecution>, Told),
    /// To be answered once everything before it is done.
    Settle(oneshot::Sender<()>),
}

/// What an execution is told.
#[derive(Debug)]
pub(super) enum Told {
    Start(Box<Opened>),
    /// It was recorded when it ended, and begins again; the token says for which redrive.
    StartAgain(Box<Opened>, Arc<str>),
    /// It is this engine's now: its Tasks are delivered again.
    Resume,
    Event(Event, Option<Answer>),
    /// What another engine left for it, by the number of the post.
    Posted(Event, u64, Answer),
    DeadlineReached,
}

/// An execution to start.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) program: Program,
    pub(super) start: Start,
    pub(super) parent: Option<Parent>,
}

type Answer = oneshot::Sender<Result<(), Error>>;

/// Works until the engine is gone; `length` tells how many messages wait.
pub(super) async fn run(mut messages: mpsc::Receiver<Message>, mut length: Level, engine: Weak<Inner>) {
    let mut received = Vec::with_capacity(BATCH);
    let mut sleepers = Sleepers::default();
    while messages.recv_many(&mut received, BATCH).await > 0 {
        let Some(engine) = engine.upgrade() else { return };
        length.set(received.len() + messages.len());
        let (mut told, mut settling) = (Vec::with_capacity(received.len()), Vec::new());
        for message in received.drain(..) {
            match message {
                Message::Tell(execution, what) => told.push((execution, what)),
                Message::Settle(answer) => settling.push(answer),
            }
        }
        engine.take_in(told, &mut sleepers).await;
        sleepers.unload_surplus();
        length.set(messages.len());
        for answer in settling {
            let _ = answer.send(());
        }
    }
}

/// The executions of one worker that sleep but are loaded, the longest asleep first.
///
/// Only their worker unloads them, for only then nothing is under way for them.
#[derive(Debug, Default)]
struct Sleepers(VecDeque<(Weak<HostedExecution>, u64)>);

impl Sleepers {
    fn unload_surplus(&mut self) {
        let surplus = self.0.len().saturating_sub(LOADED_SLEEPERS);
        for (execution, version) in self.0.drain(..surplus) {
            if let Some(execution) = execution.upgrade() {
                execution.unload(version);
            }
        }
    }
}

/// What the messages of one batch came to for one execution.
struct Change {
    execution: Arc<HostedExecution>,
    entries: Vec<JournalEntry>,
    received: Vec<u64>,
    consequences: Consequences,
}

/// What is to be done once the entries of a change are in the journal.
#[derive(Default)]
struct Consequences {
    work: Vec<Work>,
    tasks: TaskHappenings,
    answers: Vec<Answer>,
}

impl Inner {
    async fn take_in(&self, messages: Vec<(Arc<HostedExecution>, Told)>, sleepers: &mut Sleepers) {
        let mut starting = BTreeSet::new();
        for (execution, told) in &messages {
            if matches!(told, Told::Start(_) | Told::StartAgain(..)) {
                starting.insert(execution.number());
            } else if !starting.contains(&execution.number())
                && !execution.is_loaded()
                && execution.departed().is_none()
            {
                self.load(execution).await;
            }
        }
        let (mut batches, mut changed) = (Vec::new(), Vec::new());
        let mut done = Vec::new();
        for Change { execution, entries, received, consequences } in self.apply(messages) {
            let taken_in = if execution.keeping() == Keeping::InMemory { entries.len() as u64 } else { 0 };
            let entries = execution.to_write(entries);
            if entries.is_empty() && (received.is_empty() || execution.keeping() != Keeping::Journalled) {
                done.push((execution, taken_in, consequences));
            } else {
                batches.push(execution.batch(&self.registry, entries, received));
                changed.push((execution, consequences));
            }
        }
        let appended = self.append_all(&batches).await;
        for (((execution, consequences), batch), appended) in changed.into_iter().zip(batches).zip(appended) {
            match appended {
                Ok(()) => done.push((execution, batch.entries.len() as u64, consequences)),
                Err(error) => self.give_up(&execution, consequences, error),
            }
        }
        let mut surplus = Vec::new();
        for (execution, entries, consequences) in done {
            surplus.extend(self.carry_out(&execution, entries, consequences, sleepers));
            self.save_due_snapshot(&execution).await;
        }
        self.remove(&surplus).await;
    }

    /// Tells the executions; one that is told several things has one change.
    fn apply(&self, messages: Vec<(Arc<HostedExecution>, Told)>) -> Vec<Change> {
        let mut changes = BTreeMap::new();
        for (execution, told) in messages {
            let now = self.clock.now();
            let change = changes.entry(execution.number()).or_insert_with(|| Change {
                execution: Arc::clone(&execution),
                entries: Vec::new(),
                received: Vec::new(),
                consequences: Consequences::default(),
            });
            if let Told::Resume = told {
                // Before anything else: what follows schedules Tasks of its own.
                let work = self.undelivered(&execution);
                self.metrics.redelivered(&work);
                change.consequences.work.extend(work);
            }
            // What is due counts even if the event that comes after it is refused.
            let due = execution.handle_deadline(now).unwrap_or_default();
            let (applied, answer) = match told {
                Told::Start(opened) => (Ok(Some(execution.start(now, *opened, None))), None),
                Told::StartAgain(opened, token) => (Ok(Some(execution.start(now, *opened, Some(token)))), None),
                Told::Event(event, answer) => (execution.handle(now, event).map(Some), answer),
                Told::Posted(event, post, answer) => {
                    let applied = execution.handle(now, event).map(Some);
                    // One that comes too late is done with as well.
                    if execution.departed().is_none() {
                        change.received.push(post);
                    }
                    (applied, Some(answer))
                }
                Told::Resume | Told::DeadlineReached => (Ok(None), None),
            };
            let applied = match applied {
                Ok(applied) => {
                    change.consequences.answers.extend(answer);
                    applied
                }
                Err(error) => {
                    tracing::debug!(parent: execution.span(), %error, "refused");
                    answer_all(answer.into_iter().collect(), &Err(error));
                    None
                }
            };
            for Applied { entry, work, tasks } in due.into_iter().chain(applied) {
                change.entries.push(entry);
                change.consequences.work.extend(work);
                change.consequences.tasks.extend(tasks);
            }
        }
        changes.into_values().collect()
    }

    /// Appends the batches together, or one by one if that fails, so that one execution does not harm another.
    async fn append_all(&self, batches: &[Batch]) -> Vec<Result<(), StoreError>> {
        if batches.is_empty() {
            return Vec::new();
        }
        let together = self.append(batches).await;
        if together.is_ok() || batches.len() == 1 {
            return vec![together; batches.len()];
        }
        let mut results = Vec::with_capacity(batches.len());
        for batch in batches {
            results.push(self.append(std::slice::from_ref(batch)).await);
        }
        results
    }

    async fn append(&self, batches: &[Batch]) -> Result<(), StoreError> {
        let mut backoff = APPEND_BACKOFF;
        for _ in 1..APPEND_ATTEMPTS {
            match self.append_once(batches).await {
                Err(error) if error.is_retryable() => tracing::warn!(%error, "append is tried again"),
                result => return result,
            }
            self.clock.sleep(backoff).await;
            backoff *= 2;
        }
        self.append_once(batches).await
    }

    async fn append_once(&self, batches: &[Batch]) -> Result<(), StoreError> {
        self.metrics.append(batches, self.store.append(self.owner, batches)).await
    }

    /// Acts on what is in the journal now; returns the ARNs of executions that need not be kept any longer.
    fn carry_out(
        &self,
        execution: &Arc<HostedExecution>,
        entries: u64,
        consequences: Consequences,
        sleepers: &mut Sleepers,
    ) -> Vec<Arc<str>> {
        let Consequences { work, tasks, answers } = consequences;
        self.metrics.tasks(&tasks);
        for work in work {
            self.perform(execution, work);
        }
        let journalled = execution.journalled(entries);
        execution.count_sleep(&self.metrics);
        self.metrics.journalled(execution.start_date(), &journalled);
        self.tell_map_run(execution, &journalled);
        self.timers.set(execution, journalled.before, journalled.deadline);
        if let Some(version) = journalled.sleeps_at {
            sleepers.0.push_back((Arc::downgrade(execution), version));
        }
        let surplus = match journalled.end {
            Some(end) => self.retire(execution, end),
            None => Vec::new(),
        };
        answer_all(answers, &Ok(()));
        surplus
    }

    async fn save_due_snapshot(&self, execution: &HostedExecution) {
        let Some((version, snapshot)) = execution.due_snapshot(self.snapshot_every.get()) else { return };
        if let Err(error) = self.store.save_snapshot(self.owner, execution.arn(), version, snapshot).await {
            // The journal is enough; whether the execution is still ours the next append tells.
            tracing::warn!(parent: execution.span(), %error, "a snapshot could not be saved");
        }
    }

    fn give_up(&self, execution: &Arc<HostedExecution>, consequences: Consequences, error: StoreError) {
        let answered = Err(error.clone().into());
        match error {
            StoreError::Fenced { .. } | StoreError::VersionConflict { .. } => {
                self.let_go(execution, &Departure::Elsewhere(error));
            }
            error => self.let_go(execution, &Departure::SetAside(error.into())),
        }
        answer_all(consequences.answers, &answered);
    }
}

fn answer_all(answers: Vec<Answer>, result: &Result<(), Error>) {
    for answer in answers {
        // Who asked may have gone meanwhile.
        let _ = answer.send(result.clone());
    }
}
