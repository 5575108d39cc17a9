//! Pure functions of values: what the fields of a state mean when the state runs.

use crate::failure::Failure;
use crate::jsonpath::JsonPath;
use crate::random::Random;
use crate::value::{Object, Value};

/// What an expression can see.
pub(crate) struct Scope<'a> {
    /// `$`
    pub(crate) input: &'a Value,
    /// `$$`
    pub(crate) context: &'a dyn Fn() -> Value,
    /// `$name`, those of enclosing scopes included
    pub(crate) variables: &'a Variables<'a>,
    pub(crate) random: &'a Random,
}

/// Variables of a scope and of those around it.
pub(crate) struct Variables<'a> {
    own: &'a Object,
    outer: Option<&'a Variables<'a>>,
}

impl Scope<'_> {
    pub(crate) fn select(&self, path: &JsonPath, field: &str) -> Result<Value, Failure> {
        self.find(path).map_err(|not_found| Failure::runtime(format!("{field}: {}", not_found.message)))
    }

    pub(crate) fn find(&self, path: &JsonPath) -> Result<Value, crate::jsonpath::NotFound> {
        match path.root() {
            crate::jsonpath::Root::Input => path.select(self.input),
            crate::jsonpath::Root::Context => path.select(&(self.context)()),
            crate::jsonpath::Root::Variable(name) => path.select(self.variables.get(name).unwrap_or(&Value::Null)),
        }
    }
}

impl<'a> Variables<'a> {
    pub(crate) fn new(own: &'a Object, outer: Option<&'a Self>) -> Self {
        Self { own, outer }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.own.get(name)
    }
}

/// `Parameters`, `ResultSelector`, `ItemSelector`, `Assign` and `Credentials`, compiled.
#[derive(Debug, Clone)]
pub(crate) struct PayloadTemplate;

/// The condition of a Choice rule, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Condition;
