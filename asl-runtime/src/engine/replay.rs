//! From a journal to the execution that it is the journal of.

use asl_core::execution::Start;
use asl_core::history::HistoryEvent;
use asl_core::program::Fingerprint;
use asl_core::{Program, Timestamp};

use crate::driver::Driver;
use crate::store::{Inbound, Journal, JournalEntry, StoreError};

/// An execution as its journal leaves it.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) driver: Driver,
    /// When it was told something last, as far as the entries tell.
    pub(super) told_at: Timestamp,
}

/// The definition that the execution is pinned to.
pub(super) fn fingerprint(journal: &Journal) -> Result<&Fingerprint, StoreError> {
    match (&journal.snapshot, journal.entries.first()) {
        (Some((_, snapshot)), _) => Ok(snapshot.program()),
        (None, Some(JournalEntry { inbound: Inbound::Started { fingerprint, .. }, .. })) => Ok(fingerprint),
        (None, _) => Err(unreadable("it does not begin with a start")),
    }
}

/// What the execution was started with, of a journal from its start.
pub(super) fn start(journal: &Journal) -> Result<&Start, StoreError> {
    match journal.entries.first() {
        Some(JournalEntry { inbound: Inbound::Started { start, .. }, .. }) => Ok(start),
        _ => Err(unreadable("it does not begin with a start")),
    }
}

/// The execution after everything in `journal`, with the history since the snapshot.
pub(super) fn replay(program: &Program, journal: Journal) -> Result<Replayed, StoreError> {
    let Journal { version, snapshot, entries } = journal;
    let covered = snapshot.as_ref().map_or(0, |(version, _)| *version);
    if covered.checked_add(entries.len() as u64) != Some(version) {
        let found = entries.len();
        return Err(unreadable(&format!(
            "it should have {version} entries, and has {found} after the first {covered}"
        )));
    }
    let mut entries = (covered + 1..).zip(entries);
    let mut replayed = match snapshot {
        Some((_, snapshot)) => {
            let driver = Driver::restore(program.clone(), snapshot).map_err(|error| unreadable(&error.to_string()))?;
            Replayed { driver, told_at: Timestamp::UNIX_EPOCH }
        }
        None => match entries.next() {
            Some((_, JournalEntry { at, inbound: Inbound::Started { start, .. } })) => {
                Replayed { driver: Driver::start(program.clone(), *start, at).0, told_at: at }
            }
            _ => return Err(unreadable("it does not begin with a start")),
        },
    };
    for (number, JournalEntry { at, inbound }) in entries {
        match inbound {
            Inbound::Started { .. } => return Err(unreadable(&format!("entry {number} starts it again"))),
            Inbound::DeadlineReached => drop(replayed.driver.handle_deadline(at)),
            Inbound::MissingActivities(activity_arns) => replayed.driver.learn_missing_activities(activity_arns),
            Inbound::Event(event) => {
                let handled = replayed.driver.handle(at, event);
                handled.map_err(|rejected| unreadable(&format!("entry {number} does not fit: {rejected}")))?;
            }
        }
        replayed.told_at = at;
    }
    Ok(replayed)
}

/// The history that a journal from its start leads to.
pub(super) fn history(program: &Program, journal: Journal) -> Result<Vec<HistoryEvent>, StoreError> {
    Ok(replay(program, journal)?.driver.take_history())
}

fn unreadable(reason: &str) -> StoreError {
    StoreError::Broken(format!("a journal cannot be read: {reason}").into())
}
