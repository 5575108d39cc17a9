//! A definition as a graph: states, and the transitions between them.
//!
//! [`Graph::read`] is for drawing, so it takes definitions with faults as well, as far as they can be read.
//! What is wrong with them is [`compile`](crate::compile)'s to say; how they look is for who draws them.

mod condition;
mod summary;

use std::sync::Arc;

use crate::definition::{self, MachineRole, StateKind};
use crate::history::StateType;
use crate::placeholder;
use crate::report::{Reading, Report};
use crate::source::Source;
use crate::syntax::{self, Dialect, Node, Notation};

/// The graph of a definition.
///
/// # Examples
///
/// ```
/// use asl_core::graph::{Graph, TransitionKind};
///
/// let graph = Graph::read(
///     r#"{"StartAt": "A", "States": {
///         "A": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "B"}]},
///         "B": {"Type": "Succeed"}
///     }}"#,
/// );
/// let machine = graph.unwrap().machine;
/// assert_eq!(machine.start_at.as_deref(), Some("A"));
/// let transition = &machine.states[0].transitions[0];
/// assert_eq!(&*transition.target, "B");
/// assert_eq!(transition.kind, TransitionKind::Choice { condition: "$.n < 3".into() });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Graph {
    /// The machine that is the whole definition.
    pub machine: Machine,
}

/// A state machine: the definition itself, a branch, or an item processor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Machine {
    /// What the machine is to the state around it.
    pub role: Role,
    /// Its comment.
    pub comment: Option<Arc<str>>,
    /// The name of the first state; in a definition with faults there may be none of that name.
    pub start_at: Option<Arc<str>>,
    /// Its states, in the order in which they were written.
    pub states: Vec<State>,
}

/// What a machine is to the state around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The definition itself.
    Root,
    /// A branch of a Parallel state.
    Branch,
    /// The item processor of an inline Map state.
    InlineItemProcessor,
    /// The item processor of a Distributed Map state.
    DistributedItemProcessor,
}

/// A state and what leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// Its name.
    pub name: Arc<str>,
    /// Its type; `None` where that is missing or unknown.
    pub state_type: Option<StateType>,
    /// What it does, in a few words: a Task's resource, for how long a Wait waits, the error of a Fail.
    pub summary: Option<Arc<str>>,
    /// Whether the machine ends after it.
    pub is_end: bool,
    /// A Parallel's branches, a Map's item processor.
    pub machines: Vec<Machine>,
    /// Where it may go: Choice rules in their order and `Default`, or `Next`; then Catchers in their order.
    pub transitions: Vec<Transition>,
}

/// A way from one state to another of the same machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// When it is taken.
    pub kind: TransitionKind,
    /// The name of the state that it leads to; in a definition with faults there may be none of that name.
    pub target: Arc<str>,
}

/// When a transition is taken; exhaustive, the language has no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransitionKind {
    /// `Next` of a state.
    Next,
    /// A Choice rule.
    Choice {
        /// The rule's condition as a person would write it: `$.a > 1 and not $.b is present`.
        condition: Arc<str>,
    },
    /// `Default` of a Choice state.
    Default,
    /// A Catcher.
    Catch {
        /// Its error names.
        error_equals: Vec<Arc<str>>,
    },
}

impl Graph {
    /// Reads a definition in JSON; `None` if it is not an object at all.
    ///
    /// What cannot be read is left out.
    pub fn read(text: &str) -> Option<Self> {
        Self::read_as(text, Notation::Json)
    }

    /// Reads a definition; `None` if it is not an object at all.
    ///
    /// What cannot be read is left out; placeholders stand for themselves.
    pub fn read_as(text: &str, notation: Notation) -> Option<Self> {
        let readable = placeholder::mask(text, notation);
        let (root, _) = syntax::parse_as(&readable, notation, Dialect::WithPlaceholders);
        Self::of(&root?, &Source::new("definition", text), notation)
    }

