//! Runs many executions at once on tokio, for real; its methods carry the names of the Step Functions API.

mod activities;
mod aliases;
mod builder;
mod catalogue;
mod description;
mod executions;
mod express;
mod hosted;
mod inner;
mod lease;
mod machines;
mod map_runs;
pub mod metrics;
mod names;
mod nested;
mod patience;
mod recovery;
pub(crate) mod redrive;
mod releases;
mod replay;
mod sleep;
mod spans;
mod tags;
mod tasks;
mod timers;
mod token_key;
mod versions;
mod why_waiting;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use asl_core::{Failure, Value};

pub use self::aliases::{Route, StateMachineAlias, UpdateAlias};
pub use self::builder::EngineBuilder;
pub use self::description::{
    ActivityDescription, ActivityTask, ExecutionDescription, ExecutionPage, ExecutionSummary, ListExecutions,
    StartedExecution, StateMachineDescription, StateMachineSummary,
};
pub use self::express::SyncExecution;
use self::inner::{Inner, lock};
pub use self::map_runs::{MapRunDescription, MapRunPage, MapRunSummary};
pub use self::redrive::RedriveStatus;
pub use self::versions::{PublishVersion, StateMachineVersion};
pub use self::why_waiting::{Turn, WaitingFor, WaitingState, WhyWaiting};
use crate::callbacks::Callbacks;
use crate::error::Error;
pub use crate::status::ExecutionStatus;

/// Runs executions of state machines; cheap to clone, every clone is the same engine.
///
/// What comes in is written to the [`Store`](crate::store::Store) before anything is done about it.
/// Every state transition happens exactly once; a handler runs at least once for each attempt of its Task.
///
/// # Recovery
///
/// An engine goes on with what is in its store, whoever began it:
/// timers that are due fire, Tasks that were out are delivered again with the same idempotency key,
/// task tokens stay valid, and every execution keeps the definition that it began with.
/// Executions belong to one engine at a time, for as long as it [renews its lease](EngineBuilder::lease);
/// those of an engine that is gone are taken over by the others.
///
/// An execution that cannot go on is set aside and keeps no other from going on; nothing of it is lost:
/// its journal cannot be read or written, or a Task of its definition has no handler here.
/// It is tried again from time to time, and by the next engine; [`why_waiting`](Self::why_waiting) tells why.
///
/// # Nested executions
///
/// Unless a handler is registered for them, the engine serves Tasks that call
/// `arn:aws:states:::states:startExecution` and its patterns `.sync`, `.sync:2` and `.waitForTaskToken`.
/// Of the answer of `StartExecution` there are `ExecutionArn`, `StartDate` and the status of HTTP.
/// When a Task that waits for the end of an execution is cancelled or times out, the execution is stopped.
///
/// # Express machines
///
/// Executions of Express machines last five minutes at most and are in memory alone: one that its engine does not end
/// with is lost. [`start_sync_execution`](Self::start_sync_execution) returns how one ended;
/// of one that was [started](Self::start_execution) there is only [`wait`](Self::wait), while it runs.
///
/// # Observability
///
/// What engines count and measure is listed in [`metrics`].
/// Through `tracing` they tell of every `execution`, `state` (at level debug) and attempt of a Task (`task`) in spans.
/// [`why_waiting`](Self::why_waiting) tells what one execution waits for.
///
/// # Memory
///
/// No thread, timer or tokio task belongs to an execution or to a state: only a running handler has a task.
/// Executions that ended are only in the store, and so are all but the latest of those that wait for a time or a token;
/// one that waits for the end of another stays in memory.
///
/// The last clone that is dropped takes its executions and handlers with it; [`shutdown`](Self::shutdown) is graceful.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

impl Engine {
    /// An engine to be set up.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Ends the Task that `task_token` was given to with a result.
    ///
    /// The execution may be another engine's on the same store, which learns of it a little later.
    ///
    /// # Errors
    ///
    /// `InvalidToken` for a token that was never given out, `TaskTimedOut` for a Task that is closed:
    /// answered before, timed out, or its execution ended; `TaskDoesNotExist` for one whose execution was removed.
    pub async fn send_task_success(&self, task_token: &str, output: impl Into<Value> + Send) -> Result<(), Error> {
        self.callbacks().send_task_success(task_token, output).await
    }

    /// Fails the Task that `task_token` was given to.
    ///
    /// # Errors
    ///
    /// As [`send_task_success`](Self::send_task_success).
    pub async fn send_task_failure(&self, task_token: &str, failure: Failure) -> Result<(), Error> {
        self.callbacks().send_task_failure(task_token, failure).await
    }

    /// Says that the Task that `task_token` was given to is alive.
    ///
    /// # Errors
    ///
    /// As [`send_task_success`](Self::send_task_success).
    pub async fn send_task_heartbeat(&self, task_token: &str) -> Result<(), Error> {
        self.callbacks().send_task_heartbeat(task_token).await
    }

    /// The three `send_task_…` methods on their own, to be handed on.
    pub fn callbacks(&self) -> Callbacks {
        Callbacks::new(Arc::clone(&self.0) as _)
    }

    /// Takes nothing new in, gives running handlers `grace` to end, aborts the others, and stops.
    ///
    /// Executions that did not end stay in the store as they are, for other engines to go on with at once.
    pub async fn shutdown(&self, grace: Duration) {
        let _ = self.0.closing.set(());
        self.0.map_runs.close();
        let idle = self.0.handler_permits.acquire_many(self.0.handler_limit);
        if tokio::time::timeout(grace, idle).await.is_err() {
            tracing::warn!("handlers that still run are aborted");
        }
        self.0.handler_permits.close();
        self.0.settle().await;
        let _ = self.0.shut_down.set(());
        let mut background = std::mem::take(&mut *lock(&self.0.background));
        background.shutdown().await;
        self.0.abort_handlers();
        if let Err(error) = self.0.store.leave(self.0.owner).await {
            tracing::warn!(%error, "executions can be taken over once the lease has ended");
        }
    }
}
