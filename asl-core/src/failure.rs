//! Failures of a workflow: data that Retry and Catch handle, never a Rust error.
//!
//! See [Errors](https://states-language.net/spec.html#errors) in the specification.

pub(crate) mod error_equals;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::history::EventId;
use crate::value::Value;

/// The name of an error, such as `States.Timeout` or one of your own.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorName(Arc<str>);

impl ErrorName {
    /// Matches every error but [`RUNTIME`](Self::RUNTIME) and the interpreter's own
    /// [`DATA_LIMIT_EXCEEDED`](Self::DATA_LIMIT_EXCEEDED).
    pub const ALL: &str = "States.ALL";
    /// A branch of a Parallel failed; the specification's name, AWS gives the branch's own error.
    pub const BRANCH_FAILED: &str = "States.BranchFailed";
    /// A state's input, output or result is over the payload limit.
    pub const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
    /// A Task sent no heartbeat in time; recorded as [`TIMEOUT`](Self::TIMEOUT), matched by either name.
    pub const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
    /// An intrinsic function refuses its arguments; the specification's name, AWS says [`RUNTIME`](Self::RUNTIME).
    pub const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
    /// The items of a Distributed Map cannot be read.
    pub const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
    /// More Map iterations failed than tolerated.
    pub const EXCEED_TOLERATED_FAILURE_THRESHOLD: &str = "States.ExceedToleratedFailureThreshold";
    /// No Choice rule matched; the specification's name, AWS says [`RUNTIME`](Self::RUNTIME).
    pub const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
    /// A path in `Parameters` found nothing; the specification's name, AWS says [`RUNTIME`](Self::RUNTIME).
    pub const PARAMETER_PATH_FAILURE: &str = "States.ParameterPathFailure";
    /// A JSONata expression failed.
    pub const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";
    /// A `ResultPath` does not fit the state's input.
    pub const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";
    /// The interpreter could not go on; never retried, never caught.
    pub const RUNTIME: &str = "States.Runtime";
    /// Matches every error of a Task but [`TIMEOUT`](Self::TIMEOUT).
    pub const TASK_FAILED: &str = "States.TaskFailed";
    /// A Task or the whole execution ran out of time.
    pub const TIMEOUT: &str = "States.Timeout";

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ErrorName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for ErrorName {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl PartialEq<str> for ErrorName {
    fn eq(&self, name: &str) -> bool {
        &*self.0 == name
    }
}

impl PartialEq<&str> for ErrorName {
    fn eq(&self, name: &&str) -> bool {
        &*self.0 == *name
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ErrorName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

/// How a Task, a state or an execution failed: an error name for programs and a cause for people.
///
/// A Task handler returns one to fail its Task; Retry and Catch see it.
///
/// # Examples
///
/// ```
/// use asl_core::Failure;
///
/// let failure = Failure::new("CardDeclined", "insufficient funds");
/// assert_eq!(failure.to_string(), "CardDeclined: insufficient funds");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(Arc<Parts>);

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parts {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Arc<str>>,
    /// A second name that Retry and Catch know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<ErrorName>,
    /// The field whose JSONata expression failed, until the execution has recorded it.
    #[serde(skip)]
    location: Option<Arc<str>>,
}

impl Failure {
    /// The longest `Error`, in characters; a longer one is cut.
    pub const MAX_ERROR_CHARACTERS: usize = 256;
    /// The longest `Cause`, in characters; a longer one is cut.
    pub const MAX_CAUSE_CHARACTERS: usize = 32_768;

    /// A failure with a name and a cause.
    pub fn new(error: impl Into<ErrorName>, cause: impl Into<Arc<str>>) -> Self {
        Self::from_parts(Some(error.into()), Some(cause.into()))
    }

    /// A failure as a Fail state may leave it, without a name or without a cause.
    pub fn from_parts(error: Option<ErrorName>, cause: Option<Arc<str>>) -> Self {
        let error = error.map(|error| ErrorName(cut(error.0, Self::MAX_ERROR_CHARACTERS)));
        let cause = cause.map(|cause| cut(cause, Self::MAX_CAUSE_CHARACTERS));
        Self(Arc::new(Parts { error, cause, alias: None, location: None }))
    }

    /// A failure with a name alone.
    pub fn named(error: impl Into<ErrorName>) -> Self {
        Self::from_parts(Some(error.into()), None)
    }

    /// An interpreter failure, `States.Runtime`.
    pub fn runtime(cause: impl Into<Arc<str>>) -> Self {
        Self::new(ErrorName::RUNTIME, cause)
    }

    /// A JSONata expression that failed, and the field that it stands in.
    pub(crate) fn query_evaluation(cause: impl Into<Arc<str>>, location: Option<Arc<str>>) -> Self {
        Self::new(ErrorName::QUERY_EVALUATION_ERROR, cause).with(|parts| parts.location = location)
    }

    /// A Task or execution that ran out of time.
    pub fn timeout() -> Self {
        Self::named(ErrorName::TIMEOUT)
    }

    /// A Task whose heartbeat stayed out: AWS records `States.Timeout`, and `States.HeartbeatTimeout` matches too.
    pub fn heartbeat_timeout() -> Self {
        Self::timeout().with(|parts| parts.alias = Some(ErrorName::HEARTBEAT_TIMEOUT.into()))
    }

    /// The same failure under another name.
    pub(crate) fn renamed(self, error: &str) -> Self {
        self.with(|parts| parts.error = Some(error.into()))
    }

    /// The failure without its location, and the location.
    pub(crate) fn split_location(mut self) -> (Self, Option<Arc<str>>) {
        let location = self.0.location.clone();
        if location.is_some() {
            self = self.with(|parts| parts.location = None);
        }
        (self, location)
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// The same failure of the interpreter, its cause saying in which state it happened.
    pub(crate) fn while_executing(&self, state_name: &str, entered: EventId) -> Self {
        let cause = self.cause().unwrap_or_default();
        let place =
            format!("An error occurred while executing the state '{state_name}' (entered at the event id #{entered}).");
        let cause = cut(format!("{place} {cause}").into(), Self::MAX_CAUSE_CHARACTERS);
        self.clone().with(|parts| parts.cause = Some(cause))
    }

    /// The error's name.
    pub fn error(&self) -> Option<&str> {
        self.0.error.as_ref().map(ErrorName::as_str)
    }

    /// The cause.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Whether the error is called `name`.
    pub fn is(&self, name: &str) -> bool {
        self.error() == Some(name) || self.0.alias.as_ref().is_some_and(|alias| alias == name)
    }

    /// The Error Output that a Catcher passes on: `{"Error": …, "Cause": …}`, empty where the failure has none.
    pub fn error_output(&self) -> Value {
        let members = [("Error", self.error()), ("Cause", self.cause())];
        Value::Object(members.into_iter().map(|(key, text)| (key, text.unwrap_or_default())).collect())
    }
}

/// The beginning of `text`, at most `characters` of it.
fn cut(text: Arc<str>, characters: usize) -> Arc<str> {
    // A character takes a byte at least.
    if text.len() <= characters {
        return text;
    }
    match text.char_indices().nth(characters).and_then(|(end, _)| text.get(..end)) {
        Some(beginning) => beginning.into(),
        None => text,
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { error, cause, alias, location } = &*self.0;
        formatter
            .debug_struct("Failure")
            .field("error", error)
            .field("cause", cause)
            .field("alias", alias)
            .field("location", location)
            .finish()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.error(), self.cause()) {
            (Some(error), Some(cause)) => write!(formatter, "{error}: {cause}"),
            (Some(error), None) => formatter.write_str(error),
            (None, Some(cause)) => formatter.write_str(cause),
            (None, None) => formatter.write_str("failed without an error"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_causes_are_cut_to_what_aws_keeps() {
        let failure = Failure::new("é".repeat(300), "é".repeat(40_000));
        assert_eq!(failure.error().unwrap().chars().count(), Failure::MAX_ERROR_CHARACTERS);
        assert_eq!(failure.cause().unwrap().chars().count(), Failure::MAX_CAUSE_CHARACTERS);
        let failure = failure.while_executing("Ship", EventId::default());
        assert_eq!(failure.cause().unwrap().chars().count(), Failure::MAX_CAUSE_CHARACTERS);
    }
}
