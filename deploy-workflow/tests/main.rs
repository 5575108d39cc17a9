//! Deployments from end to end in virtual time, and the in-process CloudFormation through its API.
#![cfg(test)]

mod cli;
mod cloudformation;
mod debug_forms;
mod deployment;
#[cfg(feature = "durable")]
mod function;
#[cfg(feature = "durable")]
mod host;
mod iam;
mod kills;
mod mended;
mod paths;
mod trigger;
mod variants;
mod worker;
