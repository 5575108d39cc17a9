//! What a Task may call.

use super::fields::empty;
use crate::compile::MachineType;
use crate::definition::{State, StateKind, Task};
use crate::diagnostic::{Code, Fault};
use crate::program::{IntegrationPattern, Resource};
use crate::report::Report;
use crate::source::Span;
use crate::suggestion::similar;

/// The actions of the services that Step Functions integrates other than through an SDK.
///
/// See [Optimized integrations](https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html).
const OPTIMIZED_INTEGRATIONS: &[(&str, &[&str])] = &[
    ("apigateway", &["invoke"]),
    ("athena", &["getQueryExecution", "getQueryResults", "startQueryExecution", "stopQueryExecution"]),
    ("batch", &["submitJob"]),
    ("bedrock", &["createModelCustomizationJob", "invokeModel"]),
    (
        "codebuild",
        &[
            "batchDeleteBuilds",
            "batchGetReports",
            "deleteBuildBatch",
            "retryBuildBatch",
            "startBuild",
            "startBuildBatch",
            "stopBuild",
            "stopBuildBatch",
        ],
    ),
    ("databrew", &["startJobRun"]),
    ("dynamodb", &["deleteItem", "getItem", "putItem", "updateItem"]),
    ("ecs", &["runTask"]),
    ("events", &["putEvents"]),
    ("glue", &["startJobRun"]),
    ("http", &["invoke"]),
    ("lambda", &["invoke"]),
    ("mediaconvert", &["createJob"]),
    ("sns", &["publish"]),
    ("sqs", &["sendMessage"]),
    ("states", &["startExecution"]),
];

pub(super) fn check_state(state: &State<'_>, machine_type: MachineType, report: &Report<'_>) {
    let Some(StateKind::Task(task)) = &state.kind else { return };
    if let Some(written) = &task.resource {
        let resource = Resource::parse(written.value);
        if written.value.is_empty() {
            report.add(empty(written.span));
        } else if let Some(help) = malformed(&resource) {
            report.add(unrecognized(&resource, written.span).with_help(help.to_owned()));
        } else if let Some((action, actions)) = unknown_action(&resource) {
            let help = similar(action, actions.iter().copied(), report);
            report.add(unrecognized(&resource, written.span).with_help(help));
        }
        if let Some(message) = refused_by_express(&resource).filter(|_| machine_type == MachineType::Express) {
            report.add(Fault::new(Code::INVALID_RESOURCE, written.span, message));
        }
    }
    check_credentials(task, report);
}

/// AWS's words for a resource that it does not know.
fn unrecognized(resource: &Resource, span: Span) -> Fault {
    let message = format!(
        "The resource provided {resource} is not recognized. \
         The value is not a valid resource ARN, or the resource is not available in this region."
    );
    Fault::new(Code::INVALID_RESOURCE, span, message)
}

/// How the resource should be written, if it is neither a whole ARN nor another URI.
fn malformed(resource: &Resource) -> Option<&'static str> {
    let is_incomplete = |(service, action): (&str, &str)| service.is_empty() || action.is_empty();
    match resource.as_str().splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "lambda", ..] if resource.function_name().is_none_or(str::is_empty) => {
            Some("write a function as `arn:aws:lambda:<region>:<account>:function:<name>`")
        }
        ["arn", _, "states", _, "", ..] if resource.service_action().is_none_or(is_incomplete) => {
            Some("write a service integration as `arn:aws:states:::<service>:<action>`")
        }
        ["arn", _, _, _, _, _] => None,
        ["arn", ..] => Some("an ARN is `arn:<partition>:<service>:<region>:<account>:<resource>`"),
        [scheme, _, ..] if is_scheme(scheme) => None,
        _ => Some("a resource is an ARN, such as `arn:aws:lambda:<region>:<account>:function:<name>`, or another URI"),
    }
}

/// Whether a URI can begin with `text` and a colon.
///
/// See [RFC 3986, section 3.1](https://www.rfc-editor.org/rfc/rfc3986#section-3.1).
fn is_scheme(text: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(is_part)
}

/// The action of a service that Step Functions knows but not with this action, and those that it knows.
fn unknown_action(resource: &Resource) -> Option<(&str, &'static [&'static str])> {
    let (service, action) = resource.service_action()?;
    let (_, actions) = OPTIMIZED_INTEGRATIONS.iter().find(|(known, _)| *known == service)?;
    (!actions.contains(&action)).then_some((action, actions))
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

fn check_credentials(task: &Task<'_>, report: &Report<'_>) {
    let Some(credentials) = &task.credentials else { return };
    if !credentials.members().iter().any(|member| member.name() == "RoleArn") {
        let message = "The field 'RoleArn' is required but was missing";
        report.add(Fault::new(Code::MISSING_FIELD, credentials.span, message));
    }
}
