//! Several users of one file, and users that end without a word.

use std::path::Path;
use std::time::Duration;

use asl_core::Timestamp;
use asl_runtime::store::{ExecutionQuery, SqliteOptions, SqliteStore, Store, StoreError};

use crate::{LONG, arn, batch};

/// What the disk holds of the file at this moment: what a process finds after another was killed.
fn copy(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let (from, to) = (format!("{}{suffix}", from.display()), format!("{}{suffix}", to.display()));
        std::fs::copy(from, to).unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let owner = store.join(LONG).await.unwrap();
    for version in 0..20 {
        store.append(owner, &[batch("a", version, "x")]).await.unwrap();
        let killed = directory.path().join(format!("{version}.db"));
        copy(&path, &killed);
        let found = SqliteStore::open(&killed).unwrap();
        assert_eq!(found.load(&arn("a")).await.unwrap().unwrap().version, version + 1);
        found.append(owner, &[batch("a", version + 1, "y")]).await.unwrap();
    }
}

#[tokio::test]
async fn a_log_that_was_cut_off_holds_whole_appends_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let owner = store.join(LONG).await.unwrap();
    for version in 0..8 {
        store.append(owner, &[batch("a", version, "x"), batch("b", version, "x")]).await.unwrap();
    }
    let log = std::fs::read(directory.path().join("store.db-wal")).unwrap();
    let mut seen = Vec::new();
    for length in (0..=log.len()).rev().step_by(1_999) {
        let cut = directory.path().join(format!("{length}.db"));
        std::fs::copy(&path, &cut).unwrap();
        std::fs::write(directory.path().join(format!("{length}.db-wal")), &log[..length]).unwrap();
        let Ok(found) = SqliteStore::open(&cut) else { panic!("cut at {length}") };
        let version = |journal: Option<asl_runtime::store::Journal>| journal.map_or(0, |journal| journal.version);
        let versions = (version(found.load(&arn("a")).await.unwrap()), version(found.load(&arn("b")).await.unwrap()));
        assert_eq!(versions.0, versions.1, "cut at {length}");
        seen.push(versions.0);
    }
    assert!(seen.is_sorted_by(|later, earlier| later >= earlier), "{seen:?}");
    assert_eq!((seen.first(), seen.last()), (Some(&8), Some(&0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_of_a_file_never_both_append() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let (first, second) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let owner = first.join(LONG).await.unwrap();
    first.append(owner, &[batch("a", 0, "x")]).await.unwrap();
    for version in 1..40 {
        let (ours, theirs) = ([batch("a", version, "first")], [batch("a", version, "second")]);
        let results = tokio::join!(first.append(owner, &ours), second.append(owner, &theirs));
        assert!(
            matches!(results, (Ok(()), Err(StoreError::VersionConflict { .. })))
                || matches!(results, (Err(StoreError::VersionConflict { .. }), Ok(()))),
            "{results:?}"
        );
    }
    assert_eq!(second.load(&arn("a")).await.unwrap().unwrap().version, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_of_a_file_claim_each_execution_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let (first, second) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let gone = first.join(Timestamp::from_millis(1)).await.unwrap();
    for number in 0..40 {
        first.append(gone, &[batch(&number.to_string(), 0, "x")]).await.unwrap();
    }
    let (one, two) = (first.join(LONG).await.unwrap(), second.join(LONG).await.unwrap());
    assert_ne!(one, two);
    let mut claimed = Vec::new();
    loop {
        let now = Timestamp::from_millis(9);
        let (ours, theirs) = tokio::join!(first.claim(one, now, 3), second.claim(two, now, 3));
        let round: Vec<_> = ours.unwrap().into_iter().chain(theirs.unwrap()).map(|record| record.number).collect();
        if round.is_empty() {
            break;
        }
        claimed.extend(round);
    }
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_that_another_holds_is_unavailable_and_then_free() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = SqliteOptions::new(&path).busy_timeout(Duration::from_millis(1)).open().unwrap();
    let owner = store.join(LONG).await.unwrap();
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.append(owner, &[batch("a", 0, "x")]).await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("in use by another process"), "{error}");
    // Who reads is not held up.
    assert_eq!(store.list(&ExecutionQuery::default()).await.unwrap(), []);
    holder.execute_batch("ROLLBACK").unwrap();
    store.append(owner, &[batch("a", 0, "x")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_append_is_refused_harms_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("store.db")).unwrap();
    let owner = store.join(LONG).await.unwrap();
    store.append(owner, &[batch("a", 0, "x")]).await.unwrap();
    let appends: Vec<_> = (0..64)
        .map(|number| {
            let store = store.clone();
            let batch = if number % 2 == 0 { batch(&number.to_string(), 0, "x") } else { batch("a", 7, "x") };
            tokio::spawn(async move { store.append(owner, &[batch]).await })
        })
        .collect();
    for (number, append) in appends.into_iter().enumerate() {
        assert_eq!(append.await.unwrap().is_ok(), number % 2 == 0, "{number}");
    }
    assert_eq!(store.list(&ExecutionQuery::default()).await.unwrap().len(), 33);
}
