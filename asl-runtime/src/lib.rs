//! Runs Amazon States Language programs: on tokio for real, or in virtual time for tests.

mod callbacks;
pub mod clock;
mod driver;
pub mod engine;
mod error;
pub mod handler;
mod invocation;
mod registry;
mod simulation;
pub mod store;

pub use callbacks::Callbacks;
pub use engine::Engine;
pub use error::Error;
pub use handler::{OrFail, Reply, Scripted, TaskHandler, TaskRequest, scripted, typed};
pub use registry::{MissingHandler, MissingHandlers, Registry};
pub use simulation::{Interleaving, Run, Simulation, SimulationError, Stuck};
