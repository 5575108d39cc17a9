//! Equality with placeholders: a port of the corpus' `unify`.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::pattern::PLACEHOLDER;

/// Whether `actual` equals `expected`: objects unordered, arrays ordered, each placeholder the same text each time.
pub(crate) fn unify(expected: &Value, actual: &Value) -> bool {
    Bindings::default().unify(expected, actual)
}

/// Whether events equal recorded ones, placeholders being bound across all of them.
pub(crate) fn unify_all(expected: &[Value], actual: &[Value]) -> bool {
    Bindings::default().unify_arrays(expected, actual)
}

/// The texts that placeholders stand for.
#[derive(Debug, Default)]
struct Bindings(BTreeMap<String, String>);

impl Bindings {
    fn unify(&mut self, expected: &Value, actual: &Value) -> bool {
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                expected.len() == actual.len()
                    && expected.keys().all(|key| actual.contains_key(key))
                    && expected.iter().all(|(key, value)| actual.get(key).is_some_and(|found| self.unify(value, found)))
            }
            (Value::Array(expected), Value::Array(actual)) => self.unify_arrays(expected, actual),
            (Value::String(expected), Value::String(actual)) => self.unify_texts(expected, actual),
            // Some recordings hold parsed arrays and scalars.
            (Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Number(_), Value::String(actual)) => {
                serde_json::from_str(actual).is_ok_and(|parsed: Value| self.unify(expected, &parsed))
            }
            _ => expected == actual,
        }
    }

    fn unify_arrays(&mut self, expected: &[Value], actual: &[Value]) -> bool {
        expected.len() == actual.len() && expected.iter().zip(actual).all(|(left, right)| self.unify(left, right))
    }

    fn unify_texts(&mut self, expected: &str, actual: &str) -> bool {
        if expected == actual {
            return true;
        }
        if may_be_json(expected)
            && may_be_json(actual)
            && let (Ok(expected), Ok(actual)) = (serde_json::from_str(expected), serde_json::from_str(actual))
        {
            return self.unify(&expected, &actual);
        }
        let Some((names, pattern)) = placeholders(expected) else { return false };
        let Some(captures) = pattern.captures(actual) else { return false };
        names.into_iter().zip(captures.iter().skip(1).flatten()).all(|(name, found)| {
            let bound = self.0.entry(name).or_insert_with(|| found.as_str().to_owned());
            bound == found.as_str()
        })
    }
}

/// Whether a text, if it is JSON, is an array or a string; those stay texts in the recordings.
fn may_be_json(text: &str) -> bool {
    text.is_empty() || text.starts_with(['[', '"'])
}

/// The placeholders in `expected`, and the pattern that a text with something in their places matches.
fn placeholders(expected: &str) -> Option<(Vec<String>, Regex)> {
    let names: Vec<String> = PLACEHOLDER.find_iter(expected).map(|found| found.as_str().to_owned()).collect();
    if names.is_empty() {
        return None;
    }
    let literals = PLACEHOLDER.split(expected).map(regex::escape).collect::<Vec<_>>();
    let pattern = Regex::new(&format!("(?s)^{}$", literals.join("(.+?)"))).ok()?;
    Some((names, pattern))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_stand_for_one_text_each() {
        let check = |expected: Value, actual: Value, equal: bool| {
            assert_eq!(unify(&expected, &actual), equal, "{expected} and {actual}");
        };
        check(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), true);
        check(json!({"a": 1}), json!({"a": 1, "b": 2}), false);
        check(json!([1, 2]), json!([2, 1]), false);
        check(json!(1), json!(1.0), false);
        check(json!(true), json!(1), false);
        check(json!(null), json!("null"), false);
        check(json!("1"), json!(1), false);
        check(json!(1), json!("1"), true);
        check(json!({"a": [1]}), json!("{\"a\":[1]}"), true);
        check(json!("[1, 2]"), json!("[1,2]"), true);
        check(json!("\"a\""), json!("\"a\" "), true);
        check(json!("a b"), json!("a  b"), false);
        check(json!("<uuid:1>"), json!("abc"), true);
        check(json!("<uuid:1>"), json!(""), false);
        check(json!(["<uuid:1>", "<uuid:1>"]), json!(["a", "a"]), true);
        check(json!(["<uuid:1>", "<uuid:1>"]), json!(["a", "b"]), false);
        check(json!(["<uuid:1>", "<uuid:2>"]), json!(["a", "a"]), true);
        check(json!("x <uuid:1> (y) <uuid:2>"), json!("x a (y) b\nc"), true);
        check(json!("x <uuid:1> y"), json!("x a z"), false);
        check(json!("<region>"), json!("eu-west-1"), false);
    }
}
