//! Paths: steps from one sequence to the next, and predicates.

use super::super::compiled::{Kind, Node, Stage};
use super::super::error::Fault;
use super::super::functions;
use super::super::item::{ArrayRef, Item, List, Role};
use super::frame::FrameId;
use super::lookup::Followed;
use super::operator::OfNumbers;
use super::{Evaluated, Evaluator, Tuple};
use crate::value::Value;

/// Where a path has got to.
pub(super) enum Sequence {
    Empty,
    One(Option<Item>),
    /// The elements of an array.
    Many(Item),
}

/// Where in its path a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepPlace {
    /// Others follow.
    Inner,
    Last,
}

impl StepPlace {
    /// That of the last one of `count` steps that were taken.
    fn after(count: usize, steps: &[Node]) -> Self {
        if count == steps.len() { Self::Last } else { Self::Inner }
    }
}

impl Sequence {
    fn of_items(mut items: Vec<Item>) -> Self {
        match items.len() {
            0 => Self::Empty,
            1 => Self::One(items.pop()),
            _ => Self::Many(Item::sequence(items)),
        }
    }

    /// What a step came to that found `value`.
    fn of_json(value: &Value, place: StepPlace) -> Self {
        match value {
            Value::Array(array) if array.is_empty() && place == StepPlace::Inner => Self::Empty,
            Value::Array(_) => Self::Many(Item::Value(value.clone())),
            _ => Self::One(Some(Item::Value(value.clone()))),
        }
    }

    /// Whether the path ends here; an empty array that was written as such is its result.
    fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::One(_) => false,
            Self::Many(item) => item.as_array().is_some_and(|array| array.len() == 0),
        }
    }

    fn into_item(self) -> Option<Item> {
        match self {
            Self::Empty => None,
            Self::One(item) => item,
            Self::Many(item) => Some(item),
        }
    }

    /// The same, but one that stays a sequence though it has one item only.
    fn into_kept_item(self) -> Option<Item> {
        let items = match self {
            Self::Empty => return None,
            Self::One(item) => item.into_iter().collect(),
            Self::Many(item) => match item.as_array() {
                Some(array) if !array.is_flattened() => vec![item],
                Some(array) if array.is_sequence() => array.to_vec(),
                _ => return Some(item),
            },
        };
        Some(Item::Array(List::new(items, Role::KeptSequence).into()))
    }
}

impl<'e> Evaluator<'e> {
    /// Follows `steps`; `role` is that of the sequence that comes of them.
    pub(super) fn path(
        &mut self,
        node: &'e Node,
        steps: &'e [Node],
        role: Role,
        input: Option<&Item>,
        frame: FrameId,
    ) -> Evaluated {
        let (mut sequence, taken) = match self.follow(steps, input.and_then(Item::as_json))? {
            Followed::To { value, taken }
                if taken == steps.len() && role != Role::KeptSequence && node.group.is_none() =>
            {
                return Ok(Some(Item::Value(value.clone())));
            }
            Followed::To { value, taken } => (Sequence::of_json(value, StepPlace::after(taken, steps)), taken),
            Followed::Nowhere => (Sequence::Empty, steps.len()),
            Followed::NotAtAll => (Self::start_of_path(steps, input), 0),
        };
        let mut tuples: Option<Vec<Tuple>> = None;
        let mut is_stream = false;
        for (position, step) in steps.iter().enumerate().skip(taken) {
            if position > 0 && !is_stream && sequence.is_empty() {
                break;
            }
            is_stream |= step.is_tuple;
            if position == 0 && step.is_constructed {
                sequence = self.constructed_step(step, &sequence, frame)?;
            } else if is_stream {
                let stream = match tuples.take() {
                    Some(stream) => stream,
                    None => tuples_of(&sequence),
                };
                tuples = Some(self.tuple_step(step, stream, frame)?);
            } else {
                sequence = self.step(step, sequence, StepPlace::after(position + 1, steps), frame)?;
            }
        }
        if is_stream {
            let tuples = tuples.unwrap_or_else(|| tuples_of(&sequence));
            if let Some(group) = &node.group {
                return self.group_tuples(group, tuples, frame).map(Some);
            }
            if node.is_tuple {
                return Ok(Some(Item::Tuples(tuples.into())));
            }
            let items = tuples.into_iter().filter_map(|tuple| tuple.focus).collect();
            return Ok(Some(Item::Array(List::new(items, role).into())));
        }
        let result = if role == Role::KeptSequence { sequence.into_kept_item() } else { sequence.into_item() };
        match &node.group {
            Some(group) => self.group_items(group, result.as_ref(), frame).map(Some),
            None => Ok(result),
        }
    }

