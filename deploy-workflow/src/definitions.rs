//! The machines, which are files: `definitions/*.asl.json`.

use std::fmt;

use asl_core::{Diagnostics, Program};

/// A machine that deploys a stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Definition {
    /// Creates the stack, or updates it if no resource is deleted or replaced.
    #[default]
    Standard,
    /// As the standard one, but where an update would delete or replace resources a new stack takes over.
    BlueGreen,
    /// As the standard one, but waits until an update has succeeded or was rolled back.
    WaitForExecution,
}

impl Definition {
    /// Every definition, in the order of its variants.
    pub const ALL: &[Self] = &[Self::Standard, Self::BlueGreen, Self::WaitForExecution];

    /// The name of the file, without its extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::BlueGreen => "blue-green",
            Self::WaitForExecution => "wait-for-execution",
        }
    }

    /// The definition of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|definition| definition.name() == name)
    }

    /// The definition's text.
    pub fn text(self) -> &'static str {
        match self {
            Self::Standard => include_str!("../definitions/standard.asl.json"),
            Self::BlueGreen => include_str!("../definitions/blue-green.asl.json"),
            Self::WaitForExecution => include_str!("../definitions/wait-for-execution.asl.json"),
        }
    }

    /// The compiled definition.
    ///
    /// # Errors
    ///
    /// When the file is no valid definition, which a test rules out.
    pub fn program(self) -> Result<Program, Diagnostics> {
        let compiled = asl_core::compile(self.text());
        compiled.program.ok_or(compiled.diagnostics)
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_is_valid_without_a_warning() {
        for definition in Definition::ALL {
            let compiled = asl_core::compile(definition.text());
            assert!(compiled.diagnostics.is_empty(), "{definition}: {:?}", compiled.diagnostics);
            assert_eq!(Definition::from_name(definition.name()), Some(*definition));
        }
    }

    #[test]
    fn every_task_has_a_timeout_and_retries_what_is_transient() {
        for definition in Definition::ALL {
            let document: serde_json::Value = serde_json::from_str(definition.text()).unwrap();
            assert!(document["TimeoutSeconds"].is_u64(), "{definition}");
            let states = document["States"].as_object().unwrap();
            for (name, task) in states.iter().filter(|(_, state)| state["Type"] == "Task") {
                assert!(task["TimeoutSeconds"].is_u64(), "{definition}: {name}");
                assert_eq!(task["Retry"][0]["ErrorEquals"][0], "Throttling", "{definition}: {name}");
            }
        }
    }
}
