//! The executions of a simulation: the one that is run, the children of Map Runs, and those that Tasks start.

mod nested;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use asl_core::execution::{
    Event, ItemReader, ItemSource, Limits, MapRunId, Outcome, ScheduleTask, Start, StartMapRun, TaskId,
};
use asl_core::history::HistoryEvent;
use asl_core::map_run::{EndedChild, Item, MapRun, MapRunCommand, MapRunEvent, MapRunOutcome, StartChild};
use asl_core::{Failure, Program, Timestamp, Value};

use self::nested::NestedExecutions;
use crate::driver::{Driver, Work};
use crate::error::Error;
use crate::nested::Ended;
use crate::store::End;

/// An execution of the simulation; the one that is run is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ExecutionId(u64);

/// A Map Run of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct MapRunKey(ExecutionId, MapRunId);

/// What there is to do outside of the executions.
#[derive(Debug)]
pub(super) enum Duty {
    Run { execution: ExecutionId, execution_arn: Arc<str>, task: Arc<ScheduleTask> },
    CancelTask(ExecutionId, TaskId),
    Read { map_run: MapRunKey, reader: ItemReader },
    CancelRead(MapRunKey),
}

/// What comes back.
#[derive(Debug)]
pub(super) enum Told {
    Execution(ExecutionId, Event),
    MapRun(MapRunKey, MapRunEvent),
    Items(MapRunKey, Result<Vec<Item>, Failure>),
}

/// All executions that have not ended, and their Map Runs.
#[derive(Debug, Default)]
pub(super) struct Executions {
    hosted: BTreeMap<ExecutionId, Hosted>,
    by_arn: HashMap<Arc<str>, ExecutionId>,
    deadlines: BTreeSet<(Timestamp, ExecutionId)>,
    map_runs: BTreeMap<MapRunKey, HostedMapRun>,
    made: u64,
    told: VecDeque<Told>,
    duties: VecDeque<Duty>,
    nested: NestedExecutions,
}

#[derive(Debug)]
struct Hosted {
    driver: Driver,
    program: Program,
    arn: Arc<str>,
    deadline: Option<Timestamp>,
    child_of: Option<ChildOf>,
}

#[derive(Debug)]
struct ChildOf {
    whom: Whom,
    started_at: Timestamp,
}

/// Who started a child.
#[derive(Debug)]
enum Whom {
    MapRun { map_run: MapRunKey, index: u64, input: Value },
    Task,
}

#[derive(Debug)]
struct HostedMapRun {
    machine: MapRun,
    program: Program,
    children: BTreeMap<u64, ExecutionId>,
    /// Items that were read and that the Map Run does not want yet; none until they are read.
    items: Option<VecDeque<Item>>,
}

impl Executions {
    /// The execution that is run.
    const ROOT: ExecutionId = ExecutionId(0);

    pub(super) fn start(program: Program, start: Start, now: Timestamp) -> Self {
        let mut executions = Self::default();
        executions.begin(program, start, None, now);
        executions.settle(now);
        executions
    }

    pub(super) fn next_duty(&mut self) -> Option<Duty> {
        self.duties.pop_front()
    }

    /// The outcome and the history of the execution that is run, once it has ended.
    pub(super) fn take_end(&mut self) -> Option<(Outcome, Vec<HistoryEvent>)> {
        let root = self.hosted.get_mut(&Self::ROOT)?;
        Some((root.driver.outcome()?.clone(), root.driver.take_history()))
    }

