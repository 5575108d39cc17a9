//! What the trigger needs of Step Functions, and one in memory that does what it is told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use asl_runtime::engine::ExecutionStatus;
use async_trait::async_trait;

/// The operations of the Step Functions API that start, watch and stop executions of one machine.
#[async_trait]
pub trait Executions: fmt::Debug + Send + Sync {
    /// Starts an execution; returns its ARN.
    ///
    /// # Errors
    ///
    /// [`ExecutionsError::AlreadyExists`] when the name is taken, and the API's other errors.
    async fn start_execution(&self, name: &str, input: serde_json::Value) -> Result<String, ExecutionsError>;

    /// The ARN of the execution of this name, which need not exist.
    fn execution_arn(&self, name: &str) -> String;

    /// What is known of an execution.
    ///
    /// # Errors
    ///
    /// The API's errors.
    async fn describe_execution(&self, execution_arn: &str) -> Result<ExecutionDescription, ExecutionsError>;

    /// Stops an execution, which is `ABORTED` then with this error and cause; one that has ended stays as it is.
    ///
    /// # Errors
    ///
    /// The API's errors.
    async fn stop_execution(&self, execution_arn: &str, error: &str, cause: &str) -> Result<(), ExecutionsError>;
}

/// An execution, as far as the trigger wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionDescription {
    /// Whether it runs, or how it ended.
    pub status: ExecutionStatus,
    /// The error's name, if it failed with one.
    pub error: Option<String>,
    /// The error's cause, if it failed with one.
    pub cause: Option<String>,
}

/// Why an execution could not be started, described or stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutionsError {
    /// There is an execution of this name already.
    #[error("ExecutionAlreadyExists: {execution_arn}")]
    AlreadyExists {
        /// Its ARN.
        execution_arn: String,
    },
    /// Any other error, with the API's code.
    #[error("{code}: {message}")]
    Api {
        /// The API's code.
        code: String,
        /// The message.
        message: String,
    },
}

impl ExecutionsError {
    /// An error with the API's code and a message.
    pub fn api(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Api { code: code.into(), message: message.into() }
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        const TRANSIENT: [&str; 3] = ["ThrottlingException", "ServiceUnavailable", "InternalServerException"];
        matches!(self, Self::Api { code, .. } if TRANSIENT.contains(&code.as_str()))
    }

    /// Whether there is no execution of that ARN.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Api { code, .. } if code == "ExecutionDoesNotExist" || code == "InvalidArn")
    }
}

/// Executions in memory that do nothing until they are told; clones share them.
#[derive(Clone, Default)]
pub struct InMemoryExecutions(Arc<Mutex<Recorded>>);

/// Inputs are not shown: they may have secret parameters.
impl fmt::Debug for InMemoryExecutions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let execution_arns: Vec<_> = self.with(|recorded| recorded.executions.keys().cloned().collect());
        formatter.debug_tuple("InMemoryExecutions").field(&execution_arns).finish()
    }
}

#[derive(Default)]
struct Recorded {
    executions: BTreeMap<String, (serde_json::Value, ExecutionDescription)>,
    refusal: Option<ExecutionsError>,
}

impl InMemoryExecutions {
    /// No executions yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How an execution goes from now on.
    pub fn set(&self, execution_arn: &str, description: ExecutionDescription) {
        self.with(|recorded| {
            if let Some((_, known)) = recorded.executions.get_mut(execution_arn) {
                *known = description;
            }
        });
    }

    /// The next call fails.
    pub fn refuse_next(&self, error: ExecutionsError) {
        self.with(|recorded| recorded.refusal = Some(error));
    }

    /// What is known of an execution.
    pub fn description(&self, execution_arn: &str) -> Option<ExecutionDescription> {
        self.with(|recorded| recorded.executions.get(execution_arn).map(|(_, description)| description.clone()))
    }

    /// The ARNs and inputs of the executions that were started.
    pub fn started(&self) -> Vec<(String, serde_json::Value)> {
        self.with(|recorded| recorded.executions.iter().map(|(arn, (input, _))| (arn.clone(), input.clone())).collect())
    }

    fn with<T>(&self, action: impl FnOnce(&mut Recorded) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Executions for InMemoryExecutions {
    fn execution_arn(&self, name: &str) -> String {
        format!("arn:aws:states:us-east-1:111122223333:execution:deploy:{name}")
    }

    async fn start_execution(&self, name: &str, input: serde_json::Value) -> Result<String, ExecutionsError> {
        let execution_arn = self.execution_arn(name);
        self.with(|recorded| {
            if let Some(error) = recorded.refusal.take() {
                return Err(error);
            }
            if recorded.executions.contains_key(&execution_arn) {
                return Err(ExecutionsError::AlreadyExists { execution_arn });
            }
            let running = ExecutionDescription { status: ExecutionStatus::Running, error: None, cause: None };
            recorded.executions.insert(execution_arn.clone(), (input, running));
            Ok(execution_arn)
        })
    }

    async fn describe_execution(&self, execution_arn: &str) -> Result<ExecutionDescription, ExecutionsError> {
        self.with(|recorded| {
            if let Some(error) = recorded.refusal.take() {
                return Err(error);
            }
            let known = recorded.executions.get(execution_arn).map(|(_, description)| description.clone());
            known.ok_or_else(|| ExecutionsError::api("ExecutionDoesNotExist", execution_arn))
        })
    }

    async fn stop_execution(&self, execution_arn: &str, error: &str, cause: &str) -> Result<(), ExecutionsError> {
        self.with(|recorded| {
            if let Some(error) = recorded.refusal.take() {
                return Err(error);
            }
            let Some((_, known)) = recorded.executions.get_mut(execution_arn) else {
                return Err(ExecutionsError::api("ExecutionDoesNotExist", execution_arn));
            };
            if known.status == ExecutionStatus::Running {
                let (error, cause) = (Some(error.to_owned()), Some(cause.to_owned()));
                *known = ExecutionDescription { status: ExecutionStatus::Aborted, error, cause };
            }
            Ok(())
        })
    }
}
