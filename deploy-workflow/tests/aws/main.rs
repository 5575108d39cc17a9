//! The handlers on AWS, as far as emulators get it wrong: the SDK speaks HTTP to a double on loopback.
#![cfg(test)]

mod double;
mod errors;
mod log;
mod requests;
mod task;
