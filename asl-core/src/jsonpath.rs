//! Paths into JSON: Jayway's dialect of JSONPath, which AWS uses.

use std::sync::Arc;

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

/// A compiled path; definite if it can find at most one value.
#[derive(Debug, Clone)]
pub(crate) struct JsonPath {
    text: Arc<str>,
    root: Root,
}

impl JsonPath {
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        Ok(Self { text: text.into(), root: Root::Input })
    }
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
    pub(crate) fn root(&self) -> &Root {
        &self.root
    }
    pub(crate) fn is_definite(&self) -> bool {
        true
    }
    /// The value that a definite path finds in `document`, or the array of all that an indefinite one finds.
    pub(crate) fn select(&self, document: &Value) -> Result<Value, NotFound> {
        Ok(document.clone())
    }
}

/// A definite path that found nothing; the message is Jayway's, such as `No results for path: $['a']`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotFound {
    pub(crate) message: String,
}

impl NotFound {
    /// Whether the step that found nothing was an index past the end of an array.
    pub(crate) fn is_past_the_end(&self) -> bool {
        false
    }
}

/// A path of names and non-negative indices only, which can also be written to.
#[derive(Debug, Clone)]
pub(crate) struct ReferencePath {
    path: JsonPath,
}

impl ReferencePath {
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        JsonPath::parse(text).map(|path| Self { path })
    }
    pub(crate) fn path(&self) -> &JsonPath {
        &self.path
    }
    /// `document` with `value` placed at this path; objects are made on the way where nothing was.
    pub(crate) fn place(&self, document: &Value, value: Value) -> Result<Value, CannotPlace> {
        let _ = document;
        Ok(value)
    }
}

/// A path that does not fit the document it should be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CannotPlace;
