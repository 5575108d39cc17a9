//! An execution at rest.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::sorted_map::SortedMap;
use super::strand::{Strand, StrandId};
use super::{Outcome, Start};
use crate::history::EventId;
use crate::program::{Fingerprint, StateId};
use crate::random::Random;
use crate::timestamp::Timestamp;

/// An execution at rest; its serialised form is versioned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    pub(super) version: u32,
    pub(super) program: Fingerprint,
    pub(super) progress: Progress,
}

impl Snapshot {
    /// The version that this library writes.
    pub(super) const VERSION: u32 = 1;

    /// The program that it was taken with, and is restored with.
    pub fn program(&self) -> &Fingerprint {
        &self.program
    }
}

/// Everything that an execution must remember.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) start: Start,
    pub(super) started_at: Timestamp,
    /// The latest time that the driver told.
    pub(super) now: Timestamp,
    pub(super) last_event: EventId,
    /// How often a state was tried again, all states together.
    pub(super) retries: u64,
    pub(super) timers_made: u64,
    pub(super) strands_made: u32,
    /// Strands that wait for something.
    pub(super) strands: SortedMap<StrandId, Box<Strand>>,
    /// How many Tasks each state scheduled.
    pub(super) invocations: SortedMap<StateId, u64>,
    /// The activities that do not exist.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) missing_activities: BTreeSet<Arc<str>>,
    /// Strands of an execution that did not succeed, or may not: what a redrive goes on with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) interrupted: BTreeMap<StrandId, Box<Strand>>,
    /// How often it was redriven.
    #[serde(default)]
    pub(super) redrives: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redriven_at: Option<Timestamp>,
    /// The last client tokens that it was redriven with, and when each was used first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(super) client_tokens: VecDeque<(Arc<str>, Timestamp)>,
    /// When it ended last.
    #[serde(default)]
    pub(super) ended_at: Timestamp,
    pub(super) random: Random,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<Outcome>,
}

/// A snapshot was asked for while outputs waited to be polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputsPending;

impl fmt::Display for OutputsPending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("poll every output before taking a snapshot")
    }
}

impl std::error::Error for OutputsPending {}

/// A snapshot that cannot be restored here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSnapshot {
    /// It was written by another version of this library.
    Version(u32),
    /// It was taken with another program.
    Program,
}

impl fmt::Display for InvalidSnapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(formatter, "the snapshot has version {version}, which is not known here"),
            Self::Program => formatter.write_str("the snapshot was taken with another program"),
        }
    }
}

impl std::error::Error for InvalidSnapshot {}
