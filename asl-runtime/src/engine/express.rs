//! Express executions: five minutes at most, in memory only.
//!
//! Nothing of them is in the store: one that its engine does not end with is lost, and whoever started it starts it
//! again. The children of a Map Run are recorded when they end, so that none of them is run twice.
//! See [Standard and Express](https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html).

use std::sync::Arc;

use asl_core::execution::Outcome;
use asl_core::{Failure, MachineType, Program, Timestamp, Value};

use super::Engine;
use super::description::StartedExecution;
use super::hosted::{HostedExecution, Keeping};
use super::inner::{Inner, lock};
use super::names::random_name;
use super::worker::{Message, Opened, Told};
use crate::error::Error;
use crate::status::ExecutionStatus;

/// How long an Express execution may last, in seconds.
pub(crate) const LONGEST: u64 = 300;

/// What `StartSyncExecution` answers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SyncExecution {
    /// The execution's ARN.
    pub execution_arn: Arc<str>,
    /// The machine's ARN.
    pub state_machine_arn: Arc<str>,
    /// The execution's name.
    pub name: Arc<str>,
    /// How it ended: `SUCCEEDED`, `FAILED` or `TIMED_OUT`.
    pub status: ExecutionStatus,
    /// When it was started.
    pub start_date: Timestamp,
    /// When it ended.
    pub stop_date: Timestamp,
    /// What it was started with.
    pub input: Value,
    /// Its output, if it succeeded.
    pub output: Option<Value>,
    /// The error and cause, if it ended otherwise.
    pub failure: Option<Failure>,
}

impl Engine {
    /// Runs an execution of an Express machine and returns how it ended.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, `InvalidName`, `StateMachineTypeNotSupported` for a Standard machine,
    /// and [`Error::ShutDown`] when the engine is shut down before the end.
    pub async fn start_sync_execution(
        &self,
        state_machine_arn: &str,
        name: Option<&str>,
        input: impl Into<Value> + Send,
    ) -> Result<SyncExecution, Error> {
        let input = input.into();
        self.0.is_open()?;
        let opened = self.0.opened(state_machine_arn, name, input.clone()).await?;
        if !is_express(&opened.program) {
            return Err(Error::StateMachineTypeNotSupported);
        }
        let (state_machine_arn, name) = (Arc::clone(&opened.start.state_machine_id), Arc::clone(&opened.start.name));
        let execution = self.0.admit_express(opened).await?;
        let start_date = execution.started().await?;
        let end = tokio::select! {
            biased;
            ended = execution.ended() => ended.map_err(|departure| departure.error())?,
            () = self.0.shut_down.wait() => return Err(Error::ShutDown),
        };
        let (output, failure) = match &end.outcome {
            Outcome::Succeeded(output) => (Some(output.clone()), None),
            outcome => (None, outcome.failure().cloned()),
        };
        Ok(SyncExecution {
            execution_arn: Arc::clone(execution.arn()),
            state_machine_arn,
            name,
            status: ExecutionStatus::of(Some(&end.outcome)),
            start_date,
            stop_date: end.stop_date,
            input,
            output,
            failure,
        })
    }
}

pub(crate) fn is_express(program: &Program) -> bool {
    program.machine_type() == MachineType::Express
}

/// Refuses the ARN of an Express execution where AWS only takes those of Standard ones.
pub(super) fn refuse_express(execution_arn: &str) -> Result<(), Error> {
    match execution_arn.split(':').nth(5) {
        Some("express") => Err(Error::InvalidResourceType("express".into())),
        _ => Ok(()),
    }
}

impl Inner {
    /// Starts an Express execution, and returns at once.
    pub(super) async fn start_express(&self, opened: Opened) -> Result<StartedExecution, Error> {
        let execution = self.admit_express(opened).await?;
        let start_date = execution.started().await?;
        Ok(StartedExecution { execution_arn: Arc::clone(execution.arn()), start_date })
    }

    async fn admit_express(&self, mut opened: Opened) -> Result<Arc<HostedExecution>, Error> {
        let start = &mut opened.start;
        let run = random_name(&mut lock(&self.random));
        start.id = self.names.express_arn(&start.state_machine_name, &start.name, &run);
        start.limits.execution_seconds = start.limits.execution_seconds.min(LONGEST);
        let number = self.next_number();
        let place = self.worker_of(number)?.reserve().await.map_err(|_| Error::ShutDown)?;
        let execution = Arc::new(HostedExecution::new(number, Arc::clone(&start.id), None, Keeping::InMemory));
        if self.host(&execution).is_err() {
            return Err(Error::ExecutionAlreadyExists(Arc::clone(&start.id)));
        }
        place.send(Message::Tell(Arc::clone(&execution), Told::Start(Box::new(opened))));
        Ok(execution)
    }
}
