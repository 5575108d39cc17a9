//! The handlers on AWS, as far as emulators get it wrong: the SDK speaks HTTP to a double on loopback.
#![cfg(test)]

mod double;
mod errors;
#[cfg(feature = "lambda")]
mod lambda;
mod log;
mod requests;
mod task;
mod worker;

/// Doubles that other tests use, too.
#[path = "../doubles"]
mod doubles {
    pub(crate) mod code_pipeline;
    pub(crate) mod http;
}
