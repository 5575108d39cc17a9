//! Paths that were read before: a definition says the same few again and again.

use std::cell::RefCell;

use super::JsonPath;
use crate::expression::ExpressionError;

/// How many paths are remembered.
const PLACES: usize = 64;

/// The paths that were read last, each in the one place that its text has.
#[derive(Debug)]
pub(crate) struct RecentPaths(RefCell<[Option<JsonPath>; PLACES]>);

impl Default for RecentPaths {
    fn default() -> Self {
        Self(RefCell::new([const { None }; PLACES]))
    }
}

impl RecentPaths {
    /// As [`JsonPath::parse`].
    pub(crate) fn parse(&self, text: &str) -> Result<JsonPath, ExpressionError> {
        let mut places = self.0.borrow_mut();
        let Some(place) = places.get_mut(place(text)) else { return JsonPath::parse(text) };
        match place {
            Some(known) if known.text() == text => Ok(known.clone()),
            _ => Ok(place.insert(JsonPath::parse(text)?).clone()),
        }
    }
}

/// Depends on the length and the end, in which paths differ most.
fn place(text: &str) -> usize {
    let end = text.bytes().rev().take(8);
    end.fold(text.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_once_and_is_never_taken_for_another() {
        let recent = RecentPaths::default();
        for number in (0..2 * PLACES).chain(0..2 * PLACES) {
            let text = format!("$.a{number}[{number}]");
            let first = recent.parse(&text).unwrap();
            assert_eq!(first.text(), text);
            assert!(std::ptr::eq(first.text(), recent.parse(&text).unwrap().text()));
        }
        assert!(recent.parse("$.").is_err());
        assert!(recent.parse("$.").is_err());
    }
}
