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
    pub(crate) fn new() -> Self {
        Self { few: Vec::new(), many: HashMap::new() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<T> {
        if self.many.is_empty() {
            self.few.iter().rfind(|(known, _)| *known == name).map(|(_, value)| *value)
        } else {
            self.many.get(name).copied()
        }
    }

    /// Adds `name` if it is new; what belongs to it if it is not.
    pub(crate) fn add(&mut self, name: &'t str, value: T) -> Option<T> {
        if self.many.is_empty() {
            if let Some((_, earlier)) = self.few.iter().find(|(known, _)| *known == name) {
                return Some(*earlier);
            }
            if self.few.len() < FEW {
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

    /// Forgets all names, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }
}

/// Of equal names, the last one counts.
impl<'t, T: Copy> FromIterator<(&'t str, T)> for NameMap<'t, T> {
    fn from_iter<I: IntoIterator<Item = (&'t str, T)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        if pairs.size_hint().1.is_none_or(|most| most > FEW) {
            Self { few: Vec::new(), many: pairs.collect() }
        } else {
            Self { few: pairs.collect(), many: HashMap::new() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_names_the_first_is_kept_and_the_last_collected() {
        for count in [1, FEW - 1, FEW, FEW + 1, 3 * FEW] {
            let names: Vec<String> = (0..count).map(|name| name.to_string()).collect();
            let pairs = || names.iter().map(String::as_str).zip(0..);
            let mut added = NameMap::new();
            assert!(pairs().all(|(name, value)| added.add(name, value).is_none()), "{count}");
            assert!(pairs().all(|(name, value)| added.add(name, 99) == Some(value)), "{count}");
            assert!(pairs().all(|(name, value)| added.get(name) == Some(value)), "{count}");
            assert_eq!(added.get("x"), None);
            added.clear();
            assert_eq!(added.get("0"), None);

            let collected: NameMap<'_, usize> = pairs().chain([("0", 99)]).collect();
            let last = |(name, value)| collected.get(name) == Some(if name == "0" { 99 } else { value });
            assert!(pairs().all(last), "{count}");
        }
    }
}
