//! The `asl` command as a person runs it.
#![cfg(test)]

mod completions;
mod explain;
mod fmt;
mod graph;
mod help;
mod terminal;
mod validate;
