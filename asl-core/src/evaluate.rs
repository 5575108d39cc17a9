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
        let _ = (path, field);
        Ok(Value::Null)
    }
}

/// `Parameters`, `ResultSelector`, `ItemSelector`, `Assign` and `Credentials`, compiled.
#[derive(Debug, Clone)]
pub(crate) struct PayloadTemplate;

/// The condition of a Choice rule, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Condition;
