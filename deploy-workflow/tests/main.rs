//! Deployments from end to end in virtual time, and the in-process CloudFormation through its API.
#![cfg(test)]

mod cli;
mod cloudformation;
mod deployment;
mod mended;
mod paths;
mod trigger;
mod variants;
mod worker;
