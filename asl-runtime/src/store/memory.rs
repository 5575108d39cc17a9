//! Journals in memory, gone with the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl_core::execution::Snapshot;
use async_trait::async_trait;

use super::{Batch, Journal, JournalEntry, Store, StoreError};

/// Keeps journals in memory; clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Journals>>);

#[derive(Debug, Default)]
struct Journals {
    by_arn: HashMap<Arc<str>, Record>,
    in_order: BTreeMap<u64, Arc<str>>,
    started: u64,
}

#[derive(Debug, Default)]
struct Record {
    /// Its place among all executions.
    place: u64,
    entries: Vec<JournalEntry>,
    snapshot: Option<(usize, Snapshot)>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn journals(&self) -> MutexGuard<'_, Journals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journals {
    fn version(&self, execution_arn: &str) -> u64 {
        self.by_arn.get(execution_arn).map_or(0, |record| record.entries.len() as u64)
    }

    fn record(&mut self, execution_arn: &Arc<str>) -> &mut Record {
        self.by_arn.entry(Arc::clone(execution_arn)).or_insert_with(|| {
            self.started += 1;
            self.in_order.insert(self.started, Arc::clone(execution_arn));
            Record { place: self.started, ..Record::default() }
        })
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn append(&self, batches: &[Batch]) -> Result<(), StoreError> {
        let mut journals = self.journals();
        for Batch { execution_arn, expected_version, .. } in batches {
            let found = journals.version(execution_arn);
            if found != *expected_version {
                let execution_arn = Arc::clone(execution_arn);
                return Err(StoreError::VersionConflict { execution_arn, expected: *expected_version, found });
            }
        }
        for Batch { execution_arn, entries, .. } in batches {
            journals.record(execution_arn).entries.extend_from_slice(entries);
        }
        Ok(())
    }

    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        Ok(self.journals().by_arn.get(execution_arn).map(|record| {
            let covered = record.snapshot.as_ref().map_or(0, |(version, _)| *version);
            Journal {
                version: record.entries.len() as u64,
                snapshot: record.snapshot.as_ref().map(|(version, snapshot)| (*version as u64, snapshot.clone())),
                entries: record.entries.iter().skip(covered).cloned().collect(),
            }
        }))
    }

    async fn save_snapshot(&self, execution_arn: &str, version: u64, snapshot: Snapshot) -> Result<(), StoreError> {
        let mut journals = self.journals();
        let found = journals.version(execution_arn);
        match (journals.by_arn.get_mut(execution_arn), usize::try_from(version)) {
            (Some(record), Ok(covered)) if version <= found => {
                record.snapshot = Some((covered, snapshot));
                Ok(())
            }
            _ => Err(StoreError::VersionConflict { execution_arn: execution_arn.into(), expected: version, found }),
        }
    }

    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError> {
        let mut journals = self.journals();
        for execution_arn in execution_arns {
            if let Some(record) = journals.by_arn.remove(execution_arn) {
                journals.in_order.remove(&record.place);
            }
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Arc<str>>, StoreError> {
        Ok(self.journals().in_order.values().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use asl_core::Timestamp;

    use super::super::Inbound;
    use super::*;

    fn batch(execution_arn: &str, expected_version: u64) -> Batch {
        let entry = JournalEntry { at: Timestamp::UNIX_EPOCH, inbound: Inbound::DeadlineReached };
        Batch { execution_arn: execution_arn.into(), expected_version, entries: vec![entry] }
    }

    #[tokio::test]
    async fn appends_every_batch_or_none() {
        let store = MemoryStore::new();
        store.append(&[batch("a", 0)]).await.unwrap();
        let conflict = store.append(&[batch("b", 0), batch("a", 0)]).await.unwrap_err();
        assert_eq!(conflict.to_string(), "`a` is at version 1 of its journal, not 0");
        assert!(!conflict.is_retryable());
        assert!(store.load("b").await.unwrap().is_none());
        store.append(&[batch("b", 0), batch("a", 1)]).await.unwrap();
        assert_eq!(store.load("a").await.unwrap().unwrap().version, 2);
        assert_eq!(store.list().await.unwrap(), ["a".into(), "b".into()] as [Arc<str>; 2]);
    }

    #[tokio::test]
    async fn what_is_removed_can_be_started_again() {
        let store = MemoryStore::new();
        store.append(&[batch("a", 0), batch("b", 0)]).await.unwrap();
        store.remove(&["a".into(), "unknown".into()]).await.unwrap();
        assert_eq!(store.list().await.unwrap(), ["b".into()] as [Arc<str>; 1]);
        store.append(&[batch("a", 0)]).await.unwrap();
        assert_eq!(store.list().await.unwrap(), ["b".into(), "a".into()] as [Arc<str>; 2]);
    }
}
