//! The pipeline's side of custom actions in memory: jobs that workers poll for, take and answer.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::event::{ActionConfiguration, InputArtifact, Job, JobData, Location, S3Location, USER_PARAMETERS};
use super::job_queue::{ActionTypeId, JobQueue, JobStatus, OfferedJob, PollForJobs};
use super::pipeline::{FailureDetails, PendingJob, Pipeline, PipelineError, check_length};

/// Actions of one type whose jobs keep to CodePipeline's rules; clones share them.
///
/// A job is offered, each time with another nonce, until it is taken with the latest one; only then it can be answered,
/// and only once. An action that goes on is offered as another job with the continuation token.
/// A job that was taken is never offered again.
#[derive(Clone)]
pub struct InMemoryJobs(Arc<Mutex<Pipelines>>);

/// Nonces, tokens and configurations are not shown.
impl fmt::Debug for InMemoryJobs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with(|pipelines| {
            formatter
                .debug_struct("InMemoryJobs")
                .field("action_type_id", &pipelines.action_type_id)
                .field("jobs", &pipelines.jobs.keys())
                .finish_non_exhaustive()
        })
    }
}

struct Pipelines {
    action_type_id: ActionTypeId,
    ids: JobIds,
    nonces: Nonces,
    queryable: Option<String>,
    actions: BTreeMap<String, Action>,
    jobs: BTreeMap<String, JobEntry>,
    numbers: u64,
    calls: Vec<(Operation, String)>,
    faults: VecDeque<(Operation, Fault)>,
}

/// Whether an action that goes on does so as another job.
#[derive(Debug, Clone, Copy)]
enum JobIds {
    New,
    Kept,
}

/// Whether the nonce that a job was taken with is still good for asking about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nonces {
    Kept,
    Spent,
}

enum Fault {
    Refused(PipelineError),
    AnswerLost,
}

struct Action {
    data: JobData,
    state: ActionState,
    tokens: Vec<String>,
}

struct JobEntry {
    /// Its turn: jobs are offered in this order.
    number: u64,
    action: String,
    nonce: Option<String>,
    status: JobStatus,
    token: Option<String>,
}

/// How an action went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionState {
    /// It has not ended.
    InProgress,
    /// A job was answered with a success and no token.
    Succeeded,
    /// A job was answered with a failure.
    Failed(FailureDetails),
    /// The pipeline's execution was stopped, and the action with it.
    Abandoned,
}

/// The operations of the API that workers call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the API's own words")]
pub enum Operation {
    PollForJobs,
    AcknowledgeJob,
    GetJobDetails,
    PutJobSuccessResult,
    PutJobFailureResult,
}

impl InMemoryJobs {
    /// No actions yet.
    pub fn new(action_type_id: ActionTypeId) -> Self {
        Self(Arc::new(Mutex::new(Pipelines {
            action_type_id,
            ids: JobIds::New,
            nonces: Nonces::Kept,
            queryable: None,
            actions: BTreeMap::new(),
            jobs: BTreeMap::new(),
            numbers: 0,
            calls: Vec::new(),
            faults: VecDeque::new(),
        })))
    }

    /// An action that goes on is offered under its first job's id.
    #[must_use]
    pub fn keeping_job_ids(self) -> Self {
        self.with(|pipelines| pipelines.ids = JobIds::Kept);
        self
    }

    /// A job that was taken cannot be taken again with the same nonce, which AWS leaves open.
    #[must_use]
    pub fn spending_nonces(self) -> Self {
        self.with(|pipelines| pipelines.nonces = Nonces::Spent);
        self
    }

    /// The action type has this queryable property, by which workers must ask.
    #[must_use]
    pub fn queryable(self, property: impl Into<String>) -> Self {
        self.with(|pipelines| pipelines.queryable = Some(property.into()));
        self
    }

    /// An action begins; its first job has the id of `job`, by which the action goes here from then on.
    pub fn add(&self, job: PendingJob) {
        let location = S3Location { bucket_name: job.bucket, object_key: job.key };
        let data = JobData {
            action_configuration: ActionConfiguration {
                configuration: BTreeMap::from([(USER_PARAMETERS.to_owned(), job.user_parameters)]),
            },
            input_artifacts: vec![InputArtifact {
                name: "SourceArtifact".to_owned(),
                location: Location { location_type: "S3".to_owned(), s3_location: Some(location) },
            }],
            continuation_token: None,
        };
        self.add_with(job.id, data);
    }

