//! Retriers and Catchers that no error can reach, and Tasks left out of the handling of errors.

use super::flow::{Flow, Node};
use crate::definition::{Spanned, State, StateKind, Task};
use crate::diagnostic::{Code, Fault};
use crate::failure::ErrorName;
use crate::report::Report;

type ErrorEquals<'t> = Spanned<Vec<Spanned<&'t str>>>;

pub(super) fn check(flow: &Flow<'_>, report: &Report<'_>) {
    for node in &flow.states {
        let state = node.state;
        let retriers = state.retriers().iter().filter_map(|retrier| retrier.error_equals.as_ref());
        check_handlers(state, retriers, Code::RETRY_NEVER_MATCHES, report);
        let catchers = state.catchers().iter().filter_map(|catcher| catcher.error_equals.as_ref());
        check_handlers(state, catchers, Code::CATCH_NEVER_MATCHES, report);
    }
    check_last_tasks(flow, report);
}

/// Why a name in `ErrorEquals` is matched by no error that gets there.
#[derive(Clone, Copy)]
enum Dead<'a> {
    /// An earlier Retrier or Catcher has it already, by this name.
    Taken(Spanned<&'a str>),
    NeverHandled,
    NoHeartbeat,
}

/// Warns of each Retrier, or Catcher, of whose names none can match any more.
fn check_handlers<'a>(
    state: &State<'_>,
    handlers: impl Iterator<Item = &'a ErrorEquals<'a>>,
    code: Code,
    report: &Report<'_>,
) {
    let mut earlier: Vec<Spanned<&str>> = Vec::new();
    for handler in handlers {
        let dead: Option<Vec<Dead<'_>>> = handler.value.iter().map(|name| dead(name.value, &earlier, state)).collect();
        if let (Some(dead), Some(name)) = (dead.and_then(|dead| dead.into_iter().next()), handler.value.first()) {
            report.add(fault(code, handler, name, dead));
        }
        // A name is looked up among the first ones only: a definition may have thousands.
        let room = MAX_NAMES.saturating_sub(earlier.len());
        earlier.extend(handler.value.iter().take(room).copied());
    }
}

/// How many names of one state's Retriers or Catchers are remembered.
const MAX_NAMES: usize = 100;

fn dead<'a>(name: &str, earlier: &[Spanned<&'a str>], state: &State<'_>) -> Option<Dead<'a>> {
    if name == ErrorName::RUNTIME {
        return Some(Dead::NeverHandled);
    }
    if name == ErrorName::HEARTBEAT_TIMEOUT
        && let Some(StateKind::Task(task)) = &state.kind
        && !has_heartbeat(task)
    {
        return Some(Dead::NoHeartbeat);
    }
    earlier.iter().find(|other| covers(other.value, name, state)).map(|other| Dead::Taken(*other))
}

/// Whether every error of `state` that `name` matches is matched by `other`, too.
fn covers(other: &str, name: &str, state: &State<'_>) -> bool {
    let is_task = || matches!(state.kind, Some(StateKind::Task(_)));
    other == name
        || (other == ErrorName::TIMEOUT && name == ErrorName::HEARTBEAT_TIMEOUT)
        // What the interpreter raises while it processes a Task state does not count as the Task's failure.
        || (other == ErrorName::TASK_FAILED && is_task() && !name.starts_with("States."))
}

fn has_heartbeat(task: &Task<'_>) -> bool {
    task.heartbeat_seconds.is_some() || task.heartbeat_seconds_path.is_some()
}

