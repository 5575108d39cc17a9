//! The Map Runs of the engine's executions: each has one tokio task, however many children it has.
//!
//! What becomes of a Map Run follows from its children, which are executions in the store like any other:
//! their names follow from the Map Run's ARN, so a child that was started before is found and not started again.
//! The [document](document) of a Map Run only shortens the way: where it was when it was last saved.

mod begin;
mod calls;
mod children;
mod description;
mod document;
mod items;
mod results;
mod run;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use asl_core::execution::{MapRunId, StartMapRun};
use asl_core::map_run::{EndedChild, MapRunOutcome, MapRunUpdate};
use asl_core::{Program, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

pub use self::description::{MapRunDescription, MapRunPage, MapRunSummary};
use self::document::{MapRunDocument, Stage};
use self::results::Written;
use super::hosted::{Departure, HostedExecution, Journalled};
use super::inner::{Inner, lock};
use super::replay;
use super::retention::Ended;
use crate::error::{Error, MissingObjects};
use crate::store::{Collection, Document, Parent, StoreError};

/// How many documents are looked through at once; each may hold as much as a Map Run has to remember.
const PAGE: usize = 16;

/// The Map Runs that this engine runs, by ARN.
#[derive(Debug, Default)]
pub(super) struct MapRuns {
    hosted: Mutex<BTreeMap<Arc<str>, HostedMapRun>>,
    pub(super) ended: Mutex<Ended>,
}

/// How to reach a Map Run.
#[derive(Debug)]
struct HostedMapRun {
    execution_arn: Arc<str>,
    map_run: MapRunId,
    /// Holds no more than what its running children have to tell, and calls.
    told: mpsc::UnboundedSender<Told>,
    task: AbortHandle,
    /// The redrive that waits for what still goes on.
    next: Option<Next>,
}

/// A Map Run that is to begin or go on.
#[derive(Debug)]
struct Next {
    execution_arn: Arc<str>,
    map_run: MapRunId,
    origin: Origin,
}

/// What a Map Run is told.
#[derive(Debug)]
enum Told {
    /// The child is in the store.
    ChildStarted(u64),
    ChildEnded(u64, Box<EndedChild>),
    /// The child goes on elsewhere, or was there before.
    ChildElsewhere(u64),
    /// The child cannot go on for now.
    ChildSetAside(u64),
    Written(Written),
    Update(MapRunUpdate, oneshot::Sender<Result<(), Error>>),
    Describe(oneshot::Sender<MapRunDescription>),
    Abort,
}

/// Why a Map Run begins or goes on here.
#[derive(Debug)]
enum Origin {
    /// An execution waits for its end.
    Asked { start: Box<StartMapRun>, program: Program },
    /// Nobody waits for it any more, but children may run.
    Left,
}

impl MapRuns {
    /// Says that nobody waits for a Map Run of an execution any more.
    pub(super) fn abort(&self, execution_arn: &str, map_run: MapRunId) {
        let mut hosted = lock(&self.hosted);
        let is_it = |one: &HostedMapRun| {
            let is_next = one.next.as_ref().is_some_and(|next| next.map_run == map_run);
            (one.map_run == map_run || is_next) && *one.execution_arn == *execution_arn
        };
        if let Some(found) = hosted.values_mut().find(|one| is_it(one)) {
            found.next = None;
            let _ = found.told.send(Told::Abort);
        }
    }

    /// Lets go of the Map Runs of an execution that goes on elsewhere, or not at all; their children go on.
    pub(super) fn forget_execution(&self, execution_arn: &str) {
        lock(&self.hosted).retain(|_, hosted| {
            let is_forgotten = *hosted.execution_arn == *execution_arn;
            if is_forgotten {
                hosted.task.abort();
            }
            !is_forgotten
        });
    }

    /// Lets every Map Run rest where it is.
    pub(super) fn close(&self) {
        // A task that nobody can tell anything any more ends.
        lock(&self.hosted).clear();
    }

    fn is_hosted(&self, map_run_arn: &str) -> bool {
        lock(&self.hosted).contains_key(map_run_arn)
    }

    /// Returns whether the Map Run is here.
    fn tell(&self, map_run_arn: &str, told: Told) -> bool {
        lock(&self.hosted).get(map_run_arn).is_some_and(|hosted| hosted.told.send(told).is_ok())
    }

    /// Lets a redrive begin once what still goes on has ended.
    fn put_next(&self, map_run_arn: &str, next: Next) {
        if let Some(hosted) = lock(&self.hosted).get_mut(map_run_arn) {
            hosted.next = Some(next);
        }
    }

    /// Hosts a Map Run no longer; returns the redrive that waited for that.
    fn remove(&self, map_run_arn: &str) -> Option<Next> {
        lock(&self.hosted).remove(map_run_arn)?.next
    }

    /// Takes note that a Map Run ended; returns the ARNs of those that need not be kept any longer.
    fn retire(&self, map_run_arn: &Arc<str>, retained: usize) -> Vec<Arc<str>> {
        lock(&self.ended).add([Arc::clone(map_run_arn)], retained)
    }
}

/// When the Map Run of a document ended, if it did.
pub(super) fn stop_date(document: &Document) -> Result<Option<Timestamp>, StoreError> {
    Ok(MapRunDocument::of(document)?.stop_date())
}

/// Whether the Map Run of a document needs its children still: to go on, or for a redrive.
pub(super) fn needs_children(document: &Document) -> Result<bool, StoreError> {
    Ok(!matches!(MapRunDocument::of(document)?.stage, Stage::Ended(MapRunOutcome::Succeeded(_))))
}

impl Inner {
    /// Refuses a program that needs what this engine does not have.
    pub(super) fn check(&self, program: &Program) -> Result<(), Error> {
        if self.objects.is_none() {
            MissingObjects::refuse(program)?;
        }
        Ok(self.check_handlers(program)?)
    }

    /// Begins or goes on with the Map Run that an execution waits for.
    pub(super) fn run_map_run(&self, execution: &Arc<HostedExecution>, start: StartMapRun) {
        // Whoever goes on with the execution runs it.
        if self.is_open().is_err() {
            return;
        }
        let Some(program) = execution.look(|driver, _| driver.execution().program().clone()) else { return };
        let (arn, map_run) = (Arc::clone(&start.arn), start.map_run);
        let origin = Origin::Asked { start: Box::new(start), program };
        self.host_map_run(arn, Next { execution_arn: Arc::clone(execution.arn()), map_run, origin });
    }

    /// Goes on with a Map Run that another engine wrote, if the execution that waits for it is this one's nevertheless:
    /// that engine has yet to learn that it lost the execution.
    async fn take_map_run_back(&self, map_run_arn: &Arc<str>, execution_arn: &str) {
        let Some(execution) = self.hosted(execution_arn) else { return };
        match self.let_go_if_lost(&execution).await {
            Ok(true) => {
                let start = execution
                    .look(|driver, _| driver.execution().map_runs().find(|start| start.arn == *map_run_arn).cloned());
                if let Some(start) = start.flatten() {
                    self.run_map_run(&execution, start);
                }
            }
            Ok(false) => {}
            Err(error) => self.let_go(&execution, &Departure::SetAside(error.into())),
        }
    }

    /// Runs a Map Run here; a redrive of one that has not ended yet waits for that.
    fn host_map_run(&self, arn: Arc<str>, next: Next) {
        let mut hosted = lock(&self.map_runs.hosted);
        if let Some(hosted) = hosted.get_mut(&arn) {
            if hosted.map_run != next.map_run {
                hosted.next = Some(next);
            }
            return;
        }
        lock(&self.map_runs.ended).forget(&arn);
        let Next { execution_arn, map_run, origin } = next;
        let (told, mailbox) = mpsc::unbounded_channel();
        let running = run::run(self.this.clone(), Arc::clone(&arn), Arc::clone(&execution_arn), origin, mailbox);
        let task = self.runtime.spawn(running).abort_handle();
        hosted.insert(arn, HostedMapRun { execution_arn, map_run, told, task, next: None });
    }

    /// Tells the Map Run of a child what is in the child's journal now.
    pub(super) fn tell_map_run(&self, execution: &HostedExecution, journalled: &Journalled) {
        let Some(Parent::MapRun { map_run_arn, index }) = execution.parent() else { return };
        if journalled.started || journalled.went_on {
            self.map_runs.tell(map_run_arn, Told::ChildStarted(*index));
        }
        if let Some(ended) = journalled.end.as_ref().and_then(|end| children::ended(execution, end)) {
            self.map_runs.tell(map_run_arn, Told::ChildEnded(*index, Box::new(ended)));
        }
    }

    /// Tells the Map Run of a child that it is not hosted here any more.
    pub(super) fn map_run_child_departed(&self, execution: &HostedExecution, departure: &Departure) {
        let Some(Parent::MapRun { map_run_arn, index }) = execution.parent() else { return };
        let told = match departure {
            Departure::Elsewhere(_) => Told::ChildElsewhere(*index),
            Departure::SetAside(_) => Told::ChildSetAside(*index),
        };
        self.map_runs.tell(map_run_arn, told);
    }

    /// Ends the Map Runs that nobody waits for any more: the engine that was to end them is gone.
    pub(super) async fn adopt_map_runs(&self) -> Result<(), StoreError> {
        let mut after: Arc<str> = "".into();
        loop {
            let page = self.store.scan(Collection::MapRuns, &after, PAGE).await?;
            let is_last = page.len() < PAGE;
            if let Some(last) = page.last() {
                after = Arc::clone(&last.name);
            }
            for document in page {
                self.adopt_map_run(&document).await;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn adopt_map_run(&self, found: &Document) {
        let arn = &found.name;
        let document = match MapRunDocument::of(found) {
            Ok(document) => document,
            Err(error) => return tracing::error!(map_run = &**arn, %error, "the Map Run cannot go on"),
        };
        if matches!(document.stage, Stage::Ended(_)) || self.map_runs.is_hosted(arn) {
            return;
        }
        match self.is_wanted(arn, &document.execution_arn).await {
            Ok(true) => {}
            Ok(false) => {
                let MapRunDocument { execution_arn, map_run, .. } = document;
                self.host_map_run(Arc::clone(arn), Next { execution_arn, map_run, origin: Origin::Left });
            }
            Err(error) => tracing::warn!(map_run = &**arn, %error, "whether the Map Run is wanted is not known"),
        }
    }

    /// Whether an execution waits for a Map Run.
    async fn is_wanted(&self, map_run_arn: &str, execution_arn: &str) -> Result<bool, Error> {
        match self.store.find(execution_arn).await? {
            Some(record) if record.standing.end().is_none() => {}
            _ => return Ok(false),
        }
        let Some(journal) = self.store.load(execution_arn).await? else { return Ok(false) };
        let program = self.program(replay::fingerprint(&journal)?).await?;
        let driver = replay::replay(&program, journal)?.driver;
        Ok(driver.execution().map_runs().any(|start| *start.arn == *map_run_arn))
    }
}
