//! Diagnostics as [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), for code scanning.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use asl_core::diagnostic::{Code, Diagnostic, Location, Severity};
use asl_core::source::Source;
use serde_json::{Value, json};

use super::check::{Checked, ends};
use crate::explain;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one log with one run.
pub(super) fn write(checked: &[Checked], out: &mut dyn Write) -> io::Result<()> {
    let all = || checked.iter().flat_map(|checked| &checked.diagnostics);
    let found: BTreeSet<Code> = all().map(|diagnostic| diagnostic.code).collect();
    let mut results = Vec::new();
    for checked in checked {
        let uri = uri(&checked.portable_name());
        let source = checked.source(&uri);
        for diagnostic in &checked.diagnostics {
            let rule = found.iter().position(|code| *code == diagnostic.code);
            results.push(result(diagnostic, rule, &source));
        }
    }
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "asl",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": found.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn rule(code: Code) -> Value {
    let page = explain::page_of(code).unwrap_or_else(|| code.summary());
    json!({
        "id": code.name(),
        "shortDescription": { "text": code.summary() },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(diagnostic: &Diagnostic, rule: Option<usize>, source: &Source<'_>) -> Value {
    let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let related = diagnostic.labels.iter().map(|(location, text)| place(location, Some(text), source));
    json!({
        "ruleId": diagnostic.code.name(),
        "ruleIndex": rule,
        "level": level(diagnostic.severity),
        "message": { "text": format!("{}{help}", diagnostic.message) },
        "locations": [place(&diagnostic.location, None, source)],
        "relatedLocations": related.collect::<Vec<_>>(),
    })
}

/// A location, with what is said about it.
fn place(location: &Location, text: Option<&str>, source: &Source<'_>) -> Value {
    let (start, end) = ends(location, source);
    let mut place = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": source.name() },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
                "byteOffset": location.span.start,
                "byteLength": location.span.end.saturating_sub(location.span.start),
            },
        },
        "logicalLocations": [{ "fullyQualifiedName": location.pointer.as_str(), "kind": "value" }],
    });
    if let (Some(text), Some(place)) = (text, place.as_object_mut()) {
        place.insert("message".to_owned(), json!({ "text": text }));
    }
    place
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A path as a URI: relative as it is, absolute as `file:`; what a URI may not have is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    } else if path.as_bytes().get(1) == Some(&b':') {
        uri.push_str("file:///");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // INVARIANT: writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        for (path, expected) in [
            ("a/b.asl.json", "a/b.asl.json"),
            ("./größe 1:2.json", "./gr%C3%B6%C3%9Fe%201%3A2.json"),
            ("/srv/a#b.json", "file:///srv/a%23b.json"),
            ("C:/a.json", "file:///C%3A/a.json"),
            ("-", "-"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
