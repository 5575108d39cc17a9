//! What an engine is made of, and how anything gets into an execution.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use asl_core::execution::{Event, Limits, ScheduleTask, TaskId};
use asl_core::{Program, Timestamp};
use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SetOnce, mpsc, oneshot};
use tokio::task::JoinSet;

use super::hosted::HostedExecution;
use super::names::Names;
use super::timers::Timers;
use super::worker::{Message, Told};
use crate::callbacks::{Answer, Callbacks, Reception};
use crate::clock::Clock;
use crate::driver::Work;
use crate::error::Error;
use crate::handler::Surroundings;
use crate::invocation::Invocation;
use crate::registry::Registry;
use crate::store::{OwnerId, Store};

/// The parts of an engine, shared by its handles, workers and handlers.
pub(super) struct Inner {
    pub(super) registry: Registry,
    pub(super) store: Arc<dyn Store>,
    pub(super) owner: OwnerId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: Limits,
    pub(super) names: Names,
    pub(super) runtime: Handle,
    pub(super) random: Mutex<fastrand::Rng>,
    pub(super) machines: Mutex<BTreeMap<Arc<str>, StateMachine>>,
    pub(super) executions: Mutex<Executions>,
    /// Tokens of all executions that are kept, those of closed Tasks included.
    pub(super) tokens: Mutex<HashMap<Arc<str>, Weak<HostedExecution>>>,
    /// Tasks of activities that no worker took up yet, by the activity's ARN.
    pub(super) activities: Mutex<HashMap<Arc<str>, VecDeque<ActivityWork>>>,
    pub(super) timers: Arc<Timers>,
    pub(super) workers: Vec<mpsc::Sender<Message>>,
    pub(super) handler_permits: Arc<Semaphore>,
    pub(super) handler_limit: u32,
    pub(super) retained: usize,
    pub(super) closing: AtomicBool,
    pub(super) shut_down: SetOnce<()>,
    pub(super) background: Mutex<JoinSet<()>>,
    /// The engine itself, for what outlives a call.
    pub(super) this: Weak<Self>,
}

/// A machine that executions can be started of.
#[derive(Debug, Clone)]
pub(super) struct StateMachine {
    pub(super) name: Arc<str>,
    pub(super) program: Program,
    pub(super) creation_date: Timestamp,
}

/// The executions that the engine knows.
#[derive(Debug, Default)]
pub(super) struct Executions {
    pub(super) by_arn: HashMap<Arc<str>, Arc<HostedExecution>>,
    pub(super) ended: VecDeque<Arc<str>>,
    pub(super) started: u64,
}

/// A Task of an activity that waits for a worker.
#[derive(Debug)]
pub(super) struct ActivityWork {
    pub(super) execution: Weak<HostedExecution>,
    pub(super) task: ScheduleTask,
}

impl Inner {
    pub(super) fn is_open(&self) -> Result<(), Error> {
        if self.closing.load(Ordering::Acquire) { Err(Error::ShutDown) } else { Ok(()) }
    }

    /// The queue of the worker that an execution belongs to.
    pub(super) fn worker_of(&self, execution_number: u64) -> Result<&mpsc::Sender<Message>, Error> {
        let count = self.workers.len().max(1) as u64;
        let place = usize::try_from(execution_number % count).unwrap_or(0);
        self.workers.get(place).ok_or(Error::ShutDown)
    }

