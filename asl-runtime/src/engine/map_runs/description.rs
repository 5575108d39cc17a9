//! What the engine tells about Map Runs, in the API's words.

use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::map_run::Counts;

use crate::status::ExecutionStatus;

/// A Map Run, as [`DescribeMapRun`](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html)
/// shows it.
///
/// Of a Map Run that another engine runs, what it saved last.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MapRunDescription {
    /// The Map Run's ARN.
    pub map_run_arn: Arc<str>,
    /// The execution that it belongs to.
    pub execution_arn: Arc<str>,
    /// `RUNNING`, `SUCCEEDED`, `FAILED` or `ABORTED`.
    pub status: ExecutionStatus,
    /// When it began.
    pub start_date: Timestamp,
    /// When it ended, if it did.
    pub stop_date: Option<Timestamp>,
    /// How many children may run at once; 0 is as many as there may be.
    pub max_concurrency: u64,
    /// How many items may fail.
    pub tolerated_failure_count: u64,
    /// Which share of the items may fail, from 0 to 100.
    pub tolerated_failure_percentage: f64,
    /// What became of the items.
    pub item_counts: Counts,
    /// What became of the children.
    pub execution_counts: Counts,
    /// How often it was redriven.
    pub redrive_count: u64,
    /// When it was redriven last, if it was.
    pub redrive_date: Option<Timestamp>,
}

/// A Map Run, as [`ListMapRuns`](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListMapRuns.html)
/// shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapRunSummary {
    /// The Map Run's ARN.
    pub map_run_arn: Arc<str>,
    /// The execution that it belongs to.
    pub execution_arn: Arc<str>,
    /// The machine that its children are executions of.
    pub state_machine_arn: Arc<str>,
    /// When it began.
    pub start_date: Timestamp,
    /// When it ended, if it did.
    pub stop_date: Option<Timestamp>,
}

/// What `ListMapRuns` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapRunPage {
    /// The Map Runs, the newest first.
    pub map_runs: Vec<MapRunSummary>,
    /// What to ask for the next page with, if there is one.
    pub next_token: Option<Arc<str>>,
}
