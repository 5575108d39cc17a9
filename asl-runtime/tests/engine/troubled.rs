//! A store in memory that fails, or answers no more, when it is told to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot};
use asl_runtime::store::{
    Batch, Collection, Document, DocumentKey, ExecutionQuery, ExecutionRecord, Journal, MemoryStore, OwnerId, Post,
    Store, StoreError,
};
use async_trait::async_trait;
use tokio::sync::Notify;

/// Fails appends as often as it is told to.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubled {
    pub(super) journals: MemoryStore,
    pub(super) failures: Arc<Mutex<Vec<StoreError>>>,
    pub(super) appends: Arc<AtomicUsize>,
    pub(super) loads: Arc<AtomicUsize>,
    pub(super) death: Option<Death>,
    pub(super) died: Arc<Notify>,
}

/// When a store, and so the engine on it, comes to its end: at the append of this number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Death {
    Before(usize),
    After(usize),
}

impl Troubled {
    pub(super) fn failing(failures: impl IntoIterator<Item = StoreError>) -> Self {
        Self { failures: Arc::new(Mutex::new(failures.into_iter().collect())), ..Self::default() }
    }

    /// A write that fails or comes to its end if it is to.
    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let number = self.appends.fetch_add(1, Ordering::SeqCst);
        let failure = self.failures.lock().unwrap().pop();
        let written = match (failure, self.death) {
            (Some(failure), _) => return Err(failure),
            (None, Some(Death::Before(last))) if number >= last => None,
            (None, Some(Death::After(last))) if number > last => None,
            (None, _) => Some(write.await),
        };
        match (written, self.death) {
            (Some(written), Some(Death::After(last))) if number < last => written,
            (Some(written), Some(Death::Before(_)) | None) => written,
            _ => {
                self.died.notify_one();
                std::future::pending().await
            }
        }
    }
}

#[async_trait]
impl Store for Troubled {
    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError> {
        self.write(self.journals.append(owner, batches)).await
    }

    async fn join(&self, lease_until: Timestamp) -> Result<OwnerId, StoreError> {
        self.journals.join(lease_until).await
    }

    async fn renew(&self, owner: OwnerId, lease_until: Timestamp) -> Result<(), StoreError> {
        self.journals.renew(owner, lease_until).await
    }

    async fn leave(&self, owner: OwnerId) -> Result<(), StoreError> {
        self.journals.leave(owner).await
    }

    async fn claim(&self, owner: OwnerId, now: Timestamp, limit: usize) -> Result<Vec<ExecutionRecord>, StoreError> {
        self.journals.claim(owner, now, limit).await
    }

    async fn save_snapshot(
        &self,
        owner: OwnerId,
        execution_arn: &str,
        version: u64,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        self.journals.save_snapshot(owner, execution_arn, version, snapshot).await
    }

    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.journals.load(execution_arn).await
    }

    async fn load_from_start(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        self.journals.load_from_start(execution_arn).await
    }

    async fn find(&self, execution_arn: &str) -> Result<Option<ExecutionRecord>, StoreError> {
        self.journals.find(execution_arn).await
    }

    async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, StoreError> {
        self.journals.list(query).await
    }

    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError> {
        self.journals.remove(execution_arns).await
    }

    async fn post(&self, execution_arn: &str, event: &Event) -> Result<(), StoreError> {
        self.journals.post(execution_arn, event).await
    }

    async fn posts(&self, owner: OwnerId, limit: usize) -> Result<Vec<Post>, StoreError> {
        self.journals.posts(owner, limit).await
    }

    async fn put(&self, key: DocumentKey<'_>, expected: Option<u64>, body: &str) -> Result<u64, StoreError> {
        // The documents of machines are written before anything that could be lost.
        match key.collection {
            Collection::MapRuns => self.write(self.journals.put(key, expected, body)).await,
            _ => self.journals.put(key, expected, body).await,
        }
    }

    async fn get(&self, key: DocumentKey<'_>) -> Result<Option<Document>, StoreError> {
        self.journals.get(key).await
    }

    async fn scan(&self, collection: Collection, after: &str, limit: usize) -> Result<Vec<Document>, StoreError> {
        self.journals.scan(collection, after, limit).await
    }

    async fn delete(&self, key: DocumentKey<'_>) -> Result<(), StoreError> {
        self.journals.delete(key).await
    }
}
