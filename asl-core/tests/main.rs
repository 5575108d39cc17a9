//! The crate from outside: one binary for all integration tests.

mod codes;
mod diagnostics;
mod properties;
