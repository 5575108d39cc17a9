//! What is wrong with the definitions of one file.

use std::path::{self, Path, PathBuf};

use asl_core::diagnostic::{Diagnostics, Location};
use asl_core::source::{LineColumn, Source};
use asl_core::{Options, compile_with};

use crate::files::{self, Found};
use crate::outcome::Problem;
use crate::source::{self, Form, Format};

/// A text and what is wrong with it.
#[derive(Debug)]
pub(super) struct Checked {
    path: PathBuf,
    /// Empty if there is nothing to show of it.
    text: String,
    pub(super) diagnostics: Diagnostics,
}

impl Checked {
    fn new(path: &Path, text: String, diagnostics: Diagnostics) -> Self {
        let text = if diagnostics.is_empty() { String::new() } else { text };
        Self { path: path.to_owned(), text, diagnostics }
    }

    /// The name to show.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The name with `/` between its parts on every system, as other programs expect it.
    pub(super) fn portable_name(&self) -> String {
        self.name().replace(path::MAIN_SEPARATOR, "/")
    }

    /// The text, under `name`.
    pub(super) fn source<'a>(&'a self, name: &'a str) -> Source<'a> {
        Source::new(name, &self.text)
    }
}

/// Where a place begins, and where the first character after it is.
pub(super) fn ends(location: &Location, source: &Source<'_>) -> (LineColumn, LineColumn) {
    (location.position, source.position(location.span.end))
}

/// Checks the definition in a file.
pub(super) fn check(found: &Found, options: &Options) -> Result<Checked, Problem> {
    let path = &found.path;
    let text = files::read(path)?;
    let what = match source::form(path, &text) {
        Form::Definition(Format::Json) => {
            let diagnostics = compile_with(&text, options.clone()).diagnostics;
            return Ok(Checked::new(path, text, diagnostics));
        }
        Form::Definition(Format::Yaml) => "YAML",
        Form::Template(_) => "a template",
    };
    Err(Problem::Usage { message: format!("`{}` is {what}: only definitions in JSON are checked", path.display()) })
}
