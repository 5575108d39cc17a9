//! `Error` and `Cause` of a Fail state.
//!
//! See [Fail State](https://states-language.net/spec.html#fail-state) in the specification.

use std::sync::Arc;

use crate::failure::Failure;
use crate::program::FailText;
use crate::value::Value;

use super::scope::Scope;

impl FailText {
    /// The text; `field` is `ErrorPath` or `CausePath` and appears in messages.
    pub(crate) fn evaluate(&self, field: &str, scope: &Scope<'_>) -> Result<Arc<str>, Failure> {
        match self {
            Self::Literal(text) => Ok(text.clone()),
            Self::Query(query) => query.evaluate_as("string", scope, |value| match value {
                Value::String(text) => Some(text.clone()),
                _ => None,
            }),
            Self::Expression(expression) => match expression.evaluate(field, scope)? {
                Value::String(text) => Ok(text),
                other => Err(Failure::runtime(format!("The {field} field must refer to a string but found: {other}"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tests::with_scope;
    use crate::expression::Expression;

    #[test]
    fn a_path_must_find_a_string() {
        for (path, expected) in [
            ("$.why", Ok("sold out")),
            ("$$.State.Name", Ok("Ship")),
            ("$.n", Err("The CausePath field must refer to a string but found: 7")),
            (
                "$.x",
                Err("The JSONPath '$.x' specified for the field 'CausePath' could not be found in the input \
                     '{\"why\":\"sold out\",\"n\":7}'"),
            ),
        ] {
            let text = FailText::Expression(Expression::parse(path).unwrap());
            let text = with_scope(r#"{"why":"sold out","n":7}"#, |scope| text.evaluate("CausePath", scope));
            let text = text.as_deref().map_err(|failure| failure.cause().unwrap_or_default());
            assert_eq!(text, expected, "{path}");
        }
        let literal = FailText::Literal("fixed".into());
        assert_eq!(with_scope("null", |scope| literal.evaluate("Error", scope)), Ok("fixed".into()));
    }
}
