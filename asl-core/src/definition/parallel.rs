//! The Parallel state.

use super::fields::{Fields, Spanned};
use super::state_fields::QueryLanguage;
use super::state_machine::{MachineRole, StateMachine};

/// [A Parallel state](https://states-language.net/spec.html#parallel-state).
#[derive(Debug)]
pub(crate) struct Parallel {
    pub(crate) branches: Option<Spanned<Vec<StateMachine>>>,
}

impl Parallel {
    /// The branches that could be read.
    pub(crate) fn branches(&self) -> &[StateMachine] {
        self.branches.as_ref().map_or(&[], |branches| &branches.value)
    }

    pub(super) fn read(fields: &Fields<'_>, machine_language: QueryLanguage) -> Self {
        let read = |node| StateMachine::read_inner(MachineRole::Branch, node, machine_language, fields.report);
        Self { branches: fields.array("Branches", read) }
    }
}
