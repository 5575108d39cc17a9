//! The journal of an execution: what came in, and when.

use std::collections::BTreeSet;
use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot, Start};
use asl_core::program::Fingerprint;
use serde::{Deserialize, Serialize};

use super::record::{Opening, Standing};

/// Entries to append to the journal of one execution.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Whose journal.
    pub execution_arn: Arc<str>,
    /// How many entries the journal has.
    pub expected_version: u64,
    /// What to append, in order; may be empty.
    pub entries: Vec<JournalEntry>,
    /// What the execution is, if it is new.
    pub opening: Option<Opening>,
    /// How the execution stands now, if that changed.
    pub standing: Option<Standing>,
    /// The [posts](super::Store::posts) that the entries took in, or that came too late: they are removed.
    pub received: Vec<u64>,
}

/// Something that came in, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The time that the execution was told.
    pub at: Timestamp,
    /// What came in.
    pub inbound: Inbound,
}

/// What comes in to an execution.
///
/// Exhaustive on purpose: who replays a journal must handle everything in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Inbound {
    /// The execution was started: the first entry of every journal.
    Started {
        /// With what.
        start: Box<Start>,
        /// The definition that it is pinned to.
        fingerprint: Fingerprint,
    },
    /// Something happened.
    Event(Event),
    /// A deadline passed.
    DeadlineReached,
    /// The ARNs of the activities that do not exist, as was found out before what comes next.
    MissingActivities(BTreeSet<Arc<str>>),
}

/// What a store knows of the way of an execution.
#[derive(Debug, Clone)]
pub struct Journal {
    /// How many entries there are in all.
    pub version: u64,
    /// A snapshot to begin with, and the version that it was taken at.
    pub snapshot: Option<(u64, Snapshot)>,
    /// The entries after the snapshot, all if there is none.
    pub entries: Vec<JournalEntry>,
}
