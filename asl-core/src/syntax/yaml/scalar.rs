//! Scalars: what plain ones mean, and which of their bytes mean which.
//!
//! See [Core Schema](https://yaml.org/spec/1.2.2/#103-core-schema).

use crate::syntax::places::StringPlaces;
use crate::syntax::{Dialect, NodeKind};
use crate::value::Number;

/// What a plain scalar means.
pub(super) enum Plain {
    /// A string: itself.
    Text,
    /// Null, a boolean or a number.
    Other(NodeKind<'static>),
}

/// What a plain scalar means in the core schema; `None` for a number that JSON has not.
///
/// CloudFormation reads YAML 1.1, which has [more words for booleans](https://yaml.org/type/bool.html); those of one
/// letter it reads as strings.
pub(super) fn plain(text: &str, dialect: Dialect) -> Option<Plain> {
    Some(Plain::Other(match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeKind::Null,
        "true" | "True" | "TRUE" => NodeKind::Bool(true),
        "false" | "False" | "FALSE" => NodeKind::Bool(false),
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" if dialect == Dialect::CloudFormation => NodeKind::Bool(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" if dialect == Dialect::CloudFormation => NodeKind::Bool(false),
        _ if is_number(text) => NodeKind::Number(number(text)?),
        _ => return Some(Plain::Text),
    }))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(digits) = text.strip_prefix("0x") {
        return is_all(digits, |byte| byte.is_ascii_hexdigit());
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return is_all(digits, |byte| matches!(byte, b'0'..=b'7'));
    }
    if matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) =
        digits.split_once(['e', 'E']).map_or((digits, None), |(left, right)| (left, Some(right)));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_exponent = |text: &str| is_all(text.strip_prefix(['-', '+']).unwrap_or(text), |byte| byte.is_ascii_digit());
    is_digits(integer)
        && is_digits(fraction)
        && !(integer.is_empty() && fraction.is_empty())
        && exponent.is_none_or(is_exponent)
}

fn is_all(text: &str, belongs: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(belongs)
}

fn number(text: &str) -> Option<Number> {
    let radix = |digits, radix| u64::from_str_radix(digits, radix).ok().map(Number::from);
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let is_zero = text == "-0";
    let integer = text.parse::<i64>().ok().filter(|_| !is_zero).map(Number::from);
    let natural = || text.parse::<u64>().ok().map(Number::from);
    let float = || text.parse::<f64>().ok().and_then(Number::from_f64);
    let is_finite = !text.contains(['i', 'I', 'n', 'N']);
    integer.or_else(natural).or_else(float).filter(|_| is_finite)
}

