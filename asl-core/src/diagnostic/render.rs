//! Diagnostics drawn for people: the source's lines with carets under the exact places.
//!
//! Columns are those of a terminal: tabs become spaces, wide characters take two columns and combining ones none.
//! Of a long line only a window around the place is drawn, so minified definitions stay readable.
//! Control characters never reach the output.

mod excerpt;

use std::fmt::{self, Display};

pub(super) use self::excerpt::printable;
use self::excerpt::{Excerpt, Mark, MarkKind, excerpts};
use super::{Diagnostic, Severity};
use crate::source::Source;

/// Whether to colour what is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Colour {
    /// Plain text.
    #[default]
    Plain,
    /// ANSI escape sequences for a terminal.
    Ansi,
}

/// Diagnostics ready to be displayed; see [`Diagnostics::render`](super::Diagnostics::render).
#[derive(Debug, Clone, Copy)]
pub struct Rendered<'a> {
    diagnostics: &'a [Diagnostic],
    source: &'a Source<'a>,
    colour: Colour,
}

impl<'a> Rendered<'a> {
    pub(super) fn new(diagnostics: &'a [Diagnostic], source: &'a Source<'a>) -> Self {
        Self { diagnostics, source, colour: Colour::default() }
    }

    /// Sets whether to colour; plain by default.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    fn diagnostic(&self, diagnostic: &Diagnostic, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = Style::of_severity(diagnostic.severity);
        let headline = format!("{}[{}]", diagnostic.severity, diagnostic.code);
        let message = format!(": {}", printable(&diagnostic.message));
        writeln!(formatter, "{}{}", self.paint(severity, &headline), self.paint(Style::Strong, &message))?;

        let excerpts = excerpts(diagnostic, self.source);
        let last_line = excerpts.iter().map(|excerpt| excerpt.line).max().unwrap_or_default();
        let gutter = last_line.to_string().len();
        let arrow = format!("{:gutter$}-->", "");
        let place = format!("{}:{}", self.source.name(), diagnostic.location);
        writeln!(formatter, "{} {}", self.paint(Style::Frame, &arrow), printable(&place))?;

        writeln!(formatter, "{}", self.frame(gutter, "", '|'))?;
        let mut line_before = None;
        for excerpt in &excerpts {
            if line_before.is_some_and(|before| before + 1 < excerpt.line) {
                writeln!(formatter, "{}", self.paint(Style::Frame, "..."))?;
            }
            line_before = Some(excerpt.line);
            self.excerpt(excerpt, gutter, severity, formatter)?;
        }
        match &diagnostic.help {
            Some(help) => {
                let help = format!("{} {}", self.paint(Style::Strong, "help:"), printable(help));
                writeln!(formatter, "{} {help}", self.frame(gutter, "", '='))
            }
            None => Ok(()),
        }
    }

    fn excerpt(
        &self,
        excerpt: &Excerpt,
        gutter: usize,
        severity: Style,
        formatter: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let number = excerpt.line.to_string();
        let line = format!("{} {}", self.frame(gutter, &number, '|'), excerpt.text);
        writeln!(formatter, "{}", line.trim_end())?;
        for Mark { kind, column, width, text } in &excerpt.marks {
            let (sign, style) = match kind {
                MarkKind::Primary => ("^", severity),
                MarkKind::Label => ("-", Style::Frame),
            };
            let space = if text.is_empty() { "" } else { " " };
            let drawn = format!("{}{space}{text}", sign.repeat(*width));
            writeln!(formatter, "{} {:column$}{}", self.frame(gutter, "", '|'), "", self.paint(style, &drawn))?;
        }
        Ok(())
    }

    /// The margin of a line, with its number if it has one.
    fn frame(&self, gutter: usize, number: &str, sign: char) -> impl Display {
        self.paint(Style::Frame, &format!("{number:>gutter$} {sign}"))
    }

    fn paint(&self, style: Style, text: &str) -> impl Display + use<> {
        match self.colour {
            Colour::Plain => text.to_owned(),
            Colour::Ansi => format!("{}{text}\u{1b}[0m", style.ansi()),
        }
    }
}

impl Display for Rendered<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            self.diagnostic(diagnostic, formatter)?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
enum Style {
    Error,
    Warning,
    Frame,
    Strong,
}

