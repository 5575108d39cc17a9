//! An in-memory world in virtual time: Tasks answer from a script, and time goes on when nothing else does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use asl_core::execution::{Command, Event, Execution, MapRunId, Output, Start, TaskId};
use asl_core::history::HistoryEvent;
use asl_core::{Failure, Program, Timestamp, Value};
use serde::Deserialize;

/// An execution to play: a definition, an input, and how each Task answers, attempt by attempt.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    #[serde(rename = "comment")]
    _comment: String,
    pub(crate) definition: serde_json::Value,
    #[serde(default = "empty_object")]
    pub(crate) input: serde_json::Value,
    #[serde(default)]
    pub(crate) replies: BTreeMap<String, VecDeque<Reply>>,
    #[serde(default)]
    pub(crate) stop_at_second: Option<i64>,
    /// How many seconds after each end the execution is redriven.
    #[serde(default)]
    pub(crate) redrive_after_seconds: VecDeque<i64>,
    #[serde(default)]
    pub(crate) history_events: Option<u64>,
    #[serde(default)]
    pub(crate) payload_bytes: Option<usize>,
    #[serde(default)]
    pub(crate) missing_activities: BTreeSet<Arc<str>>,
}

/// What one attempt of a Task does.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Reply {
    Succeed(serde_json::Value),
    Fail {
        error: String,
        cause: String,
    },
    /// Submits, and then answers.
    Submit {
        output: serde_json::Value,
        then: Box<Self>,
    },
    /// Says that it is alive, after so many seconds, and then answers.
    Heartbeat {
        after_seconds: i64,
        then: Box<Self>,
    },
    /// Answers after so many seconds.
    After {
        seconds: i64,
        then: Box<Self>,
    },
    /// Never answers.
    Silence,
}

fn empty_object() -> serde_json::Value {
    serde_json::json!({})
}

/// A played execution: its history, and what went in, to be played again.
pub(crate) struct Played {
    pub(crate) history: Vec<HistoryEvent>,
    pub(crate) inbound: Vec<(Timestamp, Inbound)>,
    pub(crate) start: Start,
}

/// What went into an execution.
#[derive(Debug, Clone)]
pub(crate) enum Inbound {
    Event(Event),
    Deadline,
}

impl Inbound {
    pub(crate) fn apply(&self, execution: &mut Execution, now: Timestamp) {
        match self {
            Self::Event(event) => execution.handle(now, event.clone()).unwrap(),
            Self::Deadline => execution.handle_deadline(now),
        }
    }
}

pub(crate) fn drain(execution: &mut Execution, history: &mut Vec<HistoryEvent>) -> Vec<Command> {
    let mut commands = Vec::new();
    while let Some(output) = execution.poll() {
        match output {
            Output::History(event) => history.push(event),
            Output::Command(command) => commands.push(command),
        }
    }
    commands
}

impl Script {
    pub(crate) fn new(
        definition: serde_json::Value,
        input: serde_json::Value,
        replies: BTreeMap<String, VecDeque<Reply>>,
        stop_at_second: Option<i64>,
    ) -> Self {
        Self {
            _comment: String::new(),
            definition,
            input,
            replies,
            stop_at_second,
            redrive_after_seconds: VecDeque::new(),
            history_events: None,
            payload_bytes: None,
            missing_activities: BTreeSet::new(),
        }
    }

    pub(crate) fn program(&self) -> Program {
        let text = serde_json::to_string_pretty(&self.definition).unwrap();
        asl_core::compile(&text).into_program().unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
    }

    pub(crate) fn start(&self) -> Start {
        let mut start = Start::new("test", self.input.clone());
        start.missing_activities.clone_from(&self.missing_activities);
        if let Some(events) = self.history_events {
            start.limits.history_events = events;
        }
        if let Some(bytes) = self.payload_bytes {
            start.limits.payload_bytes = bytes;
        }
        start
    }

    /// Plays the execution to its end, or until nothing can happen any more.
    pub(crate) fn play(&self) -> Played {
        let redrives = self.redrive_after_seconds.clone();
        World { replies: self.replies.clone(), pending: BTreeMap::new(), order: 0, redrives }.play(self)
    }
}

struct World {
    replies: BTreeMap<String, VecDeque<Reply>>,
    /// What happens when; of things at the same time the first planned comes first.
    pending: BTreeMap<(Timestamp, u64), Event>,
    order: u64,
    redrives: VecDeque<i64>,
}

