//! What is wrong with a definition: values to collect, sort, match on and render.

use std::borrow::Cow;

use crate::source::{JsonPointer, LineColumn, Span};

/// A fault or doubt about a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of fault; stable for ever.
    pub code: Code,
    /// Whether the definition can run all the same.
    pub severity: Severity,
    /// One line; AWS's words where AWS has a message.
    pub message: String,
    /// Where.
    pub location: Location,
    /// Related places, each with a word about it.
    pub labels: Vec<(Location, String)>,
    /// How to mend it.
    pub help: Option<String>,
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

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Doubtful; the definition runs.
    Warning,
    /// Wrong; there is no program.
    Error,
}

/// The kind of a diagnostic. (H3a: one table, one row per code, AWS's names where one fits.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(Cow<'static, str>);

/// Diagnostics in the order of their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);
