//! The one canonical text of a definition, for people to read and for tools to compare.
//!
//! Fields stand in the order of the language's table of fields, states and data in their own.
//! What fits on a line of 100 columns is on one line, machines excepted; strings, numbers and placeholders stay as written.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use crate::definition::Part;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{JsonPointer, Source, Span};
use crate::syntax::{self, Dialect, Member, Node, NodeKind, Notation};

/// How many columns a line may have, unless a single key or value needs more.
const MAX_WIDTH: usize = 100;

/// The columns of a level.
const INDENT: usize = 2;

/// The definition in its canonical form, which means the same.
///
/// Formatting what is formatted changes nothing.
///
/// # Errors
///
/// When the text is not JSON or an object has a key twice, as then it is not known what is meant;
/// and when the formatted definition would be too large to be one.
/// Anything else may be wrong with the definition; [`compile`](crate::compile()) says what.
///
/// # Examples
///
/// ```
/// let formatted = asl_core::format(r#"{"States": {"A": {"End":true, "Type":"Pass"}}, "StartAt": "A"}"#)?;
/// assert_eq!(formatted, r#"{
///   "StartAt": "A",
///   "States": {
///     "A": { "Type": "Pass", "End": true }
///   }
/// }
/// "#);
/// # Ok::<(), asl_core::Diagnostics>(())
/// ```
pub fn format(text: &str) -> Result<String, Diagnostics> {
    let source = Source::new("definition", text);
    let (root, mut diagnostics) = syntax::parse_as(text, Notation::Json, Dialect::WithPlaceholders);
    if let Some(root) = &root {
        diagnostics.extend(syntax::duplicate_keys(root, &source));
    }
    match root {
        Some(root) if !diagnostics.has_errors() => {
            let mut printer = Printer { source: &source, out: String::with_capacity(text.len()), depth: 0 };
            printer.value(&root, Part::ROOT, 0);
            printer.out.push('\n');
            if printer.out.len() > syntax::MAX_SIZE {
                let location = source.location(JsonPointer::default(), Span::empty(0));
                let message = "formatted, the definition would be larger than 1 MiB";
                return Err(Diagnostics::from_iter([Diagnostic::new(Code::DEFINITION_TOO_LARGE, location, message)]));
            }
            Ok(printer.out)
        }
        _ => Err(diagnostics),
    }
}

struct Printer<'s> {
    source: &'s Source<'s>,
    out: String,
    depth: usize,
}

impl<'s> Printer<'s> {
    /// Writes `node` where `used` columns of the line are taken, by what follows it too.
    fn value(&mut self, node: &Node<'_>, part: Part, used: usize) {
        let fits = !has_machine(node, part) && self.fits(node, MAX_WIDTH.saturating_sub(used));
        let layout = if fits { Layout::Line } else { Layout::Block };
        match &node.kind {
            NodeKind::Array(elements) if !elements.is_empty() => {
                self.parts(["[", "]"], layout, elements.iter(), |printer, element, used| {
                    printer.value(element, part, used);
                });
            }
            NodeKind::Object(members) if !members.is_empty() => {
                let mut ordered: Vec<&Member<'_>> = members.iter().collect();
                ordered.sort_by_key(|member| part.canonical_place(&member.key));
                let padded = if fits { ["{ ", " }"] } else { ["{", "}"] };
                self.parts(padded, layout, ordered.into_iter(), |printer, member, used| {
                    let key = printer.written(member.key_span);
                    let taken = used + width(key) + ": ".len();
                    printer.out.push_str(key);
                    printer.out.push_str(": ");
                    printer.value(&member.value, part.member(&member.key), taken);
                });
            }
            _ => self.out.push_str(self.leaf(node)),
        }
    }

    /// Writes the parts of an array or object; each is told how many columns of its line are taken.
    fn parts<T>(
        &mut self,
        [open, close]: [&str; 2],
        layout: Layout,
        parts: impl ExactSizeIterator<Item = T>,
        write_part: impl Fn(&mut Self, T, usize),
    ) {
        let last = parts.len().saturating_sub(1);
        self.out.push_str(open);
        self.depth += 1;
        for (index, part) in parts.enumerate() {
            let comma = usize::from(index < last);
            match layout {
                Layout::Block => {
                    self.line_break();
                    write_part(self, part, INDENT * self.depth + comma);
                }
                // What is around it fits, so it does.
                Layout::Line => write_part(self, part, 0),
            }
            if index < last {
                self.out.push_str(if layout == Layout::Block { "," } else { ", " });
            }
        }
        self.depth -= 1;
        if layout == Layout::Block {
            self.line_break();
        }
        self.out.push_str(close);
    }

    fn line_break(&mut self) {
        // INVARIANT: writing to a string cannot fail.
        let _ = write!(self.out, "\n{:1$}", "", INDENT * self.depth);
    }

    /// Whether `node` takes at most `columns` on one line.
    fn fits(&self, node: &Node<'_>, columns: usize) -> bool {
        self.left_over(node, columns).is_some()
    }

    /// The columns that `node` leaves of `columns`; stops as soon as there are none.
    fn left_over(&self, node: &Node<'_>, columns: usize) -> Option<usize> {
        match &node.kind {
            NodeKind::Array(elements) if !elements.is_empty() => {
                let columns = columns.checked_sub("[]".len() + ", ".len() * (elements.len() - 1))?;
                elements.iter().try_fold(columns, |columns, element| self.left_over(element, columns))
            }
            NodeKind::Object(members) if !members.is_empty() => {
                let columns = columns.checked_sub("{  }".len() + ", ".len() * (members.len() - 1))?;
                members.iter().try_fold(columns, |columns, member| {
                    let columns = columns.checked_sub(width(self.written(member.key_span)) + ": ".len())?;
                    self.left_over(&member.value, columns)
                })
            }
            _ => columns.checked_sub(width(self.leaf(node))),
        }
    }

