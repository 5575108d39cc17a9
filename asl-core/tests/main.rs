//! The crate from outside: one binary for all integration tests.

#[cfg(test)]
mod codes;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod properties;
