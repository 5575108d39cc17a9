//! Choice.

use super::Execution;
use super::step::{Exit, Known, Step};
use super::strand::Strand;
use crate::evaluate::choice_rule::Seen;
use crate::failure::{ErrorName, Failure};
use crate::program::{Choice, State, Transition};

impl Execution {
    pub(super) fn choose(&mut self, strand: &mut Strand, state: &State, choice: &Choice) -> Result<Step, Failure> {
        let exit = self.choice(strand, state, choice)?;
        self.exit(strand, state, exit)
    }

    fn choice(&self, strand: &Strand, state: &State, choice: &Choice) -> Result<Exit, Failure> {
        let input = self.effective_input(strand, state)?;
        let matching = self.evaluate(strand, &input, |scope| {
            let seen = Seen::default();
            for rule in &choice.choices {
                if rule.condition.holds(scope, &seen)? {
                    return Ok(Some(rule));
                }
            }
            Ok(None)
        })?;
        let (assign, output, next) = match (matching, choice.default) {
            (Some(rule), _) => (
                rule.assign.as_ref().or(state.assign.as_ref()),
                rule.output.as_ref().or(state.output.as_ref()),
                rule.next,
            ),
            (None, Some(default)) => (state.assign.as_ref(), state.output.as_ref(), default),
            (None, None) => {
                let cause = "Failed to transition out of the state. The state does not point to a next state.";
                return Err(Failure::new(ErrorName::NO_CHOICE_MATCHED, cause));
            }
        };
        let assigned = self.assign(strand, assign, &input, &Known::default())?;
        let output = self.output(strand, state, output, input)?;
        Ok(Exit { output, assigned, transition: Transition::Next(next) })
    }
}
