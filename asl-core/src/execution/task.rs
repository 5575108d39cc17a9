//! Task: scheduling, answers, heartbeats and timeouts.

use std::sync::Arc;
use std::time::Duration;

use super::step::{Known, Step};
use super::strand::{Heartbeat, Phase, Strand, StrandId, TaskPhase};
use super::{Command, Execution, Rejected, ScheduleTask, Start, TaskId, TaskProgress};
use crate::evaluate;
use crate::failure::Failure;
use crate::failure::error_equals::Origin;
use crate::history::{ActivityScheduled, EventDetails, EventId, LambdaFunctionScheduled, TaskScheduled};
use crate::program::{IntegrationPattern, Program, Quantity, Resource, State, StateKind, Task};
use crate::value::Value;

/// The service whose events a resource leaves in a history.
enum Kind {
    LambdaFunction,
    Activity,
    Service,
}

impl Kind {
    fn of(resource: &Resource) -> Self {
        if resource.activity_name().is_some() {
            Self::Activity
        } else if resource.service_action().is_some() {
            Self::Service
        } else {
            Self::LambdaFunction
        }
    }
}

impl Execution {
    pub(super) fn schedule_task(&mut self, strand: &mut Strand, state: &State, task: &Task) -> Result<Step, Failure> {
        let input = self.effective_input(strand, state)?;
        let resource = &task.resource;
        let is_awaited = resource.pattern() != IntegrationPattern::RequestResponse;
        let task_token = (is_awaited || resource.activity_name().is_some()).then(|| self.next_task_token());
        let known = Known { task_token: task_token.as_ref().filter(|_| is_awaited), ..Known::default() };
        let parameters = self.parameters(strand, state, &input, &known)?;
        let parameters = evaluate::integration::prepare(resource, parameters)?;
        let seconds = |field: &str, quantity: &Quantity| {
            self.evaluate(strand, &input, |scope| quantity.evaluate_positive(field, scope))
        };
        let timeout = task.timeout.as_ref().map(|quantity| seconds("TimeoutSeconds", quantity)).transpose()?;
        let heartbeat = task.heartbeat.as_ref().map(|quantity| seconds("HeartbeatSeconds", quantity)).transpose()?;
        let credentials = match &task.credentials {
            None => None,
            Some(template) => Some(self.payload(strand, template, &input, &Known::default())?),
        };
        drop(input);
        evaluate::check_payload(&parameters, &state.name, &self.progress.start.limits)?;
        if self.progress.missing_activities.contains(resource.as_str()) {
            return Err(Failure::runtime(format!("The activity {resource} does not exist.")));
        }

        strand.chain = self.emit_with(strand.chain, |start| {
            scheduled(
                resource.clone(),
                start.region.clone(),
                parameters.clone(),
                timeout,
                heartbeat,
                credentials.clone(),
            )
        });
        let task = TaskId(strand.chain);
        let deadline = self.progress.now.saturating_add(Duration::from_secs(
            timeout.unwrap_or(self.program.compatibility().default_timeout_seconds()),
        ));
        let timeout = self.timer(deadline);
        let invocation = self.progress.invocations.get(&strand.state).copied().unwrap_or(0);
        self.progress.invocations.insert(strand.state, invocation + 1);
        let task = Arc::new(ScheduleTask {
            task,
            state_name: state.name.clone(),
            resource: resource.clone(),
            parameters,
            credentials,
            retry_count: u32::try_from(strand.retry_count()).unwrap_or(u32::MAX),
            invocation,
            idempotency_key: self.progress.start.idempotency_key(task),
            task_token,
            deadline,
            heartbeat_seconds: heartbeat,
        });
        self.command(Command::ScheduleTask(task.clone()));
        let heartbeat = heartbeat.map(|seconds| self.heartbeat(seconds));
        strand.phase = Phase::Task(TaskPhase { task, progress: TaskProgress::Scheduled, timeout, heartbeat });
        self.starting.push_back(strand.id);
        Ok(Step::Rest)
    }

