//! What a Task may call.

use super::fields::empty;
use super::service_names;
use crate::definition::{MachineType, Spanned, State, StateKind, Task};
use crate::diagnostic::{Code, Fault};
use crate::program::{IntegrationPattern, Resource};
use crate::report::Report;
use crate::source::Span;
use crate::suggestion::similar;

/// A service that Step Functions integrates other than through an SDK.
struct Service {
    name: &'static str,
    actions: &'static [&'static str],
    /// Those of the actions that can be waited for with `.sync`.
    jobs: &'static [&'static str],
    callback: Callback,
}

/// Whether a service's Tasks can wait for their token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callback {
    Yes,
    No,
}

/// See [Optimized integrations](https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html).
const OPTIMIZED_INTEGRATIONS: &[Service] = &[
    service("apigateway", &["invoke"], &[], Callback::Yes),
    service(
        "athena",
        &["getQueryExecution", "getQueryResults", "startQueryExecution", "stopQueryExecution"],
        &["startQueryExecution"],
        Callback::No,
    ),
    service("batch", &["submitJob"], &["submitJob"], Callback::No),
    service(
        "bedrock",
        &["createModelCustomizationJob", "invokeModel"],
        &["createModelCustomizationJob"],
        Callback::Yes,
    ),
    service(
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
        &["retryBuildBatch", "startBuild", "startBuildBatch"],
        Callback::No,
    ),
    service("databrew", &["startJobRun"], &["startJobRun"], Callback::No),
    service("dynamodb", &["deleteItem", "getItem", "putItem", "updateItem"], &[], Callback::No),
    service("ecs", &["runTask"], &["runTask"], Callback::Yes),
    service(
        "eks",
        &[
            "call",
            "createCluster",
            "createFargateProfile",
            "createNodegroup",
            "deleteCluster",
            "deleteFargateProfile",
            "deleteNodegroup",
            "runJob",
        ],
        &[
            "createCluster",
            "createFargateProfile",
            "createNodegroup",
            "deleteCluster",
            "deleteFargateProfile",
            "deleteNodegroup",
            "runJob",
        ],
        Callback::Yes,
    ),
    service(
        "elasticmapreduce",
        &[
            "addStep",
            "cancelStep",
            "createCluster",
            "modifyInstanceFleetByName",
            "modifyInstanceGroupByName",
            "setClusterTerminationProtection",
            "terminateCluster",
        ],
        &["addStep", "createCluster", "terminateCluster"],
        Callback::No,
    ),
    service(
        "emr-containers",
        &["createVirtualCluster", "deleteVirtualCluster", "startJobRun"],
        &["deleteVirtualCluster", "startJobRun"],
        Callback::No,
    ),
    service(
        "emr-serverless",
        &[
            "cancelJobRun",
            "createApplication",
            "deleteApplication",
            "startApplication",
            "startJobRun",
            "stopApplication",
        ],
        &[
            "cancelJobRun",
            "createApplication",
            "deleteApplication",
            "startApplication",
            "startJobRun",
            "stopApplication",
        ],
        Callback::No,
    ),
    service("events", &["putEvents"], &[], Callback::Yes),
    service("glue", &["startJobRun"], &["startJobRun"], Callback::No),
    service("http", &["invoke"], &[], Callback::No),
    service("lambda", &["invoke"], &[], Callback::Yes),
    service("mediaconvert", &["createJob"], &["createJob"], Callback::No),
    service(
        "sagemaker",
        &[
            "createEndpoint",
            "createEndpointConfig",
            "createHyperParameterTuningJob",
            "createLabelingJob",
            "createModel",
            "createProcessingJob",
            "createTrainingJob",
            "createTransformJob",
            "updateEndpoint",
        ],
        &[
            "createHyperParameterTuningJob",
            "createLabelingJob",
            "createProcessingJob",
            "createTrainingJob",
            "createTransformJob",
        ],
        Callback::No,
    ),
    service("sns", &["publish"], &[], Callback::Yes),
    service("sqs", &["sendMessage"], &[], Callback::Yes),
    service("states", &["startExecution"], &["startExecution"], Callback::Yes),
];

const fn service(
    name: &'static str,
    actions: &'static [&'static str],
    jobs: &'static [&'static str],
    callback: Callback,
) -> Service {
    Service { name, actions, jobs, callback }
}

