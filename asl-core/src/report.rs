//! Collects what the stages of the front end find wrong, and turns byte spans into places.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Range;

use crate::diagnostic::{Code, Diagnostics, Fault};
use crate::expression::{Expression, ExpressionError};
use crate::jsonpath::{JsonPath, RecentPaths};
use crate::placeholder::{self, Placeholders};
use crate::source::{Source, Span};
use crate::syntax::{self, Node, Notation, StringPlaces};

/// How many faults of one definition are kept.
const MAX_FAULTS: usize = 500;
/// How many guesses at mistyped names are made for one definition.
const MAX_GUESSES: usize = 100;

/// The faults of one definition, as the stages find them.
pub(crate) struct Report<'a> {
    source: &'a Source<'a>,
    root: &'a Node<'a>,
    reading: Reading,
    faults: RefCell<Vec<Fault>>,
    /// The string inside of which a place was looked for last, as the next one is mostly in the same.
    last: RefCell<Option<(Span, StringPlaces)>>,
    guesses: Cell<usize>,
    paths: RecentPaths,
}

/// How the text of a definition is to be taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    pub(crate) notation: Notation,
    pub(crate) placeholders: Placeholders,
    /// Where the strings begin that are other than written, as values were put in.
    pub(crate) rewritten: BTreeSet<usize>,
}

impl<'a> Report<'a> {
    /// For a definition in JSON, whose placeholders are literal.
    #[cfg(test)]
    pub(crate) fn new(source: &'a Source<'a>, root: &'a Node<'a>) -> Self {
        Self::reading(source, root, Reading::default())
    }

    pub(crate) fn reading(source: &'a Source<'a>, root: &'a Node<'a>, reading: Reading) -> Self {
        Self {
            source,
            root,
            reading,
            faults: RefCell::default(),
            last: RefCell::default(),
            guesses: Cell::new(0),
            paths: RecentPaths::default(),
        }
    }

    /// Takes one of the guesses that may be made, as each costs time.
    pub(crate) fn may_guess(&self) -> bool {
        self.guesses.replace(self.guesses.get() + 1) < MAX_GUESSES
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// As [`JsonPath::parse`], but what is read again is shared.
    pub(crate) fn path(&self, text: &str) -> Result<JsonPath, ExpressionError> {
        self.paths.parse(text)
    }

    /// As [`Expression::parse`], but a path that is read again is shared.
    pub(crate) fn expression(&self, text: &str) -> Result<Expression, ExpressionError> {
        if Expression::is_path(text) { self.path(text).map(Expression::Path) } else { Expression::parse(text) }
    }

    /// Whether a fault was found so far whose code is such a one.
    pub(crate) fn has(&self, is_such: impl Fn(Code) -> bool) -> bool {
        self.faults.borrow().iter().any(|fault| is_such(fault.code()))
    }

    /// Whether an error was found so far.
    pub(crate) fn has_errors(&self) -> bool {
        self.faults.borrow().iter().any(Fault::is_error)
    }

    /// Whether a string or key is known only in part, so that nothing can be said against it.
    pub(crate) fn is_open(&self, text: &str) -> bool {
        self.reading.placeholders == Placeholders::Understood && placeholder::find(text).is_some()
    }

    /// Whether a value is not known at all, not even its type.
    pub(crate) fn is_unknown(&self, node: &Node<'_>) -> bool {
        let may_be_other = |text| placeholder::is_whole(text) || !syntax::is_quoted(self.source.text_at(node.span));
        node.as_str().is_some_and(|text| self.is_open(text) && may_be_other(text))
    }

    /// Takes out everything found so far, in the order of the places, but no more than [`MAX_FAULTS`].
    pub(crate) fn take_diagnostics(&self) -> Diagnostics {
        let mut faults = self.faults.take();
        faults.sort_by_key(|fault| fault.span().start);
        faults.truncate(MAX_FAULTS);
        faults.into_iter().map(|fault| fault.into_diagnostic(self.root, self.source)).collect()
    }

    /// The part `range` of the string at `string`, whose bytes are counted after its escapes are resolved.
    pub(crate) fn inside(&self, string: Span, range: Range<usize>) -> Span {
        if self.reading.rewritten.contains(&string.start) {
            return string;
        }
        let mut last = self.last.borrow_mut();
        match &*last {
            Some((of, places)) if *of == string => places.span(&range),
            _ => last.insert((string, self.places(string))).1.span(&range),
        }
    }

    fn places(&self, string: Span) -> StringPlaces {
        let written = self.source.text_at(string);
        let meant = match self.reading.notation {
            // JSON's escapes say for themselves what they mean.
            Notation::Json => "",
            Notation::Yaml => self.root.string_at(string).unwrap_or_default(),
        };
        StringPlaces::of(self.reading.notation, string.start, written, meant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_inside_strings_do_not_depend_on_which_were_looked_for_before() {
        let text = r#"["a\nbcd","\u00e9xy"]"#;
        let source = Source::new("definition", text);
        let root = syntax::parse(text).0.unwrap();
        let report = Report::new(&source, &root);
        let (first, second) = (Span { start: 1, end: 9 }, Span { start: 10, end: 20 });
        for (string, range, expected) in
            [(first, 2..4, "bc"), (first, 4..5, "d"), (first, 0..1, "a"), (second, 2..4, "xy"), (first, 1..2, r"\n")]
        {
            let place = report.inside(string, range);
            assert_eq!(source.text().get(place.start..place.end), Some(expected));
        }
    }
}
