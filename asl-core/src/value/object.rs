//! Shared objects that keep the order of their keys.

use std::fmt;
use std::sync::Arc;

use super::{Measure, Node, Value, quoted_size};

/// From this many members on, look-up goes through a sorted index instead of a scan.
const INDEXED_FROM: usize = 12;

/// A shared object: members in the order they were written, each key once.
#[derive(Clone, Default)]
pub struct Object(Arc<Node<Members>>);

/// Members in order, and from [`INDEXED_FROM`] on their positions sorted by key.
///
/// A sorted index is used rather than hashing: it needs no randomness and no input can degrade it.
#[derive(Default)]
struct Members {
    list: Vec<(Arc<str>, Value)>,
    sorted: Vec<u32>,
}

impl Object {
    /// The number of members.
    pub fn len(&self) -> usize {
        self.0.body.list.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.body.list.is_empty()
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let members = &self.0.body;
        members.position(key).and_then(|position| members.list.get(position)).map(|(_, value)| value)
    }

    /// Whether there is a member called `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.body.position(key).is_some()
    }

    /// The members in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.body.list.iter())
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Arc<str>> {
        self.0.body.list.iter().map(|(key, _)| key)
    }

    /// The values in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.0.body.list.iter().map(|(_, value)| value)
    }

    /// Sets `key` to `value`, in its place if it was there and at the end otherwise; copies first if shared.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        let (members, before) = Node::change_measured(&mut self.0);
        let added = before.and_then(|_| value.measured()).map(|value| (quoted_size(&key) + 1, value));
        let grows_by_comma = usize::from(!members.list.is_empty());
        let replaced = members.insert(key, value);
        let measure = before.zip(added).and_then(|(before, (key, value))| match &replaced {
            None => Some(Measure {
                size: before.size + grows_by_comma + key + value.size,
                depth: before.depth.max(value.depth + 1),
            }),
            Some(replaced) => {
                let replaced = replaced.measured()?;
                // What was as deep as the whole may have been the only one of that depth.
                (replaced.depth + 1 < before.depth || replaced.depth <= value.depth).then(|| Measure {
                    size: before.size - replaced.size + value.size,
                    depth: before.depth.max(value.depth + 1),
                })
            }
        });
        Node::remember(&self.0, measure);
    }

    /// The value of `key` to change; copies this object first if shared.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let position = self.0.body.position(key)?;
        Node::change(&mut self.0).list.get_mut(position).map(|(_, value)| value)
    }

    /// Takes `key` out, keeping the order of the rest; copies first if shared.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let position = self.0.body.position(key)?;
        let members = Node::change(&mut self.0);
        let (_, value) = members.list.remove(position);
        members.index();
        Some(value)
    }

    /// An object of `members`, no two of which have the same key.
    pub(crate) fn of_distinct(list: Vec<(Arc<str>, Value)>) -> Self {
        let mut members = Members { list, sorted: Vec::new() };
        if members.list.len() >= INDEXED_FROM {
            members.index();
        }
        Self(Node::new(members))
    }

    /// Whether both are one object in memory, not only equal.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What tells this object in memory from all others that exist now.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    pub(super) fn measured(&self) -> Option<Measure> {
        self.0.measure.get()
    }

    pub(super) fn measure(&self) -> Measure {
        self.0.measure.get_or_init(|| Measure::container(self.iter().map(|(key, value)| (quoted_size(key) + 1, value))))
    }
}

impl Members {
    fn position(&self, key: &str) -> Option<usize> {
        if self.sorted.is_empty() {
            return self.list.iter().position(|(candidate, _)| &**candidate == key);
        }
        self.search(key).ok().and_then(|rank| self.sorted.get(rank)).map(|position| *position as usize)
    }

    /// The rank of `key` in the index, or where it belongs.
    fn search(&self, key: &str) -> Result<usize, usize> {
        self.sorted.binary_search_by(|position| {
            self.list.get(*position as usize).map_or("", |(candidate, _)| &**candidate).cmp(key)
        })
    }

    /// Returns the value that `key` had.
    fn insert(&mut self, key: Arc<str>, value: Value) -> Option<Value> {
        if let Some(position) = self.position(&key) {
            return self.list.get_mut(position).map(|(_, slot)| std::mem::replace(slot, value));
        }
        let rank = if self.sorted.is_empty() { 0 } else { self.search(&key).unwrap_or_else(|rank| rank) };
        self.list.push((key, value));
        if !self.sorted.is_empty() {
            self.sorted.insert(rank, position_of(self.list.len() - 1));
        } else if self.list.len() >= INDEXED_FROM {
            self.index();
        }
        None
    }

