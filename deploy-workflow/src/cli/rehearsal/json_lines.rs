//! What happens, for a program: one JSON object per line, told apart by its `kind`.

use std::io::{self, Write};
use std::time::Duration;

use asl_core::Timestamp;
use serde_json::json;

use super::{Display, RealTime};
use crate::rehearsal::{Notice, Rehearsal, Report};
use crate::trigger::{JobResult, Told};

/// Lines for programs.
pub(super) struct JsonLines<'a> {
    out: &'a mut dyn Write,
    began: Timestamp,
}

impl<'a> JsonLines<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, began: Timestamp::default() }
    }

    fn line(&mut self, line: &serde_json::Value) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    fn elapsed_ms(&self, at: Timestamp) -> u64 {
        millis(at.since(self.began))
    }
}

impl Display for JsonLines<'_> {
    fn begin(&mut self, rehearsal: &Rehearsal, time: RealTime) -> io::Result<()> {
        self.line(&json!({
            "kind": "scenario",
            "name": rehearsal.scenario.name,
            "definition": rehearsal.definition.name(),
            "input": rehearsal.input,
            "realTime": time == RealTime::Yes,
        }))
    }

    fn notice(&mut self, notice: &Notice<'_>) -> io::Result<()> {
        let line = match notice {
            Notice::Job { number, id, at } => {
                self.began = *at;
                json!({"kind": "job", "deployment": number, "id": id, "at": at.to_string()})
            }
            Notice::Told { told, at } => {
                let elapsed = self.elapsed_ms(*at);
                match told {
                    Told::Running { execution_arn } => json!({
                        "kind": "pipeline", "elapsedMs": elapsed, "told": "running", "executionArn": execution_arn,
                    }),
                    Told::Succeeded => json!({"kind": "pipeline", "elapsedMs": elapsed, "told": "succeeded"}),
                    Told::Failed(details) => json!({
                        "kind": "pipeline", "elapsedMs": elapsed, "told": "failed", "failureDetails": details,
                    }),
                }
            }
            Notice::History(event) => {
                json!({"kind": "history", "elapsedMs": self.elapsed_ms(event.timestamp), "event": event})
            }
        };
        self.line(&line)
    }

    fn end(&mut self, reports: &[Report], took: Duration) -> io::Result<()> {
        for (index, report) in reports.iter().enumerate() {
            let stacks = report
                .stacks
                .iter()
                .map(|stack| json!({"stackName": stack.stack_name, "stackStatus": stack.stack_status.as_str()}));
            let change_sets = report.change_sets.iter().map(|change_set| change_set.change_set_name.as_str());
            let (pipeline, details) = match &report.result {
                JobResult::Created => ("Created", None),
                JobResult::InProgress { .. } => ("InProgress", None),
                JobResult::Succeeded => ("Succeeded", None),
                JobResult::Failed(details) => ("Failed", Some(details)),
            };
            let execution = report.execution.as_ref();
            let failure = execution.and_then(|execution| execution.failure.as_ref());
            self.line(&json!({
                "kind": "summary",
                "deployment": index + 1,
                "pipeline": pipeline,
                "failureDetails": details,
                "status": execution.map(|execution| execution.status.to_string()),
                "error": failure.and_then(|failure| failure.error()),
                "cause": failure.and_then(|failure| failure.cause()),
                "output": execution.and_then(|execution| execution.output.clone()),
                "accumulated": report.accumulated.clone(),
                "stacks": stacks.collect::<Vec<_>>(),
                "changeSets": change_sets.collect::<Vec<_>>(),
                "elapsedMs": millis(report.elapsed),
            }))?;
        }
        self.line(&json!({"kind": "end", "realMs": millis(took)}))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
