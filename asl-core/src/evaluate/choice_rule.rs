//! The conditions of Choice rules.
//!
//! See [Choice State](https://states-language.net/spec.html#choice-state) in the specification.

mod operator;
mod pattern;

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use crate::failure::Failure;
use crate::jsonpath::JsonPath;
use crate::timestamp::{Instant, instant};
use crate::value::{Number, Value};

pub(crate) use self::operator::{OperandForm, Operator};
pub(crate) use self::pattern::Pattern;
use super::query::Query;
use super::scope::Scope;

/// The condition of a Choice rule, compiled.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Comparison(Comparison),
    /// JSONata's `Condition`.
    Query(Query),
    /// The same as a boolean.
    Literal(bool),
}

/// A `Variable` and what it is tested for.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    pub(crate) variable: Variable,
    pub(crate) test: Test,
}

/// A `Variable`, and its number among those of its Choice.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    path: JsonPath,
    number: usize,
}

/// The first [`Seen::COUNT`] variables that the rules of a Choice ask for: mostly all, for rules ask for the same few.
#[derive(Debug, Default)]
pub(crate) struct Numbering(Vec<JsonPath>);

/// What the variables of a Choice were found to be, so that none is looked for twice.
#[derive(Debug, Default)]
pub(crate) struct Seen<'a>([Cell<Option<&'a Value>>; Seen::COUNT]);

impl Numbering {
    pub(crate) fn number(&mut self, path: &JsonPath) -> Variable {
        let number = self.0.iter().position(|known| known.text() == path.text()).unwrap_or_else(|| {
            if self.0.len() < Seen::COUNT {
                self.0.push(path.clone());
                self.0.len() - 1
            } else {
                Seen::COUNT
            }
        });
        Variable { path: path.clone(), number }
    }
}

impl<'a> Seen<'a> {
    const COUNT: usize = 16;

    fn at_hand(&self, variable: &Variable, scope: &Scope<'a>) -> Option<&'a Value> {
        let Some(slot) = self.0.get(variable.number) else { return scope.at_hand(&variable.path) };
        if slot.get().is_none() {
            slot.set(scope.at_hand(&variable.path));
        }
        slot.get()
    }
}

/// A comparison operator with its operand.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    String(Relation, Operand<Arc<str>>),
    Numeric(Relation, Operand<Number>),
    Timestamp(Relation, Operand<Instant>),
    BooleanEquals(Operand<bool>),
    StringMatches(Pattern),
    /// `IsNull`, `IsPresent` and their like; the operand says which answer makes the comparison true.
    Is {
        kind: Kind,
        answer: bool,
    },
}

/// What a variable is compared with.
#[derive(Debug, Clone)]
pub(crate) enum Operand<T> {
    Literal(T),
    Path(JsonPath),
}

/// How the variable must stand to the operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

/// What an `Is…` operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Present,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

impl Test {
    /// The path to the operand, if it is not a literal.
    pub(crate) fn path(&self) -> Option<&JsonPath> {
        match self {
            Self::String(_, Operand::Path(path))
            | Self::Numeric(_, Operand::Path(path))
            | Self::Timestamp(_, Operand::Path(path))
            | Self::BooleanEquals(Operand::Path(path)) => Some(path),
            _ => None,
        }
    }
}

