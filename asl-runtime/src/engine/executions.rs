//! The engine's calls about executions.

use std::sync::Arc;
use std::time::Duration;

use asl_core::execution::{Event, Outcome, Start};
use asl_core::history::HistoryEvent;
use asl_core::{Failure, Timestamp, Value};

use super::Engine;
use super::catalogue::StateMachine;
use super::description::{
    ExecutionDescription, ExecutionPage, ExecutionSummary, ExecutionsOf, ListExecutions, StartedExecution,
};
use super::express::{is_express, refuse_express};
use super::hosted::{Departure, HostedExecution, Keeping};
use super::inner::{Inner, lock};
use super::names::{check_name, random_name};
use super::patience::patiently;
use super::redrive::RedriveStatus;
use super::releases::Resolved;
use super::replay;
use super::worker::{Message, Opened, Told};
use crate::error::Error;
use crate::payload;
use crate::status::ExecutionStatus;
use crate::store::{End, ExecutionQuery, Journal, StoreError};

/// How often the store is asked for the end of another engine's execution.
const ASK_EVERY: Duration = Duration::from_millis(500);

impl Engine {
    /// Starts an execution and returns once the start is in the store.
    ///
    /// The ARN is that of a machine, a version or an alias; an alias leads to each of its versions as often as it says.
    /// Without a name it gets a UUID for one.
    /// An execution of an Express machine is not in the store, and returns at once; its name may be used again.
    /// The same name with the same input is the same execution for as long as it runs.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, `InvalidName`, `ExecutionAlreadyExists` for a name that is taken by an execution
    /// that ended or has another input, `ValidationException` for an input that is longer than a payload may be,
    /// and [`Error::Store`] when the start could not be written.
    pub async fn start_execution(
        &self,
        state_machine_arn: &str,
        name: Option<&str>,
        input: impl Into<Value> + Send,
    ) -> Result<StartedExecution, Error> {
        let input = input.into();
        self.0.is_open()?;
        let opened = self.0.opened(state_machine_arn, name, input).await?;
        if is_express(&opened.program) { self.0.start_express(opened).await } else { self.0.admit(opened).await }
    }

    /// What is known of an execution.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, `InvalidArn` for an Express execution, and [`Error::Store`] when the store cannot be read.
    pub async fn describe_execution(&self, execution_arn: &str) -> Result<ExecutionDescription, Error> {
        refuse_express(execution_arn)?;
        let does_not_exist = || Error::ExecutionDoesNotExist(execution_arn.into());
        let record = self.0.store.find(execution_arn).await?.ok_or_else(does_not_exist)?;
        let driver = self.0.as_stored(execution_arn).await?;
        let execution = driver.execution();
        let end = record.standing.end();
        Ok(ExecutionDescription {
            status: record.standing.status(),
            stop_date: end.map(|end| end.stop_date),
            output: end.and_then(|end| end.outcome.output().cloned()),
            failure: end.and_then(|end| end.outcome.failure().cloned()),
            execution_arn: record.execution_arn,
            state_machine_arn: record.opening.state_machine_arn,
            state_machine_version_arn: record.opening.state_machine_version_arn,
            state_machine_alias_arn: record.opening.state_machine_alias_arn,
            name: record.opening.name,
            start_date: record.opening.start_date,
            input: execution.started_with().input.clone(),
            redrive_count: execution.redrive_count(),
            redrive_date: execution.redriven_at(),
            redrive_status: RedriveStatus::of(execution, self.0.clock.now()),
        })
    }

    /// The history of an execution so far, which its journal leads to: it is worked out anew every time.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, `InvalidArn` for an Express execution,
    /// and [`Error::Store`] when the store, or the journal in it, cannot be read.
    pub async fn get_execution_history(&self, execution_arn: &str) -> Result<Vec<HistoryEvent>, Error> {
        refuse_express(execution_arn)?;
        let journal = self.0.journal(execution_arn).await?;
        let program = self.0.program(replay::fingerprint(&journal)?).await?;
        Ok(replay::history(&program, journal)?)
    }

