//! The function of the Lambda action, called again and again on a store that outlives it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_runtime::Engine;
use asl_runtime::clock::VirtualClock;
use asl_runtime::engine::ExecutionStatus;
use asl_runtime::store::SqliteStore;
use async_trait::async_trait;
use deploy_workflow::artifact::pack;
use deploy_workflow::cloudformation::{CloudFormation as _, DescribeStacksInput};
use deploy_workflow::definitions::Definition;
use deploy_workflow::function::{Function, FunctionError, Outcome};
use deploy_workflow::host::{Host, HostError};
use deploy_workflow::sandbox::Sandbox;
use deploy_workflow::trigger::{
    ExecutionDescription, Executions as _, FailureDetails, InMemoryPipeline, JobResult, PendingJob, Pipeline,
    PipelineError, Told, TriggerError,
};
use serde_json::{Value as Json, json};

use crate::deployment::{RENAMED_TABLE, SAMPLE, STACK};

const JOB: &str = "11111111-2222-3333-4444-555555555555";
/// More than any call takes.
const TIME: Duration = Duration::from_mins(10);

/// An account with a pipeline, and what a function of it keeps.
struct Account {
    clock: VirtualClock,
    sandbox: Sandbox,
    pipeline: InMemoryPipeline,
    directory: PathBuf,
}

impl Account {
    fn new(directory: &str, template: &str) -> Self {
        let clock = VirtualClock::default();
        let sandbox = Sandbox::new(clock.clone());
        sandbox.artifacts.put("config", "prod.json", include_bytes!("../inputs/prod.json").as_slice());
        let archive = pack(&[("infra/template.yaml", template.as_bytes())]).unwrap();
        sandbox.artifacts.put("artifacts", "revision.zip", archive);
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(directory);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir(&directory).unwrap();
        let account = Self { clock, sandbox, pipeline: InMemoryPipeline::new(), directory };
        account.add_job(JOB);
        account
    }

    fn add_job(&self, id: &str) {
        self.pipeline.add(PendingJob {
            id: id.to_owned(),
            user_parameters: r#"{"s3Bucket":"config","stateMachineFile":"prod.json"}"#.to_owned(),
            bucket: "artifacts".to_owned(),
            key: "revision.zip".to_owned(),
        });
    }

    /// A function that knows nothing of calls before, as after a restart.
    fn function(&self) -> Function<VirtualClock> {
        Function::new(&self.directory, self.sandbox.services(), Arc::new(self.pipeline.clone()))
            .clock(self.clock.clone())
    }

    /// The pipeline calls with the job as it is now.
    async fn call(&self) -> Told {
        told(self.function().call(&self.event(), TIME).await)
    }

    fn event(&self) -> Json {
        self.pipeline.event(JOB).unwrap()
    }

    /// The function, with a pipeline that refuses what it is told next.
    fn refused(&self, refusals: &[(&str, &str)]) -> Function<VirtualClock> {
        let refusals = refusals.iter().map(|(code, message)| PipelineError::new(*code, *message)).collect();
        let pipeline = Refusing { pipeline: self.pipeline.clone(), refusals: Mutex::new(refusals) };
        Function::new(&self.directory, self.sandbox.services(), Arc::new(pipeline)).clock(self.clock.clone())
    }

    async fn execution(&self) -> ExecutionDescription {
        let path = self.directory.join(format!("{JOB}.db"));
        let engine = Engine::builder().clock(self.clock.clone());
        let host = Host::open_with(engine, path, &self.sandbox.services(), Definition::Standard).await.unwrap();
        let executions = host.executions();
        let description = executions.describe_execution(&executions.execution_arn(JOB)).await.unwrap();
        host.close(Duration::ZERO).await;
        description
    }

    fn token(&self) -> String {
        match self.pipeline.result(JOB) {
            Some(JobResult::InProgress { continuation_token }) => continuation_token,
            other => panic!("{other:?}"),
        }
    }

    async fn stack_ids(&self) -> Vec<String> {
        let input = DescribeStacksInput { stack_name: STACK.to_owned() };
        let described = self.sandbox.cloudformation.describe_stacks(input).await;
        described.map(|output| output.stacks.into_iter().map(|stack| stack.stack_id).collect()).unwrap_or_default()
    }
}

fn told(outcome: Result<Outcome, FunctionError>) -> Told {
    match outcome {
        Ok(Outcome::Told(told)) => told,
        other => panic!("{other:?}"),
    }
}

