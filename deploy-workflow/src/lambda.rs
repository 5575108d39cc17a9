//! The [`Function`] in AWS Lambda: the feature `lambda`.
//!
//! The program is `deploy-workflow-lambda`. CodePipeline calls it with a job's event; see `docs/deploy-workflow`.

use std::time::SystemTime;

use asl_runtime::clock::Clock;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value as Json;

use crate::function::{Function, FunctionError};
use crate::trigger::TriggerError;

/// Takes events from Lambda and hands them to `function`, for as long as Lambda lets the process live.
///
/// Each call ends before Lambda's deadline, and returns its [outcome](crate::function::Outcome::to_json).
///
/// `lambda_runtime` writes each event as it came, with the job's `artifactCredentials`, to `tracing` at the level TRACE.
/// The program `deploy-workflow-lambda` has no subscriber; one in a host must leave out TRACE of `lambda_runtime`.
///
/// # Errors
///
/// When Lambda's Runtime API cannot be reached.
///
/// # Panics
///
/// Outside of Lambda, where the environment does not name the Runtime API.
pub async fn serve<C: Clock + Clone>(function: &Function<C>) -> Result<(), lambda_runtime::Error> {
    lambda_runtime::run(service_fn(|event: LambdaEvent<Json>| async move {
        let time_left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        function.call(&event.payload, time_left).await.map(|outcome| outcome.to_json()).map_err(Refused)
    }))
    .await
}

/// An error, as Lambda shows it.
#[derive(Debug)]
struct Refused(FunctionError);

impl From<Refused> for Diagnostic {
    fn from(Refused(error): Refused) -> Self {
        let error_type = match &error {
            FunctionError::Trigger(TriggerError::NotAJob(_)) => "NotAJob",
            FunctionError::Trigger(TriggerError::Pipeline(refusal)) => refusal.code(),
            FunctionError::Host(_) | FunctionError::Ledger(_) | FunctionError::Executions(_) => "StoreUnavailable",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
