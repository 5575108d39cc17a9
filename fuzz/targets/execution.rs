//! Events at any time and in any order: the history stays a chain, and an execution restored at rest goes on as it would.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use asl_core::execution::{Command, Event, Execution, Output, Start, TaskId};
use asl_core::{Failure, Program, Timestamp, Value, compile};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let compiled = compile(include_str!("execution.json"));
    compiled.into_program().unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
});

fuzz_target!(|data: &[u8]| {
    let mut start = Start::new("fuzzed", json!({"n": 1}));
    start.limits.history_events = 2_000;
    let mut world = World::new(Execution::start(PROGRAM.clone(), start, Timestamp::UNIX_EPOCH));
    world.drain();
    for pair in data.chunks_exact(2) {
        world.act(pair[0], pair[1]);
        let ended = world.execution.outcome().is_some();
        assert_eq!(ended, world.execution.next_deadline().is_none());
        assert!(ended || world.execution.next_deadline() > Some(world.now), "something due was left undone");
    }
});

struct World {
    execution: Execution,
    now: Timestamp,
    /// Every Task that was ever out, so that answers also come late.
    tasks: Vec<TaskId>,
    last_event: u64,
}

impl World {
    fn new(execution: Execution) -> Self {
        Self { execution, now: Timestamp::UNIX_EPOCH, tasks: Vec::new(), last_event: 0 }
    }

    /// One step, chosen by `kind`; `detail` says which Task, or how long.
    fn act(&mut self, kind: u8, detail: u8) {
        let recent = self.tasks.iter().rev().nth(usize::from(detail >> 3)).copied();
        match (kind, recent) {
            (0..=31, _) => self.now = self.now.saturating_add(Duration::from_secs(detail.into())),
            (32..=63, _) => self.now = self.execution.next_deadline().unwrap_or(self.now),
            (64..=79, _) => return self.restart(),
            (255, _) => return self.tell(Event::Stopped { failure: failure(detail) }),
            (_, None) => {}
            (80..=95, Some(task)) => return self.tell(Event::TaskHeartbeat { task }),
            (96..=111, Some(task)) => return self.tell(Event::TaskStarted { task, worker_name: None }),
            (112..=127, Some(task)) => return self.tell(Event::TaskSubmitted { task, output: output(detail) }),
            (128..=175, Some(task)) => return self.tell(Event::TaskFailed { task, failure: failure(detail) }),
            (_, Some(task)) => return self.tell(Event::TaskSucceeded { task, output: output(detail) }),
        }
        self.execution.handle_deadline(self.now);
        self.drain();
    }

    fn tell(&mut self, event: Event) {
        let had_ended = self.execution.outcome().is_some();
        let answer = self.execution.handle(self.now, event);
        assert!(!had_ended || answer.is_err(), "an event was taken after the end");
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.execution.poll() {
            match output {
                Output::History(event) => {
                    assert_eq!(event.id.get(), self.last_event + 1);
                    assert!(event.previous_event_id < event.id);
                    self.last_event += 1;
                }
                Output::Command(Command::ScheduleTask(task)) => self.tasks.push(task.task),
                Output::Command(_) => {}
            }
        }
    }

    fn restart(&mut self) {
        let snapshot = self.execution.snapshot().expect("every output was polled");
        let stored = serde_json::to_string(&snapshot).expect("a snapshot has a JSON form");
        let read = serde_json::from_str(&stored).expect("what was written can be read");
        self.execution = Execution::restore(PROGRAM.clone(), read).expect("program and version are the same");
        let again = self.execution.snapshot().map(|snapshot| serde_json::to_string(&snapshot).ok());
        assert_eq!(again, Ok(Some(stored)));
    }
}

fn failure(detail: u8) -> Failure {
    let error = ["Flaky", "Broken", "States.Timeout", "States.TaskFailed"][usize::from(detail & 3)];
    Failure::new(error, "as the fuzzer wills")
}

fn output(detail: u8) -> Value {
    match detail & 7 {
        0 => json!({"Payload": {"ok": true}}),
        1 => json!({"Payload": [{"ok": [1, null]}]}),
        2 => json!(null),
        3 => json!([]),
        _ => json!({"Payload": {"detail": detail}}),
    }
    .into()
}
