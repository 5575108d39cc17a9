//! What runs a Task: handlers, and the request they are given.

mod request;
mod scripted;
mod typed;

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use asl_core::{Failure, Value};
use async_trait::async_trait;
use serde::Serialize;

pub(crate) use self::request::Surroundings;
pub use self::request::TaskRequest;
pub use self::scripted::{Reply, Scripted, scripted};
pub use self::typed::{Typed, typed};

/// Runs the Tasks of a resource.
///
/// Every `async fn(TaskRequest) -> Result<T, Failure>` and every such closure is a handler,
/// whether `T` is a [`Value`], a `serde_json::Value` or a type of yours that implements `Serialize`.
/// [`typed`] makes a handler of a function that takes its parameters as a type of yours.
///
/// # Delivery
///
/// A handler runs at least once for every attempt of its Task.
/// [`TaskRequest::idempotency_key`] is the same for every delivery of one attempt.
/// It is dropped, at its next `.await`, when nobody waits for the Task any more:
/// the Task timed out, a parallel branch failed, or the execution ended.
///
/// An engine polls a handler for the first time where it runs executions, and again in a tokio task of its own unless
/// it is ready by then: what blocks its thread belongs into `tokio::task::spawn_blocking`.
///
/// # Examples
///
/// ```
/// use asl_core::Failure;
/// use asl_runtime::{Simulation, TaskRequest};
/// use serde_json::{Value, json};
///
/// async fn charge(request: TaskRequest) -> Result<Value, Failure> {
///     if request.parameters_json()["amount"] == 0 {
///         return Err(Failure::new("NothingToCharge", "the amount is 0"));
///     }
///     Ok(json!({"charged": true}))
/// }
///
/// let simulation = Simulation::new().handler("Charge", charge);
/// # drop(simulation);
/// ```
///
/// A function of another shape is refused by the compiler, which says what a handler is:
///
/// ```compile_fail,E0277
/// use asl_core::Failure;
/// use asl_runtime::Simulation;
///
/// async fn charge(amount: u32) -> Result<u32, Failure> {
///     Ok(amount)
/// }
///
/// let simulation = Simulation::new().handler("Charge", charge);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Task handler",
    label = "does not take a `TaskRequest` and return a future of `Result<_, Failure>`",
    note = "a handler is `async fn(TaskRequest) -> Result<T, Failure>` with `T: Serialize + Send + 'static`, and its future must be `Send`",
    note = "a closure must name its argument's type: `|request: TaskRequest| async move {{ … }}`",
    note = "wrap a function that takes its parameters as a type of yours: `typed(|order: Order| async move {{ … }})`"
)]
#[async_trait]
pub trait TaskHandler: Send + Sync + 'static {
    /// Runs one attempt of a Task and returns its result.
    ///
    /// For `.waitForTaskToken` what is returned is what the call answered;
    /// the Task goes on until its token is answered through [`Callbacks`](crate::Callbacks) or the engine.
    ///
    /// # Errors
    ///
    /// How the Task failed; Retry and Catch see it.
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure>;

    /// The name under which an activity's worker takes a Task up; none by default.
    fn worker_name(&self) -> Option<&str> {
        None
    }
}

#[async_trait]
impl<F, R, T> TaskHandler for F
where
    F: Fn(TaskRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, Failure>> + Send,
    T: Serialize + Send + 'static,
{
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        into_value(self(request).await?)
    }
}

#[async_trait]
impl<H: TaskHandler + ?Sized> TaskHandler for Arc<H> {
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        H::handle(self, request).await
    }

    fn worker_name(&self) -> Option<&str> {
        H::worker_name(self)
    }
}

/// Names the errors of a `Result`, so that `?` turns them into a [`Failure`].
///
/// # Examples
///
/// ```
/// use asl_core::Failure;
/// use asl_runtime::OrFail as _;
///
/// fn quantity(text: &str) -> Result<u32, Failure> {
///     Ok(text.parse::<u32>().or_fail("InvalidQuantity")?)
/// }
///
/// let failure = quantity("two").unwrap_err();
/// assert_eq!(failure.to_string(), "InvalidQuantity: invalid digit found in string");
/// ```
pub trait OrFail<T>: sealed::Sealed {
    /// The same result, an error being a failure called `error` whose cause is the error's text.
    ///
    /// # Errors
    ///
    /// When the result is an error.
    fn or_fail(self, error: &str) -> Result<T, Failure>;
}

impl<T, E: std::fmt::Display> OrFail<T> for Result<T, E> {
    fn or_fail(self, error: &str) -> Result<T, Failure> {
        self.map_err(|source| Failure::new(error, source.to_string()))
    }
}

mod sealed {
    pub trait Sealed {}
    impl<T, E> Sealed for Result<T, E> {}
}

/// The error name of a result that has no JSON form.
const INVALID_RESULT: &str = "InvalidResult";

/// A handler's result as a value; what already is one is shared.
fn into_value<T: Serialize + 'static>(result: T) -> Result<Value, Failure> {
    match (&result as &dyn Any).downcast_ref::<Value>() {
        Some(value) => Ok(value.clone()),
        None => Value::from_serialize(result).or_fail(INVALID_RESULT),
    }
}
