//! Diagnostics as JSON, in the form that `docs/validate.md` describes and that only grows.

use std::io::{self, Write};

use asl_core::diagnostic::{AwsForm, Diagnostic, Location};
use asl_core::source::Source;
use serde::Serialize;

use super::check::{Checked, ends};
use super::totals::Totals;

/// Grows when a reader of the form must change.
const VERSION: u32 = 1;

/// Writes one object.
pub(super) fn write(checked: &[Checked], out: &mut dyn Write) -> io::Result<()> {
    let Totals { errors, warnings, files, .. } = Totals::of(checked);
    let names: Vec<String> = checked.iter().map(Checked::portable_name).collect();
    let sources: Vec<Source<'_>> = checked.iter().zip(&names).map(|(checked, name)| checked.source(name)).collect();
    let diagnostics = checked
        .iter()
        .zip(&sources)
        .flat_map(|(checked, source)| checked.diagnostics.iter().map(|diagnostic| Entry::new(diagnostic, source)));
    let document = Document { version: VERSION, files, errors, warnings, diagnostics: diagnostics.collect() };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    version: u32,
    files: usize,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    file: &'a str,
    code: &'static str,
    severity: String,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(flatten)]
    place: Place<'a>,
    labels: Vec<Label<'a>>,
    aws_code: Option<&'static str>,
    aws: Option<Aws<'a>>,
}

#[derive(Debug, Serialize)]
struct Label<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    pointer: &'a str,
    span: Bytes,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Debug, Serialize)]
struct Bytes {
    start: usize,
    end: usize,
}

/// What AWS says of the same fault.
#[derive(Debug, Serialize)]
struct Aws<'a> {
    message: &'a str,
    location: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn new(diagnostic: &'a Diagnostic, source: &Source<'a>) -> Self {
        let label =
            |(location, message): &'a (Location, String)| Label { message, place: Place::new(location, source) };
        Self {
            file: source.name(),
            code: diagnostic.code.name(),
            severity: diagnostic.severity.to_string(),
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            place: Place::new(&diagnostic.location, source),
            labels: diagnostic.labels.iter().map(label).collect(),
            aws_code: diagnostic.code.aws_code(),
            aws: diagnostic.aws.as_ref().map(Aws::new),
        }
    }
}

impl<'a> Aws<'a> {
    fn new(form: &'a AwsForm) -> Self {
        Self { message: &form.message, location: form.location.as_deref() }
    }
}

impl<'a> Place<'a> {
    fn new(location: &'a Location, source: &Source<'_>) -> Self {
        let (start, end) = ends(location, source);
        Self {
            pointer: location.pointer.as_str(),
            span: Bytes { start: location.span.start, end: location.span.end },
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}
