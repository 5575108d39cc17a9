//! Reads of what cannot be there: what every state's input can look like, found by running the machine over shapes.
//!
//! The input of the machine and the results of Tasks can be anything.
//! What states make of them is followed along every transition until nothing new turns up.

mod jsonata;
mod jsonpath;
mod shape;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use self::shape::{Miss, Rest, Shape};
use super::flow::{Flow, Node};
use crate::definition::{Catcher, QueryLanguage, State, StateKind};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;
use crate::source::Span;
use crate::suggestion::similar;

/// How often what is known of a state's input changes before it is given up.
const MAX_CHANGES: u8 = 8;

pub(super) fn check(flow: &Flow<'_>, report: &Report<'_>) {
    let mut analysis = Analysis {
        flow,
        inputs: Known::of(flow.states.len()),
        outputs: Known::of(flow.machines.len()),
        waiting: BinaryHeap::new(),
        is_waiting: vec![false; flow.states.len()],
        findings: Vec::new(),
    };
    analysis.run();
    for finding in &analysis.findings {
        report.add(analysis.fault(finding, report));
    }
}

/// What is known of several values, and how often that changed.
struct Known<'a>(Vec<(Shape<'a>, u8)>);

impl<'a> Known<'a> {
    fn of(count: usize) -> Self {
        Self(vec![(Shape::Nothing, 0); count])
    }

    fn get(&self, index: usize) -> Shape<'a> {
        self.0.get(index).map_or(Shape::Anything, |(shape, _)| shape.clone())
    }

    /// Adds what the value can be, too; tells whether that is new.
    fn add(&mut self, index: usize, shape: &Shape<'a>) -> bool {
        let Some((known, changes)) = self.0.get_mut(index).filter(|(known, _)| !known.covers(shape)) else {
            return false;
        };
        *changes += 1;
        *known = if *changes > MAX_CHANGES { Shape::Anything } else { known.join(shape) };
        true
    }
}

struct Analysis<'a> {
    flow: &'a Flow<'a>,
    /// Of every state; nothing where it was not reached.
    inputs: Known<'a>,
    /// Of every machine; nothing where it did not end.
    outputs: Known<'a>,
    /// The states to be looked at again, the first one first.
    waiting: BinaryHeap<Reverse<(usize, usize)>>,
    is_waiting: Vec<bool>,
    /// What the states, as they were looked at last, read in vain.
    findings: Vec<Finding<'a>>,
}

/// A read that never finds anything.
struct Finding<'a> {
    reader: usize,
    /// The path, as it was written.
    text: String,
    span: Span,
    miss: Miss<'a>,
}

impl<'a> Analysis<'a> {
    fn run(&mut self) {
        if let Some(start) = self.flow.machines.first().and_then(|machine| machine.start) {
            self.flow_into(start, &Shape::Anything);
        }
        while let Some(Reverse((_, index))) = self.waiting.pop() {
            if let Some(is_waiting) = self.is_waiting.get_mut(index) {
                *is_waiting = false;
            }
            let flow = self.flow;
            let Some(node) = flow.node(index) else { continue };
            if !self.findings.is_empty() {
                self.findings.retain(|finding| finding.reader != index);
            }
            let visit = Visit { index, node, input: self.inputs.get(index) };
            match node.state.language {
                QueryLanguage::JsonPath => self.visit_jsonpath(&visit),
                QueryLanguage::Jsonata => self.visit_jsonata(&visit),
            }
        }
    }

    fn wait(&mut self, index: usize, rank: usize) {
        if let Some(is_waiting) = self.is_waiting.get_mut(index).filter(|is_waiting| !**is_waiting) {
            *is_waiting = true;
            self.waiting.push(Reverse((rank, index)));
        }
    }

    /// Lets a state be entered with an input that looks like this.
    fn flow_into(&mut self, state: usize, input: &Shape<'a>) {
        if self.inputs.add(state, input) {
            self.wait(state, state);
        }
    }

    /// Lets a state be left with this output.
    fn leave(&mut self, node: &Node<'a>, output: &Shape<'a>) {
        if let Some(next) = node.next {
            self.flow_into(next, output);
            return;
        }
        let owner = self.flow.machines.get(node.machine).and_then(|machine| machine.owner);
        if let Some(owner) = owner.filter(|_| self.outputs.add(node.machine, output)) {
            // Once all that is inside of it has been looked at.
            self.wait(owner, self.flow.node(owner).map_or(owner, |node| node.last));
        }
    }

    /// Lets the machines inside a state start with this input.
    fn start_inner(&mut self, node: &Node<'a>, input: &Shape<'a>) {
        let flow = self.flow;
        for machine in flow.machines.get(node.inner.clone()).unwrap_or_default() {
            if let Some(start) = machine.start {
                self.flow_into(start, input);
            }
        }
    }

