//! The job worker with everything in memory, in virtual time.

use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_runtime::engine::ExecutionStatus;
use deploy_workflow::artifact::InMemoryArtifacts;
use deploy_workflow::trigger::{
    ActionState, ActionTypeId, ExecutionDescription, ExecutionsError, FailureType, InMemoryExecutions, InMemoryJobs,
    JobQueue, Operation, PendingJob, PipelineError, PollForJobs, Trigger,
};
use deploy_workflow::worker::{Ledger, Notice, Worker, WorkerError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const JOB: &str = "11111111-2222-4333-8444-555555555555";
const OTHER_JOB: &str = "11111111-2222-4333-8444-666666666666";
const INPUT: &str = include_str!("../inputs/prod.json");
const PARAMETERS: &str = r#"{"s3Bucket":"config","stateMachineFile":"prod.json"}"#;

fn arn(job: &str) -> String {
    format!("arn:aws:states:us-east-1:111122223333:execution:deploy:{job}")
}

fn token(job: &str) -> String {
    format!(r#"{{"stateMachineExecutionArn":"{}"}}"#, arn(job))
}

fn action_type() -> ActionTypeId {
    ActionTypeId::deploy("StateMachine", "1")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A pipeline with workers, and what they told.
struct Bench {
    jobs: InMemoryJobs,
    executions: InMemoryExecutions,
    artifacts: InMemoryArtifacts,
    notices: Arc<Mutex<Vec<String>>>,
}

/// A worker that runs, until it is told to stop.
struct Running {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), WorkerError>>,
}

impl Running {
    async fn stop(self) -> Result<(), WorkerError> {
        let _ = self.stop.send(());
        self.ended.await.unwrap()
    }

    /// As a process that is killed: nothing more happens.
    async fn kill(self) {
        self.ended.abort();
        let _ = self.ended.await;
    }
}

impl Bench {
    fn new() -> Self {
        Self::with_jobs(InMemoryJobs::new(action_type()))
    }

    fn with_jobs(jobs: InMemoryJobs) -> Self {
        Self {
            jobs,
            executions: InMemoryExecutions::new(),
            artifacts: InMemoryArtifacts::new().with("config", "prod.json", INPUT.as_bytes()),
            notices: Arc::default(),
        }
    }

    fn begin(&self, job: &str) {
        self.begin_with(job, PARAMETERS);
    }

    fn begin_with(&self, job: &str, user_parameters: &str) {
        self.jobs.add(PendingJob {
            id: job.to_owned(),
            user_parameters: user_parameters.to_owned(),
            bucket: "artifacts".to_owned(),
            key: "revision.zip".to_owned(),
        });
    }

    fn worker(&self) -> Worker {
        let trigger = Trigger {
            artifacts: Arc::new(self.artifacts.clone()),
            pipeline: Arc::new(self.jobs.clone()),
            executions: Arc::new(self.executions.clone()),
        };
        let notices = Arc::clone(&self.notices);
        Worker::new(trigger, Arc::new(self.jobs.clone()), action_type())
            .observe(move |notice| notices.lock().unwrap().push(notice.to_string()))
    }

    fn run(&self) -> Running {
        Self::start(self.worker())
    }

    fn start(worker: Worker) -> Running {
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Running { stop, ended }
    }

    fn ends(&self, job: &str, status: ExecutionStatus, error: Option<&str>, cause: Option<&str>) {
        let (error, cause) = (error.map(str::to_owned), cause.map(str::to_owned));
        self.executions.set(&arn(job), ExecutionDescription { status, error, cause });
    }

    fn execution(&self, job: &str) -> ExecutionDescription {
        self.executions.description(&arn(job)).unwrap()
    }

    fn state(&self, job: &str) -> ActionState {
        self.jobs.state(job).unwrap()
    }

    fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap().clone()
    }

    fn called(&self, operation: Operation) -> usize {
        self.jobs.calls().iter().filter(|(called, _)| *called == operation).count()
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_goes_on_under_one_token_until_its_execution_succeeds() {
    for jobs in [InMemoryJobs::new(action_type()), InMemoryJobs::new(action_type()).keeping_job_ids()] {
        let bench = Bench::with_jobs(jobs);
        bench.begin(JOB);
        let worker = bench.run();
        sleep(seconds(60)).await;
        let told = bench.jobs.tokens(JOB);
        assert!(told.len() > 5 && told.iter().all(|it| *it == token(JOB)), "{told:?}");
        assert_eq!(bench.state(JOB), ActionState::InProgress);
        bench.ends(JOB, ExecutionStatus::Succeeded, None, None);
        sleep(seconds(10)).await;
        assert_eq!(bench.state(JOB), ActionState::Succeeded);
        assert_eq!(bench.executions.started().len(), 1);
        worker.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_execution_fails_the_action_with_its_error_cause_and_arn() {
    let bench = Bench::new();
    bench.begin(JOB);
    let worker = bench.run();
    sleep(seconds(10)).await;
    bench.ends(JOB, ExecutionStatus::Failed, Some("StackCreationFailed"), Some("no queues left"));
    sleep(seconds(10)).await;
    let ActionState::Failed(details) = bench.state(JOB) else { panic!("{:?}", bench.notices()) };
    assert_eq!(details.failure_type, FailureType::JobFailed);
    assert_eq!(details.message, "execution FAILED: StackCreationFailed: no queues left");
    assert_eq!(details.external_execution_id, Some(arn(JOB)));
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_the_configuration_fails_the_action() {
    let bench = Bench::new();
    bench.begin_with(JOB, r#"{"s3Bucket":"config"}"#);
    bench.begin_with(OTHER_JOB, r#"{"s3Bucket":"config","stateMachineFile":"gone.json"}"#);
    let worker = bench.run();
    sleep(seconds(1)).await;
    for (job, message) in [
        (JOB, "the action's UserParameters: missing field `stateMachineFile` at line 1 column 21"),
        (OTHER_JOB, "NoSuchKey: there is no object `gone.json` in bucket `config`"),
    ] {
        let ActionState::Failed(details) = bench.state(job) else { panic!("{:?}", bench.notices()) };
        assert_eq!((details.failure_type, &*details.message), (FailureType::ConfigurationError, message));
    }
    assert_eq!(bench.executions.started(), []);
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_offered_again_starts_no_second_execution() {
    let bench = Bench::new();
    bench.begin(JOB);
    let worker = bench.run();
    sleep(seconds(1)).await;
    bench.jobs.offer_again(JOB);
    sleep(seconds(20)).await;
    assert_eq!(bench.executions.started().len(), 1);
    assert!(bench.jobs.tokens(JOB).iter().all(|it| *it == token(JOB)));
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refused_answer_stops_the_execution() {
    for code in ["InvalidJobStateException", "JobNotFoundException"] {
        let bench = Bench::new();
        bench.begin(JOB);
        let worker = bench.run();
        sleep(seconds(7)).await;
        bench.jobs.refuse_next(Operation::PutJobSuccessResult, PipelineError::new(code, "gone"));
        sleep(seconds(5)).await;
        let execution = bench.execution(JOB);
        assert_eq!(execution.status, ExecutionStatus::Aborted);
        assert_eq!(execution.error.as_deref(), Some("PipelineStopped"));
        let cause = execution.cause.unwrap();
        let job = cause.strip_prefix("the pipeline takes no answer to job ").and_then(|it| it.split_once(": "));
        let (job, said) = job.unwrap();
        assert_eq!(said, format!("{code}: gone"));
        let stopped = format!("execution {}: stopped: {cause}", arn(JOB));
        assert_eq!(
            bench.notices()[4..],
            [
                format!("job {job}: taken, of execution {}", arn(JOB)),
                format!("job {job}: the answer is refused: {code}: gone"),
                stopped,
            ]
        );
        worker.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_no_job_names_any_more_is_stopped() {
    let bench = Bench::new();
    bench.begin(JOB);
    let worker = bench.run();
    sleep(seconds(10)).await;
    bench.jobs.abandon(JOB);
    sleep(seconds(30 * 60 - 10)).await;
    assert_eq!(bench.execution(JOB).status, ExecutionStatus::Running);
    sleep(seconds(60)).await;
    let execution = bench.execution(JOB);
    assert_eq!(execution.status, ExecutionStatus::Aborted);
    assert_eq!(execution.error.as_deref(), Some("PipelineStopped"));
    assert_eq!(execution.cause.as_deref(), Some("no job of the pipeline has named the execution for 1800 s"));
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn time_in_which_the_worker_cannot_hear_stops_nothing() {
    let bench = Bench::new();
    bench.begin(JOB);
    let worker = bench.run();
    sleep(seconds(10)).await;
    for _ in 0..60 {
        bench.jobs.refuse_next(Operation::PollForJobs, PipelineError::new("ServiceUnavailable", "out for lunch"));
    }
    sleep(seconds(55 * 60)).await;
    assert!(
        bench.notices().last().unwrap().starts_with("polling failed: ServiceUnavailable: out for lunch; again in 60 s")
    );
    sleep(seconds(10 * 60)).await;
    assert_eq!(bench.execution(JOB).status, ExecutionStatus::Running);
    bench.ends(JOB, ExecutionStatus::Succeeded, None, None);
    sleep(seconds(10)).await;
    assert_eq!(bench.state(JOB), ActionState::Succeeded);
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_that_cannot_be_told_anything_is_not_silent() {
    for operation in [Operation::AcknowledgeJob, Operation::PutJobSuccessResult] {
        let bench = Bench::new();
        bench.begin(JOB);
        let worker = bench.run();
        sleep(seconds(2)).await;
        for _ in 0..60 {
            bench.jobs.refuse_next(operation, PipelineError::new("BadGateway", "out for lunch"));
        }
        sleep(seconds(65 * 60)).await;
        assert_eq!(bench.execution(JOB).status, ExecutionStatus::Running, "{:?}", bench.notices());
        bench.ends(JOB, ExecutionStatus::Succeeded, None, None);
        sleep(seconds(10)).await;
        assert_eq!(bench.state(JOB), ActionState::Succeeded);
        worker.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_fails_for_a_reason_that_is_not_known_ends_no_worker() {
    let bench = Bench::new();
    bench.jobs.refuse_next(Operation::PollForJobs, PipelineError::new("SdkClientException", "no credentials"));
    bench.begin(JOB);
    let worker = bench.run();
    sleep(seconds(20)).await;
    assert_eq!(bench.execution(JOB).status, ExecutionStatus::Running);
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_got_lost_does_not_stop_the_execution() {
    let jobs = || InMemoryJobs::new(action_type());
    for jobs in [jobs(), jobs().keeping_job_ids(), jobs().spending_nonces()] {
        let bench = Bench::with_jobs(jobs);
        bench.begin(JOB);
        bench.jobs.lose_next_answer(Operation::PutJobSuccessResult);
        bench.jobs.lose_next_answer(Operation::AcknowledgeJob);
        let worker = bench.run();
        sleep(seconds(30)).await;
        assert_eq!(bench.execution(JOB).status, ExecutionStatus::Running, "{:?}", bench.notices());
        bench.ends(JOB, ExecutionStatus::Succeeded, None, None);
        bench.jobs.lose_next_answer(Operation::PutJobSuccessResult);
        sleep(seconds(30)).await;
        assert_eq!(bench.state(JOB), ActionState::Succeeded);
        worker.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_polls_are_ever_further_apart_and_then_as_usual() {
    let bench = Bench::new();
    for _ in 0..8 {
        bench.jobs.refuse_next(Operation::PollForJobs, PipelineError::new("Throttling", "Rate exceeded"));
    }
    let worker = bench.run();
    sleep(seconds(5 + 5 + 5 + 8 + 16 + 32 + 60 + 60 + 1)).await;
    let pauses: Vec<_> = bench.notices().iter().map(|it| it.rsplit(" in ").next().unwrap().to_owned()).collect();
    assert_eq!(pauses, ["5 s", "5 s", "5 s", "8 s", "16 s", "32 s", "60 s", "60 s"]);
    let polls = bench.called(Operation::PollForJobs);
    assert_eq!(polls, 9);
    sleep(seconds(50)).await;
    assert_eq!(bench.called(Operation::PollForJobs), polls + 10);
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_action_type_that_does_not_exist_ends_the_worker() {
    let bench = Bench::with_jobs(InMemoryJobs::new(ActionTypeId::deploy("StateMachine", "2")));
    let ended = bench.worker().run(std::future::pending()).await.unwrap_err();
    assert_eq!(
        ended.to_string(),
        "CodePipeline refuses to be polled: ActionTypeNotFoundException: \
         action type `Deploy/Custom/StateMachine/1` does not exist"
    );
}

#[tokio::test(start_paused = true)]
async fn two_workers_do_one_job_once() {
    let bench = Bench::new();
    let other = Bench { executions: InMemoryExecutions::new(), ..Bench::with_jobs(bench.jobs.clone()) };
    bench.begin(JOB);
    // The other was offered the job first, and is slower.
    let request =
        PollForJobs { action_type_id: action_type(), max_batch_size: NonZero::<usize>::MIN, query_param: None };
    let offered = bench.jobs.poll_for_jobs(&request).await.unwrap().remove(0);
    let worker = bench.run();
    sleep(seconds(1)).await;
    let refused = bench.jobs.acknowledge_job(&offered.job.id, &offered.nonce).await.unwrap_err();
    assert_eq!(refused.code(), "InvalidNonceException");
    // Jobs that go on are left to the worker that has the execution.
    let second = other.run();
    sleep(seconds(60)).await;
    bench.ends(JOB, ExecutionStatus::Succeeded, None, None);
    sleep(seconds(60)).await;
    assert_eq!(bench.state(JOB), ActionState::Succeeded, "{:?} {:?}", bench.notices(), other.notices());
    assert_eq!(other.executions.started(), []);
    assert!(!other.notices().is_empty() && other.notices().iter().all(|it| it.ends_with(" is not here")));
    worker.stop().await.unwrap();
    second.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_with_an_outdated_nonce_is_left_alone() {
    let bench = Bench::new();
    bench.begin(JOB);
    let error = || PipelineError::new("InvalidNonceException", "the nonce is not that of the job");
    bench.jobs.refuse_next(Operation::AcknowledgeJob, error());
    let worker = bench.run();
    sleep(seconds(1)).await;
    assert_eq!(bench.executions.started(), []);
    assert_eq!(bench.notices(), [format!("job {JOB}: left alone: {}", error())]);
    sleep(seconds(10)).await;
    assert_eq!(bench.executions.started().len(), 1);
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_offered_again_before_it_is_taken_is_taken_with_the_newer_nonce() {
    let bench = Bench::new();
    bench.begin(JOB);
    // While the worker cannot reach the pipeline to take the job, it is offered again.
    for _ in 0..4 {
        bench.jobs.refuse_next(Operation::AcknowledgeJob, PipelineError::new("ServiceUnavailable", "one moment"));
    }
    let worker = bench.run();
    sleep(seconds(16)).await;
    let notices = bench.notices();
    assert!(!notices.iter().any(|notice| notice.contains("left alone")), "{notices:?}");
    assert!(notices.contains(&format!("job {JOB}: taken")), "{notices:?}");
    assert_eq!(bench.executions.started().len(), 1);
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_that_a_killed_worker_was_about_to_take_is_answered_whether_it_was_taken_or_not() {
    for (jobs, fails) in [
        (InMemoryJobs::new(action_type()), Fails::Before),
        (InMemoryJobs::new(action_type()), Fails::After),
        (InMemoryJobs::new(action_type()).spending_nonces(), Fails::Before),
        (InMemoryJobs::new(action_type()).spending_nonces(), Fails::After),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db.jobs");
        let bench = Bench::with_jobs(jobs);
        bench.begin(JOB);
        match fails {
            Fails::Before => {
                let error = PipelineError::new("ServiceUnavailable", "one moment");
                bench.jobs.refuse_next(Operation::AcknowledgeJob, error);
            }
            Fails::After => bench.jobs.lose_next_answer(Operation::AcknowledgeJob),
        }
        let worker = Bench::start(bench.worker().ledger(Ledger::open(&path).unwrap()));
        sleep(Duration::from_millis(500)).await;
        worker.kill().await;
        let worker = Bench::start(bench.worker().ledger(Ledger::open(&path).unwrap()));
        sleep(seconds(20)).await;
        assert_eq!(bench.executions.started().len(), 1, "{:?}", bench.notices());
        assert!(bench.jobs.tokens(JOB).contains(&token(JOB)), "{:?}", bench.notices());
        worker.stop().await.unwrap();
    }
}

/// When a call fails.
enum Fails {
    Before,
    After,
}

#[tokio::test(start_paused = true)]
async fn what_is_not_available_for_a_moment_fails_no_action() {
    let bench = Bench::new();
    bench.begin(JOB);
    bench.executions.refuse_next(ExecutionsError::api("ServiceUnavailable", "one moment"));
    let worker = bench.run();
    sleep(seconds(10)).await;
    assert_eq!(bench.executions.started().len(), 1);
    assert!(bench.notices().contains(&format!("job {JOB}: ServiceUnavailable: one moment")));
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_are_taken_than_may_be_worked_on() {
    let bench = Bench::new();
    for number in 0..7 {
        bench.begin(&format!("11111111-2222-4333-8444-{number:012}"));
    }
    // Nobody is answered for ten minutes.
    for _ in 0..100 {
        let error = PipelineError::new("AccessDenied", "may not answer");
        bench.jobs.refuse_next(Operation::PutJobSuccessResult, error);
    }
    let worker = Bench::start(bench.worker().at_most(NonZero::new(3).unwrap()));
    sleep(seconds(600)).await;
    assert_eq!(bench.executions.started().len(), 3);
    sleep(seconds(3_600)).await;
    assert_eq!(bench.executions.started().len(), 7);
    worker.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn jobs_that_were_taken_are_answered_before_a_worker_stops() {
    let bench = Bench::new();
    bench.begin(JOB);
    let unavailable = || PipelineError::new("ServiceUnavailable", "one moment");
    bench.jobs.refuse_next(Operation::PutJobSuccessResult, unavailable());
    let worker = bench.run();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.jobs.tokens(JOB), [""; 0]);
    worker.stop().await.unwrap();
    assert_eq!(bench.jobs.tokens(JOB), [token(JOB)]);
    // And none longer than the grace.
    (0..100).for_each(|_| bench.jobs.refuse_next(Operation::PutJobSuccessResult, unavailable()));
    let worker = bench.run();
    sleep(Duration::from_millis(100)).await;
    let asked = Instant::now();
    worker.stop().await.unwrap();
    assert_eq!(asked.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_a_killed_worker_took_is_answered_by_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db.jobs");
    let bench = Bench::new();
    bench.begin(JOB);
    // It is killed after the execution was started, before the pipeline was told.
    bench.jobs.refuse_next(Operation::PutJobSuccessResult, PipelineError::new("ServiceUnavailable", "one moment"));
    let worker = Bench::start(bench.worker().ledger(Ledger::open(&path).unwrap()));
    sleep(Duration::from_millis(500)).await;
    worker.kill().await;
    assert_eq!(bench.jobs.tokens(JOB), [""; 0]);
    let worker = Bench::start(bench.worker().ledger(Ledger::open(&path).unwrap()));
    sleep(seconds(1)).await;
    assert_eq!(bench.jobs.tokens(JOB), [token(JOB)]);
    assert_eq!(bench.executions.started().len(), 1);
    // The next one remembers which executions jobs are to name.
    worker.kill().await;
    bench.jobs.abandon(JOB);
    let worker = Bench::start(bench.worker().ledger(Ledger::open(&path).unwrap()));
    sleep(seconds(31 * 60)).await;
    assert_eq!(bench.execution(JOB).status, ExecutionStatus::Aborted);
    worker.stop().await.unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), r#"{"version":1,"jobs":{},"executions":[]}"#);
}

#[test]
fn a_ledger_that_is_none_or_of_another_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let check = |text: &str, expected: &str| {
        std::fs::write(&path, text).unwrap();
        let refused = Ledger::open(&path).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("the ledger `{}`: {expected}", path.display())), "{refused}");
    };
    check("[7]", "");
    check(r#"{"jobs":{},"executions":[]}"#, "missing field `version`");
    check(r#"{"version":2,"notes":[]}"#, "it is of version 2, and version 1 is read here");
    check(r#"{"version":1,"jobs":{"j":"n"},"executions":[],"notes":[]}"#, "unknown field `notes`");
}

#[test]
fn a_notice_is_one_line() {
    let notice = Notice::Trouble { what: "nothing".to_owned(), error: "two\nlines".to_owned() };
    assert_eq!(notice.to_string(), "nothing: two lines");
}
