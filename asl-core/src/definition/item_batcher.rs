//! How a Distributed Map puts its items into batches.

use super::fields::{FieldNames, Fields, Spanned};
use super::jsonata::Computable;
use super::payload::Template;
use super::state_fields::QueryLanguage;
use crate::jsonpath::JsonPath;
use crate::source::Span;

/// [`ItemBatcher`](https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html).
#[derive(Debug)]
pub(crate) struct ItemBatcher<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) batch_input: Option<Template<'t>>,
    pub(crate) max_items_per_batch: Option<Computable<i64>>,
    pub(crate) max_items_per_batch_path: Option<Spanned<JsonPath>>,
    pub(crate) max_input_bytes_per_batch: Option<Computable<i64>>,
    pub(crate) max_input_bytes_per_batch_path: Option<Spanned<JsonPath>>,
}

impl<'t> ItemBatcher<'t> {
    /// The fields that it may have.
    pub(crate) fn fields(language: QueryLanguage) -> &'static [&'static str] {
        match language {
            QueryLanguage::JsonPath => &[
                "BatchInput",
                "MaxItemsPerBatch",
                "MaxItemsPerBatchPath",
                "MaxInputBytesPerBatch",
                "MaxInputBytesPerBatchPath",
            ],
            QueryLanguage::Jsonata => &["BatchInput", "MaxItemsPerBatch", "MaxInputBytesPerBatch"],
        }
    }

    pub(super) fn read(fields: Fields<'t>) -> Self {
        let (field_names, fields) = fields.known(Self::fields);
        let batch_input = match fields.language {
            QueryLanguage::JsonPath => Template::read_object(&fields, "BatchInput"),
            QueryLanguage::Jsonata => Template::read(&fields, "BatchInput"),
        };
        Self {
            span: fields.span,
            field_names,
            batch_input,
            max_items_per_batch: fields.computable("MaxItemsPerBatch", Fields::integer),
            max_items_per_batch_path: fields.path("MaxItemsPerBatchPath"),
            max_input_bytes_per_batch: fields.computable("MaxInputBytesPerBatch", Fields::integer),
            max_input_bytes_per_batch_path: fields.path("MaxInputBytesPerBatchPath"),
        }
    }
}
