//! Documents.

use std::fmt::Debug;

use super::Stores;
use super::world::{Checked, Deviation, same, so, there};
use crate::store::{Collection, DocumentKey, Store, StoreError};

fn key(name: &str) -> DocumentKey<'_> {
    DocumentKey { collection: Collection::Definitions, name }
}

fn refused<T: Debug>(what: &str, result: Result<T, StoreError>) -> Checked {
    match result {
        Err(StoreError::RevisionConflict { .. }) => Ok(()),
        other => Err(Deviation(format!("{what}: {other:?}, not a revision conflict"))),
    }
}

pub(super) async fn revisions(stores: &dyn Stores) -> Checked {
    let mut store = stores.empty().await;
    same("a document that is not there", store.get(key("a")).await?, None)?;
    store.delete(key("a")).await?;
    refused("writing at a revision of nothing", store.put(key("a"), Some(1), "{}").await)?;
    let first = store.put(key("a"), None, "1").await?;
    refused("writing what is there as new", store.put(key("a"), None, "2").await)?;
    let second = store.put(key("a"), Some(first), "2").await?;
    so("revisions differ", first != second)?;
    refused("writing at an old revision", store.put(key("a"), Some(first), "3").await)?;
    store = stores.reopen(store).await;
    let found = there("the document", store.get(key("a")).await?)?;
    same("the document", (&*found.name, found.revision, &*found.body), ("a", second, "2"))?;
    let other = DocumentKey { collection: Collection::Engine, name: "a" };
    same("the name in another collection", store.get(other).await?, None)?;
    store.delete(key("a")).await?;
    same("a document that was deleted", store.get(key("a")).await?, None)?;
    store.put(key("a"), None, "4").await.map(drop).map_err(Deviation::from)
}

pub(super) async fn tried_again(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let first = store.put(key("a"), None, "1").await?;
    same("a new document again", store.put(key("a"), None, "1").await?, first)?;
    let second = store.put(key("a"), Some(first), "2").await?;
    same("a changed document again", store.put(key("a"), Some(first), "2").await?, second)?;
    refused("another body", store.put(key("a"), Some(first), "3").await)?;
    refused("the former body", store.put(key("a"), None, "1").await)?;
    let third = store.put(key("a"), Some(second), "2").await?;
    so("the same body is a revision of its own", third != second)
}

async fn scan(store: &dyn Store, after: &str, limit: usize) -> Result<String, Deviation> {
    let documents = store.scan(Collection::Definitions, after, limit).await?;
    Ok(documents.iter().map(|document| format!("{}{}", document.name, document.body)).collect::<Vec<_>>().join(" "))
}

pub(super) async fn scanned(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    for name in ["b", "é", "a", "B", "ab", "😀"] {
        store.put(key(name), None, "1").await?;
        store.put(DocumentKey { collection: Collection::StateMachines, name }, None, "2").await?;
    }
    same("all", scan(&*store, "", 99).await?, "B1 a1 ab1 b1 é1 😀1".to_owned())?;
    same("the first two", scan(&*store, "", 2).await?, "B1 a1".to_owned())?;
    same("the next two", scan(&*store, "a", 2).await?, "ab1 b1".to_owned())?;
    same("after what is not there", scan(&*store, "az", 9).await?, "b1 é1 😀1".to_owned())?;
    same("after the last", scan(&*store, "😀", 9).await?, String::new())
}
