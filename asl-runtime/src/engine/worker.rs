//! The workers: each takes in what its executions are told, journals it in batches, and only then acts on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use asl_core::execution::{Event, Start};
use tokio::sync::{mpsc, oneshot};

use super::hosted::{Applied, HostedExecution};
use super::inner::Inner;
use crate::driver::Work;
use crate::error::Error;
use crate::store::{Batch, JournalEntry, StoreError};

/// The most messages that one append covers.
const BATCH: usize = 256;

/// How often an append is tried while the store says that it may succeed later.
const APPEND_ATTEMPTS: u32 = 6;

/// The wait before the second attempt of an append; it doubles with every further one.
const APPEND_BACKOFF: Duration = Duration::from_millis(20);

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
    Start(Box<Start>),
    Event { event: Event, answer: Option<Answer> },
    DeadlineReached,
}

type Answer = oneshot::Sender<Result<(), Error>>;

/// Works until the engine is gone.
pub(super) async fn run(mut messages: mpsc::Receiver<Message>, engine: Weak<Inner>) {
    let mut received = Vec::with_capacity(BATCH);
    while messages.recv_many(&mut received, BATCH).await > 0 {
        let Some(engine) = engine.upgrade() else { return };
        let (mut told, mut settling) = (Vec::with_capacity(received.len()), Vec::new());
        for message in received.drain(..) {
            match message {
                Message::Tell(execution, what) => told.push((execution, what)),
                Message::Settle(answer) => settling.push(answer),
            }
        }
        engine.take_in(told).await;
        for answer in settling {
            let _ = answer.send(());
        }
    }
}

/// What the messages of one batch came to for one execution.
struct Change {
    execution: Arc<HostedExecution>,
    entries: Vec<JournalEntry>,
    work: Vec<Work>,
    answers: Vec<Answer>,
}

impl Change {
    fn none(execution: Arc<HostedExecution>) -> Self {
        Self { execution, entries: Vec::new(), work: Vec::new(), answers: Vec::new() }
    }
}

impl Inner {
    async fn take_in(&self, messages: Vec<(Arc<HostedExecution>, Told)>) {
        let mut changes = self.apply(messages);
        let batches: Vec<_> = changes.iter_mut().filter_map(to_batch).collect();
        match self.append(&batches).await {
            Ok(()) => {
                let lengths: BTreeMap<_, _> =
                    batches.iter().map(|batch| (&batch.execution_arn, batch.entries.len() as u64)).collect();
                let mut surplus = Vec::new();
                for change in changes {
                    let entries = lengths.get(change.execution.arn()).copied().unwrap_or(0);
                    surplus.extend(self.carry_out(change, entries));
                }
                self.remove(&surplus).await;
            }
            Err(error) => changes.into_iter().for_each(|change| self.give_up(change, &error)),
        }
    }

    /// Tells the executions; one that is told several things has one change.
    fn apply(&self, messages: Vec<(Arc<HostedExecution>, Told)>) -> Vec<Change> {
        let mut changes = BTreeMap::new();
        for (execution, told) in messages {
            let now = self.clock.now();
            let (applied, answer) = match told {
                Told::Start(start) => (Ok(Some(execution.start(now, *start))), None),
                Told::Event { event, answer } => (execution.handle(now, event).map(Some), answer),
                Told::DeadlineReached => (execution.handle_deadline(now), None),
            };
            match applied {
                Ok(applied) => {
                    let change = changes.entry(execution.number()).or_insert_with(|| Change::none(execution));
                    change.answers.extend(answer);
                    if let Some(Applied { entry, work }) = applied {
                        change.entries.push(entry);
                        change.work.extend(work);
                    }
                }
                Err(error) => {
                    tracing::debug!(parent: execution.span(), %error, "refused");
                    // Who asked may have gone meanwhile, here and below.
                    let _ = answer.map(|answer| answer.send(Err(error)));
                }
            }
        }
        changes.into_values().collect()
    }

    async fn append(&self, batches: &[Batch]) -> Result<(), StoreError> {
        if batches.is_empty() {
            return Ok(());
        }
        let mut backoff = APPEND_BACKOFF;
        for _ in 1..APPEND_ATTEMPTS {
            match self.store.append(batches).await {
                Err(error) if error.is_retryable() => tracing::warn!(%error, "append is tried again"),
                result => return result,
            }
            self.clock.sleep(backoff).await;
            backoff *= 2;
        }
        self.store.append(batches).await
    }

    /// Acts on what is in the journal now; returns the executions that need not be kept any longer.
    fn carry_out(&self, change: Change, entries: u64) -> Vec<Arc<HostedExecution>> {
        let Change { execution, work, answers, .. } = change;
        let had_ended = execution.end().is_some();
        for work in work {
            self.perform(&execution, work);
        }
        let (before, deadline) = execution.journalled(entries);
        self.timers.set(&execution, before, deadline);
        for answer in answers {
            let _ = answer.send(Ok(()));
        }
        if execution.end().is_some() && !had_ended { self.retire(&execution) } else { Vec::new() }
    }

    fn give_up(&self, change: Change, error: &StoreError) {
        let Change { execution, answers, .. } = change;
        if execution.version() == 0 {
            self.forget(&execution);
        }
        execution.give_up(error);
        for answer in answers {
            let _ = answer.send(Err(error.clone().into()));
        }
    }

    async fn remove(&self, executions: &[Arc<HostedExecution>]) {
        if executions.is_empty() {
            return;
        }
        let arns: Vec<_> = executions.iter().map(|execution| Arc::clone(execution.arn())).collect();
        if let Err(error) = self.store.remove(&arns).await {
            tracing::warn!(%error, "old executions stay in the store");
        }
    }
}

fn to_batch(change: &mut Change) -> Option<Batch> {
    let entries = std::mem::take(&mut change.entries);
    let execution = &change.execution;
    (!entries.is_empty()).then(|| Batch {
        execution_arn: Arc::clone(execution.arn()),
        expected_version: execution.version(),
        entries,
    })
}
