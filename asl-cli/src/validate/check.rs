//! What is wrong with the definitions of one file.

use std::collections::BTreeSet;
use std::path::{self, Path, PathBuf};

use asl_core::diagnostic::{Diagnostics, Location};
use asl_core::source::{LineColumn, Source};
use asl_core::template::{self, Whereabouts};
use asl_core::{Notation, Options, check_with};

use crate::files::{self, By, Found};
use crate::outcome::Problem;
use crate::source::{self, Form};

/// A text and what is wrong with it.
#[derive(Debug)]
pub(super) struct Checked {
    path: PathBuf,
    via: Via,
    /// Empty if there is nothing to show of it.
    text: String,
    pub(super) diagnostics: Diagnostics,
}

/// What led to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Via {
    Itself,
    /// A template whose `DefinitionUri` names it, and which says more about it than it does.
    Template,
}

impl Checked {
    fn new(path: &Path, text: String, diagnostics: Diagnostics) -> Self {
        let text = if diagnostics.is_empty() { String::new() } else { text };
        Self { path: path.to_owned(), via: Via::Itself, text, diagnostics }
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

/// Checks the definitions in a file, and those that it names; a file that a search found and that has none yields nothing.
pub(super) fn check(found: &Found, options: &Options) -> Vec<Result<Checked, Problem>> {
    let Found { path, by } = found;
    let is_definition = *by == By::Name || source::is_definition(path);
    let text = match files::read(path) {
        Ok(text) => text,
        // Most JSON and YAML files are no templates, and need not be texts.
        Err(_) if !is_definition => return Vec::new(),
        Err(problem) => return vec![Err(problem)],
    };
    let notation = match source::form(path, &text) {
        Form::Definition(notation) => notation,
        Form::Template(notation) => {
            let checked = check_template(path, &text, notation, options);
            if !checked.is_empty() {
                return checked;
            }
            notation
        }
    };
    if is_definition { vec![Ok(check_definition(path, text, notation, options))] } else { Vec::new() }
}

fn check_definition(path: &Path, text: String, notation: Notation, options: &Options) -> Checked {
    let diagnostics = check_with(&text, options.clone().notation(notation));
    Checked::new(path, text, diagnostics)
}

/// The template, if it has state machines or cannot be read, and the files that it names as definitions.
fn check_template(path: &Path, text: &str, notation: Notation, options: &Options) -> Vec<Result<Checked, Problem>> {
    let template = template::definitions(text, notation);
    let mut diagnostics = template.diagnostics;
    if template.definitions.is_empty() && !diagnostics.has_errors() {
        return Vec::new();
    }
    let mut elsewhere = Vec::new();
    for machine in &template.definitions {
        diagnostics.extend(machine.compile(options.clone()).into_iter().flat_map(|compiled| compiled.diagnostics));
        if let Some(Whereabouts::Uri(uri)) = machine.whereabouts()
            && !uri.contains("://")
        {
            let path = path.parent().unwrap_or(Path::new("")).join(uri);
            elsewhere.push(check_named(&path, &machine.options(options.clone())));
        }
    }
    let itself = Checked::new(path, text.to_owned(), diagnostics);
    std::iter::once(Ok(itself)).chain(elsewhere).collect()
}

/// A definition that a template names; `options` have what the template says of it.
fn check_named(path: &Path, options: &Options) -> Result<Checked, Problem> {
    let text = files::read(path)?;
    let (Form::Definition(notation) | Form::Template(notation)) = source::form(path, &text);
    Ok(Checked { via: Via::Template, ..check_definition(path, text, notation, options) })
}

/// Each file once: as its template knows it, if there is one.
pub(super) fn once_each(mut checked: Vec<Checked>) -> Vec<Checked> {
    let of_templates = checked.iter().filter(|checked| checked.via == Via::Template);
    let of_templates: BTreeSet<PathBuf> = of_templates.map(|checked| files::identity(&checked.path)).collect();
    let mut seen = BTreeSet::new();
    checked.retain(|checked| {
        let identity = files::identity(&checked.path);
        let is_known_better = checked.via == Via::Itself && of_templates.contains(&identity);
        !is_known_better && seen.insert(identity)
    });
    checked
}
