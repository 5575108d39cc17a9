//! Texts with faults that keep a command from its work: what is wrong with them, and where.

use std::path::{Path, PathBuf};

use asl_core::Notation;
use asl_core::diagnostic::{Code, Diagnostic, Diagnostics};
use asl_core::source::{JsonPointer, Source, Span};

use crate::source::{self, Form};

/// A text with faults.
#[derive(Debug)]
pub(crate) struct FaultyText {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) diagnostics: Diagnostics,
}

impl FaultyText {
    /// The text at `path`, which is not UTF-8.
    ///
    /// A `?` stands for each byte that belongs to no character, so that all places stay the same.
    pub(crate) fn not_utf8(path: &Path, bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        let mut first = None;
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            if let Some(byte) = chunk.invalid().first() {
                let span = Span { start: text.len(), end: text.len() + chunk.invalid().len() };
                first.get_or_insert((span, *byte));
                text.extend(chunk.invalid().iter().map(|_| '?'));
            }
        }
        let fault = first.map(|(span, byte)| fault(path, &text, span, byte));
        Self { path: path.to_owned(), diagnostics: fault.into_iter().collect(), text }
    }

    /// Whether it would be a template.
    pub(crate) fn is_template(&self) -> bool {
        matches!(source::form(&self.path, &self.text), Form::Template(_))
    }
}

fn fault(path: &Path, text: &str, span: Span, byte: u8) -> Diagnostic {
    let code = match source::form(path, text) {
        Form::Definition(Notation::Json) | Form::Template(Notation::Json) => Code::INVALID_JSON_DESCRIPTION,
        Form::Definition(Notation::Yaml) | Form::Template(Notation::Yaml) => Code::INVALID_YAML,
    };
    let location = Source::new("", text).location(JsonPointer::default(), span);
    Diagnostic::new(code, location, format!("the byte `0x{byte:02X}` belongs to no character of UTF-8"))
        .with_help("save the file as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_has_its_place_and_all_bytes_keep_theirs() {
        for (name, bytes, text, expected) in [
            (
                "a.json",
                &b"{\n \"\xc3\xa9\xe9\": 1}"[..],
                "{\n \"\u{e9}?\": 1}",
                "INVALID_JSON_DESCRIPTION 2:4 6..7 0xE9",
            ),
            ("a.yaml", b"a: \xe2\x82\n\xff", "a: ??\n?", "INVALID_YAML 1:4 3..5 0xE2"),
            ("-", b"\xff\xfe{\0", "??{\0", "INVALID_JSON_DESCRIPTION 1:1 0..1 0xFF"),
        ] {
            let found = FaultyText::not_utf8(Path::new(name), bytes);
            assert_eq!(found.text, text);
            let shown: Vec<String> = found
                .diagnostics
                .iter()
                .map(|Diagnostic { code, location, message, .. }| {
                    let (Span { start, end }, byte) = (location.span, message.split('`').nth(1).unwrap_or_default());
                    format!("{code} {} {start}..{end} {byte}", location.position)
                })
                .collect();
            assert_eq!(shown, [expected]);
        }
    }
}
