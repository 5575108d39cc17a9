//! Values as text: numbers as ECMAScript prints them, JSON as `JSON.stringify` does.

use std::sync::Arc;

use crate::jsonata::Limits;
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::Bounds;
use crate::jsonata::item::Item;
use crate::value::Value;

/// The steps that it takes to find the digits of a fraction.
pub(super) const COST_OF_DIGITS: u64 = 6;

/// The most bytes of a value that a message quotes.
const MAX_QUOTED: usize = 1 << 20;

/// How many bytes may be written before they are counted.
const UNCHARGED: usize = 4096;

/// Where a JSON text has blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Layout {
    /// Nowhere.
    Compact,
    /// Between its parts, each of which has a line of its own.
    Indented,
}

/// How a value is cast to text: a text is itself, a function is empty, everything else is JSON.
pub(in super::super) fn to_text(item: &Item, layout: Layout, bounds: &mut Bounds) -> Result<String, Fault> {
    match item {
        Item::Value(Value::String(text)) => {
            bounds.charge_text(text.len())?;
            Ok(String::from(&**text))
        }
        Item::Value(Value::Number(number)) => Ok(rounded_text(number.as_f64())),
        Item::NonFinite(_) => Err(Fault::new("D3001")),
        Item::Function(_) => Ok(String::new()),
        _ => {
            let mut json = Json { out: String::new(), layout, level: 0, charged: 0, bounds };
            json.write(item)?;
            json.charge(0)?;
            Ok(json.out)
        }
    }
}

/// A value as messages quote it; nothing if that would fill them.
pub(in super::super) fn quote(item: &Item) -> String {
    match item {
        Item::Value(Value::String(_)) => {
            item.clone().into_value(|_| Value::Null).map_or_else(|_| String::new(), |value| value.to_string())
        }
        Item::NonFinite(_) => "null".to_owned(),
        _ => {
            let limits = Limits { memory: MAX_QUOTED, ..Limits::default() };
            to_text(item, Layout::Compact, &mut Bounds::new(limits)).unwrap_or_default()
        }
    }
}

/// A number as ECMAScript's `Number.prototype.toString` prints it.
pub(in super::super) fn number_text(number: f64) -> String {
    if !number.is_finite() {
        let sign = if number < 0.0 { "-" } else { "" };
        return if number.is_nan() { "NaN".to_owned() } else { format!("{sign}Infinity") };
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.fract() == 0.0 && number.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within range")]
        return (number as i64).to_string();
    }
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let sign = if number < 0.0 { "-" } else { "" };
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let unsigned = match point {
        _ if length <= point && point <= 21 => digits + &zeros(point - length),
        1..=21 => {
            let (whole, fraction) =
                digits.split_at_checked(usize::try_from(point).unwrap_or(0)).unwrap_or((&digits, ""));
            format!("{whole}.{fraction}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{}{}", if point > 0 { "+" } else { "-" }, (point - 1).abs())
        }
    };
    format!("{sign}{unsigned}")
}

/// A finite number as JSON of 15 significant digits; the largest round to an infinity, of which JSON makes `null`.
fn rounded_text(number: f64) -> String {
    let rounded = to_15_digits(number);
    if rounded.is_finite() { number_text(rounded) } else { "null".to_owned() }
}

/// The nearest number of 15 significant digits, halves away from zero.
pub(super) fn to_15_digits(number: f64) -> f64 {
    if !number.is_finite() || (number.fract() == 0.0 && number.abs() < 1e15) {
        return number;
    }
    let exact = format!("{number:.40e}");
    let (mantissa, exponent) = exact.split_once('e').unwrap_or((&exact, "0"));
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let is_half =
        unsigned.get(16..).is_some_and(|rest| rest.starts_with('5') && rest.bytes().skip(1).all(|digit| digit == b'0'));
    let rounded = if is_half {
        // Formatting would round half to even: a digit more makes it more than half.
        let sign = if number < 0.0 { "-" } else { "" };
        format!("{sign}{}6e{exponent}", unsigned.get(..16).unwrap_or(unsigned)).parse::<f64>().unwrap_or(number)
    } else {
        number
    };
    format!("{rounded:.14e}").parse().unwrap_or(number)
}

