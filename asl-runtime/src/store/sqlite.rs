//! Everything in one SQLite file.
//!
//! One thread writes. It takes everything that waits into one transaction, commits it, and answers then: many
//! executions share the price of a sync. Other threads read, each at its own connection, and hold nobody up.
//!
//! Several processes of one host may use the file. It must be on a local disk.

mod append;
mod body;
mod documents;
mod failure;
mod journals;
mod open;
mod owners;
mod posts;
mod record;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot};
use async_trait::async_trait;

use self::append::Prepared;
use self::body::Body;
use self::owners::Untold;
use self::work::Threads;
use super::{
    Batch, Collection, Document, DocumentKey, ExecutionQuery, ExecutionRecord, Journal, JournalEntry, OwnerId, Post,
    Store, StoreError,
};

/// What an acknowledged write outlives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// The process, the operating system and the power supply: every commit is synced to the disk.
    #[default]
    Disk,
    /// The process, however it ends. If the operating system crashes or power fails, the last writes may be missing;
    /// the file is whole.
    Process,
}

/// How a [`SqliteStore`] is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    path: PathBuf,
    durability: Durability,
    busy_timeout: Duration,
    max_pages: Option<u32>,
}

impl SqliteOptions {
    /// The file at `path`, which is made if there is none; its directory must exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let busy_timeout = Duration::from_secs(5);
        Self { path: path.into(), durability: Durability::default(), busy_timeout, max_pages: None }
    }

    /// What an acknowledged write outlives; by default [`Durability::Disk`].
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// How long a write waits for another process before it is [`StoreError::Unavailable`]; by default 5 seconds.
    #[must_use]
    pub fn busy_timeout(self, busy_timeout: Duration) -> Self {
        Self { busy_timeout, ..self }
    }

    /// Bounds the file to so many pages of 4 KiB; what does not fit is [`StoreError::Unavailable`].
    /// By default the disk is the bound.
    #[must_use]
    pub fn max_pages(self, max_pages: u32) -> Self {
        Self { max_pages: Some(max_pages), ..self }
    }

    /// Opens the file; this blocks while it is read.
    ///
    /// # Errors
    ///
    /// [`StoreError::Broken`] when the file is not a store, is damaged, was written by a newer version of this library,
    /// or cannot be opened; [`StoreError::Unavailable`] when another process holds it.
    pub fn open(self) -> Result<SqliteStore, StoreError> {
        Ok(SqliteStore { threads: Arc::new(Threads::start(&self)?), untold: Untold::default() })
    }
}

/// Keeps everything in an SQLite file; clones share it.
///
/// The work is done by threads of its own. Tokio's paused clock does not know of them: a test in virtual time lets
/// time pass while they work.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    threads: Arc<Threads>,
    untold: Untold,
}

impl SqliteStore {
    /// Opens the file at `path`, or makes it; see [`SqliteOptions`] for more.
    ///
    /// # Errors
    ///
    /// As [`SqliteOptions::open`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        SqliteOptions::new(path).open()
    }
}

/// SQLite's integers have a sign; what is kept here never needs it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[async_trait]
impl Store for SqliteStore {
    async fn join(&self, lease_until: Timestamp) -> Result<OwnerId, StoreError> {
        self.threads.write(move |connection| owners::join(connection, lease_until)).await
    }

    async fn renew(&self, owner: OwnerId, lease_until: Timestamp) -> Result<(), StoreError> {
        self.threads.write(move |connection| owners::renew(connection, owner, lease_until)).await
    }

    async fn leave(&self, owner: OwnerId) -> Result<(), StoreError> {
        self.threads.write(move |connection| owners::leave(connection, owner)).await
    }

    async fn claim(&self, owner: OwnerId, now: Timestamp, limit: usize) -> Result<Vec<ExecutionRecord>, StoreError> {
        let untold = self.untold.clone();
        let work = move |connection: &_| owners::claim(connection, owner, now, limit, &untold);
        let claimed = self.threads.write(work).await?;
        self.untold.told(owner, &claimed);
        Ok(claimed)
    }

    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError> {
        let prepared = batches.iter().map(Prepared::of).collect::<Result<Vec<_>, _>>()?;
        self.threads.write(move |connection| append::append(connection, owner, &prepared)).await
    }

    async fn save_snapshot(
        &self,
        owner: OwnerId,
        execution_arn: &str,
        version: u64,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        let (execution_arn, body) = (Arc::from(execution_arn), Body::of(&snapshot)?);
        let work = move |connection: &_| journals::save_snapshot(connection, owner, &execution_arn, version, &body);
        self.threads.write(work).await
    }

    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        let arn = execution_arn.to_owned();
        self.threads.read(move |connection| journals::load(connection, &arn, journals::From::Snapshot)).await
    }

    async fn load_from_start(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        let arn = execution_arn.to_owned();
        self.threads.read(move |connection| journals::load(connection, &arn, journals::From::Start)).await
    }

    async fn first_entries(&self, execution_arns: &[Arc<str>]) -> Result<Vec<Option<JournalEntry>>, StoreError> {
        let arns = execution_arns.to_vec();
        self.threads.read(move |connection| journals::first_entries(connection, &arns)).await
    }

    async fn find(&self, execution_arn: &str) -> Result<Option<ExecutionRecord>, StoreError> {
        let arn = execution_arn.to_owned();
        self.threads.read(move |connection| record::by_arn(connection, &arn)).await
    }

    async fn find_all(&self, execution_arns: &[Arc<str>]) -> Result<Vec<Option<ExecutionRecord>>, StoreError> {
        let arns = execution_arns.to_vec();
        self.threads.read(move |connection| record::by_arns(connection, &arns)).await
    }

    async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, StoreError> {
        let query = query.clone();
        self.threads.read(move |connection| record::list(connection, &query)).await
    }

    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError> {
        let execution_arns = execution_arns.to_vec();
        self.threads.write(move |connection| journals::remove(connection, &execution_arns)).await
    }

    async fn post(&self, execution_arn: &str, event: &Event) -> Result<(), StoreError> {
        let (arn, body) = (execution_arn.to_owned(), Body::of(event)?);
        self.threads.write(move |connection| posts::post(connection, &arn, &body)).await
    }

    async fn posts(&self, owner: OwnerId, limit: usize) -> Result<Vec<Post>, StoreError> {
        self.threads.read(move |connection| posts::posts(connection, owner, limit)).await
    }

    async fn put(&self, key: DocumentKey<'_>, expected: Option<u64>, body: &str) -> Result<u64, StoreError> {
        let (collection, name, body) = (key.collection, key.name.to_owned(), body.to_owned());
        let work =
            move |connection: &_| documents::put(connection, DocumentKey { collection, name: &name }, expected, &body);
        self.threads.write(work).await
    }

    async fn get(&self, key: DocumentKey<'_>) -> Result<Option<Document>, StoreError> {
        let (collection, name) = (key.collection, key.name.to_owned());
        self.threads.read(move |connection| documents::get(connection, DocumentKey { collection, name: &name })).await
    }

    async fn scan(&self, collection: Collection, after: &str, limit: usize) -> Result<Vec<Document>, StoreError> {
        let after = after.to_owned();
        self.threads.read(move |connection| documents::scan(connection, collection, &after, limit)).await
    }

    async fn delete(&self, key: DocumentKey<'_>) -> Result<(), StoreError> {
        let (collection, name) = (key.collection, key.name.to_owned());
        let work = move |connection: &_| documents::delete(connection, DocumentKey { collection, name: &name });
        self.threads.write(work).await
    }
}
