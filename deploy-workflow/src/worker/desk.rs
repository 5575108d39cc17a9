//! What is done with each job.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asl_runtime::engine::ExecutionStatus;

use super::ledger::{Ledger, LedgerError, Shared};
use super::notice::Notice;
use super::patience::Patience;
use super::{Observer, PIPELINE_STOPPED};
use crate::pauses::Pauses;
use crate::trigger::{
    Answered, Earlier, Job, JobQueue, JobStatus, PipelineError, Told, Trigger, answer, look_patiently,
};

/// What all jobs of a worker share.
pub(super) struct Desk {
    trigger: Trigger,
    jobs: Arc<dyn JobQueue>,
    observer: Observer,
    ledger: Shared,
    state: Mutex<State>,
}

struct State {
    patience: Patience,
    patience_text: String,
    /// The jobs that are worked on, each with the nonce it was offered with again meanwhile.
    in_hand: BTreeMap<String, Option<String>>,
    /// How many jobs the pipeline cannot be asked about, or told of: it may wait for the worker then, and is not silent.
    in_trouble: usize,
}

/// Whether a job was taken.
enum Acknowledged {
    Taken,
    /// It was, by a call before whose answer is not known.
    Before,
    /// It is left alone.
    No,
}

/// A call of a trait's method.
type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, PipelineError>> + Send + 'a>>;

impl Desk {
    pub(super) fn new(
        trigger: Trigger,
        jobs: Arc<dyn JobQueue>,
        ledger: Ledger,
        patience: Duration,
        observer: Observer,
    ) -> Self {
        let state = State {
            patience: Patience::new(patience, ledger.executions()),
            patience_text: format!("no job of the pipeline has named the execution for {} s", patience.as_secs()),
            in_hand: BTreeMap::new(),
            in_trouble: 0,
        };
        Self { trigger, jobs, observer, ledger: Shared::new(ledger), state: Mutex::new(state) }
    }

    /// A poll succeeded, and `everything` that there is was offered.
    pub(super) fn listened(&self, everything: bool, at_most: Duration) {
        let State { patience, in_trouble, .. } = &mut *self.state();
        if everything && *in_trouble == 0 { patience.listened(at_most) } else { patience.did_not_listen() }
    }

    /// A job was offered; one of an execution that runs here is heard, whatever becomes of the job.
    pub(super) fn offered(&self, job: &Job) {
        if let Some(execution_arn) = job.execution_arn() {
            self.state().patience.heard_again(&execution_arn);
        }
    }

    pub(super) fn did_not_listen(&self) {
        self.state().patience.did_not_listen();
    }

    pub(super) fn unheard(&self) -> Vec<String> {
        self.state().patience.unheard()
    }

    pub(super) fn tell(&self, notice: &Notice) {
        (self.observer)(notice);
    }

    /// Takes a job that was offered, and answers it.
    pub(super) async fn take(self: Arc<Self>, job: Job, nonce: String) {
        let Some(_in_hand) = InHand::of(&self, &job.id) else { return self.offered_again(&job.id, nonce) };
        if let Some(reason) = self.is_anothers(&job).await {
            return self.tell(&Notice::LeftAlone { job_id: job.id, reason });
        }
        // What cannot be written down is not taken.
        let (job_id, taken_with) = (job.id.clone(), nonce.clone());
        if self.note(move |ledger| ledger.taking(&job_id, &taken_with)).await.is_err() {
            return;
        }
        match self.acknowledge(&job.id, nonce, Earlier::None).await {
            Acknowledged::Taken => {
                self.tell(&Notice::Taken { job_id: job.id.clone(), execution_arn: job.execution_arn() });
                self.work_on(&job, Earlier::None).await;
            }
            Acknowledged::Before => self.go_on(&job.id).await,
            Acknowledged::No => {}
        }
    }

    /// Answers a job that an earlier worker took, or was about to take.
    pub(super) async fn resume(self: Arc<Self>, job_id: String, nonce: Option<String>) {
        let Some(_in_hand) = InHand::of(&self, &job_id) else { return };
        if let Some(nonce) = nonce
            && let Acknowledged::No = self.acknowledge(&job_id, nonce, Earlier::Possible).await
        {
            return;
        }
        self.go_on(&job_id).await;
    }

