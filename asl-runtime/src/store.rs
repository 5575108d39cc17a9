//! Where executions are journalled: a log of what came in, from which everything else follows.
//!
//! An execution is a deterministic function of its [`JournalEntry`]s, so the journal holds no states and no history.

mod memory;

use std::fmt;
use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot, Start};
use asl_core::program::Fingerprint;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::memory::MemoryStore;

/// Keeps the journals of executions.
///
/// # Contract
///
/// - An execution's version is the number of entries in its journal.
/// - [`append`](Self::append) is durable when it returns: the engine then performs the commands that the entries cause.
/// - A batch is appended as a whole or not at all.
/// - An append that answers [`StoreError::Unavailable`] is tried again, with the same batches or with each alone.
///   Where it may have happened nevertheless, the store must recognise the batch by its expected version and entries,
///   and answer that it is appended: a conflict would make the engine give the execution up.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Appends every batch, in one transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::VersionConflict`] when an execution is not at the version that its batch expects;
    /// nothing is appended then.
    async fn append(&self, batches: &[Batch]) -> Result<(), StoreError>;

    /// Everything that is needed to go on with an execution: its newest snapshot and the entries after it.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError>;

    /// Keeps a snapshot of an execution at `version`, in place of any older one.
    ///
    /// # Errors
    ///
    /// When the execution has fewer entries than `version`, or the store cannot be written.
    async fn save_snapshot(&self, execution_arn: &str, version: u64, snapshot: Snapshot) -> Result<(), StoreError>;

    /// Removes executions that ended and are not to be kept; those that do not exist are passed over.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError>;

    /// The ARNs of all executions, in the order in which they were started.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn list(&self) -> Result<Vec<Arc<str>>, StoreError>;
}

/// Entries to append to the journal of one execution.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Whose journal.
    pub execution_arn: Arc<str>,
    /// How many entries the journal has; 0 starts a new one.
    pub expected_version: u64,
    /// What to append, in order.
    pub entries: Vec<JournalEntry>,
}

/// Something that came in, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The time that the execution was told.
    pub at: Timestamp,
    /// What came in.
    pub inbound: Inbound,
}

/// What comes in to an execution.
///
/// Exhaustive on purpose: who replays a journal must handle everything in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Inbound {
    /// The execution was started: the first entry of every journal.
    Started {
        /// With what.
        start: Box<Start>,
        /// The definition that it is pinned to.
        fingerprint: Fingerprint,
    },
    /// Something happened.
    Event(Event),
    /// A deadline passed.
    DeadlineReached,
}

/// What a store knows of an execution.
#[derive(Debug, Clone)]
pub struct Journal {
    /// How many entries there are in all.
    pub version: u64,
    /// The newest snapshot, and the version that it was taken at.
    pub snapshot: Option<(u64, Snapshot)>,
    /// The entries after the snapshot, all if there is none.
    pub entries: Vec<JournalEntry>,
}

/// Why a store failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else wrote to the execution's journal.
    #[error("`{execution_arn}` is at version {found} of its journal, not {expected}")]
    VersionConflict {
        /// Whose journal.
        execution_arn: Arc<str>,
        /// The version that the batch expected.
        expected: u64,
        /// The version that the journal has.
        found: u64,
    },
    /// The store cannot be reached now; it may be later.
    #[error("the store is unavailable: {0}")]
    Unavailable(Arc<str>),
    /// The store is broken, or holds what this version cannot read.
    #[error("the store is broken: {0}")]
    Broken(Arc<str>),
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
