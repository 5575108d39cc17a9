//! The Fail state.

use std::sync::Arc;

use super::fields::{Fields, Spanned};
use crate::expression::Expression;

/// [A Fail state](https://states-language.net/spec.html#fail-state).
#[derive(Debug)]
pub(crate) struct Fail {
    pub(crate) error: Option<Spanned<Arc<str>>>,
    pub(crate) error_path: Option<Spanned<Expression>>,
    pub(crate) cause: Option<Spanned<Arc<str>>>,
    pub(crate) cause_path: Option<Spanned<Expression>>,
}

impl Fail {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self {
            error: fields.text("Error"),
            error_path: fields.expression("ErrorPath"),
            cause: fields.text("Cause"),
            cause_path: fields.expression("CausePath"),
        }
    }
}
