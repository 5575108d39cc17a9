//! What an expression can see, and what becomes of a path that finds nothing there.

use std::cell::Cell;
use std::fmt;

use crate::failure::{ErrorName, Failure};
use crate::jsonata::Limits;
use crate::jsonpath::{JsonPath, NotFound, Root};
use crate::random::Random;
use crate::timestamp::Timestamp;
use crate::value::{Object, Value};

use super::query::States;

/// What an expression can see.
pub(crate) struct Scope<'a> {
    /// `$`
    pub(crate) input: &'a Value,
    /// `$states`, in JSONata.
    pub(crate) states: States<'a>,
    /// `$$` or `$states.context`, built when an expression asks for it.
    pub(crate) context: &'a dyn Fn() -> Value,
    /// `$name`, those of enclosing scopes included.
    pub(crate) variables: &'a Variables<'a>,
    pub(crate) random: &'a Random,
    /// The time that JSONata's `$now()` tells.
    pub(crate) now: Timestamp,
    /// What all expressions of one field may make together.
    pub(crate) budget: Budget,
}

/// How much memory expressions may still fill with what they make, in bytes, roughly, and how many steps they may take.
///
/// The memory is far above any payload: it only keeps a field of many expressions, each of which stays within its own
/// bounds, from filling the memory before the payload's limit is checked.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: Cell<usize>,
    steps: u64,
    taken: Cell<u64>,
}

/// Expressions made more than their [`Budget`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OverBudget;

impl Budget {
    /// Takes note of a value that did not exist before; what it shares with others costs nothing.
    pub(crate) fn spend(&self, made: &Value) -> Result<(), OverBudget> {
        let bytes = match made {
            Value::String(text) => text.len(),
            Value::Array(array) => array.len().saturating_mul(size_of::<Value>()),
            Value::Object(object) => object.len().saturating_mul(2 * size_of::<Value>()),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        };
        self.bytes.set(self.bytes.get().checked_sub(bytes).ok_or(OverBudget)?);
        Ok(())
    }

    /// What one field may spend where the execution has `steps` left.
    pub(crate) fn of(steps: u64) -> Self {
        let steps = steps.min(Limits::default().steps);
        Self { bytes: Cell::new(256 * 1024 * 1024), steps, taken: Cell::new(0) }
    }

    /// The steps that JSONata expressions may still take.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.saturating_sub(self.taken.get())
    }

    /// The steps that JSONata expressions have taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.get()
    }

    pub(crate) fn take_steps(&self, steps: u64) {
        self.taken.set(self.taken.get().saturating_add(steps));
    }
}

impl fmt::Display for OverBudget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the expressions of the field make more than fits the memory")
    }
}

impl<'a> Scope<'a> {
    /// What a path of names and indices finds in what is there already; `None` says nothing of what
    /// [`look`](Self::look) finds.
    pub(crate) fn at_hand(&self, path: &JsonPath) -> Option<&'a Value> {
        let document = match path.root() {
            Root::Input if self.input.is_null() => None,
            Root::Input => Some(self.input),
            Root::Context => None,
            Root::Variable(name) => self.variables.get(name),
        };
        document.and_then(|document| path.find(document))
    }

    /// What `path` finds, for a field whose messages quote the whole document; `field` is its name as they quote it.
    pub(crate) fn select(&self, path: &JsonPath, field: &str) -> Result<Value, Failure> {
        self.find(path).map_err(|unresolved| unresolved.into_payload_failure(field))
    }

    /// What `path` finds.
    pub(crate) fn find<'p>(&self, path: &'p JsonPath) -> Result<Value, Unresolved<'p>> {
        self.look(path, Value::clone)
    }

    /// What `read` makes of what `path` finds.
    pub(crate) fn look<'p, T>(&self, path: &'p JsonPath, read: impl FnOnce(&Value) -> T) -> Result<T, Unresolved<'p>> {
        match self.at_hand(path) {
            Some(found) => Ok(read(found)),
            None => self.search(path).map(|found| read(&found)),
        }
    }

    /// What a path finds that is not definite, starts from what has yet to be built, or finds nothing.
    fn search<'p>(&self, path: &'p JsonPath) -> Result<Value, Unresolved<'p>> {
        let document = match path.root() {
            Root::Input if self.input.is_null() && path.text() != "$" => {
                return Err(Unresolved::new(path, Reason::NullInput));
            }
            Root::Input => self.input.clone(),
            Root::Context => (self.context)(),
            Root::Variable(name) => match self.variables.get(name) {
                Some(value) => value.clone(),
                None => return Err(Unresolved::new(path, Reason::UnknownVariable(self.input.clone()))),
            },
        };
        let found = path
            .select(&document)
            .map_err(|not_found| Unresolved::new(path, Reason::NotFound { not_found, document }))?;
        if !path.is_definite() {
            let spent = self.budget.spend(&found);
            spent.map_err(|over_budget| Unresolved::new(path, Reason::OverBudget(over_budget)))?;
        }
        Ok(found)
    }
}

/// The variables of one scope, and of those around it.
///
/// Branches and iterations have a scope of their own: they read the variables of outer scopes and assign only theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variables<'a> {
    own: &'a Object,
    /// Those of the scopes around, the innermost first.
    outer: &'a [&'a Object],
}

