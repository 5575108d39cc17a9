//! Which objects the items are in, and in which form: an `ItemReader` whose fields are evaluated.

use std::sync::Arc;

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
}

/// How a CSV is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CsvFormat {
    pub(super) header: CsvHeader,
    pub(super) delimiter: CsvDelimiter,
}

/// `CSVHeaderLocation`, with `CSVHeaders`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CsvHeader {
    /// The first row names the columns.
    FirstRow,
    /// The definition names the columns, and the first row is an item.
    Given(Vec<Arc<str>>),
}

/// `CSVDelimiter`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CsvDelimiter {
    Comma,
    Pipe,
    Semicolon,
    Space,
    Tab,
}

impl CsvDelimiter {
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Pipe => b'|',
            Self::Semicolon => b';',
            Self::Space => b' ',
            Self::Tab => b'\t',
        }
    }
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
    /// The dataset of an `ItemReader`: its `Resource`, its `Parameters` or `Arguments` as they were evaluated,
    /// and its `ReaderConfig`, with `MaxItems` in place of a `MaxItemsPath`.
    ///
    /// # Errors
    ///
    /// `States.ItemReaderFailed` when a field is missing or has a value that nothing can be read with.
    pub fn from_fields(resource: &str, parameters: &Value, reader_config: &Value) -> Result<Self, Failure> {
        let call = Fields { name: "Parameters", fields: parameters };
        let config = Fields { name: "ReaderConfig", fields: reader_config };
        let content = match service_call(resource) {
            Some("listObjectsV2") => {
                call.knows_only(&["Bucket", "Prefix", "StartAfter"])?;
                let prefix = Prefix {
                    bucket: call.required("Bucket")?,
                    begins_with: call.text("Prefix")?.unwrap_or_default(),
                    start_after: call.text("StartAfter")?,
                };
                match config.text("Transformation")?.as_deref() {
                    None | Some("NONE") => Content::Objects(prefix),
                    Some("LOAD_AND_FLATTEN") => Content::Items(FileSet::Listed(prefix), config.format()?),
                    Some(other) => return Err(config.unknown("Transformation", other, "`NONE` or `LOAD_AND_FLATTEN`")),
                }
            }
            Some("getObject") => {
                call.knows_only(&["Bucket", "Key", "VersionId"])?;
                let file = File {
                    bucket: call.required("Bucket")?,
                    key: call.required("Key")?,
                    version: call.text("VersionId")?,
                };
                config.content(file)?
            }
            _ => {
                let resources = "`arn:aws:states:::s3:getObject` and `arn:aws:states:::s3:listObjectsV2`";
                return Err(failure::item_reader(format!(
                    "nothing can be read with `{resource}`, but with {resources}"
                )));
            }
        };
        Ok(Self { content, max_items: config.max_items()? })
    }
}

/// The call of S3 that a resource names, in any partition.
fn service_call(resource: &str) -> Option<&str> {
    resource.strip_prefix("arn:")?.split_once(":states:::s3:").map(|(_, call)| call)
}

/// The members of an object, named in causes.
#[derive(Debug, Clone, Copy)]
struct Fields<'a> {
    name: &'a str,
    fields: &'a Value,
}

impl Fields<'_> {
    fn text(&self, field: &str) -> Result<Option<Arc<str>>, Failure> {
        match self.fields.get(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(self.fault(field, &format!("must be a string, but is `{other}`"))),
        }
    }

    fn required(&self, field: &str) -> Result<Arc<str>, Failure> {
        self.text(field)?.ok_or_else(|| self.fault(field, "is missing"))
    }

    fn fault(&self, field: &str, what: &str) -> Failure {
        failure::item_reader(format!("the field `{}.{field}` of the ItemReader {what}", self.name))
    }

    fn unknown(&self, field: &str, value: &str, known: &str) -> Failure {
        self.fault(field, &format!("must be {known}, but is `{value}`"))
    }

    /// Refuses what would change the meaning of the call and is not supported.
    fn knows_only(&self, known: &[&str]) -> Result<(), Failure> {
        let mut names = self.fields.as_object().into_iter().flat_map(asl_core::value::Object::keys);
        match names.find(|name| !known.contains(&&***name) && !WITHOUT_EFFECT.contains(&&***name)) {
            Some(name) => Err(self.fault(name, "is not supported")),
            None => Ok(()),
        }
    }

    fn content(&self, file: File) -> Result<Content, Failure> {
        let input_type = self.text("InputType")?;
        let manifest = self.text("ManifestType")?;
        match (manifest.as_deref(), input_type.as_deref()) {
            (Some("ATHENA_DATA"), _) => Ok(Content::Items(FileSet::Athena(file), self.format()?)),
            (Some("S3_INVENTORY"), _) | (None, Some("MANIFEST")) => {
                let by_manifest = CsvFormat { header: CsvHeader::FirstRow, delimiter: CsvDelimiter::Comma };
                Ok(Content::Items(FileSet::Inventory(file), ItemFormat::Csv(by_manifest)))
            }
            (Some(other), _) => Err(self.unknown("ManifestType", other, "`ATHENA_DATA` or `S3_INVENTORY`")),
            (None, _) => Ok(Content::Items(FileSet::One(file), self.format()?)),
        }
    }

    fn format(&self) -> Result<ItemFormat, Failure> {
        match &*self.required("InputType")? {
            "JSON" => Ok(ItemFormat::Json(JsonPointer::parse(&self.text("ItemsPointer")?.unwrap_or_default())?)),
            "JSONL" => Ok(ItemFormat::JsonLines),
            "CSV" => Ok(ItemFormat::Csv(self.csv()?)),
            "PARQUET" => Err(self.fault("InputType", "is `PARQUET`, which is not supported")),
            other => Err(self.unknown("InputType", other, "`CSV`, `JSON`, `JSONL`, `PARQUET` or `MANIFEST`")),
        }
    }

    fn csv(&self) -> Result<CsvFormat, Failure> {
        let header = match self.text("CSVHeaderLocation")?.as_deref() {
            None | Some("FIRST_ROW") => CsvHeader::FirstRow,
            Some("GIVEN") => {
                let headers = self.fields.get("CSVHeaders").and_then(Value::as_array);
                let columns =
                    headers.and_then(|headers| headers.iter().map(|header| header.as_str().map(Arc::from)).collect());
                CsvHeader::Given(columns.ok_or_else(|| self.fault("CSVHeaders", "must be an array of strings"))?)
            }
            Some(other) => return Err(self.unknown("CSVHeaderLocation", other, "`FIRST_ROW` or `GIVEN`")),
        };
        let delimiter = match self.text("CSVDelimiter")?.as_deref() {
            None | Some("COMMA") => CsvDelimiter::Comma,
            Some("PIPE") => CsvDelimiter::Pipe,
            Some("SEMICOLON") => CsvDelimiter::Semicolon,
            Some("SPACE") => CsvDelimiter::Space,
            Some("TAB") => CsvDelimiter::Tab,
            Some(other) => {
                return Err(self.unknown("CSVDelimiter", other, "`COMMA`, `PIPE`, `SEMICOLON`, `SPACE` or `TAB`"));
            }
        };
        Ok(CsvFormat { header, delimiter })
    }

    fn max_items(&self) -> Result<Option<u64>, Failure> {
        match self.fields.get("MaxItems") {
            None => Ok(None),
            Some(value) => match value.as_i64().and_then(|most| u64::try_from(most).ok()) {
                Some(most) => Ok(Some(most.min(MOST_ITEMS))),
                None => Err(self.fault("MaxItems", &format!("must be an integer of at least 0, but is {value}"))),
            },
        }
    }
}
