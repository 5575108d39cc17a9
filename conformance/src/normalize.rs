//! Brings a history into the form that the recorded ones have: a port of the corpus' `normalize.py`.
//!
//! What varies from run to run becomes a placeholder, and payloads that are JSON objects are parsed.

use std::io;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use serde_json::{Map, Value};

use crate::case::Case;
use crate::pattern::{DATE_TIME, TIMESTAMP_KEY};

/// A replacement that the recording of a case was put through.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind")]
#[non_exhaustive]
pub enum Transformer {
    /// Sets the value at a path, or turns it into a placeholder wherever it stands.
    JsonpathTransformer {
        /// A path of the forms `$..a`, `$..a.b` and `$..a..b`.
        jsonpath: String,
        /// What to put there.
        replacement: String,
        /// Whether the value becomes a placeholder everywhere; comparing binds those.
        replace_reference: bool,
    },
    /// Replaces what a regular expression of Python's finds in the text of the whole history.
    RegexTransformer {
        /// The expression.
        regex: String,
        /// What to put there, with Python's escapes.
        replacement: String,
    },
    /// Placeholders that comparing binds, and other steps that do not concern a replay.
    #[serde(other)]
    Other,
}

/// Why a history could not be brought into the recorded form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NormalizeError {
    /// A transformer's expression is none.
    #[error(transparent)]
    Regex(#[from] regex::Error),
    /// A transformer's replacement broke the JSON.
    #[error("a replacement broke the history's JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The `events` of a history as a recording of `case` would hold them.
///
/// # Errors
///
/// When a transformer of the case does not work on these events.
pub fn normalize(events: &[Value], case: &Case) -> Result<Vec<Value>, NormalizeError> {
    let mut history = Map::from_iter([("events".to_owned(), Value::Array(events.to_vec()))]);
    parse_payloads(&mut history);
    let mut history = Value::Object(history);
    for transformer in &case.transformers {
        if let Transformer::JsonpathTransformer { jsonpath, replacement, replace_reference: false } = transformer {
            set_at_path(&mut history, &steps(jsonpath), replacement);
        }
    }
    hide_timestamps(&mut history);
    let mut text = python_text(&history)?;
    for (concrete, placeholder) in &case.aliases {
        text = text.replace(concrete, placeholder);
    }
    for transformer in &case.transformers {
        if let Transformer::RegexTransformer { regex, replacement } = transformer {
            let replace = |captures: &Captures<'_>| expand(replacement, captures);
            text = Regex::new(regex)?.replace_all(&text, replace).into_owned();
        }
    }
    let text = DATE_TIME.replace_all(&text, "date");
    let text = text.replace("us-east-1", "<region>").replace("arn:aws:", "arn:<partition>:");
    let History { events } = serde_json::from_str(&text)?;
    Ok(events)
}

/// The answer of GetExecutionHistory; the transformers' paths begin at its root.
#[derive(Deserialize)]
struct History {
    events: Vec<Value>,
}

/// Parses every string that is an object's member and starts with `{`; what was parsed is not searched again.
fn parse_payloads(object: &mut Map<String, Value>) {
    for value in object.values_mut() {
        match value {
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(parse_payloads),
            Value::Object(member) => parse_payloads(member),
            Value::String(text) if text.starts_with('{') => {
                if let Ok(parsed) = serde_json::from_str(text) {
                    *value = parsed;
                }
            }
            _ => {}
        }
    }
}

/// A step of a transformer's path.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step<'a> {
    /// `.name`
    Member(&'a str),
    /// `..name`
    Descendant(&'a str),
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut dots = 0;
    for part in path.trim_start_matches('$').split('.') {
        if part.is_empty() {
            dots += 1;
            continue;
        }
        steps.push(if dots > 1 { Step::Descendant(part) } else { Step::Member(part) });
        dots = 1;
    }
    steps
}

fn set_at_path(node: &mut Value, steps: &[Step<'_>], replacement: &str) {
    match steps {
        [] => {}
        [Step::Member(name), rest @ ..] => set_in_member(node, name, rest, replacement),
        [Step::Descendant(name), rest @ ..] => {
            set_in_member(node, name, rest, replacement);
            for child in children(node) {
                set_at_path(child, steps, replacement);
            }
        }
    }
}

fn set_in_member(node: &mut Value, name: &str, rest: &[Step<'_>], replacement: &str) {
    if let Some(member) = node.as_object_mut().and_then(|object| object.get_mut(name)) {
        if rest.is_empty() {
            *member = replacement.into();
        } else {
            set_at_path(member, rest, replacement);
        }
    }
}

fn children(node: &mut Value) -> Vec<&mut Value> {
    match node {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    }
}

/// Puts `timestamp` for every point in time that is no ISO 8601 text.
fn hide_timestamps(node: &mut Value) {
    match node {
        Value::Object(members) => {
            for (key, value) in members {
                if TIMESTAMP_KEY.is_match(key) && !begins_with_date_time(value) {
                    *value = "timestamp".into();
                } else {
                    hide_timestamps(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide_timestamps),
        _ => {}
    }
}

fn begins_with_date_time(value: &Value) -> bool {
    value.as_str().and_then(|text| DATE_TIME.find(text)).is_some_and(|found| found.start() == 0)
}

/// What Python's `re.sub` puts for a match: `\1` is a group, `\\` a backslash, any other escape itself.
fn expand(replacement: &str, captures: &Captures<'_>) -> String {
    let mut expanded = String::with_capacity(replacement.len());
    let mut characters = replacement.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            expanded.push(character);
            continue;
        }
        match characters.next() {
            Some(digit) if digit.is_ascii_digit() => {
                let group = digit.to_digit(10).and_then(|group| captures.get(group as usize));
                expanded.push_str(group.map_or("", |group| group.as_str()));
            }
            Some('\\') | None => expanded.push('\\'),
            Some(other) => expanded.extend(['\\', other]),
        }
    }
    expanded
}

/// JSON text as Python's `json.dumps` spaces it, for the transformers' expressions are made for that.
fn python_text(value: &Value) -> Result<String, serde_json::Error> {
    let mut text = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, PythonFormatter))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_paths_of_transformers() {
        let check = |path: &str, expected: &[Step<'_>]| assert_eq!(steps(path), expected, "{path}");
        check("$..a", &[Step::Descendant("a")]);
        check("$..a.b", &[Step::Descendant("a"), Step::Member("b")]);
        check("$..a..b", &[Step::Descendant("a"), Step::Descendant("b")]);
        check("$.a..b.c", &[Step::Member("a"), Step::Descendant("b"), Step::Member("c")]);
    }

    #[test]
    fn normalizes_as_the_recordings_were() {
        let check = |case: Value, events: Value, expected: Value| {
            let case: Case = serde_json::from_value(crate::case::tests::with_defaults(case)).unwrap();
            let events = normalize(events.as_array().unwrap(), &case).unwrap();
            assert_eq!(Value::Array(events), expected);
        };
        check(
            json!({}),
            json!([{"timestamp": 1.5, "d": {"input": "{\"a\":\"{}\"}", "output": "[1]", "cause": "{no"}}]),
            json!([{"timestamp": "timestamp", "d": {"input": {"a": "{}"}, "output": "[1]", "cause": "{no"}}]),
        );
        check(
            json!({}),
            json!([{"at": "2024-01-01T00:00:00.000Z", "arn": "arn:aws:lambda:us-east-1:1:function:f"}]),
            json!([{"at": "date", "arn": "arn:<partition>:lambda:<region>:1:function:f"}]),
        );
        check(
            json!({"aliases": {"concrete": "placeholder"}}),
            json!([{"output": "{\"concrete\":\"is concrete\"}"}]),
            json!([{"output": {"placeholder": "is placeholder"}}]),
        );
        check(
            json!({"transformers": [
                {"kind": "JsonpathTransformer", "jsonpath": "$..output.Date", "replacement": "d", "replace_reference": false},
                {"kind": "JsonpathTransformer", "jsonpath": "$..Other", "replacement": "o", "replace_reference": true},
                {"kind": "KeyValueBasedTransformer", "replace_reference": true},
            ]}),
            json!([{"output": "{\"Date\":1,\"Deep\":{\"Date\":2},\"Other\":3}"}]),
            json!([{"output": {"Date": "d", "Deep": {"Date": 2}, "Other": 3}}]),
        );
        check(
            json!({"transformers": [{"kind": "RegexTransformer", "regex": "t-([a-z0-9-_]+)", "replacement": "<\\1>"}]}),
            json!([{"output": "t-a_1"}]),
            json!([{"output": "<a_1>"}]),
        );
    }

    #[test]
    fn expands_replacements_as_python_does() {
        let check = |replacement: &str, expected: &str| {
            let regex = Regex::new("b(c)").unwrap();
            assert_eq!(expand(replacement, &regex.captures("abcd").unwrap()), expected, "{replacement}");
        };
        check("$1", "$1");
        check(r"<\1>", "<c>");
        check(r#"\"x\\y"#, r#"\"x\y"#);
    }
}