impl Condition {
    /// Whether the condition holds; `And` and `Or` look no further than the operand that decides.
    ///
    /// A value of another type makes a comparison false.
    /// A path that finds nothing is a failure, but for the `Variable` of `IsPresent`.
    pub(crate) fn holds<'a>(&self, scope: &Scope<'a>, seen: &Seen<'a>) -> Result<bool, Failure> {
        match self {
            Self::And(conditions) => {
                for condition in conditions {
                    if !condition.holds(scope, seen)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(conditions) => {
                for condition in conditions {
                    if condition.holds(scope, seen)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(condition) => condition.holds(scope, seen).map(|holds| !holds),
            Self::Comparison(comparison) => comparison.holds(scope, seen),
            Self::Literal(answer) => Ok(*answer),
            Self::Query(query) => query.evaluate_as("boolean", scope, Value::as_bool),
        }
    }
}

impl Comparison {
    fn holds<'a>(&self, scope: &Scope<'a>, seen: &Seen<'a>) -> Result<bool, Failure> {
        if let Some(variable) = seen.at_hand(&self.variable, scope) {
            return self.test.holds(variable, scope);
        }
        let path = &self.variable.path;
        if let Test::Is { kind: Kind::Present, answer } = self.test {
            return Ok(scope.look(path, |_| ()).is_ok() == answer);
        }
        look(path, scope, |variable| self.test.holds(variable, scope))?
    }
}

impl Test {
    fn holds(&self, variable: &Value, scope: &Scope<'_>) -> Result<bool, Failure> {
        Ok(match self {
            Self::String(relation, operand) => match variable.as_str() {
                None => operand.read(scope, |_| false, |_| false)?,
                Some(text) => operand.read(
                    scope,
                    |operand| relation.describes(text.cmp(operand)),
                    |operand| operand.as_str().is_some_and(|operand| relation.describes(text.cmp(operand))),
                )?,
            },
            Self::Numeric(relation, operand) => {
                let operand = operand.value(scope, Value::as_number)?;
                relation.holds(variable.as_number(), operand, |left, right| left.compare(*right))
            }
            Self::Timestamp(relation, operand) => {
                relation.holds(timestamp(variable), operand.value(scope, timestamp)?, Ord::cmp)
            }
            Self::BooleanEquals(operand) => {
                Relation::Equals.holds(variable.as_bool(), operand.value(scope, Value::as_bool)?, Ord::cmp)
            }
            Self::StringMatches(pattern) => match variable.as_str() {
                Some(text) => pattern.matches(text)?,
                None => false,
            },
            Self::Is { kind, answer } => kind.describes(variable) == *answer,
        })
    }
}

impl<T: Copy> Operand<T> {
    /// The operand, if what its path finds has the type that `read` reads.
    fn value(&self, scope: &Scope<'_>, read: impl FnOnce(&Value) -> Option<T>) -> Result<Option<T>, Failure> {
        match self {
            Self::Literal(literal) => Ok(Some(*literal)),
            Self::Path(path) => look(path, scope, read),
        }
    }
}

impl<T> Operand<T> {
    /// What `literal` makes of a literal operand, and `found` of what a path finds.
    fn read<U>(
        &self,
        scope: &Scope<'_>,
        literal: impl FnOnce(&T) -> U,
        found: impl FnOnce(&Value) -> U,
    ) -> Result<U, Failure> {
        match self {
            Self::Literal(operand) => Ok(literal(operand)),
            Self::Path(path) => look(path, scope, found),
        }
    }
}

impl Relation {
    /// Whether two values stand to each other as this says; false if either has another type.
    fn holds<T>(self, left: Option<T>, right: Option<T>, compare: impl FnOnce(&T, &T) -> Ordering) -> bool {
        let (Some(left), Some(right)) = (left, right) else { return false };
        self.describes(compare(&left, &right))
    }

    fn describes(self, order: Ordering) -> bool {
        match self {
            Self::Equals => order.is_eq(),
            Self::LessThan => order.is_lt(),
            Self::GreaterThan => order.is_gt(),
            Self::LessThanEquals => order.is_le(),
            Self::GreaterThanEquals => order.is_ge(),
        }
    }
}

impl Kind {
    /// Whether `value`, which is present, is what this asks for.
    fn describes(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Present => true,
            Self::Numeric => value.as_number().is_some(),
            Self::String => value.as_str().is_some(),
            Self::Boolean => value.as_bool().is_some(),
            Self::Timestamp => timestamp(value).is_some(),
        }
    }
}

fn look<T>(path: &JsonPath, scope: &Scope<'_>, read: impl FnOnce(&Value) -> T) -> Result<T, Failure> {
    scope.look(path, read).map_err(|_| {
        let path = path.text();
        Failure::runtime(format!(
            "Invalid path '{path}': The choice state's condition path references an invalid value."
        ))
    })
}

fn string(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn timestamp(value: &Value) -> Option<Instant> {
    value.as_str().and_then(instant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tests::{parse, path, with_scope};

    /// Compiles a rule as the definition does.
    fn compile(rule: &Value, numbering: &mut Numbering) -> Condition {
        let mut all = |key: &str| {
            let rules = rule.get(key).and_then(Value::as_array)?;
            Some(rules.iter().map(|rule| compile(rule, numbering)).collect())
        };
        if let Some(conditions) = all("And") {
            return Condition::And(conditions);
        }
        if let Some(conditions) = all("Or") {
            return Condition::Or(conditions);
        }
        if let Some(condition) = rule.get("Not") {
            return Condition::Not(Box::new(compile(condition, numbering)));
        }
        let variable = path(rule.get("Variable").and_then(Value::as_str).unwrap());
        let tests = rule.as_object().unwrap().iter().filter_map(|(key, operand)| {
            let (operator, form) = Operator::named(key)?;
            Some(match form {
                OperandForm::Literal => operator.with_literal(operand).unwrap(),
                OperandForm::Path => operator.with_path(path(operand.as_str().unwrap())).unwrap(),
            })
        });
        let variable = numbering.number(&variable);
        Condition::Comparison(Comparison { variable, test: tests.last().unwrap() })
    }

    fn holds(rule: &str, input: &str) -> Result<bool, Failure> {
        let condition = compile(&parse(rule), &mut Numbering::default());
        with_scope(input, |scope| condition.holds(scope, &Seen::default()))
    }

    /// Checks `operator operand`, and the same by path, against a variable.
    fn check(operator: &str, variable: &str, operand: &str, expected: bool) {
        let input = format!(r#"{{"v":{variable},"o":{operand}}}"#);
        let literal = format!(r#"{{"Variable":"$.v","{operator}":{operand}}}"#);
        assert_eq!(holds(&literal, &input), Ok(expected), "{variable} {operator} {operand}");
        if Operator::named(&format!("{operator}Path")).is_some() {
            let by_path = format!(r#"{{"Variable":"$.v","{operator}Path":"$.o"}}"#);
            assert_eq!(holds(&by_path, &input), Ok(expected), "{variable} {operator}Path {operand}");
        }
    }

    #[test]
    fn relations_compare_values_of_their_type() {
        let (early, late) = (r#""2016-03-14T01:59:00Z""#, r#""2016-03-14T01:59:00.001Z""#);
        for (prefix, small, large) in
            [("String", r#""A""#, r#""B""#), ("Numeric", "-1", "0.5"), ("Timestamp", early, late)]
        {
            for (suffix, less, equal, greater) in [
                ("Equals", false, true, false),
                ("LessThan", true, false, false),
                ("GreaterThan", false, false, true),
                ("LessThanEquals", true, true, false),
                ("GreaterThanEquals", false, true, true),
            ] {
                let operator = format!("{prefix}{suffix}");
                check(&operator, small, large, less);
                check(&operator, large, large, equal);
                check(&operator, large, small, greater);
                check(&operator, "null", small, false);
            }
        }
    }

    #[test]
    fn values_of_another_type_are_never_equal() {
        for (operator, variable, operand) in [
            ("StringEquals", "1", r#""1""#),
            ("NumericEquals", r#""1""#, "1"),
            ("BooleanEquals", r#""true""#, "true"),
            ("TimestampEquals", r#""2016-03-14""#, r#""2016-03-14T00:00:00Z""#),
            ("StringMatches", "1", r#""*""#),
        ] {
            check(operator, variable, operand, false);
        }
        for (operator, variable, operand) in [
            ("NumericEquals", "1", "1.0"),
            ("BooleanEquals", "false", "false"),
            ("TimestampEquals", r#""2016-03-14T02:00:00+02:00""#, r#""2016-03-14T00:00:00Z""#),
        ] {
            check(operator, variable, operand, true);
        }
    }

    #[test]
    fn is_operators_answer_yes_or_no() {
        for (operator, yes, no) in [
            ("IsNull", "null", "0"),
            ("IsNumeric", "1e3", r#""1""#),
            ("IsString", r#""""#, "[]"),
            ("IsBoolean", "false", "0"),
            ("IsTimestamp", r#""2016-03-14T01:59:00Z""#, r#""2016-03-14""#),
        ] {
            check(operator, yes, "true", true);
            check(operator, yes, "false", false);
            check(operator, no, "true", false);
            check(operator, no, "false", true);
        }
        check("IsPresent", "null", "true", true);
        assert_eq!(holds(r#"{"Variable":"$.x.y","IsPresent":true}"#, "{}"), Ok(false));
        assert_eq!(holds(r#"{"Variable":"$.x.y","IsPresent":false}"#, "{}"), Ok(true));
    }

    #[test]
    fn and_or_and_not_stop_at_the_operand_that_decides() {
        let (yes, no) = (r#"{"Variable":"$.n","NumericEquals":1}"#, r#"{"Variable":"$.n","NumericEquals":2}"#);
        let missing = r#"{"Variable":"$.missing","NumericEquals":2}"#;
        for (rule, expected) in [
            (format!(r#"{{"And":[{yes},{yes}]}}"#), true),
            (format!(r#"{{"And":[{no},{missing}]}}"#), false),
            (format!(r#"{{"Or":[{no},{yes},{missing}]}}"#), true),
            (format!(r#"{{"Or":[{no},{no}]}}"#), false),
            (format!(r#"{{"Not":{{"And":[{yes},{{"Not":{no}}}]}}}}"#), false),
        ] {
            assert_eq!(holds(&rule, r#"{"n":1}"#), Ok(expected), "{rule}");
        }
    }

    #[test]
    fn a_path_that_finds_nothing_is_a_failure() {
        for (rule, invalid) in [
            (r#"{"Variable":"$.x","IsNull":true}"#, "$.x"),
            (r#"{"Variable":"$.x","StringEquals":"a"}"#, "$.x"),
            (r#"{"Variable":"$.v","StringEqualsPath":"$.x"}"#, "$.x"),
            (r#"{"Not":{"Variable":"$nobody","BooleanEquals":true}}"#, "$nobody"),
        ] {
            let cause =
                format!("Invalid path '{invalid}': The choice state's condition path references an invalid value.");
            assert_eq!(holds(rule, r#"{"v":"a"}"#), Err(Failure::runtime(cause)), "{rule}");
        }
    }
}
