//! Deploys CloudFormation stacks with state machines.

pub mod artifact;
pub mod cloudformation;
pub mod definitions;
pub mod handlers;
pub mod input;
mod names;
pub mod sandbox;
pub mod trigger;
