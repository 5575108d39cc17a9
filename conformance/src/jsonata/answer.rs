//! What the engine makes of a case: a line of a results file.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use asl_core::Value;
use asl_core::jsonata::{Dialect, Environment, Error, Expression, Outcome};
use serde::Serialize;

use super::case::JsonataCase;
use super::limits::limits;

/// The engine's answer to one case, as `judge_jsonata.py` reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JsonataAnswer {
    /// The case's id.
    pub id: String,
    /// What the expression came to.
    #[serde(flatten)]
    pub outcome: JsonataOutcome,
}

/// What an expression came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(into = "serde_json::Value")]
pub enum JsonataOutcome {
    /// A value.
    Value(Value),
    /// Nothing.
    Undefined,
    /// A function, which has no JSON form.
    Function,
    /// An error with this code.
    Error(String),
}

impl From<JsonataOutcome> for serde_json::Value {
    fn from(outcome: JsonataOutcome) -> Self {
        match outcome {
            JsonataOutcome::Value(value) => serde_json::json!({"result": value}),
            JsonataOutcome::Undefined => serde_json::json!({"undefined": true}),
            JsonataOutcome::Function => serde_json::json!({"function": true}),
            JsonataOutcome::Error(code) => serde_json::json!({"error": code}),
        }
    }
}

impl fmt::Display for JsonataOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(formatter, "{value}"),
            Self::Undefined => formatter.write_str("undefined"),
            Self::Function => formatter.write_str("a function"),
            Self::Error(code) => formatter.write_str(code),
        }
    }
}

/// What the engine makes of `case` in plain JSONata 2.0.6.
pub fn evaluate(case: &JsonataCase) -> JsonataAnswer {
    let outcome = outcome(case).unwrap_or_else(|error| JsonataOutcome::Error(error.code().to_owned()));
    JsonataAnswer { id: case.id.clone(), outcome }
}

fn outcome(case: &JsonataCase) -> Result<JsonataOutcome, Error> {
    let environment = Environment { limits: limits(case), ..Environment::default() };
    let expression = Expression::parse(&case.expression, Dialect::Reference)?;
    Ok(match expression.evaluate(case.input.as_ref(), &case.bindings, &environment)? {
        Outcome::Value(value) => JsonataOutcome::Value(value),
        Outcome::Undefined => JsonataOutcome::Undefined,
        Outcome::Function => JsonataOutcome::Function,
    })
}

/// Writes `answers` to the file `path`, one a line, as `judge_jsonata.py` reads them.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_jsonata_results(path: &Path, answers: &[JsonataAnswer]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for answer in answers {
        serde_json::to_writer(&mut file, answer)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jsonata::case::tests::case;

    #[test]
    fn an_answer_is_a_line_of_results() {
        let check = |members: serde_json::Value, expected: &str| {
            let mut line = json!({"id": "group/case#0"});
            line.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            assert_eq!(serde_json::to_string(&evaluate(&case(line))).unwrap(), expected);
        };
        check(json!({"expr": "a + $b", "data": {"a": 1}, "bindings": {"b": 2}}), r#"{"id":"group/case#0","result":3}"#);
        check(json!({"expr": "a", "data": {"a": null}}), r#"{"id":"group/case#0","result":null}"#);
        check(json!({"expr": "a"}), r#"{"id":"group/case#0","undefined":true}"#);
        check(json!({"expr": "$sum"}), r#"{"id":"group/case#0","function":true}"#);
        check(json!({"expr": "1 + 'a'"}), r#"{"id":"group/case#0","error":"T2002"}"#);
        check(json!({"expr": "1 +"}), r#"{"id":"group/case#0","error":"S0207"}"#);
    }

    #[test]
    fn the_suites_limits_bound_the_evaluation() {
        let endless = "($f := function($x) { $f($x + 1) }; $f(0))";
        let deep = "($f := function($x) { 1 + $f($x) }; $f(0))";
        let check = |members: serde_json::Value, expected: &str| {
            let mut line = json!({"id": "group/case#0"});
            line.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            assert_eq!(evaluate(&case(line)).outcome, JsonataOutcome::Error(expected.to_owned()));
        };
        check(json!({"expr": endless, "timelimit": 1}), "U1002");
        check(json!({"expr": deep, "depth": 10}), "U1001");
    }
}
