//! Paths into JSON: Jayway's dialect of JSONPath, which AWS uses.
//!
//! A path is read once into steps. Steps that name one value are walked directly over the shared document.
//! Steps that select several values are lowered to `jsonpath-rust`'s query model, which never sees a user's text.
//! What that model cannot say is evaluated here: Jayway's `..`, which is peculiar, and lists of names and of indices.
//!
//! Jayway's own words appear in AWS's messages, so [`NotFound`] speaks them; it also shows through that AWS lets
//! Jayway work on Jackson's JSON nodes, where an index past the end of an array gives a Java `null`.
//!
//! See [Paths](https://states-language.net/spec.html#path) in the specification.

mod filter;
mod filter_parser;
mod lowering;
mod operator;
mod parser;
mod queryable;
mod recent;
mod reference_path;
mod selection;
mod step;
mod walk;

use std::fmt;
use std::sync::Arc;

pub(crate) use self::recent::RecentPaths;
pub(crate) use self::reference_path::ReferencePath;
use self::step::Step;
use crate::expression::ExpressionError;
use crate::value::Value;

/// What a path starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Root {
    /// `$`
    Input,
    /// `$$`
    Context,
    /// `$name`
    Variable(Arc<str>),
}

/// A step of a path, for checks before it is ever evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathStep<'a> {
    Name(&'a str),
    Index(i64),
    /// Whatever does not lead from one value to one value, and what counts.
    Other,
}

impl<'a> PathStep<'a> {
    /// The name, if it is one.
    pub(crate) fn name(self) -> Option<&'a str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Index(_) | Self::Other => None,
        }
    }
}

/// A compiled path; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct JsonPath(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: Box<str>,
    root: Root,
    steps: Vec<Step>,
    /// Whether the path leads to one value, or to none.
    is_definite: bool,
}

impl JsonPath {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and where.
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        let (root, steps) = parser::parse(text)?;
        Ok(Self(Arc::new(Parsed { text: text.into(), root, is_definite: step::leads_to_one_value(&steps), steps })))
    }

    /// The path as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }

    pub(crate) fn root(&self) -> &Root {
        &self.0.root
    }

    fn steps(&self) -> &[Step] {
        &self.0.steps
    }

    /// The steps in order, for checks.
    pub(crate) fn plain_steps(&self) -> impl Iterator<Item = PathStep<'_>> {
        self.steps().iter().map(|step| match step {
            Step::Name(name) => PathStep::Name(name),
            Step::Index(index) => PathStep::Index(*index),
            _ => PathStep::Other,
        })
    }

    /// Whether the path is a Reference Path: names and non-negative indices only.
    pub(crate) fn is_reference_path(&self) -> bool {
        self.steps().iter().all(Step::is_reference)
    }

    /// Whether the path leads to one value, or to none.
    pub(crate) fn is_definite(&self) -> bool {
        self.0.is_definite
    }

    /// The value that a path of names and indices finds in `document`; `None` says nothing of other paths.
    pub(crate) fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        walk::find(self.steps(), document)
    }

    /// The value that a definite path finds in `document`, or the array of all that an indefinite one finds.
    ///
    /// An indefinite path always finds an array, empty where nothing fits.
    ///
    /// # Errors
    ///
    /// When a definite path finds nothing, or an indefinite one has more to look at than is reasonable.
    pub(crate) fn select(&self, document: &Value) -> Result<Value, NotFound> {
        if self.is_definite() { walk::walk(self.steps(), document) } else { selection::select(self.steps(), document) }
    }
}

/// The path in Jayway's canonical form, `$['a'][0]`.
impl fmt::Display for JsonPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root() {
            Root::Input => formatter.write_str("$")?,
            Root::Context => formatter.write_str("$$")?,
            Root::Variable(name) => write!(formatter, "${name}")?,
        }
        self.steps().iter().try_for_each(|step| step.fmt(formatter))
    }
}

/// A path that found nothing; the message is Jayway's, such as `No results for path: $['a']`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotFound {
    pub(crate) message: String,
    past_the_end: bool,
}

impl NotFound {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), past_the_end: false }
    }

    /// Whether the path leads to an array and its last step is an index past the end, which AWS takes for `null`.
    pub(crate) fn is_past_the_end(&self) -> bool {
        self.past_the_end
    }
}

#[cfg(test)]
mod tests;
