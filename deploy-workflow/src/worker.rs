//! The job worker: takes the jobs of a custom action from CodePipeline, starts an execution for each action,
//! and tells the pipeline how it goes until it has ended.
//!
//! An action begins as a job without a continuation token: its execution is named after that job.
//! Whenever the pipeline is told that the action goes on, it offers another job with the token, which names the execution.
//! Whether that job has another id does not matter here.
//!
//! What goes on after a crash is in the executions' store, in the token and in the [`Ledger`];
//! the worker itself keeps nothing else.
//! Several workers may share the jobs of an action type, each with executions of its own:
//! a job whose execution is another's is left to that one.
//!
//! # A stopped pipeline
//!
//! CodePipeline tells nobody that it has stopped. It shows in two ways, and either stops the execution,
//! with the error [`PIPELINE_STOPPED`]:
//!
//! - the answer to a job is refused with `InvalidJobStateException` or `JobNotFoundException`,
//!   though no earlier answer can have reached the pipeline;
//! - no job has named the execution for [the worker's patience](Worker::patience).
//!   Only time in which the worker would have been offered such a job counts:
//!   not the time in which it did not run, could not poll, could not take or answer a job,
//!   or was offered as many jobs as it asked for.
//!
//! A pipeline that is told to stop and wait goes on offering jobs, and nothing is stopped.

mod desk;
mod ledger;
mod notice;
mod patience;

use std::fmt;
use std::num::NonZero;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use self::desk::Desk;
pub use self::ledger::{Ledger, LedgerError};
pub use self::notice::Notice;
use crate::pauses::Pauses;
use crate::trigger::{ActionTypeId, JobQueue, OfferedJob, PipelineError, PollForJobs, Trigger};

/// The error of executions whose pipeline has stopped.
pub const PIPELINE_STOPPED: &str = "PipelineStopped";

/// How long jobs have to be answered when the worker is to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Works on the jobs of one type of custom actions.
pub struct Worker {
    trigger: Trigger,
    jobs: Arc<dyn JobQueue>,
    action_type_id: ActionTypeId,
    ledger: Ledger,
    at_most: NonZero<usize>,
    poll_every: Duration,
    patience: Duration,
    query_param: Option<(String, String)>,
    observer: Observer,
}

type Observer = Box<dyn Fn(&Notice) + Send + Sync>;

impl Worker {
    /// A worker on the jobs of `action_type_id`, which are answered through the trigger's pipeline.
    pub fn new(trigger: Trigger, jobs: Arc<dyn JobQueue>, action_type_id: ActionTypeId) -> Self {
        Self {
            trigger,
            jobs,
            action_type_id,
            ledger: Ledger::in_memory(),
            at_most: NonZero::<usize>::MIN.saturating_add(9),
            poll_every: Duration::from_secs(5),
            patience: Duration::from_mins(30),
            query_param: None,
            observer: Box::new(|_| {}),
        }
    }

    /// What the worker must not forget; by default it is in memory and forgotten with the process.
    #[must_use]
    pub fn ledger(mut self, ledger: Ledger) -> Self {
        self.ledger = ledger;
        self
    }

    /// At most so many jobs are worked on at once, 10 by default. Executions do not count: they go on without a job.
    #[must_use]
    pub fn at_most(mut self, jobs: NonZero<usize>) -> Self {
        self.at_most = jobs;
        self
    }

    /// How long to wait between two polls, 5 s by default; after one that failed up to a minute.
    #[must_use]
    pub fn poll_every(mut self, period: Duration) -> Self {
        self.poll_every = period;
        self
    }

    /// How long no job may name an execution before it is stopped, 30 minutes by default.
    ///
    /// It must be longer than the pipeline takes to offer an action that goes on, which CodePipeline does not promise;
    /// of Lambda actions it expects news every 20 minutes.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Only jobs of actions whose property `name` has this value, of 1 to 50 characters.
    ///
    /// It is the one queryable property of the action type: if that has one, CodePipeline wants it to be named,
    /// and if it has none, nothing may be named.
    #[must_use]
    pub fn query_param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query_param = Some((name.into(), value.into()));
        self
    }

    /// Tells `observer` what happens.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Works until `shutdown` is done; then jobs that were taken have 30 s to be answered.
    ///
    /// Jobs that are not answered then are in the ledger, and executions go on for as long as their engine does.
    /// Dropping the future stops at once.
    ///
    /// # Errors
    ///
    /// [`WorkerError::Refused`] when the pipeline refuses to be polled until somebody mends the action type or the
    /// permissions; whatever else goes wrong is tried again.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), WorkerError> {
        let Self { trigger, jobs, action_type_id, ledger, at_most, poll_every, patience, query_param, observer } = self;
        let unanswered = ledger.jobs();
        let desk = Arc::new(Desk::new(trigger, Arc::clone(&jobs), ledger, patience, observer));
        let mut work = JoinSet::new();
        for (job_id, nonce) in unanswered {
            work.spawn(Arc::clone(&desk).resume(job_id, nonce));
        }
        let mut shutdown = pin!(shutdown);
        let mut pauses = Pauses::new();
        let ended = loop {
            while work.try_join_next().is_some() {}
            let Some(max_batch_size) = NonZero::new(at_most.get().saturating_sub(work.len())) else {
                tokio::select! {
                    () = &mut shutdown => break Ok(()),
                    _ = work.join_next() => continue,
                }
            };
            let (action_type_id, query_param) = (action_type_id.clone(), query_param.clone());
            let request = PollForJobs { action_type_id, max_batch_size, query_param };
            let polled = tokio::select! {
                () = &mut shutdown => break Ok(()),
                polled = jobs.poll_for_jobs(&request) => polled,
            };
            let next_poll = match polled {
                Ok(offered) => {
                    pauses = Pauses::new();
                    desk.listened(offered.len() < max_batch_size.get(), poll_every.saturating_mul(2));
                    for OfferedJob { job, nonce } in offered {
                        desk.offered(&job);
                        work.spawn(Arc::clone(&desk).take(job, nonce));
                    }
                    for execution_arn in desk.unheard() {
                        work.spawn(Arc::clone(&desk).give_up(execution_arn));
                    }
                    poll_every
                }
                Err(error) if !error.refuses_polls() => {
                    desk.did_not_listen();
                    let wait = pauses.next().max(poll_every);
                    desk.tell(&Notice::PollFailed { error, again_in: wait });
                    wait
                }
                Err(error) => break Err(WorkerError::Refused(error)),
            };
            tokio::select! {
                () = &mut shutdown => break Ok(()),
                () = tokio::time::sleep(next_poll) => {}
            }
        };
        let all_answered = async { while work.join_next().await.is_some() {} };
        // Those that are not answered in time are in the ledger.
        let _ = tokio::time::timeout(GRACE, all_answered).await;
        work.shutdown().await;
        ended
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Worker")
            .field("action_type_id", &self.action_type_id)
            .field("at_most", &self.at_most)
            .field("poll_every", &self.poll_every)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// Why a worker stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The pipeline refuses to be polled.
    #[error("CodePipeline refuses to be polled: {0}")]
    Refused(PipelineError),
}
