//! Places in a text: byte spans, lines and columns, JSON Pointers.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use crate::diagnostic::Location;

/// A range of bytes of a source text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The empty span before the byte at `offset`.
    #[must_use]
    pub fn empty(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }

    /// Whether `inner` lies within this span, its ends included.
    pub fn contains(self, inner: Self) -> bool {
        self.start <= inner.start && inner.end <= self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A text with a name to show and the places where its lines start.
///
/// Lines end with `\n`; a `\r` before it belongs to the line's end.
#[derive(Debug, Clone)]
pub struct Source<'t> {
    name: &'t str,
    text: &'t str,
    /// Found when the first place is asked for, as most texts have nothing wrong.
    line_starts: OnceLock<Vec<usize>>,
}

impl<'t> Source<'t> {
    /// A text called `name`, which is a file's path as a rule.
    pub fn new(name: &'t str, text: &'t str) -> Self {
        Self { name, text, line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let after_line_ends = self.text.match_indices('\n').map(|(offset, _)| offset + 1);
            std::iter::once(0).chain(after_line_ends).collect()
        })
    }

    /// The name.
    pub fn name(&self) -> &'t str {
        self.name
    }

    /// The whole text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The text at `span`; empty when the span is not of this text.
    pub fn text_at(&self, span: Span) -> &'t str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The text of `line`, counted from 1, without its end; empty when there is no such line.
    pub fn line(&self, line: usize) -> &'t str {
        let text = self.text_at(self.line_span(line));
        text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
    }

    /// The bytes of `line`, counted from 1, its end included.
    pub fn line_span(&self, line: usize) -> Span {
        let end = self.text.len();
        let start = line.checked_sub(1).and_then(|index| self.line_starts().get(index)).copied().unwrap_or(end);
        Span { start, end: self.line_starts().get(line).copied().unwrap_or(end) }
    }

    /// The line and column of the byte at `offset`; an offset past the end counts as the end,
    /// one inside a character as that character.
    pub fn position(&self, offset: usize) -> LineColumn {
        let offset = (0..=offset.min(self.text.len())).rfind(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let line = self.line_starts().partition_point(|start| *start <= offset);
        let before = self.text_at((self.line_span(line).start..offset).into());
        LineColumn { line, column: before.chars().count() + 1 }
    }

    /// The place at `span`, which `pointer` points to; a character of which the span has a part is in it as a whole.
    pub fn location(&self, pointer: JsonPointer, span: Span) -> Location {
        let start = self.text.floor_char_boundary(span.start);
        let span = Span { start, end: self.text.ceil_char_boundary(span.end).max(start) };
        Location { pointer, span, position: self.position(span.start) }
    }
}

/// A line and a column, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for LineColumn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A place in a document as [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901) writes it: `/States/A/Next`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JsonPointer(String);

impl JsonPointer {
    /// The pointer to the member `key` of what this points to.
    #[must_use]
    pub fn member(&self, key: &str) -> Self {
        Self(format!("{}/{}", self.0, key.replace('~', "~0").replace('/', "~1")))
    }

    /// The pointer to the element `index` of what this points to.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The pointer to what `inner` points to in what this points to.
    pub(crate) fn followed_by(&self, inner: &Self) -> Self {
        Self(format!("{}{}", self.0, inner.0))
    }

    /// The pointer's text; empty for the whole document.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys and indices on the way, from the root, with nothing escaped.
    pub fn tokens(&self) -> impl Iterator<Item = String> {
        self.0.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"))
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("test", "aé\r\n\n🙂b");
        let cases = [
            (0, (1, 1)),
            (1, (1, 2)),
            (2, (1, 2)),
            (3, (1, 3)),
            (4, (1, 4)),
            (5, (2, 1)),
            (6, (3, 1)),
            (8, (3, 1)),
            (10, (3, 2)),
            (11, (3, 3)),
            (99, (3, 3)),
        ];
        for (offset, (line, column)) in cases {
            assert_eq!(source.position(offset), LineColumn { line, column }, "offset {offset}");
        }
        assert_eq!(Source::new("empty", "").position(0), LineColumn { line: 1, column: 1 });
    }

    #[test]
    fn lines_come_without_their_ends() {
        let source = Source::new("test", "one\r\ntwo\n\nfour");
        let lines: Vec<&str> = (0..=5).map(|line| source.line(line)).collect();
        assert_eq!(lines, ["", "one", "two", "", "four", ""]);
    }

    #[test]
    fn pointers_escape_and_give_back_their_tokens() {
        let pointer = JsonPointer::default().member("a/b~c").element(3).member("");
        assert_eq!(pointer.as_str(), "/a~1b~0c/3/");
        assert!(pointer.tokens().eq(["a/b~c", "3", ""]));
        assert_eq!(JsonPointer::default().tokens().count(), 0);
    }
}