    /// Tells `execution` of `event`, and returns once that is in the journal.
    pub(super) async fn tell(&self, execution: Arc<HostedExecution>, event: Event) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        let worker = self.worker_of(execution.number())?;
        let told = Told::Event { event, answer: Some(answer) };
        worker.send(Message::Tell(execution, told)).await.map_err(|_| Error::ShutDown)?;
        answered.await.map_err(|_| Error::ShutDown)?
    }

    /// Puts what a handler answered into the queue; nobody waits for what comes of it.
    async fn handler_answered(&self, execution: Arc<HostedExecution>, event: Event) {
        if let Ok(worker) = self.worker_of(execution.number()) {
            // A worker only goes when the engine does.
            let _ = worker.send(Message::Tell(execution, Told::Event { event, answer: None })).await;
        }
    }

    pub(super) async fn deadline_reached(&self, execution: Arc<HostedExecution>) {
        if let Ok(worker) = self.worker_of(execution.number()) {
            let _ = worker.send(Message::Tell(execution, Told::DeadlineReached)).await;
        }
    }

    /// Returns once everything that is in the workers' queues now is in the journal.
    pub(super) async fn settle(&self) {
        let mut settled = Vec::new();
        for worker in &self.workers {
            let (answer, answered) = oneshot::channel();
            if worker.send(Message::Settle(answer)).await.is_ok() {
                settled.push(answered);
            }
        }
        for answered in settled {
            let _ = answered.await;
        }
    }

    /// Does what an execution asked for, once that is in the journal.
    pub(super) fn perform(&self, execution: &Arc<HostedExecution>, work: Work) {
        match work {
            Work::Cancel(task) => {
                execution.abort_handler(task);
                self.forget_activity_work(execution, task);
            }
            Work::Run(task) => self.run_task(execution, task),
        }
    }

    fn run_task(&self, execution: &Arc<HostedExecution>, task: ScheduleTask) {
        if let Some(token) = &task.task_token {
            lock(&self.tokens).insert(Arc::clone(token), Arc::downgrade(execution));
        }
        if self.is_open().is_err() {
            return;
        }
        let id = task.task;
        let surroundings = Surroundings {
            execution_arn: Arc::clone(execution.arn()),
            clock: Arc::clone(&self.clock),
            callbacks: Callbacks::new(Arc::new(Door(self.this.clone()))),
        };
        let _entered = execution.span().enter();
        match Invocation::new(&self.registry, task, surroundings) {
            Invocation::Run(run) => self.spawn_handler(execution, id, run.answer()),
            Invocation::Refused(event) => self.spawn_handler(execution, id, std::future::ready(Some(event))),
            Invocation::LeftToWorkers(task) => {
                let work = ActivityWork { execution: Arc::downgrade(execution), task };
                lock(&self.activities).entry(work.task.resource.as_str().into()).or_default().push_back(work);
            }
        }
    }

    fn spawn_handler(
        &self,
        execution: &Arc<HostedExecution>,
        task: TaskId,
        answer: impl Future<Output = Option<Event>> + Send + 'static,
    ) {
        let (engine, permits) = (self.this.clone(), Arc::clone(&self.handler_permits));
        let hosted = Arc::downgrade(execution);
        let handler = self.runtime.spawn(async move {
            let Ok(_permit) = permits.acquire_owned().await else { return };
            if engine.upgrade().is_none_or(|engine| engine.is_open().is_err()) {
                return;
            }
            let Some(event) = answer.await else { return };
            if let (Some(engine), Some(execution)) = (engine.upgrade(), hosted.upgrade()) {
                engine.handler_answered(execution, event).await;
            }
        });
        execution.add_handler(task, handler.abort_handle());
    }

    fn forget_activity_work(&self, execution: &Arc<HostedExecution>, task: TaskId) {
        let mut activities = lock(&self.activities);
        activities.retain(|_, queue| {
            queue.retain(|work| work.task.task != task || work.execution.as_ptr() != Arc::as_ptr(execution));
            !queue.is_empty()
        });
    }

    pub(super) fn execution(&self, execution_arn: &str) -> Result<Arc<HostedExecution>, Error> {
        let executions = lock(&self.executions);
        executions.by_arn.get(execution_arn).cloned().ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.into()))
    }

    /// Forgets an execution whose start was never journalled.
    pub(super) fn forget(&self, execution: &HostedExecution) {
        lock(&self.executions).by_arn.remove(execution.arn());
    }

    /// Takes note that `execution` ended; returns the ARNs of those that need not be kept any longer.
    pub(super) fn retire(&self, execution: &HostedExecution) -> Vec<Arc<str>> {
        let mut executions = lock(&self.executions);
        executions.ended.push_back(Arc::clone(execution.arn()));
        let surplus = executions.ended.len().saturating_sub(self.retained);
        executions.ended.drain(..surplus).collect()
    }

    /// Removes executions that ended, from the store first: only then their names are free again.
    pub(super) async fn remove(&self, execution_arns: &[Arc<str>]) {
        if execution_arns.is_empty() {
            return;
        }
        if let Err(error) = self.store.remove(execution_arns).await {
            tracing::warn!(%error, "old executions stay in the store");
        }
        let removed: Vec<_> = {
            let mut executions = lock(&self.executions);
            execution_arns.iter().filter_map(|arn| executions.by_arn.remove(arn)).collect()
        };
        let mut tokens = lock(&self.tokens);
        removed.iter().flat_map(|execution| execution.tokens()).for_each(|token| drop(tokens.remove(&token)));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        lock(&self.executions).by_arn.values().for_each(|execution| execution.abort_handlers());
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("names", &self.names)
            .field("registry", &self.registry)
            .field("store", &self.store)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Reception for Inner {
    async fn answer(&self, task_token: &str, answer: Answer) -> Result<(), Error> {
        self.is_open()?;
        let holder = lock(&self.tokens).get(task_token).cloned().ok_or(Error::InvalidToken)?;
        let execution = holder.upgrade().ok_or(Error::TaskDoesNotExist)?;
        let task = execution.task_of_token(task_token).ok_or(Error::TaskDoesNotExist)?;
        self.tell(execution, answer.into_event(task)).await
    }

    async fn report(&self, execution_arn: &str, event: Event) -> Result<(), Error> {
        self.tell(self.execution(execution_arn)?, event).await
    }
}

/// How handlers reach the engine, without keeping it alive.
#[derive(Debug)]
struct Door(Weak<Inner>);

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

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
