//! What calls read, and what the states of a loop change.

use crate::definition::{JsonataString, MemberValue, QueryLanguage, Spanned, State, StateKind, Template, TemplateKind};
use crate::evaluate::States;
use crate::expression::Expression;
use crate::jsonpath::{JsonPath, PathStep, ReferencePath, Root};

/// A part of a state's input, or a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// The names that lead there, as far as they are plain; without any it is the whole input.
    Input(Vec<&'a str>),
    Variable(&'a str),
}

impl<'a> Place<'a> {
    /// Where a path leads, if that is neither in the Context object.
    pub(super) fn of(path: &'a JsonPath) -> Option<Self> {
        match path.root() {
            Root::Context => None,
            Root::Variable(name) => Some(Self::Variable(name)),
            Root::Input => Some(Self::Input(path.plain_steps().map_while(PathStep::name).collect())),
        }
    }

    fn of_reference(path: &'a ReferencePath) -> Option<Self> {
        Self::of(path.path())
    }

    /// What an expression reads; a result or an error is none of its state's input.
    pub(super) fn of_jsonata(jsonata: &'a JsonataString) -> impl Iterator<Item = Self> {
        jsonata.references().variables.iter().filter_map(|variable| {
            if &*variable.name != States::VARIABLE {
                return Some(Self::Variable(&variable.name));
            }
            let mut names = variable.path.iter().map(|name| &**name);
            matches!(names.next(), None | Some("input")).then(|| Self::Input(names.collect()))
        })
    }

    /// The place, seen from where `self` is the whole input.
    fn within(&self, place: Self) -> Self {
        match (self, place) {
            (Self::Input(outer), Self::Input(inner)) => Self::Input(outer.iter().copied().chain(inner).collect()),
            (Self::Variable(name), Self::Input(_)) => Self::Variable(name),
            (_, place) => place,
        }
    }
}

/// Whether one of the places is in the other.
pub(super) fn overlap(one: &Place<'_>, other: &Place<'_>) -> bool {
    match (one, other) {
        (Place::Input(one), Place::Input(other)) => one.iter().zip(other).all(|(one, other)| one == other),
        (Place::Variable(one), Place::Variable(other)) => one == other,
        _ => false,
    }
}

/// Whether a place is in one of the others, or one of them in it.
pub(super) fn overlaps_any<'p, 'a: 'p>(place: &Place<'_>, others: impl IntoIterator<Item = &'p Place<'a>>) -> bool {
    others.into_iter().any(|other| overlap(place, other))
}

/// What a state sends to what it calls; `None` if a part of it is not known.
pub(super) fn reads<'a>(state: &'a State<'a>) -> Option<Vec<Place<'a>>> {
    let base = match &state.input_path {
        None => Some(Place::Input(Vec::new())),
        Some(Spanned { value: None, .. }) => None,
        Some(Spanned { value: Some(path), .. }) => Place::of(path),
    };
    let Some(template) = state.parameters.as_ref().or(state.arguments.as_ref()) else {
        return Some(base.into_iter().collect());
    };
    let mut places = Vec::new();
    if !add_reads(template, &mut places) {
        return None;
    }
    let seen = |place| match (&base, place) {
        (_, Place::Variable(name)) => Some(Place::Variable(name)),
        (Some(base), place) => Some(base.within(place)),
        (None, Place::Input(_)) => None,
    };
    Some(places.into_iter().filter_map(seen).collect())
}

/// Adds what a template reads; false if a part of it is not known.
fn add_reads<'a>(template: &'a Template<'a>, places: &mut Vec<Place<'a>>) -> bool {
    match &template.kind {
        TemplateKind::Literal(_) => true,
        TemplateKind::Open(_) => false,
        TemplateKind::Jsonata(jsonata) => {
            places.extend(Place::of_jsonata(jsonata));
            true
        }
        TemplateKind::Array(elements) => elements.iter().all(|element| add_reads(element, places)),
        TemplateKind::Object(members) => members.iter().all(|member| match &member.value {
            MemberValue::Template(template) => add_reads(template, places),
            MemberValue::Expression(expression) => {
                places.extend(paths(&expression.value).into_iter().filter_map(Place::of));
                true
            }
        }),
    }
}

