//! The workers: each takes in what its executions are told, journals it, and only then acts on it.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::Poll;

use asl_core::Program;
use asl_core::execution::{Event, Snapshot, Start};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, coop};

use super::hosted::{Applied, Departure, HostedExecution, Keeping};
use super::inner::Inner;
use super::metrics::{Level, TaskHappenings};
use super::patience::patiently;
use super::tasks::FirstPolls;
use crate::driver::Work;
use crate::error::Error;
use crate::store::{Batch, JournalEntry, Parent, StoreError};

/// The most messages that one append covers, and about the most that wait for a write that is under way.
const BATCH: usize = 256;

/// How many writes of one worker are under way at most.
const WRITES: usize = 64;

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
    let mut worker = Worker::default();
    let mut received = Vec::with_capacity(BATCH);
    loop {
        let written = tokio::select! {
            // What is written comes first: others may wait for it.
            biased;
            Some(written) = worker.writes.join_next() => Some(written),
            count = messages.recv_many(&mut received, BATCH), if worker.takes_more() => {
                if count == 0 {
                    return;
                }
                None
            }
            // Handlers answered; whoever else shares this thread has a turn from time to time all the same.
            () = coop::consume_budget(), if worker.first_polls.has_answers() => None,
        };
        let Some(engine) = engine.upgrade() else { return };
        if written.is_none() {
            worker.first_polls.take_answers(&mut received);
        }
        length.set(received.len() + worker.parked.len() + messages.len());
        match written {
            None => worker.receive(&engine, received.drain(..)).await,
            Some(Ok(written)) => worker.go_on(&engine, written).await,
            Some(Err(error)) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return,
            },
        }
        worker.sleepers.unload_surplus(&worker.busy);
        length.set(worker.parked.len() + messages.len());
        worker.settle();
    }
}

/// What a worker has in hand.
///
/// Several writes are under way at once, so that those of different executions share a sync; of one execution, one.
#[derive(Debug, Default)]
struct Worker {
    writes: JoinSet<Written>,
    /// The numbers of the executions for which a write is under way.
    busy: HashSet<u64>,
    /// What these were told meanwhile, in its order.
    parked: Vec<(Arc<HostedExecution>, Told)>,
    /// To be answered once nothing is under way any more.
    settling: Vec<oneshot::Sender<()>>,
    first_polls: FirstPolls,
    sleepers: Sleepers,
}

/// A write that ended.
#[derive(Debug)]
enum Written {
    Appended(Vec<Appended>),
    /// What is kept beside the journals, for these executions.
    Tidied(Vec<Arc<HostedExecution>>),
}

/// What became of the entries of one execution.
#[derive(Debug)]
struct Appended {
    execution: Arc<HostedExecution>,
    entries: u64,
    consequences: Consequences,
    result: Result<(), StoreError>,
}

impl Worker {
    /// Whether more may come: not while too much is under way, or somebody waits for what is.
    fn takes_more(&self) -> bool {
        self.settling.is_empty() && self.writes.len() < WRITES && self.parked.len() < BATCH
    }

    async fn receive(&mut self, engine: &Arc<Inner>, messages: impl Iterator<Item = Message>) {
        let mut told = Vec::new();
        for message in messages {
            match message {
                Message::Tell(execution, what) if self.busy.contains(&execution.number()) => {
                    self.parked.push((execution, what));
                }
                Message::Tell(execution, what) => told.push((execution, what)),
                Message::Settle(answer) => self.settling.push(answer),
            }
        }
        self.take_in(engine, told).await;
    }

    /// Acts on what was written, and takes in what came for these executions meanwhile.
    async fn go_on(&mut self, engine: &Arc<Inner>, written: Written) {
        match written {
            Written::Appended(appended) => self.conclude(engine, appended),
            Written::Tidied(executions) => {
                for execution in executions {
                    self.busy.remove(&execution.number());
                    self.sleepers.add(&execution);
                }
            }
        }
        let told = self.parked.extract_if(.., |(execution, _)| !self.busy.contains(&execution.number())).collect();
        self.take_in(engine, told).await;
    }

