//! What Jayway's filter operators mean.

use std::cmp::Ordering;

use super::filter::Operator;
use crate::value::Value;

/// Whether `left` and `right` are in the relation `operator`; those of the wrong type are not.
pub(super) fn holds(operator: Operator, left: &Value, right: &Value) -> bool {
    match operator {
        Operator::Equal => equal(left, right),
        Operator::StrictlyEqual => left.kind() == right.kind() && equal(left, right),
        Operator::Less => compare(left, right) == Some(Ordering::Less),
        Operator::LessOrEqual => compare(left, right).is_some_and(Ordering::is_le),
        Operator::Greater => compare(left, right) == Some(Ordering::Greater),
        Operator::GreaterOrEqual => compare(left, right).is_some_and(Ordering::is_ge),
        Operator::In => contains(right, left),
        Operator::SubsetOf => elements(left).is_some_and(|left| left.iter().all(|element| contains(right, element))),
        Operator::All => elements(right).is_some_and(|right| right.iter().all(|element| contains(left, element))),
        Operator::AnyOf => elements(left).is_some_and(|left| left.iter().any(|element| contains(right, element))),
        Operator::NoneOf => match (elements(left), elements(right)) {
            (Some(left), Some(_)) => !left.iter().any(|element| contains(right, element)),
            _ => false,
        },
        Operator::Contains => match (left, right) {
            (Value::String(left), Value::String(right)) => left.contains(&**right),
            _ => contains(left, right),
        },
        Operator::Size => size(left).is_some_and(|size| equal(&size.into(), right)),
        Operator::Empty => is_empty(left).is_some_and(|empty| right.as_bool() == Some(empty)),
        // Negations are lowered to what they negate, and patterns to the query model's own function.
        Operator::NotEqual | Operator::StrictlyNotEqual | Operator::NotIn | Operator::Matches => false,
    }
}

/// Numbers are equal by size, and a number and a string by the left one's kind; everything else must be the same.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.compare(*right) == Ordering::Equal,
        (Value::Number(left), Value::String(right)) => right
            .parse::<Value>()
            .ok()
            .and_then(|right| right.as_number())
            .is_some_and(|right| left.compare(right).is_eq()),
        (Value::String(left), Value::Number(right)) => **left == right.to_string(),
        _ => left == right,
    }
}

/// The order of two numbers or two strings.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(left.compare(*right)),
        // Java orders strings by UTF-16 code units.
        (Value::String(left), Value::String(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        _ => None,
    }
}

fn contains(list: &Value, value: &Value) -> bool {
    elements(list).is_some_and(|list| list.iter().any(|element| equal(value, element)))
}

fn elements(value: &Value) -> Option<&[Value]> {
    value.as_array().map(|array| &**array)
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.encode_utf16().count()),
        Value::Array(array) => Some(array.len()),
        _ => None,
    }
}

fn is_empty(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => Some(text.is_empty()),
        Value::Array(array) => Some(array.is_empty()),
        Value::Object(object) => Some(object.is_empty()),
        _ => None,
    }
}