    /// What a path's first step starts from.
    fn start_of_path(steps: &[Node], input: Option<&Item>) -> Sequence {
        let starts_from_variable = matches!(steps, [Node { kind: Kind::Variable(_) | Kind::Context, .. }, ..]);
        match input {
            Some(item) if item.is_array() && !starts_from_variable => Sequence::Many(item.clone()),
            _ => Sequence::One(input.cloned()),
        }
    }

    /// The first step, if it is an array: it is made once, not once per element of the input.
    fn constructed_step(&mut self, step: &'e Node, input: &Sequence, frame: FrameId) -> Result<Sequence, Fault> {
        let input = match input {
            Sequence::Empty | Sequence::One(None) => None,
            Sequence::One(Some(item)) => Some(Item::sequence(vec![item.clone()])),
            Sequence::Many(item) => Some(item.clone()),
        };
        Ok(match self.evaluate(step, input.as_ref(), frame)? {
            Some(item) if item.is_array() => Sequence::Many(item),
            _ => Sequence::Empty,
        })
    }

    fn step(&mut self, step: &'e Node, input: Sequence, place: StepPlace, frame: FrameId) -> Result<Sequence, Fault> {
        let is_last = place == StepPlace::Last;
        if let Kind::Sort(terms) = &step.kind {
            let sorted = match input {
                Sequence::Many(item) => self.sort_items(terms, step.span, &item, frame)?,
                other => other,
            };
            if step.stages.is_empty() {
                return Ok(sorted);
            }
            let sorted = match sorted {
                // The only element of the sequence, though it is an array itself.
                Sequence::One(Some(item)) if item.is_array() => Some(Item::sequence(vec![item])),
                other => other.into_item(),
            };
            let result = self.stages(step, sorted, frame)?;
            return Ok(match result {
                Some(item) if item.is_array() => Sequence::Many(item),
                Some(item) => Sequence::One(Some(item)),
                None => Sequence::Empty,
            });
        }
        let item = match input {
            Sequence::Empty => return Ok(Sequence::Empty),
            Sequence::One(item) => {
                return Ok(match self.step_from(step, item.as_ref(), frame)? {
                    None => Sequence::Empty,
                    Some(result) => match result.as_array() {
                        None => Sequence::One(Some(result)),
                        Some(array) if is_last && !array.is_sequence() => Sequence::Many(result),
                        Some(array) if !array.is_flattened() => Sequence::One(Some(result)),
                        Some(array) if array.len() == 0 => Sequence::Empty,
                        Some(_) if is_last && !is_bare_sequence(&result) => {
                            Sequence::of_items(result.as_array().map(ArrayRef::to_vec).unwrap_or_default())
                        }
                        Some(_) => Sequence::Many(result),
                    },
                });
            }
            Sequence::Many(item) => item,
        };
        let mut results = Vec::new();
        let mut has_arrays = false;
        if let Some(array) = item.as_array() {
            let is_bare = step.is_bare();
            results.reserve(array.len());
            for element in array.elements() {
                match (&step.kind, element.as_json()) {
                    (Kind::Name(name), Some(Value::Object(object))) if is_bare => {
                        self.bounds.spend(1)?;
                        if let Some(found) = object.get(name) {
                            has_arrays |= found.as_array().is_some();
                            results.push(Item::Value(found.clone()));
                        }
                    }
                    (_, Some(value)) if is_bare && let Some(seen) = self.at_a_look(step, value)? => {
                        results.push(seen.into());
                    }
                    _ => {
                        let result = self.step_from(step, Some(&element.to_item()), frame)?;
                        has_arrays |= result.as_ref().is_some_and(Item::is_array);
                        results.extend(result);
                    }
                }
            }
        }
        self.bounds.charge_items(results.len())?;
        if !has_arrays {
            return Ok(Sequence::of_items(results));
        }
        if is_last
            && let [only] = results.as_slice()
            && only.as_array().is_some_and(|array| !array.is_sequence())
        {
            return Ok(results.pop().map_or(Sequence::Empty, Sequence::Many));
        }
        let mut flat = Vec::with_capacity(results.len());
        for result in results {
            match result.as_array() {
                Some(array) if array.is_flattened() => {
                    self.bounds.charge_items(array.len())?;
                    flat.extend(array.iter());
                }
                _ => flat.push(result),
            }
        }
        Ok(Sequence::of_items(flat))
    }