impl<'a> Variables<'a> {
    pub(crate) fn new(own: &'a Object, outer: &'a [&'a Object]) -> Self {
        Self { own, outer }
    }

    /// The value of the innermost variable called `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.own.get(name).or_else(|| self.outer.iter().find_map(|scope| scope.get(name)))
    }
}

/// A path that gave no value; each kind of field says so in words of its own.
#[derive(Debug)]
pub(crate) struct Unresolved<'p> {
    path: &'p JsonPath,
    reason: Box<Reason>,
}

#[derive(Debug)]
enum Reason {
    /// AWS applies no path to `null`.
    NullInput,
    /// The variable was never assigned; with the input, which messages quote.
    UnknownVariable(Value),
    /// The path found nothing in the document.
    NotFound { not_found: NotFound, document: Value },
    /// What the path found would fill the memory.
    OverBudget(OverBudget),
}

impl<'p> Unresolved<'p> {
    fn new(path: &'p JsonPath, reason: Reason) -> Self {
        Self { path, reason: Box::new(reason) }
    }

    /// Whether the path led to an array, and past its end.
    pub(crate) fn is_past_the_end(&self) -> bool {
        matches!(&*self.reason, Reason::NotFound { not_found, .. } if not_found.is_past_the_end())
    }

    /// The failure of a payload template's `field`, of `ErrorPath` and of `CausePath`.
    pub(crate) fn into_payload_failure(self, field: &str) -> Failure {
        let path = self.path.text();
        let cause = match *self.reason {
            Reason::NullInput => NULL_INPUT.into(),
            Reason::OverBudget(over_budget) => format!("Invalid path '{path}' : {over_budget}"),
            Reason::UnknownVariable(document) | Reason::NotFound { document, .. } => format!(
                "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{document}'"
            ),
        };
        Failure::new(ErrorName::PARAMETER_PATH_FAILURE, cause)
    }

    /// The failure of a state's own path: `InputPath`, `OutputPath`, `TimeoutSecondsPath`, `ItemsPath` and their like.
    pub(crate) fn into_invalid_path(self) -> Failure {
        let path = self.path.text();
        Failure::runtime(match *self.reason {
            Reason::NullInput => NULL_INPUT.into(),
            Reason::OverBudget(over_budget) => format!("Invalid path '{path}' : {over_budget}"),
            Reason::UnknownVariable(_) => format!("Invalid path '{path}' : No results for path: {path}"),
            Reason::NotFound { not_found, .. } => format!("Invalid path '{path}' : {}", not_found.message),
        })
    }
}

const NULL_INPUT: &str = "Unable to apply Path transformation to null or empty input.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tests::{parse, path, with_scope};

    #[test]
    fn a_path_starts_from_the_input_the_context_object_or_a_variable() {
        for (text, expected) in [
            ("$", r#"{"order":{"id":7}}"#),
            ("$.order.id", "7"),
            ("$$.State.Name", r#""Ship""#),
            ("$total", "12"),
            ("$customer.name", r#""Ann""#),
        ] {
            with_scope(r#"{"order":{"id":7}}"#, |scope| {
                assert_eq!(
                    scope.select(&path(text), "f.$").map(|value| value.to_string()),
                    Ok(expected.into()),
                    "{text}"
                );
            });
        }
    }

    #[test]
    fn inner_variables_are_seen_before_outer_ones() {
        let outer = parse(r#"{"a":1,"b":2}"#);
        let inner = parse(r#"{"b":3}"#);
        let around = [outer.as_object().unwrap()];
        let inner = Variables::new(inner.as_object().unwrap(), &around);
        let get = |name| inner.get(name).and_then(Value::as_i64);
        assert_eq!((get("a"), get("b"), get("c")), (Some(1), Some(3), None));
    }

    #[test]
    fn a_path_without_result_fails_in_the_words_of_its_field() {
        for (input, text, payload, invalid) in [
            (
                r#"{"a": 1}"#,
                "$.b",
                r#"The JSONPath '$.b' specified for the field 'f.$' could not be found in the input '{"a":1}'"#,
                "Invalid path '$.b' : No results for path: $['b']",
            ),
            (
                r#"{"a": 1}"#,
                "$.no.such.result.path",
                r#"The JSONPath '$.no.such.result.path' specified for the field 'f.$' could not be found in the input '{"a":1}'"#,
                "Invalid path '$.no.such.result.path' : Missing property in path $['no']",
            ),
            (
                "null",
                "$.a",
                "Unable to apply Path transformation to null or empty input.",
                "Unable to apply Path transformation to null or empty input.",
            ),
            (
                "[]",
                "$nobody",
                "The JSONPath '$nobody' specified for the field 'f.$' could not be found in the input '[]'",
                "Invalid path '$nobody' : No results for path: $nobody",
            ),
        ] {
            with_scope(input, |scope| {
                let path = path(text);
                assert_eq!(
                    scope.find(&path).unwrap_err().into_payload_failure("f.$"),
                    Failure::new(ErrorName::PARAMETER_PATH_FAILURE, payload)
                );
                assert_eq!(scope.find(&path).unwrap_err().into_invalid_path(), Failure::runtime(invalid));
            });
        }
    }
}
