//! A Map Run: what becomes of the items of a Distributed Map, as a state machine without I/O.
//!
//! An [`Execution`](crate::execution::Execution) asks for one with
//! [`Command::StartMapRun`](crate::execution::Command::StartMapRun).
//! The driver feeds it items and tells it what becomes of its children, which are executions of their own;
//! it selects and batches items, starts children up to the concurrency, counts, and ends with what to tell the parent.
//! It keeps neither items nor inputs longer than it needs them, so that its memory does not grow with their number;
//! only of each child that did not succeed it keeps a few bytes, for a redrive.
//!
//! It does not read objects and does not write them: that is for the driver to do.
//!
//! See [Distributed mode](https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html).

mod child;
mod counts;
mod items;
mod pending;
mod redrive;
mod results;
mod snapshot;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::child::{EndedChild, StartChild};
pub use self::counts::Counts;
use self::counts::Unsuccessful;
pub use self::pending::PendingChildren;
use self::snapshot::Progress;
pub use self::snapshot::{InvalidMapRunSnapshot, MapRunSnapshot};
use crate::execution::{ItemSource, MapRunId, OutputsPending, StartMapRun, Tolerance};
use crate::failure::{ErrorName, Failure};
use crate::program::Program;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// A running or ended Map Run.
#[derive(Debug, Clone)]
pub struct MapRun {
    /// The program of the execution that it belongs to.
    program: Program,
    progress: Progress,
    commands: VecDeque<MapRunCommand>,
}

/// An item of the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// `$$.Map.Item.Value`
    pub value: Value,
    /// `$$.Map.Item.Key`: the name of the member, where the items are the members of an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Arc<str>>,
    /// `$$.Map.Item.Source`: where the item was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Arc<str>>,
}

/// An item without a key, of which nobody knows where it is from.
impl From<Value> for Item {
    fn from(value: Value) -> Self {
        Self { value, key: None, source: None }
    }
}

/// What the driver tells a Map Run.
///
/// Exhaustive on purpose: who journals events must handle every one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MapRunEvent {
    /// The next items of the source, in its order.
    Items(Vec<Item>),
    /// The source has no more items.
    ItemsEnded,
    /// The items cannot be read; the failure is `States.ItemReaderFailed` with the reason.
    ItemsFailed(Failure),
    /// A child will run or have run whatever happens: its input is no longer needed here.
    ChildStarted {
        /// The child.
        index: u64,
    },
    /// A child ended.
    ChildEnded {
        /// The child.
        index: u64,
        /// How.
        ended: EndedChild,
    },
    /// `UpdateMapRun`
    Updated(MapRunUpdate),
    /// The results are where they were to be written to.
    ResultsWritten,
    /// The results cannot be written; the failure is `States.ResultWriterFailed` with the reason.
    ResultsFailed(Failure),
    /// Nobody waits for the Map Run any more.
    Aborted,
    /// A Map Run that ended without success is to go on with what did not succeed and with what was never started.
    Redriven {
        /// What to answer to from now on.
        map_run: MapRunId,
        /// How often it was redriven, this time included.
        redrive_count: u32,
    },
}

/// What a Map Run asks of its driver.
///
/// Exhaustive on purpose: a new command must break every driver at compile time.
#[derive(Debug, Clone, PartialEq)]
pub enum MapRunCommand {
    /// Start a child, unless it was started before, and answer with [`MapRunEvent::ChildEnded`].
    StartChild(StartChild),
    /// Redrive a child, unless that was done before, and answer with [`MapRunEvent::ChildEnded`]:
    /// with its former end if it cannot be redriven.
    RedriveChild {
        /// The child.
        index: u64,
    },
    /// Stop a child; it is answered like any other.
    StopChild {
        /// The child.
        index: u64,
    },
    /// Every child ended: finish the files of the `ResultWriter`, and answer with [`MapRunEvent::ResultsWritten`] or
    /// [`MapRunEvent::ResultsFailed`].
    WriteResults,
    /// The Map Run ended; there will be no more commands.
    Finish(MapRunOutcome),
}

/// How a Map Run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MapRunOutcome {
    /// `SUCCEEDED`, with the state's result.
    Succeeded(Value),
    /// `FAILED`
    Failed(Failure),
    /// `ABORTED`
    Aborted,
}

/// What `UpdateMapRun` changes; what is not given stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields carry AWS's names and meaning")]
pub struct MapRunUpdate {
    pub max_concurrency: Option<u64>,
    pub tolerated_failure_count: Option<u64>,
    pub tolerated_failure_percentage: Option<f64>,
}

/// Where a Map Run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Phase {
    /// Items become children.
    Running,
    /// No child begins any more; those that run end first.
    Stopping(MapRunOutcome),
    /// The results are being written.
    Writing(MapRunOutcome),
    Ended(MapRunOutcome),
}