    /// The history of the execution that is run.
    pub(super) fn history(&self) -> &[HistoryEvent] {
        self.hosted.get(&Self::ROOT).map_or(&[], |root| root.driver.history())
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Lets everything that is due by `now` happen.
    pub(super) fn handle_deadlines(&mut self, now: Timestamp) {
        while let Some((_, id)) = self.deadlines.first().copied().filter(|(deadline, _)| *deadline <= now) {
            self.handle_deadline(id, now);
            self.settle(now);
        }
    }

    /// Tells the execution that is run, or one of its children, of something.
    ///
    /// # Errors
    ///
    /// When it refuses that.
    pub(super) fn tell(&mut self, id: ExecutionId, event: Event, now: Timestamp) -> Result<(), Error> {
        self.handle_deadline(id, now);
        self.settle(now);
        let Some(hosted) = self.hosted.get_mut(&id) else { return Err(Error::TaskTimedOut) };
        let work = hosted.driver.handle(now, event)?;
        self.take_on(id, work, now);
        self.settle(now);
        Ok(())
    }

    /// Stops the execution that is run.
    pub(super) fn stop(&mut self, failure: Failure, now: Timestamp) {
        self.receive(Told::Execution(Self::ROOT, Event::Stopped { failure }), now);
    }

    /// Takes in what comes back; what comes too late changes nothing.
    pub(super) fn receive(&mut self, told: Told, now: Timestamp) {
        if let Told::Execution(id, _) = &told {
            self.handle_deadline(*id, now);
        }
        self.told.push_back(told);
        self.settle(now);
    }

    pub(super) fn execution_of_arn(&self, arn: &str) -> Option<ExecutionId> {
        self.by_arn.get(arn).copied()
    }

    /// The execution and the Task that a token was given to.
    pub(super) fn task_of_token(&self, token: &str) -> Option<(ExecutionId, TaskId)> {
        self.hosted.iter().find_map(|(id, hosted)| {
            let start = hosted.driver.execution().started_with();
            let (execution_arn, task) = start.token_key.read(token)?;
            (execution_arn == start.id).then_some((*id, task))
        })
    }

    pub(super) fn limits_of(&self, id: ExecutionId) -> Option<&Limits> {
        self.hosted.get(&id).map(|hosted| &hosted.driver.execution().started_with().limits)
    }

    fn begin(&mut self, program: Program, start: Start, child_of: Option<ChildOf>, now: Timestamp) -> ExecutionId {
        let id = ExecutionId(self.made);
        self.made += 1;
        let arn = Arc::clone(&start.id);
        let (driver, work) = Driver::start(program.clone(), start, now);
        self.by_arn.insert(Arc::clone(&arn), id);
        self.hosted.insert(id, Hosted { driver, program, arn, deadline: None, child_of });
        self.take_on(id, work, now);
        id
    }

    fn handle_deadline(&mut self, id: ExecutionId, now: Timestamp) {
        let Some(hosted) = self.hosted.get_mut(&id) else { return };
        let work = hosted.driver.handle_deadline(now);
        self.take_on(id, work, now);
    }

    /// Works off what executions and Map Runs have to tell each other.
    fn settle(&mut self, now: Timestamp) {
        while let Some(told) = self.told.pop_front() {
            match told {
                Told::Execution(id, event) => {
                    let Some(hosted) = self.hosted.get_mut(&id) else { continue };
                    match hosted.driver.handle(now, event) {
                        Ok(work) => self.take_on(id, work, now),
                        Err(refusal) => tracing::debug!(%refusal, "too late"),
                    }
                }
                Told::MapRun(key, event) => self.tell_map_run(key, event, now),
                Told::Items(key, Err(failure)) => self.tell_map_run(key, MapRunEvent::ItemsFailed(failure), now),
                Told::Items(key, Ok(mut items)) => {
                    let Some(map_run) = self.map_runs.get_mut(&key) else { continue };
                    if let ItemSource::Read(reader) = &map_run.machine.started_with().items {
                        items.truncate(
                            reader
                                .config
                                .max_items
                                .map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX)),
                        );
                    }
                    map_run.items = Some(items.into());
                    self.follow(key, now);
                }
            }
        }
    }

    fn tell_map_run(&mut self, key: MapRunKey, event: MapRunEvent, now: Timestamp) {
        let Some(map_run) = self.map_runs.get_mut(&key) else { return };
        if let MapRunEvent::ChildEnded { index, .. } = &event {
            map_run.children.remove(index);
        }
        if let Err(refusal) = map_run.machine.handle(now, event) {
            tracing::debug!(%refusal, "too late");
        }
        self.follow(key, now);
    }

    /// Takes on what an execution asks for, and what becomes of it.
    fn take_on(&mut self, id: ExecutionId, work: Vec<Work>, now: Timestamp) {
        for work in work {
            match work {
                Work::Run(task) => {
                    if let Some(hosted) = self.hosted.get(&id) {
                        let execution_arn = Arc::clone(&hosted.arn);
                        self.duties.push_back(Duty::Run { execution: id, execution_arn, task });
                    }
                }
                Work::Cancel(task) => self.duties.push_back(Duty::CancelTask(id, task)),
                Work::StartMapRun(start) => self.begin_map_run(id, *start, now),
                Work::CancelMapRun(map_run) => {
                    let key = MapRunKey(id, map_run);
                    self.duties.push_back(Duty::CancelRead(key));
                    self.told.push_back(Told::MapRun(key, MapRunEvent::Aborted));
                }
            }
        }
        let Some(hosted) = self.hosted.get_mut(&id) else { return };
        let deadline = hosted.driver.next_deadline();
        if hosted.deadline != deadline {
            self.deadlines.extend(deadline.map(|deadline| (deadline, id)));
            if let Some(former) = std::mem::replace(&mut hosted.deadline, deadline) {
                self.deadlines.remove(&(former, id));
            }
        }
        if let (Some(outcome), true) = (hosted.driver.outcome().cloned(), hosted.child_of.is_some()) {
            self.end_child(id, outcome, now);
        }
    }

    fn end_child(&mut self, id: ExecutionId, outcome: Outcome, now: Timestamp) {
        let Some(Hosted { driver, arn, child_of: Some(child), .. }) = self.hosted.remove(&id) else { return };
        self.by_arn.remove(&arn);
        let ChildOf { whom, started_at } = child;
        match whom {
            Whom::MapRun { map_run, index, input } => {
                let ended =
                    EndedChild { outcome, input, started_at, stopped_at: now, redrive_count: 0, not_redrivable: None };
                self.told.push_back(Told::MapRun(map_run, MapRunEvent::ChildEnded { index, ended }));
            }
            Whom::Task => {
                let start = driver.execution().started_with().clone();
                let ended = Ended { start, start_date: started_at, end: End { outcome, stop_date: now } };
                self.told.extend(self.nested.ended(id, &ended));
            }
        }
    }

    fn begin_map_run(&mut self, id: ExecutionId, start: StartMapRun, now: Timestamp) {
        let Some(program) = self.hosted.get(&id).map(|hosted| hosted.program.clone()) else { return };
        let key = MapRunKey(id, start.map_run);
        // INVARIANT: the execution's own program has the Distributed Map that it asks to run.
        let Some(child_program) = program.item_processor(&start.state_name) else { return };
        if let ItemSource::Read(reader) = &start.items {
            self.duties.push_back(Duty::Read { map_run: key, reader: reader.clone() });
        }
        let machine = MapRun::start(program, start, now);
        let map_run = HostedMapRun { machine, program: child_program, children: BTreeMap::new(), items: None };
        self.map_runs.insert(key, map_run);
        self.follow(key, now);
    }

    /// Does what a Map Run asks for, and gives it the items that it wants.
    fn follow(&mut self, key: MapRunKey, now: Timestamp) {
        loop {
            let Some(map_run) = self.map_runs.get_mut(&key) else { return };
            let Some(command) = map_run.machine.poll() else {
                match map_run.feed(now) {
                    Fed::Something => continue,
                    Fed::Nothing => return,
                }
            };
            match command {
                MapRunCommand::StartChild(child) => self.begin_child(key, child, now),
                MapRunCommand::StopChild { index } => {
                    if let Some(child) = map_run.children.get(&index) {
                        let failure = Failure::from_parts(None, None);
                        self.told.push_back(Told::Execution(*child, Event::Stopped { failure }));
                    }
                }
                // Nothing redrives an execution of a simulation.
                MapRunCommand::RedriveChild { .. } => {}
                // A simulation writes nothing.
                MapRunCommand::WriteResults => self.told.push_back(Told::MapRun(key, MapRunEvent::ResultsWritten)),
                MapRunCommand::Finish(outcome) => {
                    self.map_runs.remove(&key);
                    let MapRunKey(parent, map_run) = key;
                    let event = match outcome {
                        MapRunOutcome::Succeeded(output) => Event::MapRunSucceeded { map_run, output },
                        MapRunOutcome::Failed(failure) => Event::MapRunFailed { map_run, failure },
                        MapRunOutcome::Aborted => return,
                    };
                    self.told.push_back(Told::Execution(parent, event));
                }
            }
        }
    }

    fn begin_child(&mut self, key: MapRunKey, child: StartChild, now: Timestamp) {
        let Some(map_run) = self.map_runs.get_mut(&key) else { return };
        let mut start = child.start(map_run.machine.started_with());
        if let Some(parent) = self.hosted.get(&key.0) {
            start.missing_activities.clone_from(parent.driver.execution().missing_activities());
        }
        let program = map_run.program.clone();
        let StartChild { index, input, .. } = child;
        let child_of = ChildOf { whom: Whom::MapRun { map_run: key, index, input }, started_at: now };
        self.told.push_back(Told::MapRun(key, MapRunEvent::ChildStarted { index }));
        let id = self.begin(program, start, Some(child_of), now);
        if let Some(map_run) = self.map_runs.get_mut(&key) {
            map_run.children.insert(index, id);
        }
    }
}

/// Whether a Map Run was given items.
enum Fed {
    Something,
    Nothing,
}

impl HostedMapRun {
    fn feed(&mut self, now: Timestamp) -> Fed {
        let wanted = self.machine.wants_items();
        let Some(items) = self.items.as_mut().filter(|_| wanted > 0) else { return Fed::Nothing };
        let event = if items.is_empty() {
            MapRunEvent::ItemsEnded
        } else {
            MapRunEvent::Items(items.drain(..wanted.min(items.len())).collect())
        };
        match self.machine.handle(now, event) {
            Ok(()) => Fed::Something,
            Err(_) => Fed::Nothing,
        }
    }
}
