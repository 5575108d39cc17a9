//! Deploys CloudFormation stacks with state machines.

pub mod artifact;
pub mod cloudformation;
