//! Catchers.

use super::fields::{FieldNames, Fields, Spanned};
use super::payload::Template;
use super::state_fields::QueryLanguage;
use crate::jsonpath::ReferencePath;
use crate::source::Span;

/// [A Catcher](https://states-language.net/spec.html#fallback-states).
#[derive(Debug)]
pub(crate) struct Catcher<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) error_equals: Option<Spanned<Vec<Spanned<&'t str>>>>,
    pub(crate) next: Option<Spanned<&'t str>>,
    pub(crate) result_path: Option<Spanned<Option<ReferencePath>>>,
    pub(crate) assign: Option<Template<'t>>,
    pub(crate) output: Option<Template<'t>>,
}

impl<'t> Catcher<'t> {
    /// The fields that a Catcher may have.
    pub(crate) fn fields(language: QueryLanguage) -> &'static [&'static str] {
        match language {
            QueryLanguage::JsonPath => &["Comment", "ErrorEquals", "ResultPath", "Assign", "Next"],
            QueryLanguage::Jsonata => &["Comment", "ErrorEquals", "Output", "Assign", "Next"],
        }
    }

    pub(super) fn read(fields: Fields<'t>) -> Self {
        let (field_names, fields) = fields.known(Self::fields);
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
