//! The `asl` command as a person runs it.
#![cfg(test)]

mod run;
mod terminal;
mod validate;
