//! What a Task that starts an execution asks for.

use std::sync::Arc;

use asl_core::execution::ScheduleTask;
use asl_core::{Failure, Value};

use crate::engine::names::uuid;
use crate::error::Error;

/// The parameters of `states:startExecution`.
#[derive(Debug)]
pub(crate) struct StartRequest {
    pub(crate) state_machine_arn: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) input: Value,
    /// What tells an execution that this Task started from others of the same name.
    pub(crate) seed: u64,
}

impl StartRequest {
    /// What `task` asks for; the same however often it is delivered.
    pub(crate) fn of(task: &ScheduleTask) -> Result<Self, Failure> {
        let hash = hash(&task.idempotency_key.to_string());
        let text = |field: &str| match task.parameters.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| {
                let cause = format!("The value of `{field}` must be a string, and is {}", value.kind());
                service_failure("ValidationException", "ValidationException", &cause, hash)
            }),
        };
        let Some(state_machine_arn) = text("StateMachineArn")? else {
            let cause = "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: \
                         Member must not be null";
            return Err(service_failure("ValidationException", "ValidationException", cause, hash));
        };
        let input = match task.parameters.get("Input") {
            None | Some(Value::Null) => Value::empty_object(),
            Some(Value::String(text)) => text.parse().map_err(|error| {
                let cause = format!("Invalid State Machine Execution Input: '{error}'");
                service_failure("InvalidExecutionInputException", "InvalidExecutionInput", &cause, hash)
            })?,
            Some(input) => input.clone(),
        };
        let name = text("Name")?.map_or_else(|| uuid(hash).into(), Into::into);
        // The lower half is as good as any.
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
        let seed = hash as u64;
        Ok(Self { state_machine_arn: state_machine_arn.into(), name, input, seed })
    }
}

/// What a Task fails with when its driver refuses to start the execution.
pub(crate) fn refusal(task: &ScheduleTask, error: &Error) -> Failure {
    match error.api_name() {
        Some(name) => service_failure(
            &format!("{name}Exception"),
            name,
            &error.to_string(),
            hash(&task.idempotency_key.to_string()),
        ),
        None => Failure::runtime(error.to_string()),
    }
}

/// A failure as the AWS SDK words it.
fn service_failure(exception: &str, error_code: &str, message: &str, request: u128) -> Failure {
    let cause = format!(
        "{message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {error_code}; Request ID: {}; Proxy: null)",
        uuid(request)
    );
    Failure::new(format!("StepFunctions.{exception}"), cause)
}

/// FNV-1a: the same in every version and on every machine.
fn hash(key: &str) -> u128 {
    key.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
    })
}
