//! Where transitions lead: targets, reachability and terminal states.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::mem;

use crate::definition::{Spanned, State, StateKind, StateMachine};
use crate::diagnostic::{Code, Fault};
use crate::name_map::NameMap;
use crate::report::Report;
use crate::suggestion::similar;

/// Checks the transitions of a definition, those inside of its branches and item processors included.
pub(super) fn check(machine: &StateMachine<'_>, report: &Report<'_>) {
    check_machine(machine, &Everywhere { definition: machine, names: OnceCell::new() }, report);
}

/// The names of all states of a definition, collected when one is looked for where it is not.
struct Everywhere<'m> {
    definition: &'m StateMachine<'m>,
    names: OnceCell<HashSet<&'m str>>,
}

impl Everywhere<'_> {
    fn has(&self, name: &str) -> bool {
        let collected = || {
            let mut names = HashSet::new();
            collect_names(self.definition, &mut names);
            names
        };
        self.names.get_or_init(collected).contains(name)
    }
}

fn collect_names<'t>(machine: &StateMachine<'t>, names: &mut HashSet<&'t str>) {
    names.extend(machine.state_names.iter().map(|name| name.value));
    machine.states().iter().flat_map(State::inner_machines).for_each(|inner| collect_names(inner, names));
}

fn check_machine(machine: &StateMachine<'_>, everywhere: &Everywhere<'_>, report: &Report<'_>) {
    if machine.states.is_some() {
        let positions = Positions::of(machine);
        check_targets(machine, &positions, everywhere, report);
        check_ends(machine, &positions, report);
    }
    for inner in machine.states().iter().flat_map(State::inner_machines) {
        check_machine(inner, everywhere, report);
    }
}

/// The positions of a machine's states; of equal names, the last one counts.
struct Positions<'m> {
    names: Vec<&'m str>,
    by_name: NameMap<'m, usize>,
}

impl<'m> Positions<'m> {
    fn of(machine: &StateMachine<'m>) -> Self {
        let names: Vec<&str> = machine.state_names.iter().map(|name| name.value).collect();
        let by_name = names.iter().copied().zip(0..).collect();
        Self { names, by_name }
    }

    /// The position of `name`; it is mostly the `likely` one, which needs no hashing.
    fn find(&self, name: &str, likely: usize) -> Option<usize> {
        let are_different = self.by_name.len() == self.names.len();
        let is_likely = are_different && self.names.get(likely).is_some_and(|known| *known == name);
        if is_likely { Some(likely) } else { self.by_name.get(name) }
    }
}

/// `positions` has the positions of the machine's states.
fn check_targets(
    machine: &StateMachine<'_>,
    positions: &Positions<'_>,
    everywhere: &Everywhere<'_>,
    report: &Report<'_>,
) {
    if machine.state_names.is_open() {
        return;
    }
    let following = |(position, state)| targets(state).map(move |target| (target, position + 1));
    let start = machine.start_at.iter().map(|start| (start, 0));
    for (target, likely) in start.chain(machine.states().iter().enumerate().flat_map(following)) {
        if positions.find(target.value, likely).is_none() {
            let message = format!("Missing 'Next' target: {}", target.value);
            let help = if everywhere.has(target.value) {
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
fn check_ends(machine: &StateMachine<'_>, positions: &Positions<'_>, report: &Report<'_>) {
    let are_all_read = !machine.state_names.is_open() && machine.states().len() == machine.state_names.iter().count();
    if !are_all_read || !machine.states().iter().all(is_understood) {
        return;
    }
    if !machine.states().iter().any(is_terminal) {
        if !machine.states().is_empty() {
            let fault = Fault::new(Code::MISSING_END_STATE, machine.span, "Workflow has no terminal state");
            report.add(fault.aws_nowhere());
        }
        return;
    }
    check_reachability(machine, positions, report);
}

/// Reports the states that no other state leads to, and those that only such states lead to.
///
/// AWS names the former; where every unreachable state is led to, as in a loop aside, it is taken to name all.
/// All states could be read, so that `positions` are those of the states.
fn check_reachability(machine: &StateMachine<'_>, positions: &Positions<'_>, report: &Report<'_>) {
    let states = machine.states();
    let Some(start_at) = &machine.start_at else { return };
    let start = positions.find(start_at.value, 0);
    let mut reached = vec![false; states.len()];
    let mut open: Vec<usize> = start.into_iter().collect();
    while let Some(position) = open.pop() {
        let is_first_visit = reached.get_mut(position).is_some_and(|reached| !mem::replace(reached, true));
        if let Some(state) = states.get(position).filter(|_| is_first_visit) {
            open.extend(targets(state).filter_map(|target| positions.find(target.value, position + 1)));
        }
    }
    let is_reached = |(position, state): (usize, &State<'_>)| {
        let position = positions.find(state.name.value, position);
        position.and_then(|position| reached.get(position)).is_some_and(|reached| *reached)
    };
    let unreached = states.iter().enumerate().filter(|state| !is_reached(*state)).map(|(_, state)| state);
    let unreached: Vec<&State<'_>> = unreached.collect();
    if unreached.is_empty() {
        return;
    }
    let led_to: HashSet<&str> = states
        .iter()
        .flat_map(|state| targets(state).map(|target| target.value).filter(|target| *target != state.name.value))
        .collect();
    let has_beginning = unreached.iter().any(|state| !led_to.contains(state.name.value));
    for state in unreached {
        let message = format!("State \"{}\" is not reachable.", state.name.value);
        let fault = Fault::new(Code::UNREACHABLE_STATE, state.name.span, message);
        if !has_beginning || !led_to.contains(state.name.value) {
            report.add(fault);
        } else if start.is_some() {
            report.add(fault.unknown_to_aws());
        }
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
