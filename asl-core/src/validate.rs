//! Finds what is wrong with a definition beyond the types of its values; one file per family of rules.

mod choice_rules;
mod distributed_map;
mod error_handling;
mod fields;
mod jsonata;
mod limits;
mod names;
mod paths;
mod query_language;
mod resources;
mod service_names;
mod transitions;
mod variables;

use crate::definition::{MachineType, StateMachine};
use crate::report::Report;

/// Adds everything that is wrong with `machine` to `report`.
pub(crate) fn validate(machine: &StateMachine<'_>, machine_type: MachineType, report: &Report<'_>) {
    names::check(machine, report);
    transitions::check(machine, report);
    variables::check(machine, report);
    distributed_map::check(machine, report);
    check_machine(machine, machine_type, report);
}

fn check_machine(machine: &StateMachine<'_>, machine_type: MachineType, report: &Report<'_>) {
    fields::check_machine(machine, report);
    limits::check_machine(machine, report);
    for state in machine.states() {
        fields::check_state(state, report);
        query_language::check_state(state, report);
        jsonata::check_state(state, report);
        limits::check_state(state, report);
        paths::check_state(state, report);
        choice_rules::check_state(state, report);
        error_handling::check_state(state, report);
        resources::check_state(state, machine_type, report);
        distributed_map::check_state(state, machine_type, report);
        let inner_type = distributed_map::iteration_type(state, machine_type);
        for inner in state.inner_machines() {
            check_machine(inner, inner_type, report);
        }
    }
}
