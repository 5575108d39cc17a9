//! Where transitions lead: targets, reachability and terminal states.

use std::collections::{HashMap, HashSet};

use crate::definition::{Spanned, State, StateKind, StateMachine};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;
use crate::suggestion::similar;

/// Checks the transitions of a definition, those inside of its branches and item processors included.
pub(super) fn check(machine: &StateMachine<'_>, report: &Report<'_>) {
    let mut everywhere = HashSet::new();
    collect_names(machine, &mut everywhere);
    check_machine(machine, &everywhere, report);
}

fn collect_names<'t>(machine: &StateMachine<'t>, names: &mut HashSet<&'t str>) {
    names.extend(machine.state_names.iter().map(|name| name.value));
    machine.states().iter().flat_map(State::inner_machines).for_each(|inner| collect_names(inner, names));
}

/// `everywhere` has the names of all states of the definition.
fn check_machine(machine: &StateMachine<'_>, everywhere: &HashSet<&str>, report: &Report<'_>) {
    if machine.states.is_some() {
        check_targets(machine, everywhere, report);
        check_ends(machine, report);
    }
    for inner in machine.states().iter().flat_map(State::inner_machines) {
        check_machine(inner, everywhere, report);
    }
}

fn check_targets(machine: &StateMachine<'_>, everywhere: &HashSet<&str>, report: &Report<'_>) {
    let names: HashSet<&str> = machine.state_names.iter().map(|name| name.value).collect();
    if machine.state_names.is_open() {
        return;
    }
    for target in machine.start_at.iter().chain(machine.states().iter().flat_map(targets)) {
        if !names.contains(target.value) {
            let message = format!("Missing 'Next' target: {}", target.value);
            let help = if everywhere.contains(target.value) {
                let name = target.value;
                Some(format!(
                    "the state `{name}` is elsewhere: no transition enters or leaves a branch or item processor"
                ))
            } else {
                similar(target.value, machine.state_names.iter().map(|name| name.value), report)
            };
            report.add(Fault::new(Code::MISSING_TRANSITION_TARGET, target.span, message).with_help(help));
        }
    }
}

/// Checks that there is an end and that every state is reached, where all states could be read.
fn check_ends(machine: &StateMachine<'_>, report: &Report<'_>) {
    let are_all_read = !machine.state_names.is_open() && machine.states().len() == machine.state_names.iter().count();
    if !are_all_read || !machine.states().iter().all(is_understood) {
        return;
    }
    if !machine.states().iter().any(is_terminal) {
        if !machine.states().is_empty() {
            let fault = Fault::new(Code::MISSING_END_STATE, machine.span, "Workflow has no terminal state");
            let help = "give a state `\"End\": true`, or add a Succeed or Fail state";
            report.add(fault.with_help(help.to_owned()));
        }
        return;
    }
    check_reachability(machine, report);
}

fn check_reachability(machine: &StateMachine<'_>, report: &Report<'_>) {
    let states: HashMap<&str, &State<'_>> = machine.states().iter().map(|state| (state.name.value, state)).collect();
    let Some(start) = machine.start_at.as_ref().and_then(|start_at| states.get(start_at.value)) else { return };
    let mut reached = HashSet::from([start.name.value]);
    let mut open = vec![*start];
    while let Some(state) = open.pop() {
        for target in targets(state).filter_map(|target| states.get(target.value)) {
            if reached.insert(target.name.value) {
                open.push(target);
            }
        }
    }
    for state in machine.states().iter().filter(|state| !reached.contains(state.name.value)) {
        let message = format!("State \"{}\" is not reachable.", state.name.value);
        report.add(Fault::new(Code::UNREACHABLE_STATE, state.name.span, message));
    }
}

/// The names of the states that may follow.
fn targets<'a, 't>(state: &'a State<'t>) -> impl Iterator<Item = &'a Spanned<&'t str>> {
    let choice = match &state.kind {
        Some(StateKind::Choice(choice)) => Some(choice),
        _ => None,
    };
    let chosen = choice
        .into_iter()
        .flat_map(|choice| choice.rules().iter().filter_map(|rule| rule.next.as_ref()).chain(choice.default.as_ref()));
    let caught = state.catchers().iter().filter_map(|catcher| catcher.next.as_ref());
    state.next.iter().chain(chosen).chain(caught)
}

fn is_terminal(state: &State<'_>) -> bool {
    let ends = state.end.as_ref().is_some_and(|end| end.value);
    ends || matches!(state.kind, Some(StateKind::Succeed | StateKind::Fail(_)))
}

/// Whether all that may follow the state could be read.
fn is_understood(state: &State<'_>) -> bool {
    let own = match &state.kind {
        None => false,
        Some(StateKind::Succeed | StateKind::Fail(_)) => true,
        Some(StateKind::Choice(choice)) => {
            choice.choices.is_some() && choice.rules().iter().all(|rule| rule.next.is_some())
        }
        Some(_) => state.next.is_some() || state.end.as_ref().is_some_and(|end| end.value),
    };
    own && state.catchers().iter().all(|catcher| catcher.next.is_some())
}
