//! Which objects the items are in, and in which form: an `ItemReader` whose fields are evaluated.

use std::sync::Arc;

use asl_core::execution;
use asl_core::program::{CsvDelimiter, CsvHeaderLocation, InputType, ManifestType, ReaderConfig, ReaderTransformation};
use asl_core::value::Object;
use asl_core::{Failure, Value};

use super::super::failure;

/// AWS's most items of a Map Run; a `MaxItems` above it is the same as this.
const MOST_ITEMS: u64 = 100_000_000;
/// Parameters of S3's calls that change nothing about what is read.
const WITHOUT_EFFECT: [&str; 4] = ["ExpectedBucketOwner", "RequestPayer", "MaxKeys", "EncodingType"];

/// A dataset in an object store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    pub(super) content: Content,
    pub(super) max_items: Option<u64>,
}

/// What the items are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Objects, by what the store knows of them.
    Objects(Prefix),
    /// What is in objects.
    Items(FileSet, ItemFormat),
}

/// The objects that hold the items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileSet {
    One(File),
    /// `LOAD_AND_FLATTEN`: every object of a listing.
    Listed(Prefix),
    /// The objects whose URIs another object has, one per line.
    Athena(File),
    /// The objects of an S3 inventory, whose manifest also says what their columns are.
    Inventory(File),
}

/// An object, and its version if it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) bucket: Arc<str>,
    pub(super) key: Arc<str>,
    pub(super) version: Option<Arc<str>>,
}

/// Objects whose keys begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) bucket: Arc<str>,
    pub(super) begins_with: Arc<str>,
    pub(super) start_after: Option<Arc<str>>,
}

/// How the items are written down in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ItemFormat {
    /// The elements of an array or the members of an object.
    Json(JsonPointer),
    /// One JSON text per line.
    JsonLines,
    /// Rows under a header.
    Csv(CsvFormat),
    /// Rows of a Parquet file.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// How a CSV is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CsvFormat {
    pub(super) header: CsvHeader,
    pub(super) delimiter: CsvDelimiter,
}

impl CsvFormat {
    pub(super) fn new(header: CsvHeader, delimiter: Option<CsvDelimiter>) -> Self {
        Self { header, delimiter: delimiter.unwrap_or(CsvDelimiter::Comma) }
    }
}

/// `CSVHeaderLocation`, with `CSVHeaders`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CsvHeader {
    /// The first row names the columns.
    FirstRow,
    /// The definition names the columns, and the first row is an item.
    Given(Vec<Arc<str>>),
}

/// `ItemsPointer`: the way to the items in a JSON text ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct JsonPointer(Vec<String>);

impl JsonPointer {
    fn parse(text: &str) -> Result<Self, Failure> {
        let Some(segments) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Ok(Self::default())
            } else {
                Err(failure::item_reader(format!(
                    "the ItemsPointer `{text}` is not a JSON Pointer: it must begin with `/`"
                )))
            };
        };
        Ok(Self(segments.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()))
    }

    pub(super) fn segment(&self, level: usize) -> Option<&str> {
        self.0.get(level).map(String::as_str)
    }
}

impl Dataset {
    /// The dataset that an `ItemReader` describes.
    ///
    /// # Errors
    ///
    /// `States.ItemReaderFailed` when a field is missing or has a value that nothing can be read with.
    pub fn new(reader: &execution::ItemReader) -> Result<Self, Failure> {
        let config = &reader.config;
        let call = Call { arguments: &reader.arguments };
        let content = match service_call(reader.resource.as_str()) {
            Some("listObjectsV2") => {
                call.knows_only(&["Bucket", "Prefix", "StartAfter"])?;
                let prefix = Prefix {
                    bucket: call.required("Bucket")?,
                    begins_with: call.text("Prefix")?.unwrap_or_default(),
                    start_after: call.text("StartAfter")?,
                };
                match config.transformation {
                    Some(ReaderTransformation::LoadAndFlatten) => {
                        Content::Items(FileSet::Listed(prefix), format(config)?)
                    }
                    _ => Content::Objects(prefix),
                }
            }
            Some("getObject") => {
                call.knows_only(&["Bucket", "Key", "VersionId"])?;
                content(
                    File {
                        bucket: call.required("Bucket")?,
                        key: call.required("Key")?,
                        version: call.text("VersionId")?,
                    },
                    config,
                )?
            }
            _ => {
                let resources = "`arn:aws:states:::s3:getObject` and `arn:aws:states:::s3:listObjectsV2`";
                let cause = format!("nothing can be read with `{}`, but with {resources}", reader.resource.as_str());
                return Err(failure::item_reader(cause));
            }
        };
        let max_items = config.max_items.map(|most| most.min(MOST_ITEMS));
        Ok(Self { content, max_items })
    }
}

