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
    consequences: Consequences,
}

/// What is to be done once the entries of a change are in the journal.
#[derive(Default)]
struct Consequences {
    work: Vec<Work>,
    answers: Vec<Answer>,
}

impl Inner {
    async fn take_in(&self, messages: Vec<(Arc<HostedExecution>, Told)>) {
        let (mut batches, mut changed) = (Vec::new(), Vec::new());
        for Change { execution, entries, consequences } in self.apply(messages) {
            if entries.is_empty() {
                self.carry_out(&execution, 0, consequences);
            } else {
                batches.push(execution.batch(entries));
                changed.push((execution, consequences));
            }
        }
        let appended = self.append_all(&batches).await;
        let mut surplus = Vec::new();
        for (((execution, consequences), batch), appended) in changed.into_iter().zip(batches).zip(appended) {
            match appended {
                Ok(()) => {
                    surplus.extend(self.carry_out(&execution, batch.entries.len() as u64, consequences));
                }
                Err(error) => self.give_up(&execution, consequences, &error),
            }
        }
        self.remove(&surplus).await;
    }

    /// Tells the executions; one that is told several things has one change.
    fn apply(&self, messages: Vec<(Arc<HostedExecution>, Told)>) -> Vec<Change> {
        let mut changes = BTreeMap::new();
        for (execution, told) in messages {
            let now = self.clock.now();
            // What is due counts even if the event that comes after it is refused.
            let due = execution.handle_deadline(now).unwrap_or_default();
            let (applied, answer) = match told {
                Told::Start(start) => (Ok(Some(execution.start(now, *start))), None),
                Told::Event { event, answer } => (execution.handle(now, event).map(Some), answer),
                Told::DeadlineReached => (Ok(None), None),
            };
            let (applied, answer, refused) = match applied {
                Ok(applied) => (applied, answer, None),
                Err(error) => (None, None, Some((error, answer))),
            };
            if due.is_some() || refused.is_none() {
                let change = changes.entry(execution.number()).or_insert_with(|| Change {
                    execution: Arc::clone(&execution),
                    entries: Vec::new(),
                    consequences: Consequences::default(),
                });
                change.consequences.answers.extend(answer);
                for Applied { entry, work } in due.into_iter().chain(applied) {
                    change.entries.push(entry);
                    change.consequences.work.extend(work);
                }
            }
            if let Some((error, answer)) = refused {
                tracing::debug!(parent: execution.span(), %error, "refused");
                answer_all(answer.into_iter().collect(), &Err(error));
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
            match self.store.append(self.owner, batches).await {
                Err(error) if error.is_retryable() => tracing::warn!(%error, "append is tried again"),
                result => return result,
            }
            self.clock.sleep(backoff).await;
            backoff *= 2;
        }
        self.store.append(self.owner, batches).await
    }

    /// Acts on what is in the journal now; returns the ARNs of executions that need not be kept any longer.
    fn carry_out(&self, execution: &Arc<HostedExecution>, entries: u64, consequences: Consequences) -> Vec<Arc<str>> {
        let had_ended = execution.end().is_some();
        let Consequences { work, answers } = consequences;
        for work in work {
            self.perform(execution, work);
        }
        let (before, deadline) = execution.journalled(entries);
        self.timers.set(execution, before, deadline);
        answer_all(answers, &Ok(()));
        if execution.end().is_some() && !had_ended { self.retire(execution) } else { Vec::new() }
    }

    fn give_up(&self, execution: &HostedExecution, consequences: Consequences, error: &StoreError) {
        if execution.version() == 0 {
            self.forget(execution);
        }
        execution.give_up(error);
        answer_all(consequences.answers, &Err(error.clone().into()));
    }
}

fn answer_all(answers: Vec<Answer>, result: &Result<(), Error>) {
    for answer in answers {
        // Who asked may have gone meanwhile.
        let _ = answer.send(result.clone());
    }
}