    /// As [`add`](Self::add), with all that the action's jobs are about.
    pub fn add_with(&self, id: impl Into<String>, data: JobData) {
        let id = id.into();
        self.with(|pipelines| {
            let number = pipelines.next_number();
            let job = JobEntry { number, action: id.clone(), nonce: None, status: JobStatus::Queued, token: None };
            pipelines.jobs.insert(id.clone(), job);
            pipelines.actions.insert(id, Action { data, state: ActionState::InProgress, tokens: Vec::new() });
        });
    }

    /// How the action goes whose first job has this id.
    pub fn state(&self, action: &str) -> Option<ActionState> {
        self.with(|pipelines| pipelines.actions.get(action).map(|action| action.state.clone()))
    }

    /// Every continuation token that the action's jobs were answered with, in order.
    pub fn tokens(&self, action: &str) -> Vec<String> {
        self.with(|pipelines| pipelines.actions.get(action).map(|action| action.tokens.clone())).unwrap_or_default()
    }

    /// The pipeline's execution is stopped: the action's jobs are offered no longer, and no answer of them is taken.
    pub fn abandon(&self, action: &str) {
        self.with(|pipelines| {
            if let Some(action) = pipelines.actions.get_mut(action) {
                action.state = ActionState::Abandoned;
            }
        });
    }

    /// The action's jobs are forgotten.
    pub fn forget(&self, action: &str) {
        self.abandon(action);
        self.with(|pipelines| pipelines.jobs.retain(|_, job| job.action != action));
    }

    /// The job is offered again although it was taken.
    pub fn offer_again(&self, job_id: &str) {
        self.with(|pipelines| {
            if let Some(job) = pipelines.jobs.get_mut(job_id) {
                job.status = JobStatus::Queued;
            }
        });
    }

    /// The next call of `operation` is refused; several refusals are for as many calls.
    pub fn refuse_next(&self, operation: Operation, error: PipelineError) {
        self.with(|pipelines| pipelines.faults.push_back((operation, Fault::Refused(error))));
    }

    /// The next call of `operation` is carried out, but the caller gets `ServiceUnavailable`.
    pub fn lose_next_answer(&self, operation: Operation) {
        self.with(|pipelines| pipelines.faults.push_back((operation, Fault::AnswerLost)));
    }

    /// What was called so far, each with the job's id where there is one.
    pub fn calls(&self) -> Vec<(Operation, String)> {
        self.with(|pipelines| pipelines.calls.clone())
    }

    fn call<T>(
        &self,
        operation: Operation,
        job_id: &str,
        action: impl FnOnce(&mut Pipelines) -> Result<T, PipelineError>,
    ) -> Result<T, PipelineError> {
        self.with(|pipelines| {
            pipelines.calls.push((operation, job_id.to_owned()));
            let fault = pipelines.faults.iter().position(|(faulty, _)| *faulty == operation);
            match fault.and_then(|index| pipelines.faults.remove(index)) {
                Some((_, Fault::Refused(error))) => Err(error),
                Some((_, Fault::AnswerLost)) => {
                    action(pipelines)?;
                    Err(PipelineError::new("ServiceUnavailable", "the answer is lost"))
                }
                None => action(pipelines),
            }
        })
    }