    /// What a step yields for one item, behind its predicates.
    fn step_from(&mut self, step: &'e Node, input: Option<&Item>, frame: FrameId) -> Evaluated {
        let result = match (&step.kind, input) {
            (Kind::Name(name), Some(Item::Value(Value::Object(object)))) if step.is_unfiltered() => {
                self.bounds.spend(1)?;
                object.get(name).cloned().map(Item::Value)
            }
            _ => self.evaluate(step, input, frame)?,
        };
        self.stages(step, result, frame)
    }

    fn stages(&mut self, step: &'e Node, mut result: Option<Item>, frame: FrameId) -> Evaluated {
        for stage in &step.stages {
            if let Stage::Filter(predicate) = stage {
                result = self.filter(predicate, result, frame)?;
            }
        }
        Ok(result)
    }

    /// The items of `input` that a predicate chooses, by their place or by their truth.
    pub(super) fn filter(&mut self, predicate: &'e Node, input: Option<Item>, frame: FrameId) -> Evaluated {
        let input = match input {
            Some(Item::Tuples(tuples)) => {
                let chosen = self.filter_tuples(predicate, tuples.to_vec(), frame)?;
                return Ok(Some(Item::Tuples(chosen.into())));
            }
            other => other,
        };
        let Some(array) = input.as_ref().and_then(Item::as_array) else {
            let length = usize::from(input.is_some());
            let chosen = if let Kind::Literal(Value::Number(number)) = &predicate.kind {
                place(number.as_f64(), length) == Some(0)
            } else {
                let choice = self.evaluate(predicate, input.as_ref(), frame)?;
                self.chosen_times(choice.as_ref(), 0, 1)? > 0
            };
            return Ok(if chosen { input.map(|item| Item::sequence(vec![item])) } else { None });
        };
        if let Kind::Literal(Value::Number(number)) = &predicate.kind {
            let item = place(number.as_f64(), array.len()).and_then(|index| array.get(index));
            return Ok(item.map(|item| if item.is_array() { item } else { Item::sequence(vec![item]) }));
        }
        let length = array.len();
        let mut chosen = Vec::new();
        for (index, element) in array.elements().enumerate() {
            let seen = match element.as_json() {
                Some(value) => self.at_a_look(predicate, value)?,
                None => None,
            };
            let times = match seen {
                Some(OfNumbers::Bool(is_chosen)) => usize::from(is_chosen),
                Some(number) => self.chosen_times(Some(&number.into()), index, length)?,
                None => {
                    let choice = self.evaluate(predicate, Some(&element.to_item()), frame)?;
                    self.chosen_times(choice.as_ref(), index, length)?
                }
            };
            for _ in 0..times {
                chosen.push(element.to_item());
            }
        }
        self.bounds.charge_items(chosen.len())?;
        Ok(Some(Item::sequence(chosen)))
    }

    /// How often a predicate's result chooses the item at `index`: once if it is true, or once for each number that is
    /// its place.
    pub(super) fn chosen_times(&mut self, choice: Option<&Item>, index: usize, length: usize) -> Result<usize, Fault> {
        let Some(choice) = choice else { return Ok(0) };
        if let Item::Value(Value::Bool(is_chosen)) = choice {
            return Ok(usize::from(*is_chosen));
        }
        if let Some(number) = functions::finite_number(choice)? {
            return Ok(usize::from(place(number, length) == Some(index)));
        }
        if let Some(array) = choice.as_array() {
            self.bounds.spend(array.len() as u64 / 16)?;
            let numbers: Vec<f64> =
                array.iter().map_while(|item| functions::finite_number(&item).transpose()).collect::<Result<_, _>>()?;
            if numbers.len() == array.len() {
                return Ok(numbers.into_iter().filter(|number| place(*number, length) == Some(index)).count());
            }
        }
        Ok(usize::from(self.is_truthy(Some(choice))?))
    }
}

/// The index that a number means: rounded down, from the end if it is negative.
fn place(number: f64, length: usize) -> Option<usize> {
    let floor = number.floor();
    #[expect(clippy::cast_precision_loss, reason = "arrays are far shorter than 2⁵³")]
    let index = if floor < 0.0 { floor + length as f64 } else { floor };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a length")]
    (0.0..9.0e15).contains(&index).then_some(index as usize)
}

fn is_bare_sequence(item: &Item) -> bool {
    matches!(item, Item::Array(list) if list.role() == Role::Sequence)
}

fn tuples_of(sequence: &Sequence) -> Vec<Tuple> {
    let items = match sequence {
        Sequence::Empty => Vec::new(),
        Sequence::One(item) => return vec![Tuple::of(item.clone())],
        Sequence::Many(item) => item.as_array().map(ArrayRef::to_vec).unwrap_or_default(),
    };
    items.into_iter().map(|item| Tuple::of(Some(item))).collect()
}
