//! The machines that Tasks of a simulation can start executions of.

use std::collections::BTreeMap;
use std::sync::Arc;

use asl_core::Program;

use crate::engine::names::Names;
use crate::error::Error;

/// Machines by their name or ARN.
#[derive(Debug, Default)]
pub(super) struct Machines(BTreeMap<Arc<str>, Program>);

/// A machine that was found.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub(super) program: &'a Program,
    pub(super) name: &'a str,
    /// Where its ARN says that it is.
    pub(super) names: Names,
}

impl Machines {
    pub(super) fn add(&mut self, name_or_arn: Arc<str>, program: Program) {
        self.0.insert(name_or_arn, program);
    }

    pub(super) fn programs(&self) -> impl Iterator<Item = &Program> {
        self.0.values()
    }

    /// The machine of an ARN.
    pub(super) fn find<'a>(&'a self, state_machine_arn: &'a str) -> Result<Machine<'a>, Error> {
        let parts: Vec<_> = state_machine_arn.split(':').collect();
        let found = match parts.as_slice() {
            ["arn", _, "states", region, account, "stateMachine", name, qualifier @ ..] => {
                let by_name = || self.0.get(*name).filter(|_| qualifier.is_empty());
                let program = self.0.get(state_machine_arn).or_else(by_name);
                let names = Names { region: (*region).into(), account: (*account).into() };
                program.map(|program| Machine { program, name, names })
            }
            _ => None,
        };
        found.ok_or_else(|| Error::StateMachineDoesNotExist(state_machine_arn.into()))
    }
}
