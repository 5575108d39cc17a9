//! JSONata 2.0.6, AWS's second query language: compiled once, evaluated over [`Value`] without copying it.
//!
//! The language is that of <https://docs.jsonata.org> as its reference implementation has it, down to what becomes of
//! sequences. An [`Expression`] is immutable and can be shared between threads. Evaluating it reads no clock and no
//! source of randomness but those it is given, and ends within its [`Limits`] whatever the expression says.
//!
//! It is not for expressions in the midst of JSON: which strings of a definition are expressions, and what their
//! results may be, is for the fields that hold them.

mod ast;
mod compiled;
mod error;
mod evaluate;
mod functions;
mod inspect;
mod item;
mod lexer;
mod lower;
mod parser;
mod picture;
mod regex;
mod signature;

use std::sync::Arc;

use self::compiled::Compiled;
pub use self::error::Error;
use self::evaluate::Evaluator;
pub use self::inspect::{CalledFunction, ContextReference, References, VariableReference};
use crate::value::{Object, Value};

/// Which functions an expression can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// Those of JSONata 2.0.6, but for `$eval`.
    Reference,
    /// Those of AWS Step Functions: also `$partition`, `$range`, `$hash`, `$random(seed)`, `$uuid` and `$parse`.
    Aws,
}

impl Dialect {
    /// The names of its functions, without their `$`.
    pub fn function_names(self) -> impl Iterator<Item = &'static str> {
        functions::names(self)
    }
}

/// A compiled expression.
///
/// # Examples
///
/// ```
/// use asl_core::Value;
/// use asl_core::jsonata::{Dialect, Environment, Expression, Outcome};
///
/// let total = Expression::parse("$sum(lines.(price * quantity))", Dialect::Reference)?;
/// let order: Value = serde_json::json!({"lines": [{"price": 2, "quantity": 3}, {"price": 1.5, "quantity": 1}]}).into();
/// let outcome = total.evaluate(Some(&order), &(), &Environment::default())?;
/// assert_eq!(outcome, Outcome::Value(7.5.into()));
/// # Ok::<(), asl_core::jsonata::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Expression {
    text: Arc<str>,
    dialect: Dialect,
    compiled: Arc<Compiled>,
    references: Arc<References>,
}

impl Expression {
    /// Compiles `text`.
    ///
    /// # Errors
    ///
    /// When the text is not JSONata, or nests deeper than any expression needs to. The codes begin with `S`.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, Error> {
        let compile = || {
            let ast = parser::parse(text)?;
            let references = inspect::references(&ast, dialect);
            Ok((lower::lower(ast, dialect)?, references))
        };
        let (compiled, references) = compile().map_err(|fault: error::Fault| fault.into_error(text))?;
        Ok(Self { text: text.into(), dialect, compiled: Arc::new(compiled), references: Arc::new(references) })
    }

    /// The text this was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the expression refers to outside of itself.
    pub fn references(&self) -> &References {
        &self.references
    }

    /// What the expression yields for `input`, or for no input at all.
    ///
    /// # Errors
    ///
    /// When the evaluation fails, with a code of the reference that begins with `T` or `D`; or when it exceeds a limit,
    /// with one that begins with `U`.
    pub fn evaluate(
        &self,
        input: Option<&Value>,
        bindings: &dyn Bindings,
        environment: &Environment<'_>,
    ) -> Result<Outcome, Error> {
        self.evaluate_counting(input, bindings, environment).0
    }

    /// The same, and how many steps of the [`Limits`] it took.
    pub(crate) fn evaluate_counting(
        &self,
        input: Option<&Value>,
        bindings: &dyn Bindings,
        environment: &Environment<'_>,
    ) -> (Result<Outcome, Error>, u64) {
        let mut evaluator = Evaluator::new(&self.compiled, input, bindings, environment);
        let result = evaluator.run().map_err(|fault| fault.into_error(&self.text));
        (result.map(|result| self.outcome(result)), evaluator.bounds.steps())
    }

    fn outcome(&self, result: Option<item::Item>) -> Outcome {
        let Some(result) = result else { return Outcome::Undefined };
        let non_finite = match self.dialect {
            Dialect::Reference => |_| Value::Null,
            Dialect::Aws => |number: f64| Value::from(functions::number_text(number)),
        };
        result.into_value(non_finite).map_or(Outcome::Function, Outcome::Value)
    }
}

/// What an expression yields.
///
/// There is no fourth: a host has to know what it makes of each.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Nothing: a path that leads nowhere, an empty sequence.
    Undefined,
    /// A value.
    Value(Value),
    /// A function, or a value with a function in it, which has no JSON form.
    Function,
}

/// The host's variables.
pub trait Bindings {
    /// The value of `$name`; in an evaluation it is asked for until there is one, and then not again.
    fn value(&self, name: &str) -> Option<Value>;

    /// The value of `$name`, if it is at hand without making it; `None` says nothing about it.
    fn known(&self, _name: &str) -> Option<&Value> {
        None
    }

    /// `$name.key`, if it is at hand without making all of `$name`; `None` says nothing about its value.
    fn member(&self, name: &str, key: &str) -> Option<&Value> {
        self.known(name)?.get(key)
    }
}

/// No variables.
impl Bindings for () {
    fn value(&self, _name: &str) -> Option<Value> {
        None
    }
}

/// A variable for each member.
impl Bindings for Object {
    fn value(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }

    fn known(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

/// What an evaluation is given of the world.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    /// The time that `$now()` and `$millis()` tell, in milliseconds since 1970.
    pub now_millis: i64,
    /// Where `$random()`, `$shuffle()` and `$uuid()` get their numbers from.
    pub random: &'a dyn RandomSource,
    /// What an evaluation may use up.
    pub limits: Limits,
}

/// 1970, the least random numbers, and the default limits.
impl Default for Environment<'_> {
    fn default() -> Self {
        Self { now_millis: 0, random: &NoRandomness, limits: Limits::default() }
    }
}

/// Random numbers, from wherever the host takes them.
pub trait RandomSource: std::fmt::Debug {
    /// A number from 0 (inclusive) to 1 (exclusive).
    fn number(&self) -> f64;

    /// A version 4 UUID in its usual text form.
    fn uuid(&self) -> String;
}

#[derive(Debug)]
struct NoRandomness;

impl RandomSource for NoRandomness {
    fn number(&self) -> f64 {
        0.0
    }

    fn uuid(&self) -> String {
        "00000000-0000-4000-8000-000000000000".to_owned()
    }
}

/// What an evaluation may use up before it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Pieces of the expression evaluated, elements visited and the like; by default 2,000,000.
    pub steps: u64,
    /// How deep evaluations nest, calls that are not in tail position included; by default 400.
    ///
    /// A level takes up to 1 KiB of the thread's stack in an optimised build, and up to 4 KiB in others.
    pub depth: usize,
    /// About how many bytes are allocated, those freed again included; by default 128 MiB.
    pub memory: usize,
    /// The elements of a sequence; by default 1,000,000.
    pub sequence_length: usize,
    /// How deep arrays and objects that the expression builds nest; by default 256.
    pub value_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 2_000_000, depth: 400, memory: 128 << 20, sequence_length: 1_000_000, value_depth: 256 }
    }
}

#[cfg(test)]
mod tests;
