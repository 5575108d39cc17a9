//! `Retry` and `Catch`: error names and values.

use super::fields::{empty, one_of};
use crate::definition::{Spanned, State};
use crate::diagnostic::{Code, Fault};
use crate::failure::ErrorName;
use crate::report::Report;
use crate::suggestion::similar;

/// The names that the interpreter gives to errors; no other name may begin with `States.`.
const RESERVED: &[&str] = &[
    ErrorName::ALL,
    ErrorName::DATA_LIMIT_EXCEEDED,
    ErrorName::EXCEED_TOLERATED_FAILURE_THRESHOLD,
    ErrorName::HEARTBEAT_TIMEOUT,
    ErrorName::INTRINSIC_FAILURE,
    ErrorName::NO_CHOICE_MATCHED,
    ErrorName::PARAMETER_PATH_FAILURE,
    ErrorName::QUERY_EVALUATION_ERROR,
    ErrorName::RESULT_PATH_MATCH_FAILURE,
    ErrorName::RUNTIME,
    ErrorName::TASK_FAILED,
    ErrorName::TIMEOUT,
    "States.BranchFailed",
    "States.Http.Socket",
    "States.ItemReaderFailed",
    "States.Permissions",
    "States.ResultWriterFailed",
];

type ErrorEquals<'t> = Spanned<Vec<Spanned<&'t str>>>;

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    check_names(&state.retriers().iter().map(|retrier| retrier.error_equals.as_ref()).collect::<Vec<_>>(), report);
    check_names(&state.catchers().iter().map(|catcher| catcher.error_equals.as_ref()).collect::<Vec<_>>(), report);
    for retrier in state.retriers() {
        let strategy = retrier.jitter_strategy.as_ref();
        if let Some(strategy) = strategy.filter(|strategy| !matches!(strategy.value, "FULL" | "NONE")) {
            report.add(one_of(&["FULL", "NONE"], strategy, report));
        }
    }
}

/// Checks `ErrorEquals` of all Retriers or of all Catchers of a state.
fn check_names(handlers: &[Option<&ErrorEquals<'_>>], report: &Report<'_>) {
    for (index, error_equals) in handlers.iter().enumerate() {
        let Some(error_equals) = error_equals else { continue };
        if error_equals.value.is_empty() {
            report.add(empty(error_equals.span));
        }
        for name in &error_equals.value {
            check_name(name, report);
            if name.value == ErrorName::ALL && (error_equals.value.len() > 1 || index + 1 < handlers.len()) {
                report.add(misplaced(name, handlers.get(index + 1).copied().flatten()));
            }
        }
    }
}

/// `next` is the `ErrorEquals` that comes too late.
fn misplaced(name: &Spanned<&str>, next: Option<&ErrorEquals<'_>>) -> Fault {
    let fault = Fault::new(Code::MISPLACED_STATES_ALL, name.span, "States.ALL must appear alone and at end of list");
    match next {
        Some(next) => fault.with_label(next.span, "never reached, for `States.ALL` matches before"),
        None => fault,
    }
}

fn check_name(name: &Spanned<&str>, report: &Report<'_>) {
    let is_reserved = name.value.starts_with("States.");
    if is_reserved && !RESERVED.contains(&name.value) && !is_http_status(name.value) {
        let message = format!("there is no error called `{}`", name.value);
        let help = similar(name.value, RESERVED.iter().copied(), report);
        report.add(Fault::new(Code::UNKNOWN_ERROR_NAME, name.span, message).with_help(help));
    }
}

/// Whether this is the error of an HTTP Task that was answered with a status, such as `States.Http.StatusCode.429`.
fn is_http_status(name: &str) -> bool {
    let status = name.strip_prefix("States.Http.StatusCode.");
    status.is_some_and(|status| status.len() == 3 && status.bytes().all(|digit| digit.is_ascii_digit()))
}
