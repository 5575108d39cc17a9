//! Map, whose iterations run inside of the execution unless it is distributed.

use super::step::{Known, Step};
use super::strand::{Children, MapPhase, Phase, Strand};
use super::{Execution, Start, Tolerance};
use crate::evaluate::context_object::MapItem;
use crate::evaluate::{self, Scope};
use crate::failure::error_equals::Origin;
use crate::failure::{ErrorName, Failure};
use crate::history::{EventDetails, EventId};
use crate::program::{Map, Program, State, StateKind};
use crate::value::Value;

/// How an iteration ended without ending its Map.
enum Ending<'a> {
    Succeeded(Value),
    Tolerated(&'a Failure),
}

impl Execution {
    pub(super) fn start_map(&mut self, strand: &mut Strand, state: &State, map: &Map) -> Result<Step, Failure> {
        let input = self.effective_input(strand, state)?.into_owned();
        if let Some(distributed) = &map.distributed {
            return self.start_map_run(strand, state, map, distributed, input);
        }
        let items = self.evaluate(strand, &input, |scope| map.items.evaluate(scope))?;
        strand.chain = self.emit(strand.chain, EventDetails::MapStateStarted { length: items.len() });
        if items.is_empty() {
            self.emit(strand.chain, EventDetails::MapStateSucceeded);
            return self.exit_with(strand, state, items.into());
        }
        let concurrency = self.concurrency(strand, map, &input)?;
        let tolerance = self.evaluate(strand, &input, |scope| tolerance(map, scope))?;
        let mut phase = Box::new(MapPhase {
            children: Children::expecting(items.len()),
            effective_input: input,
            items,
            next_item: 0,
            concurrency,
            failed: 0,
            tolerance,
        });
        while phase.children.running.len() < phase.concurrency && phase.next_item < phase.items.len() {
            let chain = strand.chain;
            if let Err(failure) = self.start_iteration(strand, state, map, &mut phase, chain) {
                strand.phase = Phase::Map(phase);
                self.abort_children(strand, chain);
                self.discard(strand.children());
                return Err(failure);
            }
        }
        strand.phase = Phase::Map(phase);
        Ok(Step::Rest)
    }

    /// How many iterations run at once: `MaxConcurrency`, and at most what the limits allow.
    fn concurrency(&self, strand: &Strand, map: &Map, input: &Value) -> Result<usize, Failure> {
        let limit = self.progress.start.limits.map_concurrency;
        let Some(quantity) = &map.max_concurrency else { return Ok(limit) };
        match self.evaluate(strand, input, |scope| quantity.evaluate("MaxConcurrency", scope))? {
            0 => Ok(limit),
            concurrency => Ok(usize::try_from(concurrency).map_or(limit, |concurrency| concurrency.min(limit))),
        }
    }

    /// Begins with the next item, as a strand whose first event follows `chain`.
    fn start_iteration(
        &mut self,
        strand: &Strand,
        state: &State,
        map: &Map,
        phase: &mut MapPhase,
        chain: EventId,
    ) -> Result<(), Failure> {
        let index = phase.next_item;
        let item = phase.items.get(index).cloned().unwrap_or_default();
        phase.next_item += 1;
        let input = match &map.item_selector {
            None => item.clone(),
            Some(template) => {
                let map_item = Some(MapItem { index, value: &item });
                let known = Known { map_item, ..Known::default() };
                self.payload(strand, template, &phase.effective_input, &known)?
            }
        };
        evaluate::check_payload(&input, &state.name, &self.progress.start.limits)?;
        let started = self.emit_with(chain, |_| EventDetails::MapIterationStarted { name: state.name.clone(), index });
        let mut iteration = self.new_strand(Some((strand.id, index)), map.start_at, started);
        iteration.item = item;
        iteration.input = input;
        phase.children.running.insert(index, iteration.id);
        self.ready.push_back((iteration.id, Step::Enter));
        self.rest(iteration);
        Ok(())
    }

    pub(super) fn iteration_succeeded(
        &mut self,
        program: &Program,
        strand: &mut Strand,
        index: usize,
        chain: EventId,
        output: Value,
    ) {
        self.iteration_ended(program, strand, index, chain, Ending::Succeeded(output));
    }

    pub(super) fn iteration_failed(
        &mut self,
        strand: &mut Strand,
        index: usize,
        child: Box<Strand>,
        failure: Failure,
        origin: Origin,
    ) {
        let Phase::Map(phase) = &mut strand.phase else { return };
        phase.failed += 1;
        if !phase.tolerance.is_exceeded_by(phase.failed, phase.items.len() as u64) {
            let program = self.program.clone();
            return self.iteration_ended(&program, strand, index, child.chain, Ending::Tolerated(&failure));
        }
        let mut interrupted = phase.clone();
        interrupted.failed -= 1;
        strand.interrupted = Some(Box::new(Phase::Map(interrupted)));
        phase.children.running.remove(&index);
        let failure = if phase.tolerance.is_given() {
            let cause = "The specified tolerated failure threshold was exceeded";
            let failure = Failure::new(ErrorName::EXCEED_TOLERATED_FAILURE_THRESHOLD, cause);
            Step::Fail { failure, origin: Origin::State }
        } else {
            Step::Fail { failure, origin }
        };
        if let Some(state) = self.program.state(strand.state) {
            let details = EventDetails::MapIterationFailed { name: state.name.clone(), index };
            self.emit(child.chain, details);
        }
        self.abort_state(&child, child.chain);
        self.fail_with_children(strand, child.chain, failure);
        self.set_aside(child);
    }

    /// Keeps an iteration's result, and begins with the next item or lets the state go on.
    fn iteration_ended(
        &mut self,
        program: &Program,
        strand: &mut Strand,
        index: usize,
        chain: EventId,
        ending: Ending<'_>,
    ) {
        let Some(state) = program.state(strand.state) else { return };
        let StateKind::Map(map) = &state.kind else { return };
        let name = || state.name.clone();
        let (ended, result) = match ending {
            Ending::Succeeded(output) => {
                (self.emit_with(chain, |_| EventDetails::MapIterationSucceeded { name: name(), index }), output)
            }
            Ending::Tolerated(failure) => {
                let details = |_: &Start| EventDetails::MapIterationFailed { name: name(), index };
                (self.emit_with(chain, details), failure.error_output())
            }
        };
        let Phase::Map(mut phase) = std::mem::replace(&mut strand.phase, Phase::Running) else { return };
        phase.children.finished(index, result);
        if phase.next_item < phase.items.len() {
            let started = self.start_iteration(strand, state, map, &mut phase, chain);
            strand.phase = Phase::Map(phase);
            if let Err(failure) = started {
                strand.chain = chain;
                let failure = self.interpreter_failure(strand, failure);
                let children = strand.phase.clone();
                self.fail_with_children(strand, strand.chain, failure);
                self.discard(children.children());
            }
        } else if phase.children.running.is_empty() {
            self.emit(ended, EventDetails::MapStateSucceeded);
            strand.chain = ended;
            self.ready.push_back((strand.id, Step::Succeed { result: phase.children.take_results() }));
        } else {
            strand.phase = Phase::Map(phase);
        }
    }
}

pub(super) fn tolerance(map: &Map, scope: &Scope<'_>) -> Result<Tolerance, Failure> {
    let count = map.tolerated_failure_count.as_ref();
    let percentage = map.tolerated_failure_percentage.as_ref();
    Ok(Tolerance {
        count: count.map(|quantity| quantity.evaluate("ToleratedFailureCount", scope)).transpose()?,
        percentage: percentage.map(|percentage| percentage.evaluate(scope)).transpose()?,
    })
}