/// The places of the string `meant`, written as `written` in any of YAML's styles.
pub(in crate::syntax) fn string_places(start: usize, written: &str, meant: &str) -> StringPlaces {
    let mut places = StringPlaces::default();
    places.skip(start);
    match written.chars().next() {
        Some('|' | '>') => block(written, meant, &mut places),
        Some(quote @ ('"' | '\'')) => {
            let content = written.strip_prefix(quote).unwrap_or_default();
            places.skip(quote.len_utf8());
            flow(content.strip_suffix(quote).unwrap_or(content), Some(quote), &mut places);
        }
        _ => flow(written, None, &mut places),
    }
    places
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Lines of a plain or quoted scalar are folded: a line break is a space, and each further one a line break.
fn flow(content: &str, quote: Option<char>, places: &mut StringPlaces) {
    let mut rest = content;
    while let Some(first) = rest.chars().next() {
        let taken = match (first, quote) {
            (' ' | '\t' | '\r' | '\n', _) => {
                let blank = leading_blanks(rest);
                match line_breaks(blank) {
                    0 => places.copy(blank.len()),
                    1 => places.replace(blank.len(), " ".len()),
                    count => places.replace(blank.len(), count - 1),
                }
                blank.len()
            }
            ('\'', Some('\'')) => {
                let length = if rest.starts_with("''") { 2 } else { 1 };
                places.replace(length, "'".len());
                length
            }
            ('\\', Some('"')) => {
                let (written, meant) = escape(rest);
                places.replace(written, meant);
                written
            }
            _ => {
                places.copy(first.len_utf8());
                first.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
}

fn leading_blanks(text: &str) -> &str {
    text.get(..text.len() - text.trim_start_matches(BLANKS).len()).unwrap_or_default()
}

fn line_breaks(blank: &str) -> usize {
    blank.matches('\n').count() + blank.replace("\r\n", "").matches('\r').count()
}

/// The bytes of an escape of a double-quoted scalar as written, and as meant.
fn escape(text: &str) -> (usize, usize) {
    let hex = |digits: usize| {
        let code = text.get(2..2 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        (2 + digits, code.and_then(char::from_u32).map_or(0, char::len_utf8))
    };
    match text.chars().nth(1) {
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        Some('N' | '_') => (2, '\u{a0}'.len_utf8()),
        Some('L' | 'P') => (2, '\u{2028}'.len_utf8()),
        Some('\r' | '\n') => {
            let blank = leading_blanks(text.get(1..).unwrap_or_default());
            (1 + blank.len(), line_breaks(blank).saturating_sub(1))
        }
        Some(other) => (1 + other.len_utf8(), 1),
        None => (1, 1),
    }
}

/// A block scalar: its lines without their indentation, apart by what `meant` has between them.
fn block(written: &str, meant: &str, places: &mut StringPlaces) {
    let header = written.find('\n').map_or(written.len(), |end| end + 1);
    places.skip(header);
    let lines = written.get(header..).unwrap_or_default();
    let indentation = indentation(lines, meant);
    let mut gap = 0;
    for line in lines.split_inclusive('\n') {
        let text = line.trim_end_matches(['\r', '\n']);
        let indented = (text.len() - text.trim_start_matches(' ').len()).min(indentation);
        let content = text.get(indented..).unwrap_or_default();
        let rest = meant.get(places.meant_length()..).unwrap_or_default();
        match separators(rest, content) {
            Some(count) => {
                places.replace(gap + indented, count);
                places.copy(content.len());
                gap = line.len() - text.len();
            }
            None => gap += line.len(),
        }
    }
    places.replace(gap, meant.len().saturating_sub(places.meant_length()));
}

/// How many line breaks or spaces come in `meant` before the line `content`; `None` if it is blank or not there.
fn separators(meant: &str, content: &str) -> Option<usize> {
    if content.is_empty() {
        return None;
    }
    let blanks = meant.len() - meant.trim_start_matches(['\n', ' ']).len();
    (0..=blanks).find(|count| meant.get(*count..).is_some_and(|rest| rest.starts_with(content)))
}

/// How far the lines are indented: what the first line has more than its meaning.
fn indentation(lines: &str, meant: &str) -> usize {
    let spaces = |text: &str| {
        let text = text.trim_start_matches(['\r', '\n']);
        text.len() - text.trim_start_matches(' ').len()
    };
    let first = lines.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    spaces(first).saturating_sub(spaces(meant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;
    use crate::syntax::Node;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        for (text, expected) in [
            ("", "null"),
            ("~", "null"),
            ("Null", "null"),
            ("true", "true"),
            ("FALSE", "false"),
            ("yes", "\"yes\""),
            ("no", "\"no\""),
            ("on", "\"on\""),
            ("0", "0"),
            ("-12", "-12"),
            ("+5", "5"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("017", "17"),
            ("1.0", "1.0"),
            ("1e3", "1000.0"),
            (".5", "0.5"),
            ("1.", "1.0"),
            ("1_000", "\"1_000\""),
            ("2016-03-14T01:59:00Z", "\"2016-03-14T01:59:00Z\""),
            ("1.0.0", "\"1.0.0\""),
            ("-", "\"-\""),
            (".", "\".\""),
            ("e3", "\"e3\""),
            ("1e", "\"1e\""),
            ("0x", "\"0x\""),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            let kind = match plain(text, Dialect::Plain) {
                Some(Plain::Other(kind)) => kind,
                Some(Plain::Text) => NodeKind::String(text.into()),
                None => panic!("{text}"),
            };
            assert_eq!(Node { span: Span::default(), kind }.to_string(), expected, "{text}");
        }
        for text in [".inf", "-.INF", ".nan", "1e999"] {
            assert!(plain(text, Dialect::Plain).is_none(), "{text}");
        }
    }

    /// Checks where the first `part` of the string stands.
    fn check(written: &str, meant: &str, part: &str, expected: &str) {
        let at = meant.find(part).unwrap();
        let span = string_places(0, written, meant).span(&(at..at + part.len()));
        assert_eq!(written.get(span.start..span.end), Some(expected), "{written:?} {part:?}");
    }

    #[test]
    fn parts_of_flow_scalars_are_found() {
        check("one two", "one two", "two", "two");
        check("one\n   two\n\n  thré", "one two\nthré", "two", "two");
        check("one\n   two\n\n  thré", "one two\nthré", "thré", "thré");
        check("one\r\n  two", "one two", "two", "two");
        check("'it''s $x'", "it's $x", "$x", "$x");
        check("'it''s $x'", "it's $x", "'", "''");
        check(r#""\u00e9\t\x41 $x""#, "é\tA $x", "$x", "$x");
        check(r#""\U0001F642\N\_\L\\ $x""#, "🙂\u{85}\u{a0}\u{2028}\\ $x", "$x", "$x");
        check("\"a \\\n   $x\"", "a $x", "$x", "$x");
        check("\"a\n\n  $x\"", "a\n$x", "$x", "$x");
    }

    #[test]
    fn parts_of_block_scalars_are_found() {
        check("|\n    one\n      two\n    three\n", "one\n  two\nthree\n", "two", "two");
        check("|\n    one\n      two\n    three\n", "one\n  two\nthree\n", "three", "three");
        check("|-\r\n  a\r\n  b", "a\nb", "b", "b");
        check("|2 # indented\n    x\n   y\n", "  x\n y\n", "y", "y");
        check("|\n\n  x\n\n\n  y", "\nx\n\n\ny\n", "y", "y");
        check(">\n  one\n  two\n\n  three\n    four\n  five\n", "one two\nthree\n  four\nfive\n", "five", "five");
        check(">\n  one\n  two\n\n  three\n    four\n  five\n", "one two\nthree\n  four\nfive\n", "three", "three");
        check(">\n  one\n  two\n", "one two\n", "one two", "one\n  two");
        check("|+\n  x\n\n", "x\n\n", "x\n\n", "x\n\n");
    }
}
