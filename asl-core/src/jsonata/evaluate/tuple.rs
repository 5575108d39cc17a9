//! Steps that bind variables beside their values: `@`, `#` and what `%` needs.

use super::super::compiled::{Kind, Node, Stage, Symbol};
use super::super::error::Fault;
use super::super::item::Item;
use super::frame::FrameId;
use super::{Evaluated, Evaluator};

/// A value of a path and the variables bound on the way to it.
#[derive(Debug, Clone)]
pub(in super::super) struct Tuple {
    pub(in super::super) focus: Option<Item>,
    pub(super) bindings: Vec<(Symbol, Option<Item>)>,
}

impl Tuple {
    pub(super) fn of(focus: Option<Item>) -> Self {
        Self { focus, bindings: Vec::new() }
    }

    fn bind(&mut self, symbol: Symbol, value: Option<Item>) {
        match self.bindings.iter_mut().find(|(candidate, _)| *candidate == symbol) {
            Some((_, slot)) => *slot = value,
            None => self.bindings.push((symbol, value)),
        }
    }
}

impl<'e> Evaluator<'e> {
    /// What `node` yields for the value of a tuple, with its variables in scope.
    pub(super) fn evaluate_for(&mut self, node: &'e Node, tuple: &Tuple, frame: FrameId) -> Evaluated {
        let inner = self.push_frame(frame, tuple.bindings.clone())?;
        let result = self.evaluate(node, tuple.focus.as_ref(), inner)?;
        self.release(inner);
        Ok(result)
    }

    /// The tuples after a step.
    pub(super) fn tuple_step(
        &mut self,
        step: &'e Node,
        tuples: Vec<Tuple>,
        frame: FrameId,
    ) -> Result<Vec<Tuple>, Fault> {
        let mut result = if let Kind::Sort(terms) = &step.kind {
            let mut sorted = self.sort_tuples(terms, step.span, tuples, frame)?;
            if let Some(index) = step.index {
                number(&mut sorted, index);
            }
            sorted
        } else {
            let mut result = Vec::new();
            for tuple in tuples {
                self.tuple_step_from(step, &tuple, frame, &mut result)?;
            }
            result
        };
        for stage in &step.stages {
            match stage {
                Stage::Filter(predicate) => result = self.filter_tuples(predicate, result, frame)?,
                Stage::Index(symbol) => number(&mut result, *symbol),
            }
        }
        Ok(result)
    }

    fn tuple_step_from(
        &mut self,
        step: &'e Node,
        tuple: &Tuple,
        frame: FrameId,
        result: &mut Vec<Tuple>,
    ) -> Result<(), Fault> {
        let values = match self.evaluate_for(step, tuple, frame)? {
            None => return Ok(()),
            Some(Item::Tuples(nested)) => {
                self.bounds.charge_items(nested.len() * 2)?;
                for nested in nested.iter() {
                    let mut joined = tuple.clone();
                    joined.focus.clone_from(&nested.focus);
                    for (symbol, value) in &nested.bindings {
                        joined.bind(*symbol, value.clone());
                    }
                    result.push(joined);
                }
                return Ok(());
            }
            Some(value) => value.elements(),
        };
        self.bounds.charge_items(values.len() * (2 + tuple.bindings.len()))?;
        for (position, value) in values.into_iter().enumerate() {
            let mut joined = tuple.clone();
            match step.focus {
                Some(focus) => joined.bind(focus, Some(value)),
                None => joined.focus = Some(value),
            }
            if let Some(index) = step.index {
                joined.bind(index, Some(Item::from(position)));
            }
            if let Some(label) = step.ancestor.and_then(|slot| self.compiled.labels.get(slot.0)) {
                joined.bind(*label, tuple.focus.clone());
            }
            result.push(joined);
        }
        Ok(())
    }

    pub(super) fn filter_tuples(
        &mut self,
        predicate: &'e Node,
        tuples: Vec<Tuple>,
        frame: FrameId,
    ) -> Result<Vec<Tuple>, Fault> {
        let length = tuples.len();
        let mut chosen = Vec::new();
        for (index, tuple) in tuples.into_iter().enumerate() {
            let choice = self.evaluate_for(predicate, &tuple, frame)?;
            for _ in 0..self.chosen_times(choice.as_ref(), index, length)? {
                chosen.push(tuple.clone());
            }
        }
        Ok(chosen)
    }
}

/// Binds each tuple's place among all of them.
fn number(tuples: &mut [Tuple], symbol: Symbol) {
    for (position, tuple) in tuples.iter_mut().enumerate() {
        tuple.bind(symbol, Some(Item::from(position)));
    }
}