/// The call of S3 that a resource names, in any partition.
fn service_call(resource: &str) -> Option<&str> {
    resource.strip_prefix("arn:")?.split_once(":states:::s3:").map(|(_, call)| call)
}

fn content(file: File, config: &ReaderConfig) -> Result<Content, Failure> {
    if file.version.is_some() && config.input_type == Some(InputType::Parquet) {
        return Err(fault("VersionId", "is not supported where the InputType is `PARQUET`"));
    }
    Ok(match (config.manifest_type, config.input_type) {
        (Some(ManifestType::AthenaData), _) => Content::Items(FileSet::Athena(file), format(config)?),
        (Some(ManifestType::S3Inventory), _) | (None, Some(InputType::Manifest)) => {
            // The manifest says what the columns are.
            let format = ItemFormat::Csv(CsvFormat::new(CsvHeader::FirstRow, None));
            Content::Items(FileSet::Inventory(file), format)
        }
        _ => Content::Items(FileSet::One(file), format(config)?),
    })
}

fn format(config: &ReaderConfig) -> Result<ItemFormat, Failure> {
    match config.input_type {
        Some(InputType::Json) => {
            Ok(ItemFormat::Json(JsonPointer::parse(config.items_pointer.as_deref().unwrap_or_default())?))
        }
        Some(InputType::JsonLines) => Ok(ItemFormat::JsonLines),
        Some(InputType::Csv) => {
            let header = match config.csv_header_location {
                Some(CsvHeaderLocation::Given) => CsvHeader::Given(config.csv_headers.clone().unwrap_or_default()),
                _ => CsvHeader::FirstRow,
            };
            Ok(ItemFormat::Csv(CsvFormat::new(header, config.csv_delimiter)))
        }
        #[cfg(feature = "parquet")]
        Some(InputType::Parquet) => Ok(ItemFormat::Parquet),
        #[cfg(not(feature = "parquet"))]
        Some(InputType::Parquet) => {
            Err(failure::item_reader("the InputType `PARQUET` needs the feature `parquet` of `asl-runtime`"))
        }
        Some(other) => {
            Err(failure::item_reader(format!("objects of the InputType `{}` cannot be read here", other.as_str())))
        }
        None => Err(failure::item_reader("the field `ReaderConfig.InputType` of the ItemReader is missing")),
    }
}

/// What a call of S3 is made with.
#[derive(Debug, Clone, Copy)]
struct Call<'a> {
    arguments: &'a Value,
}

impl Call<'_> {
    fn text(self, argument: &str) -> Result<Option<Arc<str>>, Failure> {
        match self.arguments.get(argument) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(fault(argument, &format!("must be a string, but is `{other}`"))),
        }
    }

    fn required(self, argument: &str) -> Result<Arc<str>, Failure> {
        self.text(argument)?.ok_or_else(|| fault(argument, "is missing"))
    }

    /// Refuses what would change the meaning of the call and is not supported.
    fn knows_only(self, known: &[&str]) -> Result<(), Failure> {
        let mut names = self.arguments.as_object().into_iter().flat_map(Object::keys);
        match names.find(|name| !known.contains(&&***name) && !WITHOUT_EFFECT.contains(&&***name)) {
            Some(name) => Err(fault(name, "is not supported")),
            None => Ok(()),
        }
    }
}

fn fault(argument: &str, what: &str) -> Failure {
    failure::item_reader(format!("the argument `{argument}` of the ItemReader {what}"))
}
