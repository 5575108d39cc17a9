//! What became of items and children, as `DescribeMapRun` counts it.

use serde::{Deserialize, Serialize};

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
}

/// What has ended.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    aborted: u64,
    results_written: u64,
}

impl Tally {
    pub(super) fn count(&mut self, outcome: &Outcome, number: u64) {
        *match outcome {
            Outcome::Succeeded(_) => &mut self.succeeded,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::TimedOut(_) => &mut self.timed_out,
            Outcome::Aborted(_) => &mut self.aborted,
        } += number;
    }

    /// Those that count against the tolerated failures: failed or timed out, not aborted.
    pub(super) fn failed(&self) -> u64 {
        self.failed + self.timed_out
    }

    pub(super) fn results_are_written(&mut self) {
        self.results_written = self.ended();
    }

    /// With `running` that run and `known` altogether.
    pub(super) fn counts(&self, running: u64, known: u64) -> Counts {
        let Self { succeeded, failed, timed_out, aborted, results_written } = *self;
        let pending = known.saturating_sub(running + self.ended());
        Counts { pending, running, succeeded, failed, timed_out, aborted, total: known, results_written }
    }

    fn ended(&self) -> u64 {
        self.succeeded + self.failed + self.timed_out + self.aborted
    }
}
