//! Wait.

use super::Execution;
use super::step::{Known, Step};
use super::strand::{Phase, Strand};
use crate::evaluate;
use crate::failure::Failure;
use crate::program::{State, Wait};
use crate::value::Value;

impl Execution {
    pub(super) fn wait(&mut self, strand: &Strand, wait: &Wait, input: &Value) -> Result<Step, Failure> {
        let now = self.progress.now;
        let until = self.evaluate(strand, input, |scope| wait.until(now, scope))?;
        let until = self.timer(until);
        Ok(Step::Rest(Phase::Waiting { until }))
    }

    /// A Wait gives its effective input on.
    pub(super) fn pass_on(&self, strand: &Strand, state: &State) -> Result<Step, Failure> {
        let input = self.effective_input(strand, state)?;
        let assigned = self.assign(strand, state.assign.as_ref(), &input, &Known::default())?;
        let output = self.output(strand, state, state.output.as_ref(), &input)?;
        evaluate::check_payload(&output, &state.name, &self.progress.start.limits)?;
        Ok(Step::Exit { output, assigned, transition: state.transition })
    }
}
