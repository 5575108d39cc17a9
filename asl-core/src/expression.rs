//! What the fields and keys of the JSONPath dialect hold: a path or a call of an intrinsic function.

mod cursor;
mod java_text;

use std::fmt;
use std::ops::Range;

pub(crate) use self::cursor::Cursor;
pub(crate) use self::java_text::java_text;
use crate::evaluate::Scope;
use crate::failure::Failure;
use crate::intrinsic::Intrinsic;
use crate::jsonpath::JsonPath;
use crate::value::Value;

/// The value of a key that ends in `.$`: a path, or an intrinsic function.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Path(JsonPath),
    Intrinsic(Intrinsic),
}

impl Expression {
    /// Reads a path, which starts with `$`, or else a call of an intrinsic function.
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        if Self::is_path(text) {
            JsonPath::parse(text).map(Self::Path)
        } else {
            Intrinsic::parse(text).map(Self::Intrinsic)
        }
    }

    /// Whether a text is meant as a path.
    pub(crate) fn is_path(text: &str) -> bool {
        text.starts_with('$')
    }

    /// The value in `scope`; `field` is the field's name as messages quote it.
    pub(crate) fn evaluate(&self, field: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Path(path) => scope.select(path, field),
            Self::Intrinsic(intrinsic) => intrinsic.evaluate(scope),
        }
    }
}

/// What is wrong with the text of a path or an intrinsic function, and where in that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpressionError {
    /// Bytes of the expression's own text.
    pub(crate) span: Range<usize>,
    /// Lower case, no final period.
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl ExpressionError {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same error in a text that has `offset` more bytes in front.
    pub(crate) fn shifted(self, offset: usize) -> Self {
        Self { span: self.span.start + offset..self.span.end + offset, ..self }
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dollar_starts_a_path_and_everything_else_is_a_call() {
        assert!(matches!(Expression::parse("$.a"), Ok(Expression::Path(_))));
        assert!(matches!(Expression::parse("States.UUID()"), Ok(Expression::Intrinsic(_))));
        for text in ["", "a", "States", "42", "'a'"] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }
}
