//! What an execution asks for, carried out: handlers run, under limits, or workers from outside take Tasks up.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use asl_core::execution::{Event, ScheduleTask, TaskId};
use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::activities::ActivityWork;
use super::hosted::HostedExecution;
use super::inner::Inner;
use super::worker::{Message, Told};
use crate::callbacks::{Answer, Reception};
use crate::driver::Work;
use crate::error::Error;
use crate::handler::Surroundings;
use crate::invocation::{HandlerPlace, Invocation};
use crate::nested::is_served;

impl Inner {
    /// Does what an execution asked for, once that is in the journal.
    ///
    /// With `first_polls`, handlers may answer before this returns.
    pub(super) fn perform(&self, execution: &Arc<HostedExecution>, work: Work, first_polls: Option<&mut FirstPolls>) {
        match work {
            Work::Cancel(task) => {
                execution.remove_handler(task);
                self.activities.forget(execution, task);
                self.cancel_child(execution, task);
            }
            Work::Run(task) => self.run_task(execution, task, first_polls),
            Work::StartMapRun(start) => self.run_map_run(execution, *start),
            Work::CancelMapRun(map_run) => self.map_runs.abort(execution.arn(), map_run),
        }
    }

    fn run_task(
        &self,
        execution: &Arc<HostedExecution>,
        task: Arc<ScheduleTask>,
        first_polls: Option<&mut FirstPolls>,
    ) {
        // Whoever goes on with the execution delivers it.
        if self.is_open().is_err() {
            return;
        }
        if is_served(&self.registry, &task) {
            return self.start_child(execution, task);
        }
        let id = task.task;
        let resource = task.resource.clone();
        let permits = self.permits(&task);
        let surroundings = Surroundings {
            execution_arn: Arc::clone(execution.arn()),
            clock: Arc::clone(&self.clock),
            callbacks: self.callbacks.clone(),
        };
        let state_span = execution.state_span(&task.state_name);
        let _entered = (execution.span().enter(), state_span.enter());
        match Invocation::new(&self.registry, task, surroundings) {
            Invocation::Run(run) => {
                let place = run.handler_place();
                let mut answer = Box::pin(self.metrics.handler(&resource, run.answer()));
                let Some(first_polls) = first_polls.and_then(|polls| polls.tries(place).then_some(polls)) else {
                    return self.spawn_handler(execution, id, Permits::Wanted(permits), answer);
                };
                let permits = match try_acquire(permits) {
                    Ok(permits) => permits,
                    Err(permits) => return self.spawn_handler(execution, id, Permits::Wanted(permits), answer),
                };
                match first_polls.poll(place, answer.as_mut()) {
                    Poll::Ready(event) => first_polls.answers.extend(event.map(|event| tell(execution, event))),
                    Poll::Pending => self.spawn_handler(execution, id, Permits::Acquired(permits), answer),
                }
            }
            Invocation::Refused(event) => {
                if let Some(first_polls) = first_polls {
                    return first_polls.answers.push(tell(execution, event));
                }
                let answer = Box::pin(std::future::ready(Some(event)));
                self.spawn_handler(execution, id, Permits::Wanted(permits), answer);
            }
            Invocation::LeftToWorkers(task) => {
                self.activities.push(ActivityWork { execution: Arc::downgrade(execution), task });
            }
        }
    }

    /// What a handler of the Task needs to run.
    fn permits(&self, task: &ScheduleTask) -> Vec<Arc<Semaphore>> {
        let limited = self.resource_permits.iter().filter(|(pattern, _)| pattern.matches(task.resource.as_str()));
        limited.map(|(_, permits)| permits).chain([&self.handler_permits]).cloned().collect()
    }

