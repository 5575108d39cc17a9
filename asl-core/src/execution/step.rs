//! The steps of a strand: entering a state, its work, retrying, leaving it, ending.

use std::borrow::Cow;
use std::sync::Arc;

use super::strand::{Phase, Strand, StrandId};
use super::{Execution, Outcome, Timer};
use crate::evaluate::context_object::{ContextObject, ExecutionFacts, MapItem, StateFacts};
use crate::evaluate::{self, Budget, PayloadTemplate, Scope, States, Variables};
use crate::failure::error_equals::Origin;
use crate::failure::{ErrorName, Failure};
use crate::history::{EventDetails, EventId};
use crate::program::{PathField, Program, ResultPath, State, StateKind, Transition};
use crate::value::{Object, Value};

/// What is known to an evaluation beyond its strand.
#[derive(Debug, Clone, Default)]
pub(super) struct Known<'a> {
    pub(super) task_token: Option<&'a Arc<str>>,
    /// `$states.result`
    pub(super) result: Option<&'a Value>,
    /// `$states.errorOutput`
    pub(super) error_output: Option<&'a Value>,
    /// The item of an iteration that has yet to begin.
    pub(super) map_item: Option<MapItem<'a>>,
}

/// What a strand does next; small, for it goes from hand to hand at every state.
#[derive(Debug)]
pub(super) enum Step {
    /// Enter the strand's state.
    Enter,
    /// Do the state's work, for the first time or again.
    Attempt,
    /// Go on with the Map Run that was interrupted.
    RedriveMapRun,
    /// The state's work is done.
    Succeed { result: Value },
    /// The state failed; its Retriers and Catchers are asked.
    Fail { failure: Failure, origin: Origin },
    /// The strand is at its end; its output is what would be the next state's input.
    End,
    /// The strand fails, past all Retriers and Catchers of its state.
    Break { failure: Failure, origin: Origin },
    /// Wait for what the strand's phase says.
    Rest,
}

/// How a state is left.
pub(super) struct Exit {
    /// What the state gives on, unless that is its whole input.
    pub(super) output: Option<Value>,
    pub(super) assigned: Option<Object>,
    pub(super) transition: Transition,
}

impl Execution {
    /// Runs a strand until it waits or ends.
    pub(super) fn run_strand(&mut self, program: &Program, mut strand: Box<Strand>, mut step: Step) {
        strand.phase = Phase::Running;
        while self.outcome().is_none() {
            step = match step {
                Step::Enter => self.enter(program, &mut strand),
                Step::Attempt => self.attempt(program, &mut strand),
                Step::RedriveMapRun => self.redrive_map_run(&mut strand),
                Step::Succeed { result } => self.succeed(program, &mut strand, result),
                Step::Fail { failure, origin } => self.retry_or_catch(program, &mut strand, failure, origin),
                Step::End => return self.end(program, &mut strand),
                Step::Break { failure, origin } => return self.fail_strand(strand, failure, origin),
                Step::Rest => return self.rest(strand),
            };
            // A redrive must not begin again with what is at its end.
            if !matches!(step, Step::End) {
                self.check_evaluation_steps();
            }
        }
        self.set_aside(strand);
    }

    /// A time that a strand waited for has come.
    pub(super) fn wake(&mut self, id: StrandId, timer: Timer) {
        let Some(phase) = self.progress.strands.get(&id).map(|strand| &strand.phase) else { return };
        match phase {
            Phase::Waiting { .. } => self.ready.push_back((id, Step::Succeed { result: Value::Null })),
            Phase::BackingOff { .. } => self.ready.push_back((id, Step::Attempt)),
            Phase::Task(task) if task.timeout == timer => self.time_out_task(id, Failure::timeout()),
            Phase::Task(_) => self.time_out_task(id, self.program.compatibility().heartbeat_timeout()),
            Phase::Running | Phase::Parallel(_) | Phase::Map(_) | Phase::MapRun(_) => {}
        }
    }

