//! Values as Java prints them, which shows through in AWS's results and messages.

use std::fmt::Write as _;

use crate::value::{Number, Value};

/// `value` as Java's `String.valueOf` gives it: strings bare, `{a=1, b=[x, y]}` for containers, `1.0E10` for large floats.
pub(crate) fn java_text(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(boolean) => text.push_str(if *boolean { "true" } else { "false" }),
        Value::Number(number) => write_number(text, *number),
        Value::String(string) => text.push_str(string),
        Value::Array(array) => {
            text.push('[');
            for (position, element) in array.iter().enumerate() {
                separate(text, position);
                write_value(text, element);
            }
            text.push(']');
        }
        Value::Object(object) => {
            text.push('{');
            for (position, (key, member)) in object.iter().enumerate() {
                separate(text, position);
                text.push_str(key);
                text.push('=');
                write_value(text, member);
            }
            text.push('}');
        }
    }
}

fn separate(text: &mut String, position: usize) {
    if position > 0 {
        text.push_str(", ");
    }
}

/// Java prints doubles below 0.001 and from 10,000,000 on with an exponent, and always with a fraction.
fn write_number(text: &mut String, number: Number) {
    let float = number.as_f64();
    let written = if !number.is_float() {
        write!(text, "{number}")
    } else if float == 0.0 || (1e-3..1e7).contains(&float.abs()) {
        write!(text, "{float:?}")
    } else {
        let scientific = format!("{float:E}");
        match scientific.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => write!(text, "{digits}.0E{exponent}"),
            _ => write!(text, "{scientific}"),
        }
    };
    debug_assert!(written.is_ok(), "a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_java_does() {
        let cases = [
            ("null", "null"),
            ("true", "true"),
            ("-7", "-7"),
            ("1.1", "1.1"),
            ("1.0", "1.0"),
            ("0.0", "0.0"),
            ("1e7", "1.0E7"),
            ("9999999.5", "9999999.5"),
            ("12345678.9", "1.23456789E7"),
            ("0.0005", "5.0E-4"),
            ("-1.5e300", "-1.5E300"),
            (r#""a \"b\"""#, r#"a "b""#),
            (r#"[1, "a", [], {}]"#, "[1, a, [], {}]"),
            (r#"{"Arg1": 1, "Arg2": [], "x": {"y": null}}"#, "{Arg1=1, Arg2=[], x={y=null}}"),
        ];
        for (json, expected) in cases {
            assert_eq!(java_text(&json.parse().unwrap()), expected, "{json}");
        }
    }
}
