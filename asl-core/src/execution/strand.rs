//! Strands: chains of states that run one after the other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::sorted_map::SortedMap;
use super::{MapRunId, ScheduleTask, StartMapRun, TaskId, TaskProgress, Tolerance};
use crate::history::EventId;
use crate::program::StateId;
use crate::timestamp::Timestamp;
use crate::value::{Array, Object, Value};

/// Identifies a strand within its execution; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct StrandId(pub(super) u32);

/// A chain of states that run one after the other: the execution's own, a Parallel's branch or a Map's iteration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Strand {
    pub(super) id: StrandId,
    /// The strand whose Parallel or Map waits for this one, and this one's place among its children.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<(StrandId, usize)>,
    /// The state that it is in.
    pub(super) state: StateId,
    /// The event that the next one follows.
    pub(super) chain: EventId,
    /// The event by which it entered its state.
    pub(super) entered: EventId,
    /// The event that led to that one.
    pub(super) came_from: EventId,
    pub(super) entered_at: Timestamp,
    /// The state's input, before `InputPath`.
    pub(super) input: Value,
    /// The variables of this scope; those around it are the parent's.
    pub(super) variables: Object,
    /// The item of a Map iteration.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) item: Value,
    /// How often each Retrier of the state was used.
    pub(super) retries: Vec<u64>,
    pub(super) phase: Phase,
    /// What its state waited for when it failed, if that were branches, iterations or a Map Run: a redrive goes on with
    /// them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) interrupted: Option<Box<Phase>>,
}

/// What a strand waits for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Nothing: it runs, or is about to.
    Running,
    /// A Wait state's time.
    Waiting { until: Timer },
    /// The next attempt of a failed state.
    BackingOff { until: Timer },
    /// A Task's result.
    Task(TaskPhase),
    /// Its branches.
    Parallel(Children),
    /// Its iterations.
    Map(Box<MapPhase>),
    /// The Map Run of a Distributed Map.
    MapRun(Box<StartMapRun>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TaskPhase {
    /// What the driver was asked for, and is again where the execution goes on elsewhere.
    pub(super) task: Arc<ScheduleTask>,
    #[serde(default)]
    pub(super) progress: TaskProgress,
    pub(super) timeout: Timer,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) heartbeat: Option<Heartbeat>,
}

/// How long a Task may stay silent, and until when it now may.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Heartbeat {
    pub(super) seconds: u64,
    pub(super) timer: Timer,
}

/// The branches or iterations of a state: the results so far, and who still runs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Children {
    pub(super) results: Vec<Value>,
    pub(super) running: SortedMap<usize, StrandId>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MapPhase {
    pub(super) children: Children,
    /// What `ItemSelector` sees as `$`.
    pub(super) effective_input: Value,
    pub(super) items: Array,
    /// The next item to begin with.
    pub(super) next_item: usize,
    pub(super) concurrency: usize,
    pub(super) failed: u64,
    pub(super) tolerance: Tolerance,
}

/// A point in time at which something happens; of those at the same time the first made comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Timer {
    pub(super) at: Timestamp,
    pub(super) sequence: u64,
}

impl Strand {
    pub(super) fn new(id: StrandId, parent: Option<(StrandId, usize)>, state: StateId, chain: EventId) -> Self {
        Self {
            id,
            parent,
            state,
            chain,
            entered: EventId::default(),
            came_from: EventId::default(),
            entered_at: Timestamp::default(),
            input: Value::Null,
            variables: Object::default(),
            item: Value::Null,
            retries: Vec::new(),
            phase: Phase::Running,
            interrupted: None,
        }
    }

    /// How often the state was tried before: `$$.State.RetryCount`.
    pub(super) fn retry_count(&self) -> u64 {
        self.retries.iter().sum()
    }

    /// The times at which something happens if nothing else does before.
    pub(super) fn timers(&self) -> impl Iterator<Item = Timer> + use<> {
        let (first, second) = match &self.phase {
            Phase::Waiting { until } | Phase::BackingOff { until } => (Some(*until), None),
            Phase::Task(task) => (Some(task.timeout), task.heartbeat.map(|heartbeat| heartbeat.timer)),
            Phase::Running | Phase::Parallel(_) | Phase::Map(_) | Phase::MapRun(_) => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The Task that it waits for.
    pub(super) fn task(&self) -> Option<TaskId> {
        match &self.phase {
            Phase::Task(task) => Some(task.task.task),
            _ => None,
        }
    }

    /// The Map Run that it waits for.
    pub(super) fn map_run(&self) -> Option<MapRunId> {
        match &self.phase {
            Phase::MapRun(start) => Some(start.map_run),
            _ => None,
        }
    }

    /// The branches or iterations that it waits for.
    pub(super) fn children(&self) -> Option<&Children> {
        self.phase.children()
    }
}

impl Phase {
    /// The branches or iterations that are waited for.
    pub(super) fn children(&self) -> Option<&Children> {
        match self {
            Self::Parallel(children) => Some(children),
            Self::Map(map) => Some(&map.children),
            _ => None,
        }
    }
}

impl Children {
    /// Children that will each leave one result.
    pub(super) fn expecting(count: usize) -> Self {
        Self { results: vec![Value::Null; count], running: SortedMap::default() }
    }

    pub(super) fn finished(&mut self, index: usize, result: Value) {
        self.running.remove(&index);
        if let Some(slot) = self.results.get_mut(index) {
            *slot = result;
        }
    }

    pub(super) fn take_results(&mut self) -> Value {
        std::mem::take(&mut self.results).into()
    }
}
