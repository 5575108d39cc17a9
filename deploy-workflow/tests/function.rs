//! The function of the Lambda action, called again and again on a store that outlives it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use asl_runtime::clock::VirtualClock;
use asl_runtime::store::SqliteStore;
use deploy_workflow::artifact::pack;
use deploy_workflow::cloudformation::{CloudFormation as _, DescribeStacksInput};
use deploy_workflow::function::{Function, FunctionError};
use deploy_workflow::host::HostError;
use deploy_workflow::sandbox::Sandbox;
use deploy_workflow::trigger::{InMemoryPipeline, JobResult, PendingJob, Told, TriggerError};
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
        let event = self.pipeline.event(JOB).unwrap();
        self.function().call(&event, TIME).await.unwrap()
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
    let first = account.function().call(&event, TIME).await.unwrap();
    let (token, stacks) = (account.token(), account.stack_ids().await);
    account.clock.advance(Duration::from_secs(90));
    assert_eq!(account.function().call(&event, TIME).await.unwrap(), first);
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
    assert_eq!(account.function().call(&event, TIME).await.unwrap(), first);
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
    let told = account.function().call(&event, Duration::ZERO).await.unwrap();
    assert!(matches!(told, Told::Running { .. }), "{told:?}");
    assert_eq!(account.call().await, told);
    assert_eq!(account.stack_ids().await.len(), 1);
}
