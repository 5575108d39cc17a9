//! Where a Distributed Map reads its items from.

use super::fields::{FieldNames, Fields, Spanned, What, read_text};
use super::jsonata::Computable;
use super::payload::Template;
use super::state_fields::QueryLanguage;
use crate::jsonpath::JsonPath;
use crate::source::Span;

/// [`ItemReader`](https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html).
#[derive(Debug)]
pub(crate) struct ItemReader<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) resource: Option<Spanned<&'t str>>,
    /// `Parameters`, or JSONata's `Arguments`.
    pub(crate) parameters: Option<Template<'t>>,
    pub(crate) reader_config: Option<ReaderConfig<'t>>,
}

/// `ReaderConfig`: what is in the file, or in the bucket.
#[derive(Debug)]
pub(crate) struct ReaderConfig<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) input_type: Option<Spanned<&'t str>>,
    pub(crate) transformation: Option<Spanned<&'t str>>,
    pub(crate) manifest_type: Option<Spanned<&'t str>>,
    pub(crate) csv_header_location: Option<Spanned<&'t str>>,
    pub(crate) csv_headers: Option<Spanned<Vec<Spanned<&'t str>>>>,
    pub(crate) csv_delimiter: Option<Spanned<&'t str>>,
    pub(crate) items_pointer: Option<Spanned<&'t str>>,
    pub(crate) max_items: Option<Computable<i64>>,
    pub(crate) max_items_path: Option<Spanned<JsonPath>>,
}

impl<'t> ItemReader<'t> {
    /// The fields that it may have.
    pub(crate) fn fields(language: QueryLanguage) -> &'static [&'static str] {
        match language {
            QueryLanguage::JsonPath => &["ReaderConfig", "Resource", "Parameters"],
            QueryLanguage::Jsonata => &["ReaderConfig", "Resource", "Arguments"],
        }
    }

    pub(super) fn read(fields: Fields<'t>) -> Self {
        let (field_names, fields) = fields.known(Self::fields);
        Self {
            span: fields.span,
            field_names,
            resource: fields.text("Resource"),
            parameters: Template::read_parameters(&fields),
            reader_config: fields.nested("ReaderConfig").map(ReaderConfig::read),
        }
    }
}

impl<'t> ReaderConfig<'t> {
    /// The values of `InputType`.
    pub(crate) const INPUT_TYPES: &'static [&'static str] = &["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"];
    /// The values of `Transformation`.
    pub(crate) const TRANSFORMATIONS: &'static [&'static str] = &["NONE", "LOAD_AND_FLATTEN"];
    /// The values of `ManifestType`.
    pub(crate) const MANIFEST_TYPES: &'static [&'static str] = &["ATHENA_DATA", "S3_INVENTORY"];
    /// The values of `CSVHeaderLocation`.
    pub(crate) const CSV_HEADER_LOCATIONS: &'static [&'static str] = &["FIRST_ROW", "GIVEN"];
    /// The values of `CSVDelimiter`.
    pub(crate) const CSV_DELIMITERS: &'static [&'static str] = &["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"];

    /// The fields that it may have.
    pub(crate) fn fields(language: QueryLanguage) -> &'static [&'static str] {
        const JSONPATH: &[&str] = &[
            "InputType",
            "Transformation",
            "ManifestType",
            "CSVHeaderLocation",
            "CSVHeaders",
            "CSVDelimiter",
            "ItemsPointer",
            "MaxItems",
            "MaxItemsPath",
        ];
        /// All but the last, for which JSONata has an expression.
        const JSONATA: &[&str] = match JSONPATH {
            [fields @ .., _max_items_path] => fields,
            [] => &[],
        };
        match language {
            QueryLanguage::JsonPath => JSONPATH,
            QueryLanguage::Jsonata => JSONATA,
        }
    }

    fn read(fields: Fields<'t>) -> Self {
        let (field_names, fields) = fields.known(Self::fields);
        Self {
            span: fields.span,
            field_names,
            input_type: fields.text("InputType"),
            transformation: fields.text("Transformation"),
            manifest_type: fields.text("ManifestType"),
            csv_header_location: fields.text("CSVHeaderLocation"),
            csv_headers: fields
                .array("CSVHeaders", |node| read_text(node, What::ElementOf("CSVHeaders"), fields.report)),
            csv_delimiter: fields.text("CSVDelimiter"),
            items_pointer: fields.text("ItemsPointer"),
            max_items: fields.computable("MaxItems", Fields::integer),
            max_items_path: fields.path("MaxItemsPath"),
        }
    }
}
