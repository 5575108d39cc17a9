//! The evaluated arguments of a call, asked for by position and kind.

use std::sync::Arc;

use crate::value::{Array, Number, Object, Value};

/// The arguments of one call.
pub(super) struct Arguments<'a> {
    function: &'static str,
    values: &'a [Value],
}

impl<'a> Arguments<'a> {
    pub(super) fn new(function: &'static str, values: &'a [Value]) -> Self {
        Self { function, values }
    }

    /// AWS's general word for arguments that it refuses.
    pub(super) fn invalid(&self) -> String {
        format!("Invalid arguments in {}", self.function)
    }

    /// [`invalid`](Self::invalid) with the reason.
    pub(super) fn invalid_because(&self, reason: &str) -> String {
        format!("Invalid arguments in {}: {reason}", self.function)
    }

    /// The arguments from `position` on.
    pub(super) fn from(&self, position: usize) -> &'a [Value] {
        self.values.get(position..).unwrap_or_default()
    }

    pub(super) fn get(&self, position: usize) -> Option<&'a Value> {
        self.values.get(position)
    }

    pub(super) fn value(&self, position: usize) -> Result<&'a Value, String> {
        self.get(position).ok_or_else(|| self.invalid())
    }

    pub(super) fn array(&self, position: usize) -> Result<&'a Array, String> {
        self.value(position)?.as_array().ok_or_else(|| self.invalid())
    }

    pub(super) fn object(&self, position: usize) -> Result<&'a Object, String> {
        self.value(position)?.as_object().ok_or_else(|| self.invalid())
    }

    pub(super) fn string(&self, position: usize) -> Result<&'a Arc<str>, String> {
        match self.value(position)? {
            Value::String(text) => Ok(text),
            _ => Err(self.invalid()),
        }
    }

    pub(super) fn number(&self, position: usize) -> Result<Number, String> {
        self.value(position)?.as_number().ok_or_else(|| self.invalid())
    }

    /// A number of 32 bits, cut to an integer if it has a fraction.
    pub(super) fn integer(&self, position: usize) -> Result<i32, String> {
        truncated(self.number(position)?).ok_or_else(|| self.invalid())
    }
}

/// The integer part of `number`, if that fits 32 bits.
pub(super) fn truncated(number: Number) -> Option<i32> {
    if number.is_float() { in_range(number.as_f64().trunc()) } else { number.as_i64()?.try_into().ok() }
}

/// The integer nearest to `number`, if that fits 32 bits; halves go up, as Java's `Math.round` has it.
pub(super) fn rounded(number: Number) -> Option<i32> {
    if number.is_float() { in_range((number.as_f64() + 0.5).floor()) } else { number.as_i64()?.try_into().ok() }
}

fn in_range(whole: f64) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number in range")]
    (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&whole).then_some(whole as i32)
}