    /// The graph of the definition `root`, a part of `source`.
    pub(crate) fn of(root: &Node<'_>, source: &Source<'_>, notation: Notation) -> Option<Self> {
        let report = Report::reading(source, root, Reading { notation, ..Reading::default() });
        let machine = definition::read(root, &report)?;
        Some(Self { machine: Machine::read(&machine, source) })
    }

    /// The states of all machines, each before those inside of it.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        let mut waiting = vec![self.machine.states.iter()];
        std::iter::from_fn(move || {
            loop {
                let Some(state) = waiting.last_mut()?.next() else {
                    waiting.pop();
                    continue;
                };
                waiting.extend(state.machines.iter().rev().map(|machine| machine.states.iter()));
                return Some(state);
            }
        })
    }
}

impl Machine {
    /// The state called `name`, the first one if there are several.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|state| &*state.name == name)
    }

    fn read(machine: &definition::StateMachine<'_>, source: &Source<'_>) -> Self {
        Self {
            role: Role::of(machine),
            comment: machine.comment.as_ref().map(|comment| comment.value.into()),
            start_at: machine.start_at.as_ref().map(|start_at| start_at.value.into()),
            states: machine.states().iter().map(|state| State::read(state, source)).collect(),
        }
    }
}

impl Role {
    fn of(machine: &definition::StateMachine<'_>) -> Self {
        let mode = machine.processor_config.as_ref().and_then(|config| config.mode.as_ref());
        match machine.role {
            MachineRole::Root => Self::Root,
            MachineRole::Branch => Self::Branch,
            MachineRole::ItemProcessor if mode.is_some_and(|mode| mode.value == "DISTRIBUTED") => {
                Self::DistributedItemProcessor
            }
            MachineRole::ItemProcessor => Self::InlineItemProcessor,
        }
    }
}

impl State {
    /// The transition that is taken when nothing else is: `Next` or `Default`.
    pub fn main_transition(&self) -> Option<&Transition> {
        let is_main =
            |transition: &&Transition| matches!(transition.kind, TransitionKind::Next | TransitionKind::Default);
        self.transitions.iter().find(is_main)
    }

    fn read(state: &definition::State<'_>, source: &Source<'_>) -> Self {
        let ends_by_type = matches!(state.kind, Some(StateKind::Succeed | StateKind::Fail(_)));
        Self {
            name: state.name.value.into(),
            state_type: state.kind.as_ref().map(state_type),
            summary: summary::summary(state, source),
            is_end: ends_by_type || state.end.as_ref().is_some_and(|end| end.value),
            machines: state.inner_machines().map(|machine| Machine::read(machine, source)).collect(),
            transitions: transitions(state, source).collect(),
        }
    }
}

fn transitions(state: &definition::State<'_>, source: &Source<'_>) -> impl Iterator<Item = Transition> {
    let (rules, default) = match &state.kind {
        Some(StateKind::Choice(choice)) => (choice.rules(), choice.default.as_ref()),
        _ => (&[][..], None),
    };
    let rules = rules.iter().map(|rule| {
        (TransitionKind::Choice { condition: condition::text(&rule.test, source).into() }, rule.next.as_ref())
    });
    let catchers = state.catchers().iter().map(|catcher| {
        let names = catcher.error_equals.iter().flat_map(|names| &names.value);
        let error_equals = names.map(|name| Arc::from(name.value)).collect();
        (TransitionKind::Catch { error_equals }, catcher.next.as_ref())
    });
    rules
        .chain([(TransitionKind::Default, default), (TransitionKind::Next, state.next.as_ref())])
        .chain(catchers)
        .filter_map(|(kind, target)| Some(Transition { kind, target: target?.value.into() }))
}

