//! What an engine is made of, and how anything gets into an execution.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::{Event, Limits, TokenKey};
use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SetOnce, mpsc, oneshot};
use tokio::task::JoinSet;

use super::activities::Activities;
use super::catalogue::Programs;
use super::hosted::{Departure, HostedExecution, Keeping};
use super::map_runs::MapRuns;
use super::metrics::{Level, Metrics};
use super::names::Names;
use super::nested::Links;
use super::retention::Ended;
use super::timers::Timers;
use super::worker::{Message, Told};
use crate::callbacks::{Answer, Callbacks, Reception};
use crate::clock::Clock;
use crate::error::Error;
use crate::map_run::Objects;
use crate::registry::{Pattern, Registry};
use crate::store::{End, OwnerId, Parent, Store, StoreError};

/// The parts of an engine, shared by its handles, workers and handlers.
pub(super) struct Inner {
    pub(super) registry: Registry,
    pub(super) store: Arc<dyn Store>,
    pub(super) owner: OwnerId,
    pub(super) lease: Duration,
    pub(super) token_key: TokenKey,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: Limits,
    pub(super) names: Names,
    pub(super) runtime: Handle,
    pub(super) random: Mutex<fastrand::Rng>,
    pub(super) programs: Programs,
    pub(super) executions: Mutex<Executions>,
    pub(super) activities: Activities,
    /// What handlers answer Tasks by.
    pub(super) callbacks: Callbacks,
    pub(super) links: Links,
    pub(super) map_runs: MapRuns,
    /// What Map Runs read from and write to.
    pub(super) objects: Option<Arc<dyn Objects>>,
    pub(super) timers: Arc<Timers>,
    pub(super) workers: Vec<mpsc::Sender<Message>>,
    pub(super) handler_permits: Arc<Semaphore>,
    pub(super) handler_limit: u32,
    pub(super) resource_permits: Vec<(Pattern, Arc<Semaphore>)>,
    pub(super) retained: usize,
    pub(super) snapshot_every: NonZero<u64>,
    pub(super) metrics: Metrics,
    /// Set when nothing new is taken in any more.
    pub(super) closing: SetOnce<()>,
    /// Set when nothing goes on any more.
    pub(super) shut_down: SetOnce<()>,
    pub(super) background: Mutex<JoinSet<()>>,
    /// The engine itself, for what outlives a call.
    pub(super) this: Weak<Self>,
}

/// The executions that are this engine's own and did not end.
#[derive(Debug)]
pub(super) struct Executions {
    by_arn: HashMap<Arc<str>, Arc<HostedExecution>>,
    /// Those that cannot go on, and why.
    pub(super) set_aside: HashMap<Arc<str>, SetAside>,
    pub(super) ended: Ended,
    /// How many were ever hosted.
    hosted: u64,
    level: Level,
}

/// An execution that cannot go on.
#[derive(Debug, Clone)]
pub(super) struct SetAside {
    /// Why.
    pub(super) reason: Error,
    /// When it is tried again.
    pub(super) try_again_at: Timestamp,
    pub(super) tries: u32,
}

impl Executions {
    /// None; `level` tells how many there are.
    pub(super) fn new(level: Level) -> Self {
        Self { by_arn: HashMap::new(), set_aside: HashMap::new(), ended: Ended::default(), hosted: 0, level }
    }

    fn insert(&mut self, execution: &Arc<HostedExecution>) {
        self.by_arn.insert(Arc::clone(execution.arn()), Arc::clone(execution));
        self.level.set(self.by_arn.len());
    }

    fn remove(&mut self, execution_arn: &str) {
        self.by_arn.remove(execution_arn);
        self.level.set(self.by_arn.len());
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Arc<HostedExecution>> {
        self.by_arn.values().cloned()
    }
}

impl Inner {
    pub(super) fn is_open(&self) -> Result<(), Error> {
        if self.closing.initialized() { Err(Error::ShutDown) } else { Ok(()) }
    }

