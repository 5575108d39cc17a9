//! Variables that are read where nothing can have assigned them yet, and those that nothing reads.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::flow::{Flow, Node};
use crate::definition::{Comparison, JsonataString, QueryLanguage, State, StateKind, Template, Test, TestKind};
use crate::diagnostic::{Code, Fault};
use crate::evaluate::choice_rule::{Kind, Test as Operation};
use crate::jsonata::Dialect;
use crate::jsonpath::Root;
use crate::report::Report;
use crate::source::Span;

pub(super) fn check(flow: &Flow<'_>, report: &Report<'_>) {
    let mut names: BTreeMap<&str, (usize, Span)> = BTreeMap::new();
    for member in flow.states.iter().flat_map(|node| node.state.assignments()).map(|assignment| assignment.member) {
        let id = names.len();
        names.entry(member.name()).or_insert((id, member.key.span));
    }
    if names.is_empty() {
        return;
    }
    check_unused(flow, &names, report);
    let assigned = Assigned::of(flow, &names);
    for (node, known) in flow.states.iter().zip(&assigned.before) {
        let Some(known) = known else { continue };
        let guarded = guarded(node.state);
        for_each_certain_read(node.state, report, &mut |name, span| {
            if let Some((id, assignment)) = names.get(name)
                && !known.has(*id)
                && !guarded.contains(name)
            {
                let message = format!("the variable `{name}` is read before any state can have assigned it");
                let fault = Fault::new(Code::VARIABLE_READ_TOO_EARLY, span, message);
                report.add(
                    fault.with_label(*assignment, "assigned here: later, on another way, or in a scope that is over"),
                );
            }
        });
    }
}

fn check_unused(flow: &Flow<'_>, names: &BTreeMap<&str, (usize, Span)>, report: &Report<'_>) {
    let mut unused: BTreeSet<&str> = names.keys().copied().collect();
    for node in &flow.states {
        node.state.for_each_variable(report, &mut |name, _| {
            unused.remove(name);
        });
    }
    if unused.is_empty() {
        return;
    }
    // A variable that has the name of a function is not told from it.
    for function in Dialect::Aws.function_names() {
        unused.remove(function);
    }
    for (name, span) in unused.iter().filter_map(|name| Some((name, names.get(name)?.1))) {
        let message = format!("no state reads the variable `{name}`");
        report.add(Fault::new(Code::UNUSED_VARIABLE, span, message));
    }
}

/// Calls `visit` with every variable without which the state fails for sure.
fn for_each_certain_read(state: &State<'_>, report: &Report<'_>, visit: &mut impl FnMut(&str, Span)) {
    if state.language == QueryLanguage::JsonPath {
        state.for_each_variable(report, visit);
        return;
    }
    state.for_each_jsonata(&mut |jsonata, _| {
        if let Some(name) = plain_variable(jsonata) {
            visit(name, jsonata.span);
        }
    });
}

/// The variable of an expression that is a path into it and nothing more, such as `$order.id`.
fn plain_variable(jsonata: &JsonataString) -> Option<&str> {
    let [variable] = jsonata.references().variables.as_slice() else { return None };
    let rest = jsonata.query.expression().text().strip_prefix('$')?.strip_prefix(&*variable.name)?;
    let rest = variable.path.iter().try_fold(rest, |rest, name| rest.strip_prefix('.')?.strip_prefix(&**name))?;
    rest.is_empty().then_some(&*variable.name)
}

/// The variables that a Choice asks for with `IsPresent`.
fn guarded<'a>(state: &'a State<'a>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    if let Some(StateKind::Choice(choice)) = &state.kind {
        choice.rules().iter().for_each(|rule| collect_guarded(&rule.test, &mut names));
    }
    names
}

