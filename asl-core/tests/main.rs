//! The crate from outside: one binary for all integration tests.

mod diagnostics;
mod execution_properties;
mod executions;
mod properties;
mod world;
