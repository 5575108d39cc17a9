//! Executions in an engine of this process.

use asl_core::Failure;
use asl_runtime::{Engine, Error};
use async_trait::async_trait;

use super::executions::{ExecutionDescription, Executions, ExecutionsError};

/// The executions of one machine of an engine.
#[derive(Debug, Clone)]
pub struct EngineExecutions {
    engine: Engine,
    state_machine_arn: String,
}

impl EngineExecutions {
    /// The executions of the machine of this ARN.
    pub fn new(engine: Engine, state_machine_arn: impl Into<String>) -> Self {
        Self { engine, state_machine_arn: state_machine_arn.into() }
    }
}

#[async_trait]
impl Executions for EngineExecutions {
    fn execution_arn(&self, name: &str) -> String {
        format!("{}:{name}", self.state_machine_arn.replacen(":stateMachine:", ":execution:", 1))
    }

    async fn start_execution(&self, name: &str, input: serde_json::Value) -> Result<String, ExecutionsError> {
        match self.engine.start_execution(&self.state_machine_arn, Some(name), input).await {
            Ok(started) => Ok(started.execution_arn.to_string()),
            Err(Error::ExecutionAlreadyExists(arn)) => {
                Err(ExecutionsError::AlreadyExists { execution_arn: arn.to_string() })
            }
            Err(error) => Err(refusal(&error)),
        }
    }

    async fn describe_execution(&self, execution_arn: &str) -> Result<ExecutionDescription, ExecutionsError> {
        let execution = self.engine.describe_execution(execution_arn).await.map_err(|error| refusal(&error))?;
        let failure = execution.failure;
        let error = failure.as_ref().and_then(|failure| failure.error()).map(str::to_owned);
        let cause = failure.as_ref().and_then(|failure| failure.cause()).map(str::to_owned);
        Ok(ExecutionDescription { status: execution.status, error, cause })
    }

    async fn stop_execution(&self, execution_arn: &str, error: &str, cause: &str) -> Result<(), ExecutionsError> {
        let failure = Failure::new(error, cause);
        self.engine.stop_execution(execution_arn, failure).await.map_err(|error| refusal(&error))?;
        Ok(())
    }
}

fn refusal(error: &Error) -> ExecutionsError {
    ExecutionsError::api(error.api_name().unwrap_or("InternalServerException"), error.to_string())
}
