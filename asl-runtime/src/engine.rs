//! Runs many executions at once on tokio, for real; its methods carry the names of the Step Functions API.

mod builder;
mod description;
mod hosted;
mod inner;
mod names;
mod timers;
mod worker;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use asl_core::execution::{Event, Outcome, Start};
use asl_core::history::HistoryEvent;
use asl_core::{Failure, Program, Timestamp, Value};

pub use self::builder::EngineBuilder;
pub use self::description::{
    ActivityTask, ExecutionDescription, ExecutionSummary, StartedExecution, StateMachineSummary,
};
use self::hosted::HostedExecution;
use self::inner::{Inner, StateMachine, lock};
use self::names::{check_name, random_name};
use self::worker::{Message, Told};
use crate::callbacks::Callbacks;
use crate::error::{DistributedMap, Error, InvalidDefinition};
pub use crate::status::ExecutionStatus;

/// Runs executions of state machines; cheap to clone, every clone is the same engine.
///
/// What comes in is written to the [`Store`](crate::store::Store) before anything is done about it.
/// Every state transition happens exactly once; a handler runs at least once for each attempt of its Task.
///
/// No thread, timer or tokio task belongs to an execution or to a state: only a running handler has a task.
/// The last clone that is dropped takes its executions and handlers with it; [`shutdown`](Self::shutdown) is graceful.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

impl Engine {
    /// An engine to be set up.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Makes a machine of a definition's text; returns its ARN.
    ///
    /// The same definition under the same name again is the same machine.
    ///
    /// # Errors
    ///
    /// `InvalidDefinition` with every fault of the text, and as
    /// [`create_state_machine_from_program`](Self::create_state_machine_from_program).
    pub fn create_state_machine(&self, name: &str, definition: &str) -> Result<Arc<str>, Error> {
        self.create_state_machine_from_program(name, &compile(definition)?)
    }

    /// Makes a machine of a program; returns its ARN.
    ///
    /// # Errors
    ///
    /// `InvalidName`, `StateMachineAlreadyExists` for another program under a name that is taken,
    /// [`Error::MissingHandlers`] when a Task has no handler, and [`Error::DistributedMap`].
    pub fn create_state_machine_from_program(&self, name: &str, program: &Program) -> Result<Arc<str>, Error> {
        self.0.is_open()?;
        check_name(name)?;
        DistributedMap::refuse(program)?;
        self.0.registry.check(program)?;
        let arn = self.0.names.state_machine_arn(name);
        let mut machines = lock(&self.0.machines);
        match machines.get(&arn) {
            Some(known) if known.program.fingerprint() != program.fingerprint() => {
                return Err(Error::StateMachineAlreadyExists(arn));
            }
            Some(_) => {}
            None => {
                let creation_date = self.0.clock.now();
                let machine = StateMachine { name: name.into(), program: program.clone(), creation_date };
                machines.insert(Arc::clone(&arn), machine);
            }
        }
        Ok(arn)
    }

    /// Gives a machine another definition; executions that run keep theirs.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, `InvalidDefinition`, [`Error::MissingHandlers`] when a Task has no handler,
    /// and [`Error::DistributedMap`].
    pub fn update_state_machine(&self, state_machine_arn: &str, definition: &str) -> Result<(), Error> {
        self.0.is_open()?;
        let program = compile(definition)?;
        DistributedMap::refuse(&program)?;
        self.0.registry.check(&program)?;
        match lock(&self.0.machines).get_mut(state_machine_arn) {
            Some(machine) => {
                machine.program = program;
                Ok(())
            }
            None => Err(Error::StateMachineDoesNotExist(state_machine_arn.into())),
        }
    }

    /// Every machine, by its ARN.
    pub fn list_state_machines(&self) -> Vec<StateMachineSummary> {
        let machines = lock(&self.0.machines);
        machines
            .iter()
            .map(|(arn, machine)| StateMachineSummary {
                state_machine_arn: Arc::clone(arn),
                name: Arc::clone(&machine.name),
                creation_date: machine.creation_date,
            })
            .collect()
    }