fn fault(code: Code, handler: &ErrorEquals<'_>, name: &Spanned<&str>, dead: Dead<'_>) -> Fault {
    let subject = if code == Code::RETRY_NEVER_MATCHES { "Retrier" } else { "Catcher" };
    let fault = |message: String| Fault::new(code, name.span, message).of(handler.span);
    match dead {
        Dead::Taken(earlier) => {
            fault(format!("the {subject} never gets an error: those that it names go to an earlier one"))
                .with_label(earlier.span, format!("takes `{}`", name.value))
                .with_help(format!("put the {subject} first, or remove it"))
        }
        Dead::NeverHandled => {
            fault(format!("`{}` is never {}", name.value, if subject == "Retrier" { "retried" } else { "caught" }))
        }
        Dead::NoHeartbeat => fault(format!("the Task cannot fail with `{}`: it has no `HeartbeatSeconds`", name.value))
            .with_help("give it `HeartbeatSeconds`, or name `States.Timeout`".to_owned()),
    }
}

/// Warns of the Task that ends a machine and lets its errors through, if all other Tasks of the machine catch theirs.
///
/// It takes two of them, so that the handling is a habit and the last Task an oversight.
/// Where Catchers lead does not count: a Task that handles an error is not expected to handle its own.
fn check_last_tasks(flow: &Flow<'_>, report: &Report<'_>) {
    const HABIT: usize = 2;
    let mut machines: Vec<Machine<'_>> = Vec::new();
    machines.resize_with(flow.machines.len(), Machine::default);
    for node in &flow.states {
        let Some(StateKind::Task(_)) = &node.state.kind else { continue };
        let Some(machine) = machines.get_mut(node.machine) else { continue };
        if !node.state.catchers().is_empty() {
            machine.catching += 1;
        } else if ends_machine(flow, node) && node.state.retriers().is_empty() {
            machine.last = Some(node.state);
            machine.others += 1;
        } else {
            machine.others += 1;
        }
    }
    for machine in machines {
        if let Some(last) = machine.last.filter(|_| machine.others == 1 && machine.catching >= HABIT)
            && !is_handler(flow, last)
        {
            let message =
                format!("the last Task, `{}`, lets its errors through, while all others catch theirs", last.name.value);
            let fault = Fault::new(Code::TASK_WITHOUT_CATCH, last.name.span, message).of(last.span);
            report.add(fault.with_help("give it a `Catch`, or a `Retry` if a second attempt may help".to_owned()));
        }
    }
}

/// Whether nothing comes after the state: it ends the machine, or leads to a Succeed state, which can do no more.
fn ends_machine(flow: &Flow<'_>, node: &Node<'_>) -> bool {
    let next = node.next.and_then(|next| flow.node(next));
    node.state.end.is_some_and(|end| end.value)
        || next.is_some_and(|next| matches!(next.state.kind, Some(StateKind::Succeed)))
}

/// What the Tasks of one machine do about errors.
#[derive(Default)]
struct Machine<'a> {
    catching: usize,
    others: usize,
    last: Option<&'a State<'a>>,
}

