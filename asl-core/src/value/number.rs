//! JSON numbers: integers kept apart from floats, as AWS prints them.

use std::cmp::Ordering;
use std::fmt;

/// A finite JSON number.
///
/// Integers that fit 64 bits are exact, everything else is an `f64`; `1` and `1.0` differ, as they do on AWS.
/// Compare by size with [`Number::compare`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(Form);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Integer(i64),
    /// An integer above `i64::MAX`.
    Large(u64),
    Float(f64),
}

impl Number {
    /// The number, unless it is infinite or not a number; negative zero is the integer 0, as AWS reads and prints it.
    pub fn from_f64(number: f64) -> Option<Self> {
        match number {
            zero if zero == 0.0 && zero.is_sign_negative() => Some(Self(Form::Integer(0))),
            number => number.is_finite().then_some(Self(Form::Float(number))),
        }
    }

    /// The number as an `i64`, if it is an integer in range.
    pub fn as_i64(self) -> Option<i64> {
        match self.0 {
            Form::Integer(integer) => Some(integer),
            Form::Large(_) | Form::Float(_) => None,
        }
    }

    /// The number as a `u64`, if it is an integer in range.
    pub fn as_u64(self) -> Option<u64> {
        match self.0 {
            Form::Integer(integer) => u64::try_from(integer).ok(),
            Form::Large(integer) => Some(integer),
            Form::Float(_) => None,
        }
    }

    /// The nearest `f64`.
    #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles to most readers")]
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Form::Integer(integer) => integer as f64,
            Form::Large(integer) => integer as f64,
            Form::Float(float) => float,
        }
    }

    /// Whether the number was written with a fraction or an exponent.
    pub fn is_float(self) -> bool {
        matches!(self.0, Form::Float(_))
    }

    /// The length of its JSON text.
    pub(super) fn text_size(self) -> usize {
        let digits = |integer: u64| integer.checked_ilog10().map_or(1, |power| power as usize + 1);
        match self.0 {
            Form::Integer(integer) => usize::from(integer < 0) + digits(integer.unsigned_abs()),
            Form::Large(integer) => digits(integer),
            Form::Float(_) => self.to_string().len(),
        }
    }

    /// The order by size, `1` equal to `1.0`.
    pub fn compare(self, other: Self) -> Ordering {
        match (self.as_i64(), other.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => match (self.as_u64(), other.as_u64()) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => self.as_f64().total_cmp(&other.as_f64()),
            },
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Integer(integer) => write!(formatter, "{integer}"),
            Form::Large(integer) => write!(formatter, "{integer}"),
            Form::Float(float) => match serde_json::Number::from_f64(float) {
                Some(number) => write!(formatter, "{number}"),
                None => formatter.write_str("null"),
            },
        }
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        Self(Form::Integer(integer))
    }
}

impl From<u64> for Number {
    fn from(integer: u64) -> Self {
        i64::try_from(integer).map_or(Self(Form::Large(integer)), Self::from)
    }
}

impl From<i32> for Number {
    fn from(integer: i32) -> Self {
        Self::from(i64::from(integer))
    }
}

impl From<u32> for Number {
    fn from(integer: u32) -> Self {
        Self::from(i64::from(integer))
    }
}

impl From<usize> for Number {
    fn from(integer: usize) -> Self {
        Self::from(integer as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_size_is_that_of_the_text() {
        let integers = [0, 7, 9, 10, 99, 100, -1, -10, i64::MAX, i64::MIN].map(Number::from);
        let others = [Some(Number::from(u64::MAX)), Number::from_f64(-1.5), Number::from_f64(1e300)];
        for number in integers.into_iter().chain(others.into_iter().flatten()) {
            assert_eq!(number.text_size(), number.to_string().len(), "{number}");
        }
    }

    #[test]
    fn compares_by_size_across_forms() {
        let number = |text: &str| serde_json::from_str::<crate::Value>(text).unwrap().as_number().unwrap();
        let cases = [
            ("1", "1.0", Ordering::Equal),
            ("9223372036854775807", "9223372036854775808", Ordering::Less),
            ("-1", "18446744073709551615", Ordering::Less),
            ("0.5", "0", Ordering::Greater),
        ];
        for (left, right, expected) in cases {
            assert_eq!(number(left).compare(number(right)), expected, "{left} {right}");
        }
    }
}
