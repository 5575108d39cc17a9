//! The suite itself: stores that pass, and stores that must not.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot};
use asl_runtime::store::conformance::{Stores, check};
use asl_runtime::store::{
    Batch, Collection, Document, DocumentKey, Durability, ExecutionQuery, ExecutionRecord, Faults, FaultyStore,
    Journal, MemoryStore, OwnerId, Post, SqliteOptions, Store, StoreError,
};
use async_trait::async_trait;

/// Stores in memory, each wrapped.
struct InMemory<W>(W);

#[async_trait]
impl<W: Fn(MemoryStore) -> Arc<dyn Store> + Send + Sync> Stores for InMemory<W> {
    async fn empty(&self) -> Arc<dyn Store> {
        (self.0)(MemoryStore::new())
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store
    }
}

/// Stores in files of a directory; which one is open is told by its number.
struct InFiles {
    directory: tempfile::TempDir,
    made: AtomicU32,
    durability: Durability,
}

impl InFiles {
    fn open(&self) -> Arc<dyn Store> {
        let path: PathBuf = self.directory.path().join(format!("{}.db", self.made.load(Ordering::SeqCst)));
        Arc::new(SqliteOptions::new(path).durability(self.durability).open().unwrap())
    }
}

#[async_trait]
impl Stores for InFiles {
    async fn empty(&self) -> Arc<dyn Store> {
        self.made.fetch_add(1, Ordering::SeqCst);
        self.open()
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        drop(store);
        self.open()
    }
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    check(&InMemory(|store| Arc::new(store) as Arc<dyn Store>)).await.unwrap_or_else(|found| panic!("{found}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    for durability in [Durability::Disk, Durability::Process] {
        let files = InFiles { directory: tempfile::tempdir().unwrap(), made: AtomicU32::new(0), durability };
        check(&files).await.unwrap_or_else(|found| panic!("{found}"));
    }
}

#[tokio::test]
async fn a_faulty_store_without_faults_keeps_the_contract() {
    let wrap = |store| Arc::new(FaultyStore::new(store, Faults::seeded(1))) as Arc<dyn Store>;
    check(&InMemory(wrap)).await.unwrap_or_else(|found| panic!("{found}"));
}

/// Whoever tries again until it is done must not notice that answers were lost.
#[derive(Debug)]
struct Persistent<S>(S);

macro_rules! again {
    ($call:expr) => {
        loop {
            match $call.await {
                Err(error) if error.is_retryable() => {}
                result => break result,
            }
        }
    };
}

#[async_trait]
impl<S: Store> Store for Persistent<S> {
    async fn join(&self, lease_until: Timestamp) -> Result<OwnerId, StoreError> {
        again!(self.0.join(lease_until))
    }

    async fn renew(&self, owner: OwnerId, lease_until: Timestamp) -> Result<(), StoreError> {
        again!(self.0.renew(owner, lease_until))
    }

    async fn leave(&self, owner: OwnerId) -> Result<(), StoreError> {
        again!(self.0.leave(owner))
    }

    async fn claim(&self, owner: OwnerId, now: Timestamp, limit: usize) -> Result<Vec<ExecutionRecord>, StoreError> {
        again!(self.0.claim(owner, now, limit))
    }

    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError> {
        again!(self.0.append(owner, batches))
    }

    async fn save_snapshot(
        &self,
        owner: OwnerId,
        execution_arn: &str,
        version: u64,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        again!(self.0.save_snapshot(owner, execution_arn, version, snapshot.clone()))
    }

    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        again!(self.0.load(execution_arn))
    }

    async fn load_from_start(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        again!(self.0.load_from_start(execution_arn))
    }

    async fn find(&self, execution_arn: &str) -> Result<Option<ExecutionRecord>, StoreError> {
        again!(self.0.find(execution_arn))
    }

    async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, StoreError> {
        again!(self.0.list(query))
    }

    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError> {
        again!(self.0.remove(execution_arns))
    }

    async fn post(&self, execution_arn: &str, event: &Event) -> Result<(), StoreError> {
        again!(self.0.post(execution_arn, event))
    }

    async fn posts(&self, owner: OwnerId, limit: usize) -> Result<Vec<Post>, StoreError> {
        again!(self.0.posts(owner, limit))
    }

    async fn put(&self, key: DocumentKey<'_>, expected: Option<u64>, body: &str) -> Result<u64, StoreError> {
        again!(self.0.put(key, expected, body))
    }

    async fn get(&self, key: DocumentKey<'_>) -> Result<Option<Document>, StoreError> {
        again!(self.0.get(key))
    }

    async fn scan(&self, collection: Collection, after: &str, limit: usize) -> Result<Vec<Document>, StoreError> {
        again!(self.0.scan(collection, after, limit))
    }

    async fn delete(&self, key: DocumentKey<'_>) -> Result<(), StoreError> {
        again!(self.0.delete(key))
    }
}

