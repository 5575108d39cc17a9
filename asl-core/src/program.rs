//! A checked, resolved and compiled definition: what an [`Execution`](crate::execution::Execution) runs.
//!
//! A [`Program`] is the proof that a definition is valid.
//! State names are indices, and every path, template, Choice rule and expression is compiled once.
//! It keeps the text that it came from only to hand it on.

mod distributed_map;
mod lowering;
mod pinned;
mod resource;
mod state;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use self::distributed_map::{
    CsvDelimiter, CsvHeaderLocation, InputType, ManifestType, OutputType, ReaderConfig, ReaderTransformation,
    WriterConfig, WriterTransformation,
};
pub(crate) use self::distributed_map::{DistributedMap, ItemBatcher, ItemReader, ResultWriter};
pub use self::pinned::{Fingerprint, PinnedDefinition};
pub use self::resource::{IntegrationPattern, Resource};
pub(crate) use self::state::*;
use crate::compatibility::Compatibility;
use crate::definition::MachineType;

/// A valid state machine, ready to run; cheap to clone and to share between threads.
#[derive(Clone)]
pub struct Program(Arc<Machine>);

/// A machine: the one that was defined, or the item processor of a Distributed Map in it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) comment: Option<Arc<str>>,
    pub(crate) start_at: StateId,
    /// All states of the definition, those of branches and iterations included, in one list.
    pub(crate) states: Arc<[State]>,
    /// Those of this machine.
    pub(crate) own_states: Range<StateId>,
    pub(crate) kind: MachineType,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) definition: PinnedDefinition,
    /// Once somebody asked: to hash the text takes a while, and an execution that nobody stores needs none.
    pub(crate) fingerprint: OnceLock<Fingerprint>,
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
        self.0.fingerprint.get_or_init(|| self.0.definition.fingerprint())
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
        self.own_states().map(|state| &*state.name)
    }

    /// The machine that the children of the Distributed Map `state_name` run: its `ItemProcessor`.
    ///
    /// It shares its states with this program and has a fingerprint of its own.
    /// `None` if there is no Distributed Map of this name.
    pub fn item_processor(&self, state_name: &str) -> Option<Self> {
        let (map, distributed) = self.state_called(state_name)?.distributed_map()?;
        let definition = self.0.definition.of_item_processor(state_name);
        Some(Self::new(Machine {
            comment: None,
            start_at: map.start_at,
            states: Arc::clone(&self.0.states),
            own_states: distributed.processor_states.clone(),
            kind: distributed.execution_type,
            timeout_seconds: None,
            definition,
            fingerprint: OnceLock::new(),
        }))
    }

    /// The resources that the `ItemReader`s of Distributed Maps read from, with the Map's name.
    pub fn item_readers(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.own_states().filter_map(|state| {
            let (_, distributed) = state.distributed_map()?;
            Some((&*state.name, &distributed.item_reader.as_ref()?.resource))
        })
    }

    /// The resources that the `ResultWriter`s of Distributed Maps write to, with the Map's name.
    pub fn result_writers(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.own_states().filter_map(|state| {
            let (_, distributed) = state.distributed_map()?;
            let (resource, _) = distributed.result_writer.as_ref()?.destination.as_ref()?;
            Some((&*state.name, resource))
        })
    }

    /// The type of the machine.
    pub fn machine_type(&self) -> MachineType {
        self.0.kind
    }

    pub(crate) fn state_called(&self, name: &str) -> Option<&State> {
        self.own_states().find(|state| &*state.name == name)
    }

    fn own_states(&self) -> impl Iterator<Item = &State> {
        let Range { start, end } = self.0.own_states;
        self.0.states.iter().take(end.0 as usize).skip(start.0 as usize)
    }

    /// The resources that the machine's Tasks name, with the Task's name.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.own_states().filter_map(|state| match &state.kind {
            StateKind::Task(task) => Some((&*state.name, &task.resource)),
            _ => None,
        })
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Program")
            .field("fingerprint", self.fingerprint())
            .field("states", &self.own_states().count())
            .finish_non_exhaustive()
    }
}
