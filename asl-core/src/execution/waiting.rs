//! What an execution waits for, told to those who ask.

use serde::{Deserialize, Serialize};

use super::strand::{Phase, Strand};
use super::{Execution, ScheduleTask, StartMapRun};
use crate::timestamp::Timestamp;

/// How far a Task that is out has come.
///
/// Exhaustive on purpose: who goes on with an execution must know which of its Tasks to deliver again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskProgress {
    /// It was scheduled.
    #[default]
    Scheduled,
    /// The worker of an activity took it up.
    Started,
    /// Its call was answered, or its job was started: the Task goes on.
    Submitted,
}

/// Something that one state waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting<'a> {
    /// The state's name.
    pub state_name: &'a str,
    /// When the state was entered.
    pub since: Timestamp,
    /// What it waits for.
    pub waits_for: WaitsFor<'a>,
}

/// What a state waits for.
///
/// Exhaustive on purpose: nothing else keeps an execution waiting.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitsFor<'a> {
    /// A time.
    Time {
        /// Which.
        until: Timestamp,
    },
    /// The next attempt after a failure.
    Retry {
        /// When it is made.
        until: Timestamp,
    },
    /// A Task's result.
    Task {
        /// The Task.
        task: &'a ScheduleTask,
        /// How far it has come.
        progress: TaskProgress,
        /// When it fails unless it sends a heartbeat.
        heartbeat_until: Option<Timestamp>,
    },
    /// The branches of a Parallel.
    Branches {
        /// How many run.
        running: usize,
    },
    /// The Map Run of a Distributed Map.
    MapRun {
        /// What it was started with.
        map_run: &'a StartMapRun,
    },
    /// The iterations of a Map.
    Iterations {
        /// How many run.
        running: usize,
        /// How many have not begun.
        to_begin: usize,
    },
}

impl Execution {
    /// What every state that waits waits for, in the order in which their strands began.
    pub fn waiting(&self) -> impl Iterator<Item = Waiting<'_>> {
        self.progress.strands.values().filter_map(|strand| {
            let state_name = &*self.program.state(strand.state)?.name;
            Some(Waiting { state_name, since: strand.entered_at, waits_for: strand.waits_for()? })
        })
    }
}

impl Strand {
    fn waits_for(&self) -> Option<WaitsFor<'_>> {
        Some(match &self.phase {
            Phase::Running => return None,
            Phase::Waiting { until } => WaitsFor::Time { until: until.at },
            Phase::BackingOff { until } => WaitsFor::Retry { until: until.at },
            Phase::Task(phase) => WaitsFor::Task {
                task: &phase.task,
                progress: phase.progress,
                heartbeat_until: phase.heartbeat.map(|heartbeat| heartbeat.timer.at),
            },
            Phase::MapRun(start) => WaitsFor::MapRun { map_run: start },
            Phase::Parallel(children) => WaitsFor::Branches { running: children.running.len() },
            Phase::Map(map) => WaitsFor::Iterations {
                running: map.children.running.len(),
                to_begin: map.items.len().saturating_sub(map.next_item),
            },
        })
    }
}
