//! Wait.

use super::Execution;
use super::step::{Exit, Known, Step};
use super::strand::{Phase, Strand};
use crate::failure::Failure;
use crate::program::{State, Wait};

impl Execution {
    pub(super) fn wait(&mut self, strand: &mut Strand, state: &State, wait: &Wait) -> Result<Step, Failure> {
        let now = self.progress.now;
        let until = {
            let input = self.effective_input(strand, state)?;
            self.evaluate(strand, &input, |scope| wait.until(now, scope))?
        };
        strand.phase = Phase::Waiting { until: self.timer(until) };
        Ok(Step::Rest)
    }

    /// A Wait gives its effective input on.
    pub(super) fn pass_on(&mut self, strand: &mut Strand, state: &State) -> Result<Step, Failure> {
        let exit = {
            let input = self.effective_input(strand, state)?;
            let assigned = self.assign(strand, state.assign.as_ref(), &input, &Known::default())?;
            let output = self.output(strand, state, state.output.as_ref(), input)?;
            Exit { output, assigned, transition: state.transition }
        };
        self.exit(strand, state, exit)
    }
}
