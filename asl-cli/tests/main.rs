//! The `asl` command as a person runs it.
#![cfg(test)]

mod terminal;
mod validate;
