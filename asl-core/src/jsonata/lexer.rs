//! Text into tokens. Whether `/` divides or opens a regular expression depends on what the parser expects.

use std::sync::Arc;

use super::ast::Span;
use super::error::Fault;
use super::regex::Regex;
use crate::value::Value;

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) enum TokenKind {
    Operator(&'static str),
    Name(Arc<str>),
    /// Without its `$`.
    Variable(Arc<str>),
    String(Arc<str>),
    Number(f64),
    Constant(Value),
    Regex(Arc<Regex>),
    End,
}

/// What a `/` means where the parser stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slash {
    Divides,
    OpensRegex,
}

/// Operators, the longer before their prefixes.
const OPERATORS: &[&str] = &[
    "..", ":=", "!=", ">=", "<=", "**", "~>", ".", "[", "]", "{", "}", "(", ")", ",", "@", "#", ";", ":", "?", "+",
    "-", "*", "/", "%", "|", "=", "<", ">", "^", "&", "!", "~",
];

#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub(super) fn next(&mut self, slash: Slash) -> Result<Token, Fault> {
        self.skip_blanks_and_comments()?;
        let start = self.position;
        let kind = self.scan(slash)?;
        Ok(Token { kind, span: Span::new(start, self.position) })
    }

    fn scan(&mut self, slash: Slash) -> Result<TokenKind, Fault> {
        let Some(first) = self.peek() else { return Ok(TokenKind::End) };
        match first {
            '/' if slash == Slash::OpensRegex => self.scan_regex(),
            '"' | '\'' => self.scan_string(first),
            '0'..='9' => self.scan_number(),
            '`' => self.scan_quoted_name(),
            _ => match OPERATORS.iter().find(|operator| self.rest().starts_with(**operator)) {
                Some(operator) => {
                    self.position += operator.len();
                    Ok(TokenKind::Operator(operator))
                }
                None => Ok(self.scan_word()),
            },
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position += next.len_utf8();
        Some(next)
    }

    /// The fault `code` at what was read since `start`.
    fn fault(&self, code: &'static str, start: usize) -> Fault {
        Fault::at(code, Span::new(start, self.position))
    }

    fn skip_blanks_and_comments(&mut self) -> Result<(), Fault> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(is_blank);
            self.position += rest.len() - trimmed.len();
            if !trimmed.starts_with("/*") {
                return Ok(());
            }
            let start = self.position;
            match trimmed.get(2..).and_then(|comment| comment.find("*/")) {
                Some(length) => self.position += length + 4,
                None => return Err(Fault::at("S0106", Span::new(start, self.text.len()))),
            }
        }
    }

    fn scan_string(&mut self, quote: char) -> Result<TokenKind, Fault> {
        let start = self.position;
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return Err(self.fault("S0101", start)),
                Some('\\') => text.push(self.scan_escape()?),
                Some(character) if character == quote => return Ok(TokenKind::String(text.into())),
                Some(character) => text.push(character),
            }
        }
    }

    /// The character that an escape stands for; a pair of `\u` escapes stands for one outside the basic plane.
    fn scan_escape(&mut self) -> Result<char, Fault> {
        let start = self.position.saturating_sub(1);
        let Some(escape) = self.bump() else { return Err(self.fault("S0101", start)) };
        Ok(match escape {
            '"' | '\\' | '/' => escape,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.scan_code_unit(start)?;
                let mut units = vec![unit];
                if (0xd800..0xdc00).contains(&unit) && self.rest().starts_with("\\u") {
                    self.position += 2;
                    units.push(self.scan_code_unit(start)?);
                }
                match char::decode_utf16(units).collect::<Result<Vec<_>, _>>().as_deref() {
                    Ok([character]) => *character,
                    _ => return Err(self.fault("S0104", start)),
                }
            }
            _ => return Err(self.fault("S0103", start).with_token(escape.encode_utf8(&mut [0; 4]))),
        })
    }

    fn scan_code_unit(&mut self, start: usize) -> Result<u16, Fault> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let Some(unit) = unit else { return Err(self.fault("S0104", start)) };
        self.position += 4;
        Ok(unit)
    }

    fn scan_number(&mut self) -> Result<TokenKind, Fault> {
        let start = self.position;
        if self.peek() == Some('0') {
            self.position += 1;
        } else {
            self.skip_digits();
        }
        if let Some(fraction) = self.rest().strip_prefix('.')
            && fraction.starts_with(|first: char| first.is_ascii_digit())
        {
            self.position += 1;
            self.skip_digits();
        }
        if let Some(exponent) = self.rest().strip_prefix(['e', 'E']) {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.starts_with(|first: char| first.is_ascii_digit()) {
                self.position = self.text.len() - digits.len();
                self.skip_digits();
            }
        }
        let text = self.text.get(start..self.position).unwrap_or("");
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(TokenKind::Number(number)),
            _ => Err(self.fault("S0102", start).with_token(text)),
        }
    }

    fn skip_digits(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
    }

    fn scan_quoted_name(&mut self) -> Result<TokenKind, Fault> {
        let start = self.position;
        self.bump();
        match self.rest().split_once('`') {
            Some((name, _)) => {
                self.position += name.len() + 1;
                Ok(TokenKind::Name(name.into()))
            }
            None => Err(Fault::at("S0105", Span::new(start, self.text.len()))),
        }
    }

    /// A variable, a word operator, a constant or a name: everything up to a blank or an operator.
    fn scan_word(&mut self) -> TokenKind {
        let rest = self.rest();
        let is_end = |character: char| is_blank(character) || is_operator_character(character);
        let word = rest.find(is_end).and_then(|end| rest.get(..end)).unwrap_or(rest);
        self.position += word.len();
        match word {
            "or" => TokenKind::Operator("or"),
            "in" => TokenKind::Operator("in"),
            "and" => TokenKind::Operator("and"),
            "true" => TokenKind::Constant(Value::Bool(true)),
            "false" => TokenKind::Constant(Value::Bool(false)),
            "null" => TokenKind::Constant(Value::Null),
            _ => match word.strip_prefix('$') {
                Some(name) => TokenKind::Variable(name.into()),
                None => TokenKind::Name(word.into()),
            },
        }
    }

    /// The text between slashes, where a slash within brackets or behind a backslash does not close, and the flags.
    fn scan_regex(&mut self) -> Result<TokenKind, Fault> {
        let start = self.position;
        self.bump();
        let opened = self.position;
        let mut depth = 0_i32;
        let mut escaped = false;
        loop {
            let here = self.position;
            match self.bump() {
                None => return Err(self.fault("S0302", start)),
                Some(_) if escaped => escaped = false,
                Some('\\') => escaped = true,
                Some('/') if depth == 0 => {
                    let pattern = self.text.get(opened..here).unwrap_or("");
                    if pattern.is_empty() {
                        return Err(self.fault("S0301", start));
                    }
                    let flags = self.rest();
                    let flags = flags.get(..flags.len() - flags.trim_start_matches(['i', 'm']).len()).unwrap_or("");
                    self.position += flags.len();
                    let regex = Regex::compile(pattern, flags)
                        .map_err(|invalid| self.fault("S0303", start).with("reason", invalid.reason))?;
                    return Ok(TokenKind::Regex(Arc::new(regex)));
                }
                Some('(' | '[' | '{') => depth += 1,
                Some(')' | ']' | '}') => depth -= 1,
                Some(_) => {}
            }
        }
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}')
}

fn is_operator_character(character: char) -> bool {
    OPERATORS.iter().any(|operator| operator.len() == 1 && operator.starts_with(character))
}
