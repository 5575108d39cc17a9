//! A case of the suite, and whether an answer is the one it asks for.

use std::fmt;

use asl_core::Value;
use asl_core::value::Object;
use serde::{Deserialize, Deserializer};

use super::answer::JsonataOutcome;

/// An expression with its input, and what it comes to.
#[derive(Debug, Clone)]
pub struct JsonataCase {
    /// `<group>/<case>#<n>`
    pub id: String,
    /// The text of the expression.
    pub expression: String,
    /// What it is evaluated on; none if on nothing.
    pub input: Option<Value>,
    /// The variables it is given.
    pub bindings: Object,
    /// What it comes to.
    pub expectation: Expectation,
    /// How long the evaluation may take, in milliseconds, where the suite says so.
    pub time_limit: Option<u64>,
    /// How deep the evaluation may nest, where the suite says so.
    pub depth: Option<usize>,
}

impl JsonataCase {
    /// The first part of the id, which names what the case is about.
    pub fn group(&self) -> &str {
        group_of(&self.id)
    }

    /// Whether `outcome` is the one that the case asks for.
    pub fn is_fulfilled_by(&self, outcome: &JsonataOutcome) -> bool {
        match (&self.expectation, outcome) {
            (Expectation::Result { value, unordered }, JsonataOutcome::Value(actual)) => {
                is_same(value, actual) || *unordered && elements(value) == elements(actual)
            }
            (Expectation::Undefined, JsonataOutcome::Undefined) => true,
            (Expectation::Error(code), JsonataOutcome::Error(actual)) => code == actual,
            _ => false,
        }
    }
}

/// The group that the case `id` belongs to.
pub(super) fn group_of(id: &str) -> &str {
    id.split('/').next().unwrap_or_default()
}

/// What a case comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// A value.
    Result {
        /// The value.
        value: Value,
        /// Whether its elements may come in any order.
        unordered: bool,
    },
    /// Nothing.
    Undefined,
    /// An error with this code, while parsing or evaluating.
    Error(String),
}

/// The form of a line of results, without the id.
impl fmt::Display for Expectation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result { value, .. } => write!(formatter, "{value}"),
            Self::Undefined => formatter.write_str("undefined"),
            Self::Error(code) => formatter.write_str(code),
        }
    }
}

/// A line of the suite.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) id: String,
    expr: String,
    #[serde(default)]
    pub(super) dataset: Option<String>,
    #[serde(default, deserialize_with = "present")]
    data: Option<Value>,
    #[serde(default)]
    bindings: Object,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    unordered: bool,
    #[serde(default, rename = "timelimit")]
    time_limit: Option<u64>,
    #[serde(default)]
    depth: Option<usize>,
}

impl Line {
    /// The case, on the `dataset` that it names or else on its own data.
    pub(super) fn into_case(self, dataset: Option<Value>) -> JsonataCase {
        let expectation = match (self.result, self.code) {
            (Some(value), _) => Expectation::Result { value, unordered: self.unordered },
            (None, Some(code)) => Expectation::Error(code),
            (None, None) => Expectation::Undefined,
        };
        JsonataCase {
            id: self.id,
            expression: self.expr,
            input: dataset.or(self.data),
            bindings: self.bindings,
            expectation,
            time_limit: self.time_limit,
            depth: self.depth,
        }
    }
}

/// Tells `null` from nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Whether two values are the same, numbers by size.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.compare(*right).is_eq(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| is_same(value, other)))
        }
        _ => left == right,
    }
}

/// The elements of an array as texts, in an order that does not depend on theirs.
fn elements(value: &Value) -> Option<Vec<String>> {
    let mut texts: Vec<String> = value.as_array()?.iter().map(Value::to_string).collect();
    texts.sort();
    Some(texts)
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// The case that a line of the suite is.
    pub(in crate::jsonata) fn case(line: serde_json::Value) -> JsonataCase {
        serde_json::from_value::<Line>(line).unwrap().into_case(None)
    }

    #[test]
    fn an_answer_is_compared_with_what_the_line_asks_for() {
        let check = |expected: serde_json::Value, outcome: JsonataOutcome, is_right: bool| {
            let mut line = json!({"id": "group/case#0", "expr": "1"});
            line.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
            assert_eq!(case(line).is_fulfilled_by(&outcome), is_right, "{expected} {outcome:?}");
        };
        let value = |json: serde_json::Value| JsonataOutcome::Value(json.into());
        check(json!({"result": 1}), value(json!(1.0)), true);
        check(json!({"result": {"a": [1, 2], "b": null}}), value(json!({"b": null, "a": [1, 2.0]})), true);
        check(json!({"result": [1, 2]}), value(json!([2, 1])), false);
        check(json!({"result": [1, 2], "unordered": true}), value(json!([2, 1])), true);
        check(json!({"result": [1, 2], "unordered": true}), value(json!([2, 2])), false);
        check(json!({"result": null}), value(json!(null)), true);
        check(json!({"result": null}), JsonataOutcome::Undefined, false);
        check(json!({"undefinedResult": true}), JsonataOutcome::Undefined, true);
        check(json!({"undefinedResult": true}), value(json!(null)), false);
        check(json!({"undefinedResult": true}), JsonataOutcome::Function, false);
        check(json!({"code": "T2001"}), JsonataOutcome::Error("T2001".to_owned()), true);
        check(json!({"code": "T2001"}), JsonataOutcome::Error("T2002".to_owned()), false);
    }
}
