//! The execution of a [`Program`]: a state machine without I/O, clock or randomness of its own.
//!
//! The driver starts it, hands it [`Event`]s with the current time, and carries out the [`Command`]s it polls.
//! The same events at the same times always give the same history.
//!
//! Inside, states that follow one another form a *strand*: the execution's own, one per branch of a Parallel and one
//! per iteration of a Map. Strands run one at a time until each waits for a Task, a time or its own children,
//! so everything but Tasks and waiting happens within one call.

mod choice;
mod command;
mod distributed_map;
mod map;
mod parallel;
mod redrive;
mod retry;
mod snapshot;
mod sorted_map;
mod start;
mod start_map_run;
mod state;
mod step;
mod strand;
mod task;
mod token;
mod wait;
mod waiting;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub use self::command::{Command, Event, IdempotencyKey, Outcome, Output, Rejected, ScheduleTask, TaskId};
pub use self::redrive::NotRedrivable;
use self::snapshot::Progress;
pub use self::snapshot::{InvalidSnapshot, OutputsPending, Snapshot};
use self::sorted_map::SortedMap;
pub use self::start::{HistoryLevel, Limits, Start};
pub(crate) use self::start_map_run::ItemScope;
pub use self::start_map_run::{
    ItemBatcher, ItemReader, ItemSource, MapRunId, ParentExecution, ResultDestination, ResultWriter, StartMapRun,
    Tolerance,
};
use self::step::Step;
use self::strand::{Strand, StrandId, Timer};
pub use self::token::TokenKey;
pub use self::waiting::{TaskProgress, Waiting, WaitsFor};
use crate::evaluate;
use crate::failure::Failure;
use crate::history::{EventDetails, EventId, HistoryEvent};
use crate::program::{Program, StateId};
use crate::random::Random;
use crate::timestamp::Timestamp;
use crate::value::{Object, Value};

/// A running or ended execution of a [`Program`].
///
/// # Examples
///
/// A machine without Tasks runs at once:
///
/// ```
/// use asl_core::execution::{Execution, Start};
/// use asl_core::{Timestamp, compile};
///
/// let program = compile(r#"{"StartAt": "Hi", "States": {"Hi": {"Type": "Pass", "Result": "hello", "End": true}}}"#)
///     .into_program()?;
/// let execution = Execution::start(program, Start::new("first", serde_json::json!({})), Timestamp::UNIX_EPOCH);
/// assert_eq!(execution.outcome().and_then(|outcome| outcome.output()), Some(&"hello".into()));
/// # Ok::<(), asl_core::NoProgram>(())
/// ```
#[derive(Debug)]
pub struct Execution {
    program: Program,
    progress: Progress,
    /// When the execution is to end at the latest, derived from when it was started or redriven.
    expires_at: Timestamp,
    /// When strands wake unless the execution expires before, derived from their phases.
    timers: SortedMap<Timer, StrandId>,
    /// Which strand waits for which Task, derived from their phases.
    tasks: SortedMap<TaskId, StrandId>,
    /// Which strand waits for which Map Run, derived from their phases.
    map_runs: SortedMap<MapRunId, StrandId>,
    /// Strands to go on with, in order; empty at rest.
    ready: VecDeque<(StrandId, Step)>,
    /// Strands whose Task starts once everything that could be scheduled is; empty at rest.
    starting: VecDeque<StrandId>,
    outputs: VecDeque<Output>,
    /// The steps that evaluations may still take before everything waits.
    evaluation_steps: Cell<u64>,
}

