//! The states of a definition and where they lead, as indices.

use std::ops::Range;

use crate::definition::{Spanned, State, StateKind, StateMachine};
use crate::name_map::HashedNames;

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
    /// The first of its states as they are written.
    first: usize,
    /// The state that it is inside of.
    pub(super) owner: Option<usize>,
}

impl Node<'_> {
    /// The indices of all states that this one leads to.
    pub(super) fn successors(&self) -> impl Iterator<Item = usize> {
        self.onward().chain(self.catchers.iter().copied())
    }

    /// Those of them that it leads to without an error.
    pub(super) fn onward(&self) -> impl Iterator<Item = usize> {
        self.next.iter().chain(&self.rules).chain(&self.default).copied()
    }
}

impl<'a> Flow<'a> {
    pub(super) fn of(machine: &'a StateMachine<'a>) -> Self {
        let mut flow = Self {
            states: Vec::with_capacity(machine.states().len()),
            machines: vec![Machine { start: None, first: 0, owner: None }],
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
        let start = self.states.len();
        if let Some(machine) = self.machines.get_mut(id) {
            machine.first = start;
        }
        for state in machine.states() {
            let first = self.machines.len();
            let owner = Some(self.states.len());
            self.machines.extend(state.inner_machines().map(|_| Machine { start: None, first: 0, owner }));
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
        let mut names = Names::of(&self.states);
        for (index, machine) in self.machines.iter_mut().enumerate().skip(1) {
            let owner = machine.owner.and_then(|owner| self.states.get(owner));
            let inner = owner.and_then(|owner| owner.state.inner_machines().nth(index - owner.inner.start));
            machine.start = names.find(inner.and_then(|inner| inner.start_at.as_ref()), machine.first);
        }
        if let Some(root) = self.machines.first_mut() {
            root.start = names.find(machine.start_at.as_ref(), 0);
        }
        for node in &mut self.states {
            let state = node.state;
            let following = node.last + 1;
            node.next = names.find(state.next.as_ref(), following);
            let catchers = state.catchers().iter();
            node.catchers = catchers.filter_map(|catcher| names.find(catcher.next.as_ref(), following)).collect();
            if let Some(StateKind::Choice(choice)) = &state.kind {
                let rules = choice.rules().iter();
                node.rules = rules.filter_map(|rule| names.find(rule.next.as_ref(), following)).collect();
                node.default = names.find(choice.default.as_ref(), following);
            }
        }
    }
}

/// The index of every state by name; what is looked for is mostly where it is expected, and needs no hashing there.
struct Names<'a> {
    all: Vec<&'a str>,
    hashed: HashedNames<'a, usize>,
    /// What was found last by hashing: many states lead to the same handler.
    recent: usize,
}

impl<'a> Names<'a> {
    fn of(states: &[Node<'a>]) -> Self {
        let all = states.iter().map(|node| node.state.name.value).collect();
        Self { all, hashed: HashedNames::default(), recent: 0 }
    }

    fn find(&mut self, name: Option<&Spanned<&str>>, expected: usize) -> Option<usize> {
        let name = name?.value;
        let is_at = |index: &usize| self.all.get(*index).is_some_and(|known| *known == name);
        if let Some(index) = [expected, self.recent].into_iter().find(is_at) {
            return Some(index);
        }
        if self.hashed.is_empty() {
            self.hashed = self.all.iter().enumerate().map(|(index, name)| (*name, index)).collect();
        }
        self.recent = self.hashed.get(name).copied()?;
        Some(self.recent)
    }
}
