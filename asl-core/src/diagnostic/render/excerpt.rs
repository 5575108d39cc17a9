//! Which parts of which lines to show for a diagnostic, and where its marks stand.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// How many columns of a line are shown at most, ellipses aside.
const WINDOW: usize = 110;
/// How many columns of a long line are shown before a mark.
const BEFORE_MARK: usize = 50;

const ELLIPSIS: &str = "...";
const TAB: &str = "    ";

/// A line of the source, or a window of it, with marks under it.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The line's number, from 1.
    pub(super) line: usize,
    /// What is shown of it.
    pub(super) text: String,
    /// The marks, each drawn on a line of its own.
    pub(super) marks: Vec<Mark>,
}

/// Signs under a place.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) kind: MarkKind,
    /// The columns before the mark.
    pub(super) column: usize,
    /// The columns it takes, at least one.
    pub(super) width: usize,
    /// What is said about the place.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkKind {
    /// The place of the diagnostic.
    Primary,
    /// A related place.
    Label,
}

/// The excerpts of `source` that show the places of `diagnostic`, from top to bottom.
pub(super) fn excerpts(diagnostic: &Diagnostic, source: &Source<'_>) -> Vec<Excerpt> {
    let place = diagnostic.location.span;
    let labels = diagnostic.labels.iter().map(|(location, text)| (location.span, text.as_str()));
    let (here, elsewhere): (Vec<_>, Vec<_>) = labels.partition(|(span, _)| *span == place);
    let about_place = here.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("; ");
    let primary = (MarkKind::Primary, place, about_place.as_str());
    let elsewhere = elsewhere.into_iter().map(|(span, text)| (MarkKind::Label, span, text));
    let mut windows: Vec<(Window, Vec<Mark>)> = Vec::new();
    for (kind, span, text) in std::iter::once(primary).chain(elsewhere) {
        let line = source.position(span.start).line;
        let known = windows.iter().position(|(window, _)| window.line == line && window.shows(span));
        let index = known.unwrap_or_else(|| {
            windows.push((Window::around(span, line, source), Vec::new()));
            windows.len() - 1
        });
        if let Some((window, marks)) = windows.get_mut(index) {
            marks.push(window.mark(kind, span, text, source));
        }
    }
    windows.sort_by_key(|(window, _)| (window.line, window.shown.start));
    windows.into_iter().map(|(window, marks)| Excerpt { line: window.line, text: window.text(source), marks }).collect()
}

/// The part of a line that is shown.
#[derive(Debug)]
struct Window {
    line: usize,
    whole: Span,
    shown: Span,
}

impl Window {
    /// The whole line where it fits, otherwise as much of it as fits around the start of `span`.
    fn around(span: Span, line: usize, source: &Source<'_>) -> Self {
        let start = source.line_span(line).start;
        let whole = Span { start, end: start + source.line(line).len() };
        let mut shown = Span { start, end: advance(source, whole, WINDOW) };
        if shown.end < whole.end {
            let before = source.text_at((start..span.start.min(whole.end)).into());
            let kept: usize = within(before.chars().rev(), BEFORE_MARK);
            shown.start = start + before.len() - kept;
            shown.end = advance(source, Span { start: shown.start, end: whole.end }, WINDOW);
        }
        Self { line, whole, shown }
    }

    fn shows(&self, span: Span) -> bool {
        self.shown.contains(Span::empty(span.start))
            && (span.start < self.shown.end || self.shown.end == self.whole.end)
    }

    fn mark(&self, kind: MarkKind, span: Span, text: &str, source: &Source<'_>) -> Mark {
        let width_between = |start: usize, end: usize| printable(source.text_at((start..end).into())).width();
        let end = span.end.min(self.shown.end);
        let last_line = source.position(span.end.saturating_sub(1).max(span.start)).line;
        let text = match (text, last_line > self.line) {
            (text, false) => text.to_owned(),
            ("", true) => format!("to line {last_line}"),
            (text, true) => format!("{text}, to line {last_line}"),
        };
        let hidden = if self.shown.start > self.whole.start { ELLIPSIS.len() } else { 0 };
        Mark {
            kind,
            column: hidden + width_between(self.shown.start, span.start),
            width: width_between(span.start, end).max(1),
            text: printable(&text).into_owned(),
        }
    }

    fn text(&self, source: &Source<'_>) -> String {
        let before = if self.shown.start > self.whole.start { ELLIPSIS } else { "" };
        let after = if self.shown.end < self.whole.end { ELLIPSIS } else { "" };
        format!("{before}{}{after}", printable(source.text_at(self.shown)))
    }
}

/// The end of the characters from the start of `span` that take at most `columns`.
fn advance(source: &Source<'_>, span: Span, columns: usize) -> usize {
    span.start + within(source.text_at(span).chars(), columns)
}

/// The bytes of the first of `characters` that together take at most `columns`, each counted as at least one.
fn within(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    characters
        .scan(0, |used, character| {
            *used += if character == '\t' { TAB.len() } else { character.width().unwrap_or(1).max(1) };
            (*used <= columns).then_some(character.len_utf8())
        })
        .sum()
}

/// `text` as a terminal can show it: tabs as spaces, control and text direction characters replaced.
pub(in crate::diagnostic) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => shown.push_str(TAB),
            unprintable if is_unprintable(unprintable) => shown.push(char::REPLACEMENT_CHARACTER),
            other => shown.push(other),
        }
    }
    Cow::Owned(shown)
}

fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
