//! stub
use crate::random::Random;
use crate::timestamp::Timestamp;
use crate::value::Value;
#[derive(Debug)]
pub(crate) struct Expression;
#[derive(Debug)]
pub(crate) enum Evaluated {
    Value(Value),
    Undefined,
    Function,
}
#[derive(Debug)]
pub(crate) struct Error;
impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
impl Expression {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Err(Error)
    }
    pub(crate) fn evaluate(
        &self,
        lookup: &dyn Fn(&str) -> Option<Value>,
        now: Timestamp,
        random: &Random,
    ) -> Result<Evaluated, Error> {
        Err(Error)
    }
}
