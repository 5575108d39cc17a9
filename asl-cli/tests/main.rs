//! The `asl` command as a person runs it.
#![cfg(test)]

mod completions;
mod explain;
mod fmt;
mod graph;
mod help;
mod run;
mod terminal;
mod validate;
