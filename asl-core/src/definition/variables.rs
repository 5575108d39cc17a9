//! Variables: where a state assigns them, and where it reads them.
//!
//! See [Variables](https://states-language.net/spec.html#variables) in the specification.

use super::choice::{Comparison, Test, TestKind};
use super::fields::Spanned;
use super::payload::{Template, TemplateMember};
use super::state::{State, StateKind};
use crate::evaluate::States;
use crate::expression::Expression;
use crate::jsonpath::{JsonPath, Root};
use crate::report::Report;
use crate::source::Span;

/// A member of an `Assign` field.
#[derive(Clone, Copy)]
pub(crate) struct Assignment<'a> {
    pub(crate) member: &'a TemplateMember<'a>,
    pub(crate) state: &'a State<'a>,
    pub(crate) by: Assigner,
}

/// When a state assigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assigner {
    /// Where it goes on, or a rule of its Choice does.
    State,
    /// Where one of its Catchers does.
    Catcher,
}

impl State<'_> {
    /// What the state assigns: itself, in its Choice rules and in its Catchers.
    pub(crate) fn assignments(&self) -> impl Iterator<Item = Assignment<'_>> {
        let rules = match &self.kind {
            Some(StateKind::Choice(choice)) => choice.rules(),
            _ => &[],
        };
        let own = self.assign.iter().chain(rules.iter().filter_map(|rule| rule.assign.as_ref()));
        let caught = self.catchers().iter().filter_map(|catcher| catcher.assign.as_ref());
        let own = own.map(|assign| (assign, Assigner::State)).chain(caught.map(|assign| (assign, Assigner::Catcher)));
        own.flat_map(move |(assign, by)| {
            assign.members().iter().map(move |member| Assignment { member, state: self, by })
        })
    }

    /// Calls `visit` with every variable that the state's own fields mention.
    pub(crate) fn for_each_variable(&self, report: &Report<'_>, visit: &mut impl FnMut(&str, Span)) {
        self.for_each_jsonata(&mut |jsonata, _| {
            let variables =
                jsonata.references().variables.iter().filter(|variable| &*variable.name != States::VARIABLE);
            variables.for_each(|variable| visit(&variable.name, jsonata.place(&variable.span, report)));
        });
        let nullable = [&self.input_path, &self.output_path];
        for (path, span) in nullable.into_iter().flatten().filter_map(|path| Some((path.value.as_ref()?, path.span))) {
            visit_path(path, span, visit);
        }
        let caught = self.catchers().iter().filter_map(|catcher| catcher.assign.as_ref());
        let templates = [&self.parameters, &self.result_selector, &self.assign].into_iter().flatten();
        for template in templates.chain(caught) {
            visit_template(template, visit);
        }
        match &self.kind {
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
                visit_paths([&map.items_path], visit);
                map.number_paths().for_each(|(_, path)| visit_path(&path.value, path.span, visit));
                let templates = map.item_selector.iter().chain(map.distributed_templates());
                templates.for_each(|template| visit_template(template, visit));
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
}

fn visit_test(test: &Test<'_>, visit: &mut impl FnMut(&str, Span)) {
    match &test.kind {
        Some(TestKind::And(tests) | TestKind::Or(tests)) => {
            tests.value.iter().for_each(|test| visit_test(test, visit));
        }
        Some(TestKind::Not(test)) => visit_test(test, visit),
        Some(TestKind::Comparison(Comparison { variable, test })) => {
            if let Some(variable) = variable {
                visit_path(&variable.value, variable.span, visit);
            }
            if let Some(path) = test.value.path() {
                visit_path(path, test.span, visit);
            }
        }
        Some(TestKind::Condition(_)) | None => {}
    }
}

fn visit_template(template: &Template<'_>, visit: &mut impl FnMut(&str, Span)) {
    template.for_each_expression(&mut |expression| visit_expression(expression, visit));
}

fn visit_expression(expression: &Spanned<Expression>, visit: &mut impl FnMut(&str, Span)) {
    match &expression.value {
        Expression::Path(path) => visit_path(path, expression.span, visit),
        Expression::Intrinsic(intrinsic) => {
            intrinsic.paths().into_iter().for_each(|path| visit_path(path, expression.span, visit));
        }
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