    fn enter(&mut self, program: &Program, strand: &mut Strand) -> Step {
        let Some(state) = program.state(strand.state) else { return Step::End };
        strand.retries.clear();
        strand.retries.resize(state.retry.len(), 0);
        strand.entered_at = self.progress.now;
        strand.came_from = strand.chain;
        strand.entered = self.emit_with(strand.chain, |_| EventDetails::StateEntered {
            state_type: state.state_type(),
            name: state.name.clone(),
            input: strand.input.clone(),
        });
        strand.chain = strand.entered;
        self.work(strand, state)
    }

    fn attempt(&mut self, program: &Program, strand: &mut Strand) -> Step {
        let Some(state) = program.state(strand.state) else { return Step::End };
        self.abandon_children(strand);
        self.work(strand, state)
    }

    fn work(&mut self, strand: &mut Strand, state: &State) -> Step {
        let step = match &state.kind {
            StateKind::Pass { result } => self.pass(strand, state, result.as_ref()),
            StateKind::Choice(choice) => self.choose(strand, state, choice),
            StateKind::Succeed => self.succeed_at_once(strand, state),
            StateKind::Fail { error, cause } => self.fail(strand, state, error.as_ref(), cause.as_ref()),
            StateKind::Wait(wait) => self.wait(strand, state, wait),
            StateKind::Task(task) => self.schedule_task(strand, state, task),
            StateKind::Parallel { branches } => self.start_branches(strand, state, branches),
            StateKind::Map(map) => self.start_map(strand, state, map),
        };
        step.unwrap_or_else(|failure| self.interpreter_failure(strand, failure))
    }

