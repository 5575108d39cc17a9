//! What a state does, in a few words.

use std::fmt::Display;
use std::sync::Arc;

use crate::definition::{Computable, MemberValue, State, StateKind, Task, TemplateKind, Wait};
use crate::program::Resource;
use crate::source::Source;
use crate::value::Value;

/// What a state's own fields say that its name may not.
pub(super) fn summary(state: &State<'_>, source: &Source<'_>) -> Option<Arc<str>> {
    let text = match state.kind.as_ref()? {
        StateKind::Task(task) => resource(task, state),
        StateKind::Wait(wait) => duration(wait, source),
        StateKind::Fail(fail) => fail.error.as_ref().map(computable),
        _ => None,
    };
    text.filter(|text| !text.is_empty()).map(Arc::from)
}

/// A Lambda function or activity by its name, an integration by service and action, and by the function that it calls.
fn resource(task: &Task<'_>, state: &State<'_>) -> Option<String> {
    let resource = Resource::parse(task.resource.as_ref()?.value);
    let integration = || resource.as_str().splitn(6, ':').nth(5).filter(|_| resource.service_action().is_some());
    let name = resource.function_name().or(resource.activity_name()).or_else(integration).unwrap_or(resource.as_str());
    let function = function_name(state).filter(|_| resource.service_action() == Some(("lambda", "invoke")));
    Some(function.map_or_else(|| name.to_owned(), |function| format!("{name} {function}")))
}

/// `FunctionName` of the Task's parameters, without the rest of an ARN.
fn function_name(state: &State<'_>) -> Option<String> {
    let parameters = state.parameters.as_ref().or(state.arguments.as_ref())?;
    let member = parameters.members().iter().find(|member| member.key.value == "FunctionName")?;
    let MemberValue::Template(template) = &member.value else { return None };
    let TemplateKind::Literal(Value::String(name)) = &template.kind else { return None };
    Some(Resource::parse(name).function_name().unwrap_or(name).to_owned())
}

fn duration(wait: &Wait, source: &Source<'_>) -> Option<String> {
    let seconds_path = wait.seconds_path.as_ref().map(|path| path.value.text().to_owned());
    let timestamp_path = wait.timestamp_path.as_ref().map(|path| path.value.text().to_owned());
    let timestamp = wait.timestamp.as_ref().map(|timestamp| match timestamp.literal() {
        Some(literal) => source.text_at(literal.span).trim_matches('"').to_owned(),
        None => computable(timestamp),
    });
    let seconds = wait.seconds.as_ref().map(computable).or(seconds_path);
    let until = timestamp.or(timestamp_path);
    seconds.map(|seconds| format!("{seconds} s")).or_else(|| until.map(|until| format!("until {until}")))
}

/// A literal, or the text of an expression.
fn computable<T: Display>(field: &Computable<T>) -> String {
    match field {
        Computable::Literal(literal) => literal.value.to_string(),
        Computable::Jsonata(jsonata) => jsonata.query.expression().text().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Graph;

    fn check(fields: &str, expected: Option<&str>) {
        let graph = Graph::read(&format!(r#"{{"States": {{"S": {{{fields}}}}}}}"#)).unwrap();
        assert_eq!(graph.machine.states[0].summary.as_deref(), expected, "{fields}");
    }

    #[test]
    fn tasks_are_known_by_what_they_call() {
        for (resource, expected) in [
            ("arn:aws:lambda:us-east-1:123456789012:function:Charge:1", "Charge"),
            ("arn:aws:states:us-east-1:123456789012:activity:Approve", "Approve"),
            ("arn:aws:states:::aws-sdk:s3:getObject", "aws-sdk:s3:getObject"),
            ("arn:aws:states:::ecs:runTask.sync", "ecs:runTask.sync"),
            ("${Function}", "${Function}"),
        ] {
            check(&format!(r#""Type": "Task", "Resource": "{resource}""#), Some(expected));
        }
        let invoke = r#""Type": "Task", "Resource": "arn:aws:states:::lambda:invoke""#;
        for (parameters, expected) in [
            (r#""FunctionName": "Charge""#, "lambda:invoke Charge"),
            (r#""FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:Charge""#, "lambda:invoke Charge"),
            (r#""FunctionName.$": "$.name""#, "lambda:invoke"),
        ] {
            check(&format!(r#"{invoke}, "Parameters": {{{parameters}}}"#), Some(expected));
        }
    }

    #[test]
    fn waits_and_failures_say_for_how_long_and_what() {
        for (fields, expected) in [
            (r#""Type": "Wait", "Seconds": 30"#, Some("30 s")),
            (r#""Type": "Wait", "SecondsPath": "$.delay""#, Some("$.delay s")),
            (r#""Type": "Wait", "Timestamp": "2016-03-14T01:59:00Z""#, Some("until 2016-03-14T01:59:00Z")),
            (r#""Type": "Wait", "TimestampPath": "$.at""#, Some("until $.at")),
            (r#""Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% $n %}""#, Some("$n s")),
            (r#""Type": "Wait", "QueryLanguage": "JSONata", "Timestamp": "{% $t %}""#, Some("until $t")),
            (r#""Type": "Wait""#, None),
            (r#""Type": "Fail", "Error": "Broken""#, Some("Broken")),
            (r#""Type": "Fail", "ErrorPath": "$.error""#, None),
            (r#""Type": "Pass""#, None),
        ] {
            check(fields, expected);
        }
    }
}
