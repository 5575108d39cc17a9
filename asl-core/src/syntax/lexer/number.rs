//! Numbers: checked by JSON's grammar, and read more leniently.

use super::{Lexer, is_word, json_fault};
use crate::syntax::NodeKind;
use crate::value::Number;

impl<'t> Lexer<'t> {
    /// Takes a number; `None` for what cannot be understood as one.
    pub(in crate::syntax) fn number(&mut self) -> Option<NodeKind<'t>> {
        let start = self.offset;
        let token = self.take_while(|character| is_word(character) || matches!(character, '+' | '.'));
        let number = read_number(token);
        let fault = match fault_of_number(token) {
            Some(fault) => fault,
            None if number.is_some() => return number.map(NodeKind::Number),
            None => "out of range of a 64-bit floating-point number",
        };
        self.report(json_fault(start..self.offset, format!("Invalid numeric value: {fault}")));
        number.map(NodeKind::Number)
    }
}

/// The number that `token` means, leniently; `None` if it means none or is too large.
fn read_number(token: &str) -> Option<Number> {
    if token.contains('_') {
        return read_number(&token.replace('_', ""));
    }
    if token != "-0" {
        if let Ok(integer) = token.parse::<i64>() {
            return Some(integer.into());
        }
        if let Ok(integer) = token.parse::<u64>() {
            return Some(integer.into());
        }
    }
    token.parse::<f64>().ok().and_then(Number::from_f64)
}

/// What is wrong with `token` as a JSON number.
fn fault_of_number(token: &str) -> Option<&'static str> {
    let rest = token.strip_prefix('-').unwrap_or(token);
    if rest.starts_with('+') {
        return Some("plus sign not allowed");
    }
    let (integer, rest) = split_digits(rest);
    if integer.is_empty() {
        return Some(if rest.starts_with('.') {
            "decimal point without a digit before it"
        } else {
            "No digit following minus sign"
        });
    }
    if integer.len() > 1 && integer.starts_with('0') {
        return Some("Leading zeroes not allowed");
    }
    let rest = match rest.strip_prefix('.').map(split_digits) {
        Some(("", _)) => return Some("Decimal point not followed by a digit"),
        Some((_, rest)) => rest,
        None => rest,
    };
    let rest = match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => match split_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)) {
            ("", _) => return Some("Exponent indicator not followed by a digit"),
            (_, rest) => rest,
        },
        None => rest,
    };
    (!rest.is_empty()).then_some("the digits are followed by something else")
}

fn split_digits(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(digits).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use crate::syntax::tests::check_all;

    #[test]
    fn numbers_follow_the_grammar_of_json() {
        check_all(&[
            ("[01]", "[1]", &["1:2 Invalid numeric value: Leading zeroes not allowed"]),
            ("[-01.5]", "[-1.5]", &["1:2 Invalid numeric value: Leading zeroes not allowed"]),
            ("[+1]", "[1]", &["1:2 Invalid numeric value: plus sign not allowed"]),
            ("[-+1]", "[]", &["1:2 Invalid numeric value: plus sign not allowed"]),
            ("[.5]", "[0.5]", &["1:2 Invalid numeric value: decimal point without a digit before it"]),
            ("[5.]", "[5.0]", &["1:2 Invalid numeric value: Decimal point not followed by a digit"]),
            ("[-]", "[]", &["1:2 Invalid numeric value: No digit following minus sign"]),
            ("[1e]", "[]", &["1:2 Invalid numeric value: Exponent indicator not followed by a digit"]),
            ("[1e+]", "[]", &["1:2 Invalid numeric value: Exponent indicator not followed by a digit"]),
            ("[1e400]", "[]", &["1:2 Invalid numeric value: out of range of a 64-bit floating-point number"]),
            ("[1_000]", "[1000]", &["1:2 Invalid numeric value: the digits are followed by something else"]),
            ("[0x1F]", "[]", &["1:2 Invalid numeric value: the digits are followed by something else"]),
            ("[-Infinity]", "[]", &["1:2 Invalid numeric value: No digit following minus sign"]),
            ("[10s]", "[]", &["1:2 Invalid numeric value: the digits are followed by something else"]),
            ("[1.2.3]", "[]", &["1:2 Invalid numeric value: the digits are followed by something else"]),
        ]);
    }
}
