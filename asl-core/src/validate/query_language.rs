//! Which query languages may be mixed.

use crate::definition::State;
use crate::diagnostic::{Code, Fault};
use crate::report::Report;

/// A machine in JSONata has no JSONPath states; the other way round is allowed.
pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    if let Some(language) = state.query_language.as_ref().filter(|_| state.is_downgraded()) {
        let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
        report.add(Fault::new(Code::INVALID_QUERY_LANGUAGE, language.span, message).of(state.span));
    }
}
