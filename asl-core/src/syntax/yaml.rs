//! YAML text as the same tree as JSON's, with the places where it stands in the YAML.
//!
//! Plain scalars mean what [YAML 1.2's core schema](https://yaml.org/spec/1.2.2/#103-core-schema) says, so that `yes` is
//! a string except in templates; keys are strings, whatever they look like.
//! Aliases stand for a copy of what they name, whose places stay those of the original, and `<<` merges mappings.
//! The first fault of the grammar ends the reading; what was read until then is kept.

mod builder;
mod fault;
mod properties;
mod scalar;

use saphyr_parser::{Event, Parser};

use self::builder::Builder;
use self::fault::syntax_fault;
pub(super) use self::scalar::string_places;
use super::{Dialect, Node, too_large};
use crate::diagnostic::{Code, Diagnostics, Fault};
use crate::source::{Source, Span};

pub(super) fn parse(text: &str, dialect: Dialect) -> (Option<Node<'_>>, Diagnostics) {
    let source = Source::new("", text);
    let (root, faults) = match too_large(text) {
        Some(fault) => (None, vec![fault]),
        None => read(text, dialect),
    };
    let pointer_to = |span| root.as_ref().map(|root: &Node<'_>| root.pointer_to(span)).unwrap_or_default();
    // AWS reads no YAML, so it says nothing of its faults.
    let diagnostics = faults.into_iter().map(|fault| fault.placed(pointer_to, &source, None)).collect();
    (root, diagnostics)
}

fn read(text: &str, dialect: Dialect) -> (Option<Node<'_>>, Vec<Fault>) {
    let offsets = Offsets::of(text);
    let mut builder = Builder::new(text, dialect);
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok((event, span)) => (event, offsets.span(span.start.index(), span.end.index())),
            Err(error) => {
                builder.report(syntax_fault(&error, offsets.byte(error.marker().index()), text));
                break;
            }
        };
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents == 2 {
                let fault = yaml_fault(span, "a definition is one YAML document, and another one begins here");
                builder.report(fault.with_help("remove the line `---` and what follows".to_owned()));
                break;
            }
        }
        if !builder.take(event, span) {
            break;
        }
    }
    builder.finish()
}

/// A fault of the YAML text.
fn yaml_fault(span: impl Into<Span>, message: impl Into<String>) -> Fault {
    Fault::new(Code::INVALID_YAML, span.into(), message)
}

/// The bytes at which characters begin, as the parser counts characters.
enum Offsets {
    /// All characters have one byte.
    Ascii {
        length: usize,
    },
    Bytes(Vec<usize>),
}

impl Offsets {
    fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Ascii { length: text.len() };
        }
        Self::Bytes(text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect())
    }

    fn byte(&self, character: usize) -> usize {
        match self {
            Self::Ascii { length } => character.min(*length),
            Self::Bytes(bytes) => bytes.get(character).or(bytes.last()).copied().unwrap_or_default(),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let start = self.byte(start);
        Span { start, end: self.byte(end).max(start) }
    }
}

#[cfg(test)]
mod tests;
