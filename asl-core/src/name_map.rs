//! A map whose keys are names of a definition: fields, states.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// How many names are compared one by one, which is faster than hashing so few.
const FEW: usize = 16;

/// What belongs to each name.
pub(crate) struct NameMap<'t, T> {
    few: Vec<(&'t str, T)>,
    /// All names, once they are many.
    many: HashMap<&'t str, T>,
}

impl<'t, T: Copy> NameMap<'t, T> {
    /// For about `count` names.
    pub(crate) fn with_capacity(count: usize) -> Self {
        let (few, many) = if count > FEW { (0, count) } else { (count, 0) };
        Self { few: Vec::with_capacity(few), many: HashMap::with_capacity(many) }
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