    fn settle(&mut self) {
        if self.writes.is_empty() && self.parked.is_empty() && !self.first_polls.has_answers() {
            for answer in self.settling.drain(..) {
                let _ = answer.send(());
            }
        }
    }

    async fn take_in(&mut self, engine: &Arc<Inner>, messages: Vec<(Arc<HostedExecution>, Told)>) {
        engine.load_sleepers(&messages).await;
        let messages = engine.look_for_activities(messages).await;
        let (mut batches, mut changed, mut unwritten) = (Vec::new(), Vec::new(), Vec::new());
        for Change { execution, entries, received, consequences } in engine.apply(messages) {
            let taken_in = if execution.keeping() == Keeping::InMemory { entries.len() as u64 } else { 0 };
            let entries = execution.to_write(entries);
            if entries.is_empty() && (received.is_empty() || execution.keeping() != Keeping::Journalled) {
                unwritten.push(Appended { execution, entries: taken_in, consequences, result: Ok(()) });
            } else {
                self.busy.insert(execution.number());
                batches.push(execution.batch(&engine.registry, entries, received));
                changed.push((execution, consequences));
            }
        }
        if !batches.is_empty() {
            let write = append(Arc::clone(engine), batches, changed);
            // A store that answers at once needs no task.
            match at_once(write).await {
                Ok(mut appended) => unwritten.append(&mut appended),
                Err(write) => drop(self.writes.spawn(async { Written::Appended(write.await) })),
            }
        }
        self.conclude(engine, unwritten);
    }

    /// Acts on what is in the journals now, and then sees to what is kept beside them.
    fn conclude(&mut self, engine: &Arc<Inner>, appended: Vec<Appended>) {
        let (mut surplus, mut snapshots) = (Vec::new(), Vec::new());
        for Appended { execution, entries, consequences, result } in appended {
            self.busy.remove(&execution.number());
            if let Err(error) = result {
                engine.give_up(&execution, consequences, error);
                continue;
            }
            // While somebody waits for what is under way, nothing is added to it.
            let first_polls = self.settling.is_empty().then_some(&mut self.first_polls);
            surplus.extend(engine.carry_out(&execution, entries, consequences, first_polls));
            self.sleepers.add(&execution);
            if let Some((version, snapshot)) = execution.due_snapshot(engine.snapshot_every.get()) {
                self.busy.insert(execution.number());
                snapshots.push((execution, version, snapshot));
            }
        }
        if !surplus.is_empty() || !snapshots.is_empty() {
            let engine = Arc::clone(engine);
            self.writes.spawn(async move {
                let mut executions = Vec::with_capacity(snapshots.len());
                for (execution, version, snapshot) in snapshots {
                    engine.save_snapshot(&execution, version, snapshot).await;
                    executions.push(execution);
                }
                engine.remove(&surplus).await;
                Written::Tidied(executions)
            });
        }
    }
}

/// Appends `batches`, which the `changed` executions made in this order.
async fn append(
    engine: Arc<Inner>,
    batches: Vec<Batch>,
    changed: Vec<(Arc<HostedExecution>, Consequences)>,
) -> Vec<Appended> {
    let results = engine.append_all(&batches).await;
    let appended = changed.into_iter().zip(batches).zip(results);
    let appended = appended.map(|(((execution, consequences), batch), result)| Appended {
        execution,
        entries: batch.entries.len() as u64,
        consequences,
        result,
    });
    appended.collect()
}

/// What `future` comes to if it is ready at once, or else the rest of it.
async fn at_once<T>(future: impl Future<Output = T>) -> Result<T, Pin<Box<impl Future<Output = T>>>> {
    let mut future = Box::pin(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(future),
    }
}

/// The executions of one worker that sleep but are loaded, the longest asleep first.
///
/// Only their worker unloads them, and only while nothing is under way for them.
#[derive(Debug, Default)]
struct Sleepers(VecDeque<(Weak<HostedExecution>, u64)>);

