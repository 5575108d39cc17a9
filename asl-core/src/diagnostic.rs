//! What is wrong with a definition: values to collect, sort, match on and render.
//!
//! A [`Diagnostic`] never stops anything: every stage of the front end adds what it finds to [`Diagnostics`],
//! which stay in the order of their places in the text.
//! [`Diagnostics::render`] draws them for people.

mod aws_form;
mod code;
mod fault;
mod help;
mod level;
mod render;

use std::fmt;

pub use self::aws_form::{AwsDiagnostic, AwsForm, MAX_RESULTS, ValidationAnswer, ValidationResult};
pub use self::code::Code;
pub(crate) use self::fault::Fault;
pub use self::level::Level;
pub(crate) use self::level::Levels;
pub use self::render::{Colour, Rendered};
use crate::source::{JsonPointer, LineColumn, Source, Span};

/// A fault or doubt about a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of fault; stable for ever.
    pub code: Code,
    /// Whether the definition can run all the same.
    pub severity: Severity,
    /// What is wrong; AWS's words where AWS has a message.
    pub message: String,
    /// Where.
    pub location: Location,
    /// Related places, each with a word about it.
    pub labels: Vec<(Location, String)>,
    /// How to mend it.
    pub help: Option<String>,
    /// What AWS says of it; `None` for what AWS does not look for.
    pub aws: Option<AwsForm>,
}

impl Diagnostic {
    /// A diagnostic with the severity of its code.
    pub fn new(code: Code, location: Location, message: impl Into<String>) -> Self {
        let severity = code.severity();
        Self { code, severity, message: message.into(), location, labels: Vec::new(), help: None, aws: None }
    }

    /// Adds a related place with a word about it.
    #[must_use]
    pub fn with_label(mut self, location: Location, text: impl Into<String>) -> Self {
        self.labels.push((location, text.into()));
        self
    }

    /// Says what AWS says of the fault.
    #[must_use]
    pub fn with_aws(mut self, aws: AwsForm) -> Self {
        self.aws = Some(aws);
        self
    }

    /// Says how to mend the fault.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// One line, without control characters: `error[CODE]: message at 3:9 (/States/A/Next)`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{}[{}]: {} at {}", self.severity, self.code, self.message, self.location);
        formatter.write_str(&render::printable(&line))
    }
}

/// A place in a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// As a JSON Pointer.
    pub pointer: JsonPointer,
    /// As bytes of the text.
    pub span: Span,
    /// As line and column.
    pub position: LineColumn,
}

/// `3:9 (/States/A/Next)`; the pointer is left out where it points to the whole document.
impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(formatter, "{}", self.position),
            pointer => write!(formatter, "{} ({pointer})", self.position),
        }
    }
}

/// How bad a [`Diagnostic`] is; exhaustive, as AWS has these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Doubtful; the definition runs.
    Warning,
    /// Wrong; there is no program.
    Error,
}

/// `warning` or `error`.
impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Diagnostics in the order of their places; of one place, in the order they were added.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a diagnostic at its place.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let place = self.0.partition_point(|other| other.location.span.start <= diagnostic.location.span.start);
        self.0.insert(place, diagnostic);
    }

    /// Leaves out what is said of the same place before: the copies of a part of a YAML text have its places.
    pub(crate) fn remove_repeated(&mut self) {
        let mut first_here = 0;
        let mut kept: Vec<Diagnostic> = Vec::with_capacity(self.0.len());
        for diagnostic in self.0.drain(..) {
            let start = diagnostic.location.span.start;
            if kept.last().is_none_or(|last| last.location.span.start != start) {
                first_here = kept.len();
            }
            if kept.iter().skip(first_here).all(|other| *other != diagnostic) {
                kept.push(diagnostic);
            }
        }
        self.0 = kept;
    }

    /// The diagnostics in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// The number of diagnostics, warnings included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none, not even warnings.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is an error, so that there is no program.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The same diagnostics with the severities that `levels` ask for, without those that they allow.
    pub(crate) fn at_levels(self, levels: &Levels) -> Self {
        if levels.is_empty() { self } else { Self(self.0.into_iter().filter_map(|one| levels.apply(one)).collect()) }
    }

    /// The diagnostics drawn for people, with the lines of `source` and carets under the places.
    ///
    /// `source` must be the text that the diagnostics are about.
    pub fn render<'a>(&'a self, source: &'a Source<'a>) -> Rendered<'a> {
        Rendered::new(&self.0, source)
    }
}

/// One line for each diagnostic; [`Diagnostics::render`] shows the places too.
impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|diagnostic| writeln!(formatter, "{diagnostic}"))
    }
}

/// The same as [`Display`](fmt::Display), so that a `main` that returns them is readable.
impl fmt::Debug for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Diagnostics {}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        let mut sorted: Vec<Diagnostic> = diagnostics.into_iter().collect();
        sorted.sort_by_key(|diagnostic| diagnostic.location.span.start);
        Self(sorted)
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(code: Code, start: usize, message: &str) -> Diagnostic {
        let source = Source::new("test", "0123456789");
        Diagnostic::new(code, source.location(JsonPointer::default().member("a"), Span::empty(start)), message)
    }

    #[test]
    fn stay_in_the_order_of_their_places() {
        let mut diagnostics = Diagnostics::default();
        for (start, message) in [(5, "b"), (2, "a"), (5, "c"), (9, "d")] {
            diagnostics.push(diagnostic(Code::UNKNOWN_FIELD, start, message));
        }
        let messages = |diagnostics: &Diagnostics| diagnostics.iter().map(|d| d.message.clone()).collect::<String>();
        assert_eq!(messages(&diagnostics), "abcd");
        let mut reversed: Vec<Diagnostic> = diagnostics.clone().into_iter().collect();
        reversed.rotate_left(1);
        assert_eq!(messages(&reversed.into_iter().collect()), "abcd");
    }

    #[test]
    fn only_errors_prevent_a_program() {
        let mut diagnostics = Diagnostics::default();
        assert!(!diagnostics.has_errors());
        diagnostics.push(diagnostic(Code::NO_DOLLAR, 0, "doubtful"));
        assert!(!diagnostics.has_errors() && !diagnostics.is_empty());
        diagnostics.push(diagnostic(Code::UNKNOWN_FIELD, 0, "wrong"));
        assert!(diagnostics.has_errors());
        assert_eq!(
            diagnostics.to_string(),
            "warning[NO_DOLLAR]: doubtful at 1:1 (/a)\nerror[UNKNOWN_FIELD]: wrong at 1:1 (/a)\n"
        );
    }
}
