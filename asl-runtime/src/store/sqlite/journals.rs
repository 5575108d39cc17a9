//! Journals and snapshots, read; snapshots and whole executions, kept and removed.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::append::Place;
use super::body::Body;
use super::failure::{Failed, broken};
use super::record::RUNNING;
use super::{posts, signed, unsigned};
use crate::store::{Journal, OwnerId, StoreError};

/// Where a journal is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Snapshot,
    Start,
}

pub(super) fn load(connection: &Connection, execution_arn: &str, from: From) -> Result<Option<Journal>, Failed> {
    let transaction = connection.unchecked_transaction()?;
    let Some(place) = Place::of(&transaction, execution_arn)? else { return Ok(None) };
    let snapshot = match from {
        From::Start => None,
        From::Snapshot => snapshot(&transaction, place.id)?,
    };
    let covered = snapshot.as_ref().map_or(0, |(version, _)| *version);
    let snapshot = snapshot.map(|(covered, body)| {
        let what = || format!("the snapshot of `{execution_arn}`");
        body.read(what).map(|snapshot| (unsigned(covered), snapshot))
    });
    let bodies = bodies(&transaction, place, covered)?;
    let expected = place.version.saturating_sub(covered);
    if i64::try_from(bodies.len()) != Ok(expected) {
        let message = format!("the journal of `{execution_arn}` is damaged: {} entries of {expected}", bodies.len());
        return Err(broken(message).into());
    }
    let entry = |(version, body): (i64, Body)| body.read(|| format!("entry {version} of `{execution_arn}`"));
    let entries = (covered.saturating_add(1)..).zip(bodies).map(entry).collect::<Result<_, _>>()?;
    Ok(Some(Journal { version: unsigned(place.version), snapshot: snapshot.transpose()?, entries }))
}

fn snapshot(connection: &Connection, id: i64) -> rusqlite::Result<Option<(i64, Body)>> {
    let sql = "SELECT version, form, checksum, body FROM snapshots WHERE execution = ?1";
    connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, Body::from_row(row, 1)?))).optional()
}

/// The entries after the version `after`, in their order; fewer than there should be if the file is damaged.
pub(super) fn bodies(connection: &Connection, place: Place, after: i64) -> rusqlite::Result<Vec<Body>> {
    let sql = "SELECT previous, form, checksum, body FROM entries WHERE id = ?1 AND execution = ?2 AND version = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let (mut entry, mut version) = (place.entry, place.version);
    let mut bodies = Vec::new();
    while let Some(id) = entry.filter(|_| version > after) {
        let read = |row: &Row<'_>| Ok((row.get(0)?, Body::from_row(row, 1)?));
        let Some((previous, body)) = statement.query_row((id, place.id, version), read).optional()? else { break };
        bodies.push(body);
        (entry, version) = (previous, version - 1);
    }
    bodies.reverse();
    Ok(bodies)
}

/// Removes the entries of a journal.
fn remove_entries(connection: &Connection, place: Place) -> rusqlite::Result<()> {
    let sql = "DELETE FROM entries WHERE id = ?1 AND execution = ?2 RETURNING previous";
    let mut statement = connection.prepare_cached(sql)?;
    let mut entry = place.entry;
    while let Some(id) = entry {
        entry = statement.query_row((id, place.id), |row| row.get(0)).optional()?.flatten();
    }
    connection.prepare_cached("DELETE FROM journals WHERE execution = ?1")?.execute([place.id]).map(drop)
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
    for execution_arn in execution_arns {
        let Some(place) = Place::of(connection, execution_arn)? else { continue };
        let Place { id, status, .. } = place;
        if status == RUNNING {
            continue;
        }
        let sql = "SELECT machine, parent FROM executions WHERE id = ?1";
        let arns: (i64, Option<i64>) =
            connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        remove_entries(connection, place)?;
        connection.prepare_cached("DELETE FROM snapshots WHERE execution = ?1")?.execute([id])?;
        posts::remove_of(connection, id)?;
        connection.prepare_cached("DELETE FROM executions WHERE id = ?1")?.execute([id])?;
        for arn in [Some(arns.0), arns.1].into_iter().flatten() {
            let unused = "DELETE FROM arns WHERE id = ?1 \
                          AND NOT EXISTS (SELECT 1 FROM executions WHERE machine = ?1) \
                          AND NOT EXISTS (SELECT 1 FROM executions WHERE parent = ?1)";
            connection.prepare_cached(unused)?.execute([arn])?;
        }
    }
    Ok(())
}
