//! The Amazon States Language: parses, diagnoses, compiles and steps state machines.
//!
//! This crate is the language and nothing else: no I/O, no clock, no randomness, no threads.
//! It builds for `wasm32-unknown-unknown`, and the same events always give the same history, which is AWS's.
//! `asl-runtime` runs programs on tokio, or in virtual time, with `async` functions as Task handlers;
//! this crate alone is for checking definitions, and for a driver of one's own.
//!
//! # From a text to a history
//!
//! [`compile`] a definition, [start](execution::Execution::start) an execution, and do what it asks for
//! until it has ended:
//!
//! ```
//! use asl_core::execution::{Command, Event, Execution, Output, Start};
//! use asl_core::{Timestamp, compile, history};
//! use serde_json::json;
//!
//! let definition = r#"{
//!     "StartAt": "Charge",
//!     "States": {
//!         "Charge": {
//!             "Type": "Task",
//!             "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Charge",
//!             "ResultPath": "$.receipt",
//!             "End": true
//!         }
//!     }
//! }"#;
//! let program = compile(definition).into_program()?;
//!
//! let now = Timestamp::UNIX_EPOCH;
//! let mut execution = Execution::start(program, Start::new("order-7", json!({"amount": 5})), now);
//! let mut history = Vec::new();
//! while let Some(output) = execution.poll() {
//!     match output {
//!         Output::History(event) => history.push(event),
//!         Output::Command(Command::ScheduleTask(task)) => {
//!             let output = json!({"paid": 5}).into();
//!             execution.handle(now, Event::TaskSucceeded { task: task.task, output })?;
//!         }
//!         Output::Command(Command::CancelTask(_) | Command::Finish(_)) => {}
//!     }
//! }
//!
//! let output = execution.outcome().and_then(|outcome| outcome.output()).map(ToString::to_string);
//! assert_eq!(output.as_deref(), Some(r#"{"amount":5,"receipt":{"paid":5}}"#));
//! assert!(history::render(&history).contains("LambdaFunctionSucceeded"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Three contracts
//!
//! **The front end collects every fault.**
//! [`compile`] does not stop at the first one: [`Compiled::diagnostics`] has them all, each with a stable code, a JSON
//! Pointer, a place in the text and, where there is one, a fix.
//! A [`Program`] is the proof that a definition is valid; it is immutable and cheap to clone.
//!
//! **An execution has no I/O.**
//! [`Execution`](execution::Execution) is a plain, serialisable state machine.
//! Events and the time go in; history and commands come out; [`next_deadline`](execution::Execution::next_deadline)
//! says when to wake it. At rest it can be [stored](execution::Execution::snapshot) and
//! [continued](execution::Execution::restore) elsewhere.
//!
//! **Three kinds of trouble are never mixed.**
//! A [`Diagnostic`](diagnostic::Diagnostic) says that a definition is wrong.
//! A [`Failure`] says that a workflow failed: it is data, with ASL's `Error` and `Cause`, and Retry and Catch see it.
//! A Rust error says that the caller is wrong, as [`Rejected`](execution::Rejected) does.
//!
//! Where AWS and the published specification differ, [`Compatibility`](compatibility::Compatibility) says how.

pub mod value;

pub mod source;
pub mod suggestion;
pub mod syntax;

mod definition;
mod placeholder;

pub mod diagnostic;
mod name_map;
mod report;
mod validate;

mod lint;

mod compile;
mod format;
mod options;
pub mod program;
pub mod template;

mod expression;
mod intrinsic;
pub mod jsonata;
mod jsonpath;

mod evaluate;
pub mod failure;
mod random;
pub mod timestamp;

pub mod execution;
pub mod history;

pub mod graph;

pub mod compatibility;

pub use compile::{Compiled, NoProgram, check, check_with, compile, compile_with};
pub use definition::MachineType;
pub use diagnostic::Diagnostics;
pub use failure::Failure;
pub use format::format;
pub use options::Options;
pub use placeholder::Placeholders;
pub use program::Program;
pub use syntax::Notation;
pub use timestamp::Timestamp;
pub use value::Value;
