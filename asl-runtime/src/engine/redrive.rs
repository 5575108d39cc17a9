//! Redrive: an execution of the store that ended without success goes on where it was interrupted.
//!
//! See [RedriveExecution](https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html).

use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::{Event, Execution, NotRedrivable};

use super::Engine;
use super::express::refuse_express;
use super::hosted::HostedExecution;
use super::inner::{Inner, lock};
use super::replay;
use crate::driver::Driver;
use crate::error::Error;

/// Whether an execution can be redriven, as `DescribeExecution` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedriveStatus {
    /// `REDRIVABLE`
    Redrivable,
    /// `NOT_REDRIVABLE`
    NotRedrivable {
        /// Why, in AWS's words.
        reason: Arc<str>,
    },
}

impl RedriveStatus {
    pub(super) fn of(execution: &Execution, now: Timestamp) -> Self {
        match execution.redrivable(now) {
            Ok(()) => Self::Redrivable,
            Err(reason) => Self::NotRedrivable { reason: in_aws_words(reason).into() },
        }
    }

    /// The status as AWS names it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Redrivable => "REDRIVABLE",
            Self::NotRedrivable { .. } => "NOT_REDRIVABLE",
        }
    }
}

/// Why an execution cannot be redriven, as `redriveStatusReason` says it.
pub(crate) fn in_aws_words(reason: NotRedrivable) -> &'static str {
    match reason {
        NotRedrivable::Running => "Execution is RUNNING and cannot be redriven",
        NotRedrivable::Succeeded => "Execution is SUCCEEDED and cannot be redriven",
        NotRedrivable::HistoryTooLong => "Execution history event limit exceeded",
        _ => "Execution redrivable period exceeded",
    }
}

impl Engine {
    /// Lets an execution that did not succeed go on where it was interrupted; returns once that is in the store.
    ///
    /// What succeeded stays as it is. It keeps its ARN, its definition and its history, to which is added.
    /// An execution that a Task had waited for goes on by itself: the Task does not wait for it again.
    ///
    /// # Errors
    ///
    /// `InvalidArn` for an Express execution, `ExecutionDoesNotExist`, `ExecutionNotRedrivable` for one that runs, that succeeded, that ended more than
    /// 14 days ago or whose history is full, [`Error::MissingHandlers`] when a Task of its definition has no handler,
    /// and [`Error::Store`] when the redrive could not be written.
    pub async fn redrive_execution(&self, execution_arn: &str) -> Result<Timestamp, Error> {
        self.0.is_open()?;
        refuse_express(execution_arn)?;
        let not_redrivable = |reason| Error::ExecutionNotRedrivable(in_aws_words(reason).into());
        let record = self.0.store.find(execution_arn).await?;
        let record = record.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.into()))?;
        let driver = self.0.as_stored(execution_arn).await?;
        self.0.check_handlers(driver.execution().program())?;
        driver.execution().redrivable(self.0.clock.now()).map_err(not_redrivable)?;
        let execution = Arc::new(HostedExecution::stored(self.0.next_number(), &record));
        self.0.host(&execution).map_err(|_| not_redrivable(NotRedrivable::Running))?;
        lock(&self.0.executions).ended.forget(execution_arn);
        self.0.tell(Arc::clone(&execution), Event::Redriven).await?;
        Ok(execution.told_at())
    }
}

impl Inner {
    /// An execution as the store leaves it, whichever engine it belongs to; its history is not complete.
    pub(super) async fn as_stored(&self, execution_arn: &str) -> Result<Driver, Error> {
        let journal = self.store.load(execution_arn).await?;
        let journal = journal.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.into()))?;
        let program = self.program(replay::fingerprint(&journal)?).await?;
        Ok(replay::replay(&program, journal)?.driver)
    }
}
