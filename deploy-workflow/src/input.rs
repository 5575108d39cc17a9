//! The machine input file: what to deploy where, as a person writes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cloudformation::Capability;

/// The machine input file; a member that is not listed here is an error.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub struct MachineInput {
    /// The environment, the first part of the stack's name and the template's parameter `environmentName`.
    pub environment_name: String,
    /// The second part of the stack's name.
    pub stack_name: String,
    /// Where the template lies in the artifact.
    pub template_path: String,
    /// What the template may do; without it `CAPABILITY_IAM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Vec<Capability>>,
    /// Values of the template's parameters; what is not given keeps its value, or gets its default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Which changes are safe besides those that always are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_policy: Option<ChangePolicy>,
}

/// The values of parameters may be secret.
impl fmt::Debug for MachineInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MachineInput")
            .field("environment_name", &self.environment_name)
            .field("stack_name", &self.stack_name)
            .field("template_path", &self.template_path)
            .field("capabilities", &self.capabilities)
            .field("parameters", &self.parameters.keys())
            .field("change_policy", &self.change_policy)
            .finish()
    }
}

impl MachineInput {
    /// Reads the file's text.
    ///
    /// # Errors
    ///
    /// When it is not JSON, or a member is missing, unknown or of the wrong type;
    /// the message says where and what is expected, and not what is there.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        if text.trim_start().starts_with('[') {
            return Err(InvalidInput { message: "expected an object".to_owned(), line: 1, column: 1 });
        }
        serde_json::from_str(text).map_err(|error| {
            let text = reason(&error);
            let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
            // serde_json counts the characters that it has read of the line, which may be none.
            InvalidInput { message, line: error.line().max(1), column: error.column().max(1) }
        })
    }
}

/// Why a text does not fit, and where: without the values in it, which may be secret.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        // Names of members are no values.
        Some((found, expected)) if !found.starts_with("unknown field ") => {
            let found = found.split(['"', '`']).next().unwrap_or_default().trim_end();
            format!("{}, expected {expected}", found.replace("unknown variant", "unknown value"))
        }
        _ => text,
    }
}

/// A machine input file that cannot be used, and where: lines and columns begin with 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct InvalidInput {
    message: String,
    line: usize,
    column: usize,
}

/// Which changes are safe besides those that always are; nothing else is by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default, expecting = "an object")]
pub struct ChangePolicy {
    /// A modification that may replace the resource.
    pub conditional_replacement: Verdict,
    /// A change whose kind only shows when it is executed.
    pub dynamic_change: Verdict,
    /// A resource that leaves the stack but is not deleted.
    pub retained_removal: Verdict,
}

/// What to do with a kind of change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is not safe.
    #[default]
    Reject,
    /// It is safe.
    Allow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_published_input() {
        let text =
            r#"{"environmentName":"prod","stackName":"sample-lambda-app","templatePath":"lambda-template.yaml"}"#;
        let input = MachineInput::parse(text).unwrap();
        assert_eq!(input.stack_name, "sample-lambda-app");
        assert_eq!(serde_json::to_string(&input).unwrap(), text);
    }

    #[test]
    fn says_where_an_input_is_wrong() {
        let check = |text: &str, expected: &str| {
            assert_eq!(MachineInput::parse(text).unwrap_err().to_string(), expected, "{text}");
        };
        check("{\n  \"environmentName\": prod\n}", "2:22: expected value");
        check("{}", "1:2: missing field `environmentName`");
        check(
            "{\"environmentName\": \"prod\",\n \"stackname\": \"app\"}",
            "2:12: unknown field `stackname`, expected one of `environmentName`, `stackName`, `templatePath`, \
             `capabilities`, `parameters`, `changePolicy`",
        );
        check(r#"["prod", "app", "template.yaml"]"#, "1:1: expected an object");
        check("7", "1:1: invalid type: integer, expected an object");
        check("", "1:1: EOF while parsing a value");
        check("{\n", "2:1: EOF while parsing an object");
        check(r#"{"changePolicy": true}"#, "1:21: invalid type: boolean, expected an object");
        check(r#"{"changePolicy": {"dynamicChange": "maybe"}}"#, "1:42: unknown value, expected `reject` or `allow`");
        // A value that looks like the rest of a message is no more shown than another.
        check(
            r#"{"changePolicy": {"dynamicChange": "secret`, expected `"}}"#,
            "1:56: unknown value, expected `reject` or `allow`",
        );
        check(r#"{"changePolicy": "se`cret\", expected"}"#, "1:38: invalid type: string, expected an object");
        check(r#"{"parameters": {"Password": 12345}}"#, "1:33: invalid type: integer, expected a string");
        check(r#"{"parameters": "secret"}"#, "1:23: invalid type: string, expected a map");
    }
}
