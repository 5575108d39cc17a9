//! What the cases are made of.

use std::fmt::Debug;
use std::sync::Arc;

use asl_core::execution::{Event, Execution, Outcome, Output, Snapshot, Start, TaskId};
use asl_core::program::Program;
use asl_core::{Failure, Timestamp, compile};

use crate::store::{Batch, End, Inbound, JournalEntry, Opening, OwnerId, Standing, Store, StoreError};

/// What a case found.
pub(super) type Checked = Result<(), Deviation>;

/// How a store differs from the contract.
#[derive(Debug)]
pub(super) struct Deviation(pub(super) String);

impl From<StoreError> for Deviation {
    fn from(error: StoreError) -> Self {
        Self(format!("a call failed that should not: {error}"))
    }
}

/// Refuses anything but what is wanted.
#[expect(clippy::needless_pass_by_value, reason = "cases give what calls return")]
pub(super) fn same<T: PartialEq + Debug>(what: &str, found: T, wanted: T) -> Checked {
    if found == wanted { Ok(()) } else { Err(Deviation(format!("{what}: found {found:?}, not {wanted:?}"))) }
}

/// Refuses what is not so.
pub(super) fn so(what: &str, holds: bool) -> Checked {
    same(what, holds, true)
}

/// Refuses a value that is not there.
pub(super) fn there<T>(what: &str, found: Option<T>) -> Result<T, Deviation> {
    found.ok_or_else(|| Deviation(format!("{what} is not there")))
}

/// Refuses anything but a conflict of versions, with the one that is found.
pub(super) fn conflicts<T: Debug>(what: &str, result: Result<T, StoreError>, at: u64) -> Checked {
    match result {
        Err(StoreError::VersionConflict { found, .. }) => same(&format!("{what}: the version found"), found, at),
        other => Err(Deviation(format!("{what}: {other:?}, not a version conflict"))),
    }
}

/// Refuses anything but a fence.
pub(super) fn is_fenced<T: Debug>(what: &str, result: Result<T, StoreError>) -> Checked {
    match result {
        Err(StoreError::Fenced { .. }) => Ok(()),
        other => Err(Deviation(format!("{what}: {other:?}, not fenced"))),
    }
}

pub(super) const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

/// The ARN of the execution `name`.
pub(super) fn arn(name: &str) -> Arc<str> {
    format!("arn:aws:states:us-east-1:000000000000:execution:m:{name}").into()
}

pub(super) fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millis(milliseconds)
}

/// A lease that lasts through every case, and one that is over in most of them.
pub(super) const LONG: Timestamp = Timestamp::from_millis(1_000_000);
pub(super) const SHORT: Timestamp = Timestamp::from_millis(1_000);
/// A time between their ends.
pub(super) const LATER: Timestamp = Timestamp::from_millis(2_000);

/// An entry that differs from others by its number.
pub(super) fn entry(number: i64) -> JournalEntry {
    JournalEntry { at: at(number), inbound: Inbound::Event(event(&number.to_string())) }
}

/// An event that differs from others by its text.
pub(super) fn event(text: &str) -> Event {
    Event::Stopped { failure: Failure::new("Stopped", text) }
}

pub(super) fn opening(name: &str) -> Opening {
    Opening {
        state_machine_arn: MACHINE.into(),
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
        name: name.into(),
        start_date: at(7),
        parent: None,
    }
}

/// The batch that opens the execution `name`, with one entry.
pub(super) fn first(name: &str) -> Batch {
    Batch { opening: Some(opening(name)), ..next(name, 0) }
}

/// A batch of one entry, at a version.
pub(super) fn next(name: &str, expected_version: u64) -> Batch {
    let number = i64::try_from(expected_version).unwrap_or(i64::MAX);
    Batch {
        execution_arn: arn(name),
        expected_version,
        entries: vec![entry(number)],
        opening: None,
        standing: None,
        received: Vec::new(),
    }
}

/// A batch that ends an execution.
pub(super) fn last(name: &str, expected_version: u64) -> Batch {
    Batch { standing: Some(ended()), ..next(name, expected_version) }
}

pub(super) fn ended() -> Standing {
    Standing::Ended(End { outcome: Outcome::Succeeded(7.into()), stop_date: at(9) })
}

pub(super) async fn open(store: &dyn Store, owner: OwnerId, name: &str) -> Checked {
    Ok(store.append(owner, &[first(name)]).await?)
}

/// Entries as text: they cannot be compared otherwise.
pub(super) fn written(entries: &[JournalEntry]) -> String {
    serde_json::to_string(entries).unwrap_or_default()
}

/// The journal of an execution as its version and text.
pub(super) async fn journal(store: &dyn Store, name: &str) -> Result<Option<(u64, String)>, Deviation> {
    let journal = store.load_from_start(&arn(name)).await?;
    Ok(journal.map(|journal| (journal.version, written(&journal.entries))))
}

/// The journal that has these entries.
#[expect(clippy::unnecessary_wraps, reason = "it is compared with what may not be there")]
pub(super) fn of(entries: &[JournalEntry]) -> Option<(u64, String)> {
    Some((entries.len() as u64, written(entries)))
}

/// A small program, to have what only a program makes.
pub(super) fn program() -> Result<Program, Deviation> {
    let waits = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 5, "End": true}}}"#;
    there("a program", compile(waits).program)
}

/// A snapshot, which differs from others by its number.
pub(super) fn snapshot(number: i64) -> Result<Snapshot, Deviation> {
    let mut execution = Execution::start(program()?, Start::new("a", number), at(number));
    while let Some(Output::History(_) | Output::Command(_)) = execution.poll() {}
    execution.snapshot().map_err(|error| Deviation(error.to_string()))
}

/// A Task's id.
pub(super) fn task(number: u64) -> Result<TaskId, Deviation> {
    there("a Task's id", serde_json::from_value(number.into()).ok())
}
