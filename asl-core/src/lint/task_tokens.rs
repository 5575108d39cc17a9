//! Tasks that wait for their token to come back, but give it to nobody.
//!
//! See [Wait for a Callback with Task Token](https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token).

use crate::definition::{JsonataString, MemberValue, QueryLanguage, State, StateKind, Template, TemplateKind};
use crate::diagnostic::{Code, Fault};
use crate::evaluate::States;
use crate::expression::Expression;
use crate::jsonpath::{JsonPath, PathStep, Root};
use crate::program::{IntegrationPattern, Resource};
use crate::report::Report;

/// Where the token is in the Context object.
const TOKEN: [&str; 2] = ["Task", "Token"];

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    let Some(StateKind::Task(task)) = &state.kind else { return };
    let Some(resource) = task.resource.filter(|resource| resource.value.ends_with(".waitForTaskToken")) else { return };
    let waits = Resource::parse(resource.value).pattern() == IntegrationPattern::WaitForTaskToken;
    if !waits || passes_token(state) {
        return;
    }
    let message = "the Task waits for its token to come back, but gives it to nobody";
    let help = match state.language {
        QueryLanguage::JsonPath => "pass it in `Parameters`, as in `\"TaskToken.$\": \"$$.Task.Token\"`",
        QueryLanguage::Jsonata => "pass it in `Arguments`, as in `\"TaskToken\": \"{% $states.context.Task.Token %}\"`",
    };
    report.add(Fault::new(Code::CALLBACK_WITHOUT_TOKEN, resource.span, message).with_help(help.to_owned()));
}

/// Whether what the Task sends may have the token in it.
fn passes_token(state: &State<'_>) -> bool {
    let input = state.input_path.as_ref().and_then(|path| path.value.as_ref());
    input.is_some_and(finds_token)
        || [&state.parameters, &state.arguments].into_iter().flatten().any(|template| has_token(template))
}

fn has_token(template: &Template<'_>) -> bool {
    match &template.kind {
        // Another warning says that a path, or an expression, is not evaluated there.
        TemplateKind::Literal(value) => value.as_str().is_some_and(|text| text.contains("Task.Token")),
        TemplateKind::Open(_) => true,
        TemplateKind::Jsonata(jsonata) => reads_token(jsonata),
        TemplateKind::Array(elements) => elements.iter().any(has_token),
        TemplateKind::Object(members) => members.iter().any(|member| match &member.value {
            MemberValue::Template(template) => has_token(template),
            MemberValue::Expression(expression) => match &expression.value {
                Expression::Path(path) => finds_token(path),
                Expression::Intrinsic(intrinsic) => intrinsic.paths().into_iter().any(finds_token),
            },
        }),
    }
}

/// Whether a path finds the token, or something around it.
fn finds_token(path: &JsonPath) -> bool {
    let mut steps = path.plain_steps().zip(TOKEN);
    *path.root() == Root::Context && steps.all(|(step, name)| step == PathStep::Other || step == PathStep::Name(name))
}

/// The same for an expression.
fn reads_token(jsonata: &JsonataString) -> bool {
    let around = ["context"].into_iter().chain(TOKEN);
    jsonata.references().variables.iter().any(|variable| {
        &*variable.name == States::VARIABLE
            && variable.path.iter().zip(around.clone()).all(|(step, name)| **step == *name)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_jsonata_states, check_states};

    const SEND: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    const EXPECTED: &[(&str, &str)] = &[("CALLBACK_WITHOUT_TOKEN", "/States/A/Resource")];

    fn task(resource: &str, fields: &str) -> String {
        format!(r#""A": {{"Type": "Task", "Resource": "{resource}", {fields} "TimeoutSeconds": 60, "End": true}}"#)
    }

    #[test]
    fn the_token_is_given_to_someone() {
        for parameters in [
            r#""TaskToken.$": "$$.Task.Token""#,
            r#""MessageBody": {"token.$": "$$.Task.Token"}"#,
            r#""MessageBody.$": "$$""#,
            r#""MessageBody.$": "$$.Task""#,
            r#""MessageBody.$": "$$.*""#,
            r#""MessageBody.$": "States.Format('{}', $$.Task.Token)""#,
        ] {
            check_states(&task(SEND, &format!(r#""Parameters": {{{parameters}}},"#)), &[]);
        }
        for parameters in [
            r#""MessageBody": "x""#,
            r#""MessageBody.$": "$""#,
            r#""MessageBody.$": "$.Task.Token""#,
            r#""MessageBody.$": "$$.Execution.Id""#,
            r#""MessageBody.$": "States.Format('{}', $$.State.Name)""#,
        ] {
            check_states(&task(SEND, &format!(r#""Parameters": {{{parameters}}},"#)), EXPECTED);
        }
        check_states(&task(SEND, ""), EXPECTED);
        check_states(&task(SEND, r#""InputPath": "$$","#), &[]);
        check_states(&task("arn:aws:states:::sqs:sendMessage", ""), &[]);
    }

    #[test]
    fn the_token_is_given_to_someone_in_jsonata() {
        for arguments in [
            r#"{"MessageBody": {"token": "{% $states.context.Task.Token %}"}}"#,
            r#""{% {'MessageBody': $states.context} %}""#,
            r#""{% $merge([$states.input, {'token': $lookup($states, 'context').Task.Token}]) %}""#,
        ] {
            check_jsonata_states(&task(SEND, &format!(r#""Arguments": {arguments},"#)), &[]);
        }
        for arguments in [
            r#"{"MessageBody": "{% $states.input.token %}"}"#,
            r#"{"MessageBody": "{% $states.context.Execution.Id %}"}"#,
        ] {
            check_jsonata_states(&task(SEND, &format!(r#""Arguments": {arguments},"#)), EXPECTED);
        }
        check_jsonata_states(&task(SEND, ""), EXPECTED);
    }

    #[test]
    fn a_forgotten_dollar_is_told_once() {
        check_states(
            &task(SEND, r#""Parameters": {"TaskToken": "$$.Task.Token"},"#),
            &[("NO_DOLLAR", "/States/A/Parameters/TaskToken")],
        );
    }
}
