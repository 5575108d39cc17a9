//! Loops that go round as fast as they can: no state on the way waits, and nothing bounds how often they go round.
//!
//! Two kinds are told: a loop that asks for a status again and again, and a Catcher that leads back to what failed.
//! A loop whose calls may differ from round to round works something off, as with the token of a next page;
//! a Choice that tests anything but a status, such as a number or a flag, may bound it.

mod member;
mod places;
mod status;

use self::member::Member;
use self::places::{Place, overlaps_any};
use super::components::components;
use super::flow::Flow;
use super::loops::Names;
use crate::definition::Catcher;
use crate::diagnostic::{Code, Fault};
use crate::failure::ErrorName;
use crate::report::Report;

/// How many states a loop may have to be looked at.
const MAX_STATES: usize = 500;
/// How many places its states may read, test and change, as each is compared with the others.
const MAX_PLACES: usize = 2_000;

/// Checks the states `component`, sorted, that all lead to each other.
pub(super) fn check<'a>(flow: &'a Flow<'a>, component: &[usize], report: &Report<'_>) {
    if component.len() > MAX_STATES {
        return;
    }
    let members: Vec<Member<'a>> = component.iter().filter_map(|&index| Member::of(flow, index)).collect();
    if members.iter().map(Member::places).sum::<usize>() > MAX_PLACES {
        return;
    }
    let pace = Pace::of(component, members);
    let mut told: Vec<usize> = Vec::new();
    for states in pace.loops(|member| member.node.onward().collect()) {
        if let Some(fault) = poll_fault(&states) {
            told.extend(states.iter().map(|state| state.index));
            report.add(fault);
        }
    }
    let or_caught =
        |member: &Member<'_>| member.node.onward().chain(member.repeating_catchers().map(|(_, next)| next)).collect();
    for states in pace.loops(or_caught) {
        if let Some(fault) = catcher_fault(&states).filter(|_| !states.iter().any(|state| told.contains(&state.index)))
        {
            report.add(fault);
        }
    }
}

/// States that all lead to each other without a pause, in the order in which they are written.
type Loop<'a, 'p> = Vec<&'p Member<'a>>;

struct Pace<'a, 'c> {
    component: &'c [usize],
    members: Vec<Member<'a>>,
    /// Whether a state neither waits nor, being a Choice, may bound the loop.
    hurries: Vec<bool>,
}

impl<'a, 'c> Pace<'a, 'c> {
    fn of(component: &'c [usize], members: Vec<Member<'a>>) -> Self {
        let (readers, others): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.only_reads);
        let answers: Vec<&Place<'_>> = readers.iter().flat_map(|member| &member.changes.by_result).collect();
        let others = others.iter().flat_map(|member| &member.changes.by_result);
        let others: Vec<&Place<'_>> =
            others.chain(members.iter().flat_map(|member| &member.changes.otherwise)).collect();
        // Then only another answer ends the loop, whatever is asked of it.
        let is_answer = |place: &Place<'_>| {
            overlaps_any(place, answers.iter().copied()) && !overlaps_any(place, others.iter().copied())
        };
        let hurries = members.iter().map(|member| match &member.tested {
            Some(tested) => tested.is_status || (tested.is_known && tested.places.iter().all(is_answer)),
            None => !member.waits,
        });
        Self { component, hurries: hurries.collect(), members }
    }

    /// The loops that the states make along `next`, without those that wait or may bound them.
    fn loops(&self, next: impl Fn(&Member<'a>) -> Vec<usize>) -> Vec<Loop<'a, '_>> {
        let hurries = |position: &usize| self.hurries.get(*position) == Some(&true);
        let successors = |position: usize| {
            let Some(member) = self.members.get(position).filter(|_| hurries(&position)) else { return Vec::new() };
            let next = next(member).into_iter().filter_map(|index| self.component.binary_search(&index).ok());
            next.filter(hurries).collect()
        };
        let loops = components(self.members.len(), successors).into_iter();
        loops.map(|states| states.iter().filter_map(|&position| self.members.get(position)).collect()).collect()
    }
}

fn contains(states: &[&Member<'_>], index: usize) -> bool {
    states.iter().any(|state| state.index == index)
}

/// A loop that asks the same again until it gets another answer.
fn poll_fault(states: &[&Member<'_>]) -> Option<Fault> {
    let calls: Vec<&Member<'_>> = states.iter().copied().filter(|state| state.is_call()).collect();
    let call = calls.first()?;
    let results: Vec<&Place<'_>> = states.iter().flat_map(|state| &state.changes.by_result).collect();
    let choices: Vec<_> = states.iter().filter_map(|state| Some((*state, state.tested.as_ref()?))).collect();
    let (choice, _) = choices.iter().find(|(state, tested)| {
        let leaves = state.node.onward().any(|next| !contains(states, next));
        leaves && tested.places.iter().any(|place| overlaps_any(place, results.iter().copied()))
    })?;
    let is_status = choices.iter().all(|(_, tested)| tested.is_status);
    let is_job = choices.iter().any(|(_, tested)| tested.is_job());
    let changes = states.iter().flat_map(|state| state.changes.by_result.iter().chain(&state.changes.otherwise));
    let repeats = calls.iter().all(|call| {
        let is_same = !call.reads_any(&changes);
        if call.only_reads {
            is_same || (is_status && !call.turns_pages())
        } else {
            is_status && is_job && (is_same || calls.len() == 1) && !call.has_inside()
        }
    });
    let nodes: Vec<_> = states.iter().map(|state| state.node).collect();
    let message = format!("the loop {} asks again at once: nothing in it waits, or bounds how often", Names(&nodes));
    let fault = Fault::new(Code::LOOP_WITHOUT_WAIT, call.node.state.name.span, message).of(call.node.state.span);
    let fault = fault.with_label(choice.node.state.name.span, "leads back without a pause");
    repeats.then(|| fault.with_help("put a Wait state on the way back".to_owned()))
}

/// A Catcher that leads back to the state that failed.
fn catcher_fault(states: &[&Member<'_>]) -> Option<Fault> {
    let calls = states.iter().filter(|state| state.is_call()).count();
    let on_the_way = states.iter().filter(|other| !other.is_call()).flat_map(|other| &other.changes.otherwise);
    let unchanged = states.iter().filter(|state| !state.reads_any(&on_the_way));
    let mut caught =
        unchanged.flat_map(|state| state.repeating_catchers().map(move |(catcher, next)| (*state, catcher, next)));
    let (state, catcher, _) = caught.find(|(_, catcher, next)| {
        // What is called on the way may mend the error that is named.
        contains(states, *next) && (calls == 1 || catches_all(catcher))
    })?;
    let next = catcher.next.as_ref()?;
    let name = state.node.state.name.value;
    let message = format!("an error leads back to `{name}` at once, however often: nothing waits, or bounds it");
    let help = "use `Retry`, which waits and gives up, or put a Wait state on the way back";
    Some(Fault::new(Code::LOOP_WITHOUT_WAIT, next.span, message).with_help(help.to_owned()))
}

/// Whether a Catcher takes errors whatever they are.
fn catches_all(catcher: &Catcher<'_>) -> bool {
    let mut names = catcher.error_equals.iter().flat_map(|names| &names.value);
    names.any(|name| matches!(name.value, ErrorName::ALL | ErrorName::TASK_FAILED))
}

#[cfg(test)]
mod tests;
