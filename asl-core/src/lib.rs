//! The Amazon States Language.
#![allow(dead_code, unused)]
pub mod compatibility;
pub mod diagnostic;
mod evaluate;
pub mod execution;
mod expression;
pub mod failure;
pub mod history;
mod intrinsic;
mod jsonata;
mod jsonpath;
pub mod program;
mod random;
pub mod source;
pub mod syntax;
pub mod timestamp;
mod value;
pub use failure::Failure;
pub use program::Program;
pub use timestamp::Timestamp;
pub use value::{Array, InvalidJson, Number, Object, ObjectIter, Value};
