//! One Map Run under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use asl_core::execution::{Event, ItemSource, MapRunId, StartMapRun};
use asl_core::map_run::{MapRun, MapRunCommand, MapRunEvent, MapRunOutcome, StartChild};
use asl_core::program::Fingerprint;
use asl_core::{Program, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::begin::Begun;
use super::document::{self, MapRunDocument, Stage};
use super::items::Items;
use super::results::{self, Results, Written};
use super::{Origin, Told};
use crate::clock::Clock;
use crate::engine::hosted::Departure;
use crate::engine::inner::Inner;
use crate::engine::patience::patiently;
use crate::error::Error;
use crate::store::StoreError;

/// The most messages that are taken in at once.
const BATCH: usize = 256;

/// How many children end before the Map Run is saved again; as many as run at once if those are more.
const SAVE_EVERY: u64 = 1_000;

/// How often children are looked for of which nothing is heard, such as those that went to another engine.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Why a Map Run does not go on here.
#[derive(Debug)]
pub(super) enum Halt {
    /// The engine is closing.
    Closing,
    /// Another engine goes on with it.
    Elsewhere,
    /// The store failed; it is tried again with the execution that it belongs to.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        match error.into() {
            Error::ShutDown => Self::Closing,
            Error::Store(StoreError::RevisionConflict { .. }) => Self::Elsewhere,
            error => Self::Failed(error),
        }
    }
}

/// A Map Run and what is out for it.
#[derive(Debug)]
pub(super) struct Runner {
    engine: Weak<Inner>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) arn: Arc<str>,
    pub(super) start: Arc<StartMapRun>,
    pub(super) machine: MapRun,
    program: Fingerprint,
    pub(super) child_program: Program,
    /// The revision of the document.
    revision: u64,
    /// Children that are not known to be in the store.
    pub(super) unconfirmed: BTreeMap<u64, StartChild>,
    /// Children that are not known to have been redriven.
    pub(super) redriving: BTreeSet<u64>,
    /// Children that are not hosted here, as far as is known.
    pub(super) away: BTreeSet<u64>,
    /// How many children ended since the Map Run was saved.
    pub(super) unsaved: u64,
    /// Whether children may be in the store that the machine does not know of.
    is_resumed: bool,
    /// Whether the children are to stop.
    pub(super) is_stopping: bool,
    /// Whether the Map Run is to be saved before anything else, and who waits for that.
    must_save: bool,
    updated: Vec<oneshot::Sender<Result<(), Error>>>,
    writing: Option<Abort>,
    next_look: Timestamp,
}

