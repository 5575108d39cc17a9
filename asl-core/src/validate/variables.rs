//! Variables: their names, their scopes, and references to those that no state assigns.
//!
//! See [Variable Scope](https://states-language.net/spec.html#variable-scope) in the specification.

use std::collections::BTreeMap;

use crate::definition::{Assigner, Assignment, State, StateMachine, TemplateMember};
use crate::diagnostic::{Code, Fault};
use crate::evaluate::States;
use crate::report::Report;
use crate::source::Span;
use crate::suggestion::similar;

/// The longest name of a variable, in characters.
const MAX_CHARACTERS: usize = 80;

/// The variables of a scope: every name with its assignments.
struct Scope<'a> {
    assigned: BTreeMap<&'a str, Vec<Assignment<'a>>>,
    /// Whether there are variables whose names are not known.
    is_open: bool,
    /// The scope around this one, and the state there that this one is inside of.
    outer: Option<(&'a Self, &'a State<'a>)>,
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
        let counts =
            |assignment: &&Assignment<'_>| assignment.by == Assigner::State || !std::ptr::eq(assignment.state, around);
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
        for Assignment { member, .. } in state.assignments() {
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
    for assignment in machine.states().iter().flat_map(State::assignments) {
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
        state.for_each_variable(report, &mut |name, span| {
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
    if name == States::VARIABLE {
        return Some(format!("the variable `{}` is reserved", States::VARIABLE));
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
