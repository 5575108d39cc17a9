//! `InputType` `PARQUET`: rows as objects; one row group is held at a time.

mod row;

use std::any::Any;
use std::fmt;
use std::io::Cursor;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use asl_core::Failure;
use asl_core::map_run::Item;
use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::page_index::RowGroupPageIndex;
use parquet::file::metadata::{
    ColumnChunkMetaData, FooterTail, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::properties::ReaderProperties;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedRowGroupReader;
use parquet::record::Row;
use parquet::record::reader::{ReaderIter, TreeBuilder};

use super::super::failure;
use super::super::objects::{ObjectMetadata, Objects};
use super::dataset::File;
use super::object;
use super::records::too_long;
use super::{ReadError, ReaderLimits};

/// The end of a file: the length of the metadata, and what says that it is Parquet.
const TAIL: u64 = 8;
/// How much is told of what is wrong with a file, in characters: the reader quotes values of any length.
const MOST_FAULT: usize = 300;

/// The rows of a file, row group by row group.
pub(super) struct ParquetRows {
    file: File,
    object: ObjectMetadata,
    source: Arc<str>,
    limits: ReaderLimits,
    metadata: ParquetMetaData,
    /// How many row groups were begun.
    row_groups: usize,
    rows: Option<ReaderIter>,
    row: Option<Row>,
    /// How many bytes of the row group are held.
    held: u64,
    /// How many rows were read.
    count: u64,
}

impl fmt::Debug for ParquetRows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ParquetRows").field("file", &self.file).finish_non_exhaustive()
    }
}

impl ParquetRows {
    /// Reads the footer of a file.
    pub(super) async fn open(objects: &dyn Objects, file: &File, limits: ReaderLimits) -> Result<Self, ReadError> {
        let object = objects.head(&file.bucket, &file.key, file.version.as_deref()).await?;
        let fault = |what: &str| invalid(file, what);
        let Some(tail_at) = object.size.checked_sub(TAIL) else { return Err(fault("it is too short").into()) };
        let tail = read(objects, file, &object, tail_at..object.size).await?;
        let tail = tail.as_slice().try_into().map_err(|_| fault("it is too short"))?;
        let tail = guarded(|| FooterTail::try_new(tail)).map_err(|what| fault(&what))?;
        if tail.is_encrypted_footer() {
            return Err(fault("it is encrypted").into());
        }
        let length = tail.metadata_length() as u64;
        if length > limits.parquet_footer_bytes {
            let what = format!("its footer has {length} bytes, more than {}", limits.parquet_footer_bytes);
            return Err(fault(&what).into());
        }
        let footer_at = tail_at.checked_sub(length).ok_or_else(|| fault("its footer is longer than the file"))?;
        let footer = read(objects, file, &object, footer_at..tail_at).await?;
        let metadata = guarded(|| ParquetMetaDataReader::decode_metadata(&footer)).map_err(|what| fault(&what))?;
        if metadata.file_metadata().schema().get_fields().is_empty() {
            return Err(fault("it has no columns").into());
        }
        let source = object::source(file);
        let file = file.clone();
        Ok(Self { file, object, source, limits, metadata, row_groups: 0, rows: None, row: None, held: 0, count: 0 })
    }

    /// Whether there is another row, which [`item`](Self::item) then gives.
    pub(super) async fn advance(&mut self, objects: &dyn Objects) -> Result<bool, ReadError> {
        loop {
            if let Some(rows) = &mut self.rows {
                let row = guarded(|| rows.next().transpose());
                self.row = row.map_err(|what| self.invalid_row(self.count + 1, &what))?;
                if self.row.is_some() {
                    self.count += 1;
                    return Ok(true);
                }
            }
            (self.rows, self.held) = (None, 0);
            let Some(row_group) = self.metadata.row_groups().get(self.row_groups) else { return Ok(false) };
            let ranges = guarded(|| Ok(ranges(row_group)))
                .and_then(|ranges| self.checked(row_group, ranges))
                .map_err(|what| invalid(&self.file, &what))?;
            let mut columns = Vec::with_capacity(ranges.len());
            let mut held = 0;
            for range in ranges {
                let bytes = read(objects, &self.file, &self.object, range.clone()).await?;
                held += range.end - range.start;
                columns.push((range.start, bytes.into()));
            }
            let columns = Columns { size: self.object.size, columns };
            let rows = guarded(|| rows(&self.metadata, row_group, self.row_groups, columns))
                .map_err(|what| self.invalid_row(self.count + 1, &what))?;
            (self.rows, self.held) = (Some(rows), held);
            self.row_groups += 1;
        }
    }

