//! Parts of the language that this engine does not run.

use crate::definition::{State, StateKind};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;

/// A Distributed Map.
pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    let Some(StateKind::Map(map)) = &state.kind else { return };
    let mode = map.processor().and_then(|processor| processor.processor_config.as_ref()?.mode.as_ref());
    let distributed = mode.filter(|mode| mode.value == "DISTRIBUTED").map(|mode| mode.span);
    let fields =
        ["ItemReader", "ItemBatcher", "ResultWriter"].into_iter().filter_map(|name| state.field_names.find(name));
    if let Some(span) = distributed.into_iter().chain(fields).next() {
        report.add(Fault::new(Code::UNSUPPORTED, span, "Distributed Map is not supported yet"));
    }
}
