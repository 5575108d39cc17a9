//! The rows of `executions`, read and listed.

use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::TaskId;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row};

use super::failure::{Failed, broken};
use super::{signed, unsigned};
use crate::status::ExecutionStatus;
use crate::store::{End, ExecutionQuery, ExecutionRecord, Opening, Parent, Standing, StoreError};

/// The `status` of executions that run.
pub(super) const RUNNING: i64 = 0;

/// Every `status`.
const STATUSES: [ExecutionStatus; 5] = [
    ExecutionStatus::Running,
    ExecutionStatus::Succeeded,
    ExecutionStatus::Failed,
    ExecutionStatus::TimedOut,
    ExecutionStatus::Aborted,
];

/// What `status` holds; never changes.
fn code(status: ExecutionStatus) -> i64 {
    match status {
        ExecutionStatus::Running => RUNNING,
        ExecutionStatus::Succeeded => 1,
        ExecutionStatus::Failed => 2,
        ExecutionStatus::TimedOut => 3,
        ExecutionStatus::Aborted => 4,
    }
}

/// The columns of an end.
#[derive(Debug)]
pub(super) struct EndColumns {
    pub(super) status: i64,
    pub(super) stop_date: i64,
    pub(super) outcome: String,
}

impl EndColumns {
    pub(super) fn of(end: &End) -> Result<Self, StoreError> {
        let outcome = serde_json::to_string(&end.outcome);
        Ok(Self {
            status: code(ExecutionStatus::of(Some(&end.outcome))),
            stop_date: end.stop_date.as_millis(),
            outcome: outcome.map_err(|error| broken(format!("an outcome cannot be written: {error}")))?,
        })
    }
}

/// The number that a Task is kept as.
pub(super) fn task_number(task: TaskId) -> Result<i64, StoreError> {
    let number = serde_json::to_value(task).ok().and_then(|number| number.as_i64());
    number.ok_or_else(|| broken(format!("the Task {task} has no number")))
}

/// The record of the execution `id`.
pub(super) fn by_id(connection: &Connection, id: i64) -> Result<Option<ExecutionRecord>, Failed> {
    one(connection.prepare_cached(&select("executions.id = ?1"))?, [id])
}

/// The record of the execution with an ARN.
pub(super) fn by_arn(connection: &Connection, arn: &str) -> Result<Option<ExecutionRecord>, Failed> {
    one(connection.prepare_cached(&select("executions.arn = ?1"))?, [arn])
}

fn select(condition: &str) -> String {
    format!(
        "SELECT executions.id, executions.arn, machines.arn, name, start_date, parents.arn, parent_task, \
         parent_index, status, sleeps_until, stop_date, outcome, journals.version \
         FROM executions LEFT JOIN journals ON journals.execution = executions.id JOIN arns AS machines ON machines.id = machine LEFT JOIN arns AS parents ON \
         parents.id = parent WHERE {condition}"
    )
}

fn one(mut statement: CachedStatement<'_>, key: impl Params) -> Result<Option<ExecutionRecord>, Failed> {
    let columns = statement.query_row(key, Columns::from_row).optional()?;
    Ok(columns.map(Columns::record).transpose()?)
}

struct Columns {
    number: i64,
    execution_arn: Arc<str>,
    state_machine_arn: Arc<str>,
    name: Arc<str>,
    start_date: i64,
    parent: Option<Arc<str>>,
    parent_task: Option<i64>,
    parent_index: Option<i64>,
    status: i64,
    sleeps_until: Option<i64>,
    stop_date: Option<i64>,
    outcome: Option<String>,
    version: i64,
}