struct Json<'b> {
    out: String,
    layout: Layout,
    level: usize,
    /// How much of `out` is counted already.
    charged: usize,
    bounds: &'b mut Bounds,
}

impl Json<'_> {
    /// Counts what was written, and what is about to be.
    fn charge(&mut self, more: usize) -> Result<(), Fault> {
        let length = self.out.len() + more;
        let uncharged = length.saturating_sub(self.charged);
        self.charged = self.charged.max(length);
        self.bounds.charge_text(uncharged)
    }

    fn write(&mut self, item: &Item) -> Result<(), Fault> {
        if let Some(array) = item.as_array() {
            let items = array.iter().map(|element| (None, element));
            return self.container('[', ']', items);
        }
        if let Some(object) = item.as_object() {
            let members = object.iter().map(|(key, member)| (Some(key.clone()), member));
            return self.container('{', '}', members);
        }
        match item {
            Item::Value(Value::String(text)) => self.quoted(text)?,
            Item::Value(Value::Number(number)) => {
                if number.as_f64().fract() != 0.0 {
                    self.bounds.spend(COST_OF_DIGITS)?;
                }
                self.out.push_str(&rounded_text(number.as_f64()));
            }
            Item::Value(value) => self.out.push_str(&value.to_string()),
            Item::NonFinite(number) if number.is_nan() => self.out.push_str("null"),
            Item::NonFinite(_) => return Err(Fault::new("D1001").with("value", "null")),
            Item::Function(_) => self.out.push_str("\"\""),
            Item::Tuples(_) | Item::Array(_) | Item::Object(_) => {}
        }
        Ok(())
    }

    fn container(
        &mut self,
        open: char,
        close: char,
        parts: impl Iterator<Item = (Option<Arc<str>>, Item)>,
    ) -> Result<(), Fault> {
        self.out.push(open);
        self.level += 1;
        let mut is_empty = true;
        for (key, part) in parts {
            if !is_empty {
                self.out.push(',');
            }
            is_empty = false;
            self.break_line();
            if let Some(key) = key {
                self.quoted(&key)?;
                self.out.push_str(if self.layout == Layout::Indented { ": " } else { ":" });
            }
            self.write(&part)?;
            if self.out.len() - self.charged.min(self.out.len()) > UNCHARGED {
                self.charge(0)?;
            }
        }
        self.level -= 1;
        if !is_empty {
            self.break_line();
        }
        self.out.push(close);
        Ok(())
    }

    fn quoted(&mut self, text: &Arc<str>) -> Result<(), Fault> {
        if text.len() > UNCHARGED {
            // An escape takes up to six characters.
            let escapes = text.bytes().filter(u8::is_ascii_control).count();
            self.charge(text.len() + 5 * escapes)?;
        }
        self.out.push_str(&Value::String(text.clone()).to_string());
        Ok(())
    }

    fn break_line(&mut self) {
        if self.layout == Layout::Indented {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.level));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_ecmascript_prints_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (-120.0, "-120"),
            (1e21, "1e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
            (-1.25e-9, "-1.25e-9"),
            (f64::INFINITY, "Infinity"),
        ];
        for (number, expected) in cases {
            assert_eq!(number_text(number), expected);
        }
    }

    #[test]
    fn text_keeps_15_significant_digits() {
        let cases = [
            (0.1 + 0.2, "0.3"),
            (100_000_000_000_000.5, "100000000000001"),
            (-100_000_000_000_002.5, "-100000000000003"),
            (1.0 / 3.0, "0.333333333333333"),
            (9_007_199_254_740_993.0, "9007199254740990"),
            (f64::MAX, "null"),
        ];
        for (number, expected) in cases {
            let text = to_text(&number.into(), Layout::Compact, &mut Bounds::new(Limits::default()));
            assert_eq!(text.unwrap(), expected);
        }
    }
}
