//! Deployments from end to end in virtual time, and the in-process CloudFormation through its API.

mod cloudformation;
mod deployment;
mod mended;
mod paths;
mod trigger;
mod variants;
