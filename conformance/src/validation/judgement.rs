//! How far the engine says of a definition what AWS said.

use asl_core::Options;
use asl_core::diagnostic::{AwsDiagnostic, MAX_RESULTS, Severity, ValidationAnswer, ValidationResult};

use super::case::{AwsVerdict, ValidationCase};

/// What of AWS's verdict the engine has, too; each takes the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Both accept the definition, or both refuse it.
    pub verdict: bool,
    /// The codes and the places are the same.
    pub place: bool,
    /// The messages are the same.
    pub message: bool,
    /// What the engine said, in AWS's form.
    pub said: String,
}

/// Compares what the engine says of the definition with what AWS said.
pub fn judge(case: &ValidationCase) -> Judgement {
    let compiled = asl_core::compile_with(&case.text, Options::new().machine_type(case.machine_type.into()));
    let answer = compiled.diagnostics.aws_form(Severity::Error, MAX_RESULTS);
    let accepted = compiled.program.is_some() && answer.result == ValidationResult::Ok;
    let said = answer
        .invalid_definition()
        .unwrap_or_else(|| if accepted { "accepted".to_owned() } else { compiled.diagnostics.to_string() });
    let verdict = accepted == case.verdict.accepts();
    let (place, message) = match &case.verdict {
        AwsVerdict::Accepted => (true, true),
        AwsVerdict::Refused(message) => (same_places(&answer, message), said == *message),
        AwsVerdict::Diagnosed(expected) => {
            let actual = serde_json::to_value(&answer).unwrap_or_default();
            let places = |answer: &serde_json::Value| -> Vec<(serde_json::Value, serde_json::Value)> {
                let all = answer["diagnostics"].as_array().map(Vec::as_slice).unwrap_or_default();
                all.iter().map(|one| (one["code"].clone(), one["location"].clone())).collect()
            };
            (places(&actual) == places(expected), actual == *expected)
        }
    };
    Judgement { verdict, place: verdict && place, message: verdict && place && message, said }
}

/// Whether AWS's `message` has the codes and places of the engine's diagnostics, and no others.
fn same_places(answer: &ValidationAnswer, message: &str) -> bool {
    let list = message.strip_prefix("Invalid State Machine Definition: '").and_then(|list| list.strip_suffix('\''));
    let Some(mut rest) = list else { return false };
    for (index, diagnostic) in answer.diagnostics.iter().enumerate() {
        if index > 0 {
            let Some(next) = rest.strip_prefix(", ") else { return false };
            rest = next;
        }
        let Some(next) = after(diagnostic, rest) else { return false };
        rest = next;
    }
    rest.is_empty()
}

/// What follows the diagnostic with which `text` begins, if that has the code and the place of this one.
fn after<'a>(diagnostic: &AwsDiagnostic, text: &'a str) -> Option<&'a str> {
    let rest = text.strip_prefix(diagnostic.code)?.strip_prefix(": ")?;
    let place = format!(" at {}", diagnostic.location.as_deref().unwrap_or("null"));
    let (_, rest) = rest.split_once(&place)?;
    (rest.is_empty() || rest.starts_with(", ")).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::MachineType;

    fn check(text: &str, verdict: AwsVerdict, expected: (bool, bool, bool)) {
        let (id, group) = (String::new(), String::new());
        let case = ValidationCase { id, group, text: text.to_owned(), machine_type: MachineType::Standard, verdict };
        let judgement = judge(&case);
        assert_eq!((judgement.verdict, judgement.place, judgement.message), expected, "{judgement:?}");
    }

    #[test]
    fn code_place_and_message_are_told_apart() {
        let refused = |list: &str| AwsVerdict::Refused(format!("Invalid State Machine Definition: '{list}'"));
        let text = r#"{"StartAt": "A"}"#;
        let exact = "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /";
        check(text, refused(exact), (true, true, true));
        check(text, refused("SCHEMA_VALIDATION_FAILED: other words at /"), (true, true, false));
        check(text, refused("SCHEMA_VALIDATION_FAILED: other words at /States"), (true, false, false));
        check(text, refused("OTHER: These fields are required: [States] at /"), (true, false, false));
        check(text, refused(&format!("{exact}, {exact}")), (true, false, false));
        check(text, AwsVerdict::Accepted, (false, false, false));
        check(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#, refused(exact), (false, false, false));
    }

    #[test]
    fn responses_are_compared_whole() {
        let answer = |message: &str| {
            AwsVerdict::Diagnosed(serde_json::json!({
                "diagnostics": [{"code": "SCHEMA_VALIDATION_FAILED", "message": message, "severity": "ERROR"}],
                "result": "FAIL",
                "truncated": false,
            }))
        };
        check("", answer("Definition must be a valid JSON object"), (true, true, true));
        check("", answer("other words"), (true, true, false));
    }
}
