//! Runs a case in virtual time, its Tasks answered as they were when it was recorded.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use asl_core::execution::{Outcome, Start};
use asl_core::program::IntegrationPattern;
use asl_core::{Compiled, Failure, Options, Timestamp, Value};
use asl_runtime::{MockConfig, Registry, Run, Simulation, TaskHandler, TaskRequest};
use async_trait::async_trait;

use crate::answer::{EngineAnswer, Status};
use crate::case::Case;
use crate::event::{detail_text, event_type};
use crate::mocked::MockedCase;
use crate::objects::RecordedObjects;
use crate::recording::{RecordedAnswer, RecordedOutcome, Recording};

/// What the engine makes of `case`; a panic of the engine is an answer, too.
pub fn replay(case: &Case) -> EngineAnswer {
    guarded(case, || run(case, &Registry::new().handler("*", RecordedHandler::new(case, start_time(case)))))
}

/// What the engine makes of `case` when its Tasks are answered by the case's mock file.
pub fn replay_mocked(MockedCase { case, mock }: &MockedCase) -> EngineAnswer {
    guarded(case, || {
        let refused = |reason: String| EngineAnswer::without_execution(&case.id, Status::Rejected, reason);
        let config = match MockConfig::parse(&mock.config.to_string()) {
            Ok(config) => config,
            Err(faults) => return refused(faults.to_string()),
        };
        match config.test_case(&mock.state_machine_name, &mock.test_case) {
            Ok(test_case) => run(case, &Registry::new().mock(test_case)),
            Err(unknown) => refused(unknown.to_string()),
        }
    })
}

fn guarded(case: &Case, run: impl FnOnce() -> EngineAnswer) -> EngineAnswer {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|payload| EngineAnswer::without_execution(&case.id, Status::Panicked, panic_message(&*payload)))
}

fn run(case: &Case, registry: &Registry) -> EngineAnswer {
    let options = Options::new().machine_type(case.machine_type.into()).compatibility(case.compatibility());
    let Compiled { program, diagnostics, .. } = asl_core::compile_with(&case.definition.to_string(), options);
    let Some(program) = program else {
        return EngineAnswer::without_execution(&case.id, Status::Rejected, diagnostics.to_string());
    };
    let input: Value = match serde_json::from_str(case.input_text.as_deref().unwrap_or("{}")) {
        Ok(input) => input,
        Err(error) => return EngineAnswer::without_execution(&case.id, Status::Rejected, error.to_string()),
    };
    let start_at = start_time(case);
    let mut simulation =
        Simulation::new().start_at(start_at).registry(registry.clone()).items(RecordedObjects::new(case));
    if let Some(failure) = stop(case) {
        simulation = simulation.stop_at(start_at.saturating_add(STOPPED_AFTER), failure);
    }
    match simulation.run_start(&program, start(case, input)) {
        Ok(run) => answer(case, &run),
        Err(error) => EngineAnswer::without_execution(&case.id, Status::Stalled, error.to_string()),
    }
}

/// When a stopped execution was stopped: the recordings do not say, but that it was soon.
const STOPPED_AFTER: Duration = Duration::from_secs(1);

/// When executions start whose recording does not say.
const DEFAULT_START: Timestamp = Timestamp::from_millis(1_732_233_600_000);

fn start_time(case: &Case) -> Timestamp {
    let recorded_at = || case.source.as_ref()?.last_validated.as_deref();
    case.clock.as_deref().or_else(recorded_at).and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_START)
}

fn start(case: &Case, input: Value) -> Start {
    let names = &case.context;
    Start {
        id: names.execution_arn.as_str().into(),
        state_machine_id: names.state_machine_arn.as_str().into(),
        state_machine_name: names.state_machine_name.as_str().into(),
        role_arn: names.role_arn.as_str().into(),
        missing_activities: missing_activities(case),
        ..Start::new(names.execution_name.as_str(), input)
    }
}

