//! The Fail state.

use super::fields::{Fields, Spanned};
use super::jsonata::Computable;
use crate::expression::Expression;

/// [A Fail state](https://states-language.net/spec.html#fail-state).
#[derive(Debug)]
pub(crate) struct Fail<'t> {
    pub(crate) error: Option<Computable<&'t str>>,
    pub(crate) error_path: Option<Spanned<Expression>>,
    pub(crate) cause: Option<Computable<&'t str>>,
    pub(crate) cause_path: Option<Spanned<Expression>>,
}

impl<'t> Fail<'t> {
    pub(super) fn read(fields: &Fields<'t>) -> Self {
        Self {
            error: fields.computable("Error", Fields::text),
            error_path: fields.expression("ErrorPath"),
            cause: fields.computable("Cause", Fields::text),
            cause_path: fields.expression("CausePath"),
        }
    }
}