    pub(super) fn item(&self) -> Result<Item, Failure> {
        let schema = self.metadata.file_metadata().schema();
        let row = self.row.as_ref();
        let value = row.map_or(Ok(asl_core::Value::Null), |row| guarded(|| Ok(row::value(row, Some(schema)))));
        let value = value.map_err(|what| self.invalid_row(self.count, &what))?;
        if value.text_size() > self.limits.item_bytes {
            return Err(too_long(self.limits.item_bytes));
        }
        Ok(Item { key: None, value, source: Some(self.source.clone()) })
    }

    pub(super) fn buffered(&self) -> usize {
        usize::try_from(self.held).unwrap_or(usize::MAX)
    }

    /// The places of a row group's columns, if they are in the file and within the limits.
    fn checked(&self, row_group: &RowGroupMetaData, ranges: Vec<Range<u64>>) -> Result<Vec<Range<u64>>, String> {
        if ranges.iter().any(|range| range.end > self.object.size) {
            return Err("a column ends behind the file".to_owned());
        }
        if let Some(codec) =
            row_group.columns().iter().map(ColumnChunkMetaData::compression).find(|codec| !is_read(*codec))
        {
            return Err(format!("it is packed with {codec}, and not with GZIP, SNAPPY or ZSTD"));
        }
        let packed = ranges.iter().fold(0u64, |sum, range| sum.saturating_add(range.end - range.start));
        let unpacked = row_group.columns().iter().map(|column| u64::try_from(column.uncompressed_size()).unwrap_or(0));
        let size = packed.max(unpacked.fold(0, u64::saturating_add));
        if size > self.limits.parquet_row_group_bytes {
            let most = self.limits.parquet_row_group_bytes;
            return Err(format!("its row group {} has {size} bytes, more than {most}", self.row_groups + 1));
        }
        Ok(ranges)
    }

    fn invalid_row(&self, row: u64, what: &str) -> Failure {
        invalid(&self.file, &format!("row {row}: {what}"))
    }
}

/// Whether AWS reads what is packed so.
fn is_read(codec: Compression) -> bool {
    matches!(codec, Compression::UNCOMPRESSED | Compression::GZIP(_) | Compression::SNAPPY | Compression::ZSTD(_))
}

/// Where the columns of a row group are.
fn ranges(row_group: &RowGroupMetaData) -> Vec<Range<u64>> {
    let columns = row_group.columns().iter().map(ColumnChunkMetaData::byte_range);
    columns.map(|(start, length)| start..start.saturating_add(length)).collect()
}

fn rows(
    metadata: &ParquetMetaData,
    row_group: &RowGroupMetaData,
    index: usize,
    columns: Columns,
) -> Result<ReaderIter, ParquetError> {
    let page_index = RowGroupPageIndex::new(index, None);
    let properties = Arc::new(ReaderProperties::builder().build());
    let reader = SerializedRowGroupReader::new(Arc::new(columns), row_group, page_index, properties)?;
    TreeBuilder::new().as_iter(metadata.file_metadata().schema_descr_ptr(), &reader)
}

/// The columns of a row group, each with its place in the file, as the library reads them.
struct Columns {
    size: u64,
    columns: Vec<(u64, Bytes)>,
}

impl Columns {
    /// The bytes of a column from `start`.
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let mut parts = self.columns.iter().filter_map(|(at, bytes)| {
            let skipped = usize::try_from(start.checked_sub(*at)?).ok()?;
            (skipped < bytes.len()).then(|| bytes.slice(skipped..))
        });
        parts.next().ok_or_else(|| ParquetError::General(format!("byte {start} is in no column")))
    }
}

impl Length for Columns {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Columns {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.from(start).map(Cursor::new)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF(format!("a column ends before byte {length} after {start}")));
        }
        Ok(bytes.slice(..length))
    }
}

/// The bytes of an object in `range`, all of them.
async fn read(
    objects: &dyn Objects,
    file: &File,
    object: &ObjectMetadata,
    range: Range<u64>,
) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let mut position = range.start;
    while position < range.end {
        let more = objects.read(&file.bucket, object, position..range.end).await?;
        if more.is_empty() {
            let cause = format!("the object `{}` is shorter than its {} bytes", file.key, object.size);
            return Err(failure::item_reader(cause).into());
        }
        position += more.len() as u64;
        if bytes.is_empty() { bytes = more } else { bytes.extend(more) }
    }
    Ok(bytes)
}

/// What `body` gives, or what is wrong with the file.
///
/// INVARIANT: the library panics on files that break its assumptions; whatever it held then is not used again.
fn guarded<T>(body: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    let text = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&str>().unwrap_or(Box::new("it cannot be decoded"))).to_owned(),
    };
    let result = catch_unwind(AssertUnwindSafe(body)).map_err(text)?;
    result.map_err(|error| error.to_string())
}

fn invalid(file: &File, what: &str) -> Failure {
    let what: String = what.chars().take(MOST_FAULT).collect();
    failure::item_reader(format!("the object `{}` cannot be read as Parquet: {what}", file.key))
}
