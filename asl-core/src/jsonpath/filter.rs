//! Filters: what `[?(…)]` asks of each element.

use std::fmt;

use super::step::{Quoted, Separated, Step};
use super::walk;
use crate::value::Value;

/// A condition on an element of an array, or on an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    /// `@.a`: there is such a value, whatever it is.
    Exists(FilterPath),
    Compare(Box<Comparison>),
}

/// Two operands with an operator between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    pub(super) left: Operand,
    pub(super) operator: Operator,
    pub(super) right: Operand,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Path(FilterPath),
    Literal(Value),
    /// `/…/` or `/…/i`, with the latter's flag written into the pattern.
    Pattern(String),
}

/// A path within a filter; it leads to one value or none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FilterPath {
    pub(super) anchor: Anchor,
    /// Names and indices.
    pub(super) steps: Vec<Step>,
    /// What it gives of the value it leads to.
    pub(super) end: FilterPathEnd,
}

/// What a path within a filter starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// `@`, the element in question.
    Candidate,
    /// `$`, the whole document.
    Document,
}

/// What a path within a filter gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FilterPathEnd {
    Value,
    /// `length()`
    Length,
}

/// Jayway's operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    StrictlyEqual,
    StrictlyNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    All,
    Contains,
    Size,
    Empty,
}

impl Operator {
    /// Every operator and how it is written.
    const TEXTS: [(Self, &str); 18] = [
        (Self::Equal, "=="),
        (Self::NotEqual, "!="),
        (Self::StrictlyEqual, "==="),
        (Self::StrictlyNotEqual, "!=="),
        (Self::Less, "<"),
        (Self::LessOrEqual, "<="),
        (Self::Greater, ">"),
        (Self::GreaterOrEqual, ">="),
        (Self::Matches, "=~"),
        (Self::In, "in"),
        (Self::NotIn, "nin"),
        (Self::SubsetOf, "subsetof"),
        (Self::AnyOf, "anyof"),
        (Self::NoneOf, "noneof"),
        (Self::All, "all"),
        (Self::Contains, "contains"),
        (Self::Size, "size"),
        (Self::Empty, "empty"),
    ];

    pub(super) fn written(text: &str) -> Option<Self> {
        Self::TEXTS.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(text)).map(|(operator, _)| operator)
    }

    pub(super) fn text(self) -> &'static str {
        Self::TEXTS.into_iter().find(|(operator, _)| *operator == self).map_or("", |(_, text)| text)
    }

    /// The operator that this one negates.
    ///
    /// Where an operand is missing every operator is false, so a negated one is true.
    pub(super) fn negated(self) -> Option<Self> {
        match self {
            Self::NotEqual => Some(Self::Equal),
            Self::StrictlyNotEqual => Some(Self::StrictlyEqual),
            Self::NotIn => Some(Self::In),
            _ => None,
        }
    }
}

impl Filter {
    /// How much work it is to ask this of `candidate`, in comparisons.
    pub(super) fn cost(&self, candidate: &Value, document: &Value) -> usize {
        match self {
            Self::Or(parts) | Self::And(parts) => {
                parts.iter().fold(1, |sum: usize, part| sum.saturating_add(part.cost(candidate, document)))
            }
            Self::Not(part) => part.cost(candidate, document).saturating_add(1),
            Self::Exists(path) => 1 + path.steps.len(),
            Self::Compare(comparison) => comparison.cost(candidate, document),
        }
    }

    /// Whether the filter looks at the candidate itself rather than at its members.
    ///
    /// AWS documents that a bare `@` never matches a scalar.
    pub(super) fn reads_candidate_itself(&self) -> bool {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().any(Self::reads_candidate_itself),
            Self::Not(part) => part.reads_candidate_itself(),
            Self::Exists(path) => path.is_candidate_itself(),
            Self::Compare(comparison) => [&comparison.left, &comparison.right]
                .into_iter()
                .any(|operand| matches!(operand, Operand::Path(path) if path.is_candidate_itself())),
        }
    }
}

impl Comparison {
    fn cost(&self, candidate: &Value, document: &Value) -> usize {
        let weight = |operand: &Operand| operand.weight(candidate, document);
        match self.operator {
            Operator::SubsetOf | Operator::AnyOf | Operator::NoneOf | Operator::All => {
                weight(&self.left).saturating_mul(weight(&self.right))
            }
            _ => weight(&self.left).saturating_add(weight(&self.right)),
        }
    }
}

impl Operand {
    /// How many values there are to look at, at least 1.
    fn weight(&self, candidate: &Value, document: &Value) -> usize {
        /// A pattern is compiled for each candidate; this is what that costs in comparisons.
        const PATTERN: usize = 1_000;
        match self {
            Self::Path(path) => path.find(candidate, document).map_or(1, weight),
            Self::Literal(literal) => weight(literal),
            Self::Pattern(_) => PATTERN,
        }
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Array(array) => array.len() + 1,
        Value::Object(object) => object.len() + 1,
        Value::String(text) => text.len() / 16 + 1,
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

impl FilterPath {
    fn find<'a>(&self, candidate: &'a Value, document: &'a Value) -> Option<&'a Value> {
        let start = match self.anchor {
            Anchor::Candidate => candidate,
            Anchor::Document => document,
        };
        walk::find(&self.steps, start)
    }

    fn is_candidate_itself(&self) -> bool {
        self.anchor == Anchor::Candidate && self.steps.is_empty()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |formatter: &mut fmt::Formatter<'_>, parts: &[Self], between: &str| {
            for (position, part) in parts.iter().enumerate() {
                if position > 0 {
                    write!(formatter, " {between} ")?;
                }
                match part {
                    Self::Or(_) | Self::And(_) => write!(formatter, "({part})")?,
                    _ => write!(formatter, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Or(parts) => join(formatter, parts, "||"),
            Self::And(parts) => join(formatter, parts, "&&"),
            Self::Not(part) => write!(formatter, "!({part})"),
            Self::Exists(path) => path.fmt(formatter),
            Self::Compare(comparison) => {
                let Comparison { left, operator, right } = &**comparison;
                write!(formatter, "{left} {} {right}", operator.text())
            }
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(formatter),
            Self::Literal(literal) => Literal(literal).fmt(formatter),
            Self::Pattern(pattern) => {
                let (pattern, flag) = match pattern.strip_prefix("(?i)") {
                    Some(pattern) => (pattern, "i"),
                    None => (&**pattern, ""),
                };
                write!(formatter, "/{}/{flag}", pattern.replace('/', "\\/"))
            }
        }
    }
}

impl fmt::Display for FilterPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.anchor {
            Anchor::Candidate => "@",
            Anchor::Document => "$",
        })?;
        self.steps.iter().try_for_each(|step| step.fmt(formatter))?;
        match self.end {
            FilterPathEnd::Value => Ok(()),
            FilterPathEnd::Length => formatter.write_str(".length()"),
        }
    }
}

/// A literal as filters write it: strings in single quotes.
struct Literal<'a>(&'a Value);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => Quoted(text).fmt(formatter),
            Value::Array(array) => {
                write!(formatter, "[{}]", Separated(&array.iter().map(Literal).collect::<Vec<_>>()))
            }
            other => other.fmt(formatter),
        }
    }
}
