//! Loops that cannot end: without a way out, or whose Choices always find what they found before.
//!
//! Of all others `pacing` asks what they wait for.

use super::components::components;
use super::flow::{Flow, Node};
use super::pacing;
use crate::definition::{Choice, Comparison, QueryLanguage, State, StateKind, Test, TestKind};
use crate::diagnostic::{Code, Fault};
use crate::evaluate::States;
use crate::jsonpath::Root;
use crate::report::Report;

pub(super) fn check(flow: &Flow<'_>, report: &Report<'_>) {
    // A loop leads back somewhere.
    if !flow.states.iter().enumerate().any(|(index, node)| node.successors().any(|next| next <= index)) {
        return;
    }
    let successors = |index: usize| flow.node(index).map_or(Vec::new(), |node| node.successors().collect());
    for component in components(flow.states.len(), successors) {
        // INVARIANT: the indices of a component are sorted.
        let members: Vec<&Node<'_>> = component.iter().filter_map(|&index| flow.node(index)).collect();
        let is_inside = |index: usize| component.binary_search(&index).is_ok();
        let Some(first) = component.first().and_then(|&index| flow.node(index)) else { continue };
        if !members.iter().any(|node| leaves(node, &is_inside)) {
            report.add(endless(first.state, &members));
        } else if members.iter().all(|node| changes_nothing(node.state))
            && !members.iter().any(|node| node.catchers.iter().any(|&next| !is_inside(next)))
        {
            report.add(unchanging(first.state, &members));
        } else {
            pacing::check(flow, &component, report);
        }
    }
}

/// Whether the machine can go on elsewhere, or ends, after this state of a loop.
fn leaves(node: &Node<'_>, is_inside: &impl Fn(usize) -> bool) -> bool {
    let mut successors = node.successors().peekable();
    successors.peek().is_none()
        || node.state.end.is_some_and(|end| end.value)
        || successors.any(|next| !is_inside(next))
}

fn endless(first: &State<'_>, members: &[&Node<'_>]) -> Fault {
    let message = format!("no state of the loop {} leads out of it", Names(members));
    Fault::new(Code::ENDLESS_LOOP, first.name.span, message)
        .of(first.span)
        .with_help("let a Choice state of the loop lead to a state that ends".to_owned())
}

fn unchanging(first: &State<'_>, members: &[&Node<'_>]) -> Fault {
    let message =
        format!("nothing in the loop {} changes what its Choices test: it is left at once or never", Names(members));
    let fault = Fault::new(Code::LOOP_WITHOUT_CHANGE, first.name.span, message).of(first.span);
    let tests = members.iter().filter(|node| matches!(node.state.kind, Some(StateKind::Choice(_))));
    let fault =
        tests.take(1).fold(fault, |fault, node| fault.with_label(node.state.name.span, "tests the same every time"));
    fault.with_help("keep a result with `ResultPath`, or count with `Assign`".to_owned())
}

/// The names of a loop's states, the first few of them.
pub(super) struct Names<'a>(pub(super) &'a [&'a Node<'a>]);

impl std::fmt::Display for Names<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 4;
        for (position, node) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(formatter, "{comma}`{}`", node.state.name.value)?;
        }
        if self.0.len() > SHOWN { formatter.write_str(", …") } else { Ok(()) }
    }
}

/// Whether the state gives on its own input, assigns nothing, and, if it is a Choice, tests only what stays the same.
fn changes_nothing(state: &State<'_>) -> bool {
    let has = |name| state.field_names.contains(name);
    if has("Assign")
        || has("Output")
        || has("OutputPath")
        || state.catchers().iter().any(|catcher| catcher.assign.is_some())
    {
        return false;
    }
    let discards_its_result = state.result_path.as_ref().is_some_and(|path| path.value.is_none());
    match &state.kind {
        Some(StateKind::Pass(_)) if state.language == QueryLanguage::Jsonata => true,
        Some(StateKind::Pass(_)) => {
            discards_its_result || !["InputPath", "Parameters", "Result", "ResultPath"].into_iter().any(has)
        }
        Some(StateKind::Wait(_)) => !has("InputPath"),
        Some(StateKind::Choice(choice)) => !has("InputPath") && tests_what_stays(choice),
        Some(StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)) => {
            discards_its_result && state.catchers().is_empty()
        }
        Some(StateKind::Succeed | StateKind::Fail(_)) | None => false,
    }
}

/// Whether the rules of a Choice neither assign nor put out anything, nor look at the time or at chance.
fn tests_what_stays(choice: &Choice<'_>) -> bool {
    choice.rules().iter().all(|rule| rule.assign.is_none() && rule.output.is_none() && stays(&rule.test))
}

fn stays(test: &Test<'_>) -> bool {
    match &test.kind {
        Some(TestKind::And(tests) | TestKind::Or(tests)) => tests.value.iter().all(stays),
        Some(TestKind::Not(test)) => stays(test),
        Some(TestKind::Comparison(Comparison { variable, test })) => {
            let paths = variable.iter().map(|variable| &variable.value).chain(test.value.path());
            paths.into_iter().all(|path| *path.root() != Root::Context)
        }
        Some(TestKind::Condition(condition)) => {
            condition.jsonata().is_none_or(|jsonata| is_repeatable(jsonata.references()))
        }
        None => false,
    }
}

