//! The statuses of executions.

use std::fmt;

use asl_core::execution::Outcome;

/// The status of an execution; prints as AWS names it, such as `TIMED_OUT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExecutionStatus {
    /// `RUNNING`
    Running,
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`
    Failed,
    /// `TIMED_OUT`
    TimedOut,
    /// `ABORTED`
    Aborted,
}

impl ExecutionStatus {
    pub(crate) fn of(outcome: Option<&Outcome>) -> Self {
        match outcome {
            None => Self::Running,
            Some(Outcome::Succeeded(_)) => Self::Succeeded,
            Some(Outcome::Failed(_)) => Self::Failed,
            Some(Outcome::TimedOut(_)) => Self::TimedOut,
            Some(Outcome::Aborted(_)) => Self::Aborted,
        }
    }

    /// The status as AWS names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

impl fmt::Display for ExecutionStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
