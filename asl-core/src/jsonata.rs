//! stub
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use crate::value::Value;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect { Reference, Aws }
#[derive(Debug, Clone)]
pub struct Expression { text: Arc<str>, references: References }
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome { Undefined, Value(Value), Function }
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error;
impl Error {
    pub fn message(&self) -> &str { "" }
    pub fn span(&self) -> Range<usize> { 0..0 }
}
impl fmt::Display for Error { fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result { Ok(()) } }
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References { pub context: Vec<ContextReference>, pub variables: Vec<VariableReference>, pub functions: Vec<CalledFunction> }
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextReference { pub name: Arc<str>, pub is_top_level: bool, pub span: Range<usize> }
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableReference { pub name: Arc<str>, pub path: Vec<Arc<str>>, pub span: Range<usize> }
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledFunction { pub name: Arc<str>, pub arguments: usize, pub is_known: bool, pub fits: bool, pub span: Range<usize> }
pub trait Bindings { fn value(&self, name: &str) -> Option<Value>; }
pub trait RandomSource: fmt::Debug { fn number(&self) -> f64; fn uuid(&self) -> String; }
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> { pub now_millis: i64, pub random: &'a dyn RandomSource, pub limits: Limits }
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits;
pub(crate) fn function_names() -> impl Iterator<Item = &'static str> { std::iter::empty() }
impl Expression {
    pub fn parse(text: &str, _: Dialect) -> Result<Self, Error> { Ok(Self { text: text.into(), references: References::default() }) }
    pub fn text(&self) -> &str { &self.text }
    pub fn references(&self) -> &References { &self.references }
    pub fn evaluate(&self, _: Option<&Value>, _: &dyn Bindings, _: &Environment<'_>) -> Result<Outcome, Error> { Err(Error) }
}