    /// Returns once nothing new is taken in any more.
    pub(super) async fn closed(&self) {
        self.closing.wait().await;
    }

    /// The queue of the worker that an execution belongs to.
    pub(super) fn worker_of(&self, execution_number: u64) -> Result<&mpsc::Sender<Message>, Error> {
        let count = self.workers.len().max(1) as u64;
        let place = usize::try_from(execution_number % count).unwrap_or(0);
        self.workers.get(place).ok_or(Error::ShutDown)
    }

    /// A number for an execution to be hosted.
    pub(super) fn next_number(&self) -> u64 {
        let mut executions = lock(&self.executions);
        executions.hosted += 1;
        executions.hosted
    }

    /// The execution, if it is this engine's and can go on.
    pub(super) fn hosted(&self, execution_arn: &str) -> Option<Arc<HostedExecution>> {
        lock(&self.executions).by_arn.get(execution_arn).cloned()
    }

    pub(super) fn all_hosted(&self) -> Vec<Arc<HostedExecution>> {
        lock(&self.executions).all().collect()
    }

    /// Hosts an execution, unless it is hosted already: then that is returned.
    pub(super) fn host(&self, execution: &Arc<HostedExecution>) -> Result<(), Arc<HostedExecution>> {
        let mut executions = lock(&self.executions);
        if let Some(known) = executions.by_arn.get(execution.arn()) {
            return Err(Arc::clone(known));
        }
        executions.insert(execution);
        execution.count_sleep(&self.metrics);
        Ok(())
    }

    /// Why an execution cannot go on here, if it cannot.
    pub(super) fn set_aside(&self, execution_arn: &str) -> Option<Error> {
        lock(&self.executions).set_aside.get(execution_arn).map(|set_aside| set_aside.reason.clone())
    }

    /// Tells `execution` of `event`, and returns once that is in the journal.
    pub(super) async fn tell(&self, execution: Arc<HostedExecution>, event: Event) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        self.send(execution, Told::Event(event, Some(answer))).await?;
        answered.await.map_err(|_| Error::ShutDown)?
    }

    pub(super) async fn send(&self, execution: Arc<HostedExecution>, told: Told) -> Result<(), Error> {
        let worker = self.worker_of(execution.number())?;
        worker.send(Message::Tell(execution, told)).await.map_err(|_| Error::ShutDown)
    }

    /// Tells an execution of `event`, whichever engine it belongs to; another one learns of it later.
    pub(super) async fn deliver(&self, execution_arn: &str, event: Event) -> Result<(), Error> {
        self.is_running()?;
        if let Some(execution) = self.hosted(execution_arn) {
            match self.tell(execution, event.clone()).await {
                // It has just become another engine's.
                Err(Error::Store(StoreError::Fenced { .. } | StoreError::VersionConflict { .. })) => {}
                result => return result,
            }
        }
        if let Some(reason) = self.set_aside(execution_arn) {
            return Err(reason);
        }
        match self.store.find(execution_arn).await? {
            None => Err(Error::ExecutionDoesNotExist(execution_arn.into())),
            Some(record) if record.standing.end().is_some() => Err(Error::TaskTimedOut),
            Some(_) => Ok(self.store.post(execution_arn, &event).await?),
        }
    }

    fn is_running(&self) -> Result<(), Error> {
        if self.shut_down.initialized() { Err(Error::ShutDown) } else { Ok(()) }
    }

