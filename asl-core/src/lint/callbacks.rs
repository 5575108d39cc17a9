//! Tasks that wait for a token which may never come back.

use super::flow::Flow;
use crate::definition::{State, StateKind, StateMachine, Task};
use crate::diagnostic::{Code, Fault};
use crate::program::{IntegrationPattern, Resource};
use crate::report::Report;

pub(super) fn check(machine: &StateMachine<'_>, flow: &Flow<'_>, report: &Report<'_>) {
    if machine.timeout_seconds.is_some() {
        return;
    }
    for node in &flow.states {
        check_state(node.state, report);
    }
}

fn check_state(state: &State<'_>, report: &Report<'_>) {
    let Some(StateKind::Task(task)) = &state.kind else { return };
    let Some(resource) = &task.resource else { return };
    if is_bounded(task) {
        return;
    }
    let resource_text = resource.value;
    let who = if resource_text.contains(":activity:") && Resource::parse(resource_text).activity_name().is_some() {
        "a worker that takes the activity's task"
    } else if resource_text.ends_with(".waitForTaskToken")
        && Resource::parse(resource_text).pattern() == IntegrationPattern::WaitForTaskToken
    {
        "whoever is given the task token"
    } else {
        return;
    };
    let message = format!("the Task waits up to a year if {who} never answers");
    let fault = Fault::new(Code::CALLBACK_WITHOUT_TIMEOUT, resource.span, message);
    report.add(fault.with_help(
        "give it `TimeoutSeconds`, or `HeartbeatSeconds` if whoever works on it can send heartbeats".to_owned(),
    ));
}

fn is_bounded(task: &Task<'_>) -> bool {
    task.timeout_seconds.is_some()
        || task.timeout_seconds_path.is_some()
        || task.heartbeat_seconds.is_some()
        || task.heartbeat_seconds_path.is_some()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, check_states};

    const EXPECTED: &[(&str, &str)] = &[("CALLBACK_WITHOUT_TIMEOUT", "/States/A/Resource")];

    fn task(resource: &str, more: &str) -> String {
        let parameters = r#""Parameters": {"Token.$": "$$.Task.Token"}"#;
        format!(r#""A": {{"Type": "Task", "Resource": "{resource}", {parameters}, {more} "End": true}}"#)
    }

    #[test]
    fn callbacks_and_activities_need_a_timeout() {
        for resource in [
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "arn:aws:states:::aws-sdk:sns:publish.waitForTaskToken",
            "arn:aws:states:eu-west-1:123456789012:activity:approve",
        ] {
            check_states(&task(resource, ""), EXPECTED);
            for bound in
                [r#""TimeoutSeconds": 60,"#, r#""HeartbeatSeconds": 60,"#, r#""TimeoutSecondsPath": "$.seconds","#]
            {
                check_states(&task(resource, bound), &[]);
            }
            let machine = format!(r#"{{"StartAt": "A", "TimeoutSeconds": 9, "States": {{{}}}}}"#, task(resource, ""));
            check(&machine, &[]);
        }
    }

    #[test]
    fn other_tasks_do_not() {
        for resource in [
            "arn:aws:states:::sqs:sendMessage",
            "arn:aws:states:::ecs:runTask.sync",
            "arn:aws:lambda:eu-west-1:123456789012:function:activity",
            "activity:local",
        ] {
            check_states(&task(resource, ""), &[]);
        }
    }

    #[test]
    fn tasks_of_inner_machines_count() {
        let task = task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "");
        let inner = task.replace("\"A\"", "\"B\"");
        check_states(
            &format!(
                r#""A": {{"Type": "Parallel", "Branches": [{{"StartAt": "B", "States": {{{inner}}}}}], "End": true}}"#
            ),
            &[("CALLBACK_WITHOUT_TIMEOUT", "/States/A/Branches/0/States/B/Resource")],
        );
    }
}
