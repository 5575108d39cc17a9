//! The steps that a path is made of.

use std::fmt;
use std::sync::Arc;

use super::filter::Filter;
use super::lowering::Query;

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// `.a`, `['a']`
    Name(Arc<str>),
    /// `['a','b']`: at the end of a path the object of those members, elsewhere each of them.
    Names(Vec<Arc<str>>),
    /// `[0]`, `[-1]`
    Index(i64),
    /// `[0,2]`
    Indices(Vec<i64>),
    /// `..`: what follows, at every depth.
    Descendants,
    /// `[*]`, `[1:]`, `[?(…)]`
    Select(Selector, Query),
    /// `.length()`
    Function(Function),
}

/// What selects several values of an array or object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Selector {
    Wildcard,
    Slice { from: Option<i64>, to: Option<i64> },
    Filter(Filter),
}

/// A function at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// The number of elements or members.
    Length,
    /// A function of Jayway's that AWS reads, but that never finds anything there.
    Unsupported(&'static str),
}

impl Function {
    const UNSUPPORTED: [&str; 11] =
        ["min", "max", "avg", "stddev", "sum", "keys", "concat", "append", "first", "last", "index"];

    pub(super) fn named(name: &str) -> Option<Self> {
        if matches!(name, "length" | "size") {
            return Some(Self::Length);
        }
        Self::UNSUPPORTED.into_iter().find(|known| *known == name).map(Self::Unsupported)
    }
}

impl Step {
    pub(super) fn select(selector: Selector) -> Self {
        let query = Query::new(&selector);
        Self::Select(selector, query)
    }

    pub(super) fn is_reference(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Index(index) => *index >= 0,
            _ => false,
        }
    }

    /// Whether the step leads from one value to at most one value; `Names` does only at the end of a path.
    pub(super) fn is_singular(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Index(_))
    }
}

/// Whether no step of the path selects several values.
pub(super) fn leads_to_one_value(steps: &[Step]) -> bool {
    let ([start @ .., end, Step::Function(_)] | [start @ .., end]) = steps else { return true };
    start.iter().all(Step::is_singular) && !matches!(end, Step::Indices(_) | Step::Descendants | Step::Select(..))
}

/// Jayway's canonical form.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(formatter, "[{}]", Quoted(name)),
            Self::Names(names) => {
                write!(formatter, "[{}]", Separated(&names.iter().map(|name| Quoted(name)).collect::<Vec<_>>()))
            }
            Self::Index(index) => write!(formatter, "[{index}]"),
            Self::Indices(indices) => write!(formatter, "[{}]", Separated(indices)),
            Self::Descendants => formatter.write_str(".."),
            Self::Select(Selector::Wildcard, _) => formatter.write_str("[*]"),
            Self::Select(Selector::Slice { from, to }, _) => {
                let bound = |bound: &Option<i64>| bound.map_or_else(String::new, |bound| bound.to_string());
                write!(formatter, "[{}:{}]", bound(from), bound(to))
            }
            Self::Select(Selector::Filter(filter), _) => write!(formatter, "[?({filter})]"),
            Self::Function(Function::Length) => formatter.write_str(".length()"),
            Self::Function(Function::Unsupported(name)) => write!(formatter, ".{name}()"),
        }
    }
}

/// A text in single quotes, with a backslash before quotes and backslashes.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "'{}'", self.0.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// Items with a comma between them.
pub(super) struct Separated<'a, T>(pub(super) &'a [T]);

impl<T: fmt::Display> fmt::Display for Separated<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, item) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(",")?;
            }
            item.fmt(formatter)?;
        }
        Ok(())
    }
}
