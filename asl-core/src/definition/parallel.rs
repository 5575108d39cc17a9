//! The Parallel state.

use super::fields::{Fields, Spanned};
use super::state_fields::QueryLanguage;
use super::state_machine::{MachineRole, StateMachine};

/// [A Parallel state](https://states-language.net/spec.html#parallel-state).
#[derive(Debug)]
pub(crate) struct Parallel<'t> {
    pub(crate) branches: Option<Spanned<Vec<StateMachine<'t>>>>,
}

impl<'t> Parallel<'t> {
    /// The branches that could be read.
    pub(crate) fn branches(&self) -> &[StateMachine<'t>] {
        self.branches.as_ref().map_or(&[], |branches| &branches.value)
    }

    pub(super) fn read(fields: &Fields<'t>, machine_language: QueryLanguage) -> Self {
        let read = |node| StateMachine::read_inner(MachineRole::Branch, node, machine_language, fields.report);
        Self { branches: fields.array("Branches", read) }
    }
}
