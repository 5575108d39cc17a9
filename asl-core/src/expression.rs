//! What the fields and keys of the JSONPath dialect hold: a path or a call of an intrinsic function.

use std::fmt;
use std::ops::Range;

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
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.starts_with("States.") {
            Intrinsic::parse(text).map(Self::Intrinsic)
        } else {
            JsonPath::parse(text).map(Self::Path)
        }
    }

    /// `field` is the field's name as messages quote it.
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

impl fmt::Display for ExpressionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}
