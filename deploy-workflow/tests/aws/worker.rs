//! A worker on CodePipeline's API: the SDK speaks HTTP to a double that keeps to CodePipeline's rules.

use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_runtime::Engine;
use asl_runtime::engine::ExecutionStatus;
use asl_runtime::store::SqliteStore;
use aws_sdk_cloudformation::config::{Credentials, Region};
use deploy_workflow::artifact::InMemoryArtifacts;
use deploy_workflow::aws::{self, AwsCodePipeline};
use deploy_workflow::trigger::{
    ActionConfiguration, ActionState, ActionTypeId, EngineExecutions, ExecutionDescription, Executions, FailureDetails,
    FailureType, InMemoryExecutions, InMemoryJobs, JobData, JobQueue as _, JobStatus, Operation, PendingJob,
    Pipeline as _, PipelineError, PollForJobs, Trigger,
};
use deploy_workflow::worker::{Ledger, Worker, WorkerError};
use serde_json::json;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::double::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, Timer};
use crate::doubles::code_pipeline::{ARTIFACT_SECRETS, CodePipeline};
use crate::log::Log;

const JOB: &str = "11111111-2222-4333-8444-555555555555";
const ARN: &str = "arn:aws:states:us-east-1:111122223333:execution:deploy:11111111-2222-4333-8444-555555555555";
const INPUT: &str = include_str!("../../inputs/prod.json");

fn action_type() -> ActionTypeId {
    ActionTypeId::deploy("StateMachine", "1")
}

async fn client(double: &CodePipeline) -> AwsCodePipeline {
    let credentials =
        Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, Some(SESSION_TOKEN.to_owned()), None, "double");
    let config = aws::config()
        .endpoint_url(double.endpoint_url())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials)
        .sleep_impl(Timer { attempt_is_over: Arc::new(Notify::new()) })
        .load()
        .await;
    AwsCodePipeline::new(&config)
}

async fn double() -> CodePipeline {
    let double = CodePipeline::start(InMemoryJobs::new(action_type())).await;
    double.jobs.add(PendingJob {
        id: JOB.to_owned(),
        user_parameters: r#"{"s3Bucket":"config","stateMachineFile":"prod.json"}"#.to_owned(),
        bucket: "artifacts".to_owned(),
        key: "revision.zip".to_owned(),
    });
    double
}

/// A worker that polls as fast as it is answered.
struct Running {
    notices: Arc<Mutex<Vec<String>>>,
    noticed: Arc<Notify>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), WorkerError>>,
}

