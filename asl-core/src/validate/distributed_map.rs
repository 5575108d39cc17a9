//! Distributed Map: `ItemReader`, `ItemBatcher`, `ResultWriter`, `ProcessorConfig` and `Label`.
//!
//! See [Using Map state in Distributed mode](https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html).

use std::collections::HashMap;

use super::fields::{Object, one_of};
use super::limits;
use super::paths::NO_REFERENCE_PATH;
use super::resources;
use crate::definition::{
    ItemBatcher, ItemReader, MachineType, Map, ProcessorConfig, QueryLanguage, ReaderConfig, ResultWriter, Spanned,
    State, StateKind, StateMachine, TemplateKind, WriterConfig,
};
use crate::diagnostic::{Code, Fault};
use crate::jsonpath::Root;
use crate::report::Report;
use crate::source::Span;

/// The fields that only a Distributed Map has.
const DISTRIBUTED_FIELDS: &[&str] = &["ItemReader", "ItemBatcher", "ResultWriter"];
/// The most items that AWS reads.
const MAX_ITEMS: i64 = 100_000_000;
/// The largest batch that a child's input can hold, in bytes.
const MAX_BATCH_BYTES: i64 = 262_144;
/// The longest `Label`, in characters.
const MAX_LABEL_CHARACTERS: usize = 40;

/// Checks the labels of all Map states of a definition, which must be unique.
pub(super) fn check(machine: &StateMachine<'_>, report: &Report<'_>) {
    check_labels(machine, &mut HashMap::new(), report);
}

pub(super) fn check_state(state: &State<'_>, machine_type: MachineType, report: &Report<'_>) {
    let Some(StateKind::Map(map)) = &state.kind else { return };
    if let Some(config) = map.processor().and_then(|processor| processor.processor_config.as_ref()) {
        check_processor_config(config, report);
    }
    if map.is_distributed() {
        check_machine_type(map, machine_type, report);
    } else {
        check_inline(state, report);
    }
    check_number_paths(map, report);
    if let Some(reader) = &map.item_reader {
        check_reader(reader, state.language, report);
    }
    if let Some(batcher) = &map.item_batcher {
        check_batcher(batcher, state.language, report);
    }
    if let Some(writer) = &map.result_writer {
        check_writer(writer, state.language, report);
    }
}

/// What the iterations of `state` are, if it is a Map: executions of a type of their own, or parts of this one.
pub(super) fn iteration_type(state: &State<'_>, machine_type: MachineType) -> MachineType {
    let Some(StateKind::Map(map)) = &state.kind else { return machine_type };
    let config = map.processor().filter(|_| map.is_distributed()).and_then(|inner| inner.processor_config.as_ref());
    let written = config.and_then(|config| config.execution_type.as_ref());
    written.and_then(|written| MachineType::named(written.value)).unwrap_or(machine_type)
}

fn check_labels<'a>(machine: &'a StateMachine<'_>, first: &mut HashMap<&'a str, Span>, report: &Report<'_>) {
    for state in machine.states() {
        if let Some(StateKind::Map(map)) = &state.kind
            && let Some(label) = &map.label
        {
            check_label(label, report);
            let earlier = *first.entry(label.value).or_insert(label.span);
            if earlier != label.span {
                let message = format!("Duplicate Label name: {}", label.value);
                let fault = Fault::new(Code::DUPLICATE_LABEL_NAME, label.span, message);
                report.add(fault.with_label(earlier, "first here"));
            }
        }
        state.inner_machines().for_each(|inner| check_labels(inner, first, report));
    }
}

fn check_label(label: &Spanned<&str>, report: &Report<'_>) {
    let forbidden = |character: char| {
        character.is_whitespace() || character.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"".contains(character)
    };
    let message = if label.value.chars().count() > MAX_LABEL_CHARACTERS {
        format!("`Label` must have at most {MAX_LABEL_CHARACTERS} characters")
    } else if let Some(character) = label.value.chars().find(|character| forbidden(*character)) {
        format!("`Label` must not have the character `{character}`")
    } else {
        return;
    };
    report.add(Fault::new(Code::INVALID_LABEL_NAME, label.span, message));
}

