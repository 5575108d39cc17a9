//! Executions that Tasks start with `arn:aws:states:::states:startExecution`: what is asked for, and what is answered.
//!
//! See [Step Functions as an integrated service](https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html).

mod answer;
mod request;

use asl_core::Failure;
use asl_core::execution::{Event, ScheduleTask};
use asl_core::program::{IntegrationPattern, Resource};

pub(crate) use self::answer::{Ended, OutputForm};
pub(crate) use self::request::{StartRequest, refusal};
use crate::engine::StartedExecution;
use crate::registry::Registry;

/// Whether Tasks that call `resource` start executions here, unless a handler runs them.
pub(crate) fn is_nested(resource: &Resource) -> bool {
    resource.service_action() == Some(("states", "startExecution"))
}

/// Whether `task` is one that its driver serves itself.
pub(crate) fn is_served(registry: &Registry, task: &ScheduleTask) -> bool {
    is_nested(&task.resource) && registry.resolve(task).is_none()
}

/// What a Task is told once its execution was started.
pub(crate) fn started(task: &ScheduleTask, started: &StartedExecution) -> Event {
    let output = answer::started(started);
    match task.resource.pattern() {
        IntegrationPattern::RequestResponse => Event::TaskSucceeded { task: task.task, output },
        _ => Event::TaskSubmitted { task: task.task, output },
    }
}

/// What an execution is told that no Task waits for any more.
pub(crate) fn stopped() -> Event {
    let cause = "The parent execution no longer waits for this execution.";
    Event::Stopped { failure: Failure::from_parts(None, Some(cause.into())) }
}
