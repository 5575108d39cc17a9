//! Collects what the stages of the front end find wrong, and turns byte spans into places.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use crate::diagnostic::{Diagnostics, Fault};
use crate::source::{Source, Span};
use crate::syntax::Node;

/// How many faults of one definition are kept.
const MAX_FAULTS: usize = 500;
/// How many guesses at mistyped names are made for one definition.
const MAX_GUESSES: usize = 100;

/// The faults of one definition, as the stages find them.
pub(crate) struct Report<'a> {
    source: &'a Source<'a>,
    root: &'a Node<'a>,
    faults: RefCell<Vec<Fault>>,
    guesses: Cell<usize>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(source: &'a Source<'a>, root: &'a Node<'a>) -> Self {
        Self { source, root, faults: RefCell::default(), guesses: Cell::new(0) }
    }

    /// Takes one of the guesses that may be made, as each costs time.
    pub(crate) fn may_guess(&self) -> bool {
        self.guesses.replace(self.guesses.get() + 1) < MAX_GUESSES
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// Whether an error was found so far.
    pub(crate) fn has_errors(&self) -> bool {
        self.faults.borrow().iter().any(Fault::is_error)
    }

    /// Takes out everything found so far, in the order of the places, but no more than [`MAX_FAULTS`].
    pub(crate) fn take_diagnostics(&self) -> Diagnostics {
        let mut faults = self.faults.take();
        faults.sort_by_key(|fault| fault.span().start);
        faults.truncate(MAX_FAULTS);
        let pointer_to = |span| self.root.pointer_to(span);
        faults.into_iter().map(|fault| fault.into_diagnostic(pointer_to, self.source)).collect()
    }

    /// The part `range` of the string at `string`, whose bytes are counted after its escapes are resolved.
    pub(crate) fn inside(&self, string: Span, range: Range<usize>) -> Span {
        let raw = self.source.text().get(string.start..string.end).unwrap_or_default();
        let Some(content) = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) else { return string };
        let start = string.start + 1;
        Span { start: start + raw_offset(content, range.start), end: start + raw_offset(content, range.end) }
    }
}

/// The offset in the text of a JSON string of the byte at `decoded` of the string that it stands for.
fn raw_offset(content: &str, decoded: usize) -> usize {
    let mut raw = 0;
    let mut seen = 0;
    while let Some(rest) = content.get(raw..).filter(|rest| seen < decoded && !rest.is_empty()) {
        let (length, meant) = escape(rest);
        raw += length;
        seen += meant;
    }
    raw
}

/// The bytes of the first character as written, and of the character that is meant.
fn escape(text: &str) -> (usize, usize) {
    let code_unit = |start: usize| text.get(start..start + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    if !text.starts_with('\\') {
        let length = text.chars().next().map_or(1, char::len_utf8);
        return (length, length);
    }
    match code_unit(2).filter(|_| text.starts_with("\\u")) {
        Some(0xD800..=0xDBFF) if text.get(6..8) == Some("\\u") => (12, 4),
        Some(unit) => (6, char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER).len_utf8()),
        None => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_inside_strings_count_escapes_as_written() {
        let cases = [
            ("abc", 2, 2),
            (r"a\nb", 2, 3),
            (r"a\u00e9b", 3, 7),
            (r"\ud83d\ude42b", 4, 12),
            ("éb", 2, 2),
            ("ab", 9, 2),
            (r"\\u00e9", 1, 2),
        ];
        for (content, decoded, raw) in cases {
            assert_eq!(raw_offset(content, decoded), raw, "{content} {decoded}");
        }
    }
}