    /// What is not to be broken: a string or number as it was written.
    fn leaf(&self, node: &Node<'_>) -> &'s str {
        match &node.kind {
            NodeKind::Array(_) => "[]",
            NodeKind::Object(_) => "{}",
            _ => self.written(node.span),
        }
    }

    fn written(&self, span: Span) -> &'s str {
        self.source.text_at(span)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// All on one line.
    Line,
    /// One member or element a line.
    Block,
}

/// Whether `node` holds states, which are too much for one line.
fn has_machine(node: &Node<'_>, part: Part) -> bool {
    match part {
        Part::Machine(_) | Part::States => !matches!(node.as_array(), Some([])),
        Part::State => node
            .as_object()
            .unwrap_or_default()
            .iter()
            .any(|member| has_machine(&member.value, part.member(&member.key))),
        _ => false,
    }
}

/// The columns of a text without control characters.
fn width(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        format(text).unwrap()
    }

    #[test]
    fn fields_stand_in_canonical_order_and_states_in_their_own() {
        insta::assert_snapshot!(formatted(
            r#"{"States":{
                "Pick":{"Default":"Done","Choices":[{"Next":"Done","NumericEquals":1,"Variable":"$.n"},
                    {"Next":"All","Or":[{"BooleanEquals":true,"Variable":"$.a"},{"BooleanEquals":false,"Variable":"$.b"}]}],
                    "Type":"Choice"},
                "All":{"End":true,"Branches":[{"States":{"In":{"End":true,"Type":"Pass"}},"StartAt":"In"}],"Type":"Parallel"},
                "Call":{"Next":"Done","Catch":[{"Next":"Done","ErrorEquals":["States.ALL"]}],
                    "Retry":[{"MaxAttempts":2,"ErrorEquals":["States.Timeout"],"Comment":"again"}],
                    "Parameters":{"z":1,"a":{"Type":"x","Comment":"data"}},"Resource":"arn","Type":"Task"},
                "Done":{"Type":"Succeed"}
            },"StartAt":"Pick","Comment":"why"}"#
        ), @r#"
        {
          "Comment": "why",
          "StartAt": "Pick",
          "States": {
            "Pick": {
              "Type": "Choice",
              "Choices": [
                { "Variable": "$.n", "NumericEquals": 1, "Next": "Done" },
                {
                  "Or": [
                    { "Variable": "$.a", "BooleanEquals": true },
                    { "Variable": "$.b", "BooleanEquals": false }
                  ],
                  "Next": "All"
                }
              ],
              "Default": "Done"
            },
            "All": {
              "Type": "Parallel",
              "Branches": [
                {
                  "StartAt": "In",
                  "States": {
                    "In": { "Type": "Pass", "End": true }
                  }
                }
              ],
              "End": true
            },
            "Call": {
              "Type": "Task",
              "Resource": "arn",
              "Parameters": { "z": 1, "a": { "Type": "x", "Comment": "data" } },
              "Retry": [{ "Comment": "again", "ErrorEquals": ["States.Timeout"], "MaxAttempts": 2 }],
              "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Done" }],
              "Next": "Done"
            },
            "Done": { "Type": "Succeed" }
          }
        }
        "#);
    }

    #[test]
    fn strings_and_numbers_stay_as_they_were_written() {
        let text = r#"{"a": [1.50, 1e2, -0, 12345678901234567890123, "\u00e9\/", {}, [ ]], "Other": null}"#;
        let kept = r#"{"a": [1.50, 1e2, -0, 12345678901234567890123, "\u00e9\/", {}, []], "Other": null}"#;
        assert_eq!(formatted(text).split_whitespace().collect::<String>(), kept.split_whitespace().collect::<String>());
    }

    #[test]
    fn a_line_may_be_full_but_no_longer() {
        for (columns, lines) in [(MAX_WIDTH, 3), (MAX_WIDTH + 1, 6)] {
            let text = |filler: usize| {
                format!("{{\"States\": {{\"é\": {{\"a\": \"{}\", \"b\": 0}},\n\"B\": 0}}}}", "x".repeat(filler))
            };
            let line = formatted(&text(1)).lines().map(width).max().unwrap();
            let drawn = formatted(&text(1 + columns - line));
            let inside = drawn.lines().count() - 4;
            assert_eq!(inside, lines - 1, "{drawn}");
            assert!(drawn.lines().all(|line| width(line) <= MAX_WIDTH), "{drawn}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", r#"{"a": 1, "a": 2}"#, "// no\n{}", r#"{"a": ${b}"#] {
            assert!(format(text).unwrap_err().has_errors(), "{text}");
        }
    }

    #[test]
    fn what_would_be_too_large_is_refused() {
        let text = format!("{{\"States\":{{\"A\":[{}0]}}}}", "0,".repeat(syntax::MAX_SIZE / 2 - 50));
        assert!(syntax::parse(&text).1.is_empty());
        let codes: Vec<Code> = format(&text).unwrap_err().iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, [Code::DEFINITION_TOO_LARGE]);
    }

    #[test]
    fn what_is_no_definition_is_formatted_as_json() {
        for text in ["5", "[]", "{}", r#""text""#, r#"{"States": []}"#, r#"{"States": {"A": 1, "B": [{"Next": "A"}]}}"#]
        {
            let once = formatted(text);
            assert_eq!(formatted(&once), once);
        }
    }
}
