//! The crate from outside: one binary for all integration tests.

mod diagnostics;
mod properties;
