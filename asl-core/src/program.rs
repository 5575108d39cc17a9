//! A checked, resolved and compiled definition: what an [`Execution`](crate::execution::Execution) runs.
//!
//! A [`Program`] is the proof that a definition is valid.
//! State names are indices, and every path, template, Choice rule and expression is compiled once.
//! It keeps the text that it came from only to hand it on.

mod lowering;
mod pinned;
mod resource;
mod state;

use std::fmt;
use std::sync::Arc;

pub use self::pinned::{Fingerprint, PinnedDefinition};
pub use self::resource::{IntegrationPattern, Resource};
pub(crate) use self::state::*;
use crate::compatibility::Compatibility;

/// A valid state machine, ready to run; cheap to clone and to share between threads.
#[derive(Clone)]
pub struct Program(Arc<Machine>);

/// All states of a machine, those of branches and iterations included, in one list.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) comment: Option<Arc<str>>,
    pub(crate) start_at: StateId,
    pub(crate) states: Vec<State>,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) definition: PinnedDefinition,
    pub(crate) fingerprint: Fingerprint,
}

impl Program {
    pub(crate) fn new(machine: Machine) -> Self {
        Self(Arc::new(machine))
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.0
    }

    // INVARIANT: lowering makes the ids and a snapshot names its program, so a strand's id always finds its state.
    pub(crate) fn state(&self, id: StateId) -> Option<&State> {
        self.0.states.get(id.0 as usize)
    }

    /// The machine's comment.
    pub fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }

    /// What identifies the definition that this program was compiled from.
    ///
    /// An execution is pinned to it: a snapshot is only restored with the same program.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.0.fingerprint
    }

    /// The definition that this program was compiled from.
    pub fn definition(&self) -> &PinnedDefinition {
        &self.0.definition
    }

    /// Whose behaviour the program follows where AWS and the specification differ.
    pub fn compatibility(&self) -> Compatibility {
        self.0.definition.compatibility()
    }

    /// The names of all states, those of branches and iterations included, in the order they were written.
    pub fn state_names(&self) -> impl Iterator<Item = &str> {
        self.0.states.iter().map(|state| &*state.name)
    }

    /// The names of the Distributed Maps, those in branches and item processors included.
    ///
    /// An [`Execution`](crate::execution::Execution) cannot run them: their states fail with `States.Runtime`.
    /// A driver that would rather refuse the program asks here.
    pub fn distributed_maps(&self) -> impl Iterator<Item = &str> {
        self.0.states.iter().filter_map(|state| match &state.kind {
            StateKind::Map(map) if map.mode == MapMode::Distributed => Some(&*state.name),
            _ => None,
        })
    }

    /// The resources that the machine's Tasks name, with the Task's name.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.0.states.iter().filter_map(|state| match &state.kind {
            StateKind::Task(task) => Some((&*state.name, &task.resource)),
            _ => None,
        })
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Program")
            .field("fingerprint", &self.0.fingerprint)
            .field("states", &self.0.states.len())
            .finish_non_exhaustive()
    }
}
