//! What payloads must have grown to, as literals are put beside each other along the way.
//!
//! The machine is run over the least that every input and every variable can be, until nothing new turns up.
//! What is not written in the definition, such as its input and the results of Tasks, may be nothing at all.

mod least;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use self::least::{LARGE, Least};
use super::flow::{Flow, Node};
use crate::definition::{
    Catcher, ChoiceRule, JsonataString, MemberValue, QueryLanguage, State, StateKind, Template, TemplateKind,
};
use crate::diagnostic::{Code, Fault};
use crate::evaluate::States;
use crate::execution::Limits;
use crate::expression::Expression;
use crate::jsonpath::{JsonPath, PathStep, Root};
use crate::report::Report;
use crate::source::Span;

/// How often what is known before a state changes before it is given up.
const MAX_CHANGES: u8 = 8;
/// How many large variables are followed at a time.
const MAX_VARIABLES: usize = 50;

pub(super) fn check<'a>(flow: &'a Flow<'a>, report: &Report<'_>) {
    if !flow.states.iter().any(|node| parts(node.state).any(|span| span.end - span.start >= LARGE)) {
        return;
    }
    let mut growth = Growth {
        flow,
        before: vec![(None, 0); flow.states.len()],
        outputs: vec![None; flow.machines.len()],
        waiting: BTreeSet::new(),
    };
    growth.run();
    for (node, (known, _)) in flow.states.iter().zip(&growth.before) {
        let Some(visit) = known.as_ref().and_then(|known| growth.visit(node, known)) else { continue };
        let limit = Limits::default().payload_bytes;
        // What a literal alone is too large for is told of it.
        let is_told = parts(node.state).any(|span| span.end - span.start > limit);
        if let Some(too_large) = visit.too_large.filter(|_| !is_told) {
            report.add(fault(node.state, &too_large));
        }
    }
}

fn fault(state: &State<'_>, payload: &Least<'_>) -> Fault {
    let limit = Limits::default().payload_bytes / 1024;
    let place = parts(state).max_by_key(|span| span.end - span.start).unwrap_or(state.name.span);
    let message =
        format!("together with what is there already the payload is larger than the {limit} KiB that it may have");
    let origins = payload.origins().into_iter().filter(|origin| *origin != place && !origin.contains(place));
    let fault = origins.fold(Fault::new(Code::PAYLOAD_TOO_LARGE, place, message), |fault, origin| {
        fault.with_label(origin, "this is in it, too")
    });
    fault.with_help("keep it elsewhere, in S3 for example, and pass on where it is".to_owned())
}

/// Where a state has literals that get into payloads.
fn parts<'a>(state: &'a State<'a>) -> impl Iterator<Item = Span> + 'a {
    let templates = [&state.parameters, &state.result_selector, &state.arguments, &state.assign, &state.output];
    let result = match &state.kind {
        Some(StateKind::Pass(pass)) => pass.result.as_ref().map(|result| result.span),
        _ => None,
    };
    templates.into_iter().flatten().map(|template| template.span).chain(result)
}

/// What is known of the input and of the variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Known<'a> {
    input: Least<'a>,
    /// The large ones.
    variables: Rc<BTreeMap<&'a str, Least<'a>>>,
}

impl<'a> Known<'a> {
    fn join(&self, other: &Self) -> Self {
        let input = self.input.join(&other.input);
        if Rc::ptr_eq(&self.variables, &other.variables) {
            return self.with_input(input);
        }
        let theirs = &other.variables;
        let both = self.variables.iter().filter_map(|(name, least)| Some((*name, least.join(theirs.get(name)?))));
        Self { input, variables: Rc::new(both.collect()) }
    }

    fn with_input(&self, input: Least<'a>) -> Self {
        Self { input, variables: self.variables.clone() }
    }

    fn assign(&mut self, name: &'a str, value: Least<'a>) {
        if value.is_large() && (self.variables.len() < MAX_VARIABLES || self.variables.contains_key(name)) {
            Rc::make_mut(&mut self.variables).insert(name, value);
        } else if self.variables.contains_key(name) {
            Rc::make_mut(&mut self.variables).remove(name);
        }
    }

    /// Leaves open what these templates change.
    fn forget(&mut self, assign: Option<&'a Template<'a>>, output: Option<&'a Template<'a>>) {
        for member in assign.into_iter().flat_map(Template::members) {
            self.assign(member.name(), Least::default());
        }
        if output.is_some() {
            self.input = Least::default();
        }
    }

