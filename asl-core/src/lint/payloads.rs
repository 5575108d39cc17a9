//! Values of the definition itself that no run can get through: literals over the limit, calls that always fail.

use crate::definition::{MemberValue, Spanned, State, StateKind, Template, TemplateKind};
use crate::diagnostic::{Code, Fault};
use crate::execution::Limits;
use crate::expression::Expression;
use crate::report::Report;
use crate::source::Span;

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    let assigned = state.catchers().iter().flat_map(|catcher| catcher.assign.iter().chain(&catcher.output));
    let own = [&state.parameters, &state.result_selector, &state.arguments, &state.assign, &state.output];
    let own = own.into_iter().flatten();
    own.chain(assigned).for_each(|template| check_template(template, report));
    match &state.kind {
        Some(StateKind::Map(map)) => {
            map.items.iter().chain(&map.item_selector).for_each(|template| check_template(template, report));
        }
        Some(StateKind::Choice(choice)) => {
            let templates = choice.rules().iter().flat_map(|rule| rule.assign.iter().chain(&rule.output));
            templates.for_each(|template| check_template(template, report));
        }
        Some(StateKind::Pass(pass)) => {
            let discards = state.result_path.as_ref().is_some_and(|path| path.value.is_none());
            let keeps_part = state.output_path.is_some();
            if let Some(result) = pass.result.as_ref().filter(|_| !discards && !keeps_part) {
                check_size(result.span, || result.value.text_size(), report);
            }
        }
        Some(StateKind::Fail(fail)) => {
            for expression in [&fail.error_path, &fail.cause_path].into_iter().flatten() {
                check_expression(expression, report);
            }
        }
        Some(StateKind::Task(_) | StateKind::Wait(_) | StateKind::Succeed | StateKind::Parallel(_)) | None => {}
    }
}

fn check_template(template: &Template<'_>, report: &Report<'_>) {
    check_size(template.span, || least_size(template), report);
    template.for_each_expression(&mut |expression| check_expression(expression, report));
}

/// Only what is large in the definition can be a large payload.
fn check_size(span: Span, size: impl FnOnce() -> usize, report: &Report<'_>) {
    let limit = Limits::default().payload_bytes;
    if span.end - span.start > limit && size() > limit {
        let message = format!("the payload is larger than the {} KiB that a payload may have", limit / 1024);
        let fault = Fault::new(Code::PAYLOAD_TOO_LARGE, span, message);
        report.add(fault.with_help("keep it elsewhere, in S3 for example, and pass on where it is".to_owned()));
    }
}

/// The least that the JSON text of the payload can take.
fn least_size(template: &Template<'_>) -> usize {
    match &template.kind {
        TemplateKind::Literal(value) => value.text_size(),
        TemplateKind::Jsonata(_) | TemplateKind::Open(_) => 0,
        TemplateKind::Array(elements) => 2 + elements.iter().map(|element| least_size(element) + 1).sum::<usize>(),
        TemplateKind::Object(members) => {
            let member = |value: &MemberValue<'_>| match value {
                MemberValue::Template(template) => least_size(template),
                MemberValue::Expression(_) => 1,
            };
            2 + members.iter().map(|part| part.name().len() + "\"\":,".len() + member(&part.value)).sum::<usize>()
        }
    }
}

fn check_expression(expression: &Spanned<Expression>, report: &Report<'_>) {
    let Expression::Intrinsic(intrinsic) = &expression.value else { return };
    if let Some(reason) = intrinsic.certain_failure() {
        let message = format!("the call always fails: {reason}");
        report.add(Fault::new(Code::INTRINSIC_ALWAYS_FAILS, expression.span, message));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_jsonata_states, check_states};

    #[test]
    fn literals_fit_a_payload() {
        let text = "x".repeat(262_144);
        let pass = |fields: &str| format!(r#""A": {{"Type": "Pass", {fields}, "End": true}}"#);
        check_states(&pass(&format!(r#""Result": "{text}""#)), &[("PAYLOAD_TOO_LARGE", "/States/A/Result")]);
        check_states(&pass(&format!(r#""Result": "{text}", "ResultPath": null"#)), &[]);
        check_states(
            &pass(&format!(r#""Parameters": {{"a": ["{text}"]}}"#)),
            &[("PAYLOAD_TOO_LARGE", "/States/A/Parameters")],
        );
        check_jsonata_states(&pass(&format!(r#""Output": "{text}""#)), &[("PAYLOAD_TOO_LARGE", "/States/A/Output")]);
        let blanks = " ".repeat(300_000);
        check_states(&pass(&format!(r#""Parameters": {{{blanks}"a": 1}}"#)), &[]);
    }

    #[test]
    fn calls_whose_arguments_are_known_must_succeed() {
        let pass = |call: &str| format!(r#""A": {{"Type": "Pass", "Parameters": {{"a.$": "{call}"}}, "End": true}}"#);
        let expected: &[(&str, &str)] = &[("INTRINSIC_ALWAYS_FAILS", "/States/A/Parameters/a.$")];
        for call in [
            "States.ArrayRange(1, 5000, 1)",
            "States.ArrayRange(1, 5, 0)",
            "States.StringToJson('{')",
            "States.Format('{}', States.Hash('a', 'MD4'))",
        ] {
            check_states(&pass(call), expected);
        }
        for call in [
            "States.ArrayRange(1, 1000, 1)",
            "States.ArrayRange(1, $.n, 1)",
            "States.UUID()",
            "States.MathRandom(1, 9)",
        ] {
            check_states(&pass(call), &[]);
        }
    }
}
