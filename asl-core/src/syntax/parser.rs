//! Values, objects and arrays, and how reading goes on after a fault.

use std::borrow::Cow;

use super::lexer::{Lexer, VALUES, is_quote, is_word, json_fault, unexpected};
use super::{Dialect, MAX_DEPTH, Member, Node, NodeKind, too_deep, too_large};
use crate::diagnostic::{Code, Diagnostics, Fault};
use crate::placeholder;
use crate::source::{JsonPointer, Span};

pub(super) fn parse(text: &str, dialect: Dialect) -> (Option<Node<'_>>, Diagnostics) {
    let mut lexer = Lexer::new(text);
    if let Some(fault) = too_large(text) {
        lexer.report(fault);
        return (None, lexer.into_diagnostics(|_| JsonPointer::default()));
    }
    let mut parser = Parser { lexer, open: Vec::new(), elements: Vec::new(), members: Vec::new(), dialect };
    let root = parser.document();
    let diagnostics = parser.lexer.into_diagnostics(|span| match &root {
        Some(root) => root.pointer_to(span),
        None => JsonPointer::default(),
    });
    (root, diagnostics)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Array,
    Object,
}

impl Container {
    fn close(self) -> char {
        match self {
            Self::Array => ']',
            Self::Object => '}',
        }
    }

    /// Jackson's name of the container.
    fn name(self) -> &'static str {
        match self {
            Self::Array => "Array",
            Self::Object => "Object",
        }
    }

    /// What must stand where an element or member begins, in Jackson's words.
    fn expectation(self) -> String {
        match self {
            Self::Array => format!("expected a valid value ({VALUES})"),
            Self::Object => "was expecting double-quote to start field name".to_owned(),
        }
    }

    /// Whether `character` can begin an element or a member, even if wrongly.
    fn begins_part(self, character: char) -> bool {
        match self {
            Self::Array => begins_value(character),
            Self::Object => begins_value(character) && !matches!(character, '{' | '['),
        }
    }
}

fn begins_value(character: char) -> bool {
    is_quote(character) || is_word(character) || matches!(character, '{' | '[' | '+' | '.')
}

/// What an array or object had last.
#[derive(Debug, Clone, Copy)]
enum Last {
    Opening,
    Part,
    Comma(Span),
    /// Something that was reported, so that nothing is asked of what follows it.
    Misplaced,
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    open: Vec<Container>,
    /// The elements of the arrays that are open, those of the outermost first.
    elements: Vec<Node<'t>>,
    /// The members of the objects that are open, those of the outermost first.
    members: Vec<Member<'t>>,
    dialect: Dialect,
}