    /// Starts an execution and returns once the start is in the store.
    ///
    /// Without a name it gets a UUID for one.
    /// The same name with the same input is the same execution for as long as it runs.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, `InvalidName`, `ExecutionAlreadyExists` for a name that is taken by an execution
    /// that ended or has another input, and [`Error::Store`] when the start could not be written.
    pub async fn start_execution(
        &self,
        state_machine_arn: &str,
        name: Option<&str>,
        input: impl Into<Value> + Send,
    ) -> Result<StartedExecution, Error> {
        let input = input.into();
        self.0.is_open()?;
        let machine = lock(&self.0.machines).get(state_machine_arn).cloned();
        let machine = machine.ok_or_else(|| Error::StateMachineDoesNotExist(state_machine_arn.into()))?;
        let start = self.start_of(state_machine_arn, &machine, name, input)?;
        let execution = self.0.admit(machine.program, start).await?;
        execution.started().await?;
        Ok(StartedExecution { execution_arn: Arc::clone(execution.arn()), start_date: execution.start_date() })
    }

    fn start_of(
        &self,
        state_machine_arn: &str,
        machine: &StateMachine,
        name: Option<&str>,
        input: Value,
    ) -> Result<Start, Error> {
        let names = &self.0.names;
        let (generated, seed) = {
            let mut random = lock(&self.0.random);
            (name.is_none().then(|| random_name(&mut random)), random.u64(..))
        };
        let name = name.map(str::to_owned).or(generated).unwrap_or_default();
        check_name(&name)?;
        Ok(Start {
            id: names.execution_arn(&machine.name, &name),
            state_machine_id: state_machine_arn.into(),
            state_machine_name: Arc::clone(&machine.name),
            role_arn: names.role_arn(&machine.name),
            region: Arc::clone(&names.region),
            seed,
            limits: self.0.limits.clone(),
            ..Start::new(name, input)
        })
    }

    /// What is known of an execution.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`.
    pub fn describe_execution(&self, execution_arn: &str) -> Result<ExecutionDescription, Error> {
        let execution = self.0.execution(execution_arn)?;
        let end = execution.end();
        Ok(ExecutionDescription {
            execution_arn: Arc::clone(execution.arn()),
            state_machine_arn: Arc::clone(execution.state_machine_arn()),
            name: Arc::clone(execution.name()),
            status: ExecutionStatus::of(end.map(|end| &end.outcome)),
            start_date: execution.start_date(),
            stop_date: end.map(|end| end.stop_date),
            input: execution.input().clone(),
            output: end.and_then(|end| end.outcome.output().cloned()),
            failure: end.and_then(|end| end.outcome.failure().cloned()),
        })
    }

    /// The history of an execution so far.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`.
    pub fn get_execution_history(&self, execution_arn: &str) -> Result<Vec<HistoryEvent>, Error> {
        Ok(self.0.execution(execution_arn)?.history())
    }

    /// The executions of a machine, the newest first.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`.
    pub fn list_executions(&self, state_machine_arn: &str) -> Result<Vec<ExecutionSummary>, Error> {
        if !lock(&self.0.machines).contains_key(state_machine_arn) {
            return Err(Error::StateMachineDoesNotExist(state_machine_arn.into()));
        }
        let mut executions: Vec<_> = lock(&self.0.executions).by_arn.values().cloned().collect();
        executions.retain(|execution| **execution.state_machine_arn() == *state_machine_arn);
        executions.sort_by_key(|execution| std::cmp::Reverse(execution.number()));
        Ok(executions.iter().map(|execution| summary(execution)).collect())
    }

    /// Stops an execution with the failure's error and cause; returns when it ended, which may have been before.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, and [`Error::Store`] when the stop could not be written.
    pub async fn stop_execution(&self, execution_arn: &str, failure: Failure) -> Result<Timestamp, Error> {
        self.0.is_open()?;
        let execution = self.0.execution(execution_arn)?;
        match self.0.tell(Arc::clone(&execution), Event::Stopped { failure }).await {
            Ok(()) | Err(Error::TaskTimedOut) => Ok(execution.ended().await?.stop_date),
            Err(error) => Err(error),
        }
    }

    /// Waits for the end of an execution.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, [`Error::Store`] when its journal could not be written,
    /// and [`Error::ShutDown`] when the engine is shut down before.
    pub async fn wait(&self, execution_arn: &str) -> Result<Outcome, Error> {
        let execution = self.0.execution(execution_arn)?;
        tokio::select! {
            biased;
            end = execution.ended() => Ok(end?.outcome),
            () = self.0.shut_down.wait() => Err(Error::ShutDown),
        }
    }

