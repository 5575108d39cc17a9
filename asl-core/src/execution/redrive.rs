//! Redrive: an execution that did not succeed goes on where it was interrupted.
//!
//! What succeeded stays as it is; states, branches and iterations that failed or were aborted are attempted again,
//! with the input that they had.
//! See [Redriving executions](https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::step::Step;
use super::strand::{Children, Phase, Strand};
use super::{Execution, Outcome, Rejected};
use crate::failure::{ErrorName, Failure};
use crate::history::{EventDetails, EventId};
use crate::timestamp::Timestamp;

/// How long after its end an execution can be redriven.
const REDRIVABLE: Duration = Duration::from_hours(14 * 24);

/// How many client tokens are remembered.
const CLIENT_TOKENS: usize = 10;

/// How long after its first use a client token stands for the same redrive.
const CLIENT_TOKEN_VALID: Duration = Duration::from_mins(15);

/// Why an execution cannot be redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NotRedrivable {
    /// It runs.
    Running,
    /// It succeeded.
    Succeeded,
    /// Its history has no room for more than an end: at most 24,998 events, or one less than the limit.
    HistoryTooLong,
    /// It ended more than 14 days ago, or was started as long ago as an execution may last.
    Expired,
}

impl NotRedrivable {
    /// The reason in AWS's words, as `redriveStatusReason` says it.
    pub fn in_aws_words(self) -> &'static str {
        match self {
            Self::Running => "Execution is RUNNING and cannot be redriven",
            Self::Succeeded => "Execution is SUCCEEDED and cannot be redriven",
            Self::HistoryTooLong => "Execution history event limit exceeded",
            Self::Expired => "Execution redrivable period exceeded",
        }
    }
}

impl fmt::Display for NotRedrivable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Running => "the execution runs",
            Self::Succeeded => "the execution succeeded",
            Self::HistoryTooLong => "the history of the execution is too long to go on",
            Self::Expired => "the time in which the execution could be redriven is over",
        })
    }
}

impl Execution {
    /// Goes on with what was interrupted.
    pub(super) fn redrive(&mut self) -> Result<(), NotRedrivable> {
        self.redrivable(self.progress.now)?;
        self.progress.outcome = None;
        self.progress.redrives += 1;
        self.progress.redriven_at = Some(self.progress.now);
        self.expires_at = self.expiry();
        self.evaluation_steps.set(self.progress.start.limits.evaluation_steps);
        let redriven =
            self.emit(self.progress.last_event, EventDetails::ExecutionRedriven { count: self.progress.redrives });
        for (_, strand) in std::mem::take(&mut self.progress.interrupted) {
            self.resume(strand, redriven);
        }
        Ok(())
    }

    /// Goes on unless it did for the same token before.
    pub(super) fn redrive_once(&mut self, client_token: Arc<str>) -> Result<(), Rejected> {
        if let Some(at) = self.redriven_with(&client_token, self.progress.now) {
            return Err(Rejected::AlreadyRedriven(at));
        }
        self.redrive()?;
        let tokens = &mut self.progress.client_tokens;
        tokens.push_back((client_token, self.progress.now));
        tokens.drain(..tokens.len().saturating_sub(CLIENT_TOKENS));
        Ok(())
    }

    /// When the execution was redriven with a client token: one of the last ten, and in the last 15 minutes.
    pub fn redriven_with(&self, client_token: &str, now: Timestamp) -> Option<Timestamp> {
        let valid = |at: Timestamp| now <= at.saturating_add(CLIENT_TOKEN_VALID);
        let mut latest_first = self.progress.client_tokens.iter().rev();
        latest_first.find(|(token, at)| **token == *client_token && valid(*at)).map(|(_, at)| *at)
    }

