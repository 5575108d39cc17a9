//! Picture strings: numbers, integers, dates and times as text and back.
//!
//! These are the pure functions behind `$formatNumber`, `$formatInteger`, `$parseInteger`, `$fromMillis` and `$toMillis`.
//! Pictures are those of [XPath Functions and Operators 3.1](https://www.w3.org/TR/xpath-functions-31/#formatting-numbers),
//! sections 4.6, 4.7 and 9.8, as far as JSONata 2.0.6 goes: where it departs from the specification, so do these functions,
//! and the departure is named where it is made.
//!
//! The reference has no bounds; here a picture or a text over [`MAX_LENGTH`] characters, or a width over [`MAX_WIDTH`],
//! is a number out of range (`D1001`).

mod calendar;
mod datetime_format;
mod datetime_parse;
mod datetime_picture;
mod decimal_format;
mod integer;
mod iso8601;
mod number;
mod numerals;
mod sub_picture;
mod text_match;
mod words;

pub(super) use self::datetime_format::from_millis;
pub(super) use self::datetime_parse::to_millis;
pub(super) use self::decimal_format::DecimalFormat;
pub(super) use self::integer::{format_integer, parse_integer};
pub(super) use self::number::format_number;
use crate::value::Value;

/// The most characters that a picture, or a text to be read, may have.
const MAX_LENGTH: usize = 10_000;

/// The most digits that a width in a picture may ask for.
const MAX_WIDTH: usize = 1_000;

/// A picture that means nothing, or a value that does not fit it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PictureError {
    /// The reference's code, such as `D3080`.
    pub(super) code: &'static str,
    /// What the reference's message quotes as `value`.
    pub(super) value: Option<Value>,
}

impl PictureError {
    fn new(code: &'static str) -> Self {
        Self { code, value: None }
    }

    fn quoting(code: &'static str, value: impl Into<Value>) -> Self {
        Self { code, value: Some(value.into()) }
    }

    fn out_of_range(value: impl Into<Value>) -> Self {
        Self::quoting("D1001", value)
    }
}

/// The number of characters of `text`, which must not be over [`MAX_LENGTH`].
fn check_length(text: &str) -> Result<(), PictureError> {
    match text.chars().count() {
        0..=MAX_LENGTH => Ok(()),
        length => Err(PictureError::out_of_range(format!("{length} characters"))),
    }
}

/// A number as JavaScript prints one that is not negative and has no fraction: from 10²¹ on in scientific notation.
fn javascript_digits(value: f64) -> String {
    if value < 1e21 { format!("{value:.0}") } else { format!("{value:e}").replace('e', "e+") }
}

/// The interval at which grouping separators repeat, or `None` where their `positions` have no regular interval.
///
/// Positions count digits between the separator and the decimal point. They are regular where they are exactly the first
/// multiples of one number.
fn regular_interval(positions: &[usize]) -> Option<usize> {
    let interval = positions.iter().copied().reduce(greatest_common_divisor)?;
    let regular = (1..=positions.len()).all(|multiple| positions.contains(&(multiple * interval)));
    (interval > 0 && regular).then_some(interval)
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
