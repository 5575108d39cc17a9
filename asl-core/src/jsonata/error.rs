//! What can go wrong, by the reference's codes: `S….` in the text, `T….` in the types, `D….` in the data, and `U….` for
//! the bounds of an evaluation.

mod message;

use std::fmt;
use std::ops::Range;

use super::ast::Span;

/// A text that is not JSONata, or an expression that could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: &'static str,
    message: String,
    span: Range<usize>,
}

impl Error {
    /// The reference's code, such as `T2001`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The reference's message, such as `The left side of the "+" operator must evaluate to a number`.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The bytes of the expression's text that the error is about.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// The code and the message, as AWS quotes them.
impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}

/// An error on its way out, still collecting what its message will quote.
///
/// It is boxed because it travels through every level of the recursion and almost never exists.
#[derive(Debug, Clone)]
pub(super) struct Fault(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    code: &'static str,
    span: Option<Span>,
    token: Option<String>,
    quoted: Vec<(&'static str, String)>,
}

impl Fault {
    pub(super) fn new(code: &'static str) -> Self {
        Self(Box::new(Details { code, span: None, token: None, quoted: Vec::new() }))
    }

    pub(super) fn at(code: &'static str, span: Span) -> Self {
        Self::new(code).with_span(span)
    }

    /// The text that stands for `{placeholder}` in the message; values are quoted as JSON.
    #[must_use]
    pub(super) fn with(mut self, placeholder: &'static str, text: impl Into<String>) -> Self {
        self.0.quoted.push((placeholder, text.into()));
        self
    }

    /// The operator or function to blame, unless one is already.
    #[must_use]
    pub(super) fn with_token(mut self, token: &str) -> Self {
        self.0.token.get_or_insert_with(|| token.to_owned());
        self
    }

    /// Where it happened, unless a place closer to the fault is known.
    #[must_use]
    pub(super) fn with_span(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// The finished error; a fault without a place is about the whole text.
    pub(super) fn into_error(self, text: &str) -> Error {
        let details = *self.0;
        let token = details.token.map(|token| ("token", message::json_text(&token)));
        let quoted: Vec<_> = details.quoted.into_iter().chain(token).collect();
        Error {
            code: details.code,
            message: message::render(details.code, &quoted),
            span: details.span.map_or(0..text.len(), |span| span.start..span.end),
        }
    }
}