fn paths(expression: &Expression) -> Vec<&JsonPath> {
    match expression {
        Expression::Path(path) => vec![path],
        Expression::Intrinsic(intrinsic) => intrinsic.paths(),
    }
}

/// What a state changes in what the states after it see.
#[derive(Debug, Default)]
pub(super) struct Changes<'a> {
    /// By the result of a call alone.
    pub(super) by_result: Vec<Place<'a>>,
    pub(super) otherwise: Vec<Place<'a>>,
}

impl<'a> Changes<'a> {
    pub(super) fn of(state: &'a State<'a>) -> Self {
        let calls = matches!(state.kind, Some(StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)));
        let mut changes = Self::default();
        if let Some(place) = output_place(state, calls) {
            let places = if calls { &mut changes.by_result } else { &mut changes.otherwise };
            places.push(place);
        }
        let rules = match &state.kind {
            Some(StateKind::Choice(choice)) => choice.rules(),
            _ => &[],
        };
        if rules.iter().any(|rule| rule.output.is_some()) {
            changes.otherwise.push(Place::Input(Vec::new()));
        }
        for template in state.assign.iter().chain(rules.iter().filter_map(|rule| rule.assign.as_ref())) {
            for member in template.members() {
                let places =
                    if calls && is_of_result(&member.value) { &mut changes.by_result } else { &mut changes.otherwise };
                places.push(Place::Variable(member.name()));
            }
        }
        changes
    }

    /// What a Catcher changes; that it puts the error in the place of the whole input does not count.
    pub(super) fn of_catcher(catcher: &'a crate::definition::Catcher<'a>) -> Vec<Place<'a>> {
        let assigned = catcher.assign.iter().flat_map(Template::members).map(|member| Place::Variable(member.name()));
        let path = catcher.result_path.as_ref().and_then(|path| path.value.as_ref());
        let error = path.and_then(Place::of_reference).filter(|place| *place != Place::Input(Vec::new()));
        let output = catcher.output.iter().map(|_| Place::Input(Vec::new()));
        assigned.chain(error).chain(output).collect()
    }
}

/// Where in its input a state puts what comes of it.
fn output_place<'a>(state: &'a State<'a>, calls: bool) -> Option<Place<'a>> {
    let all = || Some(Place::Input(Vec::new()));
    if state.language == QueryLanguage::Jsonata {
        let keeps_input = |output: &Template<'_>| match &output.kind {
            TemplateKind::Jsonata(jsonata) => jsonata.query.expression().text() == "$states.input",
            _ => false,
        };
        let is_other = state.output.as_ref().map_or(calls, |output| !keeps_input(output));
        return if is_other { all() } else { None };
    }
    let has = |name| state.field_names.contains(name);
    if has("OutputPath") {
        return all();
    }
    let has_result = match &state.kind {
        Some(StateKind::Pass(_)) => ["InputPath", "Parameters", "Result", "ResultPath"].into_iter().any(has),
        Some(StateKind::Choice(_) | StateKind::Wait(_)) => has("InputPath"),
        _ => calls,
    };
    if !has_result {
        return None;
    }
    match &state.result_path {
        None => all(),
        Some(path) => path.value.as_ref().and_then(Place::of_reference),
    }
}

/// Whether a value comes of the result of a call, and of nothing else.
fn is_of_result(value: &MemberValue<'_>) -> bool {
    match value {
        MemberValue::Expression(expression) => {
            let paths = paths(&expression.value);
            !paths.is_empty() && paths.into_iter().all(|path| *path.root() == Root::Input)
        }
        MemberValue::Template(template) => match &template.kind {
            TemplateKind::Jsonata(jsonata) => {
                let variables = &jsonata.references().variables;
                let is_result = |name: &str, path: Option<&str>| name == States::VARIABLE && path == Some("result");
                !variables.is_empty()
                    && variables
                        .iter()
                        .all(|variable| is_result(&variable.name, variable.path.first().map(|name| &**name)))
            }
            TemplateKind::Literal(_) | TemplateKind::Open(_) | TemplateKind::Array(_) => false,
            TemplateKind::Object(members) => {
                !members.is_empty() && members.iter().all(|member| is_of_result(&member.value))
            }
        },
    }
}
