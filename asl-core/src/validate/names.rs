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
    check_scope(machine, &mut NameMap::with_capacity(machine.states().len()), report);
}

fn invalid(name: &str) -> String {
    if name.is_empty() {
        return format!("a state's name must have 1 to {MAX_CHARACTERS} characters");
    }
    format!("Invalid State name: State '{name}' exceeds the {MAX_CHARACTERS}-character limit allowed by the service")
}

/// `earlier` has where each name stands first, and the machine that it stands in.
fn check_scope<'t>(machine: &StateMachine<'t>, earlier: &mut NameMap<'t, (Span, Span)>, report: &Report<'_>) {
    for state in machine.states() {
        let name = state.name.value;
        let is_too_long = name.len() > MAX_CHARACTERS && name.chars().count() > MAX_CHARACTERS && !report.is_open(name);
        if name.is_empty() || is_too_long {
            report.add(Fault::new(Code::INVALID_STATE_NAME, state.name.span, invalid(name)));
        }
        let twin = earlier.add(name, (state.name.span, machine.span));
        if let Some((first, _)) = twin.filter(|(_, scope)| *scope != machine.span) {
            let message = format!("Duplicate State name: {name}");
            let fault = Fault::new(Code::DUPLICATE_STATE_NAME, state.name.span, message);
            let help = "names must be unique in the whole state machine, branches and item processors included";
            report.add(fault.with_label(first, "first here").with_help(help.to_owned()));
        }
        for inner in state.inner_machines() {
            check_scope(inner, earlier, report);
        }
    }
}
