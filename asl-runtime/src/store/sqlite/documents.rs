//! Documents.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::body::{checksum, verify};
use super::failure::Failed;
use super::{signed, unsigned};
use crate::store::{Collection, Document, DocumentKey, StoreError};

/// Writes a document; that it was written before, and the answer got lost, is recognised.
pub(super) fn put(
    connection: &Connection,
    key: DocumentKey<'_>,
    expected: Option<u64>,
    body: &str,
) -> Result<u64, Failed> {
    let found = get(connection, key)?;
    let revision = expected.unwrap_or_default().saturating_add(1);
    match &found {
        Some(found) if found.revision == revision && &*found.body == body => return Ok(revision),
        found if found.as_ref().map(|found| found.revision) != expected => {
            return Err(StoreError::RevisionConflict { name: key.name.into() }.into());
        }
        _ => {}
    }
    let sql = "INSERT INTO documents (collection, name, revision, checksum, body) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (collection, name) DO UPDATE SET revision = excluded.revision, \
               checksum = excluded.checksum, body = excluded.body";
    let row = (key.collection.name(), key.name, signed(revision), checksum(body), body);
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(revision)
}

pub(super) fn get(connection: &Connection, key: DocumentKey<'_>) -> Result<Option<Document>, Failed> {
    let sql = "SELECT name, revision, checksum, body FROM documents WHERE collection = ?1 AND name = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row((key.collection.name(), key.name), columns).optional()?;
    found.map(document).transpose()
}

pub(super) fn scan(
    connection: &Connection,
    collection: Collection,
    after: &str,
    limit: usize,
) -> Result<Vec<Document>, Failed> {
    let sql = "SELECT name, revision, checksum, body FROM documents WHERE collection = ?1 AND name > ?2 \
               ORDER BY name LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query((collection.name(), after, limit))?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        documents.push(document(columns(row)?)?);
    }
    Ok(documents)
}

pub(super) fn delete(connection: &Connection, key: DocumentKey<'_>) -> Result<(), Failed> {
    let sql = "DELETE FROM documents WHERE collection = ?1 AND name = ?2";
    connection.prepare_cached(sql)?.execute((key.collection.name(), key.name))?;
    Ok(())
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(Document, i64)> {
    let revision: i64 = row.get(1)?;
    let (name, body): (Arc<str>, Arc<str>) = (row.get(0)?, row.get(3)?);
    Ok((Document { name, revision: unsigned(revision), body }, row.get(2)?))
}

fn document((document, checksum): (Document, i64)) -> Result<Document, Failed> {
    verify(&document.body, checksum, || format!("the document `{}`", document.name))?;
    Ok(document)
}