fn check_processor_config(config: &ProcessorConfig<'_>, report: &Report<'_>) {
    let object = Object { span: config.span, names: config.field_names, report };
    object.allows(ProcessorConfig::FIELDS);
    check_value(config.mode.as_ref(), ProcessorConfig::MODES, report);
    check_value(config.execution_type.as_ref(), MachineType::NAMES, report);
    match config.mode.as_ref().map(|mode| mode.value) {
        Some(ProcessorConfig::DISTRIBUTED) => object.requires(["ExecutionType"]),
        Some(ProcessorConfig::INLINE) => {
            if let Some(span) = object.names.find("ExecutionType") {
                let message = "Field 'ExecutionType' is not supported";
                let help = "only the iterations of a Distributed Map are executions of their own";
                let fault = Fault::new(Code::FIELD_NOT_ALLOWED, span, message).of(config.span);
                report.add(fault.with_help(help.to_owned()));
            }
        }
        _ => {}
    }
}

/// An Express machine has no child executions.
fn check_machine_type(map: &Map<'_>, machine_type: MachineType, report: &Report<'_>) {
    let mode = map.processor().and_then(|processor| processor.processor_config.as_ref()?.mode.as_ref());
    if let Some(mode) = mode.filter(|_| machine_type == MachineType::Express) {
        let message = "an Express state machine cannot have a Distributed Map";
        report.add(Fault::new(Code::UNKNOWN_VALUE, mode.span, message).with_help("write `INLINE`".to_owned()));
    }
}

fn check_inline(state: &State<'_>, report: &Report<'_>) {
    for name in state.field_names.iter().filter(|name| DISTRIBUTED_FIELDS.contains(&name.value)) {
        let message = format!("Field '{}' is not supported", name.value);
        let help = "write `\"ProcessorConfig\": {\"Mode\": \"DISTRIBUTED\", \"ExecutionType\": \"STANDARD\"}` \
                    into the item processor";
        let fault = Fault::new(Code::FIELD_NOT_ALLOWED, name.span, message).of(state.span);
        report.add(fault.with_help(help.to_owned()));
    }
}

/// Of a Map's `…Path` fields, only `ItemsPath` takes the Context object.
fn check_number_paths(map: &Map<'_>, report: &Report<'_>) {
    for (name, path) in map.number_paths().filter(|(_, path)| *path.value.root() == Root::Context) {
        let label = format!("`{name}` cannot read the Context object");
        let fault = Fault::new(Code::INVALID_REFERENCE_PATH, path.span, NO_REFERENCE_PATH).with_label(path.span, label);
        let help = "take the number from the state's input, or `Assign` it to a variable before";
        report.add(fault.with_help(help.to_owned()));
    }
}

fn check_reader(reader: &ItemReader<'_>, language: QueryLanguage, report: &Report<'_>) {
    let object = Object { span: reader.span, names: reader.field_names, report };
    object
        .allows_in(language, ItemReader::fields(language), |name| ItemReader::fields(language.other()).contains(&name));
    object.requires(["Resource"]);
    resources::check_s3(reader.resource.as_ref(), &["getObject", "listObjectsV2"], report);
    if let Some(config) = &reader.reader_config {
        check_reader_config(config, language, report);
        check_version(reader, config, report);
    }
}

/// AWS reads Parquet files as they are, and not versions of them.
fn check_version(reader: &ItemReader<'_>, config: &ReaderConfig<'_>, report: &Report<'_>) {
    let is_parquet = config.input_type.as_ref().is_some_and(|written| written.value == "PARQUET");
    if let Some(TemplateKind::Object(members)) = reader.parameters.as_ref().map(|template| &template.kind)
        && let Some(version) = members.iter().find(|member| is_parquet && member.name() == "VersionId")
    {
        let message = "Field 'VersionId' is not supported";
        let help = "remove the field: versions of Parquet files cannot be read";
        let fault = Fault::new(Code::FIELD_NOT_ALLOWED, version.key.span, message).of(reader.span);
        report.add(fault.with_help(help.to_owned()));
    }
}

