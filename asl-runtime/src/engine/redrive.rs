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
            Err(reason) => Self::NotRedrivable { reason: reason.in_aws_words().into() },
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

/// The longest client token, in characters, as on AWS.
const LONGEST_TOKEN: usize = 64;

impl Engine {
    /// Lets an execution that did not succeed go on where it was interrupted; returns once that is in the store.
    ///
    /// What succeeded stays as it is. It keeps its ARN, its definition and its history, to which is added.
    /// An execution that a Task had waited for goes on by itself: the Task does not wait for it again.
    ///
    /// Map Runs go on, too: with the children that did not succeed, and with those that were never started.
    ///
    /// The same client token is the same redrive, for 15 minutes from its first use and for the last ten tokens of the
    /// execution; without one, every call is a redrive of its own.
    ///
    /// # Errors
    ///
    /// `InvalidArn` for an Express execution, `ExecutionDoesNotExist`, `ExecutionNotRedrivable` for one that runs, that
    /// succeeded, that ended more than 14 days ago or whose history is full, `ValidationException` for a token that is
    /// none, [`Error::MissingHandlers`] when a Task of its definition has no handler,
    /// and [`Error::Store`] when the redrive could not be written.
    pub async fn redrive_execution(&self, execution_arn: &str, client_token: Option<&str>) -> Result<Timestamp, Error> {
        self.0.is_open()?;
        refuse_express(execution_arn)?;
        client_token.map_or(Ok(()), check_token)?;
        let not_redrivable = |reason: NotRedrivable| Error::ExecutionNotRedrivable(reason.in_aws_words().into());
        let event = match client_token {
            None => Event::Redriven,
            Some(token) => Event::RedrivenOnce { client_token: token.into() },
        };
        let record = self.0.store.find(execution_arn).await?;
        let record = record.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.into()))?;
        let driver = self.0.as_stored(execution_arn).await?;
        if let Some(at) = self.0.redriven_with(&driver, client_token) {
            return Ok(at);
        }
        self.0.check_handlers(driver.execution().program())?;
        driver.execution().redrivable(self.0.clock.now()).map_err(not_redrivable)?;
        let execution = Arc::new(HostedExecution::stored(self.0.next_number(), &record));
        if let Err(known) = self.0.host(&execution) {
            // Somebody else was first, maybe with the same token; the answer comes once that is in the store.
            let refused = self.0.tell(known, event).await;
            let driver = self.0.as_stored(execution_arn).await?;
            let redriven = self.0.redriven_with(&driver, client_token);
            return redriven.ok_or_else(|| refused.err().unwrap_or_else(|| not_redrivable(NotRedrivable::Running)));
        }
        lock(&self.0.executions).ended.forget(execution_arn);
        self.0.tell(Arc::clone(&execution), event).await?;
        // It may have been told more since.
        let redriven_at = self.0.as_stored(execution_arn).await?.execution().redriven_at();
        Ok(redriven_at.unwrap_or_else(|| execution.told_at()))
    }
}

fn check_token(client_token: &str) -> Result<(), Error> {
    let fits =
        (1..=LONGEST_TOKEN).contains(&client_token.len()) && client_token.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(()) } else { Err(Error::Validation("clientToken must be 1 to 64 printable characters".into())) }
}

impl Inner {
    fn redriven_with(&self, driver: &Driver, client_token: Option<&str>) -> Option<Timestamp> {
        driver.execution().redriven_with(client_token?, self.clock.now())
    }

    /// An execution as the store leaves it, whichever engine it belongs to; its history is not complete.
    pub(super) async fn as_stored(&self, execution_arn: &str) -> Result<Driver, Error> {
        let journal = self.store.load(execution_arn).await?;
        let journal = journal.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.into()))?;
        let program = self.program(replay::fingerprint(&journal)?).await?;
        Ok(replay::replay(&program, journal)?.driver)
    }
}