fn state_type(kind: &StateKind<'_>) -> StateType {
    match kind {
        StateKind::Task(_) => StateType::Task,
        StateKind::Pass(_) => StateType::Pass,
        StateKind::Choice(_) => StateType::Choice,
        StateKind::Wait(_) => StateType::Wait,
        StateKind::Succeed => StateType::Succeed,
        StateKind::Fail(_) => StateType::Fail,
        StateKind::Parallel(_) => StateType::Parallel,
        StateKind::Map(_) => StateType::Map,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Every state on a line: name, type, summary, transitions; what is inside a state is indented.
    fn lines(machine: &Machine, indent: usize) -> String {
        let mut text = format!("{:indent$}{:?} starts at {:?}\n", "", machine.role, machine.start_at.as_deref());
        for state in &machine.states {
            let summary = state.summary.as_deref().unwrap_or("-");
            let end = if state.is_end { " end" } else { "" };
            let state_type = state.state_type.map_or("?", StateType::as_str);
            writeln!(text, "{:indent$}  {}: {state_type}, {summary}{end}", "", state.name).unwrap();
            for transition in &state.transitions {
                writeln!(text, "{:indent$}    {:?} -> {}", "", transition.kind, transition.target).unwrap();
            }
            text.extend(state.machines.iter().map(|machine| lines(machine, indent + 4)));
        }
        text
    }

    #[test]
    fn every_transition_is_there_with_its_reason() {
        let graph = Graph::read(
            r#"{
                "StartAt": "Work",
                "States": {
                    "Work": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                        "Catch": [
                            { "ErrorEquals": ["Mine", "Yours"], "Next": "Each" },
                            { "ErrorEquals": ["States.ALL"], "Next": "Stop" }
                        ],
                        "Next": "Fork"
                    },
                    "Fork": {
                        "Type": "Parallel",
                        "Branches": [
                            { "StartAt": "Left", "States": { "Left": { "Type": "Pass", "End": true } } },
                            { "StartAt": "Right", "States": { "Right": { "Type": "Succeed" } } }
                        ],
                        "Next": "Each"
                    },
                    "Each": {
                        "Type": "Map",
                        "ItemProcessor": {
                            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                            "StartAt": "One",
                            "States": { "One": { "Type": "Wait", "Seconds": 5, "End": true } }
                        },
                        "Next": "Which"
                    },
                    "Which": {
                        "Type": "Choice",
                        "Choices": [{ "Variable": "$.x", "IsPresent": false, "Next": "Stop" }],
                        "Default": "Work"
                    },
                    "Stop": { "Type": "Fail", "Error": "Stopped" }
                }
            }"#,
        );
        insta::assert_snapshot!(lines(&graph.unwrap().machine, 0));
    }

    #[test]
    fn what_can_be_read_of_a_definition_with_faults_is_there() {
        let graph = Graph::read(
            r#"{ "StartAt": 7, "States": {
                "A": { "Type": "Taks", "Next": "Nowhere", "Catch": {} },
                "B": null,
                "C": { "Type": "Choice", "Choices": [{ "Variable": "x", "Next": "A" }, 1, { "Next": [] }] }
                "D": { "Type": "Map", "End": true }
            "#,
        );
        insta::assert_snapshot!(lines(&graph.unwrap().machine, 0));
    }

    #[test]
    fn what_is_no_object_is_no_graph() {
        for text in ["", "[]", "7", "nonsense"] {
            assert_eq!(Graph::read(text), None, "{text}");
        }
    }

    #[test]
    fn states_come_before_those_inside_of_them() {
        let graph = Graph::read(
            r#"{"States": {
                "A": {"Type": "Parallel", "Branches": [
                    {"States": {"B": {"Type": "Map", "ItemProcessor": {"States": {"C": {"Type": "Pass"}}}}}},
                    {"States": {"D": {"Type": "Pass"}}}
                ]},
                "E": {"Type": "Pass"}
            }}"#,
        );
        let graph = graph.unwrap();
        let names: Vec<_> = graph.states().map(|state| &*state.name).collect();
        assert_eq!(names, ["A", "B", "C", "D", "E"]);
    }
}
