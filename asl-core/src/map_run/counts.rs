//! What became of items and children, as `DescribeMapRun` counts it.

use serde::{Deserialize, Serialize};

use super::EndedChild;
use crate::execution::Outcome;

/// [`MapRunItemCounts`](https://docs.aws.amazon.com/step-functions/latest/apireference/API_MapRunItemCounts.html) or
/// [`MapRunExecutionCounts`](https://docs.aws.amazon.com/step-functions/latest/apireference/API_MapRunExecutionCounts.html).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields carry AWS's names and meaning")]
pub struct Counts {
    pub pending: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
    /// All that are known so far.
    pub total: u64,
    pub results_written: u64,
    /// Those of the unsuccessful that a redrive could not go on with.
    #[serde(default)]
    pub failures_not_redrivable: u64,
    /// Those of a redrive that it will go on with.
    #[serde(default)]
    pub pending_redrive: u64,
}

/// What has ended.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    aborted: u64,
    results_written: u64,
    #[serde(default)]
    not_redrivable: u64,
}

/// A child that did not succeed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Unsuccessful {
    pub(super) ending: Ending,
    pub(super) items: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) not_redrivable: bool,
}

/// How a child ended that did not succeed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum Ending {
    Failed,
    TimedOut,
    Aborted,
}

impl Unsuccessful {
    /// Of a child that ended; nothing of one that succeeded.
    pub(super) fn of(ended: &EndedChild, items: u64) -> Option<Self> {
        let ending = match ended.outcome {
            Outcome::Succeeded(_) => return None,
            Outcome::Failed(_) => Ending::Failed,
            Outcome::TimedOut(_) => Ending::TimedOut,
            Outcome::Aborted(_) => Ending::Aborted,
        };
        Some(Self { ending, items, not_redrivable: ended.not_redrivable.is_some() })
    }
}

impl Tally {
    pub(super) fn succeeded(&mut self, number: u64) {
        self.succeeded += number;
    }

    pub(super) fn unsuccessful(&mut self, child: Unsuccessful, number: u64) {
        *match child.ending {
            Ending::Failed => &mut self.failed,
            Ending::TimedOut => &mut self.timed_out,
            Ending::Aborted => &mut self.aborted,
        } += number;
        if child.not_redrivable {
            self.not_redrivable += number;
        }
    }

    /// All that did not succeed is to be tried again.
    pub(super) fn redriven(&mut self) {
        *self = Self { succeeded: self.succeeded, results_written: self.results_written, ..Self::default() };
    }

    /// Those that count against the tolerated failures: failed or timed out, not aborted.
    pub(super) fn failed(&self) -> u64 {
        self.failed + self.timed_out
    }

    pub(super) fn results_are_written(&mut self) {
        self.results_written = self.ended();
    }

    /// With `running` that run, `pending_redrive` that are to be redriven and `known` altogether.
    pub(super) fn counts(&self, running: u64, pending_redrive: u64, known: u64) -> Counts {
        let Self { succeeded, failed, timed_out, aborted, results_written, not_redrivable } = *self;
        Counts {
            pending: known.saturating_sub(running + pending_redrive + self.ended()),
            running,
            succeeded,
            failed,
            timed_out,
            aborted,
            total: known,
            results_written,
            failures_not_redrivable: not_redrivable,
            pending_redrive,
        }
    }

    fn ended(&self) -> u64 {
        self.succeeded + self.failed + self.timed_out + self.aborted
    }
}