    /// Whether the execution can be redriven at `now`.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    pub fn redrivable(&self, now: Timestamp) -> Result<(), NotRedrivable> {
        let limits = &self.progress.start.limits;
        let lifetime = Duration::from_secs(limits.execution_seconds);
        match self.outcome() {
            None => Err(NotRedrivable::Running),
            Some(Outcome::Succeeded(_)) => Err(NotRedrivable::Succeeded),
            Some(_) if self.progress.last_event.get() + 1 >= limits.history_events => {
                Err(NotRedrivable::HistoryTooLong)
            }
            Some(_)
                if now > self.progress.ended_at.saturating_add(REDRIVABLE)
                    || now >= self.progress.started_at.saturating_add(lifetime) =>
            {
                Err(NotRedrivable::Expired)
            }
            Some(_) => Ok(()),
        }
    }

    /// How often the execution was redriven.
    pub fn redrive_count(&self) -> u64 {
        self.progress.redrives.into()
    }

    /// When it was redriven last, if it was.
    pub fn redriven_at(&self) -> Option<Timestamp> {
        self.progress.redriven_at
    }

    /// A strand waits for its children as before, goes on with its Map Run, or attempts its state again; Retriers count from the beginning.
    fn resume(&mut self, mut strand: Box<Strand>, redriven: EventId) {
        strand.retries.fill(0);
        if let Some(phase) = strand.interrupted.take() {
            strand.phase = *phase;
        }
        if strand.children().is_none() {
            let has_entered = strand.entered != EventId::default();
            let step = match std::mem::replace(&mut strand.phase, Phase::Running) {
                map_run @ Phase::MapRun(_) => {
                    strand.interrupted = Some(Box::new(map_run));
                    Step::RedriveMapRun
                }
                _ if has_entered => Step::Attempt,
                _ => Step::Enter,
            };
            strand.chain = redriven;
            self.ready.push_back((strand.id, step));
        }
        self.rest(strand);
    }

    /// Keeps a strand that can do no more, should the execution be redriven.
    pub(super) fn set_aside(&mut self, strand: Box<Strand>) {
        self.progress.interrupted.insert(strand.id, strand);
    }

    /// The state goes on without the children that it left unfinished.
    pub(super) fn abandon_children(&mut self, strand: &mut Strand) {
        if let Some(phase) = strand.interrupted.take() {
            self.discard(phase.children());
        }
    }

    /// Forgets the children of a state, and theirs, that were set aside.
    pub(super) fn discard(&mut self, children: Option<&Children>) {
        for child in children.iter().flat_map(|children| children.running.values()) {
            if let Some(child) = self.progress.interrupted.remove(child) {
                self.discard(child.interrupted.as_deref().unwrap_or(&child.phase).children());
            }
        }
    }

    /// A state that fails because its data is too large does all of its work again.
    pub(super) fn abandon_if_too_large(&mut self, strand: &mut Strand, failure: &Failure) {
        if failure.is(ErrorName::DATA_LIMIT_EXCEEDED) {
            self.abandon_children(strand);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::{Event, Output, Rejected, Start};

    const FAILS: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Fail"}}}"#;

    fn refused(definition: &str, start: Start, after: Duration) -> Option<NotRedrivable> {
        let program = crate::compile(definition).into_program().unwrap();
        let mut execution = Execution::start(program, start, Timestamp::UNIX_EPOCH);
        match execution.handle(Timestamp::UNIX_EPOCH.saturating_add(after), Event::Redriven) {
            Err(Rejected::NotRedrivable(reason)) => Some(reason),
            refused => {
                assert_eq!(refused, Ok(()));
                None
            }
        }
    }

    #[test]
    fn only_what_ended_without_success_is_redriven() {
        let start = || Start::new("test", 1);
        let waits = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 9, "End": true}}}"#;
        let succeeds = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#;
        assert_eq!(refused(waits, start(), Duration::ZERO), Some(NotRedrivable::Running));
        assert_eq!(refused(succeeds, start(), Duration::ZERO), Some(NotRedrivable::Succeeded));
        assert_eq!(refused(FAILS, start(), REDRIVABLE), None);
        assert_eq!(refused(FAILS, start(), REDRIVABLE + Duration::from_secs(1)), Some(NotRedrivable::Expired));
    }

    #[test]
    fn a_history_must_have_room_for_what_follows() {
        let mut start = Start::new("test", 1);
        start.limits.history_events = 4;
        assert_eq!(refused(FAILS, start.clone(), Duration::ZERO), Some(NotRedrivable::HistoryTooLong));
        start.limits.history_events = 5;
        assert_eq!(refused(FAILS, start, Duration::ZERO), None);
    }

    #[test]
    fn a_state_that_was_left_is_not_entered_again() {
        let definition = r#"{"StartAt": "A", "QueryLanguage": "JSONata", "States": {
            "A": {"Type": "Pass", "Output": "{% $sum([1..10]) %}", "Next": "B"},
            "B": {"Type": "Pass", "Output": "{% $states.input + 1 %}", "End": true}
        }}"#;
        let program = crate::compile(definition).into_program().unwrap();
        let run = |steps: u64| {
            let mut start = Start::new("test", 1);
            start.limits.evaluation_steps = steps;
            let mut execution = Execution::start(program.clone(), start, Timestamp::UNIX_EPOCH);
            let exited = |execution: &mut Execution| {
                let outputs = std::iter::from_fn(|| execution.poll());
                let is_exit = |output: &Output| matches!(output, Output::History(event) if matches!(event.details, EventDetails::StateExited { .. }));
                outputs.filter(is_exit).count()
            };
            let before = exited(&mut execution);
            let failed = execution.outcome().is_some_and(|outcome| outcome.failure().is_some());
            (failed && before == 1).then(|| {
                execution.handle(Timestamp::UNIX_EPOCH, Event::Redriven).unwrap();
                (exited(&mut execution), execution.outcome().and_then(Outcome::output).cloned())
            })
        };
        // The first number of steps with which A can be left leaves none for B.
        assert_eq!((1..1_000).find_map(run), Some((1, Some(56.into()))));
    }

    #[test]
    fn a_client_token_is_one_redrive_for_a_quarter_of_an_hour_and_for_ten_tokens() {
        let program = crate::compile(FAILS).into_program().unwrap();
        let at = |minutes: u64| Timestamp::UNIX_EPOCH.saturating_add(Duration::from_mins(minutes));
        let mut execution = Execution::start(program, Start::new("test", 1), at(0));
        let mut redrive = |token: &str, minutes: u64| {
            let refused = execution.handle(at(minutes), Event::RedrivenOnce { client_token: token.into() }).err();
            (refused, execution.redrive_count())
        };
        assert_eq!(redrive("a", 1), (None, 1));
        assert_eq!(redrive("a", 16), (Some(Rejected::AlreadyRedriven(at(1))), 1));
        assert_eq!(redrive("a", 17), (None, 2));
        for other in 0..9 {
            assert_eq!(redrive(&other.to_string(), 17), (None, 3 + other));
        }
        assert_eq!(redrive("a", 17), (Some(Rejected::AlreadyRedriven(at(17))), 11));
        assert_eq!(redrive("9", 17), (None, 12));
        assert_eq!(redrive("a", 17), (None, 13));
    }
}
