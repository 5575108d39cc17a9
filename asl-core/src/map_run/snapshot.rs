//! A Map Run at rest.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::counts::{Tally, Unsuccessful};
use super::results::Results;
use super::{Item, Phase, Running};
use crate::execution::{ItemSource, StartMapRun};
use crate::program::Fingerprint;
use crate::random::Random;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// A Map Run at rest; its serialised form is versioned.
///
/// Of the items it holds those that no child has yet, a hundred and the batch that is being filled at most,
/// and of the children that did not succeed how many items each had.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MapRunSnapshot {
    version: u32,
    program: Fingerprint,
    progress: Progress,
}

/// Everything that a Map Run must remember.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) start: StartMapRun,
    pub(super) started_at: Timestamp,
    /// When it was redriven last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redriven_at: Option<Timestamp>,
    /// The latest time that the driver told.
    pub(super) now: Timestamp,
    pub(super) random: Random,
    /// Items of the source that were not looked at yet.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(super) waiting: VecDeque<Item>,
    /// How many items were looked at, which is the index of the next one.
    pub(super) items_taken: u64,
    pub(super) source_ended: bool,
    /// The items of the batch that is being filled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) batch: Vec<Value>,
    /// The size of that batch as a child's input, in bytes.
    pub(super) batch_bytes: usize,
    /// How many children there were, which is the index of the next one.
    pub(super) children: u64,
    pub(super) running: BTreeMap<u64, Running>,
    /// The children that did not succeed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) unsuccessful: BTreeMap<u64, Unsuccessful>,
    /// Those that are to be redriven.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) pending_redrive: BTreeMap<u64, Unsuccessful>,
    pub(super) items: Tally,
    pub(super) executions: Tally,
    pub(super) results: Results,
    pub(super) phase: Phase,
}

impl Progress {
    pub(super) fn new(start: StartMapRun, now: Timestamp) -> Self {
        Self {
            started_at: now,
            redriven_at: None,
            now,
            random: Random::from_seed(start.scope.seed),
            waiting: VecDeque::new(),
            items_taken: 0,
            source_ended: matches!(start.items, ItemSource::Given(_)),
            batch: Vec::new(),
            batch_bytes: 0,
            children: 0,
            running: BTreeMap::new(),
            unsuccessful: BTreeMap::new(),
            pending_redrive: BTreeMap::new(),
            items: Tally::default(),
            executions: Tally::default(),
            results: Results::default(),
            phase: Phase::Running,
            start,
        }
    }
}

impl MapRunSnapshot {
    /// The version that this library writes.
    const VERSION: u32 = 1;

    pub(super) fn of(program: &Fingerprint, progress: &Progress) -> Self {
        Self { version: Self::VERSION, program: program.clone(), progress: progress.clone() }
    }

    pub(super) fn into_progress(self, program: &Fingerprint) -> Result<Progress, InvalidMapRunSnapshot> {
        if self.version != Self::VERSION {
            return Err(InvalidMapRunSnapshot::Version(self.version));
        }
        if &self.program != program {
            return Err(InvalidMapRunSnapshot::Program);
        }
        Ok(self.progress)
    }
}

/// A snapshot of a Map Run that cannot be restored here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMapRunSnapshot {
    /// It was written by another version of this library.
    Version(u32),
    /// It was taken with another program.
    Program,
}

impl fmt::Display for InvalidMapRunSnapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => {
                write!(formatter, "the snapshot of the map run has version {version}, which is not known here")
            }
            Self::Program => formatter.write_str("the snapshot of the map run was taken with another program"),
        }
    }
}

impl std::error::Error for InvalidMapRunSnapshot {}
