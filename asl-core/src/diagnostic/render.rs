//! Diagnostics drawn for people: the source's lines with carets under the exact places.

use std::fmt;

use super::Diagnostic;
use crate::source::Source;

/// Whether to colour what is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Colour {
    /// Plain text.
    #[default]
    Plain,
    /// ANSI escape sequences for a terminal.
    Ansi,
}

/// Diagnostics ready to be displayed; see [`Diagnostics::render`](super::Diagnostics::render).
#[derive(Debug, Clone, Copy)]
pub struct Rendered<'a> {
    diagnostics: &'a [Diagnostic],
    source: &'a Source<'a>,
    colour: Colour,
}

impl<'a> Rendered<'a> {
    pub(super) fn new(diagnostics: &'a [Diagnostic], source: &'a Source<'a>) -> Self {
        Self { diagnostics, source, colour: Colour::default() }
    }

    /// Sets whether to colour; plain by default.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostics.iter().try_for_each(|diagnostic| writeln!(formatter, "{diagnostic}"))
    }
}
