//! What a worker tells of its work.

use std::fmt;
use std::time::Duration;

use crate::trigger::{PipelineError, Told};

/// Something that happened; its text is one line, without a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A job was taken.
    Taken {
        /// The job's id.
        job_id: String,
        /// The execution that it names, if the action goes on.
        execution_arn: Option<String>,
    },
    /// A job is not answered here, and why.
    LeftAlone {
        /// The job's id.
        job_id: String,
        /// Why.
        reason: String,
    },
    /// A job that an earlier worker took is worked on.
    Resumed {
        /// The job's id.
        job_id: String,
    },
    /// The pipeline was told how a job goes.
    Told {
        /// The job's id.
        job_id: String,
        /// What it was told.
        told: Told,
    },
    /// The pipeline does not want to know how a job goes.
    Refused {
        /// The job's id.
        job_id: String,
        /// What it said.
        error: PipelineError,
    },
    /// An execution was stopped because its pipeline had stopped.
    ExecutionStopped {
        /// The execution's ARN.
        execution_arn: String,
        /// How that showed.
        cause: String,
    },
    /// The pipeline could not be polled.
    PollFailed {
        /// What it said.
        error: PipelineError,
        /// When it is polled again.
        again_in: Duration,
    },
    /// Something else did not succeed.
    Trouble {
        /// What was tried.
        what: String,
        /// What came of it.
        error: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { job_id, execution_arn: None } => write!(formatter, "job {job_id}: taken"),
            Self::Taken { job_id, execution_arn: Some(execution_arn) } => {
                write!(formatter, "job {job_id}: taken, of execution {execution_arn}")
            }
            Self::LeftAlone { job_id, reason } => write!(formatter, "job {job_id}: left alone: {}", OneLine(reason)),
            Self::Resumed { job_id } => write!(formatter, "job {job_id}: taken before, and not answered"),
            Self::Told { job_id, told: Told::Running { execution_arn } } => {
                write!(formatter, "job {job_id}: told that execution {execution_arn} runs")
            }
            Self::Told { job_id, told: Told::Succeeded } => write!(formatter, "job {job_id}: told of the success"),
            Self::Told { job_id, told: Told::Failed(details) } => {
                write!(formatter, "job {job_id}: told of the failure: {}", OneLine(&details.message))
            }
            Self::Refused { job_id, error } => {
                write!(formatter, "job {job_id}: the answer is refused: {}", OneLine(&error.to_string()))
            }
            Self::ExecutionStopped { execution_arn, cause } => {
                write!(formatter, "execution {execution_arn}: stopped: {}", OneLine(cause))
            }
            Self::PollFailed { error, again_in } => {
                let error = error.to_string();
                write!(formatter, "polling failed: {}; again in {} s", OneLine(&error), again_in.as_secs())
            }
            Self::Trouble { what, error } => write!(formatter, "{what}: {}", OneLine(error)),
        }
    }
}

/// A text whose line breaks are spaces.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.lines().enumerate() {
            if index > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(line)?;
        }
        Ok(())
    }
}
