//! Which failures a Retrier or Catcher is for.
//!
//! See [Errors](https://states-language.net/spec.html#errors) in the specification, and
//! [Handling errors](https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html) of AWS.

use super::{ErrorName, Failure};

/// Where a failure comes from, which decides what the wildcards match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A Task failed, timed out, or gave a result over the payload limit.
    Task,
    /// A Fail state, or the interpreter while it processed a state.
    State,
}

/// Whether `error_equals` lists the failure, by name or by wildcard.
///
/// - `States.Runtime` is matched by nothing, not even by its own name.
/// - `States.ALL` matches every other failure, but of `States.DataLimitExceeded` only a Task's.
/// - `States.TaskFailed` matches every failure of a Task but `States.Timeout`.
/// - `States.HeartbeatTimeout` matches the `States.Timeout` of a Task whose heartbeat stayed out.
pub(crate) fn matches(error_equals: &[ErrorName], failure: &Failure, origin: Origin) -> bool {
    !failure.is(ErrorName::RUNTIME)
        && error_equals.iter().any(|name| match (name.as_str(), origin) {
            (ErrorName::ALL, Origin::Task) => true,
            (ErrorName::ALL, Origin::State) => !failure.is(ErrorName::DATA_LIMIT_EXCEEDED),
            (ErrorName::TASK_FAILED, Origin::Task) => !failure.is(ErrorName::TIMEOUT),
            (name, _) => failure.is(name),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error_equals: &str, failure: &Failure, origin: Origin, expected: bool) {
        let names: Vec<ErrorName> = error_equals.split_whitespace().map(ErrorName::from).collect();
        assert_eq!(matches(&names, failure, origin), expected, "{error_equals} of {failure} from {origin:?}");
    }

    #[test]
    fn errors_match_by_name() {
        let failure = Failure::new("CardDeclined", "no funds");
        for (error_equals, expected) in [
            ("CardDeclined", true),
            ("Other CardDeclined", true),
            ("Card", false),
            ("cardDeclined", false),
            ("", false),
        ] {
            check(error_equals, &failure, Origin::Task, expected);
            check(error_equals, &failure, Origin::State, expected);
        }
        check("CardDeclined", &Failure::from_parts(None, None), Origin::State, false);
        check("States.ALL", &Failure::from_parts(None, None), Origin::State, true);
    }

    #[test]
    fn wildcards_match_by_origin() {
        let named = |name: &str| Failure::named(name);
        for (error_equals, failure, of_task, of_state) in [
            ("States.ALL", named("CardDeclined"), true, true),
            ("States.ALL", Failure::timeout(), true, true),
            ("States.ALL", named(ErrorName::DATA_LIMIT_EXCEEDED), true, false),
            ("States.DataLimitExceeded", named(ErrorName::DATA_LIMIT_EXCEEDED), true, true),
            ("States.ALL States.Runtime States.TaskFailed", Failure::runtime("x"), false, false),
            ("States.TaskFailed", named("CardDeclined"), true, false),
            ("States.TaskFailed", named("States.TaskFailed"), true, true),
            ("States.TaskFailed", Failure::timeout(), false, false),
            ("States.TaskFailed", Failure::heartbeat_timeout(), false, false),
            ("States.HeartbeatTimeout", Failure::heartbeat_timeout(), true, true),
            ("States.Timeout", Failure::heartbeat_timeout(), true, true),
            ("States.HeartbeatTimeout", Failure::timeout(), false, false),
        ] {
            check(error_equals, &failure, Origin::Task, of_task);
            check(error_equals, &failure, Origin::State, of_state);
        }
    }
}