    /// Answers a job that was taken before; an answer of then may have reached the pipeline.
    async fn go_on(&self, job_id: &str) {
        match self.patiently("GetJobDetails", job_id, || self.jobs.get_job_details(job_id)).await {
            Ok(job) => {
                self.tell(&Notice::Resumed { job_id: job_id.to_owned() });
                self.work_on(&job, Earlier::Possible).await;
            }
            Err(error) => self.leave(job_id, error.to_string()).await,
        }
    }

    /// Stops an execution that no job names any more.
    pub(super) async fn give_up(self: Arc<Self>, execution_arn: String) {
        let cause = self.state().patience_text.clone();
        self.stop(&execution_arn, cause).await;
    }

    /// Why a job is another worker's: it names an execution that is not here.
    async fn is_anothers(&self, job: &Job) -> Option<String> {
        let execution_arn = job.execution_arn()?;
        match self.trigger.executions.describe_execution(&execution_arn).await {
            Err(error) if error.is_unknown() => Some(format!("its execution {execution_arn} is not here")),
            _ => None,
        }
    }

    /// Takes a job, with the latest nonce that is known.
    ///
    /// AWS does not say what it answers to a nonce that was used. So a refused one means that the job was taken before
    /// if it may have been and is not offered any more; whether a job is in progress no other call tells.
    async fn acknowledge(&self, job_id: &str, mut nonce: String, mut earlier: Earlier) -> Acknowledged {
        let mut pauses = Pauses::new();
        let mut trouble = None;
        let reason = loop {
            let error = match self.jobs.acknowledge_job(job_id, &nonce).await {
                Ok(JobStatus::InProgress) => {
                    self.taken(job_id).await;
                    return Acknowledged::Taken;
                }
                Ok(status) => break format!("it is {status}"),
                Err(error) => error,
            };
            if let Some(newer) = self.newer_nonce(job_id) {
                let (job_id, taken_with) = (job_id.to_owned(), newer.clone());
                let _ = self.note(move |ledger| ledger.taking(&job_id, &taken_with)).await;
                (nonce, earlier) = (newer, Earlier::None);
                continue;
            }
            if error.is_outdated() && earlier == Earlier::Possible {
                self.taken(job_id).await;
                return Acknowledged::Before;
            }
            if error.is_definite() {
                break error.to_string();
            }
            if !error.is_throttling() {
                earlier = Earlier::Possible;
            }
            trouble.get_or_insert_with(|| InTrouble::of(self));
            self.in_trouble(job_id, "AcknowledgeJob", &error);
            pauses.pause().await;
        };
        self.leave(job_id, reason).await;
        Acknowledged::No
    }

    /// With the nonce in the ledger, it would only be acknowledged again.
    async fn taken(&self, job_id: &str) {
        let job_id = job_id.to_owned();
        let _ = self.note(move |ledger| ledger.taken(&job_id)).await;
    }

    /// A job that is in hand was offered again: whoever is about to take it needs this nonce.
    fn offered_again(&self, job_id: &str, nonce: String) {
        if let Some(newer) = self.state().in_hand.get_mut(job_id) {
            *newer = Some(nonce);
        }
    }

    fn newer_nonce(&self, job_id: &str) -> Option<String> {
        self.state().in_hand.get_mut(job_id)?.take()
    }

    async fn leave(&self, job_id: &str, reason: String) {
        self.done(job_id).await;
        self.tell(&Notice::LeftAlone { job_id: job_id.to_owned(), reason });
    }

    async fn work_on(&self, job: &Job, earlier: Earlier) {
        let named = job.execution_arn();
        if let Some(execution_arn) = &named {
            self.state().patience.heard(execution_arn);
        }
        let notice = |error| self.tell(&Notice::Trouble { what: format!("job {}", job.id), error });
        let told = look_patiently(&self.trigger, job, None, notice).await;
        if let Told::Running { execution_arn } = &told {
            self.state().patience.heard(execution_arn);
            let execution_arn = execution_arn.clone();
            let _ = self.note(move |ledger| ledger.runs(&execution_arn)).await;
        }
        match self.answer(&job.id, &told, earlier).await {
            Answered::Taken => {
                if let (Told::Succeeded | Told::Failed(_), Some(execution_arn)) = (&told, &named) {
                    self.forget(execution_arn).await;
                }
                self.tell(&Notice::Told { job_id: job.id.clone(), told });
            }
            Answered::Before(_) => {
                self.tell(&Notice::LeftAlone { job_id: job.id.clone(), reason: "it was answered before".to_owned() });
            }
            Answered::Refused(error) | Answered::Failed(error) => {
                let cause = format!("the pipeline takes no answer to job {}: {error}", job.id);
                let is_given_up = error.is_given_up();
                self.tell(&Notice::Refused { job_id: job.id.clone(), error });
                match told {
                    Told::Running { execution_arn } if is_given_up => self.stop(&execution_arn, cause).await,
                    Told::Running { .. } => {}
                    Told::Succeeded | Told::Failed(_) => {
                        if let Some(execution_arn) = &named {
                            self.forget(execution_arn).await;
                        }
                    }
                }
            }
        }
        self.done(&job.id).await;
    }

