//! JSONata expressions of a state's fields, and what AWS says when they fail.
//!
//! See [Transforming data with JSONata](https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).

use std::sync::Arc;

use crate::failure::Failure;
use crate::jsonata::{self, Evaluated};
use crate::value::{Object, Value};

use super::scope::Scope;

/// An expression between `{%` and `%}`, and the field that it stands in.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// The field as messages and events name it: `Output/lines[0]/price`.
    location: Arc<str>,
    /// The expression as messages quote it, without the marks around it.
    text: Arc<str>,
    expression: Arc<jsonata::Expression>,
    needs_context: bool,
}

/// What `$states` holds besides the Context Object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct States<'a> {
    pub(crate) input: &'a Value,
    pub(crate) result: Option<&'a Value>,
    pub(crate) error_output: Option<&'a Value>,
}

impl Query {
    pub(crate) fn new(location: &str, text: &str, expression: jsonata::Expression) -> Self {
        Self {
            location: location.into(),
            text: text.into(),
            expression: Arc::new(expression),
            needs_context: may_read_context(text),
        }
    }

    /// The value of the expression, which must be something that JSON can hold.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        let states = scope.states.to_value(self.needs_context.then(|| (scope.context)()));
        let lookup = |name: &str| match name {
            "states" => Some(states.clone()),
            name => scope.variables.get(name).cloned(),
        };
        match self.expression.evaluate(&lookup, scope.now, scope.random) {
            Ok(Evaluated::Value(value)) => Ok(value),
            Ok(Evaluated::Undefined) => Err(self.failure("returned nothing (undefined).")),
            Ok(Evaluated::Function) => Err(self.failure("returned an unsupported result type.")),
            Err(error) => Err(self.failure(&format!("threw an error during evaluation. {error}"))),
        }
    }

    /// The value, if `read` takes it; `expected` is JSON's word for what it should have been.
    pub(crate) fn evaluate_as<T>(
        &self,
        expected: &str,
        scope: &Scope<'_>,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, Failure> {
        let value = self.evaluate(scope)?;
        read(&value).ok_or_else(|| {
            let kind = value.kind();
            self.failure(&format!(
                "returned an unexpected result type. Expected '{expected}', but was '{kind}' for value: {value}"
            ))
        })
    }

    /// A failure of the field for another reason than the expression itself.
    pub(crate) fn refuse(&self, cause: String) -> Failure {
        Failure::query_evaluation(cause, Some(self.location.clone()))
    }

    fn failure(&self, what: &str) -> Failure {
        let Self { text, location, .. } = self;
        self.refuse(format!("The JSONata expression '{text}' specified for the field '{location}' {what}"))
    }
}

impl States<'_> {
    fn to_value(self, context: Option<Value>) -> Value {
        let members = [
            ("input", Some(self.input.clone())),
            ("result", self.result.cloned()),
            ("errorOutput", self.error_output.cloned()),
            ("context", context),
        ];
        Value::Object(members.into_iter().filter_map(|(key, value)| Some((key, value?))).collect::<Object>())
    }
}

/// Whether an expression may look at `$states.context`, which costs something to build.
fn may_read_context(text: &str) -> bool {
    let others = [".input", ".result", ".errorOutput"];
    text.split("$states").skip(1).any(|rest| !others.iter().any(|member| rest.starts_with(member)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_read_the_context_object_pays_for_it() {
        for (text, expected) in [
            ("1 + 1", false),
            ("$states.input.a & $states.result", false),
            ("$states.context.State.Name", true),
            ("$keys($states)", true),
            ("$states.input.a & $states.*", true),
        ] {
            assert_eq!(may_read_context(text), expected, "{text}");
        }
    }
}