pub(super) fn check_state(state: &State<'_>, machine_type: MachineType, report: &Report<'_>) {
    let Some(StateKind::Task(task)) = &state.kind else { return };
    if let Some(written) = &task.resource {
        let resource = Resource::parse(written.value);
        if written.value.is_empty() {
            report.add(empty(written.span));
        } else if let Some(help) = malformed(&resource) {
            report.add(unrecognized(&resource, written.span).with_help(help.to_owned()));
        } else if let Some((service, action)) = resource.service_action() {
            check_integration(service, action, &resource, written.span, report);
        }
        if let Some(message) = refused_by_express(&resource).filter(|_| machine_type == MachineType::Express) {
            let fault = Fault::new(Code::INVALID_RESOURCE, written.span, message.trim_end());
            let help = "call it without waiting, or make the machine a Standard one";
            report.add(fault.aws_says(message).with_help(help.to_owned()));
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
    if resource.function_name().is_some_and(|name| !name.is_empty()) {
        return None;
    }
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

/// Checks a service integration: the service, its action, and what the Task waits for.
fn check_integration(service: &str, action: &str, resource: &Resource, span: Span, report: &Report<'_>) {
    let pattern = resource.pattern();
    let help = if let Some(sdk) = service.strip_prefix("aws-sdk:") {
        match check_sdk_call(sdk, action, pattern, report) {
            Ok(()) => return,
            Err(help) => help,
        }
    } else if let Some(known) = OPTIMIZED_INTEGRATIONS.iter().find(|known| known.name == service) {
        match known.check_call(action, pattern, report) {
            Ok(()) => return,
            Err(help) => help,
        }
    } else {
        let names = OPTIMIZED_INTEGRATIONS.iter().map(|known| known.name);
        if service_names::is_service(service) {
            Some(format!("Step Functions calls it through its SDK: `aws-sdk:{service}:{action}`"))
        } else {
            similar(service, names, report)
        }
    };
    report.add(unrecognized(resource, span).with_help(help));
}

impl Service {
    /// Fails with what to do about a call that the service does not have.
    fn check_call(&self, action: &str, pattern: IntegrationPattern, report: &Report<'_>) -> Result<(), Option<String>> {
        let name = self.name;
        if !self.actions.contains(&action) {
            let through_sdk = || {
                service_names::is_service(name).then(|| format!("call it through the SDK: `aws-sdk:{name}:{action}`"))
            };
            return Err(similar(action, self.actions.iter().copied(), report).or_else(through_sdk));
        }
        let waits_for_jobs = self.jobs.contains(&action);
        let is_supported = match pattern {
            IntegrationPattern::RequestResponse => true,
            IntegrationPattern::Sync => waits_for_jobs,
            IntegrationPattern::Sync2 => waits_for_jobs && name == "states",
            IntegrationPattern::WaitForTaskToken => self.callback == Callback::Yes,
        };
        if is_supported {
            Ok(())
        } else {
            Err(Some(format!("`{name}:{action}` cannot be waited for with `{}`", pattern.suffix())))
        }
    }
}

/// Fails with what to do about a call that the SDK does not have.
fn check_sdk_call(
    service: &str,
    action: &str,
    pattern: IntegrationPattern,
    report: &Report<'_>,
) -> Result<(), Option<String>> {
    if let Some(usual) = service_names::usual_name(service) {
        return Err(Some(format!("the SDK calls this service `{usual}`: `aws-sdk:{usual}:{action}`")));
    }
    if !service_names::is_service(service) {
        return Err(similar(service, service_names::all(), report));
    }
    if !action.starts_with(|first: char| first.is_ascii_lowercase()) || !action.chars().all(char::is_alphanumeric) {
        return Err(Some("an action is written in camel case, such as `getObject`".to_owned()));
    }
    match pattern {
        IntegrationPattern::RequestResponse | IntegrationPattern::WaitForTaskToken => Ok(()),
        IntegrationPattern::Sync | IntegrationPattern::Sync2 => {
            Err(Some("calls through the SDK cannot be waited for: poll for the result in a loop".to_owned()))
        }
    }
}

/// Checks the resource with which a Distributed Map reads or writes.
pub(super) fn check_s3(written: Option<&Spanned<&str>>, actions: &[&str], report: &Report<'_>) {
    let Some(written) = written else { return };
    let resource = Resource::parse(written.value);
    let is_known =
        resource.service_action().is_some_and(|(service, action)| service == "s3" && actions.contains(&action));
    if !is_known || resource.pattern() != IntegrationPattern::RequestResponse {
        let choices: Vec<String> = actions.iter().map(|action| format!("`arn:aws:states:::s3:{action}`")).collect();
        let help = format!("write {}", choices.join(" or "));
        report.add(unrecognized(&resource, written.span).with_help(help));
    }
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
        let help = "write `\"Credentials\": {\"RoleArn\": \"arn:aws:iam::<account>:role/<name>\"}`";
        report.add(Fault::new(Code::MISSING_FIELD, credentials.span, message).with_help(help.to_owned()));
    }
}
