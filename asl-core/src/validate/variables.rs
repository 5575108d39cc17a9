//! Variables: their names, their scopes, and references to those that no state assigns.
//!
//! See [Variable Scope](https://states-language.net/spec.html#variable-scope) in the specification.

use std::collections::HashMap;
use std::sync::Arc;

use crate::definition::{
    Catcher, Comparison, Spanned, State, StateKind, StateMachine, Template, TemplateMember, Test, TestKind,
};
use crate::diagnostic::Code;
use crate::expression::Expression;
use crate::jsonpath::{JsonPath, Root};
use crate::report::{Fault, Report};
use crate::source::Span;

/// The longest name of a variable, in characters.
const MAX_CHARACTERS: usize = 80;
/// The variable that the language itself keeps.
const RESERVED: &str = "states";

/// The variables of a scope: every name with the place of its first assignment.
struct Scope<'a> {
    assigned: HashMap<&'a str, Span>,
    outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    fn find(&self, name: &str) -> Option<Span> {
        self.assigned.get(name).copied().or_else(|| self.outer?.find(name))
    }
}

/// Checks the variables of a definition.
pub(super) fn check(machine: &StateMachine, report: &Report<'_>) {
    check_scope(machine, None, report);
}

fn check_scope(machine: &StateMachine, outer: Option<&Scope<'_>>, report: &Report<'_>) {
    let mut assigned = HashMap::new();
    for member in machine.states().iter().flat_map(assignments) {
        check_assignment(member, outer, report);
        assigned.entry(member.name()).or_insert(member.key.span);
    }
    let scope = Scope { assigned, outer };
    for state in machine.states() {
        for_each_reference(state, &mut |name, span| {
            if scope.find(name).is_none() {
                let message = format!("no state assigns the variable `{name}`");
                let help = super::similar(name, scope.assigned.keys().copied());
                report.add(Fault::new(Code::UNKNOWN_VARIABLE, span, message).with_help(help));
            }
        });
        state.inner_machines().for_each(|inner| check_scope(inner, Some(&scope), report));
    }
}

fn check_assignment(member: &TemplateMember, outer: Option<&Scope<'_>>, report: &Report<'_>) {
    let name = member.name();
    if let Some(fault) = invalid_name(name) {
        report.add(Fault::new(Code::INVALID_VARIABLE_NAME, member.key.span, fault));
    }
    if let Some(first) = outer.and_then(|outer| outer.find(name)) {
        let message = format!("the variable `{name}` belongs to an outer scope, where only outer states can assign it");
        let fault = Fault::new(Code::VARIABLE_SHADOWED, member.key.span, message);
        report.add(fault.with_label(first, "assigned in the outer scope here"));
    }
}

fn invalid_name(name: &str) -> Option<String> {
    if name == RESERVED {
        return Some(format!("the variable `{RESERVED}` is reserved"));
    }
    if name.chars().count() > MAX_CHARACTERS {
        return Some(format!("a variable's name must have 1 to {MAX_CHARACTERS} characters"));
    }
    let starts = |letter: char| letter.is_alphabetic() || letter == '_';
    let mut letters = name.chars();
    let is_identifier =
        letters.next().is_some_and(starts) && letters.all(|letter| starts(letter) || letter.is_alphanumeric());
    (!is_identifier).then(|| format!("`{name}` cannot be a variable's name: use letters, digits and `_`"))
}

/// The members of every `Assign` of a state: its own, its Choice rules' and its Catchers'.
fn assignments(state: &State) -> impl Iterator<Item = &TemplateMember> {
    let rules = match &state.kind {
        Some(StateKind::Choice(choice)) => choice.rules(),
        _ => &[],
    };
    let inner = rules.iter().filter_map(|rule| rule.assign.as_ref());
    let caught = state.catchers().iter().filter_map(|catcher: &Catcher| catcher.assign.as_ref());
    state.assign.iter().chain(inner).chain(caught).flat_map(Template::members)
}

/// Calls `visit` with every variable that a state's own fields mention.
fn for_each_reference(state: &State, visit: &mut impl FnMut(&str, Span)) {
    let nullable = [&state.input_path, &state.output_path];
    for (path, span) in nullable.into_iter().flatten().filter_map(|path| Some((path.value.as_ref()?, path.span))) {
        visit_path(path, span, visit);
    }
    let caught = state.catchers().iter().filter_map(|catcher| catcher.assign.as_ref());
    let templates = [&state.parameters, &state.result_selector, &state.assign].into_iter().flatten();
    for template in templates.chain(caught) {
        visit_template(template, visit);
    }
    match &state.kind {
        Some(StateKind::Task(task)) => {
            visit_paths([&task.timeout_seconds_path, &task.heartbeat_seconds_path], visit);
            task.credentials.iter().for_each(|template| visit_template(template, visit));
        }
        Some(StateKind::Wait(wait)) => visit_paths([&wait.seconds_path, &wait.timestamp_path], visit),
        Some(StateKind::Fail(fail)) => {
            for expression in [&fail.error_path, &fail.cause_path].into_iter().flatten() {
                visit_expression(expression, visit);
            }
        }
        Some(StateKind::Map(map)) => {
            let limits = [&map.max_concurrency_path, &map.tolerated_failure_count_path];
            visit_paths(limits, visit);
            visit_paths([&map.items_path, &map.tolerated_failure_percentage_path], visit);
            map.item_selector.iter().for_each(|template| visit_template(template, visit));
        }
        Some(StateKind::Choice(choice)) => {
            for rule in choice.rules() {
                visit_test(&rule.test, visit);
                rule.assign.iter().for_each(|template| visit_template(template, visit));
            }
        }
        Some(StateKind::Pass(_) | StateKind::Succeed | StateKind::Parallel(_)) | None => {}
    }
}

fn visit_test(test: &Test, visit: &mut impl FnMut(&str, Span)) {
    match &test.kind {
        Some(TestKind::And(tests) | TestKind::Or(tests)) => {
            tests.value.iter().for_each(|test| visit_test(test, visit));
        }
        Some(TestKind::Not(test)) => visit_test(test, visit),
        Some(TestKind::Comparison(Comparison { variable, test })) => {
            variable.iter().for_each(|path| visit_path(&path.value, path.span, visit));
            test.value.path().into_iter().for_each(|path| visit_path(path, test.span, visit));
        }
        None => {}
    }
}

fn visit_template(template: &Template, visit: &mut impl FnMut(&str, Span)) {
    template.for_each_expression(&mut |expression| visit_expression(expression, visit));
}

fn visit_expression(expression: &Spanned<Expression>, visit: &mut impl FnMut(&str, Span)) {
    match &expression.value {
        Expression::Path(path) => visit_path(path, expression.span, visit),
        Expression::Intrinsic(_) => {}
    }
}

fn visit_paths<const N: usize>(paths: [&Option<Spanned<JsonPath>>; N], visit: &mut impl FnMut(&str, Span)) {
    paths.into_iter().flatten().for_each(|path| visit_path(&path.value, path.span, visit));
}

fn visit_path(path: &JsonPath, span: Span, visit: &mut impl FnMut(&str, Span)) {
    if let Root::Variable(name) = path.root() {
        visit(name, span);
    }
}
