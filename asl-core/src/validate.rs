//! Finds what is wrong with a definition beyond the types of its values; one file per family of rules.

mod choice_rules;
mod error_handling;
mod fields;
mod limits;
mod names;
mod paths;
mod query_language;
mod resources;
mod transitions;
mod unsupported;
mod variables;

use crate::compile::MachineType;
use crate::definition::StateMachine;
use crate::report::Report;

/// Adds everything that is wrong with `machine` to `report`.
pub(crate) fn validate(machine: &StateMachine, machine_type: MachineType, report: &Report<'_>) {
    names::check(machine, report);
    variables::check(machine, report);
    check_machine(machine, machine_type, report);
}

fn check_machine(machine: &StateMachine, machine_type: MachineType, report: &Report<'_>) {
    fields::check_machine(machine, report);
    limits::check_machine(machine, report);
    transitions::check_machine(machine, report);
    query_language::check_machine(machine, report);
    unsupported::check_machine(machine, report);
    for state in machine.states() {
        fields::check_state(state, report);
        limits::check_state(state, report);
        paths::check_state(state, report);
        choice_rules::check_state(state, report);
        error_handling::check_state(state, report);
        resources::check_state(state, machine_type, report);
        for inner in state.inner_machines() {
            check_machine(inner, machine_type, report);
        }
    }
}

/// A hint for a name that is no candidate but nearly one.
fn similar<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let tolerated = 1 + name.chars().count() / 4;
    let (distance, nearest) = candidates
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= tolerated).then(|| format!("did you mean `{nearest}`?"))
}

/// How many characters must be added, removed or replaced, upper and lower case being the same; at most 80 are read.
fn edit_distance(one: &str, other: &str) -> usize {
    const READ: usize = 80;
    let letters = |text: &str| text.chars().take(READ).map(|letter| letter.to_ascii_lowercase()).collect::<Vec<_>>();
    let (one, other) = (letters(one), letters(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, left) in one.iter().enumerate() {
        let mut before = index;
        let mut last = index + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(&other) {
            let replaced = before + usize::from(left != right);
            before = *cell;
            last = replaced.min(before + 1).min(last + 1);
            *cell = last;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(one.len())
}