impl Sleepers {
    /// Takes note of an execution that rests; others are left out.
    fn add(&mut self, execution: &Arc<HostedExecution>) {
        if let Some(version) = execution.rests_at() {
            self.0.push_back((Arc::downgrade(execution), version));
        }
    }

    /// Those that are `busy` come back when what is under way is done.
    fn unload_surplus(&mut self, busy: &HashSet<u64>) {
        let surplus = self.0.len().saturating_sub(LOADED_SLEEPERS);
        for (execution, version) in self.0.drain(..surplus) {
            if let Some(execution) = execution.upgrade()
                && !busy.contains(&execution.number())
            {
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
#[derive(Debug, Default)]
struct Consequences {
    work: Vec<Work>,
    tasks: TaskHappenings,
    answers: Vec<Answer>,
}

impl Inner {
    /// Loads the executions that sleep and are told something now.
    async fn load_sleepers(&self, messages: &[(Arc<HostedExecution>, Told)]) {
        let mut starting = BTreeSet::new();
        for (execution, told) in messages {
            if matches!(told, Told::Start(_) | Told::StartAgain(..)) {
                starting.insert(execution.number());
            } else if !starting.contains(&execution.number())
                && !execution.is_loaded()
                && execution.departed().is_none()
            {
                self.load(execution).await;
            }
        }
    }

    /// Tells the executions; one that is told several things has one change.
    fn apply(&self, mut messages: Vec<(Arc<HostedExecution>, Told)>) -> Vec<Change> {
        // What one execution is told stays in its order.
        messages.sort_by_key(|(execution, _)| execution.number());
        let mut changes: Vec<Change> = Vec::with_capacity(messages.len());
        for (execution, told) in messages {
            let now = self.clock.now();
            if changes.last().is_none_or(|change| change.execution.number() != execution.number()) {
                changes.push(Change {
                    execution: Arc::clone(&execution),
                    entries: Vec::new(),
                    received: Vec::new(),
                    consequences: Consequences::default(),
                });
            }
            let Some(change) = changes.last_mut() else { continue };
            if let Told::Resume = told {
                // Before anything else: what follows schedules Tasks of its own.
                let work = self.undelivered(&execution);
                self.metrics.redelivered(&work);
                change.consequences.work.extend(work);
            }
            let learned = execution.learn_missing_activities(now);
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
            for Applied { entry, work, tasks } in learned.into_iter().chain(due).chain(applied) {
                change.entries.push(entry);
                change.consequences.work.extend(work);
                change.consequences.tasks.extend(tasks);
            }
        }
        changes
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
        patiently(&*self.clock, || self.metrics.append(batches, self.store.append(self.owner, batches))).await
    }

    /// Acts on what is in the journal now; returns the ARNs of executions that need not be kept any longer.
    fn carry_out(
        &self,
        execution: &Arc<HostedExecution>,
        entries: u64,
        consequences: Consequences,
        mut first_polls: Option<&mut FirstPolls>,
    ) -> Vec<Arc<str>> {
        let Consequences { work, tasks, answers } = consequences;
        self.metrics.tasks(&tasks);
        // Whoever goes on with an execution that was let go of delivers its Tasks.
        if execution.departed().is_none() {
            for work in work {
                self.perform(execution, work, first_polls.as_deref_mut());
            }
        }
        let journalled = execution.journalled(entries);
        execution.count_sleep(&self.metrics);
        self.metrics.journalled(execution.start_date(), &journalled);
        self.tell_map_run(execution, &journalled);
        self.timers.set(execution, journalled.before, journalled.deadline);
        let surplus = match journalled.end {
            Some(end) => self.retire(execution, end),
            None => Vec::new(),
        };
        answer_all(answers, &Ok(()));
        surplus
    }

    async fn save_snapshot(&self, execution: &HostedExecution, version: u64, snapshot: Snapshot) {
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