    async fn answer(&self, job_id: &str, told: &Told, earlier: Earlier) -> Answered {
        let mut trouble = None;
        let notice = |error: &PipelineError| {
            trouble.get_or_insert_with(|| InTrouble::of(self));
            self.tell(&Notice::Trouble { what: format!("job {job_id}"), error: error.to_string() });
        };
        answer(&self.trigger, job_id, told, earlier, None, notice).await
    }

    async fn stop(&self, execution_arn: &str, cause: String) {
        let executions = &self.trigger.executions;
        let mut pauses = Pauses::new();
        loop {
            let stopped = match executions.describe_execution(execution_arn).await {
                Ok(execution) if execution.status != ExecutionStatus::Running => break,
                Ok(_) => executions.stop_execution(execution_arn, PIPELINE_STOPPED, &cause).await,
                Err(error) => Err(error),
            };
            match stopped {
                Ok(()) => {
                    let execution_arn = execution_arn.to_owned();
                    self.tell(&Notice::ExecutionStopped { execution_arn, cause });
                    break;
                }
                Err(error) if error.is_unknown() => break,
                Err(error) => {
                    let what = format!("execution {execution_arn}: cannot be stopped");
                    self.tell(&Notice::Trouble { what, error: error.to_string() });
                    pauses.pause().await;
                }
            }
        }
        self.forget(execution_arn).await;
    }

    async fn forget(&self, execution_arn: &str) {
        self.state().patience.forget(execution_arn);
        let execution_arn = execution_arn.to_owned();
        let _ = self.note(move |ledger| ledger.ended(&execution_arn)).await;
    }

    async fn done(&self, job_id: &str) {
        let job_id = job_id.to_owned();
        let _ = self.note(move |ledger| ledger.done(&job_id)).await;
    }

    /// Calls until there is an answer that another call would not change.
    async fn patiently<'a, T>(
        &self,
        operation: &str,
        job_id: &str,
        call: impl Fn() -> Call<'a, T>,
    ) -> Result<T, PipelineError> {
        let mut pauses = Pauses::new();
        let mut trouble = None;
        loop {
            match call().await {
                Err(error) if !error.is_definite() => {
                    trouble.get_or_insert_with(|| InTrouble::of(self));
                    self.in_trouble(job_id, operation, &error);
                    pauses.pause().await;
                }
                answer => return answer,
            }
        }
    }

    fn in_trouble(&self, job_id: &str, operation: &str, error: &PipelineError) {
        self.tell(&Notice::Trouble { what: format!("job {job_id}: {operation}"), error: error.to_string() });
    }

    /// Writes to the ledger; what cannot be written is told.
    async fn note(
        &self,
        entry: impl FnOnce(&mut Ledger) -> Result<(), LedgerError> + Send + 'static,
    ) -> Result<(), LedgerError> {
        self.ledger.note(entry).await.inspect_err(|error| {
            self.tell(&Notice::Trouble { what: "nothing can be noted".to_owned(), error: error.to_string() });
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job that is worked on; one that is offered again meanwhile is not taken twice.
struct InHand<'a> {
    desk: &'a Desk,
    job_id: String,
}

impl<'a> InHand<'a> {
    fn of(desk: &'a Desk, job_id: &str) -> Option<Self> {
        match desk.state().in_hand.entry(job_id.to_owned()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(entry) => {
                entry.insert(None);
                Some(Self { desk, job_id: job_id.to_owned() })
            }
        }
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.desk.state().in_hand.remove(&self.job_id);
    }
}

/// A job that the pipeline cannot be asked about, or told of.
struct InTrouble<'a>(&'a Desk);

impl<'a> InTrouble<'a> {
    fn of(desk: &'a Desk) -> Self {
        desk.state().in_trouble += 1;
        Self(desk)
    }
}

impl Drop for InTrouble<'_> {
    fn drop(&mut self) {
        self.0.state().in_trouble -= 1;
    }
}
