//! Faults of the JSON text as AWS tells them, whose parser is Jackson: it stops at the first one.

use crate::diagnostic::{AwsForm, Fault};
use crate::source::Source;

/// How many UTF-16 code units of the text Jackson quotes.
const SNIPPET: usize = 500;

/// Jackson's message and place for `message` about what ends at `end`.
pub(super) fn aws_form(message: &str, end: usize, source: &Source<'_>) -> AwsForm {
    let location = location(end, source);
    AwsForm { message: format!("{message}\n at {location}"), location: Some(location) }
}

/// Jackson's form of a fault in the JSON text.
pub(super) fn aws_form_of(fault: &Fault, source: &Source<'_>) -> AwsForm {
    aws_form(fault.aws_message(), fault.span().end, source)
}

/// The byte at `offset` as Jackson names it: `[Source: (String)"{}}"; line: 1, column: 3]`.
pub(super) fn location(offset: usize, source: &Source<'_>) -> String {
    let line = source.position(offset).line;
    let before = source.text_at((source.line_span(line).start..offset.min(source.text().len())).into());
    let column = before.encode_utf16().count() + 1;
    format!("[Source: (String){}; line: {line}, column: {column}]", snippet(source.text()))
}

fn snippet(text: &str) -> String {
    let mut units = 0;
    let end = text.char_indices().find_map(|(at, character)| {
        units += character.len_utf16();
        (units > SNIPPET).then_some(at)
    });
    let Some(end) = end else { return format!("\"{text}\"") };
    let (quoted, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    format!("\"{quoted}\"[truncated {} chars]", rest.encode_utf16().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_columns_as_jackson_does() {
        let check = |text: &str, offset: usize, expected: &str| {
            assert_eq!(location(offset, &Source::new("test", text)), expected);
        };
        check("not a definition", 3, "[Source: (String)\"not a definition\"; line: 1, column: 4]");
        check("{\n x", 4, "[Source: (String)\"{\n x\"; line: 2, column: 3]");
        check("\"🙂\"x", 6, "[Source: (String)\"\"🙂\"x\"; line: 1, column: 5]");
        check("", 9, "[Source: (String)\"\"; line: 1, column: 1]");
    }

    #[test]
    fn long_texts_are_quoted_in_part() {
        let text = "x".repeat(620);
        let expected = format!("[Source: (String)\"{}\"[truncated 120 chars]; line: 1, column: 2]", "x".repeat(500));
        assert_eq!(location(1, &Source::new("test", &text)), expected);
    }
}
