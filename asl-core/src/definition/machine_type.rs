//! Standard and Express.
//!
//! See [Choosing workflow type](https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html).

use serde::{Deserialize, Serialize};

/// The type of a state machine, which decides what its Tasks may wait for; exhaustive, AWS has these two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MachineType {
    /// Runs for up to a year, every step once.
    #[default]
    Standard,
    /// Runs for up to five minutes; waits neither for jobs nor for task tokens nor for activities.
    Express,
}

impl MachineType {
    /// What AWS calls them, in a template and in `ExecutionType`.
    pub(crate) const NAMES: &'static [&'static str] = &[Self::STANDARD, Self::EXPRESS];
    const STANDARD: &'static str = "STANDARD";
    const EXPRESS: &'static str = "EXPRESS";

    /// The type that AWS calls `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            Self::STANDARD => Some(Self::Standard),
            Self::EXPRESS => Some(Self::Express),
            _ => None,
        }
    }
}
