//! The engine's calls about versions of state machines.
//!
//! See [State machine versions](https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html).

use std::sync::Arc;

use asl_core::Timestamp;

use super::Engine;
use super::releases::{Releases, Version, number, split};
use crate::error::Error;

/// The most versions of a machine.
const VERSIONS: usize = 1_000;

/// What the first revision of a machine is called.
pub(super) const INITIAL: &str = "INITIAL";

/// A version of a machine, as `PublishStateMachineVersion` and `ListStateMachineVersions` show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateMachineVersion {
    /// The version's ARN: the machine's, and the number of the version.
    pub state_machine_version_arn: Arc<str>,
    /// When it was published.
    pub creation_date: Timestamp,
}

/// What to publish, beyond the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "the engine must be asked"]
pub struct PublishVersion {
    revision_id: Option<Arc<str>>,
    description: Option<Arc<str>>,
}

impl PublishVersion {
    /// The machine as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only if the machine is at this revision; `INITIAL` is the one that it was created with.
    pub fn revision_id(mut self, revision_id: impl Into<Arc<str>>) -> Self {
        self.revision_id = Some(revision_id.into());
        self
    }

    /// What is said of the version.
    pub fn description(mut self, description: impl Into<Arc<str>>) -> Self {
        self.description = Some(description.into());
        self
    }
}

impl Engine {
    /// Makes a version of a machine as it is, which never changes; a revision has one version.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, `ConflictException` when the machine is at another revision or its revision has a
    /// version with another description, `ServiceQuotaExceededException` for more than 1,000 versions,
    /// and [`Error::Store`] when it could not be written.
    pub async fn publish_state_machine_version(
        &self,
        state_machine_arn: &str,
        request: PublishVersion,
    ) -> Result<StateMachineVersion, Error> {
        self.0.is_open()?;
        let machine = self.0.machine(state_machine_arn).await?;
        let PublishVersion { revision_id, description } = request;
        let current = machine.revision_id.as_deref().unwrap_or(INITIAL);
        if let Some(wanted) = revision_id.filter(|wanted| &**wanted != current) {
            return Err(Error::Conflict(
                format!(
                    "Failed to publish the State Machine version for revision {wanted}. \
                     The current State Machine revision is {current}."
                )
                .into(),
            ));
        }
        let version = Version {
            fingerprint: machine.fingerprint,
            revision_id: machine.revision_id.clone(),
            description,
            creation_date: self.0.clock.now(),
        };
        let change = |releases: &mut Releases| {
            let known = releases.versions.iter().find(|(_, known)| known.revision_id == version.revision_id);
            if let Some((number, known)) = known {
                if known.description == version.description {
                    return Ok((*number, known.creation_date));
                }
                let reason = "Failed to publish the State Machine version: the revision has a version with another \
                              description.";
                return Err(Error::Conflict(reason.into()));
            }
            if releases.versions.len() >= VERSIONS {
                let reason = format!("A state machine has at most {VERSIONS} versions.");
                return Err(Error::ServiceQuotaExceeded(reason.into()));
            }
            releases.last_version += 1;
            releases.versions.insert(releases.last_version, version.clone());
            Ok((releases.last_version, version.creation_date))
        };
        let (number, creation_date) = self.0.change_releases(state_machine_arn, change).await?;
        let state_machine_version_arn = format!("{state_machine_arn}:{number}").into();
        Ok(StateMachineVersion { state_machine_version_arn, creation_date })
    }

    /// The versions of a machine, the newest first.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, and [`Error::Store`] when the store cannot be read.
    pub async fn list_state_machine_versions(
        &self,
        state_machine_arn: &str,
    ) -> Result<Vec<StateMachineVersion>, Error> {
        self.0.machine(state_machine_arn).await?;
        let (releases, _) = self.0.releases(state_machine_arn).await?;
        let versions = releases.versions.into_iter().rev().map(|(number, version)| StateMachineVersion {
            state_machine_version_arn: format!("{state_machine_arn}:{number}").into(),
            creation_date: version.creation_date,
        });
        Ok(versions.collect())
    }

    /// Deletes a version, whose number is never used again; executions of it go on. Does nothing if there is none.
    ///
    /// # Errors
    ///
    /// `ValidationException` for another ARN, `ConflictException` when an alias points to the version,
    /// and [`Error::Store`] when it could not be written.
    pub async fn delete_state_machine_version(&self, state_machine_version_arn: &str) -> Result<(), Error> {
        self.0.is_open()?;
        let Some((state_machine_arn, number)) = numbered(state_machine_version_arn) else {
            let reason = format!("Not the ARN of a state machine version: {state_machine_version_arn}");
            return Err(Error::Validation(reason.into()));
        };
        let (releases, _) = self.0.releases(state_machine_arn).await?;
        if !releases.versions.contains_key(&number) {
            return Ok(());
        }
        self.0
            .change_releases(state_machine_arn, |releases| {
                let aliases = releases.aliases.iter();
                let aliases: Vec<_> = aliases
                    .filter(|(_, alias)| alias.routes.iter().any(|(version, _)| *version == number))
                    .map(|(name, _)| &**name)
                    .collect();
                if !aliases.is_empty() {
                    let reason = format!(
                        "Version to be deleted must not be referenced by an alias. \
                         Current list of aliases referencing this version: [{}]",
                        aliases.join(", ")
                    );
                    return Err(Error::Conflict(reason.into()));
                }
                releases.versions.remove(&number);
                Ok(())
            })
            .await
    }
}

/// The machine's ARN and the number in a version's ARN.
pub(super) fn numbered(state_machine_version_arn: &str) -> Option<(&str, u64)> {
    let (state_machine_arn, qualifier) = split(state_machine_version_arn)?;
    Some((state_machine_arn, number(qualifier)?))
}
