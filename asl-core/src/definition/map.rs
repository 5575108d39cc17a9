//! The Map state.

use super::fields::{FieldNames, Fields, Spanned};
use super::jsonata::Computable;
use super::payload::Template;
use super::state_fields::QueryLanguage;
use super::state_machine::{MachineRole, StateMachine};
use crate::jsonpath::JsonPath;
use crate::source::Span;

/// [A Map state](https://states-language.net/spec.html#map-state).
#[derive(Debug)]
pub(crate) struct Map<'t> {
    pub(crate) item_processor: Option<Box<StateMachine<'t>>>,
    /// The older name of `ItemProcessor`.
    pub(crate) iterator: Option<Box<StateMachine<'t>>>,
    pub(crate) items_path: Option<Spanned<JsonPath>>,
    pub(crate) items: Option<Template<'t>>,
    pub(crate) item_selector: Option<Template<'t>>,
    pub(crate) max_concurrency: Option<Computable<i64>>,
    pub(crate) max_concurrency_path: Option<Spanned<JsonPath>>,
    pub(crate) tolerated_failure_count: Option<Computable<i64>>,
    pub(crate) tolerated_failure_count_path: Option<Spanned<JsonPath>>,
    pub(crate) tolerated_failure_percentage: Option<Computable<f64>>,
    pub(crate) tolerated_failure_percentage_path: Option<Spanned<JsonPath>>,
    pub(crate) label: Option<Spanned<&'t str>>,
}

/// `ProcessorConfig`: how the iterations run.
#[derive(Debug)]
pub(crate) struct ProcessorConfig<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) mode: Option<Spanned<&'t str>>,
    pub(crate) execution_type: Option<Spanned<&'t str>>,
}

impl<'t> Map<'t> {
    /// The item processor, under either name.
    pub(crate) fn processor(&self) -> Option<&StateMachine<'t>> {
        self.item_processor.as_deref().or(self.iterator.as_deref())
    }

    /// What is given under both names, of which a sound definition has one.
    pub(crate) fn processors(&self) -> impl Iterator<Item = &StateMachine<'t>> {
        [&self.item_processor, &self.iterator].into_iter().filter_map(Option::as_deref)
    }

    pub(super) fn read(fields: &Fields<'t>, machine_language: QueryLanguage) -> Self {
        let machine = |name| {
            let node = fields.node(name)?;
            let role = MachineRole::ItemProcessor;
            StateMachine::read_inner(role, node, machine_language, fields.report).map(Box::new)
        };
        let item_selector = match fields.language {
            QueryLanguage::JsonPath => Template::read_object(fields, "ItemSelector"),
            QueryLanguage::Jsonata => Template::read(fields, "ItemSelector"),
        };
        Self {
            item_processor: machine("ItemProcessor"),
            iterator: machine("Iterator"),
            items_path: fields.path("ItemsPath"),
            items: Template::read_items(fields),
            item_selector,
            max_concurrency: fields.computable("MaxConcurrency", Fields::integer),
            max_concurrency_path: fields.path("MaxConcurrencyPath"),
            tolerated_failure_count: fields.computable("ToleratedFailureCount", Fields::integer),
            tolerated_failure_count_path: fields.path("ToleratedFailureCountPath"),
            tolerated_failure_percentage: fields.computable("ToleratedFailurePercentage", Fields::number),
            tolerated_failure_percentage_path: fields.path("ToleratedFailurePercentagePath"),
            label: fields.text("Label"),
        }
    }
}

impl<'t> ProcessorConfig<'t> {
    /// The fields that it may have.
    pub(crate) const FIELDS: &'static [&'static str] = &["Mode", "ExecutionType"];
    /// The values of `Mode`.
    pub(crate) const MODES: &'static [&'static str] = &["INLINE", "DISTRIBUTED"];
    /// The values of `ExecutionType`.
    pub(crate) const EXECUTION_TYPES: &'static [&'static str] = &["STANDARD", "EXPRESS"];

    pub(super) fn read(fields: &Fields<'t>) -> Self {
        Self {
            span: fields.span,
            field_names: fields.names(),
            mode: fields.text("Mode"),
            execution_type: fields.text("ExecutionType"),
        }
    }
}
