//! What every driver does with an execution: feed it, keep its history, and know its Tasks.

use std::collections::BTreeSet;
use std::sync::Arc;

use asl_core::execution::{
    Command, Event, Execution, InvalidSnapshot, MapRunId, Outcome, Output, Rejected, ScheduleTask, Snapshot, Start,
    StartMapRun, TaskId, TaskProgress, WaitsFor,
};
use asl_core::history::HistoryEvent;
use asl_core::{Program, Timestamp};

/// An execution with its history, as far as nobody took that.
#[derive(Debug)]
pub(crate) struct Driver {
    execution: Execution,
    history: Vec<HistoryEvent>,
}

/// What there is to do for an execution.
#[derive(Debug)]
pub(crate) enum Work {
    /// Run a Task.
    Run(Arc<ScheduleTask>),
    /// Nobody waits for the Task any more: it was answered or given up.
    Cancel(TaskId),
    /// Run a Map Run.
    StartMapRun(Box<StartMapRun>),
    /// Nobody waits for the Map Run any more.
    CancelMapRun(MapRunId),
}

impl Driver {
    pub(crate) fn start(program: Program, start: Start, now: Timestamp) -> (Self, Vec<Work>) {
        let mut driver = Self { execution: Execution::start(program, start, now), history: Vec::new() };
        let mut work = Vec::new();
        driver.take_outputs(&mut work);
        (driver, work)
    }

    /// Goes on from a snapshot, without the history before it.
    pub(crate) fn restore(program: Program, snapshot: Snapshot) -> Result<Self, InvalidSnapshot> {
        Ok(Self { execution: Execution::restore(program, snapshot)?, history: Vec::new() })
    }

    /// Tells the execution of `event`, after [`handle_deadline`](Self::handle_deadline): what follows from a deadline
    /// would be lost with an event that is refused.
    pub(crate) fn handle(&mut self, now: Timestamp, event: Event) -> Result<Vec<Work>, Rejected> {
        let closed = match &event {
            Event::TaskSucceeded { task, .. } | Event::TaskFailed { task, .. } => Some(*task),
            _ => None,
        };
        self.execution.handle(now, event)?;
        let mut work = Vec::new();
        work.extend(closed.map(Work::Cancel));
        self.take_outputs(&mut work);
        Ok(work)
    }

    /// Lets everything that is due by `now` happen.
    pub(crate) fn handle_deadline(&mut self, now: Timestamp) -> Vec<Work> {
        self.execution.handle_deadline(now);
        let mut work = Vec::new();
        self.take_outputs(&mut work);
        work
    }

    pub(crate) fn learn_missing_activities(&mut self, activity_arns: BTreeSet<Arc<str>>) {
        self.execution.learn_missing_activities(activity_arns);
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.execution.next_deadline()
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.execution.outcome()
    }

    pub(crate) fn execution(&self) -> &Execution {
        &self.execution
    }

    /// What remains to be known to go on later.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        // Outputs are polled as soon as there are any.
        self.execution.snapshot().ok()
    }

    /// The Tasks that are out, and how far each has come.
    pub(crate) fn tasks_out(&self) -> impl Iterator<Item = (&ScheduleTask, TaskProgress)> {
        self.execution.waiting().filter_map(|waiting| match waiting.waits_for {
            WaitsFor::Task { task, progress, .. } => Some((task, progress)),
            _ => None,
        })
    }

    pub(crate) fn history(&self) -> &[HistoryEvent] {
        &self.history
    }

    pub(crate) fn take_history(&mut self) -> Vec<HistoryEvent> {
        std::mem::take(&mut self.history)
    }

    fn take_outputs(&mut self, work: &mut Vec<Work>) {
        while let Some(output) = self.execution.poll() {
            match output {
                Output::History(event) => self.history.push(event),
                Output::Command(Command::ScheduleTask(task)) => work.push(Work::Run(task)),
                Output::Command(Command::CancelTask(task)) => work.push(Work::Cancel(task)),
                Output::Command(Command::StartMapRun(start)) => work.push(Work::StartMapRun(start)),
                Output::Command(Command::CancelMapRun(map_run)) => work.push(Work::CancelMapRun(map_run)),
                // Tasks that were out are cancelled one by one before.
                Output::Command(Command::Finish(_)) => {}
            }
        }
    }
}
