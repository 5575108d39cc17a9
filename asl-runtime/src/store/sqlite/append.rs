//! Appending to journals.

use std::collections::HashSet;
use std::sync::Arc;

use asl_core::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::body::Body;
use super::failure::{Failed, broken};
use super::record::{self, EndColumns, RUNNING};
use super::{journals, posts, signed, unsigned};
use crate::store::{Batch, Opening, OwnerId, Parent, Standing, StoreError};

/// A batch as it is written; made by who appends, so that the one thread that writes does not have to.
#[derive(Debug)]
pub(super) struct Prepared {
    execution_arn: Arc<str>,
    expected: i64,
    entries: Vec<Body>,
    opening: Option<Opening>,
    standing: Option<PreparedStanding>,
    received: Vec<i64>,
}

#[derive(Debug)]
enum PreparedStanding {
    Running { sleeps_until: Option<i64> },
    Ended(EndColumns),
}

impl Prepared {
    pub(super) fn of(batch: &Batch) -> Result<Self, StoreError> {
        Ok(Self {
            execution_arn: Arc::clone(&batch.execution_arn),
            expected: signed(batch.expected_version),
            entries: batch.entries.iter().map(Body::of).collect::<Result<_, _>>()?,
            opening: batch.opening.clone(),
            standing: match &batch.standing {
                None => None,
                Some(Standing::Running { sleeps_until }) => {
                    Some(PreparedStanding::Running { sleeps_until: sleeps_until.map(Timestamp::as_millis) })
                }
                Some(Standing::Ended(end)) => Some(PreparedStanding::Ended(EndColumns::of(end)?)),
            },
            received: batch.received.iter().copied().map(signed).collect(),
        })
    }
}

/// An execution that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) id: i64,
    pub(super) owner: i64,
    pub(super) status: i64,
    pub(super) version: i64,
    /// The last entry.
    pub(super) entry: Option<i64>,
}

impl Place {
    pub(super) fn of(connection: &Connection, execution_arn: &str) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT id, owner, status, version, entry \
                   FROM executions LEFT JOIN journals ON execution = id WHERE arn = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let place = statement.query_row([execution_arn], |row| {
            let (id, owner, status) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Self { id, owner, status, version: row.get(3)?, entry: row.get(4)? })
        });
        place.optional()
    }

    /// Refuses who does not own an execution that runs; one that ended has no owner.
    pub(super) fn check_owner(&self, owner: i64, execution_arn: &Arc<str>) -> Result<(), StoreError> {
        if self.status == RUNNING && self.owner != owner {
            return Err(StoreError::Fenced { execution_arn: Arc::clone(execution_arn) });
        }
        Ok(())
    }
}

/// What is to be done with a batch.
enum Verdict {
    Open,
    Append(Place),
    /// It was appended before; the answer got lost.
    Again,
}

/// Appends every batch, or none.
pub(super) fn append(connection: &Connection, owner: OwnerId, batches: &[Prepared]) -> Result<(), Failed> {
    let owner = signed(owner.0);
    let mut executions = HashSet::with_capacity(batches.len());
    let mut verdicts = Vec::with_capacity(batches.len());
    for batch in batches {
        let verdict = judge(connection, owner, batch)?;
        if !executions.insert(&batch.execution_arn) {
            return Err(conflict(batch, batch.expected.saturating_sub(1)).into());
        }
        verdicts.push(verdict);
    }
    for (verdict, batch) in verdicts.into_iter().zip(batches) {
        match verdict {
            Verdict::Again => {}
            Verdict::Open => {
                let id = open(connection, owner, batch)?;
                write(connection, id, None, batch)?;
            }
            Verdict::Append(place) => {
                if place.owner != owner {
                    let mut statement = connection.prepare_cached("UPDATE executions SET owner = ?2 WHERE id = ?1")?;
                    statement.execute((place.id, owner))?;
                }
                write(connection, place.id, place.entry, batch)?;
            }
        }
    }
    Ok(())
}

fn judge(connection: &Connection, owner: i64, batch: &Prepared) -> Result<Verdict, Failed> {
    let Some(place) = Place::of(connection, &batch.execution_arn)? else {
        return match (&batch.opening, batch.expected) {
            (Some(_), 0) => Ok(Verdict::Open),
            _ => Err(conflict(batch, 0).into()),
        };
    };
    if batch.opening.is_none() && place.version == batch.expected {
        place.check_owner(owner, &batch.execution_arn)?;
        return Ok(Verdict::Append(place));
    }
    if was_appended(connection, place, batch)? {
        place.check_owner(owner, &batch.execution_arn)?;
        return Ok(Verdict::Again);
    }
    Err(conflict(batch, place.version).into())
}

