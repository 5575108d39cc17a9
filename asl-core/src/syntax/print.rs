//! Trees as JSON text.

use std::fmt;

use super::{Member, Node, NodeKind};

/// Writes without spaces.
pub(super) fn compact(node: &Node<'_>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    Printer { out: formatter, layout: Layout::Compact, depth: 0 }.node(node)
}

/// Two spaces a level, one member or element a line.
pub(super) fn pretty(node: &Node<'_>) -> String {
    let mut text = String::new();
    // INVARIANT: writing to a string cannot fail.
    let _ = Printer { out: &mut text, layout: Layout::Pretty, depth: 0 }.node(node);
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Compact,
    Pretty,
}

struct Printer<'o> {
    out: &'o mut dyn fmt::Write,
    layout: Layout,
    depth: usize,
}

impl Printer<'_> {
    fn node(&mut self, node: &Node<'_>) -> fmt::Result {
        match &node.kind {
            NodeKind::Null => self.out.write_str("null"),
            NodeKind::Bool(boolean) => write!(self.out, "{boolean}"),
            NodeKind::Number(number) => write!(self.out, "{number}"),
            NodeKind::String(text) => self.string(text),
            NodeKind::Array(elements) => self.container(['[', ']'], elements, Self::node),
            NodeKind::Object(members) => self.container(['{', '}'], members, Self::member),
        }
    }

    fn member(&mut self, member: &Member<'_>) -> fmt::Result {
        self.string(&member.key)?;
        self.out.write_str(if self.layout == Layout::Pretty { ": " } else { ":" })?;
        self.node(&member.value)
    }

    fn container<T>(
        &mut self,
        [open, close]: [char; 2],
        parts: &[T],
        write_part: fn(&mut Self, &T) -> fmt::Result,
    ) -> fmt::Result {
        self.out.write_char(open)?;
        self.depth += 1;
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.out.write_char(',')?;
            }
            self.line_break()?;
            write_part(self, part)?;
        }
        self.depth -= 1;
        if !parts.is_empty() {
            self.line_break()?;
        }
        self.out.write_char(close)
    }

    fn line_break(&mut self) -> fmt::Result {
        match self.layout {
            Layout::Compact => Ok(()),
            Layout::Pretty => write!(self.out, "\n{:1$}", "", 2 * self.depth),
        }
    }

    fn string(&mut self, text: &str) -> fmt::Result {
        self.out.write_char('"')?;
        for character in text.chars() {
            match character {
                '"' => self.out.write_str("\\\"")?,
                '\\' => self.out.write_str("\\\\")?,
                '\n' => self.out.write_str("\\n")?,
                '\r' => self.out.write_str("\\r")?,
                '\t' => self.out.write_str("\\t")?,
                '\u{8}' => self.out.write_str("\\b")?,
                '\u{c}' => self.out.write_str("\\f")?,
                '\0'..='\u{1f}' => write!(self.out, "\\u{:04x}", u32::from(character))?,
                _ => self.out.write_char(character)?,
            }
        }
        self.out.write_char('"')
    }
}
