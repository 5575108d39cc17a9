//! The engine against recorded executions.

#[cfg(test)]
mod judge;