impl Columns {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            execution_arn: row.get(1)?,
            state_machine_arn: row.get(2)?,
            name: row.get(3)?,
            start_date: row.get(4)?,
            parent: row.get(5)?,
            parent_task: row.get(6)?,
            parent_index: row.get(7)?,
            status: row.get(8)?,
            sleeps_until: row.get(9)?,
            stop_date: row.get(10)?,
            outcome: row.get(11)?,
            version: row.get(12)?,
        })
    }

    fn record(self) -> Result<ExecutionRecord, StoreError> {
        let damaged = |arn: &str, what: &str| broken(format!("the record of `{arn}` is damaged: {what}"));
        let standing = match (self.status, self.stop_date, &self.outcome) {
            (RUNNING, None, None) => Standing::Running { sleeps_until: self.sleeps_until.map(Timestamp::from_millis) },
            (status, Some(stop_date), Some(outcome)) => {
                let outcome = serde_json::from_str(outcome)
                    .map_err(|error| damaged(&self.execution_arn, &format!("its outcome cannot be read: {error}")))?;
                if code(ExecutionStatus::of(Some(&outcome))) != status {
                    return Err(damaged(&self.execution_arn, "its status and its outcome differ"));
                }
                Standing::Ended(End { outcome, stop_date: Timestamp::from_millis(stop_date) })
            }
            _ => return Err(damaged(&self.execution_arn, "its status does not fit the rest")),
        };
        let parent = match (self.parent, self.parent_task, self.parent_index) {
            (None, None, None) => None,
            (Some(execution_arn), Some(task), None) => {
                let task = serde_json::from_value(task.into())
                    .map_err(|error| damaged(&self.execution_arn, &format!("its parent's Task: {error}")))?;
                Some(Parent::Task { execution_arn, task })
            }
            (Some(map_run_arn), None, Some(index)) => Some(Parent::MapRun { map_run_arn, index: unsigned(index) }),
            _ => return Err(damaged(&self.execution_arn, "its parent is half there")),
        };
        let opening = Opening {
            state_machine_arn: self.state_machine_arn,
            name: self.name,
            start_date: Timestamp::from_millis(self.start_date),
            parent,
        };
        Ok(ExecutionRecord {
            number: unsigned(self.number),
            execution_arn: self.execution_arn,
            opening,
            standing,
            version: unsigned(self.version),
        })
    }
}

/// Executions as `query` says, the newest first.
pub(super) fn list(connection: &Connection, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, Failed> {
    let transaction = connection.unchecked_transaction()?;
    let mut records = Vec::new();
    for id in numbers(&transaction, query)? {
        records.extend(by_id(&transaction, id)?);
    }
    Ok(records)
}

/// The numbers of executions as `query` says, from the narrowest index that gives them in order.
fn numbers(connection: &Connection, query: &ExecutionQuery) -> rusqlite::Result<Vec<i64>> {
    let mut interned = connection.prepare_cached("SELECT id FROM arns WHERE arn = ?1")?;
    let mut number_of = |arn: &Option<Arc<str>>| match arn {
        None => Ok(Some(None)),
        Some(arn) => {
            interned.query_row([&**arn], |row| row.get(0)).optional().map(|found: Option<i64>| found.map(Some))
        }
    };
    let (Some(machine), Some(parent)) = (number_of(&query.state_machine_arn)?, number_of(&query.parent_arn)?) else {
        return Ok(Vec::new());
    };
    let before = query.before.map_or(i64::MAX, signed);
    let limit = query.limit.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let status = query.status.map(code);
    let select =
        |condition: &str| format!("SELECT id FROM executions WHERE {condition} AND id < ?1 ORDER BY id DESC LIMIT ?2");
    match (parent, machine, status) {
        (Some(parent), machine, status) => {
            let condition = "parent = ?3 AND (?4 IS NULL OR machine = ?4) AND (?5 IS NULL OR status = ?5)";
            column(connection, &select(condition), (before, limit, parent, machine, status))
        }
        (None, Some(machine), Some(status)) => {
            column(connection, &select("machine = ?3 AND status = ?4"), (before, limit, machine, status))
        }
        (None, Some(machine), None) => {
            // The index has the numbers of each status in order, not those of all.
            let mut numbers = Vec::new();
            for status in STATUSES.map(code) {
                let sql = select("machine = ?3 AND status = ?4");
                numbers.extend(column(connection, &sql, (before, limit, machine, status))?);
            }
            numbers.sort_unstable_by(|a, b| b.cmp(a));
            numbers.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            Ok(numbers)
        }
        (None, None, Some(status)) => column(connection, &select("status = ?3"), (before, limit, status)),
        (None, None, None) => column(connection, &select("TRUE"), (before, limit)),
    }
}

/// The only column of a query.
pub(super) fn column(connection: &Connection, sql: &str, parameters: impl Params) -> rusqlite::Result<Vec<i64>> {
    connection.prepare_cached(sql)?.query_map(parameters, |row| row.get(0))?.collect()
}
