//! What was published of a machine: its versions, and the aliases that point to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::program::Fingerprint;
use serde::{Deserialize, Serialize};

use super::catalogue::{StateMachine, read, written};
use super::inner::{Inner, lock};
use crate::error::Error;
use crate::store::{Collection, DocumentKey, StoreError};

/// What was published of one machine, as it is stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Releases {
    /// The number of the latest version, even if it was deleted.
    pub(super) last_version: u64,
    pub(super) versions: BTreeMap<u64, Version>,
    pub(super) aliases: BTreeMap<Arc<str>, Alias>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    pub(super) fingerprint: Fingerprint,
    /// Nothing for the revision that the machine was created with.
    pub(super) revision_id: Option<Arc<str>>,
    pub(super) description: Option<Arc<str>>,
    pub(super) creation_date: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alias {
    pub(super) description: Option<Arc<str>>,
    /// Versions, and of a hundred executions how many are theirs.
    pub(super) routes: Vec<(u64, u8)>,
    pub(super) creation_date: Timestamp,
    pub(super) update_date: Timestamp,
}

/// What an ARN of a machine, a version or an alias leads to.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) state_machine_arn: Arc<str>,
    /// The machine, with the definition that is meant.
    pub(super) machine: StateMachine,
    pub(super) version: Option<(Arc<str>, Version)>,
    pub(super) alias_arn: Option<Arc<str>>,
}

/// The ARN of a machine, and what comes after it: the number of a version or the name of an alias.
pub(super) fn split(arn: &str) -> Option<(&str, &str)> {
    let (machine_arn, qualifier) = arn.rsplit_once(':')?;
    (machine_arn.split(':').count() == 7).then_some((machine_arn, qualifier))
}

/// The number of a version, as ARNs have it.
pub(super) fn number(qualifier: &str) -> Option<u64> {
    qualifier.parse().ok().filter(|number: &u64| number.to_string() == qualifier)
}

impl Inner {
    /// The machine that executions of `arn` are started of; of an alias, the one whose turn it is.
    pub(super) async fn resolve(&self, arn: &str) -> Result<Resolved, Error> {
        let Some((machine_arn, qualifier)) = split(arn) else {
            let (state_machine_arn, machine) = (arn.into(), self.machine(arn).await?);
            return Ok(Resolved { state_machine_arn, machine, version: None, alias_arn: None });
        };
        let does_not_exist = || Error::StateMachineDoesNotExist(arn.into());
        let machine = self.machine(machine_arn).await.map_err(|error| match error {
            Error::StateMachineDoesNotExist(_) => does_not_exist(),
            error => error,
        })?;
        let (releases, _) = self.releases(machine_arn).await?;
        let (number, alias_arn) = if let Some(number) = number(qualifier) {
            (number, None)
        } else {
            let alias = releases.aliases.get(qualifier).ok_or_else(does_not_exist)?;
            (alias.choose(lock(&self.random).u8(0..100)).ok_or_else(does_not_exist)?, Some(arn.into()))
        };
        let version = releases.versions.get(&number).ok_or_else(does_not_exist)?.clone();
        let machine = StateMachine { fingerprint: version.fingerprint.clone(), ..machine };
        let version = Some((format!("{machine_arn}:{number}").into(), version));
        Ok(Resolved { state_machine_arn: machine_arn.into(), machine, version, alias_arn })
    }

    pub(super) async fn releases(&self, state_machine_arn: &str) -> Result<(Releases, Option<u64>), Error> {
        match self.store.get(releases_key(state_machine_arn)).await? {
            Some(document) => Ok((read(&document)?, Some(document.revision))),
            None => Ok((Releases::default(), None)),
        }
    }

    /// Changes what was published; the change is made again if somebody else made one meanwhile.
    pub(super) async fn change_releases<T>(
        &self,
        state_machine_arn: &str,
        mut change: impl FnMut(&mut Releases) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        loop {
            let (mut releases, revision) = self.releases(state_machine_arn).await?;
            let result = change(&mut releases)?;
            match self.store.put(releases_key(state_machine_arn), revision, &written(&releases)?).await {
                Ok(_) => return Ok(result),
                Err(StoreError::RevisionConflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Alias {
    /// The version that the alias leads to for a number below 100.
    fn choose(&self, mut number: u8) -> Option<u64> {
        for (version, weight) in &self.routes {
            match number.checked_sub(*weight) {
                None => return Some(*version),
                Some(rest) => number = rest,
            }
        }
        self.routes.first().map(|(version, _)| *version)
    }
}

pub(super) fn releases_key(state_machine_arn: &str) -> DocumentKey<'_> {
    DocumentKey { collection: Collection::Releases, name: state_machine_arn }
}
