//! A store in memory that fails when it is told to.

use std::sync::{Arc, Mutex};

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot};
use asl_runtime::store::{
    Batch, Collection, Document, DocumentKey, ExecutionQuery, ExecutionRecord, Journal, MemoryStore, OwnerId, Post,
    Store, StoreError,
};
use async_trait::async_trait;

/// Fails appends as often as it is told to.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubled {
    pub(super) journals: MemoryStore,
    pub(super) failures: Arc<Mutex<Vec<StoreError>>>,
}

impl Troubled {
    pub(super) fn failing(failures: impl IntoIterator<Item = StoreError>) -> Self {
        Self { failures: Arc::new(Mutex::new(failures.into_iter().collect())), ..Self::default() }
    }
}

#[async_trait]
impl Store for Troubled {
    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError> {
        let failure = self.failures.lock().unwrap().pop();
        match failure {
            Some(failure) => Err(failure),
            None => self.journals.append(owner, batches).await,
        }
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
        self.journals.put(key, expected, body).await
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
