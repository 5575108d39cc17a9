//! Executions that Tasks of a simulation start.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use asl_core::execution::{Event, ScheduleTask, Start, TaskId};
use asl_core::{Failure, Program, Timestamp};

use super::super::machines::{Machine, Machines};
use super::{ChildOf, ExecutionId, Executions, Told, Whom};
use crate::engine::StartedExecution;
use crate::engine::express::{LONGEST, is_express};
use crate::engine::names::{check_name, uuid};
use crate::error::Error;
use crate::nested::{self, Ended, OutputForm, StartRequest, refusal};

/// The most executions that Tasks of one run start: a machine that starts itself would not end.
const MOST: usize = 10_000;

/// The executions that Tasks started.
#[derive(Debug, Default)]
pub(super) struct NestedExecutions {
    /// The ARN of every one, also of those that ended.
    started: HashSet<Arc<str>>,
    /// The executions that Tasks wait for.
    awaited: BTreeMap<(ExecutionId, TaskId), ExecutionId>,
    /// The Tasks that wait for an execution.
    waiting: BTreeMap<ExecutionId, Vec<(ExecutionId, TaskId, OutputForm)>>,
}

impl NestedExecutions {
    /// What those are told who waited for `child`; they wait no longer.
    pub(super) fn ended(&mut self, child: ExecutionId, ended: &Ended) -> Vec<Told> {
        let waited = self.waiting.remove(&child).unwrap_or_default().into_iter();
        let told = waited.map(|(parent, task, form)| {
            self.awaited.remove(&(parent, task));
            Told::Execution(parent, ended.event(task, form))
        });
        told.collect()
    }

    fn wait(&mut self, parent: ExecutionId, task: TaskId, child: ExecutionId, form: OutputForm) {
        self.awaited.insert((parent, task), child);
        self.waiting.entry(child).or_default().push((parent, task, form));
    }

    /// The execution that a Task waited for; it waits no longer.
    fn wait_no_longer(&mut self, parent: ExecutionId, task: TaskId) -> Option<ExecutionId> {
        let child = self.awaited.remove(&(parent, task))?;
        if let Some(waiting) = self.waiting.get_mut(&child) {
            waiting.retain(|(other, of, _)| (*other, *of) != (parent, task));
        }
        Some(child)
    }
}

/// What a Task's request leads to.
enum Child {
    New {
        program: Program,
        start: Box<Start>,
    },
    /// One of the same name and input runs.
    Running(ExecutionId, Timestamp),
}

impl Executions {
    /// Starts the execution that a Task of `parent` asks for, and tells the Task.
    pub(in super::super) fn start_nested(
        &mut self,
        parent: ExecutionId,
        task: &ScheduleTask,
        machines: &Machines,
        now: Timestamp,
    ) {
        let form = OutputForm::of(task.resource.pattern());
        let (child, started) = match self.child_of(parent, task, form, machines, now) {
            Ok(child) => child,
            Err(failure) => {
                return self.receive(Told::Execution(parent, Event::TaskFailed { task: task.task, failure }), now);
            }
        };
        // The Task is told of the start before anything comes of it.
        self.told.push_back(Told::Execution(parent, nested::started(task, &started)));
        let id = match &child {
            Child::Running(child, _) => *child,
            Child::New { .. } => ExecutionId(self.made),
        };
        if let Some(form) = form {
            self.nested.wait(parent, task.task, id, form);
        }
        if let Child::New { program, start } = child {
            self.nested.started.insert(Arc::clone(&start.id));
            self.begin(program, *start, Some(ChildOf { whom: Whom::Task, started_at: now }), now);
        }
        self.settle(now);
    }

    /// Stops the execution that a Task waited for.
    pub(in super::super) fn stop_nested(&mut self, parent: ExecutionId, task: TaskId, now: Timestamp) {
        if let Some(child) = self.nested.wait_no_longer(parent, task) {
            self.receive(Told::Execution(child, nested::stopped()), now);
        }
    }

    fn child_of(
        &self,
        parent: ExecutionId,
        task: &ScheduleTask,
        form: Option<OutputForm>,
        machines: &Machines,
        now: Timestamp,
    ) -> Result<(Child, StartedExecution), Failure> {
        let request = StartRequest::of(task)?;
        if self.nested.started.len() >= MOST {
            return Err(Failure::runtime(format!("A simulation starts at most {MOST} executions.")));
        }
        let child = self.child_of_request(parent, request, form, machines).map_err(|error| refusal(task, &error))?;
        let (execution_arn, start_date) = match &child {
            Child::New { start, .. } => (Arc::clone(&start.id), now),
            Child::Running(id, start_date) => {
                (self.hosted.get(id).map(|hosted| Arc::clone(&hosted.arn)).unwrap_or_default(), *start_date)
            }
        };
        Ok((child, StartedExecution { execution_arn, start_date }))
    }

    fn child_of_request(
        &self,
        parent: ExecutionId,
        request: StartRequest,
        form: Option<OutputForm>,
        machines: &Machines,
    ) -> Result<Child, Error> {
        let StartRequest { state_machine_arn, name, input, seed } = request;
        let Machine { program, name: machine_name, names } = machines.find(&state_machine_arn)?;
        check_name(&name)?;
        let is_express = is_express(program);
        if is_express && form.is_some() {
            return Err(Error::StateMachineTypeNotSupported);
        }
        let id = if is_express {
            names.express_arn(machine_name, &name, &uuid(u128::from(self.made)))
        } else {
            names.execution_arn(machine_name, &name)
        };
        if let Some((running, hosted)) = self.by_arn.get(&id).and_then(|id| Some((*id, self.hosted.get(id)?)))
            && let Some(child) = hosted.child_of.as_ref().filter(|_| hosted.driver.outcome().is_none())
            && hosted.driver.execution().started_with().input == input
        {
            return Ok(Child::Running(running, child.started_at));
        }
        if self.nested.started.contains(&id) || self.by_arn.contains_key(&id) {
            return Err(Error::ExecutionAlreadyExists(id));
        }
        let mut start = Start {
            id,
            role_arn: names.role_arn(machine_name),
            state_machine_name: machine_name.into(),
            region: names.region,
            state_machine_id: Arc::clone(&state_machine_arn),
            seed,
            ..Start::new(name, input)
        };
        if let Some(parent) = self.hosted.get(&parent) {
            let parent = parent.driver.execution().started_with();
            (start.token_key, start.limits) = (parent.token_key.clone(), parent.limits.clone());
        }
        if is_express {
            start.limits.execution_seconds = start.limits.execution_seconds.min(LONGEST);
        }
        Ok(Child::New { program: program.clone(), start: Box::new(start) })
    }
}
