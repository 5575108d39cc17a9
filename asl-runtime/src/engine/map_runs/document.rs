//! What is kept of a Map Run besides its children; its form is versioned.

use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::{MapRunId, StartMapRun, Tolerance};
use asl_core::map_run::{Counts, MapRun, MapRunEvent, MapRunOutcome, MapRunSnapshot};
use asl_core::program::Fingerprint;
use serde::{Deserialize, Serialize};

use super::description::MapRunDescription;
use crate::engine::catalogue::{read, written};
use crate::status::ExecutionStatus;
use crate::store::{Collection, Document, DocumentKey, OwnerId, Store, StoreError};

/// A Map Run as it was when it was last saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MapRunDocument {
    version: u32,
    /// Whose Map Run it is: another engine's write makes it that engine's.
    owner: OwnerId,
    pub(super) execution_arn: Arc<str>,
    pub(super) map_run: MapRunId,
    /// The program of the execution.
    pub(super) program: Fingerprint,
    start_date: Timestamp,
    stop_date: Option<Timestamp>,
    max_concurrency: u64,
    tolerance: Tolerance,
    item_counts: Counts,
    execution_counts: Counts,
    #[serde(default)]
    redrive_count: u32,
    #[serde(default)]
    redrive_date: Option<Timestamp>,
    pub(super) stage: Stage,
    /// Of one that ended without success: what a redrive goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rest: Option<Box<MapRunSnapshot>>,
}

/// How far a Map Run has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Stage {
    /// It was asked for.
    Begun(Box<StartMapRun>),
    /// It ended without success, where this was left, and was to be redriven.
    Redriven(Box<MapRunSnapshot>),
    /// At least so far.
    Running(Box<MapRunSnapshot>),
    /// To its end.
    Ended(MapRunOutcome),
}

impl MapRunDocument {
    /// The version that this library writes.
    const VERSION: u32 = 1;

    pub(super) fn new(owner: OwnerId, program: Fingerprint, machine: &MapRun, stage: Stage) -> Self {
        let start = machine.started_with();
        let (start_date, stop_date) = machine.times();
        let (redrive_count, redrive_date) = machine.redrives();
        let is_unsuccessful = machine.outcome().is_some_and(|outcome| !matches!(outcome, MapRunOutcome::Succeeded(_)));
        let rest = if is_unsuccessful { machine.snapshot().ok().map(Box::new) } else { None };
        Self {
            version: Self::VERSION,
            owner,
            execution_arn: Arc::clone(&start.parent.id),
            map_run: start.map_run,
            program,
            start_date,
            stop_date,
            max_concurrency: start.max_concurrency,
            tolerance: start.tolerance,
            item_counts: machine.item_counts(),
            execution_counts: machine.execution_counts(),
            redrive_count,
            redrive_date,
            stage,
            rest,
        }
    }

    /// What a document says.
    pub(super) fn of(document: &Document) -> Result<Self, StoreError> {
        /// What every version has.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = read(document)?;
        if version != Self::VERSION {
            let reason = format!("the Map Run `{}` has version {version}, which is not known here", document.name);
            return Err(StoreError::Broken(reason.into()));
        }
        read(document)
    }

    /// The document of a Map Run and its revision, if there is one.
    pub(super) async fn find(store: &dyn Store, map_run_arn: &str) -> Result<Option<(Self, u64)>, StoreError> {
        match store.get(key(map_run_arn)).await? {
            None => Ok(None),
            Some(document) => Ok(Some((Self::of(&document)?, document.revision))),
        }
    }

    /// The body of the document.
    pub(super) fn body(&self) -> Result<String, StoreError> {
        written(self)
    }

    pub(super) fn started_at(&self) -> Timestamp {
        self.start_date
    }

    pub(super) fn stop_date(&self) -> Option<Timestamp> {
        self.stop_date
    }

    /// What tells the Map Run of its redrive, and when that was.
    pub(super) fn redriven(&self) -> (Timestamp, MapRunEvent) {
        let event = MapRunEvent::Redriven { map_run: self.map_run, redrive_count: self.redrive_count };
        (self.redrive_date.unwrap_or_default(), event)
    }

    pub(super) fn describe(&self, map_run_arn: &Arc<str>) -> MapRunDescription {
        MapRunDescription {
            map_run_arn: Arc::clone(map_run_arn),
            execution_arn: Arc::clone(&self.execution_arn),
            status: match &self.stage {
                Stage::Begun(_) | Stage::Redriven(_) | Stage::Running(_) => ExecutionStatus::Running,
                Stage::Ended(MapRunOutcome::Succeeded(_)) => ExecutionStatus::Succeeded,
                Stage::Ended(MapRunOutcome::Failed(_)) => ExecutionStatus::Failed,
                Stage::Ended(MapRunOutcome::Aborted) => ExecutionStatus::Aborted,
            },
            start_date: self.start_date,
            stop_date: self.stop_date,
            max_concurrency: self.max_concurrency,
            tolerated_failure_count: self.tolerance.count.unwrap_or(0),
            tolerated_failure_percentage: self.tolerance.percentage.unwrap_or(0.0),
            item_counts: self.item_counts,
            execution_counts: self.execution_counts,
            redrive_count: self.redrive_count.into(),
            redrive_date: self.redrive_date,
        }
    }
}

pub(super) fn key(map_run_arn: &str) -> DocumentKey<'_> {
    DocumentKey { collection: Collection::MapRuns, name: map_run_arn }
}
