//! Journals and snapshots, read; snapshots and whole executions, kept and removed.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _};

use super::append::Place;
use super::body::Body;
use super::failure::{Failed, broken};
use super::record::RUNNING;
use super::{posts, signed, unsigned};
use crate::store::{Journal, JournalEntry, OwnerId, StoreError};

/// Where a journal is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Snapshot,
    Start,
}

pub(super) fn load(connection: &Connection, execution_arn: &str, from: From) -> Result<Option<Journal>, Failed> {
    let transaction = connection.unchecked_transaction()?;
    let Some(Place { id, version, .. }) = Place::of(&transaction, execution_arn)? else { return Ok(None) };
    let snapshot = match from {
        From::Start => None,
        From::Snapshot => snapshot(&transaction, id)?,
    };
    let covered = snapshot.as_ref().map_or(0, |(version, _)| *version);
    let snapshot = snapshot.map(|(covered, body)| {
        let what = || format!("the snapshot of `{execution_arn}`");
        body.read(what).map(|snapshot| (unsigned(covered), snapshot))
    });
    let entries = entries(&transaction, id, execution_arn, covered)?;
    let expected = version.saturating_sub(covered);
    if i64::try_from(entries.len()) != Ok(expected) {
        let message = format!("the journal of `{execution_arn}` is damaged: {} entries of {expected}", entries.len());
        return Err(broken(message).into());
    }
    Ok(Some(Journal { version: unsigned(version), snapshot: snapshot.transpose()?, entries }))
}

fn snapshot(connection: &Connection, id: i64) -> rusqlite::Result<Option<(i64, Body)>> {
    let sql = "SELECT version, form, checksum, body FROM snapshots WHERE execution = ?1";
    connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, Body::from_row(row, 1)?))).optional()
}

fn entries(connection: &Connection, id: i64, execution_arn: &str, after: i64) -> Result<Vec<JournalEntry>, Failed> {
    let sql = "SELECT version, form, checksum, body FROM entries WHERE execution = ?1 AND version > ?2 \
               ORDER BY version";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((id, after))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let version: i64 = row.get(0)?;
        entries.push(Body::from_row(row, 1)?.read(|| format!("entry {version} of `{execution_arn}`"))?);
    }
    Ok(entries)
}

/// The first entry of each of several journals.
pub(super) fn first_entries(
    connection: &Connection,
    execution_arns: &[Arc<str>],
) -> Result<Vec<Option<JournalEntry>>, Failed> {
    let sql = "SELECT form, checksum, body FROM entries \
               WHERE execution = (SELECT id FROM executions WHERE arn = ?1) AND version = 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut first = Vec::with_capacity(execution_arns.len());
    for execution_arn in execution_arns {
        let body = statement.query_row([&**execution_arn], |row| Body::from_row(row, 0)).optional()?;
        first.push(body.map(|body| body.read(|| format!("entry 1 of `{execution_arn}`"))).transpose()?);
    }
    Ok(first)
}

/// Keeps a snapshot, unless a newer one is there.
pub(super) fn save_snapshot(
    connection: &Connection,
    owner: OwnerId,
    execution_arn: &Arc<str>,
    version: u64,
    body: &Body,
) -> Result<(), Failed> {
    let place = Place::of(connection, execution_arn)?;
    if let Some(place) = &place {
        place.check_owner(signed(owner.0), execution_arn)?;
    }
    let Some(place) = place.filter(|place| signed(version) <= place.version) else {
        let found = place.map_or(0, |place| unsigned(place.version));
        let execution_arn = Arc::clone(execution_arn);
        return Err(StoreError::VersionConflict { execution_arn, expected: version, found }.into());
    };
    let sql = "INSERT INTO snapshots (execution, version, form, checksum, body) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (execution) DO UPDATE SET version = excluded.version, form = excluded.form, \
               checksum = excluded.checksum, body = excluded.body WHERE excluded.version >= snapshots.version";
    let row = (place.id, signed(version), body.form, body.checksum, &body.text);
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Removes the executions that ended, with everything that belongs to them.
pub(super) fn remove(connection: &Connection, execution_arns: &[Arc<str>]) -> Result<(), Failed> {
    let sql = "SELECT id, machine, parent FROM executions WHERE arn = ?1 AND status <> ?2";
    let mut ended = connection.prepare_cached(sql)?;
    let mut named = BTreeSet::new();
    for execution_arn in execution_arns {
        let found = ended.query_row((&**execution_arn, RUNNING), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let Some((id, machine, parent)): Option<(i64, i64, Option<i64>)> = found.optional()? else { continue };
        connection.prepare_cached("DELETE FROM entries WHERE execution = ?1")?.execute([id])?;
        connection.prepare_cached("DELETE FROM snapshots WHERE execution = ?1")?.execute([id])?;
        posts::remove_of(connection, id)?;
        connection.prepare_cached("DELETE FROM executions WHERE id = ?1")?.execute([id])?;
        named.extend([Some(machine), parent].into_iter().flatten());
    }
    let unused = "DELETE FROM arns WHERE id = ?1 \
                  AND NOT EXISTS (SELECT 1 FROM executions WHERE machine = ?1) \
                  AND NOT EXISTS (SELECT 1 FROM executions WHERE parent = ?1)";
    for arn in named {
        connection.prepare_cached(unused)?.execute([arn])?;
    }
    Ok(())
}
