//! What a worker must not forget when it is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// The version of the file's form that is written and read here.
const VERSION: u32 = 1;

/// The jobs that were taken and not answered, and the executions whose pipeline has not been told of their end.
///
/// CodePipeline does not offer a job again that was taken: without the ledger, a job of a worker that is killed before
/// it has answered is lost, though its execution goes on.
/// There are ids, nonces and ARNs in it, and no secret.
#[derive(Default)]
pub struct Ledger {
    path: Option<PathBuf>,
    entries: Entries,
}

/// Nonces are nobody's business.
impl fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ledger")
            .field("path", &self.path)
            .field("jobs", &self.entries.jobs.keys())
            .field("executions", &self.entries.executions)
            .finish()
    }
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    version: u32,
    /// Jobs by their ids, with the nonce while it is not known whether they were taken.
    jobs: BTreeMap<String, Option<String>>,
    /// ARNs of executions.
    executions: BTreeSet<String>,
}

impl Default for Entries {
    fn default() -> Self {
        Self { version: VERSION, jobs: BTreeMap::new(), executions: BTreeSet::new() }
    }
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
    /// When the file is there and cannot be read, is no ledger, or is one of another version.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, LedgerError> {
        let path = path.into();
        let failed = |error| LedgerError { path: path.clone(), error };
        let entries = match std::fs::read(&path) {
            Ok(bytes) => Entries::read(&bytes).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Entries::default(),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { path: Some(path), entries })
    }

    /// Notes the job in the file at `path`; returns whether it was noted before.
    #[cfg(feature = "durable")]
    pub(crate) async fn note_job(path: &Path, job_id: &str) -> Result<bool, LedgerError> {
        let (opened, job_id) = (path.to_owned(), job_id.to_owned());
        let note = move || {
            let mut ledger = Self::open(opened)?;
            let is_new = ledger.entries.jobs.insert(job_id, None).is_none();
            if is_new {
                ledger.write()?;
            }
            Ok(!is_new)
        };
        let noted = tokio::task::spawn_blocking(note).await;
        noted.unwrap_or_else(|error| Err(LedgerError { path: path.to_owned(), error: error.into() }))
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
            std::fs::rename(&new, path)?;
            sync_directory(path)
        };
        replace().map_err(|error| LedgerError { path: path.clone(), error })
    }
}

impl Entries {
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let Versioned { version } = serde_json::from_slice(bytes)?;
        if version != VERSION {
            let message = format!("it is of version {version}, and version {VERSION} is read here");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(serde_json::from_slice(bytes)?)
    }
}

/// A ledger that tasks share: one note at a time is made, and no task's thread waits for the disk.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Mutex<Ledger>>);

impl Shared {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self(Arc::new(Mutex::new(ledger)))
    }

    /// The note is made even if nobody waits for it any more.
    pub(super) async fn note(
        &self,
        entry: impl FnOnce(&mut Ledger) -> Result<(), LedgerError> + Send + 'static,
    ) -> Result<(), LedgerError> {
        let mut ledger = Arc::clone(&self.0).lock_owned().await;
        let Some(path) = ledger.path.clone() else { return entry(&mut ledger) };
        let noted = tokio::task::spawn_blocking(move || entry(&mut ledger)).await;
        noted.unwrap_or_else(|error| Err(LedgerError { path, error: error.into() }))
    }
}

/// A file that was renamed has its new name for good once its directory is synced.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// A ledger that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the ledger `{path}`: {error}")]
pub struct LedgerError {
    path: PathBuf,
    error: io::Error,
}
