//! Warns of what AWS accepts but nobody can have meant; one file per family.
//!
//! A warning is given only where the definition alone proves it, whatever the input and the results of Tasks are:
//! what is not known is taken to be as it should. Only what a call means is told by its name.
//! Lints look at definitions without errors, so that every transition leads somewhere and every name is unique;
//! only what belongs to the other query language is told of what is wrong or has open placeholders, too.

mod callbacks;
mod choice_rules;
mod components;
mod data_flow;
mod error_handling;
mod flow;
mod growth;
mod loops;
mod pacing;
mod payloads;
mod query_language;
mod task_tokens;
mod variables;

use self::flow::Flow;
use crate::definition::StateMachine;
use crate::report::Report;

/// Adds what is doubtful about `machine`, in which validation found no error, to `report`.
pub(crate) fn lint(machine: &StateMachine<'_>, report: &Report<'_>) {
    let flow = Flow::of(machine);
    loops::check(&flow, report);
    data_flow::check(&flow, report);
    variables::check(&flow, report);
    callbacks::check(machine, &flow, report);
    error_handling::check(&flow, report);
    growth::check(&flow, report);
    for node in &flow.states {
        choice_rules::check_state(node.state, report);
        query_language::check_state(node.state, report);
        payloads::check_state(node.state, report);
        task_tokens::check_state(node.state, report);
    }
}

/// Adds what belongs to the other query language to `report`: all that can be told of a definition that has
/// errors or open placeholders.
pub(crate) fn lint_query_language(machine: &StateMachine<'_>, report: &Report<'_>) {
    for node in &Flow::of(machine).states {
        query_language::check_state(node.state, report);
    }
}

/// What the tests of the lints share.
#[cfg(test)]
mod tests {
    use crate::compile;

    /// Checks which codes a definition has, each with the JSON Pointer of its place.
    #[track_caller]
    pub(super) fn check(text: &str, expected: &[(&str, &str)]) {
        let compiled = compile(text);
        let found: Vec<(&str, &str)> = compiled
            .diagnostics
            .iter()
            .map(|diagnostic| (diagnostic.code.name(), diagnostic.location.pointer.as_str()))
            .collect();
        assert_eq!(found, expected, "{}\n{text}", compiled.diagnostics);
    }

    /// The same for a machine that starts at `A` and has the states `states`, given as the members of an object.
    #[track_caller]
    pub(super) fn check_states(states: &str, expected: &[(&str, &str)]) {
        check(&format!(r#"{{"StartAt": "A", "States": {{{states}}}}}"#), expected);
    }

    /// The same in JSONata.
    #[track_caller]
    pub(super) fn check_jsonata_states(states: &str, expected: &[(&str, &str)]) {
        check(&format!(r#"{{"QueryLanguage": "JSONata", "StartAt": "A", "States": {{{states}}}}}"#), expected);
    }
}
