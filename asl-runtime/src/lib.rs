//! Runs Amazon States Language programs: on tokio for real, or in virtual time for tests.
//!
//! An [`Engine`] runs many executions at once. Its methods carry the names of the Step Functions API,
//! and Tasks call handlers: `async` functions, registered under the name of the Lambda function that a Task names,
//! or under any other resource.
//!
//! ```
//! use asl_core::Failure;
//! use asl_runtime::{Engine, typed};
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//!
//! #[derive(Deserialize)]
//! struct Order {
//!     amount: u32,
//! }
//!
//! #[derive(Serialize)]
//! struct Receipt {
//!     paid: u32,
//! }
//!
//! async fn charge(order: Order) -> Result<Receipt, Failure> {
//!     if order.amount > 100 {
//!         return Err(Failure::new("CardDeclined", "insufficient funds"));
//!     }
//!     Ok(Receipt { paid: order.amount })
//! }
//!
//! const DEFINITION: &str = r#"{
//!     "StartAt": "Charge",
//!     "States": {
//!         "Charge": {
//!             "Type": "Task",
//!             "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Charge",
//!             "End": true
//!         }
//!     }
//! }"#;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), asl_runtime::Error> {
//! let engine = Engine::builder().handler("Charge", typed(charge)).build().await?;
//! let machine = engine.create_state_machine("orders", DEFINITION).await?;
//! let started = engine.start_execution(&machine, Some("order-7"), json!({"amount": 5})).await?;
//! let outcome = engine.wait(&started.execution_arn).await?;
//! assert_eq!(outcome.output().map(ToString::to_string).as_deref(), Some(r#"{"paid":5}"#));
//! # Ok(())
//! # }
//! ```
//!
//! A test of the same machine needs no engine, no runtime and no time: see [`Simulation`].
//!
//! # Guarantees
//!
//! - State transitions happen exactly once: what comes in is in the [`Store`](store::Store) before it has an effect.
//! - A handler runs at least once for each attempt of its Task,
//!   with an [idempotency key](TaskRequest::idempotency_key) that is the same for every delivery of that attempt.
//! - A handler that panics fails its Task with `HandlerPanicked`, and nothing else.
//! - A handler that nobody waits for any more is dropped at its next `.await`.
//!
//! # Surviving the process
//!
//! With a `SqliteStore` (in [`store`], with the feature `sqlite`) whatever runs goes on when an engine is built on the
//! same file again: timers that are due fire, Tasks that were out are delivered again, tokens stay valid.
//! An execution keeps the definition that it was started with.
//! Several engines may share a store; each execution belongs to one of them at a time, and those of an engine that is
//! gone are taken over when its lease has ended.
//!
#![cfg_attr(feature = "sqlite", doc = "```no_run")]
#![cfg_attr(not(feature = "sqlite"), doc = "```text")]
//! use asl_runtime::Engine;
//! use asl_runtime::store::SqliteStore;
//!
//! # async fn open() -> Result<(), asl_runtime::Error> {
//! let engine = Engine::builder().store(SqliteStore::open("executions.db")?).exclusive().build().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is an error
//!
//! A workflow that fails ends in an [`Outcome`](asl_core::execution::Outcome) with a [`Failure`](asl_core::Failure).
//! An [`Error`] says that a call to the engine was wrong, or that the host failed.

mod callbacks;
pub mod clock;
mod driver;
pub mod engine;
mod error;
pub mod handler;
mod invocation;
pub mod map_run;
pub mod mock_config;
mod nested;
mod payload;
mod registry;
mod simulation;
mod status;
pub mod store;

pub use callbacks::Callbacks;
pub use engine::Engine;
pub use error::{Error, InvalidDefinition, MissingObjects};
pub use handler::{OrFail, Reply, Scripted, TaskHandler, TaskRequest, scripted, typed};
pub use mock_config::MockConfig;
pub use registry::{MissingHandler, MissingHandlers, Registry};
pub use simulation::{Interleaving, MissingItems, ReadItems, Run, Simulation, SimulationError};
