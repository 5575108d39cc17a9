//! `|pattern|update, delete|`: a copy of a value with the parts that match a pattern changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::ast::Span;
use super::super::compiled::Transform;
use super::super::error::Fault;
use super::super::functions;
use super::super::item::Item;
use super::frame::FrameId;
use super::{Evaluated, Evaluator};
use crate::value::{Object, Value};

/// The way from a document to one of its parts.
type Path = Vec<Place>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Member(Arc<str>),
    Element(usize),
}

/// An object that the pattern found.
struct Found {
    /// The object as it was found.
    object: Option<Object>,
    /// Where it is in the copy; nowhere if it is not, or no longer, a part of it.
    path: Option<Path>,
}

impl<'e> Evaluator<'e> {
    pub(super) fn transform(
        &mut self,
        transform: &'e Transform,
        span: Span,
        argument: Option<Item>,
        frame: FrameId,
    ) -> Evaluated {
        let Some(argument) = argument else { return Ok(None) };
        if !matches!(argument.signature_letter(), 'o' | 'a') {
            return Err(Fault::at("T0410", span).with("index", "1"));
        }
        let Some(clone) = self.variable(transform.clone, frame).and_then(|clone| clone.as_function()) else {
            return Err(Fault::at("T2013", span));
        };
        let copy = self.call(clone, vec![Some(argument)], None)?;
        let Some(mut document) = copy.and_then(|copy| copy.into_value(|_| Value::Null).ok()) else { return Ok(None) };
        let depth = document.depth();
        for mut found in self.matches(transform, &document, frame)? {
            let current = match &found.path {
                Some(path) => part(&document, path).cloned(),
                None => found.object.take().map(Value::Object),
            };
            let context = current.map(Item::Value);
            let size = context.as_ref().and_then(Item::as_object).map_or(0, |object| object.len() as u64);
            let update = self.evaluate(&transform.update, context.as_ref(), frame)?;
            let update = update.map(|update| members(&update, transform.update.span)).transpose()?;
            if let (Some(update), Some(path)) = (update, &found.path) {
                drop(context);
                self.bounds.spend(size / 16)?;
                change(&mut document, path, |object| {
                    for (key, value) in update {
                        object.insert(key, value);
                    }
                });
            }
            if let Some(delete) = &transform.delete {
                let context = found.path.as_ref().and_then(|path| part(&document, path)).cloned().map(Item::Value);
                let Some(deletions) = self.evaluate(delete, context.as_ref(), frame)? else { continue };
                drop(context);
                let keys = texts(&deletions)
                    .ok_or_else(|| Fault::at("T2012", delete.span).with("value", functions::quote(&deletions)))?;
                if let Some(path) = &found.path {
                    self.bounds.spend((size + keys.len() as u64) / 4)?;
                    change(&mut document, path, |object| match keys.as_slice() {
                        [only] => drop(object.remove(only)),
                        _ => *object = without(object, &keys),
                    });
                }
            }
        }
        if document.depth() > depth {
            self.bounds.check_value_depth(document.depth()).map_err(|fault| fault.with_span(span))?;
        }
        let document = Item::Value(document);
        self.bounds.check_extent(document.extent()).map_err(|fault| fault.with_span(span))?;
        Ok(Some(document))
    }

    /// What the pattern finds in the document, in order.
    fn matches(&mut self, transform: &'e Transform, document: &Value, frame: FrameId) -> Result<Vec<Found>, Fault> {
        let input = Item::Value(document.clone());
        let Some(matches) = self.evaluate(&transform.pattern, Some(&input), frame)? else { return Ok(Vec::new()) };
        let matches = matches.elements();
        self.bounds.charge_items(matches.len())?;
        let objects: Vec<Option<Object>> = matches
            .into_iter()
            .map(|item| match item {
                Item::Value(Value::Object(object)) => Some(object),
                _ => None,
            })
            .collect();
        let mut paths: BTreeMap<usize, Option<Path>> =
            objects.iter().flatten().map(|object| (object.address(), None)).collect();
        locate(document, &mut Vec::new(), &mut paths);
        Ok(objects
            .into_iter()
            .map(|object| {
                let path = object.as_ref().and_then(|object| paths.get(&object.address()).cloned().flatten());
                Found { object: object.filter(|_| path.is_none()), path }
            })
            .collect())
    }
}

/// Finds the paths of the objects with these addresses.
fn locate(value: &Value, path: &mut Path, paths: &mut BTreeMap<usize, Option<Path>>) {
    match value {
        Value::Array(array) => {
            for (index, element) in array.iter().enumerate() {
                path.push(Place::Element(index));
                locate(element, path, paths);
                path.pop();
            }
        }
        Value::Object(object) => {
            if let Some(slot) = paths.get_mut(&object.address()) {
                slot.get_or_insert_with(|| path.clone());
            }
            for (key, member) in object {
                path.push(Place::Member(key.clone()));
                locate(member, path, paths);
                path.pop();
            }
        }
        _ => {}
    }
}

fn part<'a>(document: &'a Value, path: &[Place]) -> Option<&'a Value> {
    path.iter().try_fold(document, |value, place| match place {
        Place::Member(key) => value.get(key),
        Place::Element(index) => value.at(*index),
    })
}

/// Changes the object at `path`, copying nothing that only the document holds.
fn change(document: &mut Value, path: &[Place], edit: impl FnOnce(&mut Object)) {
    let target = path.iter().try_fold(document, |value, place| match (value, place) {
        (Value::Object(object), Place::Member(key)) => object.get_mut(key),
        (Value::Array(array), Place::Element(index)) => array.make_mut().get_mut(*index),
        _ => None,
    });
    if let Some(Value::Object(object)) = target {
        edit(object);
    }
}

/// The members of what an update clause came to.
fn members(update: &Item, span: Span) -> Result<Vec<(Arc<str>, Value)>, Fault> {
    let Some(object) = update.as_object() else {
        return Err(Fault::at("T2011", span).with("value", functions::quote(update)));
    };
    let value = |item: Item| item.into_value(|_| Value::Null).unwrap_or(Value::Null);
    Ok(object.iter().map(|(key, item)| (key.clone(), value(item))).collect())
}

/// The members of an object but for these.
fn without(object: &Object, keys: &[Arc<str>]) -> Object {
    let keys: BTreeSet<&str> = keys.iter().map(|key| &**key).collect();
    let kept = object.iter().filter(|(key, _)| !keys.contains(&***key));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The texts that a delete clause came to: one, or an array of them.
fn texts(deletions: &Item) -> Option<Vec<Arc<str>>> {
    match deletions.as_array() {
        Some(array) => array.iter().map(|item| item.as_text().cloned()).collect(),
        None => deletions.as_text().map(|text| vec![text.clone()]),
    }
}
