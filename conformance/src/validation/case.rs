//! A definition, and what AWS said of it.

use serde::Deserialize;
use serde_json::Value;

use crate::case::MachineType;

/// A definition with AWS's verdict.
#[derive(Debug, Clone)]
pub struct ValidationCase {
    /// The case's id.
    pub id: String,
    /// Where the case comes from, and what AWS said: a row of the table.
    pub group: String,
    /// The definition's text, which need not be JSON.
    pub text: String,
    /// The type of the machine.
    pub machine_type: MachineType,
    /// What AWS said.
    pub verdict: AwsVerdict,
}

/// What AWS said of a definition.
#[derive(Debug, Clone, PartialEq)]
pub enum AwsVerdict {
    /// A machine was made of it.
    Accepted,
    /// The message of `InvalidDefinition`.
    Refused(String),
    /// The response of `ValidateStateMachineDefinition`.
    Diagnosed(Value),
}

impl AwsVerdict {
    /// Whether a machine can be made of the definition.
    pub fn accepts(&self) -> bool {
        match self {
            Self::Accepted => true,
            Self::Refused(_) => false,
            Self::Diagnosed(answer) => answer["result"] == "OK",
        }
    }
}

/// A line of `validation/*.jsonl`.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    id: String,
    /// None where the call gave none.
    definition_text: Option<String>,
    #[serde(rename = "type", default)]
    machine_type: MachineType,
    outcome: String,
    expected: Value,
    concerns: String,
}

impl Call {
    /// The case, if AWS's answer is about the definition.
    pub(super) fn into_case(self) -> Option<ValidationCase> {
        if self.concerns != "definition" {
            return None;
        }
        let verdict = if self.outcome == "error" {
            AwsVerdict::Refused(message(&self.expected)?)
        } else if self.expected.get("result").is_some() {
            AwsVerdict::Diagnosed(diagnosed(&self.expected))
        } else {
            AwsVerdict::Accepted
        };
        let group = if verdict.accepts() { "validation accepted" } else { "validation refused" };
        Some(ValidationCase {
            id: self.id,
            group: group.to_owned(),
            text: self.definition_text?,
            machine_type: self.machine_type,
            verdict,
        })
    }
}

/// The error's message as it was raised or returned.
fn message(expected: &Value) -> Option<String> {
    let raised =
        expected["exception_value"].as_str().and_then(|text| text.split_once("operation: ")).map(|(_, text)| text);
    let message = raised.or_else(|| expected.pointer("/Error/Message")?.as_str())?;
    Some(message.replace("arn:<partition>:", "arn:aws:"))
}

/// The response without what is about the call.
fn diagnosed(expected: &Value) -> Value {
    let mut answer = expected.clone();
    answer.as_object_mut().into_iter().for_each(|answer| {
        answer.remove("ResponseMetadata");
    });
    answer
}

/// A line of the other folders.
#[derive(Debug, Deserialize)]
pub(super) struct Run {
    id: String,
    definition: Value,
    #[serde(rename = "type", default)]
    machine_type: MachineType,
    #[serde(default)]
    error: bool,
}

impl Run {
    /// The case, if AWS accepted the definition; a state alone is put into a machine.
    pub(super) fn into_case(self, group: &str) -> Option<ValidationCase> {
        if self.error {
            return None;
        }
        let definition = match self.definition.get("States") {
            Some(_) => self.definition,
            None => machine_of(self.definition),
        };
        Some(ValidationCase {
            id: self.id,
            group: group.to_owned(),
            text: definition.to_string(),
            machine_type: self.machine_type,
            verdict: AwsVerdict::Accepted,
        })
    }
}

/// The smallest machine with `state`, and with whatever that leads to.
fn machine_of(state: Value) -> Value {
    const NAME: &str = "the tested state";
    let mut states = serde_json::Map::new();
    let own = ["Next", "Default"].into_iter().filter_map(|name| state.get(name));
    let inner = ["Choices", "Catch"].into_iter().filter_map(|name| state.get(name)?.as_array()).flatten();
    for target in own.chain(inner.filter_map(|rule| rule.get("Next"))).filter_map(Value::as_str) {
        states.insert(target.to_owned(), serde_json::json!({"Type": "Succeed"}));
    }
    states.insert(NAME.to_owned(), state);
    serde_json::json!({"StartAt": NAME, "States": states})
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_state_alone_becomes_a_machine_with_its_targets() {
        let machine = machine_of(json!({"Type": "Task", "Next": "B", "Catch": [{"Next": "C"}]}));
        let names: Vec<&String> = machine["States"].as_object().unwrap().keys().collect();
        assert_eq!(names.len(), 3);
        assert_eq!(machine["States"]["C"], json!({"Type": "Succeed"}));
    }

    #[test]
    fn only_answers_about_the_definition_are_cases() {
        let call = |concerns: &str| Call {
            id: String::new(),
            definition_text: Some(String::new()),
            machine_type: MachineType::Standard,
            outcome: "error".to_owned(),
            expected: json!({"Error": {"Message": "x arn:<partition>:y"}}),
            concerns: concerns.to_owned(),
        };
        assert!(call("api").into_case().is_none());
        let case = call("definition").into_case().unwrap();
        assert_eq!(case.verdict, AwsVerdict::Refused("x arn:aws:y".to_owned()));
        assert!(!case.verdict.accepts());
    }
}