/// A child that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Running {
    items: u64,
    /// What it is started with, until the driver is known to have started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<StartChild>,
    /// Whether it is to be redriven, until the driver is known to have done that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    redrive: bool,
}

impl MapRun {
    /// Begins the Map Run that an execution of `program` asked for.
    pub fn start(program: Program, start: StartMapRun, now: Timestamp) -> Self {
        let mut map_run = Self { program, progress: Progress::new(start, now), commands: VecDeque::new() };
        map_run.go_on();
        map_run
    }

    /// Takes `event` in and goes on until it waits again.
    ///
    /// # Errors
    ///
    /// When the event concerns a child that does not run, items that nobody waits for, or a Map Run that has ended.
    pub fn handle(&mut self, now: Timestamp, event: MapRunEvent) -> Result<(), MapRunRejected> {
        self.progress.now = self.progress.now.max(now);
        match (&self.progress.phase, event) {
            (Phase::Ended(outcome), MapRunEvent::Redriven { map_run, redrive_count }) => {
                if let MapRunOutcome::Succeeded(_) = outcome {
                    return Err(MapRunRejected::Ended);
                }
                self.redrive(map_run, redrive_count);
            }
            (Phase::Ended(_), _) => return Err(MapRunRejected::Ended),
            (_, MapRunEvent::Redriven { .. }) => return Err(MapRunRejected::Running),
            (Phase::Running, MapRunEvent::Items(items)) if !self.progress.source_ended => {
                self.progress.waiting.extend(items);
            }
            (Phase::Running, MapRunEvent::ItemsEnded) => self.progress.source_ended = true,
            (Phase::Running, MapRunEvent::ItemsFailed(failure)) => self.stop(MapRunOutcome::Failed(failure)),
            (_, MapRunEvent::ChildStarted { index }) => {
                let child = self.progress.running.get_mut(&index).ok_or(MapRunRejected::ChildDoesNotExist)?;
                (child.start, child.redrive) = (None, false);
            }
            (_, MapRunEvent::ChildEnded { index, ended }) => self.child_ended(index, &ended)?,
            (_, MapRunEvent::Updated(update)) => self.update(update),
            (Phase::Writing(_), MapRunEvent::ResultsWritten) => self.results_written(),
            (Phase::Writing(outcome), MapRunEvent::ResultsFailed(failure)) => {
                let outcome = match outcome {
                    MapRunOutcome::Succeeded(_) => MapRunOutcome::Failed(failure),
                    other => other.clone(),
                };
                self.finish(outcome);
            }
            (Phase::Running, MapRunEvent::Aborted) => self.stop(MapRunOutcome::Aborted),
            (_, MapRunEvent::Aborted) => {}
            (_, MapRunEvent::Items(_) | MapRunEvent::ItemsEnded | MapRunEvent::ItemsFailed(_)) => {
                return Err(MapRunRejected::ItemsNotWanted);
            }
            (_, MapRunEvent::ResultsWritten | MapRunEvent::ResultsFailed(_)) => {
                return Err(MapRunRejected::ResultsNotWanted);
            }
        }
        self.go_on();
        Ok(())
    }

    /// The next thing that the Map Run asks for.
    pub fn poll(&mut self) -> Option<MapRunCommand> {
        self.commands.pop_front()
    }

    /// How many further items it takes from its source now, a hundred at most; 0 while as many children run as may,
    /// and without a source to be read.
    pub fn wants_items(&self) -> usize {
        const MOST: usize = 100;
        let progress = &self.progress;
        if progress.source_ended || progress.phase != Phase::Running {
            return 0;
        }
        let per_child = match &progress.start.batcher {
            None => 1,
            Some(batcher) => batcher.max_items.map_or(MOST, |items| usize::try_from(items).unwrap_or(MOST)),
        };
        let held = progress.waiting.len() + progress.batch.len();
        self.free_slots().saturating_mul(per_child).saturating_sub(held).min(MOST)
    }

    /// How many items it took from its source so far: what a driver that opens the source again leaves out.
    pub fn items_taken(&self) -> u64 {
        self.progress.items_taken + self.progress.waiting.len() as u64
    }

    /// What it was started with; the concurrency and the tolerance may have been [updated](MapRunEvent::Updated).
    pub fn started_with(&self) -> &StartMapRun {
        &self.progress.start
    }

    /// The program that its children run.
    ///
    /// `None` if the program that it was started with has no such Distributed Map.
    pub fn child_program(&self) -> Option<Program> {
        self.program.item_processor(&self.progress.start.state_name)
    }

