//! Intrinsic functions, `States.Format` and its seventeen companions.

use crate::evaluate::Scope;
use crate::expression::ExpressionError;
use crate::failure::Failure;
use crate::value::Value;

/// A compiled call of an intrinsic function.
#[derive(Debug, Clone)]
pub(crate) struct Intrinsic;

impl Intrinsic {
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        let _ = text;
        Ok(Self)
    }
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        let _ = scope;
        Ok(Value::Null)
    }
}