fn collect_guarded<'a>(test: &'a Test<'a>, names: &mut BTreeSet<&'a str>) {
    match &test.kind {
        Some(TestKind::And(parts) | TestKind::Or(parts)) => {
            parts.value.iter().for_each(|part| collect_guarded(part, names));
        }
        Some(TestKind::Not(part)) => collect_guarded(part, names),
        Some(TestKind::Comparison(Comparison { variable: Some(variable), test })) => {
            if let (Operation::Is { kind: Kind::Present, .. }, Root::Variable(name)) =
                (&test.value, variable.value.root())
            {
                names.insert(name);
            }
        }
        _ => {}
    }
}

/// How often the set of a state grows before every variable counts as assigned.
const MAX_CHANGES: u8 = 32;

/// A set of variables, by their ids.
#[derive(Debug, Clone)]
struct Set(Vec<u64>);

impl Set {
    fn has(&self, id: usize) -> bool {
        self.0.get(id / 64).is_some_and(|word| word >> (id % 64) & 1 == 1)
    }

    fn insert(&mut self, id: usize) {
        if let Some(word) = self.0.get_mut(id / 64) {
            *word |= 1 << (id % 64);
        }
    }

    /// Adds the others; tells whether one of them is new.
    fn add(&mut self, others: &Self) -> bool {
        let mut grown = false;
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            grown |= *word | other != *word;
            *word |= other;
        }
        grown
    }
}

/// Which variables some way to a state assigns, those of the scopes around included.
struct Assigned<'a> {
    names: &'a BTreeMap<&'a str, (usize, Span)>,
    before: Vec<Option<Set>>,
    changes: Vec<u8>,
    waiting: BinaryHeap<Reverse<usize>>,
}

impl<'a> Assigned<'a> {
    fn of(flow: &Flow<'_>, names: &'a BTreeMap<&'a str, (usize, Span)>) -> Self {
        let count = flow.states.len();
        let mut assigned =
            Self { names, before: vec![None; count], changes: vec![0; count], waiting: BinaryHeap::new() };
        if let Some(start) = flow.machines.first().and_then(|machine| machine.start) {
            assigned.flow_into(start, &Set(vec![0; names.len().div_ceil(64)]));
        }
        while let Some(Reverse(index)) = assigned.waiting.pop() {
            let before = assigned.before.get(index).cloned().flatten();
            if let (Some(node), Some(before)) = (flow.node(index), before) {
                assigned.leave(flow, node, &before);
            }
        }
        assigned
    }

    fn leave(&mut self, flow: &Flow<'_>, node: &Node<'_>, before: &Set) {
        let own = node.state.assign.as_ref();
        for target in node.next.iter().chain(&node.default) {
            self.flow_with(*target, before, own);
        }
        if let Some(StateKind::Choice(choice)) = &node.state.kind {
            for (rule, target) in choice.rules().iter().zip(&node.rules) {
                self.flow_with(*target, before, rule.assign.as_ref().or(own));
            }
        }
        for (catcher, target) in node.state.catchers().iter().zip(&node.catchers) {
            self.flow_with(*target, before, catcher.assign.as_ref());
        }
        for machine in flow.machines.get(node.inner.clone()).unwrap_or_default() {
            if let Some(start) = machine.start {
                self.flow_into(start, before);
            }
        }
    }

    fn flow_with(&mut self, target: usize, before: &Set, assign: Option<&Template<'_>>) {
        let Some(assign) = assign else {
            self.flow_into(target, before);
            return;
        };
        let mut after = before.clone();
        for member in assign.members() {
            if let Some((id, _)) = self.names.get(member.name()) {
                after.insert(*id);
            }
        }
        self.flow_into(target, &after);
    }

    fn flow_into(&mut self, target: usize, set: &Set) {
        let (Some(known), Some(changes)) = (self.before.get_mut(target), self.changes.get_mut(target)) else { return };
        let is_new = if let Some(known) = known {
            known.add(set)
        } else {
            *known = Some(set.clone());
            true
        };
        if !is_new {
            return;
        }
        *changes += 1;
        if let Some(known) = known.as_mut().filter(|_| *changes > MAX_CHANGES) {
            known.0.fill(u64::MAX);
        }
        self.waiting.push(Reverse(target));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_jsonata_states, check_states};

