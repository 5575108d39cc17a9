//! Which query languages may be mixed.

use crate::definition::{QueryLanguage, StateMachine};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;

/// A machine in JSONata has no JSONPath states; the other way round is allowed.
pub(super) fn check_machine(machine: &StateMachine, report: &Report<'_>) {
    if machine.language == QueryLanguage::JsonPath {
        return;
    }
    for state in machine.states() {
        if let Some(language) = state.query_language.as_ref().filter(|written| written.value == QueryLanguage::JsonPath)
        {
            let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            report.add(Fault::new(Code::INVALID_QUERY_LANGUAGE, language.span, message).of(state.span));
        }
    }
}
