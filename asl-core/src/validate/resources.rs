//! What a Task may call.

use crate::compile::MachineType;
use crate::definition::{State, StateKind, Task};
use crate::diagnostic::Code;
use crate::program::{IntegrationPattern, Resource};
use crate::report::{Fault, Report};

pub(super) fn check_state(state: &State, machine_type: MachineType, report: &Report<'_>) {
    let Some(StateKind::Task(task)) = &state.kind else { return };
    if let Some(resource) = &task.resource {
        if resource.value.is_empty() {
            report.add(super::fields::empty(resource.span));
        }
        if machine_type == MachineType::Express
            && let Some(message) = refused_by_express(&Resource::parse(&resource.value))
        {
            report.add(Fault::new(Code::INVALID_RESOURCE, resource.span, message));
        }
    }
    check_credentials(task, report);
}

/// Why an Express machine cannot have a Task with this resource, in AWS's words.
fn refused_by_express(resource: &Resource) -> Option<&'static str> {
    if resource.activity_name().is_some() {
        return Some("Express state machine does not support Activity ARN");
    }
    match resource.pattern() {
        IntegrationPattern::RequestResponse => None,
        IntegrationPattern::Sync | IntegrationPattern::Sync2 => {
            Some("Express state machine does not support '.sync' service integration")
        }
        IntegrationPattern::WaitForTaskToken => {
            Some("Express state machine does not support '.waitForTaskToken' service integration ")
        }
    }
}

fn check_credentials(task: &Task, report: &Report<'_>) {
    let Some(credentials) = &task.credentials else { return };
    if !credentials.members().iter().any(|member| member.name() == "RoleArn") {
        let message = "The field 'RoleArn' is required but was missing";
        report.add(Fault::new(Code::MISSING_FIELD, credentials.span, message));
    }
}