/// A pipeline that refuses at first; the pauses that follow pass in no time, until it answers.
#[derive(Debug)]
struct Refusing {
    pipeline: InMemoryPipeline,
    refusals: Mutex<VecDeque<PipelineError>>,
}

impl Refusing {
    fn refuse(&self) -> Result<(), PipelineError> {
        match self.refusals.lock().unwrap().pop_front() {
            Some(error) if error.is_transient() => Err(pausing(error)),
            refusal => {
                resuming();
                refusal.map_or(Ok(()), Err)
            }
        }
    }
}

#[async_trait]
impl Pipeline for Refusing {
    async fn put_job_success_result(&self, job_id: &str, token: Option<&str>) -> Result<(), PipelineError> {
        self.refuse()?;
        self.pipeline.put_job_success_result(job_id, token).await
    }

    async fn put_job_failure_result(&self, job_id: &str, details: &FailureDetails) -> Result<(), PipelineError> {
        self.refuse()?;
        self.pipeline.put_job_failure_result(job_id, details).await
    }
}

thread_local! {
    static IS_PAUSED: Cell<bool> = const { Cell::new(false) };
}

/// Time stands still from now on, but for who sleeps: nothing works in the background meanwhile.
fn pausing<T>(error: T) -> T {
    if !IS_PAUSED.replace(true) {
        tokio::time::pause();
    }
    error
}

fn resuming() {
    if IS_PAUSED.replace(false) {
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_deployment_goes_on_over_calls_with_a_restart_between_them() {
    let account = Account::new("restarts", SAMPLE);
    let first = account.call().await;
    assert!(matches!(&first, Told::Running { execution_arn } if execution_arn.ends_with(JOB)), "{first:?}");
    let (token, stacks) = (account.token(), account.stack_ids().await);
    assert_eq!(stacks.len(), 1);
    // Nothing is due yet: the call ends at once, and changes nothing.
    assert_eq!(account.call().await, first);
    let mut calls = 2;
    loop {
        // Long after the wait of 10 seconds: what is due is made up for.
        account.clock.advance(Duration::from_secs(90));
        calls += 1;
        if account.call().await == Told::Succeeded {
            break;
        }
        assert_eq!(account.token(), token);
    }
    assert_eq!(account.pipeline.result(JOB), Some(JobResult::Succeeded));
    assert_eq!(account.stack_ids().await, stacks);
    assert!((3..10).contains(&calls), "{calls}");
}

#[tokio::test]
async fn an_event_that_is_delivered_again_starts_no_second_deployment() {
    let account = Account::new("delivered-again", SAMPLE);
    let event = account.pipeline.event(JOB).unwrap();
    let first = told(account.function().call(&event, TIME).await);
    let (token, stacks) = (account.token(), account.stack_ids().await);
    account.clock.advance(Duration::from_secs(90));
    assert_eq!(told(account.function().call(&event, TIME).await), first);
    assert_eq!(account.token(), token);
    assert_eq!(account.stack_ids().await, stacks);
}

#[tokio::test]
async fn the_job_of_another_id_goes_on_with_the_execution_of_its_token() {
    let account = Account::new("another-id", SAMPLE);
    let first = account.call().await;
    let other = "99999999-2222-3333-4444-555555555555";
    account.add_job(other);
    let mut event = account.pipeline.event(other).unwrap();
    event["CodePipeline.job"]["data"]["continuationToken"] = account.token().into();
    assert_eq!(told(account.function().call(&event, TIME).await), first);
    assert_eq!(std::fs::read_dir(&account.directory).unwrap().filter(is_store).count(), 1);
}

fn is_store(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "db")
}

#[tokio::test]
async fn a_deployment_that_fails_is_told_and_is_no_error() {
    let account = Account::new("fails", RENAMED_TABLE);
    account.sandbox.create_stack(STACK, SAMPLE, &[("environmentName", "prod")]).await.unwrap();
    let told = loop {
        match account.call().await {
            Told::Running { .. } => account.clock.advance(Duration::from_secs(30)),
            told => break told,
        }
    };
    let Told::Failed(details) = told else { panic!("{told:?}") };
    assert!(details.message.starts_with("execution FAILED: "), "{details:?}");
    assert!(details.external_execution_id.unwrap().ends_with(JOB));
}

#[tokio::test]
async fn a_call_without_a_job_or_without_the_store_is_an_error() {
    let account = Account::new("errors", SAMPLE);
    let error = account.function().call(&json!({}), TIME).await.unwrap_err();
    assert!(matches!(error, FunctionError::Trigger(TriggerError::NotAJob(_))), "{error}");

    let event: Json = account.pipeline.event(JOB).unwrap();
    let path = account.directory.join(format!("{JOB}.db"));
    let lock = std::fs::File::create(format!("{}.lock", path.display())).unwrap();
    lock.lock().unwrap();
    let error = account.function().call(&event, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, FunctionError::Host(HostError::InUse { .. })), "{error}");
    assert_eq!(account.pipeline.result(JOB), Some(JobResult::Created));
    drop(lock);

    std::fs::write(&path, b"not a store, but long enough to be looked at".repeat(100)).unwrap();
    let error = account.function().call(&event, TIME).await.unwrap_err();
    assert!(matches!(error, FunctionError::Host(HostError::Engine(_))), "{error}");
    assert!(SqliteStore::open(&path).is_err());
}

