//! The [`Function`] in AWS Lambda: the feature `lambda`.
//!
//! The program is `deploy-workflow-lambda`. CodePipeline calls it with a job's event; see `docs/deploy-workflow`.

use std::time::SystemTime;

use asl_runtime::clock::Clock;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value as Json, json};

use crate::function::{Function, FunctionError};
use crate::trigger::{Told, TriggerError};

/// Takes events from Lambda and hands them to `function`, for as long as Lambda lets the process live.
///
/// Each call ends before Lambda's deadline. What is returned says what the pipeline was told:
/// `{"status": "RUNNING", "executionArn": …}`, `{"status": "SUCCEEDED"}` or `{"status": "FAILED", "failureDetails": …}`.
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
        function.call(&event.payload, time_left).await.map(|told| answer(&told)).map_err(Refused)
    }))
    .await
}

fn answer(told: &Told) -> Json {
    match told {
        Told::Running { execution_arn } => json!({ "status": "RUNNING", "executionArn": execution_arn }),
        Told::Succeeded => json!({ "status": "SUCCEEDED" }),
        Told::Failed(details) => json!({ "status": "FAILED", "failureDetails": details }),
    }
}

/// An error, as Lambda shows it.
#[derive(Debug)]
struct Refused(FunctionError);

impl From<Refused> for Diagnostic {
    fn from(Refused(error): Refused) -> Self {
        let error_type = match &error {
            FunctionError::Trigger(TriggerError::NotAJob(_)) => "NotAJob",
            FunctionError::Trigger(TriggerError::Pipeline(refusal)) => refusal.code(),
            FunctionError::Host(_) => "StoreUnavailable",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
