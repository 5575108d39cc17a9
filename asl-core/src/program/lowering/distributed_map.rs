//! The fields that only a Distributed Map has.

use std::ops::Range;

use super::{Names, quantity, template};
use crate::definition::{self, MachineType, ProcessorConfig, Spanned, StateMachine};
use crate::program::distributed_map::{
    CsvDelimiter, CsvHeaderLocation, DistributedMap, InputType, ItemBatcher, ItemReader, ManifestType, OutputType,
    ReaderConfig, ReaderTransformation, ResultWriter, WriterConfig, WriterTransformation,
};
use crate::program::{Resource, StateId};
use crate::random::uuid_of;

impl Names<'_> {
    pub(super) fn distributed_map(
        &self,
        map: &definition::Map<'_>,
        state: &definition::State<'_>,
    ) -> Option<DistributedMap> {
        let processor = map.processor()?;
        Some(DistributedMap {
            processor_states: self.states_of(processor, state)?,
            execution_type: execution_type(processor.processor_config.as_ref()),
            label: match &map.label {
                Some(label) => label.value.into(),
                None => uuid_of(["label", state.name.value]).into(),
            },
            item_reader: match &map.item_reader {
                Some(reader) => Some(item_reader(reader)?),
                None => None,
            },
            item_batcher: map.item_batcher.as_ref().map(item_batcher),
            result_writer: map.result_writer.as_ref().map(result_writer),
        })
    }

    /// The states of `processor`, which were numbered after the Map that it is of.
    fn states_of(&self, processor: &StateMachine<'_>, map: &definition::State<'_>) -> Option<Range<StateId>> {
        let start = self.id(Some(&map.name))?.0.checked_add(1)?;
        let end = start.checked_add(u32::try_from(state_count(processor)).ok()?)?;
        Some(StateId(start)..StateId(end))
    }
}

fn state_count(machine: &StateMachine<'_>) -> usize {
    machine.states().iter().map(|state| 1 + state.inner_machines().map(state_count).sum::<usize>()).sum()
}

fn execution_type(config: Option<&ProcessorConfig<'_>>) -> MachineType {
    let written = config.and_then(|config| config.execution_type.as_ref());
    written.and_then(|written| MachineType::named(written.value)).unwrap_or_default()
}

fn item_reader(reader: &definition::ItemReader<'_>) -> Option<ItemReader> {
    let config = reader.reader_config.as_ref();
    Some(ItemReader {
        resource: Resource::parse(reader.resource.as_ref()?.value),
        arguments: reader.parameters.as_ref().map(template),
        config: config.map(reader_config).unwrap_or_default(),
        max_items: config.and_then(|config| quantity(config.max_items.as_ref(), config.max_items_path.as_ref())),
    })
}

fn reader_config(config: &definition::ReaderConfig<'_>) -> ReaderConfig {
    let headers = |headers: &Spanned<Vec<Spanned<&str>>>| headers.value.iter().map(|name| name.value.into()).collect();
    ReaderConfig {
        input_type: word(config.input_type.as_ref(), InputType::of_word),
        transformation: word(config.transformation.as_ref(), ReaderTransformation::of_word),
        manifest_type: word(config.manifest_type.as_ref(), ManifestType::of_word),
        csv_header_location: word(config.csv_header_location.as_ref(), CsvHeaderLocation::of_word),
        csv_headers: config.csv_headers.as_ref().map(headers),
        csv_delimiter: word(config.csv_delimiter.as_ref(), CsvDelimiter::of_word),
        items_pointer: config.items_pointer.as_ref().map(|pointer| pointer.value.into()),
        max_items: None,
    }
}

fn item_batcher(batcher: &definition::ItemBatcher<'_>) -> ItemBatcher {
    ItemBatcher {
        batch_input: batcher.batch_input.as_ref().map(template),
        max_items_per_batch: quantity(batcher.max_items_per_batch.as_ref(), batcher.max_items_per_batch_path.as_ref()),
        max_input_bytes_per_batch: quantity(
            batcher.max_input_bytes_per_batch.as_ref(),
            batcher.max_input_bytes_per_batch_path.as_ref(),
        ),
    }
}

fn result_writer(writer: &definition::ResultWriter<'_>) -> ResultWriter {
    let config = writer.writer_config.as_ref();
    let destination = match (&writer.resource, &writer.parameters) {
        (Some(resource), Some(parameters)) => Some((Resource::parse(resource.value), template(parameters))),
        _ => None,
    };
    ResultWriter {
        destination,
        config: WriterConfig {
            transformation: word(
                config.and_then(|config| config.transformation.as_ref()),
                WriterTransformation::of_word,
            ),
            output_type: word(config.and_then(|config| config.output_type.as_ref()), OutputType::of_word),
        },
    }
}

/// What a word means, which validation found to be one of those that its field allows.
fn word<T>(written: Option<&Spanned<&str>>, meaning: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    written.and_then(|written| meaning(written.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition as written;

    #[test]
    fn every_word_that_a_definition_may_hold_means_something() {
        fn check<T>(words: &[&str], of_word: fn(&str) -> Option<T>, as_str: fn(T) -> &'static str) {
            for word in words {
                assert_eq!(of_word(word).map(as_str), Some(*word));
            }
        }
        check(written::ReaderConfig::INPUT_TYPES, InputType::of_word, InputType::as_str);
        check(written::ReaderConfig::TRANSFORMATIONS, ReaderTransformation::of_word, ReaderTransformation::as_str);
        check(written::ReaderConfig::MANIFEST_TYPES, ManifestType::of_word, ManifestType::as_str);
        check(written::ReaderConfig::CSV_HEADER_LOCATIONS, CsvHeaderLocation::of_word, CsvHeaderLocation::as_str);
        check(written::ReaderConfig::CSV_DELIMITERS, CsvDelimiter::of_word, CsvDelimiter::as_str);
        check(written::WriterConfig::TRANSFORMATIONS, WriterTransformation::of_word, WriterTransformation::as_str);
        check(written::WriterConfig::OUTPUT_TYPES, OutputType::of_word, OutputType::as_str);
    }

    #[test]
    fn the_item_processor_is_a_program_that_shares_the_states() {
        let definition = r#"{"StartAt": "Each", "States": {
            "Each": {"Type": "Map", "Next": "Last", "Label": "each", "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Inner", "States": {
                    "Inner": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Innermost", "States": {
                        "Innermost": {"Type": "Task", "Resource": "urn:inner", "End": true}}}}}}},
            "Last": {"Type": "Task", "Resource": "urn:last", "End": true}}}"#;
        let program = crate::compile(definition).into_program().unwrap();
        assert!(program.item_processor("Inner").is_none() && program.item_processor("Last").is_none());

        let processor = program.item_processor("Each").unwrap();
        assert!(processor.state_names().eq(["Inner", "Innermost"]));
        assert!(processor.resources().map(|(name, _)| name).eq(["Innermost"]));
        assert_eq!((program.machine_type(), processor.machine_type()), (MachineType::Standard, MachineType::Express));
        assert_ne!(processor.fingerprint(), program.fingerprint());
        assert_eq!(processor.fingerprint(), program.item_processor("Each").unwrap().fingerprint());
    }
}
