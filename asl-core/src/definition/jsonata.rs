//! JSONata expressions: which strings hold them, and which fields may hold them instead of a literal.
//!
//! See [JSONata](https://states-language.net/spec.html#jsonata) in the specification.

use std::ops::Range;

use super::fields::{Fields, Spanned};
use super::state_fields::QueryLanguage;
use crate::diagnostic::{Code, Fault};
use crate::evaluate::Query;
use crate::jsonata::{Dialect, Expression, References};
use crate::report::Report;
use crate::source::Span;
use crate::syntax::Node;

/// A string that starts with `{%` and ends with `%}`: a JSONata expression.
#[derive(Debug, Clone)]
pub(crate) struct JsonataString {
    pub(crate) query: Query,
    /// The whole string.
    pub(crate) span: Span,
    /// How many bytes of the string come before the expression.
    offset: usize,
}

/// A value that JSONata may compute.
#[derive(Debug, Clone)]
pub(crate) enum Computable<T> {
    Literal(Spanned<T>),
    Jsonata(Box<JsonataString>),
}

/// Which member of `$states` a field can read besides `input` and `context`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatesMember {
    Neither,
    /// `Output` and `Assign` of a Task, Parallel or Map.
    Result,
    /// `Output` and `Assign` of a Catcher.
    ErrorOutput,
}

impl JsonataString {
    /// Whether `node` is one.
    pub(super) fn is_at(node: &Node, language: QueryLanguage) -> bool {
        language == QueryLanguage::Jsonata && node.as_str().and_then(unmarked).is_some()
    }

    /// The expression at `node`; `location` is the field as messages of failed evaluations name it.
    pub(super) fn read(node: &Node, location: &str, report: &Report<'_>) -> Option<Self> {
        let string = node.as_str()?;
        let marked = unmarked(string)?;
        let text = marked.trim();
        let offset = OPENING.len() + marked.len() - marked.trim_start().len();
        match Expression::parse(text, Dialect::Aws) {
            Ok(expression) => Some(Self { query: Query::new(location, expression), span: node.span, offset }),
            Err(error) => {
                let place = report.inside(node.span, shifted(&error.span(), offset));
                let fault = Fault::new(Code::INVALID_JSONATA_EXPRESSION, place, error.message()).of(node.span);
                report.add(fault.with_help(help(error.code()).map(str::to_owned)));
                None
            }
        }
    }

    /// What the expression takes from outside of itself.
    pub(crate) fn references(&self) -> &References {
        self.query.expression().references()
    }

    /// Where the bytes `range` of the expression stand in the definition.
    pub(crate) fn place(&self, range: &Range<usize>, report: &Report<'_>) -> Span {
        report.inside(self.span, shifted(range, self.offset))
    }
}

impl<T> Computable<T> {
    pub(crate) fn literal(&self) -> Option<&Spanned<T>> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::Jsonata(_) => None,
        }
    }

    pub(crate) fn jsonata(&self) -> Option<&JsonataString> {
        match self {
            Self::Literal(_) => None,
            Self::Jsonata(jsonata) => Some(jsonata),
        }
    }
}

impl Fields<'_> {
    /// A literal, which `read` reads, or in JSONata an expression.
    pub(super) fn computable<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Option<Spanned<T>>,
    ) -> Option<Computable<T>> {
        let node = self.node(name)?;
        if JsonataString::is_at(node, self.language) {
            JsonataString::read(node, &self.location(name), self.report)
                .map(|jsonata| Computable::Jsonata(Box::new(jsonata)))
        } else {
            read(self, name).map(Computable::Literal)
        }
    }
}

/// What to do about a fault with this code of the reference's parser.
fn help(code: &str) -> Option<&'static str> {
    Some(match code {
        "S0101" => "a string ends with the quote that it begins with",
        "S0105" => "a name in backquotes ends with a backquote",
        "S0106" => "a comment ends with `*/`",
        "S0203" | "S0207" => "the expression ends too early: something is missing here",
        "S0211" => "a value is missing before it",
        "S0212" => "only a variable, such as `$name`, can be assigned to",
        "S0302" => "a regular expression ends with `/`; inside of it, write `\\/`",
        _ => return None,
    })
}

const OPENING: &str = "{%";
const CLOSING: &str = "%}";

/// What stands between the marks.
fn unmarked(string: &str) -> Option<&str> {
    string.strip_prefix(OPENING)?.strip_suffix(CLOSING)
}

fn shifted(range: &Range<usize>, offset: usize) -> Range<usize> {
    range.start + offset..range.end + offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strings_between_the_marks_are_expressions() {
        for (string, expected) in [
            ("{%a%}", Some("a")),
            ("{% $a & '%}' %}", Some(" $a & '%}' ")),
            ("{%%}", Some("")),
            ("{%}", None),
            (" {% $a %}", None),
            ("{% $a %} ", None),
            ("{{ a }}", None),
            ("", None),
        ] {
            assert_eq!(unmarked(string), expected, "{string}");
        }
    }
}