    /// What `InputPath` lets through.
    pub(super) fn effective_input<'a>(&self, strand: &'a Strand, state: &State) -> Result<Cow<'a, Value>, Failure> {
        match &state.input_path {
            PathField::Whole => Ok(Cow::Borrowed(&strand.input)),
            path => self.evaluate(strand, &strand.input, |scope| path.apply(scope)).map(Cow::Owned),
        }
    }

    /// What `OutputPath` lets through.
    fn effective_output(
        &self,
        strand: &Strand,
        state: &State,
        output: Value,
        known: &Known<'_>,
    ) -> Result<Value, Failure> {
        match &state.output_path {
            PathField::Whole => Ok(output),
            path => self.evaluate_knowing(strand, &output, known, |scope| path.apply(scope)),
        }
    }

    /// The work of the state that a strand waited in is done.
    fn succeed(&mut self, program: &Program, strand: &mut Strand, result: Value) -> Step {
        let Some(state) = program.state(strand.state) else { return Step::End };
        let step = match &state.kind {
            StateKind::Wait(_) => self.pass_on(strand, state),
            _ => self.exit_with(strand, state, result),
        };
        step.unwrap_or_else(|failure| self.interpreter_failure(strand, failure))
    }

    /// The result goes through `ResultSelector`, `ResultPath` and `OutputPath`, or JSONata's `Output`; `Assign` sees it too.
    pub(super) fn exit_with(&mut self, strand: &mut Strand, state: &State, result: Value) -> Result<Step, Failure> {
        if state.output.is_none() && state.result_selector.is_none() && state.assign.is_none() {
            return self.exit_with_result(strand, state, result);
        }
        let has_result = matches!(state.kind, StateKind::Task(_) | StateKind::Parallel { .. } | StateKind::Map(_));
        let known = Known { result: has_result.then_some(&result), ..Known::default() };
        let output = if let Some(template) = &state.output {
            self.payload(strand, template, &result, &known)?
        } else {
            let selected = match &state.result_selector {
                None => result.clone(),
                Some(template) => self.payload(strand, template, &result, &known)?,
            };
            let placed = state.result_path.apply(&strand.input, selected)?;
            self.effective_output(strand, state, placed, &known)?
        };
        let assigned = self.assign(strand, state.assign.as_ref(), &result, &known)?;
        self.exit(strand, state, Exit { output: Some(output), assigned, transition: state.transition })
    }

    /// Leaves a state that does no more with its result than to place it.
    fn exit_with_result(&mut self, strand: &mut Strand, state: &State, result: Value) -> Result<Step, Failure> {
        let output = match (&state.result_path, &state.output_path) {
            (ResultPath::Replace, PathField::Whole) => Some(result),
            (ResultPath::Discard, PathField::Whole) => None,
            (ResultPath::Place(path), PathField::Whole)
                if path.surely_fits(&strand.input, &result, &self.progress.start.limits) =>
            {
                // INVARIANT: nothing fails from here on, so that nobody asks for the input again.
                path.place_in(&mut strand.input, result).map_err(|_| Failure::runtime("a result has no place"))?;
                None
            }
            (result_path, _) => {
                let placed = result_path.apply(&strand.input, result)?;
                Some(self.effective_output(strand, state, placed, &Known::default())?)
            }
        };
        self.exit(strand, state, Exit { output, assigned: None, transition: state.transition })
    }

    /// What a state without a result of its own gives on, unless that is its whole input.
    pub(super) fn output(
        &self,
        strand: &Strand,
        state: &State,
        template: Option<&PayloadTemplate>,
        input: Cow<'_, Value>,
    ) -> Result<Option<Value>, Failure> {
        match (template, input, &state.output_path) {
            (Some(template), input, _) => self.payload(strand, template, &input, &Known::default()).map(Some),
            (None, Cow::Borrowed(_), PathField::Whole) => Ok(None),
            (None, input, _) => self.effective_output(strand, state, input.into_owned(), &Known::default()).map(Some),
        }
    }

    /// Leaves a state, unless what it gives on is too large.
    pub(super) fn exit(&mut self, strand: &mut Strand, state: &State, exit: Exit) -> Result<Step, Failure> {
        if let Some(output) = exit.output {
            evaluate::check_payload(&output, &state.name, &self.progress.start.limits)?;
            strand.input = output;
        }
        self.abandon_children(strand);
        for (name, value) in exit.assigned.iter().flatten() {
            strand.variables.insert(name.clone(), value.clone());
        }
        strand.chain = self.emit_with(strand.chain, |_| EventDetails::StateExited {
            state_type: state.state_type(),
            name: state.name.clone(),
            output: strand.input.clone(),
            assigned_variables: exit.assigned,
        });
        Ok(match exit.transition {
            Transition::Next(next) => {
                (strand.state, strand.entered) = (next, EventId::default());
                Step::Enter
            }
            Transition::End => Step::End,
        })
    }

    fn end(&mut self, program: &Program, strand: &mut Strand) {
        let output = std::mem::take(&mut strand.input);
        match strand.parent {
            None => self.finish_after(strand.chain, Outcome::Succeeded(output)),
            Some((parent, index)) => self.child_succeeded(program, parent, index, strand.chain, output),
        }
    }

    fn fail_strand(&mut self, mut strand: Box<Strand>, failure: Failure, origin: Origin) {
        self.abandon_if_too_large(&mut strand, &failure);
        match strand.parent {
            None => {
                self.finish_after(strand.chain, Outcome::Failed(failure));
                self.set_aside(strand);
            }
            Some((parent, index)) => self.child_failed(parent, index, strand, failure, origin),
        }
    }

    /// What a state's `Parameters` make of its effective input.
    pub(super) fn parameters(
        &self,
        strand: &Strand,
        state: &State,
        input: &Value,
        known: &Known<'_>,
    ) -> Result<Value, Failure> {
        match &state.parameters {
            None => Ok(input.clone()),
            Some(template) => self.payload(strand, template, input, known),
        }
    }

    /// What a payload template makes of `input`.
    pub(super) fn payload(
        &self,
        strand: &Strand,
        template: &PayloadTemplate,
        input: &Value,
        known: &Known<'_>,
    ) -> Result<Value, Failure> {
        self.evaluate_knowing(strand, input, known, |scope| template.evaluate(scope))
    }

    /// Evaluates something with `input` as `$`, in a strand's scope.
    pub(super) fn evaluate<T>(
        &self,
        strand: &Strand,
        input: &Value,
        evaluation: impl FnOnce(&Scope<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.evaluate_knowing(strand, input, &Known::default(), evaluation)
    }

    /// The same, where more is known than the strand tells.
    pub(super) fn evaluate_knowing<T>(
        &self,
        strand: &Strand,
        input: &Value,
        known: &Known<'_>,
        evaluation: impl FnOnce(&Scope<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let context = || self.context_object(strand, known);
        let outer = self.outer_scopes(strand);
        let variables = Variables::new(&strand.variables, &outer);
        let states = States { input: &strand.input, result: known.result, error_output: known.error_output };
        let scope = Scope {
            input,
            states,
            context: &context,
            variables: &variables,
            random: &self.progress.random,
            now: self.progress.now,
            budget: Budget::of(self.evaluation_steps.get()),
        };
        let evaluated = evaluation(&scope);
        self.evaluation_steps.set(self.evaluation_steps.get().saturating_sub(scope.budget.taken()));
        evaluated
    }

    pub(super) fn context_object(&self, strand: &Strand, known: &Known<'_>) -> Value {
        let Some(state) = self.program.state(strand.state) else { return Value::Null };
        let start = &self.progress.start;
        let retry_count = u32::try_from(strand.retry_count()).unwrap_or(u32::MAX);
        let map_item = known.map_item.clone().or_else(|| self.map_item(strand));
        ContextObject {
            execution: ExecutionFacts {
                id: &start.id,
                input: &start.input,
                start_time: self.progress.started_at,
                name: &start.name,
                role_arn: &start.role_arn,
                redrive_count: self.progress.redrives,
                redrive_time: self.progress.redriven_at,
            },
            state_machine_id: &start.state_machine_id,
            state_machine_name: &start.state_machine_name,
            state: StateFacts {
                name: &state.name,
                entered_time: strand.entered_at,
                retry_count: matches!(state.kind, StateKind::Task(_)).then_some(retry_count),
            },
            task_token: known.task_token,
            map_item,
        }
        .to_value()
    }

    /// The item of the innermost iteration that a strand belongs to.
    fn map_item<'a>(&'a self, strand: &'a Strand) -> Option<MapItem<'a>> {
        let mut strand = strand;
        loop {
            let (parent, index) = strand.parent?;
            let parent = self.progress.strands.get(&parent)?;
            if matches!(parent.phase, Phase::Map(_)) {
                return Some(MapItem { index, value: &strand.item });
            }
            strand = parent;
        }
    }

    pub(super) fn assign(
        &self,
        strand: &Strand,
        template: Option<&PayloadTemplate>,
        input: &Value,
        known: &Known<'_>,
    ) -> Result<Option<Object>, Failure> {
        let Some(template) = template else { return Ok(None) };
        let limits = &self.progress.start.limits;
        let assigned =
            self.evaluate_knowing(strand, input, known, |scope| evaluate::assign::evaluate(template, scope, limits))?;
        let kept = strand.variables.iter().filter(|(name, _)| !assigned.contains_key(name)).map(|(_, value)| value);
        let others = self.progress.strands.values().flat_map(|other| other.variables.values());
        let bytes = others.chain(kept).chain(assigned.values()).map(Value::text_size).sum();
        evaluate::assign::check_total(bytes, limits)?;
        Ok(Some(assigned).filter(|assigned| !assigned.is_empty()))
    }

    /// A failure of the interpreter itself says where it happened; one of JSONata is an event of its own.
    pub(super) fn interpreter_failure(&mut self, strand: &mut Strand, failure: Failure) -> Step {
        let program = self.program.clone();
        let Some(state) = program.state(strand.state) else { return Step::Break { failure, origin: Origin::State } };
        let failure = self.program.compatibility().interpreter_failure(failure);
        let (failure, location) = failure.while_executing(&state.name, strand.entered).split_location();
        if failure.is(ErrorName::QUERY_EVALUATION_ERROR) {
            // As AWS records it: what fails before a state did anything follows what the state followed, but for a Wait.
            let did_nothing = strand.chain == strand.entered && !matches!(state.kind, StateKind::Wait(_));
            let previous = if did_nothing { strand.came_from } else { strand.chain };
            let details =
                EventDetails::EvaluationFailed { failure: failure.clone(), state: state.name.clone(), location };
            strand.chain = self.emit(previous, details);
        }
        Step::Fail { failure, origin: Origin::State }
    }
}
