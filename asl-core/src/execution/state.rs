//! Pass and Fail, which do their work at once.

use std::sync::Arc;

use super::Execution;
use super::step::{Known, Step};
use super::strand::Strand;
use crate::failure::error_equals::Origin;
use crate::failure::{ErrorName, Failure};
use crate::program::{FailText, State};
use crate::value::Value;

impl Execution {
    pub(super) fn pass(
        &self,
        strand: &Strand,
        state: &State,
        result: Option<&Value>,
        input: &Value,
    ) -> Result<Step, Failure> {
        let result = match result {
            Some(result) => result.clone(),
            None => self.parameters(strand, state, input, &Known::default())?,
        };
        Ok(Step::Succeed { result })
    }

    pub(super) fn fail(
        &self,
        strand: &Strand,
        error: Option<&FailText>,
        cause: Option<&FailText>,
        input: &Value,
    ) -> Result<Step, Failure> {
        let error = self.fail_text(strand, "ErrorPath", error, input)?.map(|error| ErrorName::from(&*error));
        let cause = self.fail_text(strand, "CausePath", cause, input)?;
        Ok(Step::Break { failure: Failure::from_parts(error, cause), origin: Origin::State })
    }

    fn fail_text(
        &self,
        strand: &Strand,
        field: &str,
        text: Option<&FailText>,
        input: &Value,
    ) -> Result<Option<Arc<str>>, Failure> {
        match text {
            None => Ok(None),
            Some(FailText::Literal(text)) => Ok(Some(text.clone())),
            Some(FailText::Expression(expression)) => {
                match self.evaluate(strand, input, &Known::default(), |scope| expression.evaluate(field, scope))? {
                    Value::String(text) => Ok(Some(text)),
                    other => {
                        Err(Failure::runtime(format!("The {field} field must refer to a string but was: {other}")))
                    }
                }
            }
        }
    }
}