    fn find(&self, path: &JsonPath) -> Least<'a> {
        match path.root() {
            Root::Context => Least::default(),
            Root::Input => self.input.find(path.plain_steps()),
            Root::Variable(name) => {
                self.variables.get(&**name).map_or(Least::default(), |least| least.find(path.plain_steps()))
            }
        }
    }

    /// What a template makes of this.
    fn fill(&self, template: &'a Template<'a>) -> Least<'a> {
        match &template.kind {
            TemplateKind::Literal(value) => Least::of(value, template.span),
            TemplateKind::Open(_) => Least::default(),
            TemplateKind::Jsonata(jsonata) => self.evaluate(jsonata),
            TemplateKind::Array(elements) => Least::array(elements.iter().map(|element| self.fill(element))),
            TemplateKind::Object(members) => {
                let filled = members.iter().map(|member| {
                    let value = match &member.value {
                        MemberValue::Template(template) => self.fill(template),
                        MemberValue::Expression(expression) => match &expression.value {
                            Expression::Path(path) => self.find(path),
                            Expression::Intrinsic(_) => Least::default(),
                        },
                    };
                    (member.name(), value)
                });
                Least::object(filled)
            }
        }
    }

    /// What an expression gives that only reads; of others nothing is known.
    fn evaluate(&self, jsonata: &JsonataString) -> Least<'a> {
        let text = jsonata.query.expression().text();
        let is_plain = |letter: char| letter.is_alphanumeric() || letter == '_';
        let mut names = text.strip_prefix('$').unwrap_or_default().split('.');
        if !names.clone().all(|name| !name.is_empty() && name.chars().all(is_plain)) {
            return Least::default();
        }
        let base = match names.next() {
            Some(States::VARIABLE) => Some(&self.input).filter(|_| names.next() == Some("input")),
            Some(name) => self.variables.get(name),
            None => None,
        };
        base.map_or(Least::default(), |base| base.find(names.map(PathStep::Name)))
    }
}

impl<'a> Visit<'a> {
    /// Of a state that puts this out, and assigns.
    fn of(output: Least<'a>, state: &'a State<'a>, known: &Known<'a>) -> Self {
        if output.is_too_large() {
            return Self { too_large: Some(output), ..Self::default() };
        }
        // In JSONPath it is the result that `$` is, in `Assign`.
        let seen = match state.language {
            QueryLanguage::JsonPath => known.with_input(Least::default()),
            QueryLanguage::Jsonata => known.clone(),
        };
        let assigned = state.assign.as_ref().map_or(Least::default(), |template| seen.fill(template));
        if assigned.is_too_large() {
            return Self { too_large: Some(assigned), ..Self::default() };
        }
        let mut after = known.with_input(output);
        for member in state.assign.iter().flat_map(Template::members) {
            after.assign(member.name(), assigned.find(std::iter::once(PathStep::Name(member.name()))));
        }
        let rules: &[ChoiceRule<'_>] = match &state.kind {
            Some(StateKind::Choice(choice)) => choice.rules(),
            _ => &[],
        };
        for rule in rules {
            after.forget(rule.assign.as_ref(), rule.output.as_ref());
        }
        Self { after: Some(after), ..Self::default() }
    }
}

/// What `OutputPath` leaves of what a state gives.
fn put_out<'a>(state: &State<'a>, known: &Known<'a>, output: Least<'a>) -> Least<'a> {
    match &state.output_path {
        None => output,
        Some(path) => path.value.as_ref().map_or(Least::default(), |path| known.with_input(output).find(path)),
    }
}

/// What is known where a Catcher leads.
fn caught<'a>(catcher: &'a Catcher<'a>, known: &Known<'a>) -> Known<'a> {
    let mut after = match &catcher.result_path {
        Some(path) => known.with_input(match &path.value {
            None => known.input.clone(),
            Some(path) => known.input.clone().with(&path.path().plain_steps().collect::<Vec<_>>(), Least::default()),
        }),
        None => known.with_input(Least::default()),
    };
    after.forget(catcher.assign.as_ref(), catcher.output.as_ref());
    after
}

struct Growth<'a> {
    flow: &'a Flow<'a>,
    /// Before every state, and how often that changed; none where it was not reached.
    before: Vec<(Option<Known<'a>>, u8)>,
    /// Of every machine; none where it did not end.
    outputs: Vec<Option<Least<'a>>>,
    /// The states to be looked at again, the first one first.
    waiting: BTreeSet<usize>,
}

/// What comes of a state.
#[derive(Default)]
struct Visit<'a> {
    /// A payload that is too large; then nothing follows.
    too_large: Option<Least<'a>>,
    /// What the machines inside start with.
    inside: Option<Known<'a>>,
    after: Option<Known<'a>>,
}

impl<'a> Growth<'a> {
    fn run(&mut self) {
        let flow = self.flow;
        if let Some(start) = flow.machines.first().and_then(|machine| machine.start) {
            self.flow_into(start, &Known::default());
        }
        while let Some(index) = self.waiting.pop_first() {
            let Some(node) = flow.node(index) else { continue };
            let Some(known) = self.before.get(index).and_then(|(known, _)| known.clone()) else { continue };
            let Some(visit) = self.visit(node, &known) else { continue };
            if let Some(inside) = visit.inside {
                for machine in flow.machines.get(node.inner.clone()).unwrap_or_default() {
                    if let Some(start) = machine.start {
                        self.flow_into(start, &inside);
                    }
                }
            }
            for (catcher, next) in node.state.catchers().iter().zip(&node.catchers) {
                self.flow_into(*next, &caught(catcher, &known));
            }
            if let Some(after) = visit.after {
                self.leave(node, &after);
            }
        }
    }

