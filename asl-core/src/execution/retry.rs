//! Retry and Catch.

use std::time::Duration;

use super::Execution;
use super::step::{Exit, Known, Step};
use super::strand::{Phase, Strand};
use crate::failure::error_equals::{self, Origin};
use crate::failure::{ErrorName, Failure};
use crate::history::EventDetails;
use crate::program::{Catcher, Jitter, Program, Retrier, State, StateKind, Transition};

impl Execution {
    /// The first Retrier that matches tries again, unless it is used up; then the first Catcher that matches goes on.
    pub(super) fn retry_or_catch(
        &mut self,
        program: &Program,
        strand: &mut Strand,
        failure: Failure,
        origin: Origin,
    ) -> Step {
        let Some(state) = program.state(strand.state) else { return Step::Break { failure, origin } };
        let matches = |names: &[_]| error_equals::matches(names, &failure, origin);
        let retrier = state.retry.iter().zip(&mut strand.retries).find(|(retrier, _)| matches(&retrier.error_equals));
        if let Some((retrier, attempts)) = retrier
            && *attempts < retrier.max_attempts
        {
            // An attempt that fails before it leaves an event must not go on for ever either.
            self.progress.retries += 1;
            if self.progress.retries >= self.progress.start.limits.history_events {
                return Step::Break { failure: self.history_limit_exceeded(), origin: Origin::State };
            }
            let delay = self.backoff(retrier, *attempts);
            *attempts += 1;
            let until = self.timer(self.progress.now.saturating_add(delay));
            strand.phase = Phase::BackingOff { until };
            return Step::Rest;
        }
        if !failure.is(ErrorName::RUNTIME) {
            self.report_failure(strand, state);
        }
        match state.catch.iter().find(|catcher| matches(&catcher.error_equals)) {
            None => Step::Break { failure, origin },
            Some(catcher) => self
                .catch(strand, catcher, &failure)
                .and_then(|exit| self.exit(strand, state, exit))
                // A Catcher that itself fails is not caught by its neighbours.
                .unwrap_or_else(|failure| match self.interpreter_failure(strand, failure) {
                    Step::Fail { failure, origin } => Step::Break { failure, origin },
                    step => step,
                }),
        }
    }

    /// `IntervalSeconds` × `BackoffRate`ⁿ, at most `MaxDelaySeconds`, and with full jitter anything up to that.
    fn backoff(&self, retrier: &Retrier, attempts: u64) -> Duration {
        let attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "seconds of delays are far below 2^53")]
        let longest = retrier.max_delay_seconds.map_or(f64::INFINITY, |seconds| seconds as f64);
        #[expect(clippy::cast_precision_loss, reason = "seconds of delays are far below 2^53")]
        let seconds = (retrier.interval_seconds as f64 * retrier.backoff_rate.powi(attempts)).min(longest);
        let share = match retrier.jitter {
            Jitter::None => 1.0,
            Jitter::Full => self.progress.random.next_f64(),
        };
        Duration::try_from_secs_f64(seconds * share).unwrap_or(Duration::MAX)
    }

    /// A Parallel or Map that fails for good says so before it is left, but for `States.Runtime`, which ends the execution.
    fn report_failure(&mut self, strand: &mut Strand, state: &State) {
        let details = match &state.kind {
            StateKind::Parallel { .. } => EventDetails::ParallelStateFailed,
            StateKind::Map(_) => EventDetails::MapStateFailed,
            _ => return,
        };
        strand.chain = self.emit(strand.chain, details);
    }

    fn catch(&self, strand: &Strand, catcher: &Catcher, failure: &Failure) -> Result<Exit, Failure> {
        let error_output = failure.error_output();
        let known = Known { error_output: Some(&error_output), ..Known::default() };
        let assigned = self.assign(strand, catcher.assign.as_ref(), &error_output, &known)?;
        let output = match &catcher.output {
            Some(template) => self.payload(strand, template, &error_output, &known)?,
            None => catcher.result_path.apply(&strand.input, error_output)?,
        };
        Ok(Exit { output: Some(output), assigned, transition: Transition::Next(catcher.next) })
    }
}
