//! Values while an expression is evaluated: JSON, and what JSON has no form for.
//!
//! Undefined is `None` of an `Option<Item>`. JSON that came in stays [`Value`] and is shared, never copied; what the
//! expression builds is a [`List`] or a [`Record`] until it leaves, because only those can hold functions and remember
//! what kind of sequence they are.

mod extent;
mod list;
mod record;

use std::rc::Rc;
use std::sync::Arc;

pub(super) use self::extent::Extent;
pub(super) use self::list::{ArrayRef, List, Role};
pub(super) use self::record::{ObjectRef, Record};
use super::error::Fault;
use super::evaluate::{Function, Tuple};
use super::functions;
use crate::value::{Number, Value};

/// How many bytes a byte of JSON text takes up once it is a value.
const IN_MEMORY: usize = 4;

/// A value that is not undefined.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Value(Value),
    /// An infinity or no number at all.
    NonFinite(f64),
    Array(Rc<List>),
    Object(Rc<Record>),
    Function(Function),
    /// The tuples that a nested path hands to the path around it.
    Tuples(Rc<Vec<Tuple>>),
}

impl Item {
    /// An array that stays one.
    pub(super) fn array(items: Vec<Self>) -> Self {
        Self::Array(Rc::new(List::new(items, Role::Plain)))
    }

    /// A result sequence: of no items it is undefined, of one it is the item.
    pub(super) fn sequence(items: Vec<Self>) -> Self {
        Self::Array(Rc::new(List::new(items, Role::Sequence)))
    }

    pub(super) fn object(record: Record) -> Self {
        Self::Object(Rc::new(record))
    }

    /// The letter that signatures use for the kind of this value.
    pub(super) fn signature_letter(&self) -> char {
        match self {
            Self::Value(value) => signature_letter_of(value),
            Self::NonFinite(_) => 'n',
            Self::Array(_) | Self::Tuples(_) => 'a',
            Self::Object(_) => 'o',
            Self::Function(_) => 'f',
        }
    }

    /// The value, if it is JSON that the expression did not build.
    pub(super) fn as_json(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn as_array(&self) -> Option<ArrayRef<'_>> {
        match self {
            Self::Value(Value::Array(array)) => Some(ArrayRef::Json(array)),
            Self::Array(list) => Some(ArrayRef::List(list)),
            _ => None,
        }
    }

