//! Variables: their names, their scopes, and references to those that no state assigns.
//!
//! See [Variable Scope](https://states-language.net/spec.html#variable-scope) in the specification.

use std::collections::BTreeMap;

use crate::definition::{
    Comparison, Spanned, State, StateKind, StateMachine, Template, TemplateMember, Test, TestKind,
};
use crate::diagnostic::{Code, Fault};
use crate::expression::Expression;
use crate::jsonpath::{JsonPath, Root};
use crate::report::Report;
use crate::source::Span;
use crate::suggestion::similar;

/// The longest name of a variable, in characters.
const MAX_CHARACTERS: usize = 80;
/// The variable that the language itself keeps.
const RESERVED: &str = "states";

/// The variables of a scope: every name with its assignments.
struct Scope<'a> {
    assigned: BTreeMap<&'a str, Vec<Assignment<'a>>>,
    /// Whether there are variables whose names are not known.
    is_open: bool,
    /// The scope around this one, and the state there that this one is inside of.
    outer: Option<(&'a Self, &'a State<'a>)>,
}

/// A member of an `Assign` field.
#[derive(Clone, Copy)]
pub(crate) struct Assignment<'a> {
    pub(crate) member: &'a TemplateMember<'a>,
    state: &'a State<'a>,
    is_catchers: bool,
}

impl<'a> Scope<'a> {
    /// The names that can be read here.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        let scopes = std::iter::successors(Some(self), |scope| scope.outer.map(|(outer, _)| outer));
        scopes.flat_map(|scope| scope.assigned.keys().copied())
    }

    fn has(&self, name: &str) -> bool {
        self.is_open || self.assigned.contains_key(name) || self.outer.is_some_and(|(outer, _)| outer.has(name))
    }

    /// Where an outer scope assigns `name`.
    ///
    /// The Catchers of the state around a scope do not count: when they assign, the scope is no more.
    fn outer_assignment(&self, name: &str) -> Option<Span> {
        let (outer, around) = self.outer?;
        let counts = |assignment: &&Assignment<'_>| !(assignment.is_catchers && std::ptr::eq(assignment.state, around));
        let own = outer.assigned.get(name).and_then(|assignments| assignments.iter().find(counts));
        own.map(|assignment| assignment.member.key.span).or_else(|| outer.outer_assignment(name))
    }
}

/// Checks the variables of a definition.
pub(super) fn check(machine: &StateMachine<'_>, report: &Report<'_>) {
    let mut everywhere = BTreeMap::new();
    collect_assignments(machine, &mut everywhere);
    check_scope(machine, None, &everywhere, report);
}

/// Where a variable is first assigned in any scope.
fn collect_assignments<'a>(machine: &'a StateMachine<'_>, everywhere: &mut BTreeMap<&'a str, Span>) {
    for state in machine.states() {
        for Assignment { member, .. } in assignments(state) {
            everywhere.entry(member.name()).or_insert(member.key.span);
        }
        state.inner_machines().for_each(|inner| collect_assignments(inner, everywhere));
    }
}

fn check_scope(
    machine: &StateMachine<'_>,
    outer: Option<(&Scope<'_>, &State<'_>)>,
    everywhere: &BTreeMap<&str, Span>,
    report: &Report<'_>,
) {
    let mut assigned: BTreeMap<&str, Vec<Assignment<'_>>> = BTreeMap::new();
    let mut is_open = machine.states().len() < machine.state_names.iter().count();
    for assignment in machine.states().iter().flat_map(assignments) {
        if report.is_open(assignment.member.name()) {
            is_open = true;
        } else {
            assigned.entry(assignment.member.name()).or_default().push(assignment);
        }
    }
    let scope = Scope { assigned, is_open, outer };
    for (name, assignments) in &scope.assigned {
        let outer = scope.outer_assignment(name);
        for assignment in assignments {
            check_assignment(assignment.member, outer, report);
        }
    }
    for state in machine.states() {
        for_each_reference(state, report, &mut |name, span| {
            if !scope.has(name) {
                report.add(unknown(name, span, &scope, everywhere.get(name).copied(), report));
            }
        });
        state.inner_machines().for_each(|inner| check_scope(inner, Some((&scope, state)), everywhere, report));
    }
}

/// `elsewhere` is where a scope that cannot be seen from this one assigns the variable.
fn unknown(name: &str, span: Span, scope: &Scope<'_>, elsewhere: Option<Span>, report: &Report<'_>) -> Fault {
    if let Some(elsewhere) = elsewhere {
        let message = format!("the variable `{name}` is out of scope");
        return Fault::new(Code::UNKNOWN_VARIABLE, span, message)
            .with_label(elsewhere, "assigned in a branch or an iteration here, with which it ends")
            .with_help("give its value on in the output of the branch or iteration".to_owned());
    }
    let message = format!("no state assigns the variable `{name}`");
    let help = similar(name, scope.names(), report)
        .unwrap_or_else(|| format!("a state before this one assigns it with `\"Assign\": {{\"{name}\": …}}`"));
    Fault::new(Code::UNKNOWN_VARIABLE, span, message).with_help(help)
}

/// `outer` is where an outer scope assigns the same variable.
fn check_assignment(member: &TemplateMember<'_>, outer: Option<Span>, report: &Report<'_>) {
    let name = member.name();
    if let Some(fault) = invalid_name(name) {
        report.add(Fault::new(Code::INVALID_VARIABLE_NAME, member.key.span, fault));
    }
    if let Some(outer) = outer {
        let message = format!("the variable `{name}` belongs to an outer scope, where only outer states can assign it");
        let fault = Fault::new(Code::VARIABLE_SHADOWED, member.key.span, message);
        report.add(fault.with_label(outer, "assigned in the outer scope here"));
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
    (!is_identifier).then(|| {
        format!("`{name}` cannot be a variable's name: begin with a letter or `_`, and use letters, digits and `_`")
    })
}

/// What a state assigns: itself, in its Choice rules and in its Catchers.
pub(crate) fn assignments<'a>(state: &'a State<'a>) -> impl Iterator<Item = Assignment<'a>> {
    let rules = match &state.kind {
        Some(StateKind::Choice(choice)) => choice.rules(),
        _ => &[],
    };
    let own = state.assign.iter().chain(rules.iter().filter_map(|rule| rule.assign.as_ref()));
    let caught = state.catchers().iter().filter_map(|catcher| catcher.assign.as_ref());
    let own = own.map(|assign| (assign, false)).chain(caught.map(|assign| (assign, true)));
    own.flat_map(move |(assign, is_catchers)| {
        assign.members().iter().map(move |member| Assignment { member, state, is_catchers })
    })
}

/// Calls `visit` with every variable that a state's own fields mention.
pub(crate) fn for_each_reference(state: &State<'_>, report: &Report<'_>, visit: &mut impl FnMut(&str, Span)) {
    state.for_each_jsonata(&mut |jsonata, _| {
        let variables = jsonata.references().variables.iter().filter(|variable| &*variable.name != RESERVED);
        variables.for_each(|variable| visit(&variable.name, jsonata.place(&variable.span, report)));
    });
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