    pub(super) async fn deadline_reached(&self, execution: Arc<HostedExecution>) {
        // A worker only goes when the engine does.
        let _ = self.send(execution, Told::DeadlineReached).await;
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

    /// Hosts an execution no longer, and says why to those who wait for it.
    pub(super) fn let_go(&self, execution: &Arc<HostedExecution>, departure: &Departure) {
        // After the first time it may be hosted anew, and nothing of that is to be forgotten.
        if execution.departed().is_some() {
            return;
        }
        {
            let mut executions = lock(&self.executions);
            if executions.by_arn.get(execution.arn()).is_some_and(|hosted| Arc::ptr_eq(hosted, execution)) {
                executions.remove(execution.arn());
            }
            let set_aside = &mut executions.set_aside;
            match departure {
                // What is in the journal under its name may still have to go on here.
                Departure::Elsewhere(_) if execution.version() == 0 => {}
                Departure::Elsewhere(error) => {
                    tracing::info!(parent: execution.span(), %error, "the execution goes on elsewhere");
                    set_aside.remove(execution.arn());
                }
                // What never began did not happen; but an unavailable store may have begun it nevertheless.
                Departure::SetAside(error) if execution.version() == 0 && !is_unavailable(error) => {
                    tracing::error!(parent: execution.span(), %error, "the execution could not be started");
                }
                Departure::SetAside(error) => {
                    tracing::error!(parent: execution.span(), %error, "the execution cannot go on");
                    let tries = set_aside.get(execution.arn()).map_or(0, |before| before.tries.saturating_add(1));
                    let pause = self.lease.saturating_mul(1 << tries.min(8));
                    let try_again_at = self.clock.now().saturating_add(pause);
                    let reason = error.clone();
                    set_aside.insert(Arc::clone(execution.arn()), SetAside { reason, try_again_at, tries });
                }
            }
        }
        let armed = execution.depart(departure);
        self.timers.set(execution, armed, None);
        self.activities.forget_execution(execution);
        self.links.forget_parent(execution.arn());
        self.map_runs.forget_execution(execution.arn());
        self.map_run_child_departed(execution, departure);
    }

    /// Takes note that `execution` ended; returns the ARNs of those that need not be kept any longer.
    pub(super) fn retire(&self, execution: &Arc<HostedExecution>, end: End) -> Vec<Arc<str>> {
        let surplus = {
            let mut executions = lock(&self.executions);
            executions.remove(execution.arn());
            executions.set_aside.remove(execution.arn());
            // A Map Run needs its children until it ends.
            let is_needed = matches!(execution.parent(), Some(Parent::MapRun { .. }));
            let is_kept = execution.keeping() == Keeping::Journalled && !is_needed;
            executions.ended.add(is_kept.then(|| Arc::clone(execution.arn())), self.retained)
        };
        execution.abort_handlers();
        self.child_ended(execution, &end);
        execution.announce(end);
        surplus
    }

    pub(super) fn abort_handlers(&self) {
        let hosted: Vec<_> = lock(&self.executions).by_arn.values().cloned().collect();
        for execution in hosted {
            execution.abort_handlers();
        }
    }

    /// Takes note that executions ended which are not needed any more; returns those that need not be kept any longer.
    pub(super) fn retain(&self, execution_arns: impl IntoIterator<Item = Arc<str>>) -> Vec<Arc<str>> {
        lock(&self.executions).ended.add(execution_arns, self.retained)
    }

    /// Removes executions that ended from the store.
    pub(super) async fn remove(&self, execution_arns: &[Arc<str>]) {
        if !execution_arns.is_empty()
            && let Err(error) = self.store.remove(execution_arns).await
        {
            tracing::warn!(%error, "old executions stay in the store");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.abort_handlers();
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
        let (execution_arn, task) = self.token_key.read(task_token).ok_or(Error::InvalidToken)?;
        answer.check(&self.limits)?;
        match self.deliver(&execution_arn, answer.into_event(task)).await {
            Err(Error::ExecutionDoesNotExist(_)) => Err(Error::TaskDoesNotExist),
            result => result,
        }
    }

    async fn report(&self, execution_arn: &str, event: Event) -> Result<(), Error> {
        self.deliver(execution_arn, event).await
    }
}

fn is_unavailable(error: &Error) -> bool {
    matches!(error, Error::Store(error) if error.is_retryable())
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
