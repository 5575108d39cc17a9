//! Characters, blanks, words, strings and numbers, with what can be made of the wrong ones.
//!
//! Where AWS's JSON parser, which is Jackson, has words for a fault, they are used.

mod number;
mod string;

use super::{MAX_FAULTS, NodeKind, jackson};
use crate::diagnostic::{AwsForm, Code, Diagnostics, Fault};
use crate::source::{JsonPointer, Source, Span};

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
        if self.faults.is_empty() {
            return Diagnostics::default();
        }
        let source = Source::new("", self.text);
        let placed = |(index, fault): (usize, Fault)| {
            let aws = aws_form(index, &fault, &source);
            fault.placed(&pointer_to, &source, aws)
        };
        self.faults.into_iter().enumerate().map(placed).collect()
    }

    /// The byte at `offset` as AWS's parser names it; only the first fault needs it, the only one that AWS sees.
    pub(super) fn aws_location(&self, offset: usize) -> Option<String> {
        self.faults.is_empty().then(|| jackson::location(offset, &Source::new("", self.text)))
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
        match self.next_byte() {
            Some(byte) if byte.is_ascii() => Some(char::from(byte)),
            _ => self.rest().chars().next(),
        }
    }

    fn next_byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
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

    /// Takes `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> &'t str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.offset += taken.len();
        taken
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
        while !self.is_at_token() {
            let start = self.offset;
            while self.next_byte().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
                self.offset += 1;
            }
            if self.offset > start {
                continue;
            }
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

    /// Whether what is next is certainly no white space and no comment.
    fn is_at_token(&self) -> bool {
        self.next_byte().is_some_and(|byte| byte.is_ascii_graphic() && byte != b'/')
    }

    fn report_comment(&mut self, start: usize) {
        let fault = json_fault(start..self.offset, "JSON has no comments");
        self.report(fault.with_help("say it in a `Comment` field".to_owned()));
    }
    /// Takes `true`, `false` or `null`; any other word is a fault, and understood as far as it can be.
    pub(super) fn word(&mut self) -> NodeKind<'t> {
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
                _ => (NodeKind::String(token.into()), "a string stands in double quotes"),
            },
        };
        let message = format!("Unrecognized token '{token}': was expecting ({VALUES})");
        self.report(json_fault(start..self.offset, message).with_help(help.to_owned()));
        meant
    }
}

/// What AWS says of the fault at `index`: it sees the first fault of the JSON only.
fn aws_form(index: usize, fault: &Fault, source: &Source<'_>) -> Option<AwsForm> {
    match fault.code() {
        Code::INVALID_JSON_DESCRIPTION => (index == 0).then(|| jackson::aws_form_of(fault, source)),
        _ => Some(AwsForm { message: fault.aws_message().to_owned(), location: None }),
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

/// Whether `character` is part of a word: a literal, or a name or text that lacks its quotes.
pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '$')
}

#[cfg(test)]
mod tests {
    use crate::syntax::tests::check_all;

    #[test]
    fn words_are_understood_as_far_as_they_can_be() {
        check_all(&[(
            r#"{"a": True, "b": None, "c": NaN, "d": Foo}"#,
            r#"{"a":true,"b":null,"c":null,"d":"Foo"}"#,
            &[
                "1:7 Unrecognized token 'True': was expecting (…)",
                "1:18 Unrecognized token 'None': was expecting (…)",
                "1:29 Unrecognized token 'NaN': was expecting (…)",
                "1:39 Unrecognized token 'Foo': was expecting (…)",
            ],
        )]);
    }

    #[test]
    fn only_json_blanks_are_blank() {
        check_all(&[
            ("\u{feff}{}", "{}", &["1:1 a byte order mark is not part of JSON"]),
            (
                "[1,\u{a0}2]",
                "[1,2]",
                &["1:4 Unexpected character ('\u{a0}' (code 160)): expected a space, tab or line break"],
            ),
            ("[1, // one\n 2 /* two */]", "[1,2]", &["1:5 JSON has no comments", "2:4 JSON has no comments"]),
            (
                "[1 /* x",
                "[1]",
                &["1:4 JSON has no comments", "1:8 Unexpected end-of-input: expected close marker for Array"],
            ),
        ]);
    }
}
