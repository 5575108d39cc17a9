//! The trigger with everything in memory.

use std::sync::Arc;

use asl_runtime::engine::ExecutionStatus;
use deploy_workflow::artifact::InMemoryArtifacts;
use deploy_workflow::trigger::{
    ExecutionDescription, ExecutionsError, FailureDetails, FailureType, InMemoryExecutions, InMemoryPipeline,
    JobResult, PendingJob, Told, Trigger, TriggerError, handle_event,
};
use serde_json::{Value as Json, json};

use crate::deployment::wait;

const JOB: &str = "11111111-2222-3333-4444-555555555555";
const ARN: &str = "arn:aws:states:us-east-1:111122223333:execution:deploy:11111111-2222-3333-4444-555555555555";
const INPUT: &str = include_str!("../inputs/prod.json");

struct Bench {
    pipeline: InMemoryPipeline,
    executions: InMemoryExecutions,
    trigger: Trigger,
}

impl Bench {
    fn new(machine_input: &str) -> Self {
        Self::with_parameters(machine_input, r#"{"s3Bucket":"config","stateMachineFile":"prod.json"}"#)
    }

    fn with_parameters(machine_input: &str, user_parameters: &str) -> Self {
        let artifacts = InMemoryArtifacts::new().with("config", "prod.json", machine_input.as_bytes());
        let (pipeline, executions) = (InMemoryPipeline::new(), InMemoryExecutions::new());
        pipeline.add(PendingJob {
            id: JOB.to_owned(),
            user_parameters: user_parameters.to_owned(),
            bucket: "artifacts".to_owned(),
            key: "revision.zip".to_owned(),
        });
        let trigger = Trigger {
            artifacts: Arc::new(artifacts),
            pipeline: Arc::new(pipeline.clone()),
            executions: Arc::new(executions.clone()),
        };
        Self { pipeline, executions, trigger }
    }

    /// The pipeline calls the trigger with the job as it is now.
    fn call(&self) -> Told {
        self.call_with(&self.pipeline.event(JOB).unwrap()).unwrap()
    }

    fn call_with(&self, event: &Json) -> Result<Told, TriggerError> {
        wait(handle_event(&self.trigger, event))
    }

    fn ends(&self, status: ExecutionStatus, error: Option<&str>, cause: Option<&str>) {
        let (error, cause) = (error.map(str::to_owned), cause.map(str::to_owned));
        self.executions.set(ARN, ExecutionDescription { status, error, cause });
    }

    fn failure(&self) -> FailureDetails {
        match self.pipeline.result(JOB) {
            Some(JobResult::Failed(details)) => details,
            other => panic!("{other:?}"),
        }
    }
}

fn running() -> Told {
    Told::Running { execution_arn: ARN.to_owned() }
}

#[test]
fn a_job_starts_an_execution_goes_on_while_it_runs_and_succeeds_with_it() {
    let bench = Bench::new(INPUT);
    assert_eq!(bench.call(), running());
    assert_eq!(
        bench.executions.started(),
        [(
            ARN.to_owned(),
            json!({
                "environmentName": "prod",
                "stackName": "sample-lambda-app",
                "templatePath": "infra/template.yaml",
                "revisionS3Bucket": "artifacts",
                "revisionS3Key": "revision.zip",
            })
        )]
    );
    let token = JobResult::InProgress { continuation_token: format!(r#"{{"stateMachineExecutionArn":"{ARN}"}}"#) };
    assert_eq!(bench.pipeline.result(JOB), Some(token.clone()));
    assert_eq!(bench.call(), running());
    assert_eq!(bench.pipeline.result(JOB), Some(token));
    bench.ends(ExecutionStatus::Succeeded, None, None);
    assert_eq!(bench.call(), Told::Succeeded);
    assert_eq!(bench.pipeline.result(JOB), Some(JobResult::Succeeded));
}

#[test]
fn a_job_delivered_twice_starts_one_execution() {
    let bench = Bench::new(INPUT);
    let event = bench.pipeline.event(JOB).unwrap();
    assert_eq!(bench.call_with(&event), Ok(running()));
    assert_eq!(bench.call_with(&event), Ok(running()));
    assert_eq!(bench.executions.started().len(), 1);
}

#[test]
fn a_job_delivered_again_goes_on_although_its_files_have_changed() {
    let bench = Bench::new(INPUT);
    let event = bench.pipeline.event(JOB).unwrap();
    assert_eq!(bench.call_with(&event), Ok(running()));
    wait(bench.trigger.artifacts.put_object("config", "prod.json", Arc::from(*b"oops"))).unwrap();
    assert_eq!(bench.call_with(&event), Ok(running()));
}

#[test]
fn a_failed_execution_fails_the_job_with_its_error_cause_and_arn() {
    let check = |status, error, cause, expected: &str| {
        let bench = Bench::new(INPUT);
        bench.call();
        bench.ends(status, error, cause);
        bench.call();
        let details = bench.failure();
        assert_eq!(details.message, expected);
        assert_eq!(details.failure_type, FailureType::JobFailed);
        assert_eq!(details.external_execution_id.as_deref(), Some(ARN));
    };
    check(
        ExecutionStatus::Failed,
        Some("StackCreationFailed"),
        Some("no queues left"),
        "execution FAILED: StackCreationFailed: no queues left",
    );
    check(ExecutionStatus::TimedOut, Some("States.Timeout"), None, "execution TIMED_OUT: States.Timeout");
    check(ExecutionStatus::Aborted, None, None, "execution ABORTED");
}

#[test]
fn a_long_cause_is_cut_to_what_the_pipeline_takes() {
    let bench = Bench::new(INPUT);
    bench.call();
    bench.ends(ExecutionStatus::Failed, Some("Long"), Some(&"é".repeat(32_000)));
    bench.call();
    assert_eq!(bench.failure().message.chars().count(), 5_000);
}

#[test]
fn what_is_wrong_with_the_configuration_is_told_to_the_pipeline() {
    let check = |input: &str, parameters: &str, failure_type: FailureType, expected: &str| {
        let bench = Bench::with_parameters(input, parameters);
        bench.call();
        let details = bench.failure();
        assert_eq!((details.failure_type, details.message.as_str()), (failure_type, expected));
        assert_eq!(bench.executions.started(), []);
    };
    let good = r#"{"s3Bucket":"config","stateMachineFile":"prod.json"}"#;
    let wrong = FailureType::ConfigurationError;
    check(INPUT, "", wrong, "the action's UserParameters: EOF while parsing a value at line 1 column 0");
    check(
        INPUT,
        r#"{"s3Bucket":"config"}"#,
        wrong,
        "the action's UserParameters: missing field `stateMachineFile` at line 1 column 21",
    );
    check(
        INPUT,
        r#"{"s3Bucket":"config","stateMachineFile":"gone.json"}"#,
        wrong,
        "NoSuchKey: there is no object `gone.json` in bucket `config`",
    );
    // What is there may be secret.
    check(
        INPUT,
        r#"{"s3Bucket":"config","stateMachineFile":5055}"#,
        wrong,
        "the action's UserParameters: invalid type: integer, expected a string at line 1 column 44",
    );
    check(
        INPUT,
        r#""hunter2""#,
        wrong,
        "the action's UserParameters: invalid type: string, expected an object at line 1 column 9",
    );
    check("{\n  oops\n}", good, wrong, "prod.json:2:3: key must be a string");
    check(
        r#"{"environmentName":"prod","stackName":"a","templatePath":"t","extra":1}"#,
        good,
        wrong,
        "prod.json:1:68: unknown field `extra`, expected one of `environmentName`, `stackName`, `templatePath`, \
         `capabilities`, `parameters`, `changePolicy`",
    );
    check(
        INPUT,
        r#"{"s3Bucket":"config","stateMachineFile":"prod.json","inputArtifact":"Other"}"#,
        FailureType::RevisionUnavailable,
        "the job has no input artifact `Other`",
    );
}

#[test]
fn an_artifact_that_is_not_in_s3_fails_the_job() {
    let bench = Bench::new(INPUT);
    let mut event = bench.pipeline.event(JOB).unwrap();
    event["CodePipeline.job"]["data"]["inputArtifacts"][0]["location"] = json!({"type": "Other"});
    bench.call_with(&event).unwrap();
    assert_eq!(bench.failure().failure_type, FailureType::RevisionUnavailable);
    assert_eq!(
        bench.failure().message,
        "input artifact `SourceArtifact` is not in S3: its location is of type `Other`"
    );
}

#[test]
fn a_broken_continuation_token_fails_the_job() {
    for token in ["not json", "{}", "[]", ""] {
        let bench = Bench::new(INPUT);
        let mut event = bench.pipeline.event(JOB).unwrap();
        event["CodePipeline.job"]["data"]["continuationToken"] = json!(token);
        bench.call_with(&event).unwrap();
        assert!(bench.failure().message.starts_with("the job's continuation token: "), "{token}");
    }
}

#[test]
fn an_event_without_a_job_is_an_error_for_there_is_nobody_to_tell() {
    let bench = Bench::new(INPUT);
    for event in [
        json!(null),
        json!({}),
        json!({"CodePipeline.job": {}}),
        json!({"CodePipeline.job": {"id": "", "data": {}}}),
        json!({"Records": []}),
    ] {
        assert!(matches!(bench.call_with(&event), Err(TriggerError::NotAJob(_))), "{event}");
    }
    let event = json!({"CodePipeline.job": {"id": JOB, "data": {
        "actionConfiguration": {"configuration": {"UserParameters": {"password": "hunter2"}}},
    }}});
    let error = bench.call_with(&event).unwrap_err().to_string();
    let place = "CodePipeline.job.data.actionConfiguration.configuration.UserParameters";
    let expected = format!("not an event of a CodePipeline job: `{place}`: invalid type: map, expected a string");
    assert_eq!(error, expected);
    let event = json!({"CodePipeline.job": {"id": JOB, "data": "hunter2"}});
    let error = bench.call_with(&event).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_throttled_look_at_the_execution_is_not_the_end_of_the_job() {
    let bench = Bench::new(INPUT);
    bench.call();
    bench.executions.refuse_next(ExecutionsError::api("ThrottlingException", "Rate exceeded"));
    assert_eq!(bench.call(), running());
    bench.executions.refuse_next(ExecutionsError::api("ExecutionDoesNotExist", "gone"));
    bench.call();
    assert_eq!(bench.failure().message, "ExecutionDoesNotExist: gone");
}

#[test]
fn a_pipeline_that_refuses_is_an_error() {
    let bench = Bench::new(INPUT);
    let event = bench.pipeline.event(JOB).unwrap();
    bench.call();
    bench.ends(ExecutionStatus::Succeeded, None, None);
    bench.call();
    let Err(TriggerError::Pipeline(error)) = bench.call_with(&event) else { panic!("the job has ended") };
    assert_eq!(error.code(), "InvalidJobStateException");
}
