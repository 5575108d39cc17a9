//! Characters, blanks, strings, numbers and words, with what can be made of the wrong ones.
//!
//! Where AWS's JSON parser, which is Jackson, has words for a fault, they are used.

use super::{MAX_FAULTS, NodeKind};
use crate::diagnostic::{Code, Diagnostics, Fault};
use crate::source::{JsonPointer, Source, Span};
use crate::value::Number;

/// What a string is for, in Jackson's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StringRole {
    Name,
    Value,
}

/// A place in the text, and the faults so far.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    offset: usize,
    faults: Vec<Fault>,
    /// Whether the early end of the text was reported.
    end_reported: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, offset: 0, faults: Vec::new(), end_reported: false }
    }

    pub(super) fn into_diagnostics(self, pointer_to: impl Fn(Span) -> JsonPointer) -> Diagnostics {
        let source = Source::new("", self.text);
        self.faults.into_iter().map(|fault| fault.into_diagnostic(&pointer_to, &source)).collect()
    }

    /// Notes a fault, one for each span; the last one that is allowed ends the text.
    pub(super) fn report(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS && self.faults.iter().all(|other| other.span() != fault.span()) {
            self.faults.push(fault);
        }
        if self.faults.len() == MAX_FAULTS {
            self.offset = self.text.len();
        }
    }

    /// Notes a fault that consists in the text ending; only the innermost thing that lacks its end counts.
    pub(super) fn report_end(&mut self, fault: Fault) {
        if !self.end_reported {
            self.end_reported = true;
            self.report(fault);
        }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.offset += character.len_utf8();
        Some(character)
    }

    /// The span of the next character, empty at the end.
    pub(super) fn next_span(&self) -> Span {
        let length = self.peek().map_or(0, char::len_utf8);
        (self.offset..self.offset + length).into()
    }

    /// The span from `start` to here.
    pub(super) fn span_from(&self, start: usize) -> Span {
        (start..self.offset).into()
    }

    /// Takes the longest run of characters for which `belongs` holds.
    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|character| !belongs(character)).unwrap_or(rest.len());
        self.offset += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Skips white space; comments and other blanks are faults.
    pub(super) fn skip_blank(&mut self) {
        loop {
            self.take_while(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
            let start = self.offset;
            if self.rest().starts_with("//") {
                self.take_while(|character| character != '\n');
                self.report_comment(start);
            } else if self.rest().starts_with("/*") {
                let rest = self.rest();
                self.offset += rest.find("*/").map_or(rest.len(), |end| end + "*/".len());
                self.report_comment(start);
            } else if self.peek() == Some('\u{feff}') {
                self.bump();
                let fault = json_fault(start..self.offset, "a byte order mark is not part of JSON");
                self.report(fault.with_help("save the file as UTF-8 without a byte order mark".to_owned()));
            } else if let Some(blank) = self.peek().filter(|character| character.is_whitespace()) {
                self.bump();
                let fault = json_fault(start..self.offset, unexpected(blank, "expected a space, tab or line break"));
                self.report(fault);
            } else {
                return;
            }
        }
    }

    fn report_comment(&mut self, start: usize) {
        let fault = json_fault(start..self.offset, "JSON has no comments");
        self.report(fault.with_help("say it in a `Comment` field".to_owned()));
    }

    /// Takes a string, from its opening quote on.
    pub(super) fn string(&mut self, role: StringRole) -> (String, Span) {
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
                Some(quote) if closes(opening, quote) => break,
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

    /// Ends a string whose closing quote was lost at the end of the line, and gives a comma there back to the list.
    fn end_of_line_in_string(&mut self, start: usize, text: &mut String) {
        if let Some(before_comma) = text.trim_end().strip_suffix(',').map(str::len) {
            let written = self.text.get(start..self.offset).unwrap_or_default();
            self.offset = start + written.trim_end().len() - ",".len();
            text.truncate(before_comma);
        }
        let message = "Unexpected end-of-line: was expecting closing quote for a string value";
        self.report(json_fault(start..self.offset, message).with_help("close the string with `\"`".to_owned()));
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
                let message = match self.peek() {
                    Some(other) => unexpected(other, "expected a hex-digit for character escape sequence"),
                    None => "Unexpected end-of-input in character escape sequence".to_owned(),
                };
                let span = start..self.next_span().end;
                self.report(json_fault(span, message).with_help(r"`\u` takes four hexadecimal digits".to_owned()));
                return None;
            };
            unit = unit * 16 + digit;
            self.bump();
        }
        Some(unit)
    }

    /// Takes a number; `None` for what cannot be understood as one.
    pub(super) fn number(&mut self) -> Option<NodeKind> {
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

    /// Takes `true`, `false` or `null`; any other word is a fault, and understood as far as it can be.
    pub(super) fn word(&mut self) -> NodeKind {
        let start = self.offset;
        let token = self.take_while(is_word);
        let (meant, help) = match token {
            "null" => return NodeKind::Null,
            "true" => return NodeKind::Bool(true),
            "false" => return NodeKind::Bool(false),
            _ => match token.to_ascii_lowercase().as_str() {
                "true" => (NodeKind::Bool(true), "write `true`"),
                "false" => (NodeKind::Bool(false), "write `false`"),
                "null" | "none" | "nil" | "undefined" | "nan" | "infinity" => (NodeKind::Null, "write `null`"),
                _ => (NodeKind::String(token.to_owned()), "a string stands in double quotes"),
            },
        };
        let message = format!("Unrecognized token '{token}': was expecting ({VALUES})");
        self.report(json_fault(start..self.offset, message).with_help(help.to_owned()));
        meant
    }
}

/// A fault of the JSON text.
pub(super) fn json_fault(span: impl Into<Span>, message: impl Into<String>) -> Fault {
    Fault::new(Code::INVALID_JSON_DESCRIPTION, span.into(), message)
}

/// What a value can be, in Jackson's words.
pub(super) const VALUES: &str = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'";

/// Jackson's message for a character that does not belong.
pub(super) fn unexpected(character: char, expectation: &str) -> String {
    format!("Unexpected character ({}): {expectation}", describe(character))
}

fn describe(character: char) -> String {
    let code = u32::from(character);
    if character.is_control() {
        format!("(CTRL-CHAR, code {code})")
    } else if code > 255 {
        format!("'{character}' (code {code} / 0x{code:x})")
    } else {
        format!("'{character}' (code {code})")
    }
}

/// Whether `character` opens or closes a string, rightly (`"`) or wrongly.
pub(super) fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'' | '\u{201c}' | '\u{201d}')
}

/// Whether `quote` closes a string that `opening` opened.
fn closes(opening: Option<char>, quote: char) -> bool {
    match opening {
        Some('\u{201c}' | '\u{201d}') => matches!(quote, '\u{201c}' | '\u{201d}'),
        _ => opening == Some(quote),
    }
}

/// Whether `character` is part of a word: a literal, or a name or text that lacks its quotes.
pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '$')
}

/// Whether the lines after a line break look as if the string before it lost its closing quote,
/// rather than as if it went on.
fn is_after_lost_quote(rest: &str) -> bool {
    matches!(rest.trim_start().chars().next(), None | Some('"' | '}' | ']'))
}

fn escape_help(control: char) -> String {
    match control {
        '\n' => r"write `\n`".to_owned(),
        '\r' => r"write `\r`".to_owned(),
        '\t' => r"write `\t`".to_owned(),
        _ => format!("write `\\u{:04x}`", u32::from(control)),
    }
}

/// The number that `token` means, leniently; `None` if it means none or is too large.
fn read_number(token: &str) -> Option<Number> {
    let token = token.replace('_', "");
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
