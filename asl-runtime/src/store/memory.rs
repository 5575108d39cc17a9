//! Everything in memory, gone with the process.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot};
use async_trait::async_trait;

use super::{
    Batch, Collection, Document, DocumentKey, ExecutionQuery, ExecutionRecord, Journal, JournalEntry, OwnerId, Post,
    Standing, Store, StoreError,
};

/// Keeps everything in memory; clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    by_arn: HashMap<Arc<str>, Kept>,
    in_order: BTreeMap<u64, Arc<str>>,
    /// How many executions there ever were.
    started: u64,
    leases: HashMap<OwnerId, Timestamp>,
    owners: u64,
    posts: BTreeMap<u64, Post>,
    posted: u64,
    documents: BTreeMap<(Collection, Arc<str>), Document>,
}

/// An execution.
#[derive(Debug)]
struct Kept {
    record: ExecutionRecord,
    owner: OwnerId,
    entries: Vec<JournalEntry>,
    snapshot: Option<(usize, Snapshot)>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// Whether a batch is still to be appended; refuses one that does not fit what is kept.
    fn is_new(&self, owner: OwnerId, batch: &Batch) -> Result<bool, StoreError> {
        let kept = self.by_arn.get(&batch.execution_arn);
        let found = kept.map_or(0, |kept| kept.record.version);
        let fits = found == batch.expected_version && kept.is_some() != batch.opening.is_some();
        if !fits && !kept.is_some_and(|kept| kept.was_appended(batch)) {
            return Err(conflict(&batch.execution_arn, batch.expected_version, found));
        }
        check_owner(kept, owner)?;
        Ok(fits)
    }

    fn apply(&mut self, owner: OwnerId, batch: &Batch) {
        let Batch { execution_arn, entries, opening, standing, received, .. } = batch;
        if let Some(opening) = opening {
            self.started += 1;
            self.in_order.insert(self.started, Arc::clone(execution_arn));
            let record = ExecutionRecord {
                number: self.started,
                execution_arn: Arc::clone(execution_arn),
                opening: opening.clone(),
                standing: Standing::Running { sleeps_until: None },
                version: 0,
            };
            let kept = Kept { record, owner, entries: Vec::new(), snapshot: None };
            self.by_arn.insert(Arc::clone(execution_arn), kept);
        }
        if let Some(kept) = self.by_arn.get_mut(execution_arn) {
            kept.owner = owner;
            kept.entries.extend_from_slice(entries);
            kept.record.version = kept.entries.len() as u64;
            if let Some(standing) = standing {
                kept.record.standing = standing.clone();
            }
            if standing.as_ref().is_some_and(|standing| standing.end().is_some()) {
                self.posts.retain(|_, post| post.execution_arn != *execution_arn);
            }
        }
        for post in received {
            self.posts.remove(post);
        }
    }
}

impl Kept {
    /// Whether what the batch says is what the journal ends with: it was appended, and the answer got lost.
    fn was_appended(&self, batch: &Batch) -> bool {
        let Ok(expected) = usize::try_from(batch.expected_version) else { return false };
        let text = |entries: &[JournalEntry]| serde_json::to_string(entries).ok();
        self.entries.len() == expected.saturating_add(batch.entries.len())
            && batch.opening.as_ref().is_none_or(|opening| *opening == self.record.opening)
            && self.entries.get(expected..).and_then(text) == text(&batch.entries)
    }
}

fn conflict(execution_arn: &Arc<str>, expected: u64, found: u64) -> StoreError {
    StoreError::VersionConflict { execution_arn: Arc::clone(execution_arn), expected, found }
}