    /// Executions of a machine, a version, an alias or a Map Run, the newest first.
    ///
    /// Those of a version are those that were started by it, and those that an alias led to it.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, `StateMachineTypeNotSupported` for an Express machine, `ResourceNotFound` for a
    /// Map Run that does not exist, `InvalidToken` for a token that does not come from another page,
    /// and [`Error::Store`] when the store cannot be read.
    pub async fn list_executions(&self, request: ListExecutions) -> Result<ExecutionPage, Error> {
        let ListExecutions { of, status, max_results, next_token } = request;
        let of = match of {
            ExecutionsOf::Machine(arn) => {
                let Resolved { machine, version, alias_arn, .. } = self.0.resolve(&arn).await?;
                if is_express(&self.0.program(&machine.fingerprint).await?) {
                    return Err(Error::StateMachineTypeNotSupported);
                }
                let of = ExecutionQuery::default();
                match (alias_arn, version) {
                    (Some(_), _) => ExecutionQuery { state_machine_alias_arn: Some(arn), ..of },
                    (None, Some(_)) => ExecutionQuery { state_machine_version_arn: Some(arn), ..of },
                    (None, None) => ExecutionQuery { state_machine_arn: Some(arn), ..of },
                }
            }
            ExecutionsOf::MapRun(arn) => {
                self.describe_map_run(&arn).await?;
                ExecutionQuery { parent_arn: Some(arn), ..ExecutionQuery::default() }
            }
        };
        let before = match next_token {
            Some(token) => Some(token.parse().map_err(|_| Error::InvalidToken)?),
            None => None,
        };
        let query = ExecutionQuery { status, before, limit: Some(max_results.saturating_add(1)), ..of };
        let mut records = self.0.store.list(&query).await?;
        let goes_on = records.len() > max_results;
        records.truncate(max_results);
        let next_token = records.last().filter(|_| goes_on).map(|last| last.number.to_string().into());
        let executions = records.into_iter().map(|record| ExecutionSummary {
            status: record.standing.status(),
            stop_date: record.standing.end().map(|end| end.stop_date),
            execution_arn: record.execution_arn,
            state_machine_arn: record.opening.state_machine_arn,
            state_machine_version_arn: record.opening.state_machine_version_arn,
            state_machine_alias_arn: record.opening.state_machine_alias_arn,
            name: record.opening.name,
            start_date: record.opening.start_date,
        });
        Ok(ExecutionPage { executions: executions.collect(), next_token })
    }

    /// Stops an execution with the failure's error and cause; returns when it ended, which may have been before.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, `InvalidArn` for an Express execution, and [`Error::Store`] when the stop could not be written.
    pub async fn stop_execution(&self, execution_arn: &str, failure: Failure) -> Result<Timestamp, Error> {
        self.0.is_open()?;
        refuse_express(execution_arn)?;
        match self.0.deliver(execution_arn, Event::Stopped { failure }).await {
            Ok(()) | Err(Error::TaskTimedOut) => Ok(self.0.end_of(execution_arn).await?.stop_date),
            Err(error) => Err(error),
        }
    }

    /// Waits for the end of an execution.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, [`Error::ShutDown`] when the engine is shut down before,
    /// and the error for which the execution cannot go on, such as an [`Error::Store`]: it may be waited for again.
    pub async fn wait(&self, execution_arn: &str) -> Result<Outcome, Error> {
        Ok(self.0.end_of(execution_arn).await?.outcome)
    }
}

impl Inner {
    /// An execution of a machine to start.
    pub(super) async fn opened(
        &self,
        state_machine_arn: &str,
        name: Option<&str>,
        input: Value,
    ) -> Result<Opened, Error> {
        let Resolved { state_machine_arn, machine, version, alias_arn } = self.resolve(state_machine_arn).await?;
        let program = self.program(&machine.fingerprint).await?;
        let mut start = self.start_of(&state_machine_arn, &machine, name, input)?;
        start.state_machine_version_arn = version.map(|(version_arn, _)| version_arn);
        start.state_machine_alias_arn = alias_arn;
        Ok(Opened { program, start, parent: None })
    }

