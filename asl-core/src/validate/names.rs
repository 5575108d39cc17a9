//! Names of states.

use crate::definition::StateMachine;
use crate::diagnostic::{Code, Fault};
use crate::name_map::NameMap;
use crate::report::Report;
use crate::source::Span;

/// The longest name of a state, in characters.
const MAX_CHARACTERS: usize = 80;

/// Checks the names of all states of a definition, which must be unique across its branches and item processors.
pub(super) fn check(machine: &StateMachine<'_>, report: &Report<'_>) {
    check_scope(machine, &mut NameMap::new(), report);
}

/// `earlier` has where each name stands first, and the machine that it stands in.
fn check_scope<'t>(machine: &StateMachine<'t>, earlier: &mut NameMap<'t, (Span, Span)>, report: &Report<'_>) {
    for state in machine.states() {
        let name = state.name.value;
        if name.is_empty() || name.chars().count() > MAX_CHARACTERS {
            let message = format!("a state's name must have 1 to {MAX_CHARACTERS} characters");
            report.add(Fault::new(Code::INVALID_STATE_NAME, state.name.span, message));
        }
        match earlier.get(name) {
            None => earlier.insert(name, (state.name.span, machine.span)),
            Some((_, scope)) if scope == machine.span => {}
            Some((first, _)) => {
                let message = format!("Duplicate State name: {name}");
                let fault = Fault::new(Code::DUPLICATE_STATE_NAME, state.name.span, message);
                let help = "names must be unique in the whole state machine, branches and item processors included";
                report.add(fault.with_label(first, "first here").with_help(help.to_owned()));
            }
        }
        for inner in state.inner_machines() {
            check_scope(inner, earlier, report);
        }
    }
}
