//! Parts of the language that this engine does not run.

use crate::definition::{QueryLanguage, State, StateKind, StateMachine};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;
use crate::source::Span;

pub(super) fn check_machine(machine: &StateMachine, report: &Report<'_>) {
    if let Some(language) = machine.query_language.as_ref().filter(|written| written.value == QueryLanguage::Jsonata) {
        report.add(unsupported("JSONata", language.span));
    }
    for state in machine.states() {
        if machine.language == QueryLanguage::JsonPath {
            check_language(state, report);
        }
        check_distributed_map(state, report);
    }
}

fn check_language(state: &State, report: &Report<'_>) {
    if let Some(language) = state.query_language.as_ref().filter(|written| written.value == QueryLanguage::Jsonata) {
        report.add(unsupported("JSONata", language.span));
    }
}

fn check_distributed_map(state: &State, report: &Report<'_>) {
    let Some(StateKind::Map(map)) = &state.kind else { return };
    let mode = map.processor().and_then(|processor| processor.processor_config.as_ref()?.mode.as_ref());
    let distributed = mode.filter(|mode| &*mode.value == "DISTRIBUTED").map(|mode| mode.span);
    let fields =
        ["ItemReader", "ItemBatcher", "ResultWriter"].into_iter().filter_map(|name| state.field_names.find(name));
    if let Some(span) = distributed.into_iter().chain(fields).next() {
        report.add(unsupported("Distributed Map", span));
    }
}

fn unsupported(feature: &str, span: Span) -> Fault {
    Fault::new(Code::UNSUPPORTED, span, format!("{feature} is not supported yet"))
}