/// Refuses who does not own an execution that runs.
fn check_owner(kept: Option<&Kept>, owner: OwnerId) -> Result<(), StoreError> {
    match kept {
        Some(kept) if kept.owner != owner && kept.record.standing.end().is_none() => {
            Err(StoreError::Fenced { execution_arn: Arc::clone(&kept.record.execution_arn) })
        }
        _ => Ok(()),
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn join(&self, lease_until: Timestamp) -> Result<OwnerId, StoreError> {
        let mut memory = self.memory();
        memory.owners += 1;
        let owner = OwnerId(memory.owners);
        memory.leases.insert(owner, lease_until);
        Ok(owner)
    }

    async fn renew(&self, owner: OwnerId, lease_until: Timestamp) -> Result<(), StoreError> {
        self.memory().leases.insert(owner, lease_until);
        Ok(())
    }

    async fn leave(&self, owner: OwnerId) -> Result<(), StoreError> {
        self.memory().leases.remove(&owner);
        Ok(())
    }

    async fn claim(&self, owner: OwnerId, now: Timestamp, limit: usize) -> Result<Vec<ExecutionRecord>, StoreError> {
        let mut memory = self.memory();
        let Memory { by_arn, in_order, leases, .. } = &mut *memory;
        let mut claimed = Vec::new();
        for execution_arn in in_order.values() {
            let Some(kept) = by_arn.get_mut(execution_arn) else { continue };
            let is_free = leases.get(&kept.owner).is_none_or(|lease_until| *lease_until < now);
            if claimed.len() < limit && is_free && kept.owner != owner && kept.record.standing.end().is_none() {
                kept.owner = owner;
                claimed.push(kept.record.clone());
            }
        }
        Ok(claimed)
    }

    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError> {
        let mut memory = self.memory();
        let (mut executions, mut new) = (HashSet::with_capacity(batches.len()), Vec::with_capacity(batches.len()));
        for batch in batches {
            if memory.is_new(owner, batch)? {
                new.push(batch);
            }
            if !executions.insert(&batch.execution_arn) {
                let found = batch.expected_version.saturating_sub(1);
                return Err(conflict(&batch.execution_arn, batch.expected_version, found));
            }
        }
        for batch in new {
            memory.apply(owner, batch);
        }
        Ok(())
    }

    async fn save_snapshot(
        &self,
        owner: OwnerId,
        execution_arn: &str,
        version: u64,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        let mut memory = self.memory();
        check_owner(memory.by_arn.get(execution_arn), owner)?;
        let found = memory.by_arn.get(execution_arn).map_or(0, |kept| kept.record.version);
        match (memory.by_arn.get_mut(execution_arn), usize::try_from(version)) {
            (Some(kept), Ok(covered)) if version <= found => {
                if kept.snapshot.as_ref().is_none_or(|(kept, _)| *kept <= covered) {
                    kept.snapshot = Some((covered, snapshot));
                }
                Ok(())
            }
            _ => Err(conflict(&execution_arn.into(), version, found)),
        }
    }

    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        Ok(self.memory().by_arn.get(execution_arn).map(|kept| {
            let covered = kept.snapshot.as_ref().map_or(0, |(version, _)| *version);
            Journal {
                version: kept.record.version,
                snapshot: kept.snapshot.as_ref().map(|(version, snapshot)| (*version as u64, snapshot.clone())),
                entries: kept.entries.iter().skip(covered).cloned().collect(),
            }
        }))
    }

    async fn load_from_start(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        Ok(self.memory().by_arn.get(execution_arn).map(|kept| Journal {
            version: kept.record.version,
            snapshot: None,
            entries: kept.entries.clone(),
        }))
    }

    async fn find(&self, execution_arn: &str) -> Result<Option<ExecutionRecord>, StoreError> {
        Ok(self.memory().by_arn.get(execution_arn).map(|kept| kept.record.clone()))
    }

    async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, StoreError> {
        let memory = self.memory();
        let newest_first = memory.in_order.values().rev().filter_map(|execution_arn| memory.by_arn.get(execution_arn));
        let found = newest_first.map(|kept| &kept.record).filter(|record| query.matches(record));
        Ok(found.take(query.limit.unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError> {
        let mut memory = self.memory();
        for execution_arn in execution_arns {
            if memory.by_arn.get(execution_arn).is_some_and(|kept| kept.record.standing.end().is_some())
                && let Some(kept) = memory.by_arn.remove(execution_arn)
            {
                memory.in_order.remove(&kept.record.number);
                memory.posts.retain(|_, post| post.execution_arn != *execution_arn);
            }
        }
        Ok(())
    }

    async fn post(&self, execution_arn: &str, event: &Event) -> Result<(), StoreError> {
        let mut memory = self.memory();
        let runs = memory.by_arn.get(execution_arn).is_some_and(|kept| kept.record.standing.end().is_none());
        let is_there = |post: &Post| *post.execution_arn == *execution_arn && post.event == *event;
        if runs && !memory.posts.values().any(is_there) {
            memory.posted += 1;
            let id = memory.posted;
            memory.posts.insert(id, Post { id, execution_arn: execution_arn.into(), event: event.clone() });
        }
        Ok(())
    }

    async fn posts(&self, owner: OwnerId, limit: usize) -> Result<Vec<Post>, StoreError> {
        let memory = self.memory();
        let is_ours = |post: &&Post| memory.by_arn.get(&post.execution_arn).is_some_and(|kept| kept.owner == owner);
        Ok(memory.posts.values().filter(is_ours).take(limit).cloned().collect())
    }

    async fn put(&self, key: DocumentKey<'_>, expected: Option<u64>, body: &str) -> Result<u64, StoreError> {
        let mut memory = self.memory();
        let place = (key.collection, Arc::from(key.name));
        let revision = expected.unwrap_or_default().saturating_add(1);
        match memory.documents.get(&place) {
            Some(found) if found.revision == revision && &*found.body == body => return Ok(revision),
            found if found.map(|found| found.revision) != expected => {
                return Err(StoreError::RevisionConflict { name: place.1 });
            }
            _ => {}
        }
        let document = Document { name: Arc::clone(&place.1), revision, body: body.into() };
        memory.documents.insert(place, document);
        Ok(revision)
    }

    async fn get(&self, key: DocumentKey<'_>) -> Result<Option<Document>, StoreError> {
        Ok(self.memory().documents.get(&(key.collection, key.name.into())).cloned())
    }

    async fn scan(&self, collection: Collection, after: &str, limit: usize) -> Result<Vec<Document>, StoreError> {
        let from = (Bound::Excluded((collection, after.into())), Bound::Unbounded);
        let memory = self.memory();
        let documents = memory.documents.range(from).take_while(|((other, _), _)| *other == collection);
        Ok(documents.take(limit).map(|(_, document)| document.clone()).collect())
    }

    async fn delete(&self, key: DocumentKey<'_>) -> Result<(), StoreError> {
        self.memory().documents.remove(&(key.collection, key.name.into()));
        Ok(())
    }
}