    const EARLY: &str = "VARIABLE_READ_TOO_EARLY";
    const UNUSED: &str = "UNUSED_VARIABLE";

    #[test]
    fn a_variable_is_read() {
        let machine = |read: &str| {
            format!(
                r#""A": {{"Type": "Pass", "Assign": {{"v": 1, "unused": 2}}, "Next": "B"}},
                   "B": {{"Type": "Pass", "Parameters": {{"a.$": "{read}"}}, "End": true}}"#
            )
        };
        check_states(&machine("$v"), &[(UNUSED, "/States/A/Assign/unused")]);
        check_states(&machine("States.Format('{}{}', $v, $unused)"), &[]);
    }

    #[test]
    fn a_variable_is_read_by_inner_machines() {
        check_jsonata_states(
            r#""A": {"Type": "Map", "Items": [1], "Next": "B", "Assign": {"late": 1}, "ItemProcessor":
                 {"StartAt": "X", "States": {"X": {"Type": "Pass", "Output": "{% $outer + 1 %}", "End": true}}}},
               "B": {"Type": "Pass", "Assign": {"outer": "{% $late %}", "sum": 1}, "End": true}"#,
            &[],
        );
    }

    #[test]
    fn some_way_assigns_before_the_read() {
        check_states(
            r#""A": {"Type": "Pass", "Parameters": {"a.$": "$v"}, "Next": "B"},
               "B": {"Type": "Pass", "Assign": {"v": 1}, "End": true}"#,
            &[(EARLY, "/States/A/Parameters/a.$")],
        );
        check_states(
            r#""A": {"Type": "Choice", "Default": "C", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "B"}]},
               "B": {"Type": "Pass", "Assign": {"v": 1}, "Next": "C"},
               "C": {"Type": "Pass", "Parameters": {"a.$": "$v"}, "End": true}"#,
            &[],
        );
        check_states(
            r#""A": {"Type": "Choice", "Default": "B", "Choices": [{"Variable": "$v", "IsPresent": true, "Next": "C"}]},
               "B": {"Type": "Pass", "Assign": {"v": 1}, "Next": "A"},
               "C": {"Type": "Pass", "Parameters": {"a.$": "$v"}, "End": true}"#,
            &[],
        );
    }

    #[test]
    fn a_catcher_assigns_what_the_state_does_not() {
        let machine = |variable: &str| {
            format!(
                r#""A": {{"Type": "Task", "Resource": "a:b", "Assign": {{"own": 1}}, "Next": "C",
                     "Catch": [{{"ErrorEquals": ["States.ALL"], "Assign": {{"caught": 1}}, "Next": "B"}}]}},
                   "B": {{"Type": "Pass", "Parameters": {{"a.$": "${variable}"}}, "End": true}},
                   "C": {{"Type": "Pass", "Parameters": {{"a.$": "$own", "b": {{}}}}, "Assign": {{"last.$": "$last"}}, "End": true}}"#
            )
        };
        check_states(&machine("caught"), &[(EARLY, "/States/C/Assign/last.$")]);
        check_states(
            &machine("own"),
            &[
                (UNUSED, "/States/A/Catch/0/Assign/caught"),
                (EARLY, "/States/B/Parameters/a.$"),
                (EARLY, "/States/C/Assign/last.$"),
            ],
        );
    }

    #[test]
    fn jsonata_may_ask_for_what_is_not_there() {
        let machine = |expression: &str| {
            format!(r#""A": {{"Type": "Pass", "Assign": {{"v": "{{% {expression} %}}"}}, "End": true}}"#)
        };
        check_jsonata_states(&machine("$v"), &[(EARLY, "/States/A/Assign/v")]);
        for expression in ["$append($v, 1)", "$exists($v) ? $v : 0", "[$v, 1]"] {
            check_jsonata_states(&machine(expression), &[]);
        }
    }
}
