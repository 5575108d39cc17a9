//! Pass, Succeed and Fail, which do their work at once.

use super::Execution;
use super::step::{Known, Step};
use super::strand::Strand;
use crate::failure::error_equals::Origin;
use crate::failure::{ErrorName, Failure};
use crate::program::{FailText, PathField, State};
use crate::value::Value;

impl Execution {
    pub(super) fn pass(&mut self, strand: &mut Strand, state: &State, result: Option<&Value>) -> Result<Step, Failure> {
        let result = match result {
            Some(result) if matches!(state.input_path, PathField::Whole) => result.clone(),
            result => {
                let input = self.effective_input(strand, state)?;
                match result {
                    Some(result) => result.clone(),
                    None => self.parameters(strand, state, &input, &Known::default())?,
                }
            }
        };
        self.exit_with(strand, state, result)
    }

    pub(super) fn succeed_at_once(&mut self, strand: &mut Strand, state: &State) -> Result<Step, Failure> {
        let input = self.effective_input(strand, state)?.into_owned();
        self.exit_with(strand, state, input)
    }

    pub(super) fn fail(
        &self,
        strand: &Strand,
        state: &State,
        error: Option<&FailText>,
        cause: Option<&FailText>,
    ) -> Result<Step, Failure> {
        let input = self.effective_input(strand, state)?;
        let text = |field: &str, text: &FailText| self.evaluate(strand, &input, |scope| text.evaluate(field, scope));
        let error = error.map(|error| text("ErrorPath", error)).transpose()?.map(|error| ErrorName::from(&*error));
        let cause = cause.map(|cause| text("CausePath", cause)).transpose()?;
        Ok(Step::Break { failure: Failure::from_parts(error, cause), origin: Origin::State })
    }
}
