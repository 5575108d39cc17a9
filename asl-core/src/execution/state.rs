//! Pass and Fail, which do their work at once.

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
        let text = |field: &str, text: &FailText| self.evaluate(strand, input, |scope| text.evaluate(field, scope));
        let error = error.map(|error| text("ErrorPath", error)).transpose()?.map(|error| ErrorName::from(&*error));
        let cause = cause.map(|cause| text("CausePath", cause)).transpose()?;
        Ok(Step::Break { failure: Failure::from_parts(error, cause), origin: Origin::State })
    }
}
