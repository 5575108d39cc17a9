//! JSON inside of a template's strings: the text, and where each part of it stands in the template.

use std::sync::Arc;

use super::intrinsics::{call, join, literal, placeholder, sub};
use crate::placeholder::Substitutions;
use crate::source::{Source, Span};
use crate::syntax::{MAX_SIZE, Node, Notation, StringPlaces};

/// A text that a template puts together.
#[derive(Debug, Clone)]
pub(super) struct Embedded {
    text: String,
    pieces: Vec<Piece>,
}

/// A part of the text, up to the next one.
#[derive(Debug, Clone)]
struct Piece {
    start: usize,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    /// A string of the template, from the byte `offset` of what it means.
    String { places: Arc<StringPlaces>, offset: usize },
    /// A call whose value is not known.
    Call(Span),
}

impl Embedded {
    /// The text of a string, or of a call that puts strings together; `None` if nothing of it is known.
    ///
    /// Values that `Fn::Sub` is given are added to `substitutions`.
    pub(super) fn read(
        node: &Node<'_>,
        notation: Notation,
        source: &Source<'_>,
        substitutions: &mut Substitutions,
    ) -> Option<Self> {
        let text = Self { text: String::new(), pieces: Vec::new() };
        let mut reader = Reader { text, notation, source, substitutions };
        reader.read(node)?;
        Some(reader.text)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where in the template the bytes `span` of the text stand.
    pub(super) fn place(&self, span: Span) -> Span {
        let start = self.place_of(span.start, span.start.max(span.end.min(span.start + 1)));
        if span.end <= span.start {
            return Span::empty(start.start);
        }
        let end = self.place_of(span.end - 1, span.end).end;
        // What the delimiter of a join begins or ends stands nowhere as a whole.
        if end < start.start { start } else { Span { start: start.start, end } }
    }

    fn place_of(&self, start: usize, end: usize) -> Span {
        let index = self.pieces.partition_point(|piece| piece.start <= start).saturating_sub(1);
        match self.pieces.get(index) {
            Some(Piece { start: from, origin: Origin::String { places, offset } }) => {
                places.span(&(start - from + offset..end - from + offset))
            }
            Some(Piece { origin: Origin::Call(span), .. }) => *span,
            None => Span::default(),
        }
    }
}

struct Reader<'a> {
    text: Embedded,
    notation: Notation,
    source: &'a Source<'a>,
    substitutions: &'a mut Substitutions,
}

impl Reader<'_> {
    fn read(&mut self, node: &Node<'_>) -> Option<()> {
        if let Some(text) = node.as_str() {
            self.push(&self.places(node), 0, text);
            return Some(());
        }
        match call(node)? {
            ("Fn::Sub", argument) => {
                let (string, values) = sub(argument)?;
                self.read_sub(string);
                let known = values.iter().filter_map(|member| Some((member.key.to_string(), literal(&member.value)?)));
                self.substitutions.extend(known);
            }
            ("Fn::Join", argument) => {
                let (delimiter, parts) = join(argument)?;
                let places = self.places(delimiter);
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        self.push(&places, 0, delimiter.as_str()?);
                    }
                    self.read_part(part)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Reads a part of a join; of a call that is not known there is a placeholder.
    fn read_part(&mut self, part: &Node<'_>) -> Option<()> {
        match call(part) {
            Some((name, argument)) if !matches!(name, "Fn::Sub" | "Fn::Join") => {
                self.start_piece(Origin::Call(part.span));
                self.text.text.push_str(&placeholder(name, argument));
                Some(())
            }
            _ => self.read(part),
        }
    }

    /// Reads the text of `Fn::Sub`, in which `${!Name}` stands for `${Name}`.
    fn read_sub(&mut self, string: &Node<'_>) {
        const LITERAL: &str = "${!";
        let text = string.as_str().unwrap_or_default();
        let places = self.places(string);
        let mut from = 0;
        for (at, _) in text.match_indices(LITERAL) {
            let end = at + LITERAL.len();
            self.push(&places, from, text.get(from..end - "!".len()).unwrap_or_default());
            from = end;
        }
        self.push(&places, from, text.get(from..).unwrap_or_default());
    }

    fn places(&self, string: &Node<'_>) -> Arc<StringPlaces> {
        let (written, meant) = (self.source.text_at(string.span), string.as_str().unwrap_or_default());
        Arc::new(StringPlaces::of(self.notation, string.span.start, written, meant))
    }

    /// Adds `text`, which begins at the byte `offset` of the string at `places`; what is too large anyway stays so.
    fn push(&mut self, places: &Arc<StringPlaces>, offset: usize, text: &str) {
        if self.text.text.len() <= MAX_SIZE {
            self.start_piece(Origin::String { places: Arc::clone(places), offset });
            self.text.text.push_str(text);
        }
    }

    fn start_piece(&mut self, origin: Origin) {
        self.text.pieces.push(Piece { start: self.text.text.len(), origin });
    }
}
