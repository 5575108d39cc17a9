//! Paths that are well written but mean what their field cannot use, and values that look like forgotten paths.

use crate::definition::{
    Computable, Fail, Map, MemberValue, Pass, QueryLanguage, Spanned, State, StateKind, Task, Template, TemplateKind,
    TemplateMember, Test, TestKind, Wait,
};
use crate::diagnostic::{Code, Fault};
use crate::evaluate::choice_rule::{self, Operand, Operator};
use crate::jsonpath::{JsonPath, ReferencePath, Root};
use crate::name_map::NameMap;
use crate::report::Report;
use crate::source::Span;
use crate::value::Value;

/// AWS's words for a path that is none.
pub(super) const NO_REFERENCE_PATH: &str = "Value is not a Reference Path";

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    if state.language != QueryLanguage::JsonPath {
        return;
    }
    check_result_path(state.result_path.as_ref(), report);
    for catcher in state.catchers() {
        check_result_path(catcher.result_path.as_ref(), report);
        catcher.assign.iter().for_each(|template| check_template(template, report));
    }
    let templates = [&state.parameters, &state.result_selector, &state.assign];
    templates.into_iter().flatten().for_each(|template| check_template(template, report));
    match &state.kind {
        Some(StateKind::Task(task)) => check_task(task, report),
        Some(StateKind::Wait(wait)) => check_wait(wait, report),
        Some(StateKind::Map(map)) => check_map(map, report),
        Some(StateKind::Pass(pass)) => check_pass(pass, report),
        Some(StateKind::Fail(fail)) => check_fail(fail, report),
        Some(StateKind::Choice(choice)) => {
            choice.rules().iter().for_each(|rule| check_operands(&rule.test, report));
            let templates = choice.rules().iter().filter_map(|rule| rule.assign.as_ref());
            templates.for_each(|template| check_template(template, report));
        }
        Some(StateKind::Succeed | StateKind::Parallel(_)) | None => {}
    }
}

/// `ResultPath` places the result in the state's input, nowhere else.
fn check_result_path(path: Option<&Spanned<Option<ReferencePath>>>, report: &Report<'_>) {
    let Some(Spanned { value: Some(reference), span }) = path else { return };
    if *reference.path().root() != Root::Input {
        let label = "`ResultPath` can change neither variables nor the Context object";
        let fault = Fault::new(Code::INVALID_REFERENCE_PATH, *span, NO_REFERENCE_PATH).with_label(*span, label);
        report.add(fault.with_help("begin with `$.`".to_owned()));
    }
}

fn check_task(task: &Task<'_>, report: &Report<'_>) {
    one_place("TimeoutSecondsPath", task.timeout_seconds_path.as_ref(), report);
    one_place("HeartbeatSecondsPath", task.heartbeat_seconds_path.as_ref(), report);
    task.credentials.iter().for_each(|template| check_template(template, report));
}

fn check_wait(wait: &Wait, report: &Report<'_>) {
    one_place("SecondsPath", wait.seconds_path.as_ref(), report);
    one_place("TimestampPath", wait.timestamp_path.as_ref(), report);
}

fn check_map(map: &Map<'_>, report: &Report<'_>) {
    one_place("ItemsPath", map.items_path.as_ref(), report);
    map.number_paths().for_each(|(name, path)| one_place(name, Some(path), report));
    let templates = map.item_selector.iter().chain(map.distributed_templates());
    templates.for_each(|template| check_template(template, report));
}

fn one_place(name: &str, path: Option<&Spanned<JsonPath>>, report: &Report<'_>) {
    if let Some(path) = path.filter(|path| !path.value.is_reference_path()) {
        let label = format!("`{name}` must select one place");
        report.add(Fault::new(Code::INVALID_REFERENCE_PATH, path.span, NO_REFERENCE_PATH).with_label(path.span, label));
    }
}

fn check_fail(fail: &Fail<'_>, report: &Report<'_>) {
    for (name, text) in [("Error", &fail.error), ("Cause", &fail.cause)] {
        let literal = text.as_ref().and_then(Computable::literal);
        if let Some(text) = literal.filter(|text| looks_evaluated(text.value)) {
            let message = format!("the value of `{name}` looks like a path, but is not evaluated");
            let fault = Fault::new(Code::NO_PATH, text.span, message);
            report.add(fault.with_help(format!("call the field `{name}Path`")));
        }
    }
}

