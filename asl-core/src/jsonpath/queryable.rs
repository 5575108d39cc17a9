//! Lets `jsonpath-rust` look into a [`Value`].

use std::borrow::Cow;

use jsonpath_rust::query::queryable::Queryable;

use super::filter::Operator;
use super::operator;
use crate::value::Value;

impl Queryable for Value {
    fn get(&self, key: &str) -> Option<&Self> {
        self.get(key)
    }

    fn as_array(&self) -> Option<&Vec<Self>> {
        self.as_array().map(crate::value::Array::as_vec)
    }

    fn as_object(&self) -> Option<Vec<(&str, &Self)>> {
        self.as_object().map(|object| object.iter().map(|(key, value)| (&**key, value)).collect())
    }

    fn as_str(&self) -> Option<&str> {
        self.as_str()
    }

    fn as_i64(&self) -> Option<i64> {
        self.as_i64()
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_f64()
    }

    fn as_bool(&self) -> Option<bool> {
        self.as_bool()
    }

    fn null() -> Self {
        Self::Null
    }

    /// Jayway's operators, by the way they are written; false where an operand is missing.
    fn extension_custom(name: &str, operands: Vec<Cow<'_, Self>>) -> Self {
        match (Operator::written(name), operands.as_slice()) {
            (Some(operator), [left, right]) => operator::holds(operator, left, right).into(),
            _ => false.into(),
        }
    }
}