    /// Tasks other than activities start as soon as everything that could be scheduled was.
    pub(super) fn start_task(&mut self, program: &Program, id: StrandId) {
        let Some(resource) = self.task_resource(program, id) else { return };
        let kind = Kind::of(resource);
        if !matches!(kind, Kind::Activity) {
            self.emit_for(id, |_| match kind {
                Kind::LambdaFunction | Kind::Activity => EventDetails::LambdaFunctionStarted,
                Kind::Service => EventDetails::TaskStarted { resource: resource.clone() },
            });
        }
    }

    /// A worker took an activity's Task up; being told so again, after a redelivery, changes nothing.
    pub(super) fn task_started(
        &mut self,
        program: &Program,
        task: TaskId,
        worker_name: Option<Arc<str>>,
    ) -> Result<(), Rejected> {
        let id = self.waiting_for(task)?;
        if self.task_resource(program, id).is_some_and(|resource| resource.activity_name().is_some())
            && self.advance_task(id, TaskProgress::Started)
        {
            self.emit_for(id, |_| EventDetails::ActivityStarted { worker_name });
        }
        Ok(())
    }

    /// The Task's call was answered or its job started; being told so again, after a redelivery, changes nothing.
    pub(super) fn task_submitted(&mut self, program: &Program, task: TaskId, output: Value) -> Result<(), Rejected> {
        let id = self.waiting_for(task)?;
        let Some(resource) = self.task_resource(program, id) else { return Err(Rejected::TaskDoesNotExist) };
        match evaluate::check_payload(&output, resource.as_str(), &self.progress.start.limits) {
            Ok(()) => {
                if self.advance_task(id, TaskProgress::Submitted) {
                    self.emit_for(id, |_| EventDetails::TaskSubmitted { resource: resource.clone(), output });
                }
            }
            Err(failure) => self.task_answered(program, task, Err(failure))?,
        }
        Ok(())
    }

    /// Takes note of how far a Task has come; returns whether that is news.
    fn advance_task(&mut self, id: StrandId, progress: TaskProgress) -> bool {
        match self.progress.strands.get_mut(&id).map(|strand| &mut **strand) {
            Some(Strand { phase: Phase::Task(phase), .. }) if phase.progress != progress => {
                phase.progress = progress;
                true
            }
            _ => false,
        }
    }

    pub(super) fn task_heartbeat(&mut self, task: TaskId) -> Result<(), Rejected> {
        let id = self.waiting_for(task)?;
        let heartbeat = self.progress.strands.get(&id).and_then(|strand| match &strand.phase {
            Phase::Task(phase) => phase.heartbeat,
            _ => None,
        });
        if let Some(heartbeat) = heartbeat {
            let renewed = self.heartbeat(heartbeat.seconds);
            self.timers.remove(&heartbeat.timer);
            self.timers.insert(renewed.timer, id);
            if let Some(Strand { phase: Phase::Task(phase), .. }) =
                self.progress.strands.get_mut(&id).map(|strand| &mut **strand)
            {
                phase.heartbeat = Some(renewed);
            }
        }
        Ok(())
    }

    /// The Task is done or failed; a result over the payload limit is a failure.
    pub(super) fn task_answered(
        &mut self,
        program: &Program,
        task: TaskId,
        answer: Result<Value, Failure>,
    ) -> Result<(), Rejected> {
        let id = self.waiting_for(task)?;
        let Some(resource) = self.task_resource(program, id) else { return Err(Rejected::TaskDoesNotExist) };
        let Some(mut strand) = self.progress.strands.remove(&id) else { return Err(Rejected::TaskDoesNotExist) };
        self.tasks.remove(&task);
        for timer in strand.timers() {
            self.timers.remove(&timer);
        }
        let subject = resource.service_action().map_or(resource.as_str(), |(service, _)| service);
        let answer = answer
            .and_then(|result| evaluate::check_payload(&result, subject, &self.progress.start.limits).map(|()| result));
        let step = match answer {
            Ok(output) => {
                strand.chain = self.emit_with(strand.chain, |_| succeeded(resource, output.clone()));
                Step::Succeed { result: output }
            }
            Err(failure) => {
                strand.chain = self.emit_with(strand.chain, |_| failed(resource, failure.clone()));
                Step::Fail { failure, origin: Origin::Task }
            }
        };
        self.run_strand(program, strand, step);
        Ok(())
    }