#[tokio::test]
async fn whoever_tries_again_does_not_notice_faults() {
    for seed in 0..20 {
        let faults = Faults::seeded(seed).refused(0.2).lost(0.3);
        let wrap = move |store| Arc::new(Persistent(FaultyStore::new(store, faults.clone()))) as Arc<dyn Store>;
        check(&InMemory(wrap)).await.unwrap_or_else(|found| panic!("seed {seed}: {found}"));
    }
}

#[tokio::test]
async fn a_store_that_fails_is_found_out() {
    let wrap = |store| Arc::new(FaultyStore::new(store, Faults::seeded(1).refused(1.0))) as Arc<dyn Store>;
    let found = check(&InMemory(wrap)).await.unwrap_err();
    assert!(found.iter().count() > 20, "{found}");
    assert!(
        found.to_string().contains("\n- an owner is never given twice: a call failed that should not: "),
        "{found}"
    );
}

/// Forgets one thing of the contract.
#[derive(Debug)]
struct Careless {
    store: MemoryStore,
    carelessness: Carelessness,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carelessness {
    /// Appends batch by batch.
    Piecemeal,
    /// Anybody may append, as the first owner that there was.
    Unfenced,
    /// Everything is listed.
    Unbounded,
    /// What ended goes on as it was.
    Unremoved,
}

#[async_trait]
impl Store for Careless {
    async fn join(&self, lease_until: Timestamp) -> Result<OwnerId, StoreError> {
        self.store.join(lease_until).await
    }

    async fn renew(&self, owner: OwnerId, lease_until: Timestamp) -> Result<(), StoreError> {
        self.store.renew(owner, lease_until).await
    }

    async fn leave(&self, owner: OwnerId) -> Result<(), StoreError> {
        self.store.leave(owner).await
    }

    async fn claim(&self, owner: OwnerId, now: Timestamp, limit: usize) -> Result<Vec<ExecutionRecord>, StoreError> {
        self.store.claim(owner, now, limit).await
    }

    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError> {
        match self.carelessness {
            Carelessness::Piecemeal => {
                for batch in batches {
                    self.store.append(owner, std::slice::from_ref(batch)).await?;
                }
                Ok(())
            }
            Carelessness::Unfenced => self.store.append(OwnerId(1), batches).await,
            _ => self.store.append(owner, batches).await,
        }
    }

    async fn save_snapshot(
        &self,
        owner: OwnerId,
        execution_arn: &str,
        version: u64,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        self.store.save_snapshot(owner, execution_arn, version, snapshot).await
    }

    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        self.store.load(execution_arn).await
    }

    async fn load_from_start(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        self.store.load_from_start(execution_arn).await
    }

    async fn find(&self, execution_arn: &str) -> Result<Option<ExecutionRecord>, StoreError> {
        self.store.find(execution_arn).await
    }

    async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, StoreError> {
        let limit = query.limit.filter(|_| self.carelessness != Carelessness::Unbounded);
        self.store.list(&ExecutionQuery { limit, ..query.clone() }).await
    }

    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError> {
        match self.carelessness {
            Carelessness::Unremoved => Ok(()),
            _ => self.store.remove(execution_arns).await,
        }
    }

    async fn post(&self, execution_arn: &str, event: &Event) -> Result<(), StoreError> {
        self.store.post(execution_arn, event).await
    }

    async fn posts(&self, owner: OwnerId, limit: usize) -> Result<Vec<Post>, StoreError> {
        self.store.posts(owner, limit).await
    }

    async fn put(&self, key: DocumentKey<'_>, expected: Option<u64>, body: &str) -> Result<u64, StoreError> {
        self.store.put(key, expected, body).await
    }

    async fn get(&self, key: DocumentKey<'_>) -> Result<Option<Document>, StoreError> {
        self.store.get(key).await
    }

    async fn scan(&self, collection: Collection, after: &str, limit: usize) -> Result<Vec<Document>, StoreError> {
        self.store.scan(collection, after, limit).await
    }

    async fn delete(&self, key: DocumentKey<'_>) -> Result<(), StoreError> {
        self.store.delete(key).await
    }
}

#[tokio::test]
async fn a_careless_store_is_found_out_by_the_rule_that_it_breaks() {
    let cases = [
        (Carelessness::Piecemeal, "an append is done as a whole or not at all"),
        (Carelessness::Unfenced, "only an owner appends"),
        (Carelessness::Unbounded, "a list is filtered, ordered and bounded"),
        (Carelessness::Unremoved, "what ended can be removed"),
    ];
    for (carelessness, rule) in cases {
        let wrap = move |store| Arc::new(Careless { store, carelessness }) as Arc<dyn Store>;
        let found = check(&InMemory(wrap)).await.unwrap_err();
        assert!(found.iter().any(|violation| violation.rule() == rule), "{carelessness:?}: {found}");
    }
}