/// The activities that did not exist when the case was recorded, as its history says.
fn missing_activities(case: &Case) -> BTreeSet<Arc<str>> {
    let failure = case.events().last().filter(|event| event_type(event) == "ExecutionFailed");
    let cause = failure.and_then(|event| detail_text(event, "cause")).unwrap_or_default();
    let missing = cause.split_once(" The activity ").and_then(|(_, rest)| rest.strip_suffix(" does not exist."));
    missing.map(|placeholder| case.concrete(placeholder).into()).into_iter().collect()
}

/// With what the execution was stopped, if it was.
fn stop(case: &Case) -> Option<Failure> {
    let last = case.events().last().filter(|event| event_type(event) == "ExecutionAborted")?;
    let text = |name: &str| detail_text(last, name);
    Some(Failure::from_parts(text("error").map(Into::into), text("cause").map(Into::into)))
}

fn answer(case: &Case, run: &Run) -> EngineAnswer {
    let status = match &run.outcome {
        Outcome::Succeeded(_) => Status::Succeeded,
        Outcome::Failed(_) => Status::Failed,
        Outcome::TimedOut(_) => Status::TimedOut,
        Outcome::Aborted(_) => Status::Aborted,
    };
    // DescribeExecution names no error where the execution timed out; its history does.
    let described = run.failure().filter(|_| status != Status::TimedOut);
    let failure_text = |part: fn(&Failure) -> Option<&str>| described.and_then(part).map(str::to_owned);
    EngineAnswer {
        id: case.id.clone(),
        status,
        output: run.output().and_then(|output| serde_json::to_string(output).ok()),
        error: failure_text(Failure::error),
        cause: failure_text(Failure::cause),
        events: run.history.iter().filter_map(|event| serde_json::to_value(event).ok()).collect(),
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("the engine panicked")
}

/// Answers every Task as the recording has it.
struct RecordedHandler {
    case: Arc<Case>,
    /// None if the case was recorded without its Tasks.
    recording: Option<Mutex<Recording>>,
    started_at: Timestamp,
}

impl RecordedHandler {
    fn new(case: &Case, started_at: Timestamp) -> Self {
        Self { case: Arc::new(case.clone()), recording: Recording::of(case).map(Mutex::new), started_at }
    }

    /// The answer to a call; where none was recorded at all, as of the children of a Distributed Map, a Task returns
    /// what it was called with.
    fn take(&self, request: &TaskRequest) -> Result<RecordedAnswer, Failure> {
        let is_recorded = request.execution_arn() == self.case.context.execution_arn;
        let Some(recording) = self.recording.as_ref().filter(|_| is_recorded) else {
            let outcome = RecordedOutcome::Succeeded(request.parameters().clone());
            return Ok(RecordedAnswer { submitted: None, outcome, rank: 0 });
        };
        let mut recording = recording.lock().unwrap_or_else(PoisonError::into_inner);
        recording.take(&self.case, request.state_name(), request.resource(), request.parameters()).ok_or_else(|| {
            let cause = format!("the recording has no further call of the state `{}`", request.state_name());
            Failure::new("Conformance.NotRecorded", cause)
        })
    }
}

#[async_trait]
impl TaskHandler for RecordedHandler {
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        let RecordedAnswer { submitted, outcome, rank } = self.take(&request)?;
        if let Some(output) = submitted {
            request.submitted(output).await?;
        }
        // A millisecond each keeps concurrent answers in the order in which AWS had them.
        let due = self.started_at.saturating_add(Duration::from_millis(u64::from(rank)));
        match outcome {
            RecordedOutcome::Succeeded(output) => {
                request.clock().sleep_until(due).await;
                if let (IntegrationPattern::WaitForTaskToken, Some(token)) =
                    (request.resource().pattern(), request.task_token())
                {
                    request.callbacks().send_task_success(token, output.clone()).await?;
                }
                Ok(output)
            }
            RecordedOutcome::Failed(failure) => {
                request.clock().sleep_until(due).await;
                Err(failure)
            }
            RecordedOutcome::Silence => std::future::pending().await,
        }
    }

    fn worker_name(&self) -> Option<&str> {
        let started = self.case.events().iter().find(|event| event_type(event) == "ActivityStarted")?;
        detail_text(started, "workerName")
    }
}
