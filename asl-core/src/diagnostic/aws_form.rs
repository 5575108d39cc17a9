//! Diagnostics as AWS answers them: `ValidateStateMachineDefinition`'s response and `InvalidDefinition`'s message.
//!
//! AWS words and places some faults otherwise than people need them;
//! what it would say of a fault is the [`AwsForm`] that the [`Diagnostic`] carries.
//! Faults that AWS does not look for have none, and are left out here.

use std::fmt;

use serde::Serialize;

use super::{Code, Diagnostic, Diagnostics, Severity};
use crate::source::Span;
use crate::syntax::{Node, NodeKind};

/// What AWS says of a fault, besides the code, which is [`Code::aws_code`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsForm {
    /// AWS's words.
    pub message: String,
    /// Where, as AWS writes places: `/States/Pick/Choices[0]/Next`; `None` where AWS names no place.
    pub location: Option<String>,
}

/// The response of AWS's `ValidateStateMachineDefinition`; it serialises to the same JSON.
///
/// # Examples
///
/// ```
/// use asl_core::compile;
/// use asl_core::diagnostic::{MAX_RESULTS, Severity};
///
/// let answer = compile(r#"{"StartAt": "A"}"#).diagnostics.aws_form(Severity::Error, MAX_RESULTS);
/// assert_eq!(
///     answer.invalid_definition().as_deref(),
///     Some("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'")
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ValidationAnswer {
    /// What was found, in AWS's order.
    pub diagnostics: Vec<AwsDiagnostic>,
    /// Whether a state machine can be created of the definition.
    pub result: ValidationResult,
    /// Whether there was more than was asked for.
    pub truncated: bool,
}

/// One of AWS's diagnostics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AwsDiagnostic {
    /// AWS's code.
    pub code: &'static str,
    /// Where, if AWS names a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// AWS's words.
    pub message: String,
    /// `ERROR` or `WARNING`.
    #[serde(serialize_with = "severity_name")]
    pub severity: Severity,
}

/// Whether a definition is valid; exhaustive, AWS has these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "AWS's own words")]
pub enum ValidationResult {
    Ok,
    Fail,
}

/// How many diagnostics `ValidateStateMachineDefinition` answers with at most, and unless it is asked for fewer.
pub const MAX_RESULTS: usize = 100;

impl Diagnostics {
    /// What AWS's `ValidateStateMachineDefinition` answers: the faults that AWS finds too, from `minimum` on.
    ///
    /// At most `max_results` are kept, and never more than [`MAX_RESULTS`].
    /// Of a text that is not JSON, AWS names the first fault only.
    pub fn aws_form(&self, minimum: Severity, max_results: usize) -> ValidationAnswer {
        let mut found: Vec<&Diagnostic> = self.iter().filter(|diagnostic| diagnostic.aws.is_some()).collect();
        found.sort_by_key(|diagnostic| stage(diagnostic.code));
        if found.first().is_some_and(|first| stage(first.code) == Stage::Syntax) {
            found.truncate(1);
        }
        let fails = found.iter().any(|diagnostic| diagnostic.code.severity() == Severity::Error);
        let mut diagnostics: Vec<AwsDiagnostic> = Vec::new();
        for diagnostic in found.into_iter().filter_map(AwsDiagnostic::of) {
            if diagnostic.severity >= minimum && !diagnostics.contains(&diagnostic) {
                diagnostics.push(diagnostic);
            }
        }
        let most = max_results.min(MAX_RESULTS);
        let truncated = diagnostics.len() > most;
        diagnostics.truncate(most);
        ValidationAnswer {
            diagnostics,
            result: if fails { ValidationResult::Fail } else { ValidationResult::Ok },
            truncated,
        }
    }
}

impl ValidationAnswer {
    /// The message of the `InvalidDefinition` with which `CreateStateMachine` refuses the definition, if it does.
    pub fn invalid_definition(&self) -> Option<String> {
        (self.result == ValidationResult::Fail).then(|| {
            let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            let errors: Vec<String> = errors.map(ToString::to_string).collect();
            format!("Invalid State Machine Definition: '{}'", errors.join(", "))
        })
    }
}

impl AwsDiagnostic {
    /// `None` for a fault that AWS does not look for.
    fn of(diagnostic: &Diagnostic) -> Option<Self> {
        let AwsForm { message, location } = diagnostic.aws.clone()?;
        let code = diagnostic.code.aws_code()?;
        Some(Self { code, location, message, severity: diagnostic.code.severity() })
    }
}

/// As in the message of `InvalidDefinition`, with `null` for no place.
impl fmt::Display for AwsDiagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location.as_deref().unwrap_or("null");
        write!(formatter, "{}: {} at {location}", self.code, self.message)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn severity_name<S: serde::Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    })
}

/// What AWS looks for one after the other: its diagnostics come in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Syntax,
    Schema,
    Names,
    Targets,
    Ends,
    Reachability,
}

fn stage(code: Code) -> Stage {
    match code {
        Code::INVALID_JSON_DESCRIPTION | Code::DUPLICATE_KEY => Stage::Syntax,
        Code::INVALID_STATE_NAME
        | Code::DUPLICATE_STATE_NAME
        | Code::INVALID_LABEL_NAME
        | Code::DUPLICATE_LABEL_NAME => Stage::Names,
        Code::MISSING_TRANSITION_TARGET => Stage::Targets,
        Code::MISSING_END_STATE => Stage::Ends,
        Code::UNREACHABLE_STATE => Stage::Reachability,
        _ => Stage::Schema,
    }
}

/// The place of the innermost member or element under `root` that holds `span`, as AWS writes it.
///
/// Elements are `[0]`, names stand as they are, and the whole definition is `/`.
pub(crate) fn aws_location(root: &Node<'_>, span: Span) -> String {
    let mut location = String::new();
    let mut node = root;
    loop {
        let inner = match &node.kind {
            NodeKind::Object(members) => members
                .iter()
                .find(|member| Span { start: member.key_span.start, end: member.value.span.end }.contains(span))
                .map(|member| {
                    location.push('/');
                    location.push_str(&member.key);
                    &member.value
                }),
            NodeKind::Array(elements) => {
                elements.iter().enumerate().find(|(_, element)| element.span.contains(span)).map(|(index, element)| {
                    location.extend(["[", &index.to_string(), "]"]);
                    element
                })
            }
            _ => None,
        };
        let Some(inner) = inner else { break };
        node = inner;
    }
    if location.is_empty() { "/".to_owned() } else { location }
}
