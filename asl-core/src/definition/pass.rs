//! The Pass state.

use super::fields::{Fields, Spanned};
use crate::value::Value;

/// [A Pass state](https://states-language.net/spec.html#pass-state).
#[derive(Debug)]
pub(crate) struct Pass {
    /// Never evaluated, whatever its keys end in.
    pub(crate) result: Option<Spanned<Value>>,
}

impl Pass {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        let result = fields.node("Result").map(|node| Spanned { value: Value::from(node), span: node.span });
        Self { result }
    }
}
