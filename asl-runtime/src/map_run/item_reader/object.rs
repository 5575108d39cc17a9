//! The items in one object.

use std::sync::Arc;

use asl_core::map_run::Item;

use super::super::failure;
use super::super::objects::Objects;
use super::bytes::ObjectBytes;
use super::csv::CsvRows;
use super::dataset::{File, ItemFormat};
use super::json::JsonItems;
use super::json_lines::JsonLines;
#[cfg(feature = "parquet")]
use super::parquet::ParquetRows;
use super::records::{Progress, Records};
use super::{ReadError, ReaderLimits};

/// Reads the items of an object one by one.
#[derive(Debug)]
pub(super) enum ObjectItems {
    Text(TextItems),
    #[cfg(feature = "parquet")]
    Parquet(ParquetRows),
}

impl ObjectItems {
    pub(super) async fn open(
        objects: &dyn Objects,
        file: &File,
        format: &ItemFormat,
        limits: ReaderLimits,
    ) -> Result<Self, ReadError> {
        let records: Box<dyn Records> = match format {
            ItemFormat::Json(pointer) => Box::new(JsonItems::new(pointer.clone(), limits.item_bytes)),
            ItemFormat::JsonLines => Box::new(JsonLines::new(limits.item_bytes)),
            ItemFormat::Csv(csv) => Box::new(CsvRows::new(csv, limits.item_bytes, limits.csv_header_bytes)?),
            #[cfg(feature = "parquet")]
            ItemFormat::Parquet => return Ok(Self::Parquet(ParquetRows::open(objects, file, limits).await?)),
        };
        let (bytes, chunk) = ObjectBytes::open(objects, file, limits.chunk_bytes).await?;
        let source = source(file);
        Ok(Self::Text(TextItems { source, bytes, chunk, taken: 0, records, count: 0 }))
    }

    /// Whether there is another item, which [`item`](Self::item) then gives.
    pub(super) async fn advance(&mut self, objects: &dyn Objects) -> Result<bool, ReadError> {
        match self {
            Self::Text(items) => items.advance(objects).await,
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.advance(objects).await,
        }
    }

    pub(super) fn item(&self) -> Result<Item, ReadError> {
        match self {
            Self::Text(items) => items.item(),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => Ok(rows.item()?),
        }
    }

    pub(super) fn buffered(&self) -> usize {
        match self {
            Self::Text(items) => items.buffered(),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.buffered(),
        }
    }
}

/// What an item of `file` names as its source.
pub(super) fn source(file: &File) -> Arc<str> {
    format!("S3://{}/{}", file.bucket, file.key).into()
}

/// Items that are found in bytes as they come.
#[derive(Debug)]
pub(super) struct TextItems {
    source: Arc<str>,
    bytes: ObjectBytes,
    chunk: Vec<u8>,
    /// How much of the chunk was read.
    taken: usize,
    records: Box<dyn Records>,
    /// How many items were found.
    count: u64,
}

impl TextItems {
    /// Whether there is another item, which [`item`](Self::item) then gives.
    async fn advance(&mut self, objects: &dyn Objects) -> Result<bool, ReadError> {
        loop {
            let mut input = self.chunk.get(self.taken..).unwrap_or_default();
            let progress = self.records.read(&mut input);
            self.taken = self.chunk.len() - input.len();
            if progress? == Progress::Record {
                self.count += 1;
                return Ok(true);
            }
            let Some(chunk) = self.bytes.next(objects).await? else {
                let found = self.records.finish()? == Progress::Record;
                self.count += u64::from(found);
                return Ok(found);
            };
            (self.chunk, self.taken) = (chunk, 0);
        }
    }

    fn item(&self) -> Result<Item, ReadError> {
        let (key, value) = self.records.item().map_err(|what| {
            failure::item_reader(format!("item {} of `{}` cannot be read: {what}", self.count, self.source))
        })?;
        Ok(Item { key, value, source: Some(self.source.clone()) })
    }

    fn buffered(&self) -> usize {
        self.chunk.len() + self.bytes.buffered() + self.records.buffered()
    }
}
