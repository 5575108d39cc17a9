//! What a Distributed Map has beyond an inline one: where its items come from and where its results go.
//!
//! See [Using Map state in Distributed mode](https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html).

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::definition::MachineType;
use crate::evaluate::PayloadTemplate;

use super::resource::Resource;
use super::state::{Quantity, StateId};

/// A Distributed Map's own fields, compiled.
#[derive(Debug)]
pub(crate) struct DistributedMap {
    /// The states of the item processor, those inside of its own states included.
    pub(crate) processor_states: Range<StateId>,
    /// Whether the children are Standard or Express executions.
    pub(crate) execution_type: MachineType,
    pub(crate) label: Arc<str>,
    pub(crate) item_reader: Option<ItemReader>,
    pub(crate) item_batcher: Option<ItemBatcher>,
    pub(crate) result_writer: Option<ResultWriter>,
}

/// `ItemReader`
#[derive(Debug)]
pub(crate) struct ItemReader {
    pub(crate) resource: Resource,
    /// `Parameters`, or JSONata's `Arguments`.
    pub(crate) arguments: Option<PayloadTemplate>,
    /// The configuration but for `max_items`, which is known when the state runs.
    pub(crate) config: ReaderConfig,
    pub(crate) max_items: Option<Quantity>,
}

/// `ItemBatcher`
#[derive(Debug)]
pub(crate) struct ItemBatcher {
    pub(crate) batch_input: Option<PayloadTemplate>,
    pub(crate) max_items_per_batch: Option<Quantity>,
    pub(crate) max_input_bytes_per_batch: Option<Quantity>,
}

/// `ResultWriter`
#[derive(Debug)]
pub(crate) struct ResultWriter {
    /// `Resource`, and `Parameters` or JSONata's `Arguments`; none where the results are only transformed.
    pub(crate) destination: Option<(Resource, PayloadTemplate)>,
    pub(crate) config: WriterConfig,
}

/// An enum of ASL's words, which reads and writes them.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// The word in the definition.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// What the word means; `None` if it means nothing here.
            pub(crate) fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// `InputType`: what is in the object that an `ItemReader` reads.
    InputType {
        /// Lines of delimited values.
        Csv = "CSV",
        /// One JSON document.
        Json = "JSON",
        /// One JSON document a line.
        JsonLines = "JSONL",
        /// Apache Parquet.
        Parquet = "PARQUET",
        /// A list of further objects.
        Manifest = "MANIFEST",
    }
}

words! {
    /// `Transformation` of a `ReaderConfig`: what becomes of the objects that are listed.
    ReaderTransformation {
        /// Each object's metadata is an item.
        None = "NONE",
        /// Each object is read as its `InputType` says, and its items are the items.
        LoadAndFlatten = "LOAD_AND_FLATTEN",
    }
}

words! {
    /// `ManifestType`: who wrote the manifest.
    ManifestType {
        /// `UNLOAD` of Athena.
        AthenaData = "ATHENA_DATA",
        /// The inventory of an S3 bucket.
        S3Inventory = "S3_INVENTORY",
    }
}

words! {
    /// `CSVHeaderLocation`: where the names of a CSV's columns are.
    CsvHeaderLocation {
        /// In its first line.
        FirstRow = "FIRST_ROW",
        /// In [`ReaderConfig::csv_headers`].
        Given = "GIVEN",
    }
}

words! {
    /// `CSVDelimiter`: what stands between two values.
    CsvDelimiter {
        /// `,`
        Comma = "COMMA",
        /// `|`
        Pipe = "PIPE",
        /// `;`
        Semicolon = "SEMICOLON",
        /// A space.
        Space = "SPACE",
        /// A tabulator.
        Tab = "TAB",
    }
}

impl CsvDelimiter {
    /// The character itself.
    pub fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Pipe => '|',
            Self::Semicolon => ';',
            Self::Space => ' ',
            Self::Tab => '\t',
        }
    }
}

words! {
    /// `Transformation` of a `WriterConfig`: what the result of a child is.
    WriterTransformation {
        /// The child's output with what `DescribeExecution` says of it.
        None = "NONE",
        /// The child's output.
        Compact = "COMPACT",
        /// The child's output; of an array, its elements.
        Flatten = "FLATTEN",
    }
}

words! {
    /// `OutputType`: the form of the files that a `ResultWriter` writes.
    OutputType {
        /// A JSON array.
        Json = "JSON",
        /// One JSON document a line.
        JsonLines = "JSONL",
    }
}

/// [`ReaderConfig`](https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html): what the object
/// that an `ItemReader` reads holds, and how much of it is wanted; serialises to the field as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[non_exhaustive]
pub struct ReaderConfig {
    /// What is in the object; none where objects are listed and not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_type: Option<InputType>,
    /// What becomes of the objects that are listed; none is [`ReaderTransformation::None`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transformation: Option<ReaderTransformation>,
    /// Who wrote the manifest, if the object is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_type: Option<ManifestType>,
    /// Where the names of a CSV's columns are.
    #[serde(rename = "CSVHeaderLocation", skip_serializing_if = "Option::is_none")]
    pub csv_header_location: Option<CsvHeaderLocation>,
    /// The names of the columns, if they are given.
    #[serde(rename = "CSVHeaders", skip_serializing_if = "Option::is_none")]
    pub csv_headers: Option<Vec<Arc<str>>>,
    /// What stands between two values of a CSV; none is [`CsvDelimiter::Comma`].
    #[serde(rename = "CSVDelimiter", skip_serializing_if = "Option::is_none")]
    pub csv_delimiter: Option<CsvDelimiter>,
    /// The JSON Pointer of the array inside of a JSON document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items_pointer: Option<Arc<str>>,
    /// How many items are read at most; none is all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
}

/// [`WriterConfig`](https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html): what the
/// results of a Map Run look like; serialises to the field as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[non_exhaustive]
pub struct WriterConfig {
    /// What the result of a child is; where it is not given, [`WriterTransformation::None`] in files and
    /// [`WriterTransformation::Compact`] in the state's output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transformation: Option<WriterTransformation>,
    /// The form of the files; none is [`OutputType::Json`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_type: Option<OutputType>,
}
