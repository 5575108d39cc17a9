//! The states of a definition and where they lead, as indices.

use std::collections::HashMap;
use std::ops::Range;

use crate::definition::{Spanned, State, StateKind, StateMachine};

/// All states of a definition in the order in which they are written, those of inner machines after the state around.
pub(super) struct Flow<'a> {
    pub(super) states: Vec<Node<'a>>,
    /// The machines, the definition itself first; those inside of one state follow one another.
    pub(super) machines: Vec<Machine>,
}

/// A state and the indices of those that it leads to.
pub(super) struct Node<'a> {
    pub(super) state: &'a State<'a>,
    /// The machine that it belongs to.
    pub(super) machine: usize,
    pub(super) next: Option<usize>,
    /// Of a Choice, one for each rule.
    pub(super) rules: Vec<usize>,
    pub(super) default: Option<usize>,
    /// One for each Catcher.
    pub(super) catchers: Vec<usize>,
    /// The machines inside.
    pub(super) inner: Range<usize>,
    /// The last of the states inside, or itself.
    pub(super) last: usize,
}

/// A machine of the definition.
pub(super) struct Machine {
    /// Where it starts.
    pub(super) start: Option<usize>,
    /// The state that it is inside of.
    pub(super) owner: Option<usize>,
}

impl Node<'_> {
    /// The indices of all states that this one leads to.
    pub(super) fn successors(&self) -> impl Iterator<Item = usize> {
        self.next.iter().chain(&self.rules).chain(&self.default).chain(&self.catchers).copied()
    }
}

impl<'a> Flow<'a> {
    pub(super) fn of(machine: &'a StateMachine<'a>) -> Self {
        let mut flow = Self {
            states: Vec::with_capacity(machine.states().len()),
            machines: vec![Machine { start: None, owner: None }],
        };
        flow.add(machine, 0);
        flow.resolve(machine);
        flow
    }

    /// The state at `index`.
    pub(super) fn node(&self, index: usize) -> Option<&Node<'a>> {
        self.states.get(index)
    }

    fn add(&mut self, machine: &'a StateMachine<'a>, id: usize) {
        for state in machine.states() {
            let first = self.machines.len();
            let owner = Some(self.states.len());
            self.machines.extend(state.inner_machines().map(|_| Machine { start: None, owner }));
            self.states.push(Node {
                state,
                machine: id,
                next: None,
                rules: Vec::new(),
                default: None,
                catchers: Vec::new(),
                inner: first..self.machines.len(),
                last: self.states.len(),
            });
            for (position, inner) in state.inner_machines().enumerate() {
                self.add(inner, first + position);
            }
            let last = self.states.len() - 1;
            if let Some(node) = owner.and_then(|index| self.states.get_mut(index)) {
                node.last = last;
            }
        }
    }

    /// Turns the names of states into indices.
    fn resolve(&mut self, machine: &'a StateMachine<'a>) {
        let mut names: HashMap<&str, usize> = HashMap::with_capacity(self.states.len());
        names.extend(self.states.iter().enumerate().map(|(index, node)| (node.state.name.value, index)));
        let find = |name: Option<&Spanned<&str>>| names.get(name?.value).copied();
        for node in &mut self.states {
            let state = node.state;
            node.next = find(state.next.as_ref());
            node.catchers = state.catchers().iter().filter_map(|catcher| find(catcher.next.as_ref())).collect();
            if let Some(StateKind::Choice(choice)) = &state.kind {
                node.rules = choice.rules().iter().filter_map(|rule| find(rule.next.as_ref())).collect();
                node.default = find(choice.default.as_ref());
            }
        }
        let starts: Vec<(usize, Option<usize>)> = self
            .states
            .iter()
            .flat_map(|node| node.inner.clone().zip(node.state.inner_machines()))
            .map(|(id, inner)| (id, find(inner.start_at.as_ref())))
            .chain([(0, find(machine.start_at.as_ref()))])
            .collect();
        for (id, start) in starts {
            if let Some(machine) = self.machines.get_mut(id) {
                machine.start = start;
            }
        }
    }
}