/// Whether the state can be reached from a Catcher.
fn is_handler(flow: &Flow<'_>, state: &State<'_>) -> bool {
    let mut reached = vec![false; flow.states.len()];
    let mut open: Vec<usize> = flow.states.iter().flat_map(|node| node.catchers.iter().copied()).collect();
    while let Some(index) = open.pop() {
        let Some(node) = flow.node(index) else { continue };
        if std::ptr::eq(node.state, state) {
            return true;
        }
        if let Some(seen) = reached.get_mut(index).filter(|seen| !**seen) {
            *seen = true;
            open.extend(node.successors());
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_states;

    /// Checks a Task whose Retriers, and then whose Catchers, name these errors.
    #[track_caller]
    fn check_names(more: &str, handlers: &[&str], expected: &[usize]) {
        let list =
            |form: &str| handlers.iter().map(|names| form.replace("NAMES", names)).collect::<Vec<_>>().join(", ");
        let (retry, catch) = (list(r#"{"ErrorEquals": [NAMES]}"#), list(r#"{"ErrorEquals": [NAMES], "Next": "E"}"#));
        for (field, handlers, code) in
            [("Retry", retry, "RETRY_NEVER_MATCHES"), ("Catch", catch, "CATCH_NEVER_MATCHES")]
        {
            let places: Vec<String> =
                expected.iter().map(|index| format!("/States/A/{field}/{index}/ErrorEquals")).collect();
            let expected: Vec<(&str, &str)> = places.iter().map(|place| (code, place.as_str())).collect();
            let catch =
                if field == "Catch" { "" } else { r#""Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}],"# };
            check_states(
                &format!(
                    r#""A": {{"Type": "Task", "Resource": "a:b", {more} {catch} "{field}": [{handlers}], "Next": "E"}},
                       "E": {{"Type": "Succeed"}}"#
                ),
                &expected,
            );
        }
    }

    #[test]
    fn an_error_goes_to_the_first_that_names_it() {
        check_names("", &[r#""a", "b""#, r#""b""#], &[1]);
        check_names("", &[r#""a", "b""#, r#""b", "c""#], &[]);
        check_names("", &[r#""States.TaskFailed""#, r#""CardDeclined""#], &[1]);
        check_names("", &[r#""States.TaskFailed""#, r#""States.Timeout""#, r#""States.ALL""#], &[]);
        check_names("", &[r#""States.TaskFailed""#, r#""States.QueryEvaluationError""#], &[]);
        check_names("", &[r#""CardDeclined""#, r#""States.TaskFailed""#, r#""States.ALL""#], &[]);
    }

    #[test]
    fn some_errors_never_come() {
        check_names("", &[r#""States.Runtime""#], &[0]);
        check_names("", &[r#""States.Runtime", "b""#], &[]);
        check_names("", &[r#""States.HeartbeatTimeout""#], &[0]);
        check_names(r#""HeartbeatSeconds": 5,"#, &[r#""States.HeartbeatTimeout""#, r#""States.Timeout""#], &[]);
        check_names(r#""HeartbeatSeconds": 5,"#, &[r#""States.Timeout""#, r#""States.HeartbeatTimeout""#], &[1]);
    }

    #[test]
    fn what_branches_raise_is_not_a_tasks() {
        check_states(
            r#""A": {"Type": "Parallel", "Branches": [{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "x"}}}],
                     "Retry": [{"ErrorEquals": ["States.TaskFailed"]}, {"ErrorEquals": ["x"]}], "Next": "E"},
               "E": {"Type": "Succeed"}"#,
            &[],
        );
    }

    #[test]
    fn a_task_before_succeed_is_the_last_one() {
        let catch = r#""Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}],"#;
        let to_succeed = |more: &str| {
            let states = three([catch, catch, more]).replace(r#""End": true"#, r#""Next": "S""#);
            format!(r#"{states}, "S": {{"Type": "Succeed"}}"#)
        };
        check_states(&to_succeed(""), &[("TASK_WITHOUT_CATCH", "/States/C")]);
        check_states(&to_succeed(catch), &[]);
        check_states(&to_succeed("").replace("Succeed", "Fail"), &[]);
    }

    /// Three Tasks, each with these fields besides, and a handler.
    fn three(fields: [&str; 3]) -> String {
        let [a, b, c] = fields;
        format!(
            r#""A": {{"Type": "Task", "Resource": "a:b", {a} "Next": "B"}}, "B": {{"Type": "Task", "Resource": "a:b", {b} "Next": "C"}},
               "C": {{"Type": "Task", "Resource": "a:b", {c} "End": true}}, "E": {{"Type": "Fail", "Error": "x"}}"#
        )
    }

    #[test]
    fn the_last_task_catches_where_all_others_do() {
        let catch = r#""Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}],"#;
        let retry = r#""Retry": [{"ErrorEquals": ["States.ALL"]}],"#;
        check_states(&three([catch, catch, ""]), &[("TASK_WITHOUT_CATCH", "/States/C")]);
        check_states(&three([catch, catch, retry]), &[]);
        check_states(&three([catch, catch, catch]), &[]);
        check_states(&three([catch, "", catch]), &[]);
        check_states(&three(["", catch, ""]), &[]);
        let to_the_last = r#""Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}],"#;
        check_states(&three([catch, to_the_last, ""]), &[]);
    }
}
