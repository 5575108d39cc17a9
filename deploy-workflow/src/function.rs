//! The function of CodePipeline's Lambda action: each call goes on with one deployment for as long as there is to do.
//!
//! A function that is not called stands still, so nothing may count on time passing between two calls.
//! Each call opens the execution's store, lets the engine run until the execution has ended, waits or the call's time
//! is up, tells the pipeline and closes the store again.
//! CodePipeline calls again with the continuation token; what became due meanwhile is made up for then.
//!
//! What CodePipeline, S3 or the store cannot do for a moment is tried again while the call lasts.
//!
//! Each execution has a file of its own, named after it: deployments do not wait for one another,
//! and one that its pipeline asks for no more goes no further.
//!
//! # A stopped pipeline
//!
//! CodePipeline calls no more for an action that was abandoned, so its execution goes no further.
//! If it was abandoned during a call, the answer is refused with `InvalidJobStateException` or `JobNotFoundException`,
//! and the execution is stopped with the error [`PIPELINE_STOPPED`] — unless an answer to this job may have been taken
//! before, as when Lambda delivers an event twice: which jobs were answered is in a file beside the execution's.
//!
//! # Examples
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use deploy_workflow::function::{Function, FunctionError};
//! use deploy_workflow::handlers::Services;
//! use deploy_workflow::trigger::Pipeline;
//!
//! # async fn example(services: Services, pipeline: Arc<dyn Pipeline>, event: &serde_json::Value) -> Result<(), FunctionError> {
//! let function = Function::new("/mnt/deployments", services, pipeline);
//! let outcome = function.call(event, Duration::from_secs(60)).await?;
//! println!("{}", outcome.to_json());
//! # Ok(())
//! # }
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use asl_runtime::Engine;
use asl_runtime::clock::{Clock, SystemClock};
use asl_runtime::engine::{WaitingFor, WhyWaiting};
use async_trait::async_trait;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::definitions::Definition;
use crate::handlers::Services;
use crate::host::{Host, HostError};
use crate::trigger::{
    Answered, Earlier, EngineExecutions, ExecutionDescription, Executions, ExecutionsError, Job, Pipeline,
    PipelineError, Told, Trigger, TriggerError, answer, look_patiently,
};
use crate::worker::{Ledger, LedgerError, PIPELINE_STOPPED};

/// What is left of a call's time to tell the pipeline and to close the store; of a short call it is half.
const RESERVE: Duration = Duration::from_secs(15);
/// What the last attempt to tell the pipeline and closing may take; of a short call it is a quarter.
const LAST_ATTEMPT: Duration = Duration::from_secs(10);
/// How long handlers that still run may take to end; they are called again in the next call.
const GRACE: Duration = Duration::from_secs(1);
/// How long an execution may wait without the call being over.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often is looked whether the execution waits, once it was looked a few times.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often another call is looked for that has the file.
const RETRY_EVERY: Duration = Duration::from_millis(200);

/// What a Lambda function does with CodePipeline's events.
#[derive(Debug, Clone)]
pub struct Function<C = SystemClock> {
    directory: PathBuf,
    services: Services,
    pipeline: Arc<dyn Pipeline>,
    definition: Definition,
    clock: C,
}

impl Function {
    /// A function that keeps its executions in `directory`, and runs the standard definition.
    ///
    /// The directory must exist and outlive the process that calls, such as a file system that is mounted.
    pub fn new(directory: impl Into<PathBuf>, services: Services, pipeline: Arc<dyn Pipeline>) -> Self {
        let definition = Definition::default();
        Self { directory: directory.into(), services, pipeline, definition, clock: SystemClock }
    }
}

impl<C: Clock + Clone> Function<C> {
    /// Runs this definition; executions keep the one that they began with.
    #[must_use]
    pub fn definition(self, definition: Definition) -> Self {
        Self { definition, ..self }
    }

    /// Goes by this clock, but for the time that a call has: by default the system's.
    pub fn clock<D: Clock + Clone>(self, clock: D) -> Function<D> {
        let Self { directory, services, pipeline, definition, clock: _ } = self;
        Function { directory, services, pipeline, definition, clock }
    }

