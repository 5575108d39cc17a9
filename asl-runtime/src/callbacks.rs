//! Answers to Tasks that wait for a token.

use std::fmt;
use std::sync::Arc;

use asl_core::execution::{Event, Limits, TaskId};
use asl_core::{Failure, Value};
use async_trait::async_trait;

use crate::error::Error;
use crate::payload;

/// Answers Tasks by their tokens; the same under the [`Engine`](crate::Engine) and in a [`Simulation`](crate::Simulation).
///
/// Cheap to clone, and good for as long as the engine or simulation lives.
#[derive(Debug, Clone)]
pub struct Callbacks(Arc<dyn Reception>);

impl Callbacks {
    pub(crate) fn new(reception: Arc<dyn Reception>) -> Self {
        Self(reception)
    }

    /// Ends the Task that `task_token` was given to with a result.
    ///
    /// # Errors
    ///
    /// `InvalidToken` for a token that was never given out, `TaskTimedOut` for a Task that is closed:
    /// answered before, timed out, or its execution ended. `ValidationException` for an output that is longer than
    /// a payload may be: the Task still waits for another.
    pub async fn send_task_success(&self, task_token: &str, output: impl Into<Value> + Send) -> Result<(), Error> {
        let output = output.into();
        self.0.answer(task_token, Answer::Success(output)).await
    }

    /// Fails the Task that `task_token` was given to.
    ///
    /// # Errors
    ///
    /// As [`send_task_success`](Self::send_task_success).
    pub async fn send_task_failure(&self, task_token: &str, failure: Failure) -> Result<(), Error> {
        self.0.answer(task_token, Answer::Failure(failure)).await
    }

    /// Says that the Task that `task_token` was given to is alive.
    ///
    /// # Errors
    ///
    /// As [`send_task_success`](Self::send_task_success).
    pub async fn send_task_heartbeat(&self, task_token: &str) -> Result<(), Error> {
        self.0.answer(task_token, Answer::Heartbeat).await
    }

    /// Stops the execution with the failure's error and cause, as `StopExecution` does.
    ///
    /// # Errors
    ///
    /// When there is no such execution, or it has ended.
    pub async fn stop_execution(&self, execution_arn: &str, failure: Failure) -> Result<(), Error> {
        self.report(execution_arn, Event::Stopped { failure }).await
    }

    pub(crate) async fn report(&self, execution_arn: &str, event: Event) -> Result<(), Error> {
        self.0.report(execution_arn, event).await
    }
}

/// Who takes answers in.
#[async_trait]
pub(crate) trait Reception: fmt::Debug + Send + Sync {
    /// Takes the answer of whoever holds a Task's token.
    async fn answer(&self, task_token: &str, answer: Answer) -> Result<(), Error>;

    /// Takes what a running handler says about its Task.
    async fn report(&self, execution_arn: &str, event: Event) -> Result<(), Error>;
}

/// What comes with a Task's token.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Success(Value),
    Failure(Failure),
    Heartbeat,
}

impl Answer {
    /// Refuses an output that is longer than the limits allow: the Task still waits for another.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), Error> {
        match self {
            Self::Success(output) => payload::check("output", output, limits),
            Self::Failure(_) | Self::Heartbeat => Ok(()),
        }
    }

    pub(crate) fn into_event(self, task: TaskId) -> Event {
        match self {
            Self::Success(output) => Event::TaskSucceeded { task, output },
            Self::Failure(failure) => Event::TaskFailed { task, failure },
            Self::Heartbeat => Event::TaskHeartbeat { task },
        }
    }
}
