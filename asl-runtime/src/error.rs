//! Failures of the host: what the engine's caller did wrong, or what broke beneath it.
//!
//! A workflow that fails is not one of these: that is an [`Outcome`](asl_core::execution::Outcome).

use std::fmt;
use std::sync::Arc;

use asl_core::diagnostic::{Diagnostics, MAX_RESULTS, Severity};
use asl_core::execution::Rejected;
use asl_core::{Failure, Program};

use crate::registry::MissingHandlers;
use crate::store::StoreError;

/// Why the engine refused a call; named and worded as the Step Functions API does where it knows the error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no activity of this ARN.
    #[error("Activity Does Not Exist: '{0}'")]
    ActivityDoesNotExist(Arc<str>),
    /// As many workers wait for Tasks of this activity as may.
    #[error("Activity Worker Limit Exceeded: '{0}'")]
    ActivityWorkerLimitExceeded(Arc<str>),
    /// What is asked does not fit what is there.
    #[error("{0}")]
    Conflict(Arc<str>),
    /// There is an execution of this name already, which ended or has another input.
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(Arc<str>),
    /// The execution cannot be redriven, and why.
    #[error("Execution Not Redrivable: '{0}'")]
    ExecutionNotRedrivable(Arc<str>),
    /// There is no execution of this ARN.
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(Arc<str>),
    /// What is given as an ARN is none.
    #[error("Invalid Arn: 'Invalid ARN prefix: {0}'")]
    InvalidArn(Arc<str>),
    /// An ARN of something that the call is not about.
    #[error("Invalid Arn: 'Resource type not valid in this context: {0}'")]
    InvalidResourceType(Arc<str>),
    /// A definition that does not compile.
    #[error(transparent)]
    InvalidDefinition(#[from] InvalidDefinition),
    /// A name that AWS does not allow: 1 to 80 characters, none of them white space, a bracket or special.
    #[error("Invalid Name: '{0}'")]
    InvalidName(Arc<str>),
    /// A task token that was never given out.
    #[error("Invalid Token: 'Invalid token'")]
    InvalidToken,
    /// The machine has a Distributed Map that reads or writes objects, and the engine has none.
    #[error(transparent)]
    MissingObjects(#[from] MissingObjects),
    /// Tasks of the machine have no handler.
    #[error(transparent)]
    MissingHandlers(#[from] MissingHandlers),
    /// The system has no randomness for the key of task tokens.
    #[error("the system has no randomness for task tokens: {0}")]
    NoRandomness(Arc<str>),
    /// Engines live in a tokio runtime with its timer enabled.
    #[error("an engine must be built inside a tokio runtime")]
    NoRuntime,
    /// What is referred to does not exist.
    #[error("{0}")]
    ResourceNotFound(Arc<str>),
    /// As many as there may be of these are there.
    #[error("{0}")]
    ServiceQuotaExceeded(Arc<str>),
    /// The engine is shut down, or shutting down.
    #[error("the engine is shut down")]
    ShutDown,
    /// There is another machine of this name.
    #[error("State Machine Already Exists: '{0}'")]
    StateMachineAlreadyExists(Arc<str>),
    /// There is no machine of this ARN.
    #[error("State Machine Does Not Exist: '{0}'")]
    StateMachineDoesNotExist(Arc<str>),
    /// Standard machines cannot do this, or Express machines cannot.
    #[error("This operation is not supported by this type of state machine")]
    StateMachineTypeNotSupported,
    /// The store failed; what was asked did not happen.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such Task in the execution.
    #[error("Task Does Not Exist: 'the execution has no such task'")]
    TaskDoesNotExist,
    /// A resource has at most 50 tags.
    #[error("Too Many Tags: '{0}'")]
    TooManyTags(Arc<str>),
    /// An argument that AWS does not allow, and why.
    #[error("{0}")]
    Validation(Arc<str>),
    /// The Task is closed: it was answered, timed out or was cancelled, or its execution ended.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
}

impl Error {
    /// The error's name in the Step Functions API, if it has one.
    pub fn api_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::ActivityDoesNotExist(_) => "ActivityDoesNotExist",
            Self::ActivityWorkerLimitExceeded(_) => "ActivityWorkerLimitExceeded",
            Self::Conflict(_) => "ConflictException",
            Self::ExecutionAlreadyExists(_) => "ExecutionAlreadyExists",
            Self::ExecutionDoesNotExist(_) => "ExecutionDoesNotExist",
            Self::ExecutionNotRedrivable(_) => "ExecutionNotRedrivable",
            Self::InvalidArn(_) | Self::InvalidResourceType(_) => "InvalidArn",
            Self::InvalidDefinition(_) => "InvalidDefinition",
            Self::InvalidName(_) => "InvalidName",
            Self::InvalidToken => "InvalidToken",
            Self::ResourceNotFound(_) => "ResourceNotFound",
            Self::ServiceQuotaExceeded(_) => "ServiceQuotaExceededException",
            Self::StateMachineAlreadyExists(_) => "StateMachineAlreadyExists",
            Self::StateMachineDoesNotExist(_) => "StateMachineDoesNotExist",
            Self::StateMachineTypeNotSupported => "StateMachineTypeNotSupported",
            Self::TaskDoesNotExist => "TaskDoesNotExist",
            Self::TooManyTags(_) => "TooManyTags",
            Self::Validation(_) => "ValidationException",
            Self::TaskTimedOut => "TaskTimedOut",
            Self::MissingObjects(_)
            | Self::MissingHandlers(_)
            | Self::NoRandomness(_)
            | Self::NoRuntime
            | Self::ShutDown
            | Self::Store(_) => return None,
        })
    }
}

