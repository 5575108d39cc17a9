//! JSONata expressions of a state's fields, and what AWS says when they fail.
//!
//! See [Transforming data with JSONata](https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).

use std::sync::Arc;

use super::scope::Scope;
use crate::failure::Failure;
use crate::jsonata::{Bindings, Environment, Expression, Limits, Outcome, RandomSource, References};
use crate::random::Random;
use crate::value::{Object, Value};

/// An expression between `{%` and `%}`, and the field that it stands in; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Query(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    /// The field as messages and events name it: `Output/lines[0]/price`.
    location: Arc<str>,
    expression: Expression,
    /// Whether it may look at `$states.context`, which costs something to build.
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
    pub(crate) fn new(location: &str, expression: Expression) -> Self {
        let needs_context = may_read_context(expression.references());
        Self(Arc::new(Parts { location: location.into(), expression, needs_context }))
    }

    pub(crate) fn expression(&self) -> &Expression {
        &self.0.expression
    }

    /// The value of the expression, which must be something that JSON can hold.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        let bindings = Known { scope, needs_context: self.0.needs_context };
        let limits = Limits { steps: scope.budget.steps(), ..Limits::default() };
        let environment = Environment { now_millis: scope.now.as_millis(), random: scope.random, limits };
        let (outcome, steps) = self.0.expression.evaluate_counting(None, &bindings, &environment);
        scope.budget.take_steps(steps);
        match outcome {
            Ok(Outcome::Value(value)) => match scope.budget.spend(&value) {
                Ok(()) => Ok(value),
                Err(over_budget) => Err(self.failure(&format!("could not be evaluated: {over_budget}."))),
            },
            Ok(Outcome::Undefined) => Err(self.failure("returned nothing (undefined).")),
            Ok(Outcome::Function) => Err(self.failure("returned an unsupported result type.")),
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
        Failure::query_evaluation(cause, Some(self.0.location.clone()))
    }

    fn failure(&self, what: &str) -> Failure {
        let (text, location) = (self.0.expression.text(), &self.0.location);
        self.refuse(format!("The JSONata expression '{text}' specified for the field '{location}' {what}"))
    }
}

/// `$states` and the variables.
struct Known<'a> {
    scope: &'a Scope<'a>,
    needs_context: bool,
}

impl Bindings for Known<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        match name {
            States::VARIABLE => Some(self.scope.states.to_value(self.needs_context.then(|| (self.scope.context)()))),
            name => self.known(name).cloned(),
        }
    }

    fn known(&self, name: &str) -> Option<&Value> {
        if name == States::VARIABLE { None } else { self.scope.variables.get(name) }
    }

    fn member(&self, name: &str, key: &str) -> Option<&Value> {
        if name == States::VARIABLE { self.scope.states.member(key) } else { self.known(name)?.get(key) }
    }
}

impl RandomSource for Random {
    fn number(&self) -> f64 {
        self.next_f64()
    }

    fn uuid(&self) -> String {
        self.next_uuid()
    }
}

impl States<'_> {
    /// The name of the variable.
    pub(crate) const VARIABLE: &'static str = "states";

    /// The members of `$states`.
    pub(crate) const MEMBERS: [&'static str; 4] = ["input", "result", "errorOutput", "context"];

    /// The member called `key`, if it need not be built.
    fn member(&self, key: &str) -> Option<&Value> {
        match key {
            "input" => Some(self.input),
            "result" => self.result,
            "errorOutput" => self.error_output,
            _ => None,
        }
    }

    fn to_value(self, context: Option<Value>) -> Value {
        let values = [Some(self.input.clone()), self.result.cloned(), self.error_output.cloned(), context];
        let members = Self::MEMBERS.into_iter().zip(values);
        Value::Object(members.filter_map(|(key, value)| Some((key, value?))).collect::<Object>())
    }
}

fn may_read_context(references: &References) -> bool {
    let states = references.variables.iter().filter(|variable| &*variable.name == States::VARIABLE);
    let mut members = states.map(|variable| variable.path.first().map(|member| &**member));
    members.any(|member| !matches!(member, Some("input" | "result" | "errorOutput")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tests::with_scope;
    use crate::jsonata::Dialect;

    fn query(text: &str) -> Query {
        Query::new("Output/a", Expression::parse(text, Dialect::Aws).unwrap())
    }

    #[test]
    fn only_what_may_read_the_context_object_pays_for_it() {
        for (text, expected) in [
            ("1 + 1", false),
            ("$states.input.a & $states.result", false),
            ("$states.input.context", false),
            ("$states.context.State.Name", true),
            ("$keys($states)", true),
            ("$states.input.a & $states.*", true),
        ] {
            assert_eq!(query(text).0.needs_context, expected, "{text}");
        }
    }

    #[test]
    fn an_expression_sees_the_states_object_and_the_variables() {
        for (text, expected) in [
            ("$states.input.id + $total", "19"),
            ("$states.context.State.Name & ' ' & $customer.name", r#""Ship Ann""#),
            ("$keys($states)", r#"["input","context"]"#),
        ] {
            let value = with_scope(r#"{"id":7}"#, |scope| query(text).evaluate(scope)).unwrap();
            assert_eq!(value.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn the_expressions_of_a_field_share_their_steps() {
        let taking_most = query("$count([1..150000].($ + 1))");
        with_scope("{}", |scope| {
            assert_eq!(taking_most.evaluate(scope).map(|value| value.to_string()), Ok("150000".into()));
            let failure = (0..4).find_map(|_| taking_most.evaluate(scope).err()).unwrap();
            assert!(failure.to_string().contains("U1002"), "{failure}");
        });
    }

    #[test]
    fn a_failure_quotes_the_expression_and_names_its_field() {
        let start = |text: &str| format!("The JSONata expression '{text}' specified for the field 'Output/a' ");
        for (text, reason) in [
            ("$nope", "returned nothing (undefined)."),
            ("$sum", "returned an unsupported result type."),
            ("$nope()", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
        ] {
            let failure = with_scope("{}", |scope| query(text).evaluate(scope)).unwrap_err();
            let expected = Failure::query_evaluation(start(text) + reason, Some("Output/a".into()));
            assert_eq!(failure, expected, "{text}");
        }
    }
}