    /// Handles one event within `time_left`; returns what came of it.
    ///
    /// A deployment that fails is told, and is no error: an error makes CodePipeline call again.
    /// S3 that is not available is asked four times more, for 15 s and as long as its own attempts take,
    /// before the job fails with `SystemUnavailable`.
    ///
    /// # Errors
    ///
    /// When there is nobody to tell, the pipeline could not be told in time or refuses what it is told,
    /// or the execution's files cannot be read or written.
    pub async fn call(&self, event: &Json, time_left: Duration) -> Result<Outcome, FunctionError> {
        let end = Instant::now() + time_left;
        let times = Times { look: end - RESERVE.min(time_left / 2), answer: end - LAST_ATTEMPT.min(time_left / 4) };
        let job = Job::from_event(event).map_err(TriggerError::NotAJob)?;
        let name = execution_name(&job).map_err(TriggerError::NotAJob)?;
        let host = self.open(&self.directory.join(format!("{name}.db")), times.look).await?;
        let outcome = self.work_on(&job, &host, &self.directory.join(format!("{name}.jobs")), times).await;
        host.close(GRACE).await;
        outcome
    }

    async fn work_on(&self, job: &Job, host: &Host, ledger: &Path, times: Times) -> Result<Outcome, FunctionError> {
        let executions = Driven {
            executions: host.executions(),
            engine: host.engine().clone(),
            clock: Arc::new(self.clock.clone()),
            until: times.look,
        };
        let trigger = Trigger {
            artifacts: Arc::clone(&self.services.artifacts),
            pipeline: Arc::clone(&self.pipeline),
            executions: Arc::new(executions),
        };
        let told = look_patiently(&trigger, job, Some(times.look), |_| {}).await;
        let earlier = if Ledger::note_job(ledger, &job.id).await? { Earlier::Possible } else { Earlier::None };
        match answer(&trigger, &job.id, &told, earlier, Some(times.answer), |_| {}).await {
            Answered::Taken => Ok(Outcome::Told(told)),
            Answered::Before(error) => Ok(Outcome::NotWanted { error, stopped: None }),
            Answered::Refused(error) if error.is_given_up() => {
                let stopped = match told {
                    Told::Running { execution_arn } => Some(execution_arn),
                    Told::Succeeded | Told::Failed(_) => None,
                };
                if let Some(execution_arn) = &stopped {
                    let cause = format!("the pipeline takes no answer to job {}: {error}", job.id);
                    trigger.executions.stop_execution(execution_arn, PIPELINE_STOPPED, &cause).await?;
                }
                Ok(Outcome::NotWanted { error, stopped })
            }
            Answered::Refused(error) | Answered::Failed(error) => Err(TriggerError::Pipeline(error).into()),
        }
    }

    /// Waits for another call that has the file, which was made with the same event.
    async fn open(&self, path: &Path, until: Instant) -> Result<Host, HostError> {
        loop {
            let engine = Engine::builder().clock(self.clock.clone());
            match Host::open_with(engine, path, &self.services, self.definition).await {
                Err(HostError::InUse { .. }) if Instant::now() + RETRY_EVERY < until => {
                    tokio::time::sleep(RETRY_EVERY).await;
                }
                opened => return opened,
            }
        }
    }
}

/// When the last attempts of a call begin.
#[derive(Debug, Clone, Copy)]
struct Times {
    look: Instant,
    answer: Instant,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The pipeline was told this.
    Told(Told),
    /// The pipeline wants no answer to the job: it was answered before, or its action was abandoned.
    NotWanted {
        /// What the pipeline said.
        error: PipelineError,
        /// The ARN of the execution that was stopped, for the action was abandoned.
        stopped: Option<String>,
    },
}

impl Outcome {
    /// The outcome as what a Lambda function returns:
    /// `{"status": "RUNNING", "executionArn": …}`, `{"status": "SUCCEEDED"}`, `{"status": "FAILED", "failureDetails": …}`,
    /// or `{"status": "NOT_WANTED", "reason": …}` with `"stoppedExecutionArn"` if an execution was stopped.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Told(Told::Running { execution_arn }) => {
                json!({ "status": "RUNNING", "executionArn": execution_arn })
            }
            Self::Told(Told::Succeeded) => json!({ "status": "SUCCEEDED" }),
            Self::Told(Told::Failed(details)) => json!({ "status": "FAILED", "failureDetails": details }),
            Self::NotWanted { error, stopped: None } => json!({ "status": "NOT_WANTED", "reason": error.to_string() }),
            Self::NotWanted { error, stopped: Some(execution_arn) } => json!({
                "status": "NOT_WANTED",
                "reason": error.to_string(),
                "stoppedExecutionArn": execution_arn,
            }),
        }
    }
}

