//! Definite paths: one step after the other over the shared document, without copying it.

use super::NotFound;
use super::step::{Function, Step};
use crate::expression::java_text;
use crate::value::{Object, Value};

/// The value at the end of `steps`, in Jayway's words where there is none.
pub(super) fn walk(steps: &[Step], document: &Value) -> Result<Value, NotFound> {
    let mut place = Place::Document(document);
    for (position, step) in steps.iter().enumerate() {
        place = match step {
            Step::Name(name) => place.member(name, steps, position)?,
            Step::Index(index) => place.element(*index, steps, position)?,
            Step::Names(names) => {
                let object = place.object(steps, position)?;
                let members = names.iter().filter_map(|name| Some((name.clone(), object.get(name)?.clone())));
                let members = Value::Object(members.collect());
                return match steps.get(position + 1) {
                    None => Ok(members),
                    Some(Step::Function(Function::Length)) => Ok(length(&members)),
                    Some(_) => Err(NotFound::new(no_results(steps))),
                };
            }
            Step::Function(Function::Length) => return Ok(length(place.value())),
            _ => return Err(NotFound::new(no_results(steps))),
        };
    }
    match place {
        Place::PastTheEnd => Err(NotFound { message: no_results(steps), past_the_end: true }),
        Place::Document(value) | Place::Member(value) | Place::Element(value) => Ok(value.clone()),
    }
}

/// The value at the end of names and indices, for which nobody will ask why it is not there.
pub(super) fn find<'a>(steps: &[Step], document: &'a Value) -> Option<&'a Value> {
    steps.iter().try_fold(document, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Index(index) => element(value, *index),
        _ => None,
    })
}

/// The element at `index`, from the end if it is negative.
pub(super) fn element(value: &Value, index: i64) -> Option<&Value> {
    let array = value.as_array()?;
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    array.get(if index < 0 { array.len().checked_sub(distance)? } else { distance })
}

/// What Jayway's `length()` makes of `value`: a count, or `null` for what has no parts.
pub(super) fn length(value: &Value) -> Value {
    match value {
        Value::Array(array) => array.len().into(),
        Value::Object(object) => object.len().into(),
        _ => Value::Null,
    }
}

/// How the walk came to a value, which decides what Java class messages name.
#[derive(Clone, Copy)]
enum Place<'a> {
    Document(&'a Value),
    Member(&'a Value),
    Element(&'a Value),
    /// An index past the end of an array.
    PastTheEnd,
}

impl<'a> Place<'a> {
    fn value(self) -> &'a Value {
        match self {
            Self::Document(value) | Self::Member(value) | Self::Element(value) => value,
            Self::PastTheEnd => &Value::Null,
        }
    }

    fn member(self, name: &str, steps: &[Step], position: usize) -> Result<Self, NotFound> {
        let object = self.object(steps, position)?;
        object.get(name).map(Self::Member).ok_or_else(|| {
            let is_last = position + 1 == steps.len();
            NotFound::new(if is_last {
                no_results(steps)
            } else {
                format!("Missing property in path {}['{name}']", path_to(steps, position))
            })
        })
    }

    fn object(self, steps: &[Step], position: usize) -> Result<&'a Object, NotFound> {
        self.value().as_object().ok_or_else(|| {
            NotFound::new(format!(
                "Expected to find an object with property {} in path {} but found '{}'. \
                 This is not a json object according to the JsonProvider: \
                 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'.",
                steps.get(position).map_or_else(String::new, Step::to_string),
                path_to(steps, position),
                self.java_class(),
            ))
        })
    }

    fn element(self, index: i64, steps: &[Step], position: usize) -> Result<Self, NotFound> {
        if self.is_java_null() {
            return Err(NotFound::new(format!("The path {} is null", path_to(steps, position))));
        }
        let value = self.value();
        if value.as_array().is_none() {
            let shown = if matches!(self, Self::Member(_)) && !matches!(value, Value::Object(_)) {
                java_text(value)
            } else {
                value.to_string()
            };
            return Err(NotFound::new(format!(
                "Filter: [{index}] can only be applied to arrays. Current context is: {shown}"
            )));
        }
        Ok(element(value, index).map_or(Self::PastTheEnd, Self::Element))
    }

    /// Members are unwrapped to Java's own classes, so their JSON `null` is Java's; other values stay Jackson nodes.
    fn is_java_null(self) -> bool {
        match self {
            Self::Member(value) => value.is_null(),
            Self::PastTheEnd => true,
            Self::Document(_) | Self::Element(_) => false,
        }
    }

    fn java_class(self) -> String {
        if self.is_java_null() {
            return "null".into();
        }
        let class = |java: &str, jackson: &str| match self {
            Self::Member(_) => java.to_owned(),
            _ => format!("com.fasterxml.jackson.databind.node.{jackson}"),
        };
        let (java, jackson) = match self.value() {
            Value::Null => ("null", "NullNode"),
            Value::Bool(_) => ("Boolean", "BooleanNode"),
            Value::String(_) => ("String", "TextNode"),
            Value::Number(number) => match number.as_i64() {
                Some(integer) if i32::try_from(integer).is_ok() => ("Integer", "IntNode"),
                Some(_) => ("Long", "LongNode"),
                None if number.is_float() => ("Double", "DoubleNode"),
                None => return class("java.math.BigInteger", "BigIntegerNode"),
            },
            Value::Array(_) => return "com.fasterxml.jackson.databind.node.ArrayNode".into(),
            Value::Object(_) => return "com.fasterxml.jackson.databind.node.ObjectNode".into(),
        };
        class(&format!("java.lang.{java}"), jackson)
    }
}

fn no_results(steps: &[Step]) -> String {
    format!("No results for path: {}", path_to(steps, steps.len()))
}

/// The canonical path of the first `count` steps.
fn path_to(steps: &[Step], count: usize) -> String {
    std::iter::once("$".to_owned()).chain(steps.iter().take(count).map(Step::to_string)).collect()
}
