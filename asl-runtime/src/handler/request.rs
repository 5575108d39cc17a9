//! What a handler is told about the Task that it runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use asl_core::execution::{Event, ScheduleTask};
use asl_core::program::{IntegrationPattern, Resource};
use asl_core::{Failure, Timestamp, Value};
use serde::de::DeserializeOwned;

use crate::callbacks::Callbacks;
use crate::clock::Clock;
use crate::error::Error;

/// One attempt of a Task, for its handler to run; cheap to clone.
#[derive(Debug, Clone)]
pub struct TaskRequest(Arc<Attempt>);

#[derive(Debug)]
struct Attempt {
    execution_arn: Arc<str>,
    task: Arc<ScheduleTask>,
    clock: Arc<dyn Clock>,
    /// Written out once somebody asks.
    idempotency_key: OnceLock<String>,
    callbacks: Callbacks,
    submitted: AtomicBool,
}

/// What is around an attempt: the same for every Task of an execution.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) execution_arn: Arc<str>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) callbacks: Callbacks,
}

impl TaskRequest {
    pub(crate) fn new(task: Arc<ScheduleTask>, surroundings: Surroundings) -> Self {
        let Surroundings { execution_arn, clock, callbacks } = surroundings;
        let idempotency_key = OnceLock::new();
        let submitted = AtomicBool::new(false);
        Self(Arc::new(Attempt { execution_arn, task, clock, idempotency_key, callbacks, submitted }))
    }

    /// What the Task is called with: the state's effective input.
    ///
    /// A handler registered for a function sees the `Payload` of `lambda:invoke` here.
    pub fn parameters(&self) -> &Value {
        &self.0.task.parameters
    }

    /// The parameters as a `serde_json::Value`, which copies them.
    pub fn parameters_json(&self) -> serde_json::Value {
        self.parameters().into()
    }

    /// The parameters as a type of yours.
    ///
    /// # Errors
    ///
    /// `InvalidParameters`, with a cause that names the member that does not fit.
    pub fn deserialize<P: DeserializeOwned>(&self) -> Result<P, Failure> {
        serde_path_to_error::deserialize(self.parameters_json()).map_err(|error| {
            let (path, state, reason) = (error.path().to_string(), self.state_name(), reason(error.inner()));
            let cause = match path.as_str() {
                "." => format!("the parameters of state `{state}`: {reason}"),
                path => format!("`{path}` in the parameters of state `{state}`: {reason}"),
            };
            Failure::new("InvalidParameters", cause)
        })
    }

    /// The name of the Task state.
    pub fn state_name(&self) -> &str {
        &self.0.task.state_name
    }

    /// What the Task calls.
    pub fn resource(&self) -> &Resource {
        &self.0.task.resource
    }

    /// The ARN of the execution.
    pub fn execution_arn(&self) -> &str {
        &self.0.execution_arn
    }

    /// How often this Task was retried before: 0 at first.
    pub fn retry_count(&self) -> u32 {
        self.0.task.retry_count
    }

    /// How many Tasks this state scheduled before in this execution: 0 at first.
    ///
    /// Retries count, and so do the iterations of a Map and every further entry of the state.
    pub fn invocation(&self) -> u64 {
        self.0.task.invocation
    }

    /// The same for every delivery of this attempt, different for every other attempt of any execution.
    pub fn idempotency_key(&self) -> &str {
        self.0.idempotency_key.get_or_init(|| self.0.task.idempotency_key.to_string())
    }

    /// What the Task is answered by from outside, if it waits for a token or is an activity.
    pub fn task_token(&self) -> Option<&str> {
        self.0.task.task_token.as_deref()
    }

    /// When the Task times out.
    pub fn deadline(&self) -> Timestamp {
        self.0.task.deadline
    }

    /// How long the Task may stay without a heartbeat, in seconds, if it must send them.
    pub fn heartbeat_seconds(&self) -> Option<u64> {
        self.0.task.heartbeat_seconds
    }

    /// The evaluated `Credentials` of the Task.
    pub fn credentials(&self) -> Option<&Value> {
        self.0.task.credentials.as_ref()
    }

    /// The clock that the execution runs by: sleep on this one, so that simulations take no time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// Answers Tasks by their tokens, as the engine's methods of the same names do.
    pub fn callbacks(&self) -> &Callbacks {
        &self.0.callbacks
    }

    /// Reports that a `.sync` job was started, or what a `.waitForTaskToken` call answered; the Task goes on.
    ///
    /// What the handler of a `.waitForTaskToken` Task returns is reported this way if it did not do so itself.
    ///
    /// # Errors
    ///
    /// When nobody waits for the Task any more.
    pub async fn submitted(&self, output: impl Into<Value> + Send) -> Result<(), Error> {
        let output = output.into();
        self.0.submitted.store(true, Ordering::Relaxed);
        self.report(Event::TaskSubmitted { task: self.0.task.task, output }).await
    }

    /// Makes `answer` the end of the Task, whatever its integration pattern.
    ///
    /// This is for handlers that stand in for a service together with whoever would answer later:
    /// the job of a `.sync` Task is submitted and has ended; the token of a `.waitForTaskToken` Task is answered.
    /// What this returns, the handler returns.
    ///
    /// # Errors
    ///
    /// Those of `answer`, and when nobody waits for the Task any more.
    pub async fn complete(&self, answer: Result<Value, Failure>) -> Result<Value, Failure> {
        if self.resource().pattern() != IntegrationPattern::RequestResponse {
            self.submitted(Value::empty_object()).await?;
        }
        let output = answer?;
        if let (IntegrationPattern::WaitForTaskToken, Some(token)) = (self.resource().pattern(), self.task_token()) {
            self.callbacks().send_task_success(token, output.clone()).await?;
        }
        Ok(output)
    }

    /// Says that the Task is alive, which starts its `HeartbeatSeconds` anew.
    ///
    /// # Errors
    ///
    /// When nobody waits for the Task any more.
    pub async fn heartbeat(&self) -> Result<(), Error> {
        self.report(Event::TaskHeartbeat { task: self.0.task.task }).await
    }

    pub(crate) fn was_submitted(&self) -> bool {
        self.0.submitted.load(Ordering::Relaxed)
    }

    pub(crate) async fn report(&self, event: Event) -> Result<(), Error> {
        self.0.callbacks.report(&self.0.execution_arn, event).await
    }
}

/// What does not fit: without the value, which may be secret and would be in the history, and without the name of the
/// handler's type, which who wrote the definition does not know.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let Some((found, expected)) = text.rsplit_once(", expected ").filter(|(found, _)| !names_a_member(found)) else {
        return text;
    };
    let found = found.split(['"', '`']).next().unwrap_or_default().trim_end();
    let expected = if expected.starts_with("struct ") { "an object" } else { expected };
    format!("{found}, expected {expected}")
}

/// Names of members are no values.
fn names_a_member(found: &str) -> bool {
    found.starts_with("unknown field ")
}
