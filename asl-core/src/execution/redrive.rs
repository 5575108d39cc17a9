//! Redrive: an execution that did not succeed goes on where it was interrupted.
//!
//! What succeeded stays as it is; states, branches and iterations that failed or were aborted are attempted again,
//! with the input that they had.
//! See [Redriving executions](https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html).

use std::fmt;
use std::time::Duration;

use super::step::Step;
use super::strand::{Children, Phase, Strand};
use super::{Execution, Outcome};
use crate::failure::{ErrorName, Failure};
use crate::history::{EventDetails, EventId};
use crate::timestamp::Timestamp;

/// How long after its end an execution can be redriven.
const REDRIVABLE: Duration = Duration::from_hours(14 * 24);

/// Why an execution cannot be redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        let redriven =
            self.emit(self.progress.last_event, EventDetails::ExecutionRedriven { count: self.progress.redrives });
        for (_, strand) in std::mem::take(&mut self.progress.interrupted) {
            self.resume(strand, redriven);
        }
        Ok(())
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

    /// A strand waits for its children as before, or attempts its state again; Retriers count from the beginning.
    fn resume(&mut self, mut strand: Strand, redriven: EventId) {
        strand.retries.fill(0);
        if let Some(phase) = strand.interrupted.take() {
            strand.phase = phase;
        }
        if strand.children().is_none() {
            let has_entered = strand.entered != EventId::default();
            let (state, input) = (strand.state, strand.input.clone());
            let step = if has_entered { Step::Attempt } else { Step::Enter { state, input } };
            strand.phase = Phase::Running;
            strand.chain = redriven;
            self.ready.push_back((strand.id, step));
        }
        self.rest(strand);
    }

    /// Keeps a strand that can do no more, should the execution be redriven.
    pub(super) fn set_aside(&mut self, strand: Strand) {
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
                self.discard(child.interrupted.as_ref().unwrap_or(&child.phase).children());
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
    use crate::execution::{Event, Rejected, Start};

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
}
