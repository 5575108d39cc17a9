//! Strings, and how one ends whose closing quote was lost.

use std::borrow::Cow;

use super::{Lexer, describe, is_quote, is_word, json_fault, unexpected};
use crate::source::Span;

/// What a string is for, in Jackson's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StringRole {
    Name,
    Value,
}

impl<'t> Lexer<'t> {
    /// Takes a string that is a value.
    pub(in crate::syntax) fn string_value(&mut self) -> Cow<'t, str> {
        match self.plain_string() {
            Some(text) => text.into(),
            None => self.string(StringRole::Value).0.into(),
        }
    }

    /// Takes a string that is a key; one that lost its closing quote ends before its colon.
    pub(in crate::syntax) fn quoted_key(&mut self) -> (Cow<'t, str>, Span) {
        let start = self.offset;
        if let Some(key) = self.plain_string() {
            return (key.into(), self.span_from(start));
        }
        let Some(colon) = self.lost_quote_of_key() else {
            let (key, span) = self.string(StringRole::Name);
            return (key.into(), span);
        };
        self.offset = colon;
        let span = self.span_from(start);
        let key = self.text.get(start + 1..colon).unwrap_or_default();
        let fault = json_fault(span, "Unexpected colon: was expecting closing quote for name");
        self.report(fault.with_help("close the string with `\"`".to_owned()));
        (key.into(), span)
    }

    /// Takes a string that the text holds as it is meant: without escapes or faults, and certainly not too long.
    fn plain_string(&mut self) -> Option<&'t str> {
        let inside = self.rest().strip_prefix('"')?;
        let length = inside.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'))?;
        let after = inside.get(length..)?.strip_prefix('"')?;
        if after.starts_with(is_word) {
            return None;
        }
        self.offset = self.text.len() - after.len();
        inside.get(..length)
    }

    /// The colon before which the key that starts here should have been closed:
    /// where the next quote opens a string, since a word follows it, and there is a colon before it.
    fn lost_quote_of_key(&self) -> Option<usize> {
        let (inside, after) = self.rest().strip_prefix('"')?.split_once('"')?;
        let colon = inside.find([':', '\\', '\n']).filter(|at| inside.as_bytes().get(*at) == Some(&b':'))?;
        after.starts_with(is_word).then(|| self.offset + 1 + colon)
    }

    /// Takes a string, from its opening quote on.
    fn string(&mut self, role: StringRole) -> (String, Span) {
        let start = self.offset;
        let opening = self.bump();
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|character| character >= ' ' && character != '\\' && !is_quote(character)));
            let at = self.offset;
            match self.bump() {
                None => {
                    let message = match role {
                        StringRole::Name => "Unexpected end-of-input in field name",
                        StringRole::Value => "Unexpected end-of-input: was expecting closing quote for a string value",
                    };
                    self.report_end(json_fault(start..at, message).with_help("close the string with `\"`".to_owned()));
                    break;
                }
                Some('\\') => self.escape(at, &mut text),
                Some(quote) if closes(opening, quote) => {
                    if role == StringRole::Value && self.rest().starts_with(is_word) {
                        self.lost_quote_before_string(start, at, &mut text);
                    }
                    break;
                }
                Some('\n' | '\r') if is_after_lost_quote(self.rest()) => {
                    self.offset = at;
                    self.end_of_line_in_string(start, &mut text);
                    break;
                }
                Some(control) if control < ' ' => {
                    let part = if role == StringRole::Name { "name" } else { "string value" };
                    let message = format!(
                        "Illegal unquoted character ({}): has to be escaped using backslash to be included in {part}",
                        describe(control)
                    );
                    self.report(json_fault(at..self.offset, message).with_help(escape_help(control)));
                    text.push(control);
                }
                Some(other) => text.push(other),
            }
        }
        if opening != Some('"') {
            let fault = json_fault(self.span_from(start), "JSON strings stand in double quotes");
            self.report(fault.with_help("write `\"` at both ends".to_owned()));
        }
        (text, self.span_from(start))
    }

    /// Ends a string whose closing quote was lost at the end of the line.
    fn end_of_line_in_string(&mut self, start: usize, text: &mut String) {
        self.give_back_punctuation(start, self.offset, text);
        let message = "Unexpected end-of-line: was expecting closing quote for a string value";
        self.report(json_fault(start..self.offset, message).with_help("close the string with `\"`".to_owned()));
    }

    /// Ends a string where its closing quote was lost, if the quote at `end` opens the next one: a comma is before it.
    fn lost_quote_before_string(&mut self, start: usize, end: usize, text: &mut String) {
        if text.trim_end().ends_with(',') {
            self.give_back_punctuation(start, end, text);
            let message = self.peek().map(|next| unexpected(next, "was expecting closing quote for a string value"));
            let fault = json_fault(start..self.offset, message.unwrap_or_default());
            self.report(fault.with_help("close the string with `\"`".to_owned()));
        }
    }

    /// Goes back to the comma or the closing brackets that a string without its closing quote took in before `end`.
    fn give_back_punctuation(&mut self, start: usize, end: usize, text: &mut String) {
        let written = self.text.get(start..end).unwrap_or_default();
        if let Some(own) = length_before_punctuation(written) {
            self.offset = start + own;
            text.truncate(text.len().saturating_sub(written.len() - own));
        }
    }

    /// Takes what follows a backslash at `start`.
    fn escape(&mut self, start: usize, text: &mut String) {
        let Some(escaped) = self.peek() else { return };
        let meant = match escaped {
            '"' | '\\' | '/' => escaped,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                self.bump();
                text.push(self.unicode_escape(start));
                return;
            }
            _ => {
                let message = format!("Unrecognized character escape {}", describe(escaped));
                let span = start..self.next_span().end;
                self.report(json_fault(span, message).with_help(r"a backslash itself is written `\\`".to_owned()));
                text.push('\\');
                return;
            }
        };
        self.bump();
        text.push(meant);
    }

    /// Takes the digits of `\u`, and the low surrogate that must follow a high one.
    fn unicode_escape(&mut self, start: usize) -> char {
        let Some(unit) = self.hex_digits() else { return char::REPLACEMENT_CHARACTER };
        let after_first = self.offset;
        let low = if (0xd800..0xdc00).contains(&unit) && self.rest().starts_with("\\u") {
            self.offset += "\\u".len();
            self.hex_digits().filter(|low| (0xdc00..0xe000).contains(low))
        } else {
            None
        };
        let code_point = match low {
            Some(low) => 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
            None => unit,
        };
        char::from_u32(code_point).unwrap_or_else(|| {
            // What follows a lone surrogate is read again, for it may be right in itself.
            self.offset = after_first;
            let message = format!("the surrogate `\\u{unit:04x}` stands alone and is no character");
            let fault = json_fault(start..after_first, message);
            self.report(fault.with_help("write the character itself, or both of its surrogates".to_owned()));
            char::REPLACEMENT_CHARACTER
        })
    }

    /// Takes four hexadecimal digits.
    fn hex_digits(&mut self) -> Option<u32> {
        let start = self.offset;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|character| character.to_digit(16));
            let Some(digit) = digit else {
                let span = start..self.next_span().end;
                match self.peek() {
                    Some(other) => {
                        let message = unexpected(other, "expected a hex-digit for character escape sequence");
                        let help = r"`\u` takes four hexadecimal digits".to_owned();
                        self.report(json_fault(span, message).with_help(help));
                    }
                    None => self.report_end(json_fault(span, "Unexpected end-of-input in character escape sequence")),
                }
                return None;
            };
            unit = unit * 16 + digit;
            self.bump();
        }
        Some(unit)
    }
}