/// A machine with a Distributed Map that reads or writes objects, for an engine without any.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the `{field}` of the state `{state_name}` needs `{resource}`, and the engine has no objects: give it some with `EngineBuilder::objects`"
)]
pub struct MissingObjects {
    state_name: Arc<str>,
    field: &'static str,
    resource: Arc<str>,
}

impl MissingObjects {
    /// Refuses a program that has one.
    pub(crate) fn refuse(program: &Program) -> Result<(), Self> {
        let readers = program.item_readers().map(|(state_name, resource)| ("ItemReader", state_name, resource));
        let writers = program.result_writers().map(|(state_name, resource)| ("ResultWriter", state_name, resource));
        match readers.chain(writers).next() {
            Some((field, state_name, resource)) => {
                Err(Self { state_name: state_name.into(), field, resource: resource.as_str().into() })
            }
            None => Ok(()),
        }
    }

    /// The name of the state.
    pub fn state_name(&self) -> &str {
        &self.state_name
    }
}

/// What is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDefinition {
    diagnostics: Diagnostics,
}

impl InvalidDefinition {
    pub(crate) fn new(diagnostics: Diagnostics) -> Self {
        Self { diagnostics }
    }

    /// Everything that was found, warnings included.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }
}

/// Every error in AWS's words; [`diagnostics`](InvalidDefinition::diagnostics) render better.
impl fmt::Display for InvalidDefinition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = self.diagnostics.aws_form(Severity::Error, MAX_RESULTS);
        match answer.invalid_definition() {
            Some(message) => formatter.write_str(&message),
            None => write!(formatter, "Invalid State Machine Definition: '{}'", self.diagnostics),
        }
    }
}

impl std::error::Error for InvalidDefinition {}

/// Whoever answers a Task that is not out any more is told so in AWS's words.
impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::NotRedrivable(reason) => Self::ExecutionNotRedrivable(reason.in_aws_words().into()),
            _ => Self::TaskTimedOut,
        }
    }
}

/// Lets a handler use `?` on its own calls to the engine; the failure carries the API's name for the error.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.api_name().unwrap_or("EngineError"), error.to_string())
    }
}
