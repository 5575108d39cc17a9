//! The machines, which are files: `definitions/*.asl.json`.

use std::fmt;

use asl_core::{Diagnostics, Program};

/// What the ARNs of the functions begin with in the files.
const FUNCTIONS: &str = "arn:aws:lambda:us-east-1:111122223333:function:";

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

    /// The definition's text for other functions, such as those of an AWS account: `functions` takes the place of
    /// `arn:aws:lambda:us-east-1:111122223333:function:` before the name of each.
    ///
    /// # Examples
    ///
    /// ```
    /// use deploy_workflow::definitions::Definition;
    ///
    /// let text = Definition::Standard.text_for("arn:aws:lambda:eu-west-1:123456789012:function:");
    /// assert!(text.contains("arn:aws:lambda:eu-west-1:123456789012:function:CreateStackStateMachineTask"));
    /// ```
    pub fn text_for(self, functions: &str) -> String {
        self.text().replace(FUNCTIONS, functions)
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
    fn every_definition_is_accepted_with_the_functions_of_an_account() {
        let functions = "arn:aws:lambda:eu-west-1:123456789012:function:prefix-";
        for definition in Definition::ALL {
            let text = definition.text_for(functions);
            let diagnostics = asl_core::check(&text);
            assert!(diagnostics.is_empty(), "{definition}: {diagnostics:?}");
            let document: serde_json::Value = serde_json::from_str(&text).unwrap();
            let states = document["States"].as_object().unwrap();
            for task in states.values().filter(|state| state["Type"] == "Task") {
                assert!(task["Resource"].as_str().unwrap().starts_with(functions), "{definition}: {task}");
            }
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