/// Aborts what runs when nobody waits for it any more.
#[derive(Debug)]
struct Abort(AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs a Map Run until it ends or goes on elsewhere.
pub(super) async fn run(
    engine: Weak<Inner>,
    arn: Arc<str>,
    execution_arn: Arc<str>,
    origin: Origin,
    mailbox: mpsc::UnboundedReceiver<Told>,
) {
    let halted = match Runner::begin(&engine, &arn, &execution_arn, origin).await {
        Ok(Some(runner)) => runner.run(mailbox).await,
        Ok(None) => Ok(()),
        Err(halt) => Err(halt),
    };
    let Some(engine) = engine.upgrade() else { return };
    match halted {
        Ok(()) => match engine.map_runs.remove(&arn) {
            Some(next) => engine.host_map_run(arn, next),
            None => engine.retire_map_run(&arn).await,
        },
        Err(Halt::Closing) => {}
        Err(Halt::Elsewhere) => {
            tracing::info!(map_run = &*arn, "the Map Run goes on elsewhere");
            // The execution knows what it waits for, a redrive that was to come next included.
            engine.map_runs.remove(&arn);
            engine.take_map_run_back(&arn, &execution_arn).await;
        }
        Err(Halt::Failed(error)) => {
            tracing::error!(map_run = &*arn, %error, "the Map Run cannot go on");
            engine.map_runs.remove(&arn);
            // It is tried again with the execution, and until then that says why it waits.
            if let Some(execution) = engine.hosted(&execution_arn) {
                engine.let_go(&execution, &Departure::SetAside(error));
            }
        }
    }
}

impl Runner {
    /// Begins the Map Run, or goes on where it was saved last; nothing if there is nothing left to do.
    async fn begin(
        engine: &Weak<Inner>,
        arn: &Arc<str>,
        execution_arn: &Arc<str>,
        origin: Origin,
    ) -> Result<Option<Self>, Halt> {
        let this = engine.clone();
        let engine = engine.upgrade().ok_or(Halt::Closing)?;
        let Some(begun) = engine.begin_map_run(arn, execution_arn, origin).await? else { return Ok(None) };
        let Begun { program, machine, revision, stage, is_resumed } = begun;
        let child_program = machine.child_program().ok_or_else(|| {
            let reason = format!("the program of the Map Run `{arn}` has no such Distributed Map");
            StoreError::Broken(reason.into())
        })?;
        engine.keep_definition(&child_program).await?;
        // Of what ran when it was saved nothing was heard.
        let away = if is_resumed { machine.running_children().collect() } else { BTreeSet::new() };
        let (start, is_stopping) = (Arc::new(machine.started_with().clone()), machine.is_stopping());
        let fingerprint = program.fingerprint().clone();
        // The first write makes the Map Run this engine's own.
        let must_save = stage.is_none();
        let revision = match (stage, revision) {
            (None, Some(revision)) => revision,
            (stage, revision) => {
                let stage = stage.unwrap_or_else(|| Stage::Begun(Box::new((*start).clone())));
                let document = MapRunDocument::new(engine.owner, fingerprint.clone(), &machine, stage);
                engine.store.put(document::key(arn), revision, &document.body()?).await?
            }
        };
        Ok(Some(Self {
            engine: this,
            clock: Arc::clone(&engine.clock),
            arn: Arc::clone(arn),
            start,
            machine,
            program: fingerprint,
            child_program,
            revision,
            unconfirmed: BTreeMap::new(),
            redriving: BTreeSet::new(),
            away,
            unsaved: 0,
            is_resumed,
            is_stopping,
            must_save,
            updated: Vec::new(),
            writing: None,
            next_look: if is_resumed { Timestamp::UNIX_EPOCH } else { engine.clock.now().saturating_add(LOOK_EVERY) },
        }))
    }

    async fn run(mut self, mut mailbox: mpsc::UnboundedReceiver<Told>) -> Result<(), Halt> {
        let (mut received, mut items) = (Vec::with_capacity(BATCH), None);
        loop {
            if let Some(outcome) = self.follow().await? {
                return self.finish(outcome).await;
            }
            if self.must_save || self.unsaved >= SAVE_EVERY.max(self.machine.execution_counts().running) {
                self.save().await?;
            }
            let wanted = self.machine.wants_items();
            if wanted > 0 && items.is_none() {
                items = self.read_items()?;
            }
            tokio::select! {
                count = mailbox.recv_many(&mut received, BATCH) => {
                    if count == 0 {
                        return Err(Halt::Closing);
                    }
                    for told in received.drain(..) {
                        self.take_in(told).await?;
                    }
                }
                events = next_items(&mut items, wanted) => {
                    for event in events {
                        self.handle(event);
                    }
                }
                () = self.clock.sleep_until(self.next_look) => self.look().await?,
            }
        }
    }

    fn read_items(&self) -> Result<Option<Items>, Halt> {
        let ItemSource::Read(reader) = &self.start.items else { return Ok(None) };
        let engine = self.engine.upgrade().ok_or(Halt::Closing)?;
        // A program that reads items is refused where there are no objects.
        let Some(objects) = engine.objects.clone() else { return Ok(None) };
        Ok(Some(Items::read(reader, self.machine.items_taken(), objects, Arc::clone(&self.clock))))
    }

    /// Tells the machine of something; what comes too late changes nothing.
    pub(super) fn handle(&mut self, event: MapRunEvent) {
        if let Err(refusal) = self.machine.handle(self.clock.now(), event) {
            tracing::debug!(map_run = &*self.arn, %refusal, "too late");
        }
    }

    async fn take_in(&mut self, told: Told) -> Result<(), Halt> {
        match told {
            Told::ChildStarted(index) => self.child_started(index),
            Told::ChildEnded(index, ended) => self.child_ended(index, *ended),
            Told::ChildElsewhere(index) => {
                let engine = self.engine.upgrade().ok_or(Halt::Closing)?;
                self.look_for_child(&engine, index).await?;
            }
            Told::ChildSetAside(index) => {
                self.away.insert(index);
            }
            Told::Written(Written::Done) => self.handle(MapRunEvent::ResultsWritten),
            Told::Written(Written::Failed(failure)) => self.handle(MapRunEvent::ResultsFailed(failure)),
            Told::Written(Written::Broken(error)) => return Err(Halt::Failed(error)),
            Told::Update(update, answer) => {
                self.handle(MapRunEvent::Updated(update));
                self.must_save = true;
                self.updated.push(answer);
            }
            Told::Describe(answer) => {
                let engine = self.engine.upgrade().ok_or(Halt::Closing)?;
                let stage = Stage::Begun(Box::new((*self.start).clone()));
                let document = MapRunDocument::new(engine.owner, self.program.clone(), &self.machine, stage);
                let _ = answer.send(document.describe(&self.arn));
            }
            Told::Abort => self.handle(MapRunEvent::Aborted),
        }
        Ok(())
    }

    /// Does what the machine asks for; returns how it ended, once it has.
    async fn follow(&mut self) -> Result<Option<MapRunOutcome>, Halt> {
        while let Some(command) = self.machine.poll() {
            let engine = self.engine.upgrade().ok_or(Halt::Closing)?;
            match command {
                MapRunCommand::StartChild(child) => {
                    self.unconfirmed.insert(child.index, child.clone());
                    if self.is_resumed {
                        self.look_for_child(&engine, child.index).await?;
                    } else {
                        self.start_child(&engine, &child).await?;
                    }
                }
                MapRunCommand::RedriveChild { index } => {
                    self.redriving.insert(index);
                    self.redrive_child(&engine, index).await?;
                }
                MapRunCommand::StopChild { index } => {
                    self.is_stopping = true;
                    self.look_for_child(&engine, index).await?;
                }
                MapRunCommand::WriteResults => {
                    let results = Results {
                        start: Arc::clone(&self.start),
                        children: self.machine.children(),
                        redrives: self.machine.redrives().0,
                        pending: self.machine.pending_children(),
                    };
                    let writing = results::write(self.engine.clone(), results);
                    self.writing = Some(Abort(engine.runtime.spawn(writing).abort_handle()));
                }
                MapRunCommand::Finish(outcome) => return Ok(Some(outcome)),
            }
        }
        Ok(None)
    }

    /// Looks for children of which nothing was heard.
    async fn look(&mut self) -> Result<(), Halt> {
        self.next_look = self.clock.now().saturating_add(LOOK_EVERY);
        for index in self.away.clone() {
            let engine = self.engine.upgrade().ok_or(Halt::Closing)?;
            self.look_for_child(&engine, index).await?;
        }
        Ok(())
    }

    async fn save(&mut self) -> Result<(), Halt> {
        let Ok(snapshot) = self.machine.snapshot() else { return Ok(()) };
        (self.unsaved, self.must_save) = (0, false);
        self.put(Stage::Running(Box::new(snapshot))).await
    }

    async fn put(&mut self, stage: Stage) -> Result<(), Halt> {
        let engine = self.engine.upgrade().ok_or(Halt::Closing)?;
        let body = MapRunDocument::new(engine.owner, self.program.clone(), &self.machine, stage).body()?;
        let put = || engine.store.put(document::key(&self.arn), Some(self.revision), &body);
        self.revision = patiently(&*self.clock, put).await?;
        for answer in self.updated.drain(..) {
            // Who asked may have gone meanwhile.
            let _ = answer.send(Ok(()));
        }
        Ok(())
    }

    /// Keeps how the Map Run ended, tells the execution, and lets the children go that nobody needs any more.
    async fn finish(mut self, outcome: MapRunOutcome) -> Result<(), Halt> {
        tracing::info!(map_run = &*self.arn, status = self.machine.status(), "Map Run ended");
        self.put(Stage::Ended(outcome.clone())).await?;
        let engine = self.engine.upgrade().ok_or(Halt::Closing)?;
        let is_successful = matches!(outcome, MapRunOutcome::Succeeded(_));
        engine.tell_outcome(&self.start.parent.id, self.start.map_run, outcome).await?;
        // A redrive goes on with those of a Map Run that did not succeed.
        if is_successful {
            engine.release_children(&self.arn).await?;
        }
        Ok(())
    }
}

impl Inner {
    /// Forgets the Map Runs that ended long ago, and lets their children go.
    async fn retire_map_run(&self, arn: &Arc<str>) {
        for surplus in self.map_runs.retire(arn, self.retained) {
            let released = self.release_children(&surplus).await;
            let deleted = self.store.delete(document::key(&surplus)).await;
            if let Err(error) = released.and(deleted.map_err(Error::from)) {
                tracing::warn!(%error, "an old Map Run stays in the store");
            }
        }
    }

    /// Tells an execution how its Map Run ended, unless it does not wait for it any more.
    pub(super) async fn tell_outcome(
        &self,
        execution_arn: &Arc<str>,
        map_run: MapRunId,
        outcome: MapRunOutcome,
    ) -> Result<(), Error> {
        let event = match outcome {
            MapRunOutcome::Succeeded(output) => Event::MapRunSucceeded { map_run, output },
            MapRunOutcome::Failed(failure) => Event::MapRunFailed { map_run, failure },
            MapRunOutcome::Aborted => return Ok(()),
        };
        match self.deliver(execution_arn, event).await {
            Err(Error::TaskTimedOut | Error::ExecutionDoesNotExist(_)) => Ok(()),
            result => result,
        }
    }
}

/// The next items; never without any to come.
async fn next_items(items: &mut Option<Items>, wanted: usize) -> Vec<MapRunEvent> {
    match items {
        Some(items) if wanted > 0 => items.next(wanted).await,
        _ => std::future::pending().await,
    }
}