impl Running {
    fn start(worker: Worker) -> Self {
        let (notices, noticed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
        let (shared, bell) = (Arc::clone(&notices), Arc::clone(&noticed));
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = worker.poll_every(Duration::from_millis(1)).observe(move |notice| {
            shared.lock().unwrap().push(notice.to_string());
            bell.notify_one();
        });
        let ended = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Self { notices, noticed, stop, ended }
    }

    /// Waits for a notice that ends so, and returns it.
    async fn until(&self, end: &str) -> String {
        loop {
            let found = self.notices.lock().unwrap().iter().find(|it| it.ends_with(end)).cloned();
            match found {
                Some(notice) => return notice,
                None => self.noticed.notified().await,
            }
        }
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        self.ended.await.unwrap().unwrap();
    }
}

async fn worker(double: &CodePipeline, executions: impl Executions + 'static) -> Worker {
    let client = Arc::new(client(double).await);
    let artifacts = InMemoryArtifacts::new().with("config", "prod.json", INPUT.as_bytes());
    let pipeline = Arc::<AwsCodePipeline>::clone(&client);
    let trigger = Trigger { artifacts: Arc::new(artifacts), pipeline, executions: Arc::new(executions) };
    Worker::new(trigger, client, action_type())
}

#[tokio::test(start_paused = true)]
async fn a_job_goes_on_until_its_execution_succeeds() {
    let (double, executions) = (double().await, InMemoryExecutions::new());
    let running = Running::start(worker(&double, executions.clone()).await);
    running.until(&format!("told that execution {ARN} runs")).await;
    executions.set(ARN, ExecutionDescription { status: ExecutionStatus::Succeeded, error: None, cause: None });
    running.until("told of the success").await;
    running.stop().await;
    assert_eq!(double.jobs.state(JOB), Some(ActionState::Succeeded));
    let requests = double.requests();
    let action_type_id = json!({"category": "Deploy", "owner": "Custom", "provider": "StateMachine", "version": "1"});
    assert_eq!(requests[0], ("PollForJobs".to_owned(), json!({"actionTypeId": action_type_id, "maxBatchSize": 10})));
    let token = format!(r#"{{"stateMachineExecutionArn":"{ARN}"}}"#);
    let answers: Vec<_> = requests.iter().filter(|(operation, _)| operation == "PutJobSuccessResult").collect();
    assert_eq!(answers[0].1, json!({"jobId": JOB, "continuationToken": token}));
    assert_eq!(answers.last().unwrap().1.get("continuationToken"), None);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_with_its_error_cause_and_arn() {
    let (double, executions) = (double().await, InMemoryExecutions::new());
    let running = Running::start(worker(&double, executions.clone()).await);
    running.until("runs").await;
    let failed = |text: &str| Some(text.to_owned());
    let (error, cause) = (failed("StackCreationFailed"), failed("no queues left"));
    executions.set(ARN, ExecutionDescription { status: ExecutionStatus::Failed, error, cause });
    running.until("execution FAILED: StackCreationFailed: no queues left").await;
    running.stop().await;
    let details = FailureDetails {
        failure_type: FailureType::JobFailed,
        message: "execution FAILED: StackCreationFailed: no queues left".to_owned(),
        external_execution_id: Some(ARN.to_owned()),
    };
    assert_eq!(double.jobs.state(JOB), Some(ActionState::Failed(details)));
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_that_stops_while_a_job_is_worked_on_stops_the_execution() {
    let (double, executions) = (double().await, InMemoryExecutions::new());
    let running = Running::start(worker(&double, executions.clone()).await);
    running.until("runs").await;
    let error = PipelineError::new("InvalidJobStateException", "Job is not in an expected state");
    double.jobs.refuse_next(Operation::PutJobSuccessResult, error);
    running.until("InvalidJobStateException: Job is not in an expected state").await;
    let stopped = format!("execution {ARN}: stopped: the pipeline takes no answer to job ");
    while !running.notices.lock().unwrap().iter().any(|it| it.starts_with(&stopped)) {
        running.noticed.notified().await;
    }
    running.stop().await;
    assert_eq!(executions.description(ARN).unwrap().status, ExecutionStatus::Aborted);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_told_once_more_and_stops_nothing() {
    let (double, executions) = (double().await, InMemoryExecutions::new());
    double.jobs.lose_next_answer(Operation::PutJobSuccessResult);
    let running = Running::start(worker(&double, executions.clone()).await);
    running.until("left alone: it was answered before").await;
    running.until("runs").await;
    running.stop().await;
    assert_eq!(executions.description(ARN).unwrap().status, ExecutionStatus::Running);
}

#[tokio::test]
async fn jobs_are_asked_for_by_the_queryable_property_that_the_action_type_has() {
    let double = CodePipeline::start(InMemoryJobs::new(action_type()).queryable("Team")).await;
    let client = client(&double).await;
    for (job, team) in [(JOB, "red"), ("00000000-0000-4000-8000-000000000000", "blue")] {
        let configuration = ActionConfiguration { configuration: [("Team".to_owned(), team.to_owned())].into() };
        double.jobs.add_with(job, JobData { action_configuration: configuration, ..JobData::default() });
    }
    let max_batch_size = NonZero::new(10).unwrap();
    let by = |query_param| PollForJobs { action_type_id: action_type(), max_batch_size, query_param };
    let offered = client.poll_for_jobs(&by(Some(("Team".to_owned(), "red".to_owned())))).await.unwrap();
    assert_eq!(offered.iter().map(|it| &*it.job.id).collect::<Vec<_>>(), [JOB]);
    assert_eq!(double.requests()[0].1["queryParam"], json!({"Team": "red"}));
    assert_eq!(client.poll_for_jobs(&by(None)).await.unwrap_err().code(), "ValidationException");
}

#[tokio::test]
async fn errors_keep_their_codes_and_statuses_their_words() {
    let double = double().await;
    let client = client(&double).await;
    let one = NonZero::<usize>::MIN;
    let of = |version: &str| PollForJobs {
        action_type_id: ActionTypeId::deploy("StateMachine", version),
        max_batch_size: one,
        query_param: None,
    };
    let code = |error: PipelineError| error.code().to_owned();
    assert_eq!(client.poll_for_jobs(&of("2")).await.map_err(code).unwrap_err(), "ActionTypeNotFoundException");
    let queried = PollForJobs { query_param: Some(("Team".to_owned(), "red".to_owned())), ..of("1") };
    assert_eq!(client.poll_for_jobs(&queried).await.map_err(code).unwrap_err(), "ValidationException");
    let first = client.poll_for_jobs(&of("1")).await.unwrap().remove(0);
    let second = client.poll_for_jobs(&of("1")).await.unwrap().remove(0);
    assert_eq!(client.acknowledge_job(JOB, &first.nonce).await.map_err(code).unwrap_err(), "InvalidNonceException");
    assert_eq!(client.put_job_success_result(JOB, None).await.map_err(code).unwrap_err(), "InvalidJobStateException");
    assert_eq!(client.acknowledge_job(JOB, &second.nonce).await, Ok(JobStatus::InProgress));
    assert_eq!(client.get_job_details(JOB).await, Ok(second.job));
    assert_eq!(client.put_job_success_result(JOB, Some("")).await.map_err(code).unwrap_err(), "ValidationException");
    let long = "t".repeat(2_049);
    assert_eq!(client.put_job_success_result(JOB, Some(&long)).await.map_err(code).unwrap_err(), "ValidationException");
    let gone = "00000000-0000-4000-8000-000000000000";
    assert_eq!(client.get_job_details(gone).await.map_err(code).unwrap_err(), "JobNotFoundException");
    double.jobs.refuse_next(Operation::PollForJobs, PipelineError::new("ThrottlingException", "Rate exceeded"));
    let throttled = client.poll_for_jobs(&of("1")).await.unwrap_err();
    assert_eq!((throttled.code(), throttled.is_transient()), ("Throttling", true));
    // Nothing is attempted twice.
    let polls = double.requests().iter().filter(|(operation, _)| operation == "PollForJobs").count();
    assert_eq!(polls, 5);
}

#[tokio::test]
async fn no_secret_of_a_job_is_kept_or_shown() {
    let log = Log::default();
    let _guard = log.listen();
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("store.db")).unwrap();
    let engine = Engine::builder().store(store).build().await.unwrap();
    let machine = json!({"StartAt": "Deploy", "States": {"Deploy": {"Type": "Succeed"}}});
    let machine = engine.create_state_machine("deploy", &machine.to_string()).await.unwrap();
    let double = double().await;
    let worker = worker(&double, EngineExecutions::new(engine.clone(), &*machine)).await;
    let worker = worker.ledger(Ledger::open(directory.path().join("store.db.jobs")).unwrap());
    let shown = format!("{worker:?} {:?}", client(&double).await);
    let running = Running::start(worker);
    running.until("told of the success").await;
    let notices = running.notices.lock().unwrap().join("\n");
    running.stop().await;
    engine.shutdown(Duration::from_secs(1)).await;
    let mut kept = Vec::new();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let contains = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    assert!(contains(&kept, JOB) && log.text().contains("PollForJobs"));
    for secret in ARTIFACT_SECRETS.into_iter().chain([SECRET_ACCESS_KEY, SESSION_TOKEN]) {
        assert!(!contains(&kept, secret), "{secret} is kept");
        assert!(!notices.contains(secret) && !shown.contains(secret), "{secret} is shown");
        assert_eq!(log.text().lines().find(|line| line.contains(secret)), None);
    }
}