    fn start_of(
        &self,
        state_machine_arn: &str,
        machine: &StateMachine,
        name: Option<&str>,
        input: Value,
    ) -> Result<Start, Error> {
        let names = &self.names;
        let (generated, seed) = {
            let mut random = lock(&self.random);
            (name.is_none().then(|| random_name(&mut random)), random.u64(..))
        };
        let name = name.map(str::to_owned).or(generated).unwrap_or_default();
        check_name(&name)?;
        payload::check("input", &input, &self.limits)?;
        Ok(Start {
            id: names.execution_arn(&machine.name, &name),
            state_machine_id: state_machine_arn.into(),
            state_machine_name: Arc::clone(&machine.name),
            role_arn: names.role_arn(&machine.name),
            region: Arc::clone(&names.region),
            seed,
            token_key: self.token_key.clone(),
            limits: self.limits.clone(),
            ..Start::new(name, input)
        })
    }

    /// Gives a new execution to its worker, or finds the running one of the same name and input.
    pub(super) async fn admit(&self, opened: Opened) -> Result<StartedExecution, Error> {
        let (execution_arn, input) = (Arc::clone(&opened.start.id), opened.start.input.clone());
        let number = self.next_number();
        // Once the execution is known to others, nothing may keep it from being started: so the place comes first.
        let place = self.worker_of(number)?.reserve().await.map_err(|_| Error::ShutDown)?;
        let execution = Arc::new(HostedExecution::new(
            number,
            Arc::clone(&execution_arn),
            opened.parent.clone(),
            Keeping::Journalled,
        ));
        if let Err(known) = self.host(&execution) {
            drop(place);
            known.started().await?;
            return self.same_execution(execution_arn, &input).await;
        }
        place.send(Message::Tell(Arc::clone(&execution), Told::Start(Box::new(opened))));
        match execution.started().await {
            Ok(start_date) => Ok(StartedExecution { execution_arn, start_date }),
            Err(Error::Store(StoreError::VersionConflict { .. } | StoreError::Fenced { .. })) => {
                self.same_execution(execution_arn, &input).await
            }
            Err(error) => Err(error),
        }
    }

    /// The execution of a name that is taken, if it is the one to be started.
    async fn same_execution(&self, execution_arn: Arc<str>, input: &Value) -> Result<StartedExecution, Error> {
        if let Some(record) = self.store.find(&execution_arn).await?
            && record.standing.status() == ExecutionStatus::Running
            && self.stored_start(&execution_arn).await?.input == *input
        {
            return Ok(StartedExecution { execution_arn, start_date: record.opening.start_date });
        }
        Err(Error::ExecutionAlreadyExists(execution_arn))
    }

    /// What an execution of the store was started with.
    pub(super) async fn stored_start(&self, execution_arn: &Arc<str>) -> Result<Start, Error> {
        let first = patiently(&*self.clock, || self.store.first_entries(std::slice::from_ref(execution_arn))).await?;
        let first = first.into_iter().next().flatten();
        Ok(replay::start(first.ok_or_else(|| Error::ExecutionDoesNotExist(Arc::clone(execution_arn)))?)?)
    }

    /// An execution's journal from its start.
    pub(super) async fn journal(&self, execution_arn: &str) -> Result<Journal, Error> {
        let journal = self.store.load_from_start(execution_arn).await?;
        journal.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.into()))
    }

    /// Waits for the end of an execution, whichever engine it belongs to.
    async fn end_of(&self, execution_arn: &str) -> Result<End, Error> {
        loop {
            if let Some(execution) = self.hosted(execution_arn) {
                tokio::select! {
                    biased;
                    ended = execution.ended() => match ended {
                        Ok(end) => return Ok(end),
                        Err(Departure::SetAside(reason)) => return Err(reason),
                        Err(Departure::Elsewhere(_)) => {}
                    },
                    () = self.shut_down.wait() => return Err(Error::ShutDown),
                }
            }
            if let Some(reason) = self.set_aside(execution_arn) {
                return Err(reason);
            }
            match self.store.find(execution_arn).await? {
                None => return Err(Error::ExecutionDoesNotExist(execution_arn.into())),
                Some(record) => {
                    if let Some(end) = record.standing.end() {
                        return Ok(end.clone());
                    }
                }
            }
            tokio::select! {
                biased;
                () = self.shut_down.wait() => return Err(Error::ShutDown),
                () = self.clock.sleep(ASK_EVERY) => {}
            }
        }
    }
}