impl World {
    fn play(mut self, script: &Script) -> Played {
        let start = script.start();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut execution = Execution::start(script.program(), start.clone(), now);
        let (mut history, mut inbound) = (Vec::new(), Vec::new());
        if let Some(second) = script.stop_at_second {
            self.plan(seconds_after(now, second), Event::Stopped { failure: Failure::new("Stopped", "by hand") });
        }
        loop {
            for command in drain(&mut execution, &mut history) {
                match command {
                    Command::ScheduleTask(task) => self.schedule(&task.state_name, Asked::Task(task.task), now),
                    Command::CancelTask(task) => self.forget(Asked::Task(task)),
                    Command::StartMapRun(start) => {
                        self.schedule(&start.state_name, Asked::MapRun(start.map_run), now);
                    }
                    Command::CancelMapRun(map_run) => self.forget(Asked::MapRun(map_run)),
                    Command::Finish(_) => match self.redrives.pop_front() {
                        None => return Played { history, inbound, start },
                        Some(seconds) => self.plan(seconds_after(now, seconds), Event::Redriven),
                    },
                }
            }
            let reply = self.pending.first_key_value().map(|((at, _), _)| *at);
            let deadline = execution.next_deadline();
            let step = match (reply, deadline) {
                (Some(reply), deadline) if deadline.is_none_or(|deadline| reply < deadline) => {
                    now = now.max(reply);
                    let (_, event) = self.pending.pop_first().unwrap();
                    Inbound::Event(event)
                }
                (_, Some(deadline)) => {
                    now = now.max(deadline);
                    Inbound::Deadline
                }
                (_, None) => return Played { history, inbound, start },
            };
            step.apply(&mut execution, now);
            inbound.push((now, step));
        }
    }

    fn plan(&mut self, at: Timestamp, event: Event) {
        self.order += 1;
        self.pending.insert((at, self.order), event);
    }

    fn forget(&mut self, asked: Asked) {
        self.pending.retain(|_, event| asked_by(event) != Some(asked));
    }

    fn schedule(&mut self, state_name: &str, asked: Asked, now: Timestamp) {
        let reply = self.replies.get_mut(state_name).and_then(VecDeque::pop_front);
        let mut reply = reply.unwrap_or_else(|| panic!("no reply left for {state_name}"));
        let mut at = now;
        loop {
            let (event, then) = match (reply, asked) {
                (Reply::Succeed(output), Asked::Task(task)) => {
                    (Event::TaskSucceeded { task, output: output.into() }, None)
                }
                (Reply::Fail { error, cause }, Asked::Task(task)) => {
                    (Event::TaskFailed { task, failure: Failure::new(error, cause) }, None)
                }
                (Reply::Submit { output, then }, Asked::Task(task)) => {
                    (Event::TaskSubmitted { task, output: output.into() }, Some(then))
                }
                (Reply::Heartbeat { after_seconds, then }, Asked::Task(task)) => {
                    at = seconds_after(at, after_seconds);
                    (Event::TaskHeartbeat { task }, Some(then))
                }
                (Reply::Succeed(output), Asked::MapRun(map_run)) => {
                    (Event::MapRunSucceeded { map_run, output: output.into() }, None)
                }
                (Reply::Fail { error, cause }, Asked::MapRun(map_run)) => {
                    (Event::MapRunFailed { map_run, failure: Failure::new(error, cause) }, None)
                }
                (Reply::Submit { .. } | Reply::Heartbeat { .. }, Asked::MapRun(_)) => {
                    panic!("a Map Run is not submitted and has no heartbeats")
                }
                (Reply::After { seconds, then }, _) => {
                    at = seconds_after(at, seconds);
                    reply = *then;
                    continue;
                }
                (Reply::Silence, _) => return,
            };
            self.plan(at, event);
            match then {
                Some(then) => reply = *then,
                None => return,
            }
        }
    }
}

fn seconds_after(timestamp: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_millis(timestamp.as_millis() + seconds * 1_000)
}

/// Who is answered.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Asked {
    Task(TaskId),
    MapRun(MapRunId),
}

fn asked_by(event: &Event) -> Option<Asked> {
    match event {
        Event::TaskStarted { task, .. }
        | Event::TaskSubmitted { task, .. }
        | Event::TaskSucceeded { task, .. }
        | Event::TaskFailed { task, .. }
        | Event::TaskHeartbeat { task } => Some(Asked::Task(*task)),
        Event::MapRunSucceeded { map_run, .. } | Event::MapRunFailed { map_run, .. } => Some(Asked::MapRun(*map_run)),
        Event::Redriven | Event::RedrivenOnce { .. } | Event::Stopped { .. } => None,
    }
}

/// The history as AWS's `GetExecutionHistory` returns it.
pub(crate) fn aws_form(history: &[HistoryEvent]) -> Value {
    Value::from_serialize(history).unwrap()
}