/// Whether an expression gives the same whenever it is evaluated with the same input.
pub(super) fn is_repeatable(references: &crate::jsonata::References) -> bool {
    let varies = |name: &str| matches!(name, "now" | "millis" | "random" | "uuid" | "shuffle");
    let reads_input = |path: &[std::sync::Arc<str>]| path.first().is_some_and(|member| &**member == "input");
    references.functions.iter().all(|function| !varies(&function.name))
        && references.variables.iter().all(|variable| {
            !varies(&variable.name) && (&*variable.name != States::VARIABLE || reads_input(&variable.path))
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_jsonata_states, check_states};

    const PASS: &str = r#"{"Type": "Pass", "Next": "B"}"#;

    #[test]
    fn a_loop_must_have_a_way_out() {
        let choice = |target: &str| {
            format!(
                r#""A": {{"Type": "Choice", "Choices": [{{"Variable": "$.a", "IsPresent": true, "Next": "B"}}], "Default": "E"}},
                   "B": {{"Type": "Wait", "Seconds": 1, "Next": "C"}},
                   "C": {{"Type": "Task", "Resource": "a:b", "Next": "{target}"}},
                   "E": {{"Type": "Succeed"}}"#
            )
        };
        check_states(&choice("B"), &[("ENDLESS_LOOP", "/States/B")]);
        check_states(&choice("E"), &[]);
        check_states(&choice("A"), &[]);
    }

    #[test]
    fn a_catcher_is_a_way_out() {
        check_states(
            r#""A": {"Type": "Task", "Resource": "a:b", "ResultPath": null,
                     "Catch": [{"ErrorEquals": ["Empty"], "Next": "E"}], "Next": "A"},
               "E": {"Type": "Succeed"}"#,
            &[],
        );
    }

    /// `state` leads to a Choice that leads back to it.
    fn looping(state: &str, test: &str) -> String {
        format!(
            r#""A": {state}, "B": {{"Type": "Choice", "Choices": [{{{test}, "Next": "E"}}], "Default": "A"}},
               "E": {{"Type": "Succeed"}}"#
        )
    }

    #[test]
    fn what_a_loop_tests_must_change_in_it() {
        let test = r#""Variable": "$.done", "BooleanEquals": true"#;
        let expected: &[(&str, &str)] = &[("LOOP_WITHOUT_CHANGE", "/States/A")];
        for state in [
            PASS,
            r#"{"Type": "Pass", "Result": 1, "ResultPath": null, "Next": "B"}"#,
            r#"{"Type": "Wait", "Seconds": 5, "Next": "B"}"#,
            r#"{"Type": "Task", "Resource": "a:b", "ResultPath": null, "Next": "B"}"#,
        ] {
            check_states(&looping(state, test), expected);
        }
        for state in [
            r#"{"Type": "Task", "Resource": "a:b", "Next": "B"}"#,
            r#"{"Type": "Task", "Resource": "a:b", "ResultPath": "$.t", "Next": "B"}"#,
            r#"{"Type": "Pass", "Parameters": {"done.$": "$.done"}, "Next": "B"}"#,
            r#"{"Type": "Pass", "Result": true, "ResultPath": "$.done", "Next": "B"}"#,
            r#"{"Type": "Pass", "InputPath": "$.next", "Next": "B"}"#,
            r#"{"Type": "Wait", "Seconds": 5, "OutputPath": "$.next", "Next": "B"}"#,
        ] {
            check_states(&looping(state, test), &[]);
        }
    }

    #[test]
    fn time_changes_by_itself() {
        check_states(
            &looping(PASS, r#""Variable": "$$.State.EnteredTime", "TimestampGreaterThan": "2030-01-01T00:00:00Z""#),
            &[],
        );
        for (condition, expected) in [
            ("$states.input.done", &[("LOOP_WITHOUT_CHANGE", "/States/A")][..]),
            ("$millis() > 1e12", &[]),
            ("$random() > 0.5", &[]),
            ("$states.context.State.EnteredTime > '2030'", &[]),
        ] {
            check_jsonata_states(&looping(PASS, &format!(r#""Condition": "{{% {condition} %}}""#)), expected);
        }
    }

    #[test]
    fn long_chains_take_no_stack() {
        let states: Vec<String> =
            (0..5_000).map(|index| format!(r#""S{index}": {{"Type": "Pass", "Next": "S{}"}}"#, index + 1)).collect();
        let text = format!(
            r#"{}, "S5000": {{"Type": "Choice", "Choices": [{{"Variable": "$$.State.EnteredTime", "IsNull": true, "Next": "A"}}], "Default": "E"}},
               "E": {{"Type": "Succeed"}}"#,
            states.join(",").replace("\"S0\"", "\"A\"")
        );
        check_states(&text, &[]);
    }
}