    fn flow_into(&mut self, index: usize, known: &Known<'a>) {
        let Some((before, changes)) = self.before.get_mut(index) else { return };
        let joined = before.as_ref().map_or_else(|| known.clone(), |before| before.join(known));
        if before.as_ref() != Some(&joined) {
            *changes += 1;
            *before = Some(if *changes > MAX_CHANGES { Known::default() } else { joined });
            self.waiting.insert(index);
        }
    }

    fn leave(&mut self, node: &Node<'a>, after: &Known<'a>) {
        for next in node.onward() {
            self.flow_into(next, after);
        }
        let owner = self.flow.machines.get(node.machine).and_then(|machine| machine.owner);
        if let Some((owner, output)) = owner.zip(self.outputs.get_mut(node.machine))
            && node.onward().next().is_none()
        {
            let joined = output.as_ref().map_or(after.input.clone(), |output| output.join(&after.input));
            if output.as_ref() != Some(&joined) {
                *output = Some(joined);
                self.waiting.insert(owner);
            }
        }
    }

    /// What comes of a state that is entered so; `None` if it only ends the execution.
    fn visit(&self, node: &'a Node<'a>, known: &Known<'a>) -> Option<Visit<'a>> {
        match node.state.language {
            QueryLanguage::JsonPath => self.visit_jsonpath(node, known),
            QueryLanguage::Jsonata => self.visit_jsonata(node, known),
        }
    }

    fn visit_jsonpath(&self, node: &'a Node<'a>, known: &Known<'a>) -> Option<Visit<'a>> {
        let state = node.state;
        let selected = known.with_input(match &state.input_path {
            None => known.input.clone(),
            Some(path) => path.value.as_ref().map_or(Least::default(), |path| known.find(path)),
        });
        let arguments =
            || state.parameters.as_ref().map_or_else(|| selected.input.clone(), |template| selected.fill(template));
        let mut visit = Visit::default();
        let result = match &state.kind {
            Some(StateKind::Pass(pass)) => {
                pass.result.as_ref().map_or_else(arguments, |result| Least::of(&result.value, result.span))
            }
            Some(StateKind::Choice(_) | StateKind::Wait(_) | StateKind::Succeed) => {
                let output = put_out(state, &selected, selected.input.clone());
                return Some(Visit::of(output, state, known));
            }
            Some(StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel(_)) => {
                let arguments = arguments();
                if arguments.is_too_large() {
                    return Some(Visit { too_large: Some(arguments), ..visit });
                }
                visit.inside = Some(known.with_input(match &state.kind {
                    Some(StateKind::Parallel(_)) => arguments,
                    _ => Least::default(),
                }));
                let Some(result) = self.result(node) else { return Some(visit) };
                let seen = known.with_input(result);
                state.result_selector.as_ref().map_or_else(|| seen.input.clone(), |template| seen.fill(template))
            }
            Some(StateKind::Fail(_)) | None => return None,
        };
        if result.is_too_large() {
            return Some(Visit { too_large: Some(result), ..visit });
        }
        let output = match &state.result_path {
            None => result,
            Some(path) => match &path.value {
                None => known.input.clone(),
                Some(path) => known.input.clone().with(&path.path().plain_steps().collect::<Vec<_>>(), result),
            },
        };
        let output = put_out(state, known, output);
        Some(Visit { inside: visit.inside, ..Visit::of(output, state, known) })
    }

    fn visit_jsonata(&self, node: &'a Node<'a>, known: &Known<'a>) -> Option<Visit<'a>> {
        let state = node.state;
        let result = match &state.kind {
            Some(StateKind::Fail(_)) | None => return None,
            Some(StateKind::Pass(_) | StateKind::Choice(_) | StateKind::Wait(_) | StateKind::Succeed) => {
                Some(known.input.clone())
            }
            Some(StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel(_)) => self.result(node),
        };
        let arguments = state.arguments.as_ref().map_or_else(|| known.input.clone(), |template| known.fill(template));
        if arguments.is_too_large() {
            return Some(Visit { too_large: Some(arguments), ..Visit::default() });
        }
        let inside = known.with_input(match &state.kind {
            Some(StateKind::Parallel(_)) => arguments,
            _ => Least::default(),
        });
        let Some(result) = result else { return Some(Visit { inside: Some(inside), ..Visit::default() }) };
        if result.is_too_large() {
            return Some(Visit { too_large: Some(result), inside: Some(inside), after: None });
        }
        let output = state.output.as_ref().map_or(result, |template| known.fill(template));
        Some(Visit { inside: Some(inside), ..Visit::of(output, state, known) })
    }

    /// What comes back from what a state has done; `None` if it is not known yet.
    fn result(&self, node: &Node<'a>) -> Option<Least<'a>> {
        let Some(StateKind::Parallel(_)) = &node.state.kind else { return Some(Least::default()) };
        let outputs: Option<Vec<Least<'a>>> =
            node.inner.clone().map(|machine| self.outputs.get(machine).cloned().flatten()).collect();
        outputs.map(|outputs| Least::array(outputs.into_iter()))
    }
}

#[cfg(test)]
mod tests;