/// Why the pipeline could not be told anything; CodePipeline calls again then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FunctionError {
    /// There is nobody to tell, or the pipeline refuses.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    /// The execution's store cannot be opened.
    #[error(transparent)]
    Host(#[from] HostError),
    /// It cannot be noted that the job is answered.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The execution of a stopped pipeline cannot be stopped.
    #[error(transparent)]
    Executions(#[from] ExecutionsError),
}

/// The name of the job's execution: the one in its continuation token, or the job's id.
fn execution_name(job: &Job) -> Result<String, String> {
    let running = job.execution_arn().and_then(|arn| arn.rsplit(':').next().map(str::to_owned));
    let is_name = |name: &String| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=80).contains(&name.len()) && name.bytes().all(is_plain)
    };
    let name = running.filter(is_name).or(Some(job.id.clone()).filter(is_name));
    name.ok_or_else(|| "its job's id is none of CodePipeline's".to_owned())
}

/// Executions of an engine that runs only meanwhile: who asks for one waits until there is nothing more to do.
#[derive(Debug)]
struct Driven {
    executions: EngineExecutions,
    engine: Engine,
    clock: Arc<dyn Clock>,
    until: Instant,
}

impl Driven {
    /// Returns when the execution has ended, when it waits, or when the time is up.
    async fn drive(&self, execution_arn: &str) {
        let rests = async {
            let mut pause = Duration::from_millis(1);
            while let Ok(why) = self.engine.why_waiting(execution_arn).await {
                if self.waits(&why) {
                    return;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LOOK_EVERY);
            }
        };
        // Why there is nothing to wait for shows when the execution is described.
        tokio::select! {
            _ = self.engine.wait(execution_arn) => {}
            () = rests => {}
            () = tokio::time::sleep_until(self.until) => {}
        }
    }

    /// Whether an execution waits for nothing but a time that is not near.
    fn waits(&self, why: &WhyWaiting) -> bool {
        let near = self.clock.now().saturating_add(PATIENCE);
        let waits = |waits_for: &WaitingFor| match waits_for {
            WaitingFor::Time { until } | WaitingFor::Retry { until } => *until > near,
            _ => false,
        };
        why.set_aside.is_some() || (!why.states.is_empty() && why.states.iter().all(|state| waits(&state.waits_for)))
    }
}

#[async_trait]
impl Executions for Driven {
    fn execution_arn(&self, name: &str) -> String {
        self.executions.execution_arn(name)
    }

    async fn start_execution(&self, name: &str, input: Json) -> Result<String, ExecutionsError> {
        let started = self.executions.start_execution(name, input).await;
        if let Ok(execution_arn) | Err(ExecutionsError::AlreadyExists { execution_arn }) = &started {
            self.drive(execution_arn).await;
        }
        started
    }

    async fn describe_execution(&self, execution_arn: &str) -> Result<ExecutionDescription, ExecutionsError> {
        self.drive(execution_arn).await;
        self.executions.describe_execution(execution_arn).await
    }

    async fn stop_execution(&self, execution_arn: &str, error: &str, cause: &str) -> Result<(), ExecutionsError> {
        self.executions.stop_execution(execution_arn, error, cause).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_found_by_the_token_or_the_job() {
        let check = |id: &str, token: Option<&str>, expected: Result<&str, &str>| {
            let event = json!({ "CodePipeline.job": { "id": id, "data": { "continuationToken": token } } });
            let name = Job::from_event(&event).and_then(|job| execution_name(&job));
            assert_eq!(name, expected.map(str::to_owned).map_err(str::to_owned), "{event}");
        };
        check("job-1", None, Ok("job-1"));
        check(
            "job-2",
            Some(r#"{"stateMachineExecutionArn":"arn:aws:states:r:a:execution:deploy:job-1"}"#),
            Ok("job-1"),
        );
        check("job-2", Some("nonsense"), Ok("job-2"));
        check("job-2", Some(r#"{"stateMachineExecutionArn":"x:../../etc/passwd"}"#), Ok("job-2"));
        check("../job", None, Err("its job's id is none of CodePipeline's"));
        check("", None, Err("its job has no id"));
    }
}
