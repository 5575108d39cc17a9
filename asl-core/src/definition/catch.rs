//! Catchers.

use std::sync::Arc;

use super::fields::{FieldNames, Fields, Spanned};
use super::payload::Template;
use super::state_fields::QueryLanguage;
use crate::jsonpath::ReferencePath;
use crate::source::Span;

/// [A Catcher](https://states-language.net/spec.html#fallback-states).
#[derive(Debug)]
pub(crate) struct Catcher {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames,
    pub(crate) error_equals: Option<Spanned<Vec<Spanned<Arc<str>>>>>,
    pub(crate) next: Option<Spanned<Arc<str>>>,
    pub(crate) result_path: Option<Spanned<Option<ReferencePath>>>,
    pub(crate) assign: Option<Template>,
    pub(crate) output: Option<Template>,
}

impl Catcher {
    /// The fields that a Catcher may have.
    pub(crate) fn fields(language: QueryLanguage) -> &'static [&'static str] {
        match language {
            QueryLanguage::JsonPath => &["Comment", "ErrorEquals", "ResultPath", "Assign", "Next"],
            QueryLanguage::Jsonata => &["Comment", "ErrorEquals", "Output", "Assign", "Next"],
        }
    }

    pub(super) fn read(fields: Fields<'_>) -> Self {
        let (language, field_names) = (fields.language, fields.names());
        let fields = fields.only(|name| Self::fields(language).contains(&name));
        Self {
            span: fields.span,
            field_names,
            error_equals: fields.error_equals(),
            next: fields.text("Next"),
            result_path: fields.result_path(),
            assign: Template::read_object(&fields, "Assign"),
            output: Template::read(&fields, "Output"),
        }
    }
}
