//! Intrinsic functions, `States.Format` and its seventeen companions.
//!
//! A call is read and checked when the machine is compiled: names, number of arguments, strings, paths and nesting.
//! What only shows when it runs is a failure in AWS's words.
//! AWS measures arguments as Java sees them, which shows in places: numbers with a fraction are cut to integers,
//! values are compared by how Java prints them, and a set has the order of Java's.
//!
//! See [Intrinsic Functions](https://states-language.net/spec.html#intrinsic-functions) in the specification.

mod arguments;
mod array;
mod encoding;
mod function;
mod java_random;
mod java_set;
mod math;
mod parser;
mod text;

use std::sync::Arc;

use self::function::Function;
use crate::evaluate::Scope;
use crate::expression::ExpressionError;
use crate::failure::{ErrorName, Failure};
use crate::jsonpath::JsonPath;
use crate::random::Random;
use crate::value::Value;

/// A compiled call of an intrinsic function, and the calls nested in it; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Intrinsic {
    text: Arc<str>,
    call: Arc<Call>,
}

#[derive(Debug)]
struct Call {
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug)]
enum Argument {
    Literal(Value),
    Path(JsonPath),
    Call(Call),
}

impl Intrinsic {
    /// Reads a call such as `States.Format('{} of {}', $.done, $.total)`.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and where.
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        parser::parse(text).map(|call| Self { text: text.into(), call: Arc::new(call) })
    }

    /// The paths among the arguments, those of nested calls included.
    pub(crate) fn paths(&self) -> Vec<&JsonPath> {
        let mut paths = Vec::new();
        self.call.collect_paths(&mut paths);
        paths
    }

    /// Why the call, or one nested in it, fails whatever it is evaluated with, if its arguments alone tell.
    pub(crate) fn certain_failure(&self) -> Option<String> {
        self.call.certain_failure()
    }

    /// What the call gives in `scope`.
    ///
    /// # Errors
    ///
    /// When a path finds nothing, or a function refuses its arguments; the cause quotes the whole expression.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        self.call.evaluate(scope).map_err(|reason| {
            Failure::new(
                ErrorName::INTRINSIC_FAILURE,
                format!("The function '{}' had the following error: {reason}", self.text),
            )
        })
    }
}

impl Call {
    /// The value, or the reason why there is none.
    fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, String> {
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            arguments.push(argument.evaluate(scope)?);
        }
        let value = self.function.apply(&arguments, scope.random)?;
        scope.budget.spend(&value).map_err(|over_budget| over_budget.to_string())?;
        Ok(value)
    }

    fn certain_failure(&self) -> Option<String> {
        let mut nested = self.arguments.iter().filter_map(|argument| match argument {
            Argument::Call(call) => call.certain_failure(),
            Argument::Literal(_) | Argument::Path(_) => None,
        });
        nested.next().or_else(|| {
            let literals = self.arguments.iter().map(|argument| match argument {
                Argument::Literal(value) => Some(value.clone()),
                Argument::Path(_) | Argument::Call(_) => None,
            });
            self.function.apply(&literals.collect::<Option<Vec<_>>>()?, &Random::from_seed(0)).err()
        })
    }

    fn collect_paths<'a>(&'a self, paths: &mut Vec<&'a JsonPath>) {
        for argument in &self.arguments {
            match argument {
                Argument::Literal(_) => {}
                Argument::Path(path) => paths.push(path),
                Argument::Call(call) => call.collect_paths(paths),
            }
        }
    }
}

impl Argument {
    fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, String> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Call(call) => call.evaluate(scope),
            Self::Path(path) => scope.find(path).map_err(|_| {
                format!(
                    "The JsonPath argument for the field '{}' could not be found in the input '{}'",
                    path.text(),
                    scope.input
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests;