    fn with<T>(&self, action: impl FnOnce(&mut Pipelines) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pipelines {
    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn poll(&mut self, request: &PollForJobs) -> Result<Vec<OfferedJob>, PipelineError> {
        if request.action_type_id != self.action_type_id {
            let message = format!("action type `{}` does not exist", request.action_type_id);
            return Err(PipelineError::new("ActionTypeNotFoundException", message));
        }
        let named = request.query_param.as_ref().map(|(name, _)| name);
        if named != self.queryable.as_ref() {
            let message = "queryParam must name the action type's queryable property, if it has one";
            return Err(PipelineError::new("ValidationException", message));
        }
        let mut offered = Vec::new();
        let mut jobs: Vec<_> = self.jobs.iter_mut().collect();
        jobs.sort_by_key(|(_, job)| job.number);
        for (id, job) in jobs {
            let Some(action) = self.actions.get(&job.action) else { continue };
            let configuration = &action.data.action_configuration.configuration;
            let is_wanted = request.query_param.iter().all(|(name, value)| configuration.get(name) == Some(value));
            let is_open = matches!(job.status, JobStatus::Queued | JobStatus::Dispatched);
            if is_open && is_wanted && action.state == ActionState::InProgress {
                self.numbers += 1;
                let nonce = self.numbers.to_string();
                job.status = JobStatus::Dispatched;
                job.nonce = Some(nonce.clone());
                let data = JobData { continuation_token: job.token.clone(), ..action.data.clone() };
                offered.push(OfferedJob { job: Job { id: id.clone(), data }, nonce });
            }
            if offered.len() == request.max_batch_size.get() {
                break;
            }
        }
        Ok(offered)
    }

    fn acknowledge(&mut self, job_id: &str, nonce: &str) -> Result<JobStatus, PipelineError> {
        let job = self.jobs.get_mut(job_id).ok_or_else(|| not_found(job_id))?;
        let is_spent = self.nonces == Nonces::Spent && job.status != JobStatus::Dispatched;
        if job.nonce.as_deref() != Some(nonce) || is_spent {
            return Err(PipelineError::new("InvalidNonceException", "the nonce is not that of the job"));
        }
        if job.status == JobStatus::Dispatched {
            job.status = JobStatus::InProgress;
        }
        Ok(job.status.clone())
    }

    fn details(&self, job_id: &str) -> Result<Job, PipelineError> {
        let found = self.jobs.get(job_id).and_then(|job| Some((job, self.actions.get(&job.action)?)));
        let (job, action) = found.ok_or_else(|| not_found(job_id))?;
        let data = JobData { continuation_token: job.token.clone(), ..action.data.clone() };
        Ok(Job { id: job_id.to_owned(), data })
    }

    fn answer(&mut self, job_id: &str, answer: ActionState, token: Option<&str>) -> Result<(), PipelineError> {
        let number = self.next_number();
        let job = self.jobs.get_mut(job_id).ok_or_else(|| not_found(job_id))?;
        let action = self.actions.get_mut(&job.action).ok_or_else(|| not_found(job_id))?;
        if job.status != JobStatus::InProgress || action.state != ActionState::InProgress {
            let message = format!("job `{job_id}` is not in progress");
            return Err(PipelineError::new("InvalidJobStateException", message));
        }
        action.state = answer;
        job.status = match action.state {
            ActionState::Failed(_) => JobStatus::Failed,
            _ => JobStatus::Succeeded,
        };
        let Some(token) = token else { return Ok(()) };
        action.tokens.push(token.to_owned());
        let next = JobEntry {
            number,
            action: job.action.clone(),
            nonce: None,
            status: JobStatus::Queued,
            token: Some(token.to_owned()),
        };
        let id = match self.ids {
            JobIds::Kept => job_id.to_owned(),
            JobIds::New => format!("00000000-0000-4000-9000-{number:012x}"),
        };
        self.jobs.insert(id, next);
        Ok(())
    }
}

fn not_found(job_id: &str) -> PipelineError {
    PipelineError::new("JobNotFoundException", format!("there is no job `{job_id}`"))
}

#[async_trait]
impl JobQueue for InMemoryJobs {
    async fn poll_for_jobs(&self, request: &PollForJobs) -> Result<Vec<OfferedJob>, PipelineError> {
        self.call(Operation::PollForJobs, "", |pipelines| pipelines.poll(request))
    }

    async fn acknowledge_job(&self, job_id: &str, nonce: &str) -> Result<JobStatus, PipelineError> {
        self.call(Operation::AcknowledgeJob, job_id, |pipelines| pipelines.acknowledge(job_id, nonce))
    }

    async fn get_job_details(&self, job_id: &str) -> Result<Job, PipelineError> {
        self.call(Operation::GetJobDetails, job_id, |pipelines| pipelines.details(job_id))
    }
}

#[async_trait]
impl Pipeline for InMemoryJobs {
    async fn put_job_success_result(
        &self,
        job_id: &str,
        continuation_token: Option<&str>,
    ) -> Result<(), PipelineError> {
        self.call(Operation::PutJobSuccessResult, job_id, |pipelines| match continuation_token {
            None => pipelines.answer(job_id, ActionState::Succeeded, None),
            Some(token) => {
                check_length("continuationToken", token, 2_048)?;
                pipelines.answer(job_id, ActionState::InProgress, Some(token))
            }
        })
    }

    async fn put_job_failure_result(&self, job_id: &str, details: &FailureDetails) -> Result<(), PipelineError> {
        self.call(Operation::PutJobFailureResult, job_id, |pipelines| {
            details.check()?;
            pipelines.answer(job_id, ActionState::Failed(details.clone()), None)
        })
    }
}
