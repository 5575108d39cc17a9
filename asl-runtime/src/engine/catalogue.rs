//! State machines and definitions: in the store, and compiled once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use asl_core::program::{Fingerprint, PinnedDefinition};
use asl_core::{Program, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::description::StateMachineSummary;
use super::inner::{Inner, lock};
use super::names::random_name;
use super::releases::releases_key;
use super::tags::tags_key;
use crate::error::Error;
use crate::store::{Collection, Document, DocumentKey, StoreError};

/// How many programs are kept compiled; beyond that all are compiled again when they are used.
const PROGRAMS: usize = 1_000;

/// How many documents are read at once.
const PAGE: usize = 500;

/// Programs by what they were compiled from.
#[derive(Debug, Default)]
pub(super) struct Programs(Mutex<HashMap<Fingerprint, Program>>);

impl Programs {
    fn find(&self, fingerprint: &Fingerprint) -> Option<Program> {
        lock(&self.0).get(fingerprint).cloned()
    }

    fn keep(&self, program: &Program) {
        let mut programs = lock(&self.0);
        if programs.len() >= PROGRAMS {
            programs.clear();
        }
        programs.insert(program.fingerprint().clone(), program.clone());
    }
}

/// A machine that executions can be started of, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateMachine {
    pub(super) name: Arc<str>,
    pub(super) fingerprint: Fingerprint,
    pub(super) creation_date: Timestamp,
    /// Nothing for the revision that the machine was created with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revision_id: Option<Arc<str>>,
}

impl Inner {
    /// The machine of an ARN.
    pub(super) async fn machine(&self, state_machine_arn: &str) -> Result<StateMachine, Error> {
        let (machine, _) = self.machine_and_revision(state_machine_arn).await?;
        Ok(machine)
    }

    async fn machine_and_revision(&self, state_machine_arn: &str) -> Result<(StateMachine, u64), Error> {
        match self.store.get(machine_key(state_machine_arn)).await? {
            Some(document) => Ok((read(&document)?, document.revision)),
            None => Err(Error::StateMachineDoesNotExist(state_machine_arn.into())),
        }
    }

    /// Every machine, by its ARN.
    pub(super) async fn machines(&self) -> Result<Vec<StateMachineSummary>, Error> {
        let mut machines: Vec<StateMachineSummary> = Vec::new();
        loop {
            let after = machines.last().map(|last| Arc::clone(&last.state_machine_arn)).unwrap_or_default();
            let page = self.store.scan(Collection::StateMachines, &after, PAGE).await?;
            let is_last = page.len() < PAGE;
            for document in page {
                let StateMachine { name, creation_date, .. } = read(&document)?;
                machines.push(StateMachineSummary { state_machine_arn: document.name, name, creation_date });
            }
            if is_last {
                return Ok(machines);
            }
        }
    }

    /// Keeps a new machine; the same one again is no fault.
    pub(super) async fn add_machine(&self, arn: &Arc<str>, name: &str, program: &Program) -> Result<(), Error> {
        self.keep_definition(program).await?;
        let fingerprint = program.fingerprint().clone();
        let machine =
            StateMachine { name: name.into(), fingerprint, creation_date: self.clock.now(), revision_id: None };
        match self.store.put(machine_key(arn), None, &written(&machine)?).await {
            Ok(_) => Ok(()),
            Err(StoreError::RevisionConflict { .. }) => {
                let known = self.machine(arn).await?;
                if known.fingerprint == machine.fingerprint {
                    Ok(())
                } else {
                    Err(Error::StateMachineAlreadyExists(Arc::clone(arn)))
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a machine another program; of two who do so at once the later one wins. Returns the revision that has it.
    pub(super) async fn change_machine(
        &self,
        state_machine_arn: &str,
        program: &Program,
    ) -> Result<Option<Arc<str>>, Error> {
        self.keep_definition(program).await?;
        loop {
            let (mut machine, revision) = self.machine_and_revision(state_machine_arn).await?;
            if machine.fingerprint == *program.fingerprint() {
                return Ok(machine.revision_id);
            }
            machine.fingerprint = program.fingerprint().clone();
            machine.revision_id = Some(random_name(&mut lock(&self.random)).into());
            match self.store.put(machine_key(state_machine_arn), Some(revision), &written(&machine)?).await {
                Ok(_) => return Ok(machine.revision_id),
                Err(StoreError::RevisionConflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Removes a machine, with what was published of it and its tags.
    pub(super) async fn remove_machine(&self, state_machine_arn: &str) -> Result<(), Error> {
        // The machine itself goes last: a machine of the same name must not find what is left of this one.
        for key in [releases_key(state_machine_arn), tags_key(state_machine_arn), machine_key(state_machine_arn)] {
            self.store.delete(key).await?;
        }
        Ok(())
    }

    /// Keeps the definition that executions of `program` are pinned to.
    pub(super) async fn keep_definition(&self, program: &Program) -> Result<(), Error> {
        let key = definition_key(program.fingerprint());
        match self.store.put(key, None, &written(program.definition())?).await {
            Ok(_) | Err(StoreError::RevisionConflict { .. }) => {
                self.programs.keep(program);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The program that an execution is pinned to.
    pub(super) async fn program(&self, fingerprint: &Fingerprint) -> Result<Program, StoreError> {
        if let Some(program) = self.programs.find(fingerprint) {
            return Ok(program);
        }
        let document = self.store.get(definition_key(fingerprint)).await?;
        let document =
            document.ok_or_else(|| broken(format!("there is no definition of fingerprint {fingerprint}")))?;
        let definition: PinnedDefinition = read(&document)?;
        let program = definition
            .compile()
            .ok_or_else(|| broken(format!("the definition of fingerprint {fingerprint} does not compile any more")))?;
        self.programs.keep(&program);
        Ok(program)
    }
}

fn machine_key(state_machine_arn: &str) -> DocumentKey<'_> {
    DocumentKey { collection: Collection::StateMachines, name: state_machine_arn }
}

fn definition_key(fingerprint: &Fingerprint) -> DocumentKey<'_> {
    DocumentKey { collection: Collection::Definitions, name: fingerprint.as_str() }
}

/// What a document says.
pub(super) fn read<T: DeserializeOwned>(document: &Document) -> Result<T, StoreError> {
    serde_json::from_str(&document.body)
        .map_err(|error| broken(format!("the document `{}` cannot be read: {error}", document.name)))
}

/// The body of a document.
pub(super) fn written<T: Serialize>(document: &T) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(|error| broken(format!("a document cannot be written: {error}")))
}

fn broken(reason: String) -> StoreError {
    StoreError::Broken(reason.into())
}
