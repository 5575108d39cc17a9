//! Parallel, and what it shares with Map: children that succeed, fail and are aborted.

use super::step::{Known, Step};
use super::strand::{Children, Phase, Strand, StrandId};
use super::{Command, Execution};
use crate::evaluate;
use crate::failure::Failure;
use crate::failure::error_equals::Origin;
use crate::history::{EventDetails, EventId};
use crate::program::{Program, State, StateId, StateKind};
use crate::value::Value;

impl Execution {
    pub(super) fn start_branches(
        &mut self,
        strand: &mut Strand,
        state: &State,
        branches: &[StateId],
    ) -> Result<Step, Failure> {
        let input = self.effective_input(strand, state)?.into_owned();
        strand.chain = self.emit(strand.chain, EventDetails::ParallelStateStarted);
        let input = self.parameters(strand, state, &input, &Known::default())?;
        evaluate::check_payload(&input, &state.name, &self.progress.start.limits)?;
        let mut children = Children::expecting(branches.len());
        for (index, start_at) in branches.iter().enumerate() {
            let mut branch = self.new_strand(Some((strand.id, index)), *start_at, strand.chain);
            branch.input = input.clone();
            children.running.insert(index, branch.id);
            self.ready.push_back((branch.id, Step::Enter));
            self.rest(branch);
        }
        strand.phase = Phase::Parallel(children);
        Ok(Step::Rest)
    }

    /// A branch or iteration ended; the last one lets its Parallel or Map go on.
    pub(super) fn child_succeeded(
        &mut self,
        program: &Program,
        parent: StrandId,
        index: usize,
        chain: EventId,
        output: Value,
    ) {
        let Some(mut strand) = self.progress.strands.remove(&parent) else { return };
        match &mut strand.phase {
            Phase::Parallel(children) => {
                children.finished(index, output);
                if children.running.is_empty() {
                    let result = children.take_results();
                    strand.chain = chain;
                    self.emit(chain, EventDetails::ParallelStateSucceeded);
                    self.ready.push_back((parent, Step::Succeed { result }));
                }
            }
            Phase::Map(_) => self.iteration_succeeded(program, &mut strand, index, chain, output),
            _ => {}
        }
        self.progress.strands.insert(parent, strand);
    }

    /// A branch or iteration failed; unless a Map tolerates it, its siblings are aborted and the state fails.
    pub(super) fn child_failed(
        &mut self,
        parent: StrandId,
        index: usize,
        child: Box<Strand>,
        failure: Failure,
        origin: Origin,
    ) {
        let Some(mut strand) = self.progress.strands.remove(&parent) else { return };
        match &mut strand.phase {
            Phase::Parallel(children) => {
                strand.interrupted = Some(Box::new(Phase::Parallel(children.clone())));
                children.running.remove(&index);
                self.abort_state(&child, child.chain);
                let failure = self.program.compatibility().branch_failed(failure);
                self.fail_with_children(&mut strand, child.chain, Step::Fail { failure, origin });
                self.set_aside(child);
            }
            Phase::Map(_) => self.iteration_failed(&mut strand, index, child, failure, origin),
            _ => {}
        }
        self.progress.strands.insert(parent, strand);
    }

    /// Aborts every running child and lets the state fail; all of it follows the event that `chain` names.
    pub(super) fn fail_with_children(&mut self, strand: &mut Strand, chain: EventId, failure: Step) {
        self.abort_children(strand, chain);
        strand.chain = chain;
        strand.phase = Phase::Running;
        self.ready.push_back((strand.id, failure));
    }

    pub(super) fn abort_children(&mut self, strand: &Strand, chain: EventId) {
        let Some(children) = strand.children() else { return };
        let iterated = matches!(strand.phase, Phase::Map(_));
        let map_name = self.program.state(strand.state).map(|state| state.name.clone()).filter(|_| iterated);
        for (index, child) in children.running.clone() {
            if let Some(task) = self.forget_task(child) {
                self.command(Command::CancelTask(task));
            }
            if let Some(map_run) = self.forget_map_run(child) {
                self.command(Command::CancelMapRun(map_run));
                self.emit(chain, EventDetails::MapRunAborted);
            }
            let Some(child) = self.progress.strands.remove(&child) else { continue };
            self.abort_children(&child, chain);
            if let Some(name) = &map_name {
                self.emit(chain, EventDetails::MapIterationAborted { name: name.clone(), index });
            }
            self.abort_state(&child, chain);
            self.set_aside(child);
        }
    }

    /// A state that takes time says so when it is left unfinished; the chain does not go on from there.
    pub(super) fn abort_state(&mut self, strand: &Strand, chain: EventId) {
        let program = self.program.clone();
        let Some(state) = program.state(strand.state) else { return };
        let takes_time = match &state.kind {
            StateKind::Task(_) | StateKind::Wait(_) | StateKind::Parallel { .. } | StateKind::Map(_) => true,
            StateKind::Pass { .. } | StateKind::Choice(_) | StateKind::Succeed | StateKind::Fail { .. } => false,
        };
        if takes_time {
            self.emit(chain, EventDetails::StateAborted { state_type: state.state_type() });
        }
    }
}