impl Execution {
    /// Starts `program` at `now`; it runs until it waits for something.
    ///
    /// An input over the limits is not kept: the execution fails at once with `States.DataLimitExceeded`.
    pub fn start(program: Program, start: Start, now: Timestamp) -> Self {
        let mut execution = Self {
            program,
            expires_at: Timestamp::default(),
            timers: SortedMap::default(),
            tasks: SortedMap::default(),
            map_runs: SortedMap::default(),
            ready: VecDeque::new(),
            starting: VecDeque::new(),
            outputs: VecDeque::with_capacity(match start.history {
                HistoryLevel::All => 16,
                HistoryLevel::Off => 4,
            }),
            evaluation_steps: Cell::new(start.limits.evaluation_steps),
            progress: Progress {
                started_at: now,
                now,
                last_event: EventId::default(),
                retries: 0,
                timers_made: 0,
                strands_made: 0,
                strands: SortedMap::default(),
                invocations: SortedMap::default(),
                missing_activities: start.missing_activities.clone(),
                interrupted: BTreeMap::new(),
                redrives: 0,
                redriven_at: None,
                client_tokens: VecDeque::new(),
                ended_at: Timestamp::default(),
                random: Random::from_seed(start.seed),
                outcome: None,
                start,
            },
        };
        execution.begin();
        execution
    }