/// Warns of texts to compare with that look like paths.
fn check_operands(test: &Test<'_>, report: &Report<'_>) {
    match &test.kind {
        Some(TestKind::And(tests) | TestKind::Or(tests)) => {
            tests.value.iter().for_each(|test| check_operands(test, report));
        }
        Some(TestKind::Not(test)) => check_operands(test, report),
        Some(TestKind::Comparison(comparison)) => {
            let operand = &comparison.test;
            if let choice_rule::Test::String(relation, Operand::Literal(text)) = &operand.value
                && looks_like_a_name(text)
            {
                let name = Operator::String(*relation).name();
                let message = format!("the value of `{name}` looks like a path, but is not evaluated");
                let fault = Fault::new(Code::NO_PATH, operand.span, message);
                report.add(fault.with_help(format!("call the field `{name}Path`")));
            }
        }
        Some(TestKind::Condition(_)) | None => {}
    }
}

/// Whether a text to compare with can only be meant as a path: `$` alone may be a currency.
fn looks_like_a_name(text: &str) -> bool {
    let rest = text.strip_prefix("$$.").or_else(|| text.strip_prefix("$."));
    let is_start = |first: char| first.is_alphabetic() || first == '_';
    rest.is_some_and(|rest| rest.starts_with(is_start) && !rest.contains(char::is_whitespace))
}

fn check_pass(pass: &Pass, report: &Report<'_>) {
    if let Some(result) = pass.result.as_ref().filter(|result| has_expressions(&result.value)) {
        let message = "`Result` is never evaluated: its paths stay as they are";
        let fault = Fault::new(Code::PASS_RESULT_IS_STATIC, result.span, message);
        report.add(fault.with_help("use `Parameters`".to_owned()));
    }
}

fn has_expressions(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(key, value)| {
            (key.ends_with(".$") && value.as_str().is_some_and(looks_evaluated)) || has_expressions(value)
        }),
        Value::Array(array) => array.iter().any(has_expressions),
        _ => false,
    }
}

/// Warns of strings that look like expressions under keys that do not end in `.$`.
fn check_template(template: &Template<'_>, report: &Report<'_>) {
    match &template.kind {
        TemplateKind::Literal(_) | TemplateKind::Open(_) | TemplateKind::Jsonata(_) => {}
        TemplateKind::Array(elements) => elements.iter().for_each(|element| check_template(element, report)),
        TemplateKind::Object(members) => {
            check_names(members, report);
            for member in members {
                let MemberValue::Template(part) = &member.value else { continue };
                match &part.kind {
                    TemplateKind::Literal(value) if value.as_str().is_some_and(looks_evaluated) => {
                        report.add(no_dollar(member.key.value, part.span));
                    }
                    _ => check_template(part, report),
                }
            }
        }
    }
}

/// Two members must not have the same name once `.$` is stripped.
fn check_names(members: &[TemplateMember<'_>], report: &Report<'_>) {
    let mut first: NameMap<'_, &TemplateMember<'_>> = NameMap::with_capacity(members.len());
    for member in members {
        let earlier = first.add(member.name(), member);
        if let Some(earlier) = earlier.filter(|earlier| earlier.key.value != member.key.value) {
            let message = format!("the payload would have two fields called `{}`", member.name());
            let fault = Fault::new(Code::CONFLICTING_FIELDS, member.key.span, message);
            report.add(fault.with_label(earlier.key.span, "first here"));
        }
    }
}

fn no_dollar(key: &str, span: Span) -> Fault {
    let message = format!("the value of `{key}` looks like an expression, but is not evaluated");
    Fault::new(Code::NO_DOLLAR, span, message).with_help(format!("call the field `{key}.$`"))
}

/// Whether a string could be meant as a path or a call of an intrinsic function.
fn looks_evaluated(text: &str) -> bool {
    let is_path = text == "$" || ["$.", "$[", "$$."].iter().any(|start| text.starts_with(start));
    is_path || (text.starts_with("States.") && text.contains('(') && text.ends_with(')'))
}