    /// Ends the Task that `task_token` was given to with a result.
    ///
    /// # Errors
    ///
    /// `InvalidToken` for a token that was never given out, `TaskTimedOut` for a Task that is closed:
    /// answered before, timed out, or its execution ended.
    pub async fn send_task_success(&self, task_token: &str, output: impl Into<Value> + Send) -> Result<(), Error> {
        self.callbacks().send_task_success(task_token, output).await
    }

    /// Fails the Task that `task_token` was given to.
    ///
    /// # Errors
    ///
    /// As [`send_task_success`](Self::send_task_success).
    pub async fn send_task_failure(&self, task_token: &str, failure: Failure) -> Result<(), Error> {
        self.callbacks().send_task_failure(task_token, failure).await
    }

    /// Says that the Task that `task_token` was given to is alive.
    ///
    /// # Errors
    ///
    /// As [`send_task_success`](Self::send_task_success).
    pub async fn send_task_heartbeat(&self, task_token: &str) -> Result<(), Error> {
        self.callbacks().send_task_heartbeat(task_token).await
    }

    /// The three `send_task_…` methods on their own, to be handed on.
    pub fn callbacks(&self) -> Callbacks {
        Callbacks::new(Arc::clone(&self.0) as _)
    }

    /// Takes up the oldest Task of an activity that waits for a worker, if there is one; does not wait for one to come.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the Task's start could not be written.
    pub async fn get_activity_task(
        &self,
        activity_arn: &str,
        worker_name: Option<&str>,
    ) -> Result<Option<ActivityTask>, Error> {
        self.0.is_open()?;
        loop {
            let next = lock(&self.0.activities).get_mut(activity_arn).and_then(std::collections::VecDeque::pop_front);
            let Some(work) = next else { return Ok(None) };
            let (Some(execution), Some(task_token)) = (work.execution.upgrade(), work.task.task_token) else {
                continue;
            };
            let started = Event::TaskStarted { task: work.task.task, worker_name: worker_name.map(Into::into) };
            match self.0.tell(execution, started).await {
                Ok(()) => return Ok(Some(ActivityTask { task_token, input: work.task.parameters })),
                Err(Error::TaskTimedOut) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes nothing new in, gives running handlers `grace` to end, aborts the others, and stops.
    ///
    /// Executions that did not end stay in the store as they are.
    pub async fn shutdown(&self, grace: Duration) {
        self.0.closing.store(true, Ordering::Release);
        let idle = self.0.handler_permits.acquire_many(self.0.handler_limit);
        if tokio::time::timeout(grace, idle).await.is_err() {
            tracing::warn!("handlers that still run are aborted");
        }
        self.0.handler_permits.close();
        self.0.settle().await;
        let _ = self.0.shut_down.set(());
        let mut background = std::mem::take(&mut *lock(&self.0.background));
        background.shutdown().await;
    }
}

impl Inner {
    /// Gives a new execution to its worker, or finds the running one of the same name and input.
    async fn admit(&self, program: Program, start: Start) -> Result<Arc<HostedExecution>, Error> {
        let number = {
            let mut executions = lock(&self.executions);
            executions.started += 1;
            executions.started
        };
        // Once the execution is known to others, nothing may keep it from being started: so the place comes first.
        let place = self.worker_of(number)?.reserve().await.map_err(|_| Error::ShutDown)?;
        let execution = Arc::new(HostedExecution::new(number, program, &start, self.clock.now()));
        let mut executions = lock(&self.executions);
        if let Some(known) = executions.by_arn.get(&start.id) {
            let is_same = known.end().is_none() && *known.input() == start.input;
            return if is_same { Ok(Arc::clone(known)) } else { Err(Error::ExecutionAlreadyExists(start.id)) };
        }
        executions.by_arn.insert(Arc::clone(&start.id), Arc::clone(&execution));
        drop(executions);
        place.send(Message::Tell(Arc::clone(&execution), Told::Start(Box::new(start))));
        Ok(execution)
    }
}

fn compile(definition: &str) -> Result<Program, InvalidDefinition> {
    let compiled = asl_core::compile(definition);
    compiled.program.ok_or_else(|| InvalidDefinition::new(compiled.diagnostics))
}

fn summary(execution: &HostedExecution) -> ExecutionSummary {
    let end = execution.end();
    ExecutionSummary {
        execution_arn: Arc::clone(execution.arn()),
        name: Arc::clone(execution.name()),
        status: ExecutionStatus::of(end.map(|end| &end.outcome)),
        start_date: execution.start_date(),
        stop_date: end.map(|end| end.stop_date),
    }
}
