//! What a worker must not forget when it is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The jobs that were taken and not answered, and the executions whose pipeline has not been told of their end.
///
/// CodePipeline does not offer a job again that was taken: without the ledger, a job of a worker that is killed before
/// it has answered is lost, though its execution goes on.
/// There are ids, nonces and ARNs in it, and no secret.
#[derive(Debug, Default)]
pub struct Ledger {
    path: Option<PathBuf>,
    entries: Entries,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    /// Jobs by their ids, with the nonce while it is not known whether they were taken.
    jobs: BTreeMap<String, Option<String>>,
    /// ARNs of executions.
    executions: BTreeSet<String>,
}

impl Ledger {
    /// A ledger that is forgotten with the process.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The ledger in the file at `path`, which is made when there is something to write.
    ///
    /// One worker at a time may have it; it belongs to the store of the worker's executions.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be read, or is no ledger.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, LedgerError> {
        let path = path.into();
        let failed = |error| LedgerError { path: path.clone(), error };
        let entries = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Entries::default(),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { path: Some(path), entries })
    }

    pub(super) fn jobs(&self) -> Vec<(String, Option<String>)> {
        self.entries.jobs.iter().map(|(job_id, nonce)| (job_id.clone(), nonce.clone())).collect()
    }

    pub(super) fn executions(&self) -> impl Iterator<Item = &str> {
        self.entries.executions.iter().map(String::as_str)
    }

    /// The job is about to be taken.
    pub(super) fn taking(&mut self, job_id: &str, nonce: &str) -> Result<(), LedgerError> {
        self.entries.jobs.insert(job_id.to_owned(), Some(nonce.to_owned()));
        self.write()
    }

    /// The job was taken.
    pub(super) fn taken(&mut self, job_id: &str) -> Result<(), LedgerError> {
        self.entries.jobs.insert(job_id.to_owned(), None);
        self.write()
    }

    /// An execution runs, which jobs are to name.
    pub(super) fn runs(&mut self, execution_arn: &str) -> Result<(), LedgerError> {
        if self.entries.executions.insert(execution_arn.to_owned()) { self.write() } else { Ok(()) }
    }

    /// The job is no longer the worker's.
    pub(super) fn done(&mut self, job_id: &str) -> Result<(), LedgerError> {
        if self.entries.jobs.remove(job_id).is_some() { self.write() } else { Ok(()) }
    }

    /// No job is to name the execution any more.
    pub(super) fn ended(&mut self, execution_arn: &str) -> Result<(), LedgerError> {
        if self.entries.executions.remove(execution_arn) { self.write() } else { Ok(()) }
    }

    /// Replaces the file as a whole: whoever is killed meanwhile leaves the one before.
    fn write(&self) -> Result<(), LedgerError> {
        let Some(path) = &self.path else { return Ok(()) };
        let replace = || {
            let new = beside(path);
            let mut file = File::create(&new)?;
            file.write_all(&serde_json::to_vec(&self.entries)?)?;
            file.sync_all()?;
            std::fs::rename(&new, path)
        };
        replace().map_err(|error| LedgerError { path: path.clone(), error })
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// A ledger that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the worker's ledger `{path}`: {error}")]
pub struct LedgerError {
    path: PathBuf,
    error: io::Error,
}