/// Whether `quote` closes a string that `opening` opened.
fn closes(opening: Option<char>, quote: char) -> bool {
    match opening {
        Some('\u{201c}' | '\u{201d}') => matches!(quote, '\u{201c}' | '\u{201d}'),
        _ => opening == Some(quote),
    }
}

/// Whether the lines after a line break look as if the string before it lost its closing quote,
/// rather than as if it went on.
fn is_after_lost_quote(rest: &str) -> bool {
    matches!(rest.trim_start().chars().next(), None | Some('"' | '}' | ']'))
}

/// The length of `written` without the comma and the brackets at its end that close nothing in it, if it has such.
fn length_before_punctuation(written: &str) -> Option<usize> {
    let is_punctuation = |character: char| matches!(character, ',' | '}' | ']');
    let head = written.trim_end_matches(|character: char| is_punctuation(character) || character.is_ascii_whitespace());
    let mut open = head.chars().fold(0_usize, |open, character| match character {
        '{' | '[' => open + 1,
        '}' | ']' => open.saturating_sub(1),
        _ => open,
    });
    let tail = written.get(head.len()..).unwrap_or_default();
    let closes_nothing = |(at, character): (usize, char)| match character {
        '}' | ']' if open > 0 => {
            open -= 1;
            None
        }
        _ => is_punctuation(character).then_some(head.len() + at),
    };
    tail.char_indices().find_map(closes_nothing)
}