    /// Makes the index anew from the list, whose keys differ.
    fn index(&mut self) {
        self.sorted.clear();
        if self.list.len() >= INDEXED_FROM {
            self.sorted.extend((0..self.list.len()).map(position_of));
            let list = &self.list;
            self.sorted.sort_unstable_by_key(|position| list.get(*position as usize).map(|(key, _)| key));
        }
    }
}

/// What is copied is about to be changed, mostly by one more member.
impl Clone for Members {
    fn clone(&self) -> Self {
        let mut list = Vec::with_capacity(self.list.len() + 1);
        list.extend_from_slice(&self.list);
        Self { list, sorted: self.sorted.clone() }
    }
}

/// A position as the index keeps it; an object of 2³² members would not fit in memory.
fn position_of(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

impl<K: Into<Arc<str>>, V: Into<Value>> FromIterator<(K, V)> for Object {
    /// Of members with the same key the last value counts, in the place of the first.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let members = members.into_iter();
        if members.size_hint().1.is_some_and(|most| most < INDEXED_FROM) {
            let mut few = Members { list: Vec::with_capacity(members.size_hint().1.unwrap_or(0)), sorted: Vec::new() };
            members.for_each(|(key, value)| drop(few.insert(key.into(), value.into())));
            return Self(Node::new(few));
        }
        let mut list: Vec<(usize, Arc<str>, Value)> =
            members.enumerate().map(|(position, (key, value))| (position, key.into(), value.into())).collect();
        // Two sorts instead of a look-up per member, which would cost the square of a large object.
        list.sort_by(|(_, left, _), (_, right, _)| left.cmp(right));
        list.dedup_by(|(_, key, value), (_, kept, kept_value)| {
            let duplicate = key == kept;
            if duplicate {
                std::mem::swap(value, kept_value);
            }
            duplicate
        });
        list.sort_unstable_by_key(|(position, ..)| *position);
        let list = list.into_iter().map(|(_, key, value)| (key, value)).collect();
        let mut members = Members { list, sorted: Vec::new() };
        members.index();
        Self(Node::new(members))
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a Arc<str>, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The members of an [`Object`] in order.
#[derive(Debug, Clone)]
pub struct Iter<'a>(std::slice::Iter<'a, (Arc<str>, Value)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Arc<str>, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Objects are equal when they have the same members, in whatever order.
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value)))
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_indexed_objects_behave_alike() {
        for count in [0, 3, INDEXED_FROM - 1, INDEXED_FROM, 100] {
            let keys: Vec<String> = (0..count).map(|number| format!("k{}", (number * 37) % 101)).collect();
            let bulk: Object = keys.iter().map(|key| (key.as_str(), key.as_str())).collect();
            let mut grown = Object::default();
            for key in &keys {
                grown.insert(key.as_str(), key.as_str());
            }
            assert_eq!(bulk, grown);
            assert!(bulk.keys().map(|key| &**key).eq(keys.iter().map(String::as_str)));
            for key in &keys {
                assert_eq!(bulk.get(key).and_then(Value::as_str), Some(key.as_str()));
                assert_eq!(grown.remove(key).as_ref().and_then(Value::as_str), Some(key.as_str()));
                assert!(!grown.contains_key(key));
            }
        }
    }

    #[test]
    fn what_is_inserted_is_measured_as_the_text_is() {
        let mut object = Object::default();
        let nested: Value = r#"{"a":[[1]]}"#.parse().unwrap();
        for (key, value) in [
            ("a", 1.into()),
            ("b\n", "é\"".into()),
            ("a", Value::Null),
            ("c", nested.clone()),
            ("c", 7.into()),
            ("d", nested),
            ("c", true.into()),
        ] {
            // Measured between, so that each insertion has something to go on from.
            let whole = Value::Object(object.clone());
            assert_eq!(whole.text_size(), whole.to_string().len());
            object.insert(key, value);
            let (whole, anew) = (Value::Object(object.clone()), Value::Object(object.clone()).to_string());
            let anew: Value = anew.parse().unwrap();
            assert_eq!((whole.text_size(), whole.depth()), (anew.text_size(), anew.depth()), "{key}");
        }
    }

    #[test]
    fn bulk_building_keeps_the_last_duplicate_in_the_first_place() {
        let pairs = (0..40).map(|number| (format!("k{}", number % 20), number));
        let object: Object = pairs.collect();
        assert_eq!(object.len(), 20);
        assert!(object.values().map(Value::as_i64).eq((20..40).map(Some)));
        assert_eq!(object.keys().next().map(|key| &**key), Some("k0"));
    }
}
