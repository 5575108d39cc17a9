//! What is known of an execution without reading its journal.

use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::{Outcome, TaskId};
use serde::{Deserialize, Serialize};

use crate::status::ExecutionStatus;

/// What an execution is; never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The machine's ARN.
    pub state_machine_arn: Arc<str>,
    /// The ARN of the version that runs, if one was started, by itself or by an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_machine_version_arn: Option<Arc<str>>,
    /// The ARN of the alias that was started, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_machine_alias_arn: Option<Arc<str>>,
    /// The execution's name.
    pub name: Arc<str>,
    /// When it was started.
    pub start_date: Timestamp,
    /// Whose child it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

/// What started an execution and waits for its end: when nobody waits any more, the execution is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parent {
    /// A Task of another execution.
    Task {
        /// That execution.
        execution_arn: Arc<str>,
        /// Its Task.
        task: TaskId,
    },
    /// A Map Run.
    MapRun {
        /// The Map Run.
        map_run_arn: Arc<str>,
        /// Which of its children this is, from 0.
        index: u64,
    },
}

impl Parent {
    /// The ARN of the execution or Map Run.
    pub fn arn(&self) -> &Arc<str> {
        match self {
            Self::Task { execution_arn, .. } => execution_arn,
            Self::MapRun { map_run_arn, .. } => map_run_arn,
        }
    }
}

/// How an execution stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Standing {
    /// It runs.
    Running {
        /// When it goes on, if it only waits for a time or for callbacks: until then it need not be loaded.
        sleeps_until: Option<Timestamp>,
    },
    /// It ended.
    Ended(End),
}

/// How and when an execution ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How.
    pub outcome: Outcome,
    /// When.
    pub stop_date: Timestamp,
}

impl Standing {
    /// The status as AWS names it.
    pub fn status(&self) -> ExecutionStatus {
        ExecutionStatus::of(self.end().map(|end| &end.outcome))
    }

    /// How the execution ended, if it did.
    pub fn end(&self) -> Option<&End> {
        match self {
            Self::Running { .. } => None,
            Self::Ended(end) => Some(end),
        }
    }
}

/// What is known of an execution without its journal.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionRecord {
    /// Its place among all executions of the store: later ones have higher numbers.
    pub number: u64,
    /// The execution's ARN.
    pub execution_arn: Arc<str>,
    /// What it is.
    pub opening: Opening,
    /// How it stands.
    pub standing: Standing,
    /// How many entries its journal has.
    pub version: u64,
}

/// Which executions to list; the default are all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionQuery {
    /// Those of a machine.
    pub state_machine_arn: Option<Arc<str>>,
    /// Those of a version.
    pub state_machine_version_arn: Option<Arc<str>>,
    /// Those of an alias.
    pub state_machine_alias_arn: Option<Arc<str>>,
    /// Those of a status.
    pub status: Option<ExecutionStatus>,
    /// The children of an execution or Map Run, by its ARN.
    pub parent_arn: Option<Arc<str>>,
    /// Those before a number: the rest of a list.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: Option<usize>,
}

impl ExecutionQuery {
    /// Whether `record` is one of those asked for, the limit aside.
    pub fn matches(&self, record: &ExecutionRecord) -> bool {
        let ExecutionRecord { number, opening, standing, .. } = record;
        let parent = opening.parent.as_ref().map(Parent::arn);
        let is = |wanted: &Option<Arc<str>>, found| wanted.as_ref().is_none_or(|wanted| Some(wanted) == found);
        is(&self.state_machine_arn, Some(&opening.state_machine_arn))
            && is(&self.state_machine_version_arn, opening.state_machine_version_arn.as_ref())
            && is(&self.state_machine_alias_arn, opening.state_machine_alias_arn.as_ref())
            && self.status.is_none_or(|status| status == standing.status())
            && is(&self.parent_arn, parent)
            && self.before.is_none_or(|before| *number < before)
    }
}
