//! Behaviour of the language as a whole; that of each function is with the function.

use super::*;

/// What `text` yields without an input: JSON, `undefined`, `function`, or the code of an error.
pub(super) fn outcome(text: &str, dialect: Dialect) -> String {
    let outcome =
        Expression::parse(text, dialect).and_then(|expression| expression.evaluate(None, &(), &Environment::default()));
    match outcome {
        Ok(Outcome::Value(value)) => value.to_string(),
        Ok(Outcome::Undefined) => "undefined".to_owned(),
        Ok(Outcome::Function) => "function".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

#[track_caller]
pub(super) fn check(text: &str, expected: &str) {
    assert_eq!(outcome(text, Dialect::Reference), expected, "{text}");
}

#[track_caller]
pub(super) fn check_aws(text: &str, expected: &str) {
    assert_eq!(outcome(text, Dialect::Aws), expected, "{text}");
}
