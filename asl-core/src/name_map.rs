//! A map and a set of names of a definition: fields, states.

use std::collections::hash_map::{Entry, HashMap};

/// Something for each of many names, hashed in a way that a definition cannot foresee.
pub(crate) type HashedNames<'t, T> = HashMap<&'t str, T, foldhash::fast::RandomState>;

/// Names as a single word, which tells of most others at once that they are not among them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NameSet(u64);

impl NameSet {
    /// Adds `name`; whether it is surely new.
    pub(crate) fn add(&mut self, name: &str) -> bool {
        let is_new = !self.may_have(name);
        self.0 |= Self::bit(name);
        is_new
    }

    /// Whether `name` may be among the names: if not, it is not.
    pub(crate) fn may_have(self, name: &str) -> bool {
        self.0 & Self::bit(name) != 0
    }

    /// Depends on the length and the end, in which names differ most.
    fn bit(name: &str) -> u64 {
        let last = name.as_bytes().last().copied().map_or(0, usize::from);
        1 << (name.len().wrapping_mul(7).wrapping_add(last) % 64)
    }
}

impl<'t> FromIterator<&'t str> for NameSet {
    fn from_iter<I: IntoIterator<Item = &'t str>>(names: I) -> Self {
        names.into_iter().fold(Self::default(), |set, name| Self(set.0 | Self::bit(name)))
    }
}

/// How many names are compared one by one, which is faster than hashing so few.
const FEW: usize = 16;

/// What belongs to each name.
pub(crate) struct NameMap<'t, T> {
    few: Vec<(&'t str, T)>,
    /// All names, once they are many.
    many: HashedNames<'t, T>,
}

impl<'t, T: Copy> NameMap<'t, T> {
    /// For about `count` names.
    pub(crate) fn with_capacity(count: usize) -> Self {
        let (few, many) = if count > FEW { (0, count) } else { (count, 0) };
        Self { few: Vec::with_capacity(few), many: HashedNames::with_capacity_and_hasher(many, <_>::default()) }
    }

    /// How many different names there are.
    pub(crate) fn len(&self) -> usize {
        if self.many.is_empty() { self.few.len() } else { self.many.len() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<T> {
        if self.many.is_empty() {
            self.few.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
        } else {
            self.many.get(name).copied()
        }
    }

    fn set(&mut self, name: &'t str, value: T) {
        if self.add(name, value).is_none() {
            return;
        }
        if let Some((_, earlier)) = self.few.iter_mut().find(|(known, _)| *known == name) {
            *earlier = value;
        } else {
            self.many.insert(name, value);
        }
    }

    /// Adds `name` if it is new; what belongs to it if it is not.
    pub(crate) fn add(&mut self, name: &'t str, value: T) -> Option<T> {
        if self.many.is_empty() {
            if let Some((_, earlier)) = self.few.iter().find(|(known, _)| *known == name) {
                return Some(*earlier);
            }
            if self.few.len() < FEW && self.many.capacity() == 0 {
                self.few.push((name, value));
                return None;
            }
            self.many.extend(self.few.drain(..));
        }
        match self.many.entry(name) {
            Entry::Occupied(earlier) => Some(*earlier.get()),
            Entry::Vacant(place) => {
                place.insert(value);
                None
            }
        }
    }
}

/// Of equal names, the last one counts.
impl<'t, T: Copy> FromIterator<(&'t str, T)> for NameMap<'t, T> {
    fn from_iter<I: IntoIterator<Item = (&'t str, T)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        let (least, most) = pairs.size_hint();
        let mut map = Self::with_capacity(most.unwrap_or(least));
        for (name, value) in pairs {
            map.set(name, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_all_its_names_and_not_all_others() {
        let names = ["Type", "Next", "Resource", "Parameters"];
        let set: NameSet = names.into_iter().collect();
        assert!(names.iter().all(|name| set.may_have(name)));
        assert!(!set.may_have("Default") && !set.may_have(""));
        let mut grown = NameSet::default();
        assert!(names.iter().all(|name| grown.add(name)));
        assert!(!grown.add("Next") && grown.add("Default"));
    }

    #[test]
    fn of_equal_names_the_first_is_kept_and_the_last_collected() {
        let counts = [1, FEW - 1, FEW, FEW + 1, 3 * FEW];
        for (count, capacity) in counts.into_iter().flat_map(|count| [(count, 0), (count, count)]) {
            let names: Vec<String> = (0..count).map(|name| name.to_string()).collect();
            let pairs = || names.iter().map(String::as_str).zip(0..);
            let mut added = NameMap::with_capacity(capacity);
            assert!(pairs().all(|(name, value)| added.add(name, value).is_none()), "{count}");
            assert!(pairs().all(|(name, value)| added.add(name, 99) == Some(value)), "{count}");
            assert!(pairs().all(|(name, value)| added.get(name) == Some(value)), "{count}");
            assert_eq!(added.get("x"), None);
            assert_eq!(added.len(), count);

            let collected: NameMap<'_, usize> = pairs().chain([("0", 99)]).collect();
            let last = |(name, value)| collected.get(name) == Some(if name == "0" { 99 } else { value });
            assert!(pairs().all(last), "{count}");
            assert_eq!(collected.len(), count);
        }
    }
}
