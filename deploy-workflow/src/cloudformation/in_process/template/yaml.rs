//! YAML with CloudFormation's short forms, read into the JSON that it stands for.
//!
//! Aliases are refused, as CloudFormation does; nesting is bounded.

use saphyr::{Scalar, ScalarStyle, Tag};
use saphyr_parser::{Event, Marker, Parser};
use serde_json::{Map, Value};

use super::{format_error, not_well_formed};
use crate::cloudformation::error::ApiError;

/// How deep collections may nest.
const MAX_DEPTH: usize = 100;

/// The functions that have a short form `!Name` for `Fn::Name`.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// Reads the first document of `text`.
pub(super) fn parse(text: &str) -> Result<Value, ApiError> {
    let mut open: Vec<Collection> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| malformed(error.marker()))?;
        let at = &span.start;
        let complete = match event {
            Event::Scalar(text, style, _, tag) => Some(scalar(text.as_ref(), style, tag.as_deref(), at)?),
            Event::SequenceStart(_, tag) => {
                open.push(Collection::new(Members::Sequence(Vec::new()), tag.as_deref(), at)?);
                None
            }
            Event::MappingStart(_, tag) => {
                open.push(Collection::new(Members::Mapping(Map::new(), None), tag.as_deref(), at)?);
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|collection| collection.close(at)).transpose()?,
            Event::Alias(_) => return Err(format_error("YAML aliases are not allowed in CloudFormation templates")),
            Event::DocumentEnd => break,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => None,
        };
        if open.len() > MAX_DEPTH {
            return Err(malformed(at));
        }
        if let Some(value) = complete {
            match open.last_mut() {
                Some(collection) => collection.add(value, at)?,
                None => return Ok(value),
            }
        }
    }
    Ok(Value::Null)
}

/// A sequence or mapping whose end is still to come.
struct Collection {
    members: Members,
    function: Option<String>,
}

enum Members {
    Sequence(Vec<Value>),
    /// The members so far, and a key that waits for its value.
    Mapping(Map<String, Value>, Option<String>),
}

impl Collection {
    fn new(members: Members, tag: Option<&Tag>, at: &Marker) -> Result<Self, ApiError> {
        Ok(Self { members, function: tag.map(|tag| function(tag, at)).transpose()?.flatten() })
    }

    fn add(&mut self, value: Value, at: &Marker) -> Result<(), ApiError> {
        match &mut self.members {
            Members::Sequence(elements) => elements.push(value),
            Members::Mapping(members, waiting) => match waiting.take() {
                Some(key) if value.is_null() => {
                    return Err(ApiError::validation(format!("[/{key}] 'null' values are not allowed in templates")));
                }
                Some(key) => {
                    members.insert(key, value);
                }
                None => {
                    let key = match value {
                        Value::String(key) => key,
                        Value::Bool(_) | Value::Number(_) => value.to_string(),
                        _ => return Err(malformed(at)),
                    };
                    if members.contains_key(&key) {
                        return Err(malformed(at));
                    }
                    *waiting = Some(key);
                }
            },
        }
        Ok(())
    }

    fn close(self, at: &Marker) -> Result<Value, ApiError> {
        let value = match self.members {
            Members::Sequence(elements) => Value::Array(elements),
            Members::Mapping(members, None) => Value::Object(members),
            Members::Mapping(_, Some(_)) => return Err(malformed(at)),
        };
        Ok(match self.function {
            Some(function) => call(&function, value),
            None => value,
        })
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: &Marker) -> Result<Value, ApiError> {
    if let Some(function) = tag.map(|tag| function(tag, at)).transpose()?.flatten() {
        return Ok(call(&function, Value::String(text.to_owned())));
    }
    let tag = tag.map(std::borrow::Cow::Borrowed);
    match Scalar::parse_from_cow_and_metadata(text.into(), style, tag.as_ref()) {
        Some(Scalar::Null) => Ok(Value::Null),
        Some(Scalar::Boolean(boolean)) => Ok(Value::Bool(boolean)),
        Some(Scalar::Integer(integer)) => Ok(Value::from(integer)),
        Some(Scalar::FloatingPoint(float)) => Ok(Value::from(float.into_inner())),
        Some(Scalar::String(text)) => Ok(Value::String(text.into_owned())),
        None => Err(malformed(at)),
    }
}

/// The function that a tag calls; none for a tag of YAML's own.
fn function(tag: &Tag, at: &Marker) -> Result<Option<String>, ApiError> {
    match tag.suffix.as_str() {
        _ if tag.is_yaml_core_schema() => Ok(None),
        "Ref" | "Condition" => Ok(Some(tag.suffix.clone())),
        name if FUNCTIONS.contains(&name) => Ok(Some(format!("Fn::{name}"))),
        _ => Err(malformed(at)),
    }
}

fn call(function: &str, argument: Value) -> Value {
    let argument = match (function, argument) {
        ("Fn::GetAtt", Value::String(text)) => match text.split_once('.') {
            Some((resource, attribute)) => Value::from(vec![resource, attribute]),
            None => Value::String(text),
        },
        (_, argument) => argument,
    };
    Value::Object(Map::from_iter([(function.to_owned(), argument)]))
}

fn malformed(at: &Marker) -> ApiError {
    not_well_formed("YAML", at.line(), at.col() + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_forms_become_functions() {
        let check = |yaml: &str, expected: Value| assert_eq!(parse(yaml), Ok(expected), "{yaml}");
        check("!Ref A", json!({"Ref": "A"}));
        check("!Condition C", json!({"Condition": "C"}));
        check("!GetAtt A.Outputs.B", json!({"Fn::GetAtt": ["A", "Outputs.B"]}));
        check("!GetAtt [A, Arn]", json!({"Fn::GetAtt": ["A", "Arn"]}));
        check("!Sub '${A}-b'", json!({"Fn::Sub": "${A}-b"}));
        check("!Sub [x, {y: !Ref Z}]", json!({"Fn::Sub": ["x", {"y": {"Ref": "Z"}}]}));
        check("!If [C, !Ref A, !Ref 'AWS::NoValue']", json!({"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}));
        check("!Ref 12", json!({"Ref": "12"}));
    }

    #[test]
    fn scalars_have_the_types_of_yaml() {
        let yaml = "{a: 1, b: 1.5, c: true, d: '1', e: 2010-09-09, f: text, 7: !!str 7}";
        let expected = json!({"a": 1, "b": 1.5, "c": true, "d": "1", "e": "2010-09-09", "f": "text", "7": "7"});
        assert_eq!(parse(yaml), Ok(expected));
    }

    #[test]
    fn refuses_what_cloudformation_refuses() {
        let check = |yaml: &str, expected: &str| {
            assert_eq!(parse(yaml).map_err(|error| error.message().to_owned()), Err(expected.to_owned()), "{yaml}");
        };
        check("a: &x 1\nb: *x", "Template format error: YAML aliases are not allowed in CloudFormation templates");
        check("a: 1\na: 2", "Template format error: YAML not well-formed. (line 2, column 1)");
        check("a: !Nope 1", "Template format error: YAML not well-formed. (line 1, column 4)");
        check("a:", "[/a] 'null' values are not allowed in templates");
        check("a: [1", "Template format error: YAML not well-formed. (line 2, column 1)");
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        for text in ["- ".repeat(100_000), "[".repeat(100_000), "{a: ".repeat(100_000)] {
            assert!(parse(&text).is_err());
        }
    }
}
