//! Handlers whose parameters and results are types of their own.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use asl_core::{Failure, Value};
use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{TaskHandler, TaskRequest, into_value};

/// A handler that takes its parameters as a type of yours.
///
/// Parameters that do not have the type's shape fail the Task with `InvalidParameters`
/// and a cause that names the member, before the function is called.
///
/// # Examples
///
/// ```
/// use asl_core::Failure;
/// use asl_runtime::{Simulation, typed};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize)]
/// struct Order {
///     amount: u32,
/// }
///
/// #[derive(Serialize)]
/// struct Receipt {
///     paid: u32,
/// }
///
/// let charge = typed(|order: Order| async move {
///     if order.amount > 100 {
///         return Err(Failure::new("CardDeclined", "insufficient funds"));
///     }
///     Ok(Receipt { paid: order.amount })
/// });
/// let simulation = Simulation::new().handler("Charge", charge);
/// # drop(simulation);
/// ```
pub fn typed<F, P, R, T>(function: F) -> Typed<F, P>
where
    F: Fn(P) -> R + Send + Sync + 'static,
    P: DeserializeOwned + Send + 'static,
    R: Future<Output = Result<T, Failure>> + Send,
    T: Serialize + Send + 'static,
{
    Typed { function, parameters: PhantomData }
}

/// The handler that [`typed`] makes.
pub struct Typed<F, P> {
    function: F,
    parameters: PhantomData<fn(P)>,
}

impl<F, P> fmt::Debug for Typed<F, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Typed<{}>", std::any::type_name::<P>())
    }
}

#[async_trait]
impl<F, P, R, T> TaskHandler for Typed<F, P>
where
    F: Fn(P) -> R + Send + Sync + 'static,
    P: DeserializeOwned + Send + 'static,
    R: Future<Output = Result<T, Failure>> + Send,
    T: Serialize + Send + 'static,
{
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        into_value((self.function)(request.deserialize()?).await?)
    }
}
