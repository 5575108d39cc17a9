//! The `asl` command as a person runs it.
#![cfg(test)]

mod graph;
mod terminal;
mod validate;