#[tokio::test]
async fn a_call_ends_when_its_time_is_up() {
    let account = Account::new("time-is-up", SAMPLE);
    let event = account.pipeline.event(JOB).unwrap();
    // No time at all: the execution is started, and goes on in the next call.
    let told = told(account.function().call(&event, Duration::ZERO).await);
    assert!(matches!(told, Told::Running { .. }), "{told:?}");
    assert_eq!(account.call().await, told);
    assert_eq!(account.stack_ids().await.len(), 1);
}

#[tokio::test]
async fn a_pipeline_that_is_out_of_reach_for_a_moment_is_told_later() {
    let account = Account::new("outage", SAMPLE);
    let function = account.refused(&[("ServiceUnavailable", "one moment"), ("Throttling", "Rate exceeded")]);
    let told = told(function.call(&account.event(), TIME).await);
    assert!(matches!(told, Told::Running { .. }), "{told:?}");
    account.token();
}

#[tokio::test]
async fn a_pipeline_that_stays_out_of_reach_is_an_error_before_the_call_is_over() {
    let account = Account::new("long-outage", SAMPLE);
    let function = account.refused(&[("ServiceUnavailable", "out for lunch"); 100]);
    let begun = tokio::time::Instant::now();
    let error = function.call(&account.event(), Duration::from_mins(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "ServiceUnavailable: out for lunch");
    assert!((20..=50).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    resuming();
    // Nothing is lost: the same event is delivered again.
    assert!(matches!(account.call().await, Told::Running { .. }));
}

#[tokio::test]
async fn the_execution_of_an_action_that_was_abandoned_is_stopped() {
    for code in ["InvalidJobStateException", "JobNotFoundException"] {
        let account = Account::new(&format!("abandoned-{code}"), SAMPLE);
        let outcome = account.refused(&[(code, "gone")]).call(&account.event(), TIME).await.unwrap();
        let Outcome::NotWanted { stopped: Some(execution_arn), .. } = &outcome else { panic!("{outcome:?}") };
        let expected =
            json!({"status": "NOT_WANTED", "reason": format!("{code}: gone"), "stoppedExecutionArn": execution_arn});
        assert_eq!(outcome.to_json(), expected);
        let execution = account.execution().await;
        assert_eq!(execution.status, ExecutionStatus::Aborted);
        assert_eq!(execution.error.as_deref(), Some("PipelineStopped"));
        let cause = format!("the pipeline takes no answer to job {JOB}: {code}: gone");
        assert_eq!(execution.cause, Some(cause));
    }
}

#[tokio::test]
async fn an_answer_that_is_refused_because_it_was_given_before_stops_nothing() {
    let account = Account::new("answered-before", SAMPLE);
    let event = account.event();
    account.call().await;
    // The event is delivered again; the pipeline takes one answer to a job.
    let outcome = account.refused(&[("InvalidJobStateException", "no")]).call(&event, TIME).await.unwrap();
    assert!(matches!(outcome, Outcome::NotWanted { stopped: None, .. }), "{outcome:?}");
    assert_eq!(account.execution().await.status, ExecutionStatus::Running);
    // So may one have been whose answer was lost.
    let account = Account::new("answer-lost", SAMPLE);
    let function = account.refused(&[("ServiceUnavailable", "no answer"), ("InvalidJobStateException", "no")]);
    let outcome = function.call(&event, TIME).await.unwrap();
    assert!(matches!(outcome, Outcome::NotWanted { stopped: None, .. }), "{outcome:?}");
    assert_eq!(account.execution().await.status, ExecutionStatus::Running);
}
