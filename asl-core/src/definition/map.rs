//! The Map state.

use super::fields::{FieldNames, Fields, Spanned};
use super::item_batcher::ItemBatcher;
use super::item_reader::ItemReader;
use super::jsonata::{Computable, JsonataString};
use super::payload::Template;
use super::result_writer::ResultWriter;
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
    pub(crate) item_reader: Option<ItemReader<'t>>,
    pub(crate) item_batcher: Option<ItemBatcher<'t>>,
    pub(crate) result_writer: Option<ResultWriter<'t>>,
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

    /// Whether the iterations run as executions of their own.
    pub(crate) fn is_distributed(&self) -> bool {
        let mode = self.processor().and_then(|processor| processor.processor_config.as_ref()?.mode.as_ref());
        mode.is_some_and(|mode| mode.value == ProcessorConfig::DISTRIBUTED)
    }

    /// The templates in its fields.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template<'t>> {
        self.items.iter().chain(&self.item_selector).chain(self.distributed_templates())
    }

    /// The templates of a Distributed Map's own fields, which hold paths in JSONPath.
    pub(crate) fn distributed_templates(&self) -> impl Iterator<Item = &Template<'t>> {
        let reader = self.item_reader.as_ref().and_then(|reader| reader.parameters.as_ref());
        let batcher = self.item_batcher.as_ref().and_then(|batcher| batcher.batch_input.as_ref());
        let writer = self.result_writer.as_ref().and_then(|writer| writer.parameters.as_ref());
        reader.into_iter().chain(batcher).chain(writer)
    }

    /// The `…Path` fields for numbers, each with its name.
    pub(crate) fn number_paths(&self) -> impl Iterator<Item = (&'static str, &Spanned<JsonPath>)> {
        let config = self.item_reader.as_ref().and_then(|reader| reader.reader_config.as_ref());
        let batcher = self.item_batcher.as_ref();
        let all = [
            ("MaxConcurrencyPath", self.max_concurrency_path.as_ref()),
            ("ToleratedFailureCountPath", self.tolerated_failure_count_path.as_ref()),
            ("ToleratedFailurePercentagePath", self.tolerated_failure_percentage_path.as_ref()),
            ("MaxItemsPath", config.and_then(|config| config.max_items_path.as_ref())),
            ("MaxItemsPerBatchPath", batcher.and_then(|batcher| batcher.max_items_per_batch_path.as_ref())),
            ("MaxInputBytesPerBatchPath", batcher.and_then(|batcher| batcher.max_input_bytes_per_batch_path.as_ref())),
        ];
        all.into_iter().filter_map(|(name, path)| Some((name, path?)))
    }

    /// The expressions that stand for a single number.
    pub(super) fn computed(&self) -> impl Iterator<Item = &JsonataString> {
        let config = self.item_reader.as_ref().and_then(|reader| reader.reader_config.as_ref());
        let batcher = self.item_batcher.as_ref();
        let integers = [
            self.max_concurrency.as_ref(),
            self.tolerated_failure_count.as_ref(),
            config.and_then(|config| config.max_items.as_ref()),
            batcher.and_then(|batcher| batcher.max_items_per_batch.as_ref()),
            batcher.and_then(|batcher| batcher.max_input_bytes_per_batch.as_ref()),
        ];
        let percentage = self.tolerated_failure_percentage.as_ref().and_then(Computable::jsonata);
        integers.into_iter().flatten().filter_map(Computable::jsonata).chain(percentage)
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
            item_reader: fields.nested("ItemReader").map(ItemReader::read),
            item_batcher: fields.nested("ItemBatcher").map(ItemBatcher::read),
            result_writer: fields.nested("ResultWriter").map(ResultWriter::read),
        }
    }
}

impl<'t> ProcessorConfig<'t> {
    /// The fields that it may have.
    pub(crate) const FIELDS: &'static [&'static str] = &["Mode", "ExecutionType"];
    /// The values of `Mode`.
    pub(crate) const MODES: &'static [&'static str] = &[Self::INLINE, Self::DISTRIBUTED];
    /// The mode in which the iterations run inside of the execution.
    pub(crate) const INLINE: &'static str = "INLINE";
    /// The mode in which the iterations run as executions of their own.
    pub(crate) const DISTRIBUTED: &'static str = "DISTRIBUTED";

    pub(super) fn read(fields: &Fields<'t>) -> Self {
        Self {
            span: fields.span,
            field_names: fields.names(),
            mode: fields.text("Mode"),
            execution_type: fields.text("ExecutionType"),
        }
    }
}