    pub(super) fn time_out_task(&mut self, id: StrandId, failure: Failure) {
        let program = self.program.clone();
        let Some(resource) = self.task_resource(&program, id) else { return };
        if let Some(task) = self.forget_task(id) {
            self.command(Command::CancelTask(task));
        }
        self.emit_for(id, |_| timed_out(resource, failure.clone()));
        self.ready.push_back((id, Step::Fail { failure, origin: Origin::Task }));
    }

    fn heartbeat(&mut self, seconds: u64) -> Heartbeat {
        let due = self.progress.now.saturating_add(Duration::from_secs(seconds));
        Heartbeat { seconds, timer: self.timer(due) }
    }

    /// The token of the Task that the next event schedules.
    fn next_task_token(&self) -> Arc<str> {
        let start = &self.progress.start;
        start.token_key.token(&start.id, TaskId(EventId(self.progress.last_event.get() + 1)))
    }

    fn waiting_for(&self, task: TaskId) -> Result<StrandId, Rejected> {
        self.tasks.get(&task).copied().ok_or(Rejected::TaskDoesNotExist)
    }

    fn task_resource<'p>(&self, program: &'p Program, id: StrandId) -> Option<&'p Resource> {
        let strand = self.progress.strands.get(&id)?;
        match &program.state(strand.state)?.kind {
            StateKind::Task(task) => Some(&task.resource),
            _ => None,
        }
    }

    /// Nobody waits for the strand's Task any more.
    pub(super) fn forget_task(&mut self, id: StrandId) -> Option<TaskId> {
        let strand = self.progress.strands.get(&id)?;
        for timer in strand.timers() {
            self.timers.remove(&timer);
        }
        let task = strand.task()?;
        self.tasks.remove(&task);
        Some(task)
    }

    /// Adds an event to the chain of a strand at rest.
    fn emit_for(&mut self, id: StrandId, details: impl FnOnce(&Start) -> EventDetails) {
        let chain = self.progress.strands.get(&id).map_or(EventId::default(), |strand| strand.chain);
        let event = self.emit_with(chain, details);
        if let Some(strand) = self.progress.strands.get_mut(&id) {
            strand.chain = event;
        }
    }
}

fn scheduled(
    resource: Resource,
    region: Arc<str>,
    parameters: Value,
    timeout_in_seconds: Option<u64>,
    heartbeat_in_seconds: Option<u64>,
    task_credentials: Option<Value>,
) -> EventDetails {
    match Kind::of(&resource) {
        Kind::LambdaFunction => EventDetails::LambdaFunctionScheduled(Box::new(LambdaFunctionScheduled {
            resource,
            input: parameters,
            timeout_in_seconds,
            task_credentials,
        })),
        Kind::Activity => EventDetails::ActivityScheduled(Box::new(ActivityScheduled {
            resource,
            input: parameters,
            timeout_in_seconds,
            heartbeat_in_seconds,
        })),
        Kind::Service => EventDetails::TaskScheduled(Box::new(TaskScheduled {
            resource,
            region,
            parameters,
            timeout_in_seconds,
            heartbeat_in_seconds,
            task_credentials,
        })),
    }
}

fn succeeded(resource: &Resource, output: Value) -> EventDetails {
    match Kind::of(resource) {
        Kind::LambdaFunction => EventDetails::LambdaFunctionSucceeded { output },
        Kind::Activity => EventDetails::ActivitySucceeded { output },
        Kind::Service => EventDetails::TaskSucceeded { resource: resource.clone(), output },
    }
}

fn failed(resource: &Resource, failure: Failure) -> EventDetails {
    match Kind::of(resource) {
        Kind::LambdaFunction => EventDetails::LambdaFunctionFailed { failure },
        Kind::Activity => EventDetails::ActivityFailed { failure },
        Kind::Service => EventDetails::TaskFailed { resource: resource.clone(), failure },
    }
}

fn timed_out(resource: &Resource, failure: Failure) -> EventDetails {
    match Kind::of(resource) {
        Kind::LambdaFunction => EventDetails::LambdaFunctionTimedOut { failure },
        Kind::Activity => EventDetails::ActivityTimedOut { failure },
        Kind::Service => EventDetails::TaskTimedOut { resource: resource.clone(), failure },
    }
}