fn check_reader_config(config: &ReaderConfig<'_>, language: QueryLanguage, report: &Report<'_>) {
    let object = Object { span: config.span, names: config.field_names, report };
    object.allows_in(language, ReaderConfig::fields(language), |name| {
        ReaderConfig::fields(language.other()).contains(&name)
    });
    object.excludes("MaxItems", "MaxItemsPath");
    check_value(config.input_type.as_ref(), ReaderConfig::INPUT_TYPES, report);
    check_value(config.transformation.as_ref(), ReaderConfig::TRANSFORMATIONS, report);
    check_value(config.manifest_type.as_ref(), ReaderConfig::MANIFEST_TYPES, report);
    let transformation = config.transformation.as_ref().map(|written| written.value);
    match config.manifest_type.as_ref().map(|written| written.value) {
        Some("S3_INVENTORY") => {
            if let Some(span) = object.names.find("InputType") {
                let fault = Fault::new(Code::FIELD_NOT_ALLOWED, span, "Field 'InputType' is not supported");
                report.add(fault.of(config.span).with_help("remove the field: an inventory is read as CSV".to_owned()));
            }
        }
        Some("ATHENA_DATA") => object.requires(["InputType"]),
        _ if transformation == Some("LOAD_AND_FLATTEN") => object.requires(["InputType"]),
        _ => {}
    }
    check_value(config.csv_header_location.as_ref(), ReaderConfig::CSV_HEADER_LOCATIONS, report);
    check_value(config.csv_delimiter.as_ref(), ReaderConfig::CSV_DELIMITERS, report);
    if config.csv_header_location.as_ref().is_some_and(|location| location.value == "GIVEN") {
        object.requires(["CSVHeaders"]);
    }
    if let Some(headers) = config.csv_headers.as_ref().filter(|headers| headers.value.is_empty()) {
        report.add(super::fields::empty(headers.span));
    }
    limits::within("MaxItems", limits::literal(config.max_items.as_ref()), 0..=MAX_ITEMS, report);
}

fn check_batcher(batcher: &ItemBatcher<'_>, language: QueryLanguage, report: &Report<'_>) {
    let object = Object { span: batcher.span, names: batcher.field_names, report };
    object.allows_in(language, ItemBatcher::fields(language), |name| {
        ItemBatcher::fields(language.other()).contains(&name)
    });
    object.excludes("MaxItemsPerBatch", "MaxItemsPerBatchPath");
    object.excludes("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath");
    let items = limits::literal(batcher.max_items_per_batch.as_ref());
    limits::within("MaxItemsPerBatch", items, 0..=MAX_ITEMS, report);
    let bytes = limits::literal(batcher.max_input_bytes_per_batch.as_ref());
    limits::within("MaxInputBytesPerBatch", bytes, 0..=MAX_BATCH_BYTES, report);
}

fn check_writer(writer: &ResultWriter<'_>, language: QueryLanguage, report: &Report<'_>) {
    let object = Object { span: writer.span, names: writer.field_names, report };
    object.allows_in(language, ResultWriter::fields(language), |name| {
        ResultWriter::fields(language.other()).contains(&name)
    });
    let parameters = match language {
        QueryLanguage::JsonPath => "Parameters",
        QueryLanguage::Jsonata => "Arguments",
    };
    if object.names.contains("Resource") || object.names.contains(parameters) {
        object.requires(["Resource", parameters]);
    }
    resources::check_s3(writer.resource.as_ref(), &["putObject"], report);
    if let Some(config) = &writer.writer_config {
        Object { span: config.span, names: config.field_names, report }.allows(WriterConfig::FIELDS);
        check_value(config.output_type.as_ref(), WriterConfig::OUTPUT_TYPES, report);
        check_value(config.transformation.as_ref(), WriterConfig::TRANSFORMATIONS, report);
    }
}

/// The value must be one of those that its field allows.
fn check_value(written: Option<&Spanned<&str>>, allowed: &[&str], report: &Report<'_>) {
    if let Some(written) = written.filter(|written| !allowed.contains(&written.value)) {
        report.add(one_of(allowed, written, report));
    }
}
