//! Places inside of strings: which bytes of the text stand for which bytes of the string.

use std::ops::Range;

use super::lexer::is_quote;
use super::{Notation, yaml};
use crate::source::Span;

/// Where the parts of one string stand in the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct StringPlaces {
    pieces: Vec<Piece>,
}

/// Bytes of the string and the bytes of the text that they are written as.
#[derive(Debug, Clone)]
struct Piece {
    meant: usize,
    meant_length: usize,
    written: usize,
    written_length: usize,
}

impl StringPlaces {
    /// The places of the string `meant`, which is written as `written`, from the byte `start` of the text.
    pub(crate) fn of(notation: Notation, start: usize, written: &str, meant: &str) -> Self {
        match notation {
            Notation::Json => Self::of_json(start, written),
            Notation::Yaml => yaml::string_places(start, written, meant),
        }
    }

    fn of_json(start: usize, written: &str) -> Self {
        // A string that lost its closing quote has its places too.
        let opening = written.chars().next().filter(|first| is_quote(*first));
        let content = opening.and_then(|quote| written.strip_prefix(quote));
        let mut rest = content.map_or(written, |content| content.strip_suffix(is_quote).unwrap_or(content));
        let mut places = Self::default();
        places.skip(start + opening.map_or(0, char::len_utf8));
        while !rest.is_empty() {
            let plain = rest.find('\\').unwrap_or(rest.len());
            places.copy(plain);
            rest = rest.get(plain..).unwrap_or_default();
            if !rest.is_empty() {
                let (written, meant) = escape(rest);
                places.replace(written, meant);
                rest = rest.get(written..).unwrap_or_default();
            }
        }
        places
    }

    /// Passes over bytes of the text that mean nothing.
    pub(super) fn skip(&mut self, length: usize) {
        self.replace(length, 0);
    }

    /// Adds bytes that mean themselves.
    pub(super) fn copy(&mut self, length: usize) {
        self.replace(length, length);
    }

    /// Adds `written` bytes of the text that mean `meant` bytes of the string.
    pub(super) fn replace(&mut self, written: usize, meant: usize) {
        let (text_end, string_end) = self.ends();
        match self.pieces.last_mut() {
            Some(last) if written == meant && last.is_copied() => {
                last.written_length += written;
                last.meant_length += meant;
            }
            _ => self.pieces.push(Piece {
                meant: string_end,
                meant_length: meant,
                written: text_end,
                written_length: written,
            }),
        }
    }

    /// The length of the string as far as it is known.
    pub(super) fn meant_length(&self) -> usize {
        self.ends().1
    }

    fn ends(&self) -> (usize, usize) {
        let end = |piece: &Piece| (piece.written + piece.written_length, piece.meant + piece.meant_length);
        self.pieces.last().map_or((0, 0), end)
    }

    /// Where the bytes `range` of the string stand in the text.
    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        let start = self.piece_at(range.start).map_or(self.ends().0, |piece| piece.place(range.start));
        if range.end <= range.start {
            return Span::empty(start);
        }
        let last = range.end - 1;
        let end = self.piece_at(last).map_or(self.ends().0, |piece| piece.end(last));
        Span { start, end: end.max(start) }
    }

    fn piece_at(&self, meant: usize) -> Option<&Piece> {
        let index = self.pieces.partition_point(|piece| piece.meant + piece.meant_length <= meant);
        self.pieces.get(index)
    }
}

impl Piece {
    fn is_copied(&self) -> bool {
        self.meant_length == self.written_length
    }

    /// Where the byte `meant` of the string begins in the text.
    fn place(&self, meant: usize) -> usize {
        if self.is_copied() { self.written + (meant - self.meant) } else { self.written }
    }

    /// Where the byte `meant` of the string ends in the text.
    fn end(&self, meant: usize) -> usize {
        if self.is_copied() { self.place(meant) + 1 } else { self.written + self.written_length }
    }
}

/// The bytes of the first character as written in JSON, and of the character that is meant.
fn escape(text: &str) -> (usize, usize) {
    let code_unit = |start: usize| text.get(start..start + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    if !text.starts_with('\\') {
        let length = text.chars().next().map_or(1, char::len_utf8);
        return (length, length);
    }
    match code_unit(2).filter(|_| text.starts_with("\\u")) {
        Some(0xD800..=0xDBFF) if text.get(6..8) == Some("\\u") => (12, 4),
        Some(unit) => (6, char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER).len_utf8()),
        None if matches!(text.as_bytes().get(1), Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => {
            (2, 1)
        }
        // No escape: the backslash is kept.
        None => (1, 1),
    }
}

/// Whether what is `written` is a string whatever it says: in quotes, or as a block of YAML.
pub(crate) fn is_quoted(written: &str) -> bool {
    written.starts_with(['"', '\'', '|', '>'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_count_as_written() {
        let cases = [
            (r#""abc""#, 2..3, "c"),
            (r#""a\nb""#, 2..3, "b"),
            (r#""a\nb""#, 1..2, r"\n"),
            (r#""a\u00e9b""#, 3..4, "b"),
            (r#""\ud83d\ude42b""#, 4..5, "b"),
            (r#""éb""#, 2..3, "b"),
            (r#""\\u00e9""#, 1..6, "u00e9"),
            (r#""ab""#, 9..9, ""),
            ("unquoted", 2..8, "quoted"),
            (r#""lost é."#, 7..8, "."),
            (r#""\é $x""#, 4..6, "$x"),
        ];
        for (written, range, expected) in cases {
            let span = StringPlaces::of(Notation::Json, 10, written, "").span(&range);
            assert_eq!(written.get(span.start - 10..span.end - 10), Some(expected), "{written} {range:?}");
        }
        assert_eq!(StringPlaces::of(Notation::Json, 10, r#""ab""#, "ab").span(&(2..2)), Span::empty(13));
    }
}
