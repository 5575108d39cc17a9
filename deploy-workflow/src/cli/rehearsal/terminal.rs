//! What happens, for a person at a terminal: a line for each state, and a summary.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use asl_core::history::{EventDetails, HistoryEvent, StateType};
use asl_core::{Failure, Timestamp, Value};

use super::{Display, RealTime};
use crate::cloudformation::Stack;
use crate::rehearsal::{Notice, Rehearsal, Report};
use crate::trigger::{JobResult, Told};

/// How many characters of a Task's result are shown.
const SHOWN_CHARACTERS: usize = 70;

/// Lines for people.
pub(super) struct Terminal<'a> {
    out: &'a mut dyn Write,
    /// When the deployment began that goes on now.
    began: Timestamp,
    /// The state that the execution is in.
    state: String,
    /// A Choice whose decision shows with the next state.
    deciding: Option<(Duration, String)>,
    time: RealTime,
    /// Whether the execution's ARN was not shown yet.
    is_new: bool,
}

impl<'a> Terminal<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self {
            out,
            began: Timestamp::default(),
            state: String::new(),
            deciding: None,
            time: RealTime::No,
            is_new: true,
        }
    }

    fn line(&mut self, elapsed: Duration, what: &str, detail: &str) -> io::Result<()> {
        let elapsed = format!("+{}", Elapsed(elapsed));
        writeln!(self.out, "{}", format!("  {elapsed:<9} {what:<32} {detail}").trim_end())
    }

    fn history(&mut self, event: &HistoryEvent) -> io::Result<()> {
        let elapsed = event.timestamp.since(self.began);
        match &event.details {
            EventDetails::StateEntered { state_type, name, .. } => {
                if let Some((decided, choice)) = self.deciding.take() {
                    self.line(decided, &choice, &format!("→ {name}"))?;
                }
                (**name).clone_into(&mut self.state);
                match state_type {
                    StateType::Wait => self.line(elapsed, name, "…"),
                    StateType::Succeed | StateType::Fail | StateType::Pass => self.line(elapsed, name, ""),
                    _ => Ok(()),
                }
            }
            EventDetails::StateExited { state_type: StateType::Choice, name, .. } => {
                self.deciding = Some((elapsed, name.to_string()));
                Ok(())
            }
            EventDetails::LambdaFunctionSucceeded { output } => {
                let state = self.state.clone();
                self.line(elapsed, &state, &shortened(output))
            }
            EventDetails::LambdaFunctionFailed { failure } | EventDetails::LambdaFunctionTimedOut { failure } => {
                let state = self.state.clone();
                self.line(elapsed, &state, &format!("✗ {failure}"))
            }
            EventDetails::ExecutionFailed { failure } => self.ended(elapsed, "FAILED", Some(failure)),
            EventDetails::ExecutionTimedOut { failure } => self.ended(elapsed, "TIMED_OUT", Some(failure)),
            EventDetails::ExecutionAborted { failure } => self.ended(elapsed, "ABORTED", Some(failure)),
            EventDetails::ExecutionSucceeded { .. } => self.ended(elapsed, "SUCCEEDED", None),
            _ => Ok(()),
        }
    }

    fn ended(&mut self, elapsed: Duration, status: &str, failure: Option<&Failure>) -> io::Result<()> {
        let failure = failure.map(|failure| format!(": {failure}")).unwrap_or_default();
        self.line(elapsed, "execution", &format!("{status}{failure}"))
    }

    fn summary(&mut self, report: &Report) -> io::Result<()> {
        let verdict = if report.succeeded() { "succeeded" } else { "FAILED" };
        let time = if self.time == RealTime::Yes { "real" } else { "virtual" };
        writeln!(self.out, "\nThe deployment {verdict} after {} of {time} time.", Elapsed(report.elapsed))?;
        writeln!(self.out, "  pipeline     {}", Verdict(&report.result))?;
        if let Some(execution) = &report.execution {
            let lasted = execution.stop_date.unwrap_or_default().since(execution.start_date);
            writeln!(self.out, "  execution    {} after {}", execution.status, Elapsed(lasted))?;
        }
        if report.stacks.is_empty() {
            writeln!(self.out, "  stack        none, or none that may be seen")?;
        }
        for Stack { stack_name, stack_status, .. } in &report.stacks {
            writeln!(self.out, "  stack        {stack_name} {stack_status}")?;
        }
        if report.change_sets.is_empty() {
            writeln!(self.out, "  change sets  none")?;
        }
        for change_set in &report.change_sets {
            writeln!(self.out, "  change set   {} {}", change_set.change_set_name, change_set.execution_status)?;
        }
        if let Some(accumulated) = &report.accumulated {
            let text = serde_json::to_string_pretty(accumulated).unwrap_or_else(|_| accumulated.to_string());
            writeln!(self.out, "  output       {}", text.replace('\n', "\n               "))?;
        }
        Ok(())
    }
}