fn escape_help(control: char) -> String {
    match control {
        '\n' => r"write `\n`".to_owned(),
        '\r' => r"write `\r`".to_owned(),
        '\t' => r"write `\t`".to_owned(),
        _ => format!("write `\\u{:04x}`", u32::from(control)),
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::tests::check_all;

    #[test]
    fn quotes_are_double() {
        check_all(&[
            (
                "{'a': 'b'}",
                r#"{"a":"b"}"#,
                &["1:2 JSON strings stand in double quotes", "1:7 JSON strings stand in double quotes"],
            ),
            (
                "{“a”: “b”}",
                r#"{"a":"b"}"#,
                &["1:2 JSON strings stand in double quotes", "1:7 JSON strings stand in double quotes"],
            ),
        ]);
    }

    #[test]
    fn lost_closing_quotes_are_found_where_they_were_lost() {
        check_all(&[
            (
                r#"{"a": "x"#,
                r#"{"a":"x"}"#,
                &["1:7 Unexpected end-of-input: was expecting closing quote for a string value"],
            ),
            (r#"{"a"#, "{}", &["1:2 Unexpected end-of-input in field name"]),
            (
                "{\"a\": \"x,\n \"b\": 1}",
                r#"{"a":"x","b":1}"#,
                &["1:7 Unexpected end-of-line: was expecting closing quote for a string value"],
            ),
            (
                "{\"a\": \"x\r\n}",
                r#"{"a":"x"}"#,
                &["1:7 Unexpected end-of-line: was expecting closing quote for a string value"],
            ),
            (
                "{\"c\": {\"a\": \"x},\n \"b\": 1}",
                r#"{"c":{"a":"x"},"b":1}"#,
                &["1:13 Unexpected end-of-line: was expecting closing quote for a string value"],
            ),
            (
                "{\"a\": \"{% [1] %},\n \"b\": 1}",
                r#"{"a":"{% [1] %}","b":1}"#,
                &["1:7 Unexpected end-of-line: was expecting closing quote for a string value"],
            ),
            (
                r#"{"a":"x,"b":{"c":["y], "d":"z},"e":"f"}"#,
                r#"{"a":"x","b":{"c":["y"],"d":"z"},"e":"f"}"#,
                &[
                    "1:6 Unexpected character (',' (code 44)): was expecting closing quote for a string value",
                    "1:19 Unexpected character (']' (code 93)): was expecting closing quote for a string value",
                    "1:28 Unexpected character ('}' (code 125)): was expecting closing quote for a string value",
                ],
            ),
            (
                r#"["x, "y", "z"]"#,
                r#"["x","y","z"]"#,
                &["1:2 Unexpected character (',' (code 44)): was expecting closing quote for a string value"],
            ),
            (
                r#"{"a: "x", "b": 1}"#,
                r#"{"a":"x","b":1}"#,
                &["1:2 Unexpected colon: was expecting closing quote for name"],
            ),
        ]);
    }

    #[test]
    fn control_characters_must_be_escaped() {
        check_all(&[
            (
                "[\"line\nmore\"]",
                r#"["line\nmore"]"#,
                &[
                    "1:7 Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value",
                ],
            ),
            (
                "[\"tab\there\"]",
                r#"["tab\there"]"#,
                &[
                    "1:6 Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value",
                ],
            ),
            (
                "[\"\u{1}\"]",
                r#"["\u0001"]"#,
                &[
                    "1:3 Illegal unquoted character ((CTRL-CHAR, code 1)): has to be escaped using backslash to be included in string value",
                ],
            ),
            (
                "{\"\t\": 1}",
                r#"{"\t":1}"#,
                &[
                    "1:3 Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in name",
                ],
            ),
        ]);
    }

    #[test]
    fn escapes_are_checked() {
        check_all(&[
            (r#"["\x"]"#, r#"["\\x"]"#, &["1:3 Unrecognized character escape 'x' (code 120)"]),
            (
                r#"["\'a\'"]"#,
                r#"["\\'a\\'"]"#,
                &["1:3 Unrecognized character escape ''' (code 39)", "1:6 Unrecognized character escape ''' (code 39)"],
            ),
            (
                r#"["\u12g4"]"#,
                r#"["�g4"]"#,
                &["1:5 Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence"],
            ),
            (r#"["\u12"#, r#"["�"]"#, &["1:5 Unexpected end-of-input in character escape sequence"]),
            (r#"["\ud800"]"#, r#"["�"]"#, &[r"1:3 the surrogate `\ud800` stands alone and is no character"]),
            (
                r#"["\udc00\ud83d\ude42"]"#,
                r#"["�🙂"]"#,
                &[r"1:3 the surrogate `\udc00` stands alone and is no character"],
            ),
            (
                r#"["\ud800\ud83d\ude42"]"#,
                r#"["�🙂"]"#,
                &[r"1:3 the surrogate `\ud800` stands alone and is no character"],
            ),
            (r#"["\ud800\u0041"]"#, r#"["�A"]"#, &[r"1:3 the surrogate `\ud800` stands alone and is no character"]),
            (
                r#"["\ud800\uzzzz"]"#,
                r#"["��zzzz"]"#,
                &[
                    r"1:3 the surrogate `\ud800` stands alone and is no character",
                    "1:11 Unexpected character ('z' (code 122)): expected a hex-digit for character escape sequence",
                ],
            ),
        ]);
    }
}
