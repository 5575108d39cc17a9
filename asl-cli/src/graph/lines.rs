//! Text in indented lines, as the languages of drawing tools have it.

use std::fmt::{self, Write as _};

/// Lines of text.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// Adds a line, indented by two columns for each of `indent`.
    pub(super) fn add(&mut self, indent: usize, line: fmt::Arguments<'_>) {
        let width = indent * 2;
        // Writing to a `String` does not fail.
        let _ = writeln!(self.0, "{:width$}{line}", "");
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}
