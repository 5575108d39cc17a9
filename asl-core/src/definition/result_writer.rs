//! Where a Distributed Map writes its results to.

use super::fields::{FieldNames, Fields, Spanned};
use super::payload::Template;
use super::state_fields::QueryLanguage;
use crate::source::Span;

/// [`ResultWriter`](https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html).
#[derive(Debug)]
pub(crate) struct ResultWriter<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) resource: Option<Spanned<&'t str>>,
    /// `Parameters`, or JSONata's `Arguments`.
    pub(crate) parameters: Option<Template<'t>>,
    pub(crate) writer_config: Option<WriterConfig<'t>>,
}

/// `WriterConfig`: what the results look like.
#[derive(Debug)]
pub(crate) struct WriterConfig<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) output_type: Option<Spanned<&'t str>>,
    pub(crate) transformation: Option<Spanned<&'t str>>,
}

impl<'t> ResultWriter<'t> {
    /// The fields that it may have.
    pub(crate) fn fields(language: QueryLanguage) -> &'static [&'static str] {
        match language {
            QueryLanguage::JsonPath => &["WriterConfig", "Resource", "Parameters"],
            QueryLanguage::Jsonata => &["WriterConfig", "Resource", "Arguments"],
        }
    }

    pub(super) fn read(fields: Fields<'t>) -> Self {
        let (field_names, fields) = fields.known(Self::fields);
        Self {
            span: fields.span,
            field_names,
            resource: fields.text("Resource"),
            parameters: Template::read_parameters(&fields),
            writer_config: fields.nested("WriterConfig").map(|config| WriterConfig::read(&config)),
        }
    }
}

impl<'t> WriterConfig<'t> {
    /// The fields that it may have.
    pub(crate) const FIELDS: &'static [&'static str] = &["OutputType", "Transformation"];
    /// The values of `OutputType`.
    pub(crate) const OUTPUT_TYPES: &'static [&'static str] = &["JSON", "JSONL"];
    /// The values of `Transformation`.
    pub(crate) const TRANSFORMATIONS: &'static [&'static str] = &["NONE", "COMPACT", "FLATTEN"];

    fn read(fields: &Fields<'t>) -> Self {
        Self {
            span: fields.span,
            field_names: fields.names(),
            output_type: fields.text("OutputType"),
            transformation: fields.text("Transformation"),
        }
    }
}
