//! Files that are damaged, not ours, or too new; disks that are full.

use std::path::Path;

use asl_runtime::store::{Collection, DocumentKey, ExecutionQuery, SqliteOptions, SqliteStore, Store, StoreError};

use crate::{LONG, arn, batch};

/// Makes a store with some executions, and closes it so that everything is in its file.
async fn filled(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    let owner = store.join(LONG).await.unwrap();
    for number in 0..50 {
        store.append(owner, &[batch(&number.to_string(), 0, &"payload ".repeat(100))]).await.unwrap();
    }
    let key = DocumentKey { collection: Collection::Engine, name: "key" };
    store.put(key, None, "{}").await.unwrap();
    drop(store);
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).unwrap();
}

/// Changes the file with another program.
fn change(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn message(result: Result<impl Sized, StoreError>) -> String {
    match result {
        Err(StoreError::Broken(message)) => message.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("this should be refused"),
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_a_store_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    std::fs::write(&path, "a text that is longer than the header of an SQLite file, ".repeat(20)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let found = message(SqliteStore::open(&path));
    assert!(found.contains("is no SQLite file, or its beginning is damaged"), "{found}");
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let foreign = directory.path().join("foreign.db");
    change(&foreign, "CREATE TABLE notes (text TEXT)");
    let before = std::fs::read(&foreign).unwrap();
    let found = message(SqliteStore::open(&foreign));
    assert!(found.contains("is an SQLite file of another application"), "{found}");
    assert_eq!(std::fs::read(&foreign).unwrap(), before);

    let nowhere = message(SqliteStore::open(directory.path().join("none/store.db")));
    assert!(nowhere.contains("check that its directory exists"), "{nowhere}");
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    filled(&path).await;
    change(&path, "PRAGMA user_version = 2");
    let found = message(SqliteStore::open(&path));
    assert!(found.contains("has version 2, and this library reads up to version 1"), "{found}");
    change(&path, "PRAGMA user_version = 1");
    assert_eq!(SqliteStore::open(&path).unwrap().list(&ExecutionQuery::default()).await.unwrap().len(), 50);
}

#[tokio::test]
async fn an_entry_of_a_newer_form_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    filled(&path).await;
    change(&path, "UPDATE entries SET form = 2 WHERE execution = 3");
    let store = SqliteStore::open(&path).unwrap();
    let found = message(store.load(&arn("2")).await);
    assert_eq!(found, format!("entry 1 of `{}` has form 2, and this library reads form 1: use a newer one", arn("2")));
    assert!(store.load(&arn("3")).await.is_ok());
}

#[tokio::test]
async fn text_that_was_changed_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    filled(&path).await;
    change(
        &path,
        "UPDATE entries SET body = replace(body, 'payload', 'pbyload') WHERE execution = 1; \
         DELETE FROM entries WHERE execution = 2; \
         UPDATE journals SET version = 5 WHERE execution = 2; \
         UPDATE executions SET status = 1 WHERE id = 3; \
         UPDATE documents SET body = '[]'",
    );
    let store = SqliteStore::open(&path).unwrap();
    let found = message(store.load(&arn("0")).await);
    assert!(found.starts_with(&format!("entry 1 of `{}` is damaged: its checksum", arn("0"))), "{found}");
    let found = message(store.load(&arn("1")).await);
    assert!(found.contains("is damaged: 0 entries of 5"), "{found}");
    let found = message(store.find(&arn("2")).await);
    assert!(found.contains("its status does not fit the rest"), "{found}");
    let found = message(store.get(DocumentKey { collection: Collection::Engine, name: "key" }).await);
    assert!(found.contains("the document `key` is damaged"), "{found}");
}

#[tokio::test]
async fn damaged_pages_are_errors_or_harmless_never_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    filled(&path).await;
    let whole = std::fs::read(&path).unwrap();
    let wanted = SqliteStore::open(&path).unwrap().list(&ExecutionQuery::default()).await.unwrap();
    let mut refused = 0;
    for page in 0..whole.len() / 4_096 {
        let mut damaged = whole.clone();
        damaged[page * 4_096..][..100].fill(0xa5);
        let path = directory.path().join(format!("{page}.db"));
        std::fs::write(&path, damaged).unwrap();
        let store = match SqliteStore::open(&path) {
            Ok(store) => store,
            Err(error) => {
                assert!(matches!(error, StoreError::Broken(_)), "{error}");
                refused += 1;
                continue;
            }
        };
        for record in &wanted {
            match store.load(&record.execution_arn).await {
                Ok(journal) => assert_eq!(journal.map(|journal| journal.version), Some(1), "page {page}"),
                Err(error) => {
                    assert!(matches!(error, StoreError::Broken(_)), "{error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 50, "{refused}");
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = SqliteOptions::new(&path).max_pages(40).open().unwrap();
    let owner = store.join(LONG).await.unwrap();
    let payload = "payload ".repeat(1_000);
    let mut appended = 0;
    let error = loop {
        match store.append(owner, &[batch(&appended.to_string(), 0, &payload)]).await {
            Ok(()) => appended += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_retryable() && error.to_string().contains("no space is left"), "{error}");
    let found = store.list(&ExecutionQuery::default()).await.unwrap();
    assert_eq!(found.len(), appended);
    // Those that fit are written although others wait with them that do not.
    let large: Vec<_> = (0..8)
        .map(|_| {
            let (store, batch) = (store.clone(), batch("large", 0, &payload));
            tokio::spawn(async move { store.append(owner, &[batch]).await })
        })
        .collect();
    store.append(owner, &[batch("0", 1, "small")]).await.unwrap();
    for append in large {
        assert!(append.await.unwrap().unwrap_err().is_retryable());
    }
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    store.append(owner, &[batch("large", 0, &payload)]).await.unwrap();
    assert_eq!(store.list(&ExecutionQuery::default()).await.unwrap().len(), appended + 1);
}
