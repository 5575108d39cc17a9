//! The states of a loop, as far as its pace goes.

use std::collections::BTreeSet;

use super::super::flow::{Flow, Node};
use super::places::{Changes, Place, overlaps_any, reads};
use super::status::Tested;
use crate::definition::{Catcher, Computable, MemberValue, State, StateKind, Template, TemplateKind};
use crate::failure::ErrorName;
use crate::program::{IntegrationPattern, Resource};

pub(super) struct Member<'a> {
    pub(super) index: usize,
    pub(super) node: &'a Node<'a>,
    pub(super) waits: bool,
    /// What it tests, if it is a Choice.
    pub(super) tested: Option<Tested<'a>>,
    /// What it sends, if that is known.
    pub(super) reads: Option<Vec<Place<'a>>>,
    pub(super) changes: Changes<'a>,
    pub(super) only_reads: bool,
    retried: Retried<'a>,
}

impl<'a> Member<'a> {
    pub(super) fn of(flow: &'a Flow<'a>, index: usize) -> Option<Self> {
        let node = flow.node(index)?;
        let tested = match &node.state.kind {
            Some(StateKind::Choice(choice)) => Some(Tested::by(choice)),
            _ => None,
        };
        let inside = flow.states.get(index..=node.last).unwrap_or_default();
        let state = node.state;
        Some(Self {
            index,
            node,
            waits: inside.iter().any(|node| waits(node.state)),
            tested,
            reads: reads(state),
            changes: Changes::of(state),
            only_reads: only_reads(state),
            retried: Retried::by(state),
        })
    }

    /// How many places it reads, tests and changes.
    pub(super) fn places(&self) -> usize {
        let tested = self.tested.as_ref().map_or(0, |tested| tested.places.len());
        let Changes { by_result, otherwise } = &self.changes;
        self.reads.as_ref().map_or(0, Vec::len) + tested + by_result.len() + otherwise.len()
    }

    /// Whether it has something done: a Task, or what may have Tasks inside.
    pub(super) fn is_call(&self) -> bool {
        matches!(self.node.state.kind, Some(StateKind::Task(_))) || self.has_inside()
    }

    /// Whether it has states inside.
    pub(super) fn has_inside(&self) -> bool {
        matches!(self.node.state.kind, Some(StateKind::Parallel(_) | StateKind::Map(_)))
    }

    /// Whether what it sends, or what it is sent back, says where the next page begins.
    pub(super) fn turns_pages(&self) -> bool {
        let state = self.node.state;
        state.parameters.iter().chain(&state.arguments).any(names_a_page)
    }

    /// The Catchers, and where each leads, that send the state on at once and with the same input as before.
    pub(super) fn repeating_catchers(&self) -> impl Iterator<Item = (&'a Catcher<'a>, usize)> {
        let catchers = self.node.state.catchers().iter().zip(self.node.catchers.iter().copied());
        catchers.filter(|(catcher, _)| self.repeats(catcher))
    }

    fn repeats(&self, catcher: &'a Catcher<'a>) -> bool {
        let state = self.node.state;
        let mut names = catcher.error_equals.iter().flat_map(|names| &names.value).map(|name| name.value);
        let has_taken_time = |name| matches!(name, ErrorName::TIMEOUT | ErrorName::HEARTBEAT_TIMEOUT);
        if names.clone().all(has_taken_time) || names.all(|name| self.retried.has(name)) {
            return false;
        }
        let is_explicit = state.parameters.is_some() || state.arguments.is_some();
        let changes = if is_explicit { Changes::of_catcher(catcher) } else { Vec::new() };
        !self.reads_any(&&changes)
    }

    /// Whether one of the places is, or may be, in what it sends.
    pub(super) fn reads_any<'p>(&self, changes: &(impl IntoIterator<Item = &'p Place<'a>> + Clone)) -> bool
    where
        'a: 'p,
    {
        self.reads.as_ref().is_none_or(|reads| reads.iter().any(|read| overlaps_any(read, changes.clone())))
    }
}

/// The errors that a Retrier has waited for before a Catcher gets them.
struct Retried<'a>(BTreeSet<&'a str>);

impl<'a> Retried<'a> {
    fn by(state: &'a State<'a>) -> Self {
        let retriers = state.retriers().iter();
        let waiting = retriers.filter(|retrier| retrier.max_attempts.is_none_or(|attempts| attempts.value > 0));
        let names = waiting.flat_map(|retrier| &retrier.error_equals).flat_map(|names| &names.value);
        Self(names.map(|name| name.value).collect())
    }

    fn has(&self, name: &str) -> bool {
        let Self(names) = self;
        names.contains(name)
            || names.contains(ErrorName::ALL)
            || (names.contains(ErrorName::TASK_FAILED) && !name.starts_with("States."))
    }
}

fn waits(state: &State<'_>) -> bool {
    match &state.kind {
        Some(StateKind::Wait(wait)) => {
            wait.seconds.as_ref().and_then(Computable::literal).is_none_or(|seconds| seconds.value > 0)
        }
        Some(StateKind::Task(task)) => task.resource.is_none_or(|resource| {
            let resource = Resource::parse(resource.value);
            resource.activity_name().is_some() || resource.pattern() != IntegrationPattern::RequestResponse
        }),
        _ => false,
    }
}

/// Whether the state calls an action of a service that changes nothing there.
fn only_reads(state: &State<'_>) -> bool {
    const VERBS: [&str; 9] =
        ["describe", "get", "list", "head", "batchGet", "batchDescribe", "query", "scan", "lookup"];
    let Some(StateKind::Task(task)) = &state.kind else { return false };
    let resource = task.resource.map(|resource| Resource::parse(resource.value));
    resource.as_ref().and_then(Resource::service_action).is_some_and(|(_, action)| {
        VERBS.into_iter().filter_map(|verb| action.strip_prefix(verb)).any(|rest| !rest.starts_with(char::is_lowercase))
    })
}

fn names_a_page(template: &Template<'_>) -> bool {
    let is_page = |name: &str| ["Token", "Marker", "StartKey", "Iterator"].iter().any(|word| name.contains(word));
    match &template.kind {
        TemplateKind::Literal(_) | TemplateKind::Open(_) => false,
        TemplateKind::Jsonata(jsonata) => is_page(jsonata.query.expression().text()),
        TemplateKind::Array(elements) => elements.iter().any(names_a_page),
        TemplateKind::Object(members) => members.iter().any(|member| {
            is_page(member.name())
                || match &member.value {
                    MemberValue::Template(template) => names_a_page(template),
                    MemberValue::Expression(_) => false,
                }
        }),
    }
}
