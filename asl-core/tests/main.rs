//! The language as its users see it.

mod executions;
mod properties;
mod world;