    /// What the branches of a Parallel give, once all of them have ended.
    fn branches(&self, node: &Node<'a>) -> Option<Shape<'a>> {
        let outputs: Vec<Shape<'a>> = node.inner.clone().map(|machine| self.outputs.get(machine)).collect();
        let all_ended = outputs.iter().all(|output| !matches!(output, Shape::Nothing));
        all_ended.then(|| Shape::array_of(outputs, node.state.span))
    }

    /// What the iterations of a Map give; a Distributed Map may give something else.
    fn iterations(&self, node: &Node<'a>) -> Shape<'a> {
        if is_distributed(node.state) {
            return Shape::Anything;
        }
        let output = node.inner.clone().next().map_or(Shape::Anything, |machine| self.outputs.get(machine));
        Shape::array_all(output, node.state.span)
    }

    fn find(&mut self, visit: &Visit<'a, '_>, found: Result<Shape<'a>, Miss<'a>>, text: &str, span: Span) -> Shape<'a> {
        found.unwrap_or_else(|miss| {
            self.findings.push(Finding { reader: visit.index, text: text.to_owned(), span, miss });
            Shape::Anything
        })
    }

    fn fault(&self, finding: &Finding<'a>, report: &Report<'_>) -> Fault {
        let Miss { holder, name, .. } = &finding.miss;
        let text = &finding.text;
        let names = match holder {
            Shape::Object(object) => object.names().map(Iterator::collect::<Vec<_>>),
            _ => None,
        };
        let why = match (holder, name) {
            (Shape::Object(_), Some(name)) => format!("there is no member `{name}`"),
            (Shape::Object(_), None) => "what is there is an object".to_owned(),
            (Shape::Array(_), _) => "what is there is an array".to_owned(),
            _ => "what is there has no parts".to_owned(),
        };
        let replacing = self.replacing(finding);
        let code = if replacing.is_some() { Code::INPUT_OVERWRITTEN } else { Code::PATH_NEVER_EXISTS };
        let message = format!("`{text}` never finds anything: {why}");
        let fault = Fault::new(code, finding.span, message);
        let fault = match holder.origin() {
            Some(origin) => fault.with_label(origin, label(holder, names.as_deref())),
            None => fault,
        };
        let guess = name.as_deref().and_then(|name| similar(name, names.into_iter().flatten(), report));
        fault.with_help(guess.or_else(|| {
            replacing
                .map(|state| format!("give `{state}` a `ResultPath`, such as `$.result`, to keep its input besides"))
        }))
    }

    /// The state whose result, or a Catcher's, took the place of an input that may have had what is missed.
    fn replacing(&self, finding: &Finding<'a>) -> Option<&'a str> {
        let Miss { holder, name, is_top } = &finding.miss;
        let (origin, name) = (holder.origin().filter(|_| *is_top)?, name.as_deref()?);
        let machine = self.flow.node(finding.reader)?.machine;
        let mut nodes = self.flow.states.iter().enumerate().filter(|(_, node)| node.machine == machine);
        let (index, node) = nodes.find(|(_, node)| node.state.span.contains(origin))?;
        let state = node.state;
        let is_result = match &state.kind {
            Some(StateKind::Pass(_) | StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)) => {
                state.output_path.is_none() && state.language == QueryLanguage::JsonPath
            }
            _ => false,
        };
        let catcher = state.catchers().iter().find(|catcher| catcher.span.contains(origin));
        let result_path = catcher.map_or(state.result_path.as_ref(), |catcher| catcher.result_path.as_ref());
        let may_have_had = || self.inputs.get(index).find_names(std::iter::once(name)).is_ok();
        (is_result && result_path.is_none() && index != finding.reader && may_have_had()).then_some(state.name.value)
    }
}

/// What stands beside the place that makes a value.
fn label(holder: &Shape<'_>, names: Option<&[&str]>) -> String {
    const SHOWN: usize = 6;
    match (holder, names) {
        (Shape::Object(_), Some([])) => "this makes an empty object".to_owned(),
        (Shape::Object(_), Some(names)) => {
            let listed: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > SHOWN { " and others" } else { "" };
            format!("this has only {}{more}", listed.join(", "))
        }
        (Shape::Object(_), None) => "there is nothing after this".to_owned(),
        _ => "this makes an array".to_owned(),
    }
}

/// A look at one state.
struct Visit<'a, 'n> {
    index: usize,
    node: &'n Node<'a>,
    input: Shape<'a>,
}

/// What a Catcher gets to see.
fn error_output<'a>(catcher: &Catcher<'a>) -> Shape<'a> {
    Shape::object(vec![("Error", Shape::Scalar), ("Cause", Shape::Scalar)], Rest::Nothing, catcher.span)
}

fn is_distributed(state: &State<'_>) -> bool {
    let Some(StateKind::Map(map)) = &state.kind else { return false };
    map.is_distributed()
        || ["ItemReader", "ItemBatcher", "ResultWriter"].into_iter().any(|name| state.field_names.contains(name))
}

#[cfg(test)]
mod tests;
