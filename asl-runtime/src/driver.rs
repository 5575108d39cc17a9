//! What every driver does with an execution: feed it, keep its history, and know its Tasks.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use asl_core::execution::{Command, Event, Execution, Outcome, Output, Rejected, ScheduleTask, Start, TaskId};
use asl_core::history::HistoryEvent;
use asl_core::{Program, Timestamp};

/// An execution with its history and the Tasks that are out.
#[derive(Debug)]
pub(crate) struct Driver {
    execution: Execution,
    history: Vec<HistoryEvent>,
    /// In the order in which they were scheduled.
    tasks_out: BTreeSet<TaskId>,
    /// Of every Task that ever had one, so that a late answer can be told from a wrong one.
    tokens: HashMap<Arc<str>, TaskId>,
}

/// What there is to do for an execution.
#[derive(Debug)]
pub(crate) enum Work {
    /// Run a Task.
    Run(ScheduleTask),
    /// Nobody waits for the Task any more: it was answered or given up.
    Cancel(TaskId),
}

impl Driver {
    pub(crate) fn start(program: Program, start: Start, now: Timestamp) -> (Self, Vec<Work>) {
        let execution = Execution::start(program, start, now);
        let mut driver = Self { execution, history: Vec::new(), tasks_out: BTreeSet::new(), tokens: HashMap::new() };
        let mut work = Vec::new();
        driver.take_outputs(&mut work);
        (driver, work)
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
        if let Some(task) = closed {
            self.tasks_out.remove(&task);
            work.push(Work::Cancel(task));
        }
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

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        if self.outcome().is_some() { None } else { self.execution.next_deadline() }
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.execution.outcome()
    }

    pub(crate) fn history(&self) -> &[HistoryEvent] {
        &self.history
    }

    pub(crate) fn take_history(&mut self) -> Vec<HistoryEvent> {
        std::mem::take(&mut self.history)
    }

    /// Every token that was given to a Task.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Arc<str>> {
        self.tokens.keys()
    }

    /// The Task that a token was given to, whether it is out or not.
    pub(crate) fn task_of_token(&self, token: &str) -> Option<TaskId> {
        self.tokens.get(token).copied()
    }

    fn take_outputs(&mut self, work: &mut Vec<Work>) {
        while let Some(output) = self.execution.poll() {
            match output {
                Output::History(event) => self.history.push(event),
                Output::Command(Command::ScheduleTask(task)) => {
                    self.tasks_out.insert(task.task);
                    if let Some(token) = &task.task_token {
                        self.tokens.insert(Arc::clone(token), task.task);
                    }
                    work.push(Work::Run(task));
                }
                Output::Command(Command::CancelTask(task)) => {
                    self.tasks_out.remove(&task);
                    work.push(Work::Cancel(task));
                }
                Output::Command(Command::Finish(_)) => {
                    work.extend(std::mem::take(&mut self.tasks_out).into_iter().map(Work::Cancel));
                }
            }
        }
    }
}