    pub(super) fn as_object(&self) -> Option<ObjectRef<'_>> {
        match self {
            Self::Value(Value::Object(object)) => Some(ObjectRef::Json(object)),
            Self::Object(record) => Some(ObjectRef::Record(record)),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Value(value) => value.as_str(),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Value(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The number, be it finite or not.
    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Value(Value::Number(number)) => Some(number.as_f64()),
            Self::NonFinite(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn as_function(&self) -> Option<Function> {
        match self {
            Self::Function(function) => Some(*function),
            _ => None,
        }
    }

    /// The elements of an array; of anything else, itself alone.
    pub(super) fn elements(&self) -> Vec<Self> {
        self.as_array().map_or_else(|| vec![self.clone()], ArrayRef::to_vec)
    }

    /// The input array itself, where this is the sequence that wraps it.
    pub(super) fn unwrapped(&self) -> Self {
        match self {
            Self::Array(list) if list.role() == Role::InputWrapper => list.items().first().unwrap_or(self).clone(),
            _ => self.clone(),
        }
    }

    pub(super) fn is_array(&self) -> bool {
        matches!(self, Self::Value(Value::Array(_)) | Self::Array(_))
    }

    /// How deep and how large this is; JSON that came in counts as one level.
    pub(super) fn extent(&self) -> Extent {
        match self {
            Self::Array(list) => list.extent(),
            Self::Object(record) => record.extent(),
            Self::Value(Value::String(text)) => Extent::scalar(text.len()),
            Self::Value(value @ (Value::Array(_) | Value::Object(_))) => {
                Extent::scalar(value.text_size().saturating_mul(IN_MEMORY))
            }
            _ => Extent::scalar(0),
        }
    }

    /// The truth of this value: that of nothing but empty, zero, `null` and `false` values, and functions, is false;
    /// `looked_at` counts the parts.
    ///
    /// # Errors
    ///
    /// An infinity is out of range.
    pub(super) fn is_truthy(&self, looked_at: &mut u64) -> Result<bool, Fault> {
        *looked_at += 1;
        Ok(match self {
            Self::Value(Value::Null) | Self::Function(_) => false,
            Self::Value(Value::Bool(boolean)) => *boolean,
            Self::Value(Value::Number(number)) => number.as_f64() != 0.0,
            Self::Value(Value::String(text)) => !text.is_empty(),
            Self::NonFinite(_) => functions::finite_number(self)?.is_some(),
            Self::Tuples(tuples) => !tuples.is_empty(),
            Self::Value(Value::Array(_)) | Self::Array(_) => {
                for element in self.as_array().into_iter().flat_map(ArrayRef::iter) {
                    if element.is_truthy(looked_at)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Value(Value::Object(object)) => !object.is_empty(),
            Self::Object(record) => record.len() > 0,
        })
    }

    /// Whether two values are the same in depth, the order of an object's keys aside; `comparisons` counts the parts.
    pub(super) fn deep_equals(&self, other: &Self, comparisons: &mut u64) -> bool {
        *comparisons += 1 + self.as_str().map_or(0, str::len) as u64 / 64;
        if let (Some(left), Some(right)) = (self.as_array(), other.as_array()) {
            return left.len() == right.len()
                && left.iter().zip(right.iter()).all(|(left, right)| left.deep_equals(&right, comparisons));
        }
        if let (Some(left), Some(right)) = (self.as_object(), other.as_object()) {
            return left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    *comparisons += key.len() as u64 / 16;
                    right.get(key).is_some_and(|other| value.deep_equals(&other, comparisons))
                });
        }
        self.is_identical(other)
    }

    /// Whether two values are the same scalar, function or shared container.
    pub(super) fn is_identical(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(Value::String(left)), Self::Value(Value::String(right))) => left == right,
            (Self::Value(Value::Bool(left)), Self::Value(Value::Bool(right))) => left == right,
            (Self::Value(Value::Null), Self::Value(Value::Null)) => true,
            (Self::Value(Value::Array(left)), Self::Value(Value::Array(right))) => left.is_same(right),
            (Self::Value(Value::Object(left)), Self::Value(Value::Object(right))) => left.is_same(right),
            (Self::Array(left), Self::Array(right)) => Rc::ptr_eq(left, right),
            (Self::Object(left), Self::Object(right)) => Rc::ptr_eq(left, right),
            (Self::Function(left), Self::Function(right)) => left == right,
            _ => match (self.as_f64(), other.as_f64()) {
                #[expect(clippy::float_cmp, reason = "the language compares numbers exactly")]
                (Some(left), Some(right)) => left == right,
                _ => false,
            },
        }
    }

    /// The value as JSON; what is not a finite number becomes what `non_finite` says.
    ///
    /// # Errors
    ///
    /// A function has no JSON form.
    pub(super) fn into_value(self, non_finite: fn(f64) -> Value) -> Result<Value, FunctionInResult> {
        match self {
            Self::Value(value) => Ok(value),
            Self::NonFinite(number) => Ok(non_finite(number)),
            Self::Array(list) => {
                let items = List::take_items(list).into_iter();
                let elements: Result<Vec<Value>, _> = items.map(|item| item.into_value(non_finite)).collect();
                Ok(elements?.into())
            }
            Self::Object(record) => record.to_object(non_finite).map(Value::Object),
            Self::Tuples(tuples) => {
                let focused = tuples.iter().filter_map(|tuple| tuple.focus.clone());
                focused.map(|item| item.into_value(non_finite)).collect::<Result<Vec<_>, _>>().map(Value::from)
            }
            Self::Function(_) => Err(FunctionInResult),
        }
    }
}

fn signature_letter_of(value: &Value) -> char {
    match value {
        Value::Null => 'l',
        Value::Bool(_) => 'b',
        Value::Number(_) => 'n',
        Value::String(_) => 's',
        Value::Array(_) => 'a',
        Value::Object(_) => 'o',
    }
}

/// A function stands where JSON should.
#[derive(Debug, Clone, Copy)]
pub(super) struct FunctionInResult;

impl From<Value> for Item {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<bool> for Item {
    fn from(boolean: bool) -> Self {
        Self::Value(Value::Bool(boolean))
    }
}

impl From<&str> for Item {
    fn from(text: &str) -> Self {
        Self::Value(text.into())
    }
}

impl From<String> for Item {
    fn from(text: String) -> Self {
        Self::Value(text.into())
    }
}

impl From<Arc<str>> for Item {
    fn from(text: Arc<str>) -> Self {
        Self::Value(Value::String(text))
    }
}

impl From<usize> for Item {
    fn from(number: usize) -> Self {
        Self::Value(number.into())
    }
}

/// Whole numbers become integers, so that `1 + 1` prints as `2`.
impl From<f64> for Item {
    fn from(number: f64) -> Self {
        /// 2⁶³, the first whole number too large for an `i64`.
        const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within range")]
        if number.fract() == 0.0 && number.abs() < TOO_LARGE {
            return Self::Value(Value::Number(Number::from(number as i64)));
        }
        Number::from_f64(number).map_or(Self::NonFinite(number), |number| Self::Value(Value::Number(number)))
    }
}
