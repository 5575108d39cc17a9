//! Executions with nothing around them: no engine, no clock, and functions that answer at once.

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Arc;

use asl_core::execution::{Command, Event, Execution, HistoryLevel, Outcome, Output, ScheduleTask, Start};
use asl_core::{Timestamp, Value};

use crate::Workload;

impl Workload {
    /// The input as it comes in from outside, as text that was read: no other execution has seen it.
    pub fn fresh_input(&self) -> Value {
        self.input_text.parse().unwrap_or_default()
    }

    /// Drives one execution to its end; what it tells of its history is polled and dropped.
    pub fn execute(&self, input: Value, history: HistoryLevel) -> Outcome {
        let mut now = Timestamp::UNIX_EPOCH;
        let start = Start { input, history, ..self.start.clone() };
        let mut execution = Execution::start(self.program.clone(), start, now);
        let mut tasks: VecDeque<Arc<ScheduleTask>> = VecDeque::new();
        loop {
            while let Some(output) = execution.poll() {
                match output {
                    Output::Command(Command::ScheduleTask(task)) => tasks.push_back(task),
                    Output::Command(Command::Finish(outcome)) => return outcome,
                    Output::Command(Command::CancelTask(_) | Command::StartMapRun(_) | Command::CancelMapRun(_)) => {}
                    Output::History(event) => drop(black_box(event)),
                }
            }
            if let Some(scheduled) = tasks.pop_front() {
                let ScheduleTask { task, ref resource, retry_count, .. } = *scheduled;
                let name = resource.function_name().unwrap_or_default();
                let event = match self.answer(name, retry_count) {
                    Ok(output) => Event::TaskSucceeded { task, output },
                    Err(failure) => Event::TaskFailed { task, failure },
                };
                drop(scheduled);
                // No Task is called back here, so none can be answered too late.
                let _ = execution.handle(now, event);
            } else {
                now = execution.next_deadline().unwrap_or(now);
                execution.handle_deadline(now);
            }
        }
    }
}