/// Whether what the batch says is what the journal ends with.
fn was_appended(connection: &Connection, place: Place, batch: &Prepared) -> Result<bool, Failed> {
    let appended = i64::try_from(batch.entries.len()).unwrap_or(i64::MAX);
    if batch.expected.checked_add(appended) != Some(place.version) {
        return Ok(false);
    }
    if let Some(opening) = &batch.opening
        && record::by_id(connection, place.id)?.is_none_or(|record| record.opening != *opening)
    {
        return Ok(false);
    }
    Ok(journals::bodies(connection, place, batch.expected)? == batch.entries)
}

fn conflict(batch: &Prepared, found: i64) -> StoreError {
    StoreError::VersionConflict {
        execution_arn: Arc::clone(&batch.execution_arn),
        expected: unsigned(batch.expected),
        found: unsigned(found),
    }
}

/// Makes a row for an execution that is new, and returns its number.
fn open(connection: &Connection, owner: i64, batch: &Prepared) -> Result<i64, Failed> {
    let Some(Opening { state_machine_arn, name, start_date, parent }) = &batch.opening else {
        return Err(broken(format!("`{}` is new and has no opening", batch.execution_arn)).into());
    };
    let machine = intern(connection, state_machine_arn)?;
    let parent_id = parent.as_ref().map(|parent| intern(connection, parent.arn())).transpose()?;
    let (task, index) = match parent {
        None => (None, None),
        Some(Parent::Task { task, .. }) => (Some(record::task_number(*task)?), None),
        Some(Parent::MapRun { index, .. }) => (None, Some(signed(*index))),
    };
    let sql = "INSERT INTO executions \
               (arn, machine, name, start_date, parent, parent_task, parent_index, owner, status) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let mut statement = connection.prepare_cached(sql)?;
    let start_date = start_date.as_millis();
    let row = (&*batch.execution_arn, machine, &**name, start_date, parent_id, task, index, owner, RUNNING);
    let id = statement.insert(row)?;
    let sql = "INSERT INTO journals (execution, version) VALUES (?1, 0)";
    connection.prepare_cached(sql)?.execute([id])?;
    Ok(id)
}

/// The number of an ARN that many executions name.
fn intern(connection: &Connection, arn: &str) -> rusqlite::Result<i64> {
    let mut known = connection.prepare_cached("SELECT id FROM arns WHERE arn = ?1")?;
    match known.query_row([arn], |row| row.get(0)).optional()? {
        Some(id) => Ok(id),
        None => connection.prepare_cached("INSERT INTO arns (arn) VALUES (?1)")?.insert([arn]),
    }
}

/// Writes the entries after `last`, and what else the batch says.
fn write(connection: &Connection, id: i64, mut last: Option<i64>, batch: &Prepared) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO entries (execution, version, previous, form, checksum, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = connection.prepare_cached(sql)?;
    let mut reached = batch.expected;
    for Body { form, checksum, text } in &batch.entries {
        reached = reached.saturating_add(1);
        last = Some(insert.insert((id, reached, last, form, checksum, text))?);
    }
    if reached > batch.expected {
        let sql = "UPDATE journals SET version = ?2, entry = ?3 WHERE execution = ?1";
        connection.prepare_cached(sql)?.execute((id, reached, last))?;
    }
    match &batch.standing {
        None => {}
        Some(PreparedStanding::Running { sleeps_until }) => {
            let sql = "UPDATE executions SET status = ?2, sleeps_until = ?3, stop_date = NULL, outcome = NULL \
                       WHERE id = ?1";
            connection.prepare_cached(sql)?.execute((id, RUNNING, sleeps_until))?;
        }
        Some(PreparedStanding::Ended(EndColumns { status, stop_date, outcome })) => {
            let sql = "UPDATE executions SET status = ?2, sleeps_until = NULL, stop_date = ?3, outcome = ?4 \
                       WHERE id = ?1";
            connection.prepare_cached(sql)?.execute((id, status, stop_date, outcome))?;
            posts::remove_of(connection, id)?;
        }
    }
    for post in &batch.received {
        connection.prepare_cached("DELETE FROM posts WHERE id = ?1")?.execute([post])?;
    }
    Ok(())
}
