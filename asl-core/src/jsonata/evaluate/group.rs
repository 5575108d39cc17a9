//! Objects, and grouping by keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::compiled::Group;
use super::super::error::Fault;
use super::super::functions;
use super::super::item::Item;
use super::frame::FrameId;
use super::{Evaluator, Tuple};
use crate::value::Value;

/// The members of an object under construction: per key the pair it came from and what belongs to it.
struct Groups<T> {
    entries: Vec<(Arc<str>, usize, T)>,
    by_key: BTreeMap<Arc<str>, usize>,
}

impl<T> Groups<T> {
    fn new() -> Self {
        Self { entries: Vec::new(), by_key: BTreeMap::new() }
    }

    /// The entry of `key`, made by `first` or extended by `more`.
    fn add(
        &mut self,
        key: &Item,
        pair: usize,
        group: &Group,
        first: impl FnOnce() -> T,
        more: impl FnOnce(&mut T),
    ) -> Result<(), Fault> {
        let Item::Value(Value::String(key)) = key else {
            return Err(Fault::at("T1003", group.span).with("value", functions::quote(key)));
        };
        let known = self.by_key.get(key).and_then(|position| self.entries.get_mut(*position));
        match known {
            Some((_, from, _)) if *from != pair => {
                Err(Fault::at("D1009", group.span).with("value", functions::quote(&key.clone().into())))
            }
            Some((_, _, data)) => {
                more(data);
                Ok(())
            }
            None => {
                self.by_key.insert(key.clone(), self.entries.len());
                self.entries.push((key.clone(), pair, first()));
                Ok(())
            }
        }
    }
}

impl<'e> Evaluator<'e> {
    /// The object that the pairs make of a value, or of the elements of an array grouped by their keys.
    pub(super) fn group_items(
        &mut self,
        group: &'e Group,
        input: Option<&Item>,
        frame: FrameId,
    ) -> Result<Item, Fault> {
        if let Some(Item::Tuples(tuples)) = input {
            return self.group_tuples(group, tuples.to_vec(), frame);
        }
        let items = match input.and_then(Item::as_array) {
            Some(array) if array.len() > 0 => array.iter().map(Some).collect(),
            Some(_) => vec![None],
            None => vec![input.cloned()],
        };
        let mut groups: Groups<Gathered> = Groups::new();
        for item in items {
            for (pair, (key, _)) in group.pairs.iter().enumerate() {
                let Some(key) = self.evaluate(key, item.as_ref(), frame)? else { continue };
                self.bounds.charge_items(1)?;
                self.bounds.read_text(key.as_str().map_or(0, str::len))?;
                groups.add(&key, pair, group, || Gathered::of(item.clone()), |data| data.add(item.clone()))?;
            }
        }
        let mut members = Vec::with_capacity(groups.entries.len());
        for (key, pair, data) in groups.entries {
            let Some((_, value)) = group.pairs.get(pair) else { continue };
            if let Some(value) = self.evaluate(value, data.into_item().as_ref(), frame)? {
                members.push((key, value));
            }
        }
        self.object_of(members)
    }

    pub(super) fn group_tuples(
        &mut self,
        group: &'e Group,
        mut tuples: Vec<Tuple>,
        frame: FrameId,
    ) -> Result<Item, Fault> {
        if tuples.is_empty() {
            tuples.push(Tuple::of(None));
        }
        let mut groups: Groups<Vec<Tuple>> = Groups::new();
        for tuple in tuples {
            for (pair, (key, _)) in group.pairs.iter().enumerate() {
                let Some(key) = self.evaluate_for(key, &tuple, frame)? else { continue };
                self.bounds.charge_items(1)?;
                self.bounds.read_text(key.as_str().map_or(0, str::len))?;
                groups.add(&key, pair, group, || vec![tuple.clone()], |data| data.push(tuple.clone()))?;
            }
        }
        let mut members = Vec::with_capacity(groups.entries.len());
        for (key, pair, data) in groups.entries {
            let Some((_, value)) = group.pairs.get(pair) else { continue };
            if let Some(value) = self.evaluate_for(value, &reduce(data), frame)? {
                members.push((key, value));
            }
        }
        self.object_of(members)
    }
}

/// One tuple of many: of each variable, all its values.
fn reduce(tuples: Vec<Tuple>) -> Tuple {
    let mut focus: Option<Gathered> = None;
    let mut bindings: Vec<(_, Gathered)> = Vec::new();
    for tuple in tuples {
        match &mut focus {
            None => focus = Some(Gathered::of(tuple.focus)),
            Some(focus) => focus.add(tuple.focus),
        }
        for (symbol, value) in tuple.bindings {
            match bindings.iter_mut().find(|(candidate, _)| *candidate == symbol) {
                Some((_, gathered)) => gathered.add(value),
                None => bindings.push((symbol, Gathered::of(value))),
            }
        }
    }
    Tuple {
        focus: focus.and_then(Gathered::into_item),
        bindings: bindings.into_iter().map(|(symbol, gathered)| (symbol, gathered.into_item())).collect(),
    }
}

/// Values appended one after the other; the first alone stays what it is.
enum Gathered {
    One(Option<Item>),
    Many(Vec<Item>),
}

impl Gathered {
    fn of(item: Option<Item>) -> Self {
        Self::One(item)
    }

    fn add(&mut self, item: Option<Item>) {
        let Some(item) = item else { return };
        match self {
            Self::One(None) => *self = Self::One(Some(item)),
            Self::One(Some(first)) => {
                let mut items = first.elements();
                items.extend(item.elements());
                *self = Self::Many(items);
            }
            Self::Many(items) => items.extend(item.elements()),
        }
    }

    fn into_item(self) -> Option<Item> {
        match self {
            Self::One(item) => item,
            Self::Many(items) => Some(Item::array(items)),
        }
    }
}
