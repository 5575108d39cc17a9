//! Objects that the expression built.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Extent, FunctionInResult, Item};
use crate::value::{Object, Value};

/// From this many members on, look-up goes through an index instead of a scan.
const INDEXED_FROM: usize = 16;

/// An object whose members keep the order they were first set in.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Record {
    members: Vec<(Arc<str>, Item)>,
    index: BTreeMap<Arc<str>, usize>,
    /// That of members replaced since is in it too.
    contents: Extent,
}

impl Record {
    pub(in super::super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(in super::super) fn get(&self, key: &str) -> Option<&Item> {
        self.position(key).and_then(|position| self.members.get(position)).map(|(_, item)| item)
    }

    /// Sets `key`, in its place if it was there and at the end otherwise.
    pub(in super::super) fn insert(&mut self, key: Arc<str>, item: Item) {
        self.contents.add(item.extent());
        self.contents.size = self.contents.size.saturating_add(16 + key.len());
        if let Some(position) = self.position(&key) {
            if let Some((_, slot)) = self.members.get_mut(position) {
                *slot = item;
            }
            return;
        }
        self.members.push((key, item));
        let length = self.members.len();
        if length == INDEXED_FROM {
            self.index = self.members.iter().enumerate().map(|(position, (key, _))| (key.clone(), position)).collect();
        } else if length > INDEXED_FROM
            && let Some((key, _)) = self.members.last()
        {
            self.index.insert(key.clone(), length - 1);
        }
    }

    pub(in super::super) fn extent(&self) -> Extent {
        Extent { depth: self.contents.depth.max(1), size: self.contents.size.saturating_add(32) }
    }

    pub(super) fn to_object(&self, non_finite: fn(f64) -> Value) -> Result<Object, FunctionInResult> {
        if self.members.len() < INDEXED_FROM {
            let mut object = Object::default();
            for (key, item) in &self.members {
                object.insert(key.clone(), item.clone().into_value(non_finite)?);
            }
            return Ok(object);
        }
        let members = self.members.iter().map(|(key, item)| Ok((key.clone(), item.clone().into_value(non_finite)?)));
        members.collect::<Result<Vec<_>, _>>().map(|members| members.into_iter().collect())
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.members.len() < INDEXED_FROM {
            return self.members.iter().position(|(candidate, _)| &**candidate == key);
        }
        self.index.get(key).copied()
    }
}

/// An object of either form.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum ObjectRef<'a> {
    Json(&'a Object),
    Record(&'a Record),
}

impl<'a> ObjectRef<'a> {
    pub(in super::super) fn len(self) -> usize {
        match self {
            Self::Json(object) => object.len(),
            Self::Record(record) => record.len(),
        }
    }

    pub(in super::super) fn get(self, key: &str) -> Option<Item> {
        match self {
            Self::Json(object) => object.get(key).cloned().map(Item::Value),
            Self::Record(record) => record.get(key).cloned(),
        }
    }

    pub(in super::super) fn iter(self) -> impl Iterator<Item = (&'a Arc<str>, Item)> + 'a {
        let (json, record) = match self {
            Self::Json(object) => (Some(object), None),
            Self::Record(record) => (None, Some(record)),
        };
        let json =
            json.into_iter().flat_map(|object| object.iter().map(|(key, value)| (key, Item::Value(value.clone()))));
        let members = record.into_iter().flat_map(|record| record.members.iter());
        json.chain(members.map(|(key, item)| (key, item.clone())))
    }
}