    /// Takes `event` in and runs on until everything waits again.
    ///
    /// What is due by `now` happens first.
    ///
    /// # Errors
    ///
    /// When the event concerns a Task or Map Run that is not out any more, when the execution has ended,
    /// or when it cannot be redriven.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Result<(), Rejected> {
        self.handle_deadline(now);
        let redrives = matches!(event, Event::Redriven | Event::RedrivenOnce { .. });
        if self.outcome().is_some() && !redrives {
            return Err(Rejected::ExecutionEnded);
        }
        let program = self.program.clone();
        match event {
            Event::Redriven => self.redrive()?,
            Event::RedrivenOnce { client_token } => self.redrive_once(client_token)?,
            Event::Stopped { failure } => self.finish(Outcome::Aborted(failure)),
            Event::TaskStarted { task, worker_name } => self.task_started(&program, task, worker_name)?,
            Event::TaskSubmitted { task, output } => self.task_submitted(&program, task, output)?,
            Event::TaskHeartbeat { task } => self.task_heartbeat(task)?,
            Event::TaskSucceeded { task, output } => self.task_answered(&program, task, Ok(output))?,
            Event::TaskFailed { task, failure } => self.task_answered(&program, task, Err(failure))?,
            Event::MapRunSucceeded { map_run, output } => self.map_run_answered(map_run, Ok(output))?,
            Event::MapRunFailed { map_run, failure } => self.map_run_answered(map_run, Err(failure))?,
        }
        self.run(&program);
        Ok(())
    }

    /// The earliest time at which something times out or has waited long enough.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.outcome().is_some() {
            return None;
        }
        let first_timer = self.timers.first().map(|(timer, _)| timer.at);
        Some(first_timer.map_or(self.expires_at, |at| at.min(self.expires_at)))
    }

    /// Lets everything that is due by `now` happen; does nothing if nothing is.
    pub fn handle_deadline(&mut self, now: Timestamp) {
        self.progress.now = self.progress.now.max(now);
        while self.outcome().is_none() && self.next_deadline().is_some_and(|deadline| deadline <= self.progress.now) {
            if self.expires_at <= self.progress.now {
                self.finish(Outcome::TimedOut(Failure::timeout()));
            }
            // Everything that is due happens before anything follows from it, as AWS records Tasks that time out together.
            while self.timers.first().is_some_and(|(timer, _)| timer.at <= self.progress.now) {
                let Some((timer, strand)) = self.timers.pop_first() else { break };
                self.wake(strand, timer);
            }
            let program = self.program.clone();
            self.run(&program);
        }
    }

    /// The next thing that the execution has to say.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How the execution ended, if it did.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.progress.outcome.as_ref()
    }

    /// The program that this executes.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What it was started with.
    pub fn started_with(&self) -> &Start {
        &self.progress.start
    }

    /// The ARNs of the activities that do not exist, as far as the execution knows.
    pub fn missing_activities(&self) -> &BTreeSet<Arc<str>> {
        &self.progress.missing_activities
    }

    /// From now on these activities do not exist, and no others: a Task of one fails instead of being scheduled.
    ///
    /// Who journals events must journal this as well, for other events follow from it.
    pub fn learn_missing_activities(&mut self, activity_arns: BTreeSet<Arc<str>>) {
        self.progress.missing_activities = activity_arns;
    }

    /// What remains to be known to go on later, elsewhere.
    ///
    /// # Errors
    ///
    /// When there are outputs that nobody polled yet: they would be lost.
    pub fn snapshot(&self) -> Result<Snapshot, OutputsPending> {
        if !self.outputs.is_empty() {
            return Err(OutputsPending);
        }
        let program = self.program.fingerprint().clone();
        Ok(Snapshot { version: Snapshot::VERSION, program, progress: self.progress.clone() })
    }

    /// Goes on from a snapshot.
    ///
    /// # Errors
    ///
    /// When the snapshot was taken with another program, or by another version of this library.
    pub fn restore(program: Program, snapshot: Snapshot) -> Result<Self, InvalidSnapshot> {
        if snapshot.version != Snapshot::VERSION {
            return Err(InvalidSnapshot::Version(snapshot.version));
        }
        if &snapshot.program != program.fingerprint() {
            return Err(InvalidSnapshot::Program);
        }
        let progress = snapshot.progress;
        let strands = progress.strands.values();
        let mut execution = Self {
            expires_at: Timestamp::default(),
            timers: SortedMap::default(),
            map_runs: strands.clone().filter_map(|strand| Some((strand.map_run()?, strand.id))).collect(),
            tasks: strands.filter_map(|strand| Some((strand.task()?, strand.id))).collect(),
            ready: VecDeque::new(),
            starting: VecDeque::new(),
            outputs: VecDeque::new(),
            evaluation_steps: Cell::new(progress.start.limits.evaluation_steps),
            program,
            progress,
        };
        execution.expires_at = execution.expiry();
        let timers = execution.progress.strands.values().flat_map(|strand| execution.timers_of(strand));
        execution.timers = timers.collect();
        Ok(execution)
    }

    fn begin(&mut self) {
        self.expires_at = self.expiry();
        let start = &mut self.progress.start;
        let checked = evaluate::check_payload(&start.input, &start.name, &start.limits);
        if checked.is_err() {
            start.input = Value::Null;
        }
        self.emit_with(EventId::default(), |start| EventDetails::ExecutionStarted {
            input: start.input.clone(),
            role_arn: start.role_arn.clone(),
        });
        if let Err(failure) = checked {
            return self.finish(Outcome::Failed(failure));
        }
        let program = self.program.clone();
        let mut strand = self.new_strand(None, program.machine().start_at, EventId::default());
        strand.input = self.progress.start.input.clone();
        self.run_strand(&program, strand, Step::Enter);
        self.run(&program);
    }

    /// When the machine's `TimeoutSeconds`, or the longest time that an execution may last, is over;
    /// either counts from the last redrive.
    fn expiry(&self) -> Timestamp {
        let limit = self.progress.start.limits.execution_seconds;
        let seconds = self.program.machine().timeout_seconds.map_or(limit, |timeout| timeout.min(limit));
        self.progress.redriven_at.unwrap_or(self.progress.started_at).saturating_add(Duration::from_secs(seconds))
    }

    /// Runs strands until all of them wait.
    fn run(&mut self, program: &Program) {
        while self.outcome().is_none() {
            if let Some((strand, step)) = self.ready.pop_front() {
                if let Some(strand) = self.progress.strands.remove(&strand) {
                    self.run_strand(program, strand, step);
                }
            } else if let Some(strand) = self.starting.pop_front() {
                self.start_task(program, strand);
            } else {
                self.evaluation_steps.set(self.progress.start.limits.evaluation_steps);
                return;
            }
        }
        // What was being put away when the execution ended waits for nothing, but a redrive goes on with it.
        let strands = std::mem::take(&mut self.progress.strands);
        match self.outcome() {
            Some(Outcome::Succeeded(_)) => self.progress.interrupted.clear(),
            _ => self.progress.interrupted.extend(strands),
        }
        self.timers.clear();
        self.ready.clear();
        self.starting.clear();
    }

    fn new_strand(&mut self, parent: Option<(StrandId, usize)>, state: StateId, chain: EventId) -> Box<Strand> {
        self.progress.strands_made += 1;
        Box::new(Strand::new(StrandId(self.progress.strands_made), parent, state, chain))
    }

    /// Puts a strand away until something wakes it.
    fn rest(&mut self, strand: Box<Strand>) {
        self.timers.extend(self.timers_of(&strand));
        if let Some(task) = strand.task() {
            self.tasks.insert(task, strand.id);
        }
        if let Some(map_run) = strand.map_run() {
            self.map_runs.insert(map_run, strand.id);
        }
        self.progress.strands.insert(strand.id, strand);
    }

    /// The times at which a strand wakes; what lies past the end of the execution never comes.
    fn timers_of(&self, strand: &Strand) -> impl Iterator<Item = (Timer, StrandId)> + use<> {
        let (id, expires_at) = (strand.id, self.expires_at);
        strand.timers().filter(move |timer| timer.at <= expires_at).map(move |timer| (timer, id))
    }

    /// A time from now.
    fn timer(&mut self, at: Timestamp) -> Timer {
        self.progress.timers_made += 1;
        Timer { at, sequence: self.progress.timers_made }
    }

    /// Adds an event that follows `previous`; nothing follows the end.
    ///
    /// The last event that the history may hold is the failure of the execution.
    fn emit(&mut self, previous: EventId, details: EventDetails) -> EventId {
        self.emit_with(previous, |_| details)
    }

    /// The same with details that are only made if somebody is told.
    fn emit_with(&mut self, previous: EventId, details: impl FnOnce(&Start) -> EventDetails) -> EventId {
        if self.outcome().is_some() {
            return self.progress.last_event;
        }
        if self.progress.last_event.get() + 1 >= self.progress.start.limits.history_events {
            self.finish_after(previous, Outcome::Failed(self.history_limit_exceeded()));
            return self.progress.last_event;
        }
        self.record(previous, details)
    }

    fn record(&mut self, previous: EventId, details: impl FnOnce(&Start) -> EventDetails) -> EventId {
        let id = EventId(self.progress.last_event.get() + 1);
        self.progress.last_event = id;
        let start = &self.progress.start;
        if start.history == HistoryLevel::All {
            let details = details(start);
            let event = HistoryEvent { id, previous_event_id: previous, timestamp: self.progress.now, details };
            self.outputs.push_back(Output::History(event));
        }
        id
    }

    /// Asks something of the driver; nothing follows the end.
    fn command(&mut self, command: Command) {
        if self.outcome().is_none() {
            self.outputs.push_back(Output::Command(command));
        }
    }

    fn history_limit_exceeded(&self) -> Failure {
        let limit = self.progress.start.limits.history_events;
        Failure::runtime(format!("The execution reached the maximum number of history events ({limit})."))
    }

    /// Ends the execution if evaluations took all steps that they may take before everything waits.
    fn check_evaluation_steps(&mut self) {
        if self.evaluation_steps.get() == 0 {
            let limit = self.progress.start.limits.evaluation_steps;
            let cause =
                format!("The execution reached the maximum number of evaluation steps between waits ({limit}).");
            self.finish(Outcome::Failed(Failure::runtime(cause)));
        }
    }

    /// Ends the execution from outside its chain of states.
    fn finish(&mut self, outcome: Outcome) {
        self.finish_after(EventId::default(), outcome);
    }

    /// Ends the execution with the event that says so, and calls back every Task and Map Run that is out.
    fn finish_after(&mut self, previous: EventId, outcome: Outcome) {
        if self.outcome().is_some() {
            return;
        }
        self.record(previous, |_| match outcome.clone() {
            Outcome::Succeeded(output) => EventDetails::ExecutionSucceeded { output },
            Outcome::Failed(failure) => EventDetails::ExecutionFailed { failure },
            Outcome::TimedOut(failure) => EventDetails::ExecutionTimedOut { failure },
            Outcome::Aborted(failure) => EventDetails::ExecutionAborted { failure },
        });
        for (task, _) in std::mem::take(&mut self.tasks) {
            self.outputs.push_back(Output::Command(Command::CancelTask(task)));
        }
        for (map_run, _) in std::mem::take(&mut self.map_runs) {
            self.outputs.push_back(Output::Command(Command::CancelMapRun(map_run)));
        }
        self.progress.outcome = Some(outcome.clone());
        self.progress.ended_at = self.progress.now;
        self.outputs.push_back(Output::Command(Command::Finish(outcome)));
    }

    /// The variables that a strand sees besides its own, the innermost scope's first.
    fn outer_scopes(&self, strand: &Strand) -> Vec<&Object> {
        let mut scopes = Vec::new();
        let mut parent = strand.parent;
        while let Some(outer) = parent.and_then(|(id, _)| self.progress.strands.get(&id)) {
            if !outer.variables.is_empty() {
                scopes.push(&outer.variables);
            }
            parent = outer.parent;
        }
        scopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_goes_through_states_without_being_copied() {
        let definition = r#"{"StartAt": "A", "States": {
            "A": {"Type": "Pass", "Result": 1, "ResultPath": "$.mark.a", "Next": "B"},
            "B": {"Type": "Pass", "Parameters": {"document.$": "$.document", "mark.$": "$.mark"}, "Next": "C"},
            "C": {"Type": "Wait", "Seconds": 0, "End": true}
        }}"#;
        let program = crate::compile(definition).into_program().unwrap();
        let document: Object = (0..100).map(|number| (number.to_string(), number)).collect();
        let input: Object = [("document", Value::from(document.clone()))].into_iter().collect();
        let mut execution = Execution::start(program, Start::new("test", input), Timestamp::UNIX_EPOCH);
        execution.handle_deadline(Timestamp::UNIX_EPOCH);
        let output = execution.outcome().and_then(Outcome::output).unwrap();
        assert_eq!(output.get("mark"), Some(&serde_json::json!({"a": 1}).into()));
        assert!(output.get("document").and_then(Value::as_object).unwrap().is_same(&document));
    }

    #[test]
    fn a_loop_that_evaluates_without_waiting_ends_in_a_failure() {
        let definition = |pause: &str| {
            format!(
                r#"{{"StartAt": "Again", "QueryLanguage": "JSONata", "States": {{
                    "Again": {{"Type": "Choice",
                        "Choices": [{{"Condition": "{{% $sum([1..1000]) = 0 %}}", "Next": "Done"}}], "Default": "Pause"}},
                    "Pause": {pause},
                    "Done": {{"Type": "Succeed"}}
                }}}}"#
            )
        };
        let mut start = Start::new("test", Value::Null);
        start.limits.evaluation_steps = 10_000;
        start.limits.history_events = 1_000;
        let run = |pause: &str| {
            let program = crate::compile(&definition(pause)).into_program().unwrap();
            let mut execution = Execution::start(program, start.clone(), Timestamp::UNIX_EPOCH);
            while let Some(deadline) = execution.next_deadline() {
                execution.handle_deadline(deadline);
            }
            execution.outcome().and_then(Outcome::failure).unwrap().cause().unwrap().to_owned()
        };
        assert_eq!(
            &*run(r#"{"Type": "Pass", "Next": "Again"}"#),
            "The execution reached the maximum number of evaluation steps between waits (10000)."
        );
        assert!(run(r#"{"Type": "Wait", "Seconds": 1, "Next": "Again"}"#).contains("history events"));
    }
}