impl Style {
    fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
        }
    }

    fn ansi(self) -> &'static str {
        match self {
            Self::Error => "\u{1b}[1;31m",
            Self::Warning => "\u{1b}[1;33m",
            Self::Frame => "\u{1b}[1;34m",
            Self::Strong => "\u{1b}[1m",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostics};
    use crate::source::Span;
    use crate::syntax::parse;

    fn span_of(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap();
        (start..start + part.len()).into()
    }

    /// The text drawn with an error at the first `part`, a label at each of `labels`, and a help.
    fn render(text: &str, part: &str, labels: &[&str]) -> String {
        let source = Source::new("order.asl.json", text);
        let root = parse(text).0.unwrap();
        let locate = |part| {
            let span = span_of(text, part);
            source.location(root.pointer_to(span), span)
        };
        let mut diagnostic = Diagnostic::new(Code::UNKNOWN_VALUE, locate(part), "no such thing").with_help("mend it");
        for label in labels {
            diagnostic = diagnostic.with_label(locate(label), "see here");
        }
        Diagnostics::from_iter([diagnostic]).render(&source).to_string()
    }

    #[test]
    fn the_place_has_carets_pointer_and_help() {
        insta::assert_snapshot!(render("{\n  \"States\": {\n    \"A\": {\"Type\": \"Pss\"}\n  }\n}\n", "\"Pss\"", &[]), @r#"
        error[UNKNOWN_VALUE]: no such thing
         --> order.asl.json:3:19 (/States/A/Type)
          |
        3 |     "A": {"Type": "Pss"}
          |                   ^^^^^
          = help: mend it
        "#);
    }

    #[test]
    fn labels_stand_on_their_lines() {
        let text = "{\n  \"a\": 1,\n  \"b\": 2, \"c\": 3,\n  \"d\": 4,\n  \"e\": 5,\n  \"f\": 6\n}";
        insta::assert_snapshot!(render(text, "\"c\"", &["\"b\"", "\"a\"", "\"f\""]), @r#"
        error[UNKNOWN_VALUE]: no such thing
         --> order.asl.json:3:11 (/c)
          |
        2 |   "a": 1,
          |   --- see here
        3 |   "b": 2, "c": 3,
          |           ^^^
          |   --- see here
        ...
        6 |   "f": 6
          |   --- see here
          = help: mend it
        "#);
    }

    #[test]
    fn a_label_at_the_place_itself_stands_beside_the_carets() {
        insta::assert_snapshot!(render("{\n  \"a\": 1\n}", "\"a\"", &["\"a\""]), @r#"
        error[UNKNOWN_VALUE]: no such thing
         --> order.asl.json:2:3 (/a)
          |
        2 |   "a": 1
          |   ^^^ see here
          = help: mend it
        "#);
    }

    #[test]
    fn tabs_wide_and_combining_characters_keep_the_columns() {
        insta::assert_snapshot!(render("{\t\"日本🙂x\u{301}\":\t\"x\u{7f}\"}", "\"x\u{7f}\"", &[]), @r#"
        error[UNKNOWN_VALUE]: no such thing
         --> order.asl.json:1:12 (/日本🙂x́)
          |
        1 | {    "日本🙂x́":    "x�"}
          |                    ^^^^
          = help: mend it
        "#);
    }

    #[test]
    fn spans_over_lines_are_shortened() {
        insta::assert_snapshot!(render("{\n  \"A\": {\n    \"B\": 1\n  }\n}", "{\n    \"B\": 1\n  }", &[]), @r#"
        error[UNKNOWN_VALUE]: no such thing
         --> order.asl.json:2:8 (/A)
          |
        2 |   "A": {
          |        ^ to line 4
          = help: mend it
        "#);
    }

    #[test]
    fn long_lines_are_windowed() {
        let filler = "0123456789".repeat(30);
        let text = format!("{{\"a\":\"{filler}\",\"b\":\"Pss\",\"c\":\"{filler}\"}}");
        insta::assert_snapshot!(render(&text, "\"Pss\"", &["\"c\"", "\"a\""]), @r#"
        error[UNKNOWN_VALUE]: no such thing
         --> order.asl.json:1:313 (/b)
          |
        1 | {"a":"01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123...
          |  --- see here
        1 | ...67890123456789012345678901234567890123456789","b":"Pss","c":"0123456789012345678901234567890123456789012345678...
          |                                                      ^^^^^
          |                                                            --- see here
          = help: mend it
        "#);
    }

    #[test]
    fn the_end_of_the_text_is_a_place() {
        let text = "{\"a\": 1\n";
        let (_, diagnostics) = parse(text);
        insta::assert_snapshot!(diagnostics.render(&Source::new("x", text)), @r#"
        error[INVALID_JSON_DESCRIPTION]: Unexpected end-of-input: expected close marker for Object
         --> x:2:1
          |
        1 | {"a": 1
          | - the Object starts here
        2 |
          | ^
          = help: close it with `}`
        "#);
    }

    #[test]
    fn colours_are_ansi_sequences() {
        let (_, diagnostics) = parse("[1,]");
        let source = Source::new("x", "[1,]");
        let coloured = diagnostics.render(&source).colour(Colour::Ansi).to_string();
        let mut plain = coloured.clone();
        for style in [Style::Error, Style::Warning, Style::Frame, Style::Strong] {
            plain = plain.replace(style.ansi(), "");
        }
        assert_eq!(plain.replace("\u{1b}[0m", ""), diagnostics.render(&source).to_string());
        assert!(coloured.starts_with("\u{1b}[1;31merror[INVALID_JSON_DESCRIPTION]\u{1b}[0m"));
    }

    #[test]
    fn control_characters_of_the_definition_stay_out() {
        let text = "{\"\\u001b[31m\": \"\u{7f}\u{202e}\"}";
        let source = Source::new("x", text);
        let root = parse(text).0.unwrap();
        let key = &root.as_object().unwrap()[0];
        let location = source.location(root.pointer_to(key.key_span), key.key_span);
        let diagnostic = Diagnostic::new(Code::UNKNOWN_FIELD, location, format!("`{}`", key.key));
        let drawn = Diagnostics::from_iter([diagnostic]).render(&source).to_string();
        assert!(drawn.chars().all(|character| character == '\n' || !character.is_control()), "{drawn:?}");
        assert!(!drawn.contains('\u{202e}'));
    }

    #[test]
    fn a_foreign_source_is_survived() {
        let (_, diagnostics) = parse("{\n\n  \"é\": \"日本\" 5");
        for text in ["", "é", "\u{301}\u{301}", "\n\n日"] {
            let drawn = diagnostics.render(&Source::new("foreign", text)).to_string();
            assert!(drawn.contains("-->"));
        }
    }
}
