//! Where an engine keeps what must not be lost: journals, records and documents.
//!
//! An execution is a deterministic function of its [`JournalEntry`]s, so the journal holds what came in and nothing
//! else: states, history and Tasks follow from it. A [`Snapshot`] only shortens the way to them.

#[cfg(feature = "store-conformance")]
pub mod conformance;
mod error;
#[cfg(feature = "store-conformance")]
mod faulty;
mod journal;
mod memory;
mod record;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;
use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::error::StoreError;
#[cfg(feature = "store-conformance")]
pub use self::faulty::{Faults, FaultyStore};
pub use self::journal::{Batch, Inbound, Journal, JournalEntry};
pub use self::memory::MemoryStore;
pub use self::record::{End, ExecutionQuery, ExecutionRecord, Opening, Parent, Standing};
#[cfg(feature = "sqlite")]
pub use self::sqlite::{Durability, SqliteOptions, SqliteStore};

/// Keeps what engines must not lose.
///
/// # Contract
///
/// - What a method wrote is durable when it returns: the engine then acts on it.
/// - A method that writes does so as a whole or not at all.
/// - What answered [`StoreError::Unavailable`] is tried again. Where it may have happened nevertheless,
///   the store must recognise it and answer as if it had just happened: a conflict would make the engine give the
///   execution up. So an append is recognised when its entries are already those that follow the expected version,
///   and a document when its body is already that of the revision that follows the expected one.
/// - Several engines may use one store. An execution that runs has one [`OwnerId`] at a time, and only the owner appends
///   to it. One that ended has none: whoever appends to it owns it from then on.
///
/// With the feature `store-conformance`, `conformance::check` holds a store against this.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Makes a new owner, whose executions are its own until `lease_until`.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    async fn join(&self, lease_until: Timestamp) -> Result<OwnerId, StoreError>;

    /// Extends an owner's lease.
    ///
    /// # Errors
    ///
    /// When the store cannot be written. A lease that ran out can be extended: what others claimed meanwhile is theirs.
    async fn renew(&self, owner: OwnerId, lease_until: Timestamp) -> Result<(), StoreError>;

    /// Ends an owner's lease: others may claim its executions at once.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    async fn leave(&self, owner: OwnerId) -> Result<(), StoreError>;

    /// Makes up to `limit` executions that run and whose owner's lease ended before `now` executions of `owner`,
    /// the oldest first, and returns them.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    async fn claim(&self, owner: OwnerId, now: Timestamp, limit: usize) -> Result<Vec<ExecutionRecord>, StoreError>;

    /// Appends every batch, in one transaction; executions that are new become `owner`'s.
    /// What was left for an execution that ends is removed.
    ///
    /// # Errors
    ///
    /// [`StoreError::VersionConflict`] when an execution is not at the version that its batch expects,
    /// is new and exists, or comes up in two batches; [`StoreError::Fenced`] when it has another owner. Nothing is appended then.
    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError>;

    /// Keeps a snapshot of an execution at `version`, in place of an older one; a newer one stays.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append), where the version must be one that the execution has reached.
    async fn save_snapshot(
        &self,
        owner: OwnerId,
        execution_arn: &str,
        version: u64,
        snapshot: Snapshot,
    ) -> Result<(), StoreError>;

    /// Everything that is needed to go on with an execution: its newest snapshot and the entries after it.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError>;

    /// The whole journal of an execution, without a snapshot: what its history follows from.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn load_from_start(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError>;

    /// The first entry of the journal of each of several executions, in the order asked for: with what it was started.
    /// Nothing for one that does not exist. By default whole journals are read.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn first_entries(&self, execution_arns: &[Arc<str>]) -> Result<Vec<Option<JournalEntry>>, StoreError> {
        let mut first = Vec::with_capacity(execution_arns.len());
        for execution_arn in execution_arns {
            let journal = self.load_from_start(execution_arn).await?;
            first.push(journal.and_then(|journal| journal.entries.into_iter().next()));
        }
        Ok(first)
    }

    /// What is known of an execution without its journal.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn find(&self, execution_arn: &str) -> Result<Option<ExecutionRecord>, StoreError>;

    /// What is known of several executions, in the order asked for. By default they are found one after the other.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn find_all(&self, execution_arns: &[Arc<str>]) -> Result<Vec<Option<ExecutionRecord>>, StoreError> {
        let mut found = Vec::with_capacity(execution_arns.len());
        for execution_arn in execution_arns {
            found.push(self.find(execution_arn).await?);
        }
        Ok(found)
    }

    /// Executions as `query` says, the newest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, StoreError>;

    /// Removes executions that ended, with everything that is kept of them; others are passed over.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError>;

    /// Leaves an event for the owner of an execution, which is another engine.
    /// An event that waits already is not left twice, and one for an execution that does not run is dropped.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    async fn post(&self, execution_arn: &str, event: &Event) -> Result<(), StoreError>;

    /// Up to `limit` events that were left for executions of `owner`, the oldest first.
    /// They stay until a batch says that they were [received](Batch::received).
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn posts(&self, owner: OwnerId, limit: usize) -> Result<Vec<Post>, StoreError>;

    /// Writes a document in place of the one at `expected`; `None` expects that there is none.
    /// Returns its new revision.
    ///
    /// # Errors
    ///
    /// [`StoreError::RevisionConflict`] when the document is at another revision.
    async fn put(&self, key: DocumentKey<'_>, expected: Option<u64>, body: &str) -> Result<u64, StoreError>;

    /// A document, if there is one.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn get(&self, key: DocumentKey<'_>) -> Result<Option<Document>, StoreError>;

    /// Up to `limit` documents of a collection, by name, which come after the name `after`.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn scan(&self, collection: Collection, after: &str, limit: usize) -> Result<Vec<Document>, StoreError>;

    /// Removes a document; does nothing if there is none.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    async fn delete(&self, key: DocumentKey<'_>) -> Result<(), StoreError>;
}

/// An engine that uses a store; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnerId(pub u64);

/// An event that another engine left for an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// What a batch says that it received.
    pub id: u64,
    /// Whom it is for.
    pub execution_arn: Arc<str>,
    /// What happened.
    pub event: Event,
}

/// What kind of thing a [`Document`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Collection {
    /// Texts of definitions, by fingerprint.
    Definitions,
    /// State machines, by ARN.
    StateMachines,
    /// Activities, by ARN.
    Activities,
    /// Map Runs, by ARN.
    MapRuns,
    /// Versions and aliases of state machines, by the machine's ARN.
    Releases,
    /// Tags, by the ARN of what has them.
    Tags,
    /// What engines on this store share, such as the key of task tokens.
    Engine,
}

impl Collection {
    /// The collection's name, for stores to keep; never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Definitions => "definitions",
            Self::StateMachines => "state-machines",
            Self::Activities => "activities",
            Self::MapRuns => "map-runs",
            Self::Releases => "releases",
            Self::Tags => "tags",
            Self::Engine => "engine",
        }
    }
}

/// Where a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey<'a> {
    /// Among what.
    pub collection: Collection,
    /// Its name there.
    pub name: &'a str,
}

/// A small text that engines keep, such as a state machine; its form is the engine's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name in its collection.
    pub name: Arc<str>,
    /// Changes with every write.
    pub revision: u64,
    /// JSON text.
    pub body: Arc<str>,
}