impl<'t> Parser<'t> {
    fn document(&mut self) -> Option<Node<'t>> {
        self.lexer.skip_blank();
        let Some(first) = self.lexer.peek() else {
            let message = "Definition must be a valid JSON object";
            self.lexer.report(Fault::new(Code::NOT_AN_OBJECT, self.lexer.next_span(), message));
            return None;
        };
        if !begins_value(first) {
            self.report_unexpected(first, &Container::Array.expectation());
            return None;
        }
        let root = self.value()?;
        if root.as_str().is_some() && !is_quote(first) {
            return None;
        }
        self.lexer.skip_blank();
        let start = self.lexer.offset();
        let length = self.lexer.rest().trim_end().len();
        if length > 0 {
            let fault = json_fault(start..start + length, "text follows the end of the JSON value");
            self.lexer.report(fault.with_label(Span::empty(root.span.end), "the value ends here"));
        }
        Some(root)
    }

    /// Reads a value, which [`begins_value`]; `None` for what cannot be kept.
    fn value(&mut self) -> Option<Node<'t>> {
        let start = self.lexer.offset();
        let kind = match self.lexer.peek()? {
            '{' | '[' if self.open.len() == MAX_DEPTH => {
                self.skip_too_deep();
                return None;
            }
            '{' => NodeKind::Object(self.container(Container::Object, Self::member, |parser| &mut parser.members)),
            '[' => NodeKind::Array(self.container(Container::Array, Self::value, |parser| &mut parser.elements)),
            quote if is_quote(quote) => NodeKind::String(self.lexer.string_value()),
            _ if self.is_placeholder() => NodeKind::String(self.placeholder().into()),
            '0'..='9' | '-' | '+' | '.' => self.lexer.number()?,
            _ => self.lexer.word(),
        };
        Some(Node { span: self.lexer.span_from(start), kind })
    }

    /// Whether a placeholder stands here, where a value or a key can.
    fn is_placeholder(&self) -> bool {
        self.dialect == Dialect::WithPlaceholders && placeholder::length(self.lexer.rest()).is_some()
    }

    /// Takes placeholders, and what words stand between and after them.
    fn placeholder(&mut self) -> String {
        let mut text = String::new();
        while let Some(length) = placeholder::length(self.lexer.rest()) {
            text.push_str(self.lexer.take(length));
            text.push_str(self.lexer.take_while(|character| is_word(character) && character != '$'));
        }
        text
    }

    /// Reads the elements or members between two brackets, gathering them in `parts`.
    fn container<T>(
        &mut self,
        container: Container,
        read_part: fn(&mut Self) -> Option<T>,
        parts: fn(&mut Self) -> &mut Vec<T>,
    ) -> Vec<T> {
        let opening = self.lexer.next_span();
        self.lexer.bump();
        self.open.push(container);
        let first_part = parts(self).len();
        let mut last = Last::Opening;
        let mut last_end = opening.end;
        loop {
            self.lexer.skip_blank();
            match self.lexer.peek() {
                None => {
                    self.report_end_in_container(container, opening);
                    break;
                }
                Some(close) if close == container.close() => {
                    if let Last::Comma(comma) = last {
                        let message = unexpected(close, &container.expectation());
                        let fault =
                            json_fault(self.lexer.next_span(), message).with_help("remove the comma".to_owned());
                        self.lexer.report(fault.with_label(comma, "nothing follows this comma"));
                    }
                    self.lexer.bump();
                    break;
                }
                Some(close @ ('}' | ']')) => {
                    self.report_wrong_close(container, opening, close);
                    break;
                }
                Some(',') => {
                    last = match last {
                        Last::Part | Last::Misplaced => Last::Comma(self.lexer.next_span()),
                        Last::Opening | Last::Comma(_) => {
                            self.report_unexpected(',', &container.expectation());
                            Last::Misplaced
                        }
                    };
                    self.lexer.bump();
                }
                Some(other) => {
                    let begins_part = container.begins_part(other);
                    if matches!(last, Last::Part) {
                        self.report_missing_comma(container, other, last_end);
                    } else if !begins_part {
                        self.report_unexpected(other, &container.expectation());
                    }
                    if begins_part {
                        if let Some(part) = read_part(self) {
                            parts(self).push(part);
                        }
                        last = Last::Part;
                    } else {
                        self.skip_misplaced();
                        last = Last::Misplaced;
                    }
                    last_end = self.lexer.offset();
                }
            }
        }
        self.open.pop();
        parts(self).split_off(first_part)
    }

    /// Reads a key, a colon and a value; `None` where the value is missing.
    fn member(&mut self) -> Option<Member<'t>> {
        let (key, key_span) = self.key();
        self.lexer.skip_blank();
        if !self.colon(key_span) {
            return None;
        }
        self.lexer.skip_blank();
        match self.lexer.peek() {
            Some(first) if begins_value(first) => self.value().map(|value| Member { key, key_span, value }),
            Some(other) => {
                self.report_unexpected(other, &Container::Array.expectation());
                if !matches!(other, ',' | '}' | ']') {
                    self.skip_misplaced();
                }
                None
            }
            None => {
                self.report_end_in_member(key_span);
                None
            }
        }
    }

    fn key(&mut self) -> (Cow<'t, str>, Span) {
        let start = self.lexer.offset();
        if self.is_placeholder() {
            return (self.placeholder().into(), self.lexer.span_from(start));
        }
        if let Some(first) = self.lexer.peek().filter(|first| !is_quote(*first)) {
            let key = self.lexer.take_while(|character| is_word(character) || matches!(character, '+' | '.'));
            let span = self.lexer.span_from(start);
            let fault = json_fault(span, unexpected(first, &Container::Object.expectation()));
            self.lexer.report(fault.with_help("a field's name stands in double quotes".to_owned()));
            return (key.into(), span);
        }
        self.lexer.quoted_key()
    }

    /// Takes a colon, or what stands in its place; whether a value can follow.
    fn colon(&mut self, key_span: Span) -> bool {
        match self.lexer.peek() {
            Some(':') => {
                self.lexer.bump();
                true
            }
            Some(other) => {
                self.report_unexpected(other, "was expecting a colon to separate field name and value");
                self.lexer.take_while(|character| matches!(character, '=' | '>'));
                !matches!(other, ',' | '}' | ']')
            }
            None => {
                self.report_end_in_member(key_span);
                false
            }
        }
    }

    /// Skips what can be no part of the container that is open.
    fn skip_misplaced(&mut self) {
        match self.lexer.peek() {
            Some('{' | '[') => {
                self.value();
            }
            Some(':') => {
                self.lexer.bump();
                self.lexer.skip_blank();
                if self.lexer.peek().is_some_and(begins_value) {
                    self.value();
                }
            }
            _ => {
                self.lexer.bump();
                self.lexer.take_while(|character| {
                    !is_quote(character) && !matches!(character, ',' | ':' | '{' | '}' | '[' | ']' | '\n')
                });
            }
        }
    }

    /// Skips an object or array that is nested too deeply, without recursion.
    fn skip_too_deep(&mut self) {
        self.lexer.report(too_deep(self.lexer.next_span()));
        let mut depth = 0_usize;
        while let Some(character) = self.lexer.peek() {
            match character {
                '"' => {
                    self.lexer.string_value();
                    continue;
                }
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                _ => {}
            }
            self.lexer.bump();
            if depth == 0 {
                return;
            }
        }
    }

    fn report_unexpected(&mut self, character: char, expectation: &str) {
        self.lexer.report(json_fault(self.lexer.next_span(), unexpected(character, expectation)));
    }

    fn report_missing_comma(&mut self, container: Container, character: char, last_end: usize) {
        let expectation = format!("was expecting comma to separate {} entries", container.name());
        let fault = json_fault(self.lexer.next_span(), unexpected(character, &expectation));
        self.lexer.report(if container.begins_part(character) {
            fault.with_label(Span::empty(last_end), "a comma is missing here").with_help("write a comma".to_owned())
        } else {
            fault
        });
    }

    /// Reports a bracket that closes something else, and takes it unless an outer container may want it.
    fn report_wrong_close(&mut self, container: Container, opening: Span, close: char) {
        let message = format!("Unexpected close marker '{close}': expected '{}'", container.close());
        let label = format!("the {} starts here", container.name());
        let aws = self.lexer.aws_location(opening.start);
        let mut fault = json_fault(self.lexer.next_span(), message.as_str())
            .with_label(opening, label)
            .with_help(format!("write `{}`", container.close()));
        if let Some(start) = aws {
            fault = fault.aws_says(format!("{message} (for {} starting at {start})", container.name()));
        }
        self.lexer.report(fault);
        if !self.open.iter().any(|outer| outer.close() == close) {
            self.lexer.bump();
        }
    }

    fn report_end_in_container(&mut self, container: Container, opening: Span) {
        let message = format!("Unexpected end-of-input: expected close marker for {}", container.name());
        let aws = self.lexer.aws_location(opening.start);
        let mut fault = json_fault(self.lexer.next_span(), message.as_str());
        if let Some(start) = aws {
            fault = fault.aws_says(format!("{message} (start marker at {start})"));
        }
        let fault = fault.with_label(opening, format!("the {} starts here", container.name()));
        self.lexer.report_end(fault.with_help(format!("close it with `{}`", container.close())));
    }

    fn report_end_in_member(&mut self, key_span: Span) {
        let fault = json_fault(self.lexer.next_span(), "Unexpected end-of-input within/between Object entries");
        self.lexer.report_end(
            fault.with_label(key_span, "this field has no value").with_help("write a colon and a value".to_owned()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::tests::check_all;

    #[test]
    fn what_is_no_value_is_reported() {
        check_all(&[
            ("not a definition", "", &["1:1 Unrecognized token 'not': was expecting (…)"]),
            ("@", "", &["1:1 Unexpected character ('@' (code 64)): expected a valid value (…)"]),
            ("<xml/>", "", &["1:1 Unexpected character ('<' (code 60)): expected a valid value (…)"]),
            ("}", "", &["1:1 Unexpected character ('}' (code 125)): expected a valid value (…)"]),
            ("{} {}", "{}", &["1:4 text follows the end of the JSON value"]),
            (r#"{"a":1}}"#, r#"{"a":1}"#, &["1:8 text follows the end of the JSON value"]),
        ]);
    }

    #[test]
    fn commas_are_asked_for_once() {
        check_all(&[
            (
                r#"{"a":1,}"#,
                r#"{"a":1}"#,
                &["1:8 Unexpected character ('}' (code 125)): was expecting double-quote to start field name"],
            ),
            ("[1,2,]", "[1,2]", &["1:6 Unexpected character (']' (code 93)): expected a valid value (…)"]),
            ("[,1]", "[1]", &["1:2 Unexpected character (',' (code 44)): expected a valid value (…)"]),
            ("[1,,2]", "[1,2]", &["1:4 Unexpected character (',' (code 44)): expected a valid value (…)"]),
            (
                "{,}",
                "{}",
                &["1:2 Unexpected character (',' (code 44)): was expecting double-quote to start field name"],
            ),
            (
                "{\"a\":1\n\"b\":2}",
                r#"{"a":1,"b":2}"#,
                &[r#"2:1 Unexpected character ('"' (code 34)): was expecting comma to separate Object entries"#],
            ),
            (
                "[1 2]",
                "[1,2]",
                &["1:4 Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"],
            ),
            (
                r#"{"a": 1; "b": 2}"#,
                r#"{"a":1,"b":2}"#,
                &["1:8 Unexpected character (';' (code 59)): was expecting comma to separate Object entries"],
            ),
            (
                r#"{"a": "b": "c", "d": 1}"#,
                r#"{"a":"b","d":1}"#,
                &["1:10 Unexpected character (':' (code 58)): was expecting comma to separate Object entries"],
            ),
            (
                r#"{"a": 1, {"b": 2}, "c": 3}"#,
                r#"{"a":1,"c":3}"#,
                &["1:10 Unexpected character ('{' (code 123)): was expecting double-quote to start field name"],
            ),
            (
                "[1 : 2]",
                "[1]",
                &["1:4 Unexpected character (':' (code 58)): was expecting comma to separate Array entries"],
            ),
            ("[@@@ 1, 2]", "[2]", &["1:2 Unexpected character ('@' (code 64)): expected a valid value (…)"]),
        ]);
    }

    #[test]
    fn members_need_a_key_a_colon_and_a_value() {
        check_all(&[
            (
                r#"{"a" 1}"#,
                r#"{"a":1}"#,
                &["1:6 Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"],
            ),
            (
                r#"{"a" => 1}"#,
                r#"{"a":1}"#,
                &["1:6 Unexpected character ('=' (code 61)): was expecting a colon to separate field name and value"],
            ),
            (r#"{"a":}"#, "{}", &["1:6 Unexpected character ('}' (code 125)): expected a valid value (…)"]),
            (
                r#"{"a":,"b":1}"#,
                r#"{"b":1}"#,
                &["1:6 Unexpected character (',' (code 44)): expected a valid value (…)"],
            ),
            (
                r#"{"a","b":1}"#,
                r#"{"b":1}"#,
                &["1:5 Unexpected character (',' (code 44)): was expecting a colon to separate field name and value"],
            ),
            (
                "{a: 1}",
                r#"{"a":1}"#,
                &["1:2 Unexpected character ('a' (code 97)): was expecting double-quote to start field name"],
            ),
            (
                "{1: 2}",
                r#"{"1":2}"#,
                &["1:2 Unexpected character ('1' (code 49)): was expecting double-quote to start field name"],
            ),
            (
                r#"{"a": <b>, "c": 1}"#,
                r#"{"c":1}"#,
                &["1:7 Unexpected character ('<' (code 60)): expected a valid value (…)"],
            ),
        ]);
    }

    #[test]
    fn brackets_are_matched() {
        check_all(&[
            (r#"{"a": [1, 2}"#, r#"{"a":[1,2]}"#, &["1:12 Unexpected close marker '}': expected ']'"]),
            (r#"[{"a": 1]"#, r#"[{"a":1}]"#, &["1:9 Unexpected close marker ']': expected '}'"]),
            ("[1}", "[1]", &["1:3 Unexpected close marker '}': expected ']'"]),
            (r#"{"a":1]"#, r#"{"a":1}"#, &["1:7 Unexpected close marker ']': expected '}'"]),
            (r#"{"a":1"#, r#"{"a":1}"#, &["1:7 Unexpected end-of-input: expected close marker for Object"]),
            ("[[1", "[[1]]", &["1:4 Unexpected end-of-input: expected close marker for Array"]),
            (r#"{"a":"#, "{}", &["1:6 Unexpected end-of-input within/between Object entries"]),
            (r#"{"a""#, "{}", &["1:5 Unexpected end-of-input within/between Object entries"]),
        ]);
    }
}