    fn spawn_handler(
        &self,
        execution: &Arc<HostedExecution>,
        task: TaskId,
        permits: Permits,
        answer: Pin<Box<impl Future<Output = Option<Event>> + Send + 'static>>,
    ) {
        let engine = self.this.clone();
        let hosted = Arc::downgrade(execution);
        let queued = self.metrics.queued_handler();
        let handler = async move {
            let Some(_permits) = permits.acquired().await else { return };
            drop(queued);
            if engine.upgrade().is_none_or(|engine| engine.is_open().is_err()) {
                return;
            }
            if let Some(execution) = hosted.upgrade() {
                execution.handler_began(task);
            }
            let answer = answer.await;
            let (Some(engine), Some(execution)) = (engine.upgrade(), hosted.upgrade()) else { return };
            if let Some(event) = answer {
                // Nobody waits for what comes of it; a worker only goes when the engine does.
                let _ = engine.send(Arc::clone(&execution), Told::Event(event, None)).await;
            }
            execution.remove_handler(task);
        };
        execution.add_handler(task, || self.runtime.spawn(handler).abort_handle());
    }
}

fn tell(execution: &Arc<HostedExecution>, event: Event) -> Message {
    Message::Tell(Arc::clone(execution), Told::Event(event, None))
}

/// The longest first poll of a handler after which the next one of it is a worker's own again.
const LONGEST_FIRST_POLL: Duration = Duration::from_micros(100);

/// How many runs of a handler are tasks from the start, after a first poll that took longer.
const SPAWNED_AFTER_LONG: u32 = 255;

/// The first polls of handlers, by the worker itself: what answers at once needs no task of its own.
///
/// A handler that keeps its thread for long keeps the worker's other executions waiting but once in a while.
#[derive(Debug, Default)]
pub(super) struct FirstPolls {
    /// What handlers answered, to be taken in.
    answers: Vec<Message>,
    /// How many runs of a handler are still to be tasks from the start.
    spawned: HashMap<HandlerPlace, u32>,
}

impl FirstPolls {
    pub(super) fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }

    pub(super) fn take_answers(&mut self, messages: &mut Vec<Message>) {
        messages.append(&mut self.answers);
    }

    /// Whether the next run of a handler is polled here first.
    fn tries(&mut self, handler: HandlerPlace) -> bool {
        let Some(spawned) = self.spawned.get_mut(&handler) else { return true };
        *spawned -= 1;
        if *spawned == 0 {
            self.spawned.remove(&handler);
        }
        false
    }

    /// Polls for the first time; who goes on with the future polls it again at once, for nothing wakes it so far.
    fn poll<T>(&mut self, handler: HandlerPlace, answer: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        let began = Instant::now();
        let polled = answer.poll(&mut Context::from_waker(Waker::noop()));
        if began.elapsed() > LONGEST_FIRST_POLL {
            self.spawned.insert(handler, SPAWNED_AFTER_LONG);
        }
        polled
    }
}

/// The right to run.
enum Permits {
    Wanted(Vec<Arc<Semaphore>>),
    Acquired(Vec<OwnedSemaphorePermit>),
}

impl Permits {
    async fn acquired(self) -> Option<Vec<OwnedSemaphorePermit>> {
        match self {
            Self::Wanted(permits) => acquire(permits).await,
            Self::Acquired(permits) => Some(permits),
        }
    }
}

fn try_acquire(permits: Vec<Arc<Semaphore>>) -> Result<Vec<OwnedSemaphorePermit>, Vec<Arc<Semaphore>>> {
    permits.iter().map(|permits| Arc::clone(permits).try_acquire_owned().ok()).collect::<Option<_>>().ok_or(permits)
}

async fn acquire(permits: Vec<Arc<Semaphore>>) -> Option<Vec<OwnedSemaphorePermit>> {
    let mut acquired = Vec::with_capacity(permits.len());
    for permits in permits {
        acquired.push(permits.acquire_owned().await.ok()?);
    }
    Some(acquired)
}

/// How handlers reach the engine, without keeping it alive.
#[derive(Debug)]
pub(super) struct Door(pub(super) Weak<Inner>);

impl Door {
    fn open(&self) -> Result<Arc<Inner>, Error> {
        self.0.upgrade().ok_or(Error::ShutDown)
    }
}

#[async_trait]
impl Reception for Door {
    async fn answer(&self, task_token: &str, answer: Answer) -> Result<(), Error> {
        self.open()?.answer(task_token, answer).await
    }

    async fn report(&self, execution_arn: &str, event: Event) -> Result<(), Error> {
        self.open()?.report(execution_arn, event).await
    }
}