impl Display for Terminal<'_> {
    fn begin(&mut self, rehearsal: &Rehearsal, time: RealTime) -> io::Result<()> {
        self.time = time;
        let Rehearsal { scenario, definition, input, .. } = rehearsal;
        let kind = if time == RealTime::Yes { "real" } else { "virtual" };
        writeln!(self.out, "Scenario `{}`: {}.", scenario.name, scenario.summary)?;
        writeln!(
            self.out,
            "Machine `{definition}` deploys stack `{}-{}` in {kind} time.",
            input.environment_name, input.stack_name
        )
    }

    fn notice(&mut self, notice: &Notice<'_>) -> io::Result<()> {
        match notice {
            Notice::Job { number, id, at } => {
                self.began = *at;
                self.is_new = true;
                writeln!(self.out)?;
                self.line(Duration::ZERO, "pipeline", &format!("deployment {number}: job {id}"))
            }
            Notice::Told { told, at } => {
                let text = match told {
                    Told::Running { execution_arn } if self.is_new => {
                        self.is_new = false;
                        format!("goes on: {execution_arn}")
                    }
                    Told::Running { .. } => "goes on".to_owned(),
                    Told::Succeeded => "succeeded".to_owned(),
                    Told::Failed(details) => format!("failed: {}", details.message),
                };
                self.line(at.since(self.began), "pipeline", &text)
            }
            Notice::History(event) => self.history(event),
        }
    }

    fn end(&mut self, reports: &[Report], took: Duration) -> io::Result<()> {
        for report in reports {
            self.summary(report)?;
        }
        if self.time == RealTime::No {
            writeln!(self.out, "\nAll of it took {:.1} ms of real time.", took.as_secs_f64() * 1_000.0)?;
        }
        Ok(())
    }
}

/// A job's result in a few words.
struct Verdict<'a>(&'a JobResult);

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            JobResult::Created => formatter.write_str("was told nothing"),
            JobResult::InProgress { .. } => formatter.write_str("was told that the job goes on"),
            JobResult::Succeeded => formatter.write_str("PutJobSuccessResult"),
            JobResult::Failed(details) => {
                write!(formatter, "PutJobFailureResult {:?}: {}", details.failure_type, details.message)
            }
        }
    }
}

/// A time span in minutes and seconds: `1m30s`, `2.5s`.
struct Elapsed(Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, seconds) = (self.0.as_secs() / 60, self.0.as_secs() % 60);
        if minutes > 0 {
            write!(formatter, "{minutes}m")?;
        }
        match self.0.subsec_millis() {
            0 => write!(formatter, "{seconds}s"),
            millis => write!(formatter, "{seconds}.{:01}s", millis / 100),
        }
    }
}

fn shortened(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() <= SHOWN_CHARACTERS {
        return text;
    }
    text.chars().take(SHOWN_CHARACTERS - 1).chain(['…']).collect()
}
