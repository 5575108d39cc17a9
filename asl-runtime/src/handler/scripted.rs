//! Handlers that answer from a script, for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asl_core::{Failure, Value};
use async_trait::async_trait;

use super::{TaskHandler, TaskRequest};

/// A handler that gives `replies` one after the other, and fails with `ScriptExhausted` after the last.
///
/// Clones share the script.
///
/// # Examples
///
/// Declined at first, then charged after two seconds:
///
/// ```
/// use std::time::Duration;
///
/// use asl_core::Failure;
/// use asl_runtime::{Reply, Simulation, scripted};
/// use serde_json::json;
///
/// let charge = scripted([
///     Reply::failure("CardDeclined", "insufficient funds"),
///     Reply::success(json!({"paid": 5})).after(Duration::from_secs(2)),
/// ]);
/// let simulation = Simulation::new().handler("Charge", charge.clone());
/// # drop(simulation);
/// assert_eq!(charge.parameters_seen().len(), 0);
/// ```
pub fn scripted<I>(replies: I) -> Scripted
where
    I: IntoIterator<Item: Into<Reply>>,
{
    let replies = replies.into_iter().map(Into::into).collect();
    Scripted(Arc::new(Mutex::new(Script { replies, parameters_seen: Vec::new() })))
}

/// The handler that [`scripted`] makes.
#[derive(Debug, Clone)]
pub struct Scripted(Arc<Mutex<Script>>);

#[derive(Debug)]
struct Script {
    replies: VecDeque<Reply>,
    parameters_seen: Vec<Value>,
}

impl Scripted {
    /// The parameters of every call so far.
    pub fn parameters_seen(&self) -> Vec<Value> {
        self.script().parameters_seen.clone()
    }

    /// How many replies were not asked for yet.
    pub fn remaining(&self) -> usize {
        self.script().replies.len()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TaskHandler for Scripted {
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        let (call, reply) = {
            let mut script = self.script();
            script.parameters_seen.push(request.parameters().clone());
            (script.parameters_seen.len(), script.replies.pop_front())
        };
        let Some(Reply { delay, answer }) = reply else {
            let cause = format!("call {call}, by state `{}`, has no reply in the script", request.state_name());
            return Err(Failure::new("ScriptExhausted", cause));
        };
        if !delay.is_zero() {
            request.clock().sleep(delay).await;
        }
        match answer {
            Some(result) => result,
            None => std::future::pending().await,
        }
    }
}

/// One answer of a [`scripted`] handler.
#[derive(Debug, Clone)]
pub struct Reply {
    delay: Duration,
    answer: Option<Result<Value, Failure>>,
}

impl Reply {
    /// The Task succeeds.
    pub fn success(output: impl Into<Value>) -> Self {
        Self::answering(Ok(output.into()))
    }

    /// The Task fails.
    pub fn failure(error: &str, cause: &str) -> Self {
        Self::answering(Err(Failure::new(error, cause)))
    }

    /// No answer, ever.
    pub fn pending() -> Self {
        Self { delay: Duration::ZERO, answer: None }
    }

    /// The same answer, `delay` later on the request's clock.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn answering(answer: Result<Value, Failure>) -> Self {
        Self { delay: Duration::ZERO, answer: Some(answer) }
    }
}

impl From<Result<Value, Failure>> for Reply {
    fn from(answer: Result<Value, Failure>) -> Self {
        Self::answering(answer)
    }
}

impl From<Result<serde_json::Value, Failure>> for Reply {
    fn from(answer: Result<serde_json::Value, Failure>) -> Self {
        Self::answering(answer.map(Value::from))
    }
}
