//! A map whose keys are names of a definition: fields, states.

use std::collections::HashMap;

/// How many names are compared one by one, which is faster than hashing so few.
const FEW: usize = 16;

/// What belongs to each name; of equal names, the last one counts.
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

    pub(crate) fn insert(&mut self, name: &'t str, value: T) {
        if self.many.is_empty() && self.few.len() < FEW {
            self.few.push((name, value));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(name, value);
        }
    }

    /// Forgets all names, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }
}

impl<'t, T: Copy> FromIterator<(&'t str, T)> for NameMap<'t, T> {
    fn from_iter<I: IntoIterator<Item = (&'t str, T)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        if pairs.size_hint().0 > FEW {
            Self { few: Vec::new(), many: pairs.collect() }
        } else {
            let mut map = Self::new();
            pairs.for_each(|(name, value)| map.insert(name, value));
            map
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_names_counts_among_few_and_many() {
        for count in [0, 1, FEW, FEW + 1, 3 * FEW] {
            let names: Vec<String> = (0..count).map(|name| name.to_string()).collect();
            let pairs = || names.iter().map(String::as_str).zip(0..).chain(names.first().map(|name| (&**name, 99)));
            let mut inserted = NameMap::new();
            pairs().for_each(|(name, value)| inserted.insert(name, value));
            for map in [&inserted, &pairs().collect()] {
                let found: Vec<_> = names.iter().map(|name| map.get(name)).collect();
                let expected: Vec<_> = (0..count).map(|value| Some(if value == 0 { 99 } else { value })).collect();
                assert_eq!(found, expected, "{count}");
                assert_eq!(map.get("x"), None);
            }
            inserted.clear();
            assert_eq!(inserted.get("0"), None);
        }
    }
}
