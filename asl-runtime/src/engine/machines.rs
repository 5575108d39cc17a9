//! The engine's calls about state machines.

use std::sync::Arc;

use asl_core::{Options, Program};

use super::Engine;
use super::catalogue::StateMachine;
use super::description::{StateMachineDescription, StateMachineSummary};
use super::names::check_name;
use super::releases::Resolved;
use super::versions::{INITIAL, PublishVersion, StateMachineVersion};
use crate::error::{Error, InvalidDefinition};

impl Engine {
    /// Makes a machine of a definition's text; returns its ARN.
    ///
    /// The same definition under the same name again is the same machine.
    ///
    /// # Errors
    ///
    /// `InvalidDefinition` with every fault of the text, and as
    /// [`create_state_machine_from_program`](Self::create_state_machine_from_program).
    pub async fn create_state_machine(&self, name: &str, definition: &str) -> Result<Arc<str>, Error> {
        self.create_state_machine_with(name, definition, Options::new()).await
    }

    /// The same for a definition that is written, or meant, as `options` say, such as that of an Express machine.
    ///
    /// # Errors
    ///
    /// As [`create_state_machine`](Self::create_state_machine).
    pub async fn create_state_machine_with(
        &self,
        name: &str,
        definition: &str,
        options: Options,
    ) -> Result<Arc<str>, Error> {
        self.create_state_machine_from_program(name, &compile(definition, options)?).await
    }

    /// Makes a machine of a program; returns its ARN.
    ///
    /// # Errors
    ///
    /// `InvalidName`, `StateMachineAlreadyExists` for another program under a name that is taken,
    /// [`Error::MissingHandlers`] when a Task has no handler, [`Error::MissingObjects`],
    /// and [`Error::Store`] when it could not be written.
    pub async fn create_state_machine_from_program(&self, name: &str, program: &Program) -> Result<Arc<str>, Error> {
        self.0.is_open()?;
        check_name(name)?;
        self.0.check(program)?;
        let arn = self.0.names.state_machine_arn(name);
        self.0.add_machine(&arn, name, program).await?;
        Ok(arn)
    }

    /// Gives a machine another definition, in JSON; executions that run keep theirs, and the machine its type.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, `InvalidDefinition`, [`Error::MissingHandlers`] when a Task has no handler,
    /// [`Error::MissingObjects`], and [`Error::Store`] when it could not be written.
    pub async fn update_state_machine(&self, state_machine_arn: &str, definition: &str) -> Result<(), Error> {
        self.change_definition(state_machine_arn, definition).await.map(|_| ())
    }

    /// Makes a machine and publishes its first version, as `CreateStateMachine` does with `publish`.
    ///
    /// The same machine and description again are the same version.
    ///
    /// # Errors
    ///
    /// As [`create_state_machine`](Self::create_state_machine) and
    /// [`publish_state_machine_version`](Self::publish_state_machine_version); the machine may have been made then.
    pub async fn create_and_publish_state_machine(
        &self,
        name: &str,
        definition: &str,
        options: Options,
        version_description: Option<&str>,
    ) -> Result<StateMachineVersion, Error> {
        let state_machine_arn = self.create_state_machine_with(name, definition, options).await?;
        self.publish_state_machine_version(&state_machine_arn, published_as(version_description)).await
    }

    /// Gives a machine another definition and publishes it, as `UpdateStateMachine` does with `publish`.
    ///
    /// A definition that the machine has already is published if it was not.
    ///
    /// # Errors
    ///
    /// As [`update_state_machine`](Self::update_state_machine) and
    /// [`publish_state_machine_version`](Self::publish_state_machine_version), also when somebody else changes the
    /// machine meanwhile; the machine may have been changed then.
    pub async fn update_and_publish_state_machine(
        &self,
        state_machine_arn: &str,
        definition: &str,
        version_description: Option<&str>,
    ) -> Result<StateMachineVersion, Error> {
        let revision_id = self.change_definition(state_machine_arn, definition).await?;
        let request = published_as(version_description).revision_id(revision_id.unwrap_or_else(|| INITIAL.into()));
        self.publish_state_machine_version(state_machine_arn, request).await
    }

    /// Returns the revision that has the definition.
    async fn change_definition(&self, state_machine_arn: &str, definition: &str) -> Result<Option<Arc<str>>, Error> {
        self.0.is_open()?;
        let machine = self.0.machine(state_machine_arn).await?;
        let known = self.0.program(&machine.fingerprint).await?;
        let options = Options::new().machine_type(known.machine_type()).compatibility(known.compatibility());
        let program = compile(definition, options)?;
        self.0.check(&program)?;
        self.0.change_machine(state_machine_arn, &program).await
    }

    /// What is known of a machine, or of a version of one.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, which is also said of an alias, and [`Error::Store`] when the store cannot be read.
    pub async fn describe_state_machine(&self, state_machine_arn: &str) -> Result<StateMachineDescription, Error> {
        let Resolved { machine, version, alias_arn, .. } = self.0.resolve(state_machine_arn).await?;
        if alias_arn.is_some() {
            return Err(Error::StateMachineDoesNotExist(state_machine_arn.into()));
        }
        let program = self.0.program(&machine.fingerprint).await?;
        let StateMachine { name, creation_date, revision_id, .. } = machine;
        let (creation_date, revision_id, description) = match version {
            Some((_, version)) => (version.creation_date, version.revision_id, version.description),
            None => (creation_date, revision_id, None),
        };
        Ok(StateMachineDescription {
            state_machine_arn: state_machine_arn.into(),
            name,
            definition: Arc::clone(program.definition().text()),
            machine_type: program.machine_type(),
            creation_date,
            revision_id,
            description,
        })
    }

    /// Deletes a machine with its versions, aliases and tags; does nothing if there is none.
    ///
    /// Its executions go on to their end, unlike on AWS, and can be described by their ARNs.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it could not be written.
    pub async fn delete_state_machine(&self, state_machine_arn: &str) -> Result<(), Error> {
        self.0.is_open()?;
        self.0.remove_machine(state_machine_arn).await
    }

    /// Every machine, by its ARN.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store cannot be read.
    pub async fn list_state_machines(&self) -> Result<Vec<StateMachineSummary>, Error> {
        self.0.machines().await
    }
}

fn published_as(description: Option<&str>) -> PublishVersion {
    let request = PublishVersion::new();
    match description {
        Some(description) => request.description(description),
        None => request,
    }
}

fn compile(definition: &str, options: Options) -> Result<Program, InvalidDefinition> {
    let compiled = asl_core::compile_with(definition, options);
    compiled.program.ok_or_else(|| InvalidDefinition::new(compiled.diagnostics))
}