    /// The children that run, or are to be started, by their places.
    pub fn running_children(&self) -> impl Iterator<Item = u64> {
        self.progress.running.keys().copied()
    }

    /// Whether the child at a place runs, or is to be started.
    pub fn runs_child(&self, index: u64) -> bool {
        self.progress.running.contains_key(&index)
    }

    /// How many children there were so far: the place of the next one.
    pub fn children(&self) -> u64 {
        self.progress.children
    }

    /// The status as AWS names it: `RUNNING`, `SUCCEEDED`, `FAILED` or `ABORTED`.
    pub fn status(&self) -> &'static str {
        match self.outcome() {
            None => "RUNNING",
            Some(MapRunOutcome::Succeeded(_)) => "SUCCEEDED",
            Some(MapRunOutcome::Failed(_)) => "FAILED",
            Some(MapRunOutcome::Aborted) => "ABORTED",
        }
    }

    /// Whether no child begins any more, though some still run.
    pub fn is_stopping(&self) -> bool {
        matches!(self.progress.phase, Phase::Stopping(_))
    }

    /// How it ended, if it did.
    pub fn outcome(&self) -> Option<&MapRunOutcome> {
        match &self.progress.phase {
            Phase::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// When it began, and when it ended.
    pub fn times(&self) -> (Timestamp, Option<Timestamp>) {
        (self.progress.started_at, self.outcome().map(|_| self.progress.now))
    }

    /// How often it was redriven, and when last.
    pub fn redrives(&self) -> (u32, Option<Timestamp>) {
        (self.progress.start.redrive_count, self.progress.redriven_at)
    }

    /// How many children run at once: `MaxConcurrency`, and at most what the limits allow.
    pub fn max_concurrency(&self) -> u64 {
        let limit = self.progress.start.parent.limits.map_run_concurrency as u64;
        match self.progress.start.max_concurrency {
            0 => limit,
            concurrency => concurrency.min(limit),
        }
    }

    /// What became of the items so far: `itemCounts` of `DescribeMapRun`.
    pub fn item_counts(&self) -> Counts {
        let running = self.progress.running.values().map(|child| child.items).sum();
        let pending_redrive = self.progress.pending_redrive.values().map(|child| child.items).sum();
        let known = self.total_items().unwrap_or_else(|| self.items_taken());
        self.progress.items.counts(running, pending_redrive, known)
    }

    /// What became of the children so far: `executionCounts` of `DescribeMapRun`.
    pub fn execution_counts(&self) -> Counts {
        let Progress { running, pending_redrive, children, .. } = &self.progress;
        self.progress.executions.counts(running.len() as u64, pending_redrive.len() as u64, *children)
    }

    /// What remains to be known to go on later, elsewhere.
    ///
    /// # Errors
    ///
    /// When there are commands that nobody polled yet: they would be lost.
    pub fn snapshot(&self) -> Result<MapRunSnapshot, OutputsPending> {
        if !self.commands.is_empty() {
            return Err(OutputsPending);
        }
        Ok(MapRunSnapshot::of(self.program.fingerprint(), &self.progress))
    }

    /// Goes on from a snapshot.
    ///
    /// What was asked for and is not known to be done is asked for again: children that are not known to have
    /// [started](MapRunEvent::ChildStarted), the end of those that are to stop, and the results.
    ///
    /// # Errors
    ///
    /// When the snapshot was taken with another program, or by another version of this library.
    pub fn restore(program: Program, snapshot: MapRunSnapshot) -> Result<Self, InvalidMapRunSnapshot> {
        let progress = snapshot.into_progress(program.fingerprint())?;
        let mut map_run = Self { program, progress, commands: VecDeque::new() };
        let progress = &map_run.progress;
        let starts = progress.running.values().filter_map(|child| child.start.clone());
        let redrives = progress.running.iter().filter(|(_, child)| child.redrive);
        let redrives = redrives.map(|(index, _)| MapRunCommand::RedriveChild { index: *index });
        map_run.commands.extend(starts.map(MapRunCommand::StartChild).chain(redrives));
        match &progress.phase {
            Phase::Stopping(_) => {
                map_run
                    .commands
                    .extend(progress.running.keys().map(|index| MapRunCommand::StopChild { index: *index }));
            }
            Phase::Writing(_) => map_run.commands.push_back(MapRunCommand::WriteResults),
            Phase::Running | Phase::Ended(_) => {}
        }
        Ok(map_run)
    }

    /// Starts what may be started, and ends when there is nothing left to do.
    fn go_on(&mut self) {
        if self.progress.phase == Phase::Running && self.is_tolerance_exceeded() {
            let cause = "The specified tolerated failure threshold was exceeded";
            let failure = Failure::new(ErrorName::EXCEED_TOLERATED_FAILURE_THRESHOLD, cause);
            self.stop(MapRunOutcome::Failed(failure));
        }
        while self.progress.phase == Phase::Running && self.free_slots() > 0 {
            if self.redrive_next_child() {
                continue;
            }
            match self.next_input() {
                Ok(Some((input, items))) => self.start_child(input, items),
                Ok(None) => break,
                Err(failure) => self.stop(MapRunOutcome::Failed(failure)),
            }
        }
        if !self.progress.running.is_empty() {
            return;
        }
        match &self.progress.phase {
            Phase::Running if self.has_more_items() => {}
            Phase::Running => self.complete(self.result()),
            Phase::Stopping(outcome) => self.complete(outcome.clone()),
            Phase::Writing(_) | Phase::Ended(_) => {}
        }
    }

    /// Every child ended: the results are written, if they are to be.
    fn complete(&mut self, outcome: MapRunOutcome) {
        let writer = self.progress.start.result_writer.as_ref();
        if writer.is_some_and(|writer| writer.destination.is_some()) {
            self.progress.phase = Phase::Writing(outcome);
            self.commands.push_back(MapRunCommand::WriteResults);
        } else {
            self.finish(outcome);
        }
    }

    fn finish(&mut self, outcome: MapRunOutcome) {
        self.progress.phase = Phase::Ended(outcome.clone());
        self.commands.push_back(MapRunCommand::Finish(outcome));
    }

    /// Lets no child begin any more, and stops those that run.
    fn stop(&mut self, outcome: MapRunOutcome) {
        self.progress.phase = Phase::Stopping(outcome);
        self.give_up_redrives();
        let running = self.progress.running.keys();
        self.commands.extend(running.map(|index| MapRunCommand::StopChild { index: *index }));
    }

    fn results_written(&mut self) {
        let Phase::Writing(outcome) = &self.progress.phase else { return };
        let outcome = outcome.clone();
        self.progress.items.results_are_written();
        self.progress.executions.results_are_written();
        self.finish(outcome);
    }

    fn child_ended(&mut self, index: u64, ended: &EndedChild) -> Result<(), MapRunRejected> {
        let Running { items, .. } = self.progress.running.remove(&index).ok_or(MapRunRejected::ChildDoesNotExist)?;
        if let Some(child) = Unsuccessful::of(ended, items) {
            self.count_unsuccessful(index, child);
        } else {
            self.progress.items.succeeded(items);
            self.progress.executions.succeeded(1);
        }
        self.keep_result(index, ended);
        Ok(())
    }

    fn update(&mut self, update: MapRunUpdate) {
        let start = &mut self.progress.start;
        start.max_concurrency = update.max_concurrency.unwrap_or(start.max_concurrency);
        let Tolerance { count, percentage } = &mut start.tolerance;
        *count = update.tolerated_failure_count.or(*count);
        *percentage = update.tolerated_failure_percentage.or(*percentage);
    }

    fn free_slots(&self) -> usize {
        let limit = usize::try_from(self.max_concurrency()).unwrap_or(usize::MAX);
        limit.saturating_sub(self.progress.running.len())
    }

    /// How many items there are, once that is known.
    fn total_items(&self) -> Option<u64> {
        match &self.progress.start.items {
            ItemSource::Given(items) => Some(items.len() as u64),
            ItemSource::Read(_) => self.progress.source_ended.then(|| self.items_taken()),
        }
    }

    /// A share of the items is only known when all of them are.
    fn is_tolerance_exceeded(&self) -> bool {
        let failed = self.progress.items.failed();
        let tolerance = self.progress.start.tolerance;
        match (self.total_items(), tolerance) {
            (Some(total), _) => tolerance.is_exceeded_by(failed, total),
            (None, Tolerance { count, percentage: Some(percentage) }) => {
                failed > 0 && (percentage <= 0.0 || count.is_some_and(|count| failed > count))
            }
            (None, _) => tolerance.is_exceeded_by(failed, 1),
        }
    }
}

/// An event that a Map Run refuses; nothing follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapRunRejected {
    /// No such child runs.
    ChildDoesNotExist,
    /// The items of the Map Run have ended, or it takes no more.
    ItemsNotWanted,
    /// The Map Run did not ask for its results to be written.
    ResultsNotWanted,
    /// The Map Run ended before.
    Ended,
    /// The Map Run runs, so that it cannot be redriven.
    Running,
}

impl fmt::Display for MapRunRejected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ChildDoesNotExist => "the map run has no such running child",
            Self::ItemsNotWanted => "the map run takes no more items",
            Self::ResultsNotWanted => "the map run did not ask for its results to be written",
            Self::Ended => "the map run ended before",
            Self::Running => "the map run runs",
        })
    }
}

impl std::error::Error for MapRunRejected {}
