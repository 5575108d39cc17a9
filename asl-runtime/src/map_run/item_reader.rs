//! Objects as the items of a Distributed Map, one at a time.

mod bytes;
mod csv;
mod dataset;
mod json;
mod json_lines;
mod listing;
mod manifest;
mod object;
#[cfg(feature = "parquet")]
mod parquet;
mod records;

use std::sync::Arc;

use asl_core::Failure;
use asl_core::map_run::Item;

use self::listing::Listing;
use self::manifest::Files;
use self::object::ObjectItems;
use super::failure;
use super::objects::{Objects, ObjectsError};

pub use self::dataset::Dataset;
use self::dataset::{Content, ItemFormat};

/// Why there is no next item.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadError {
    /// The dataset cannot be read: the Map Run fails with this.
    Failed(Failure),
    /// The object store failed: to read again may help.
    Unavailable(ObjectsError),
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What the workflow asked for in vain is its failure; what the store could not do is the host's.
impl From<ObjectsError> for ReadError {
    fn from(error: ObjectsError) -> Self {
        if error.is_retryable() {
            Self::Unavailable(error)
        } else {
            Self::Failed(failure::item_reader(error.to_string()))
        }
    }
}

/// How much of a dataset is held at once.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ReaderLimits {
    /// The longest item as text, in bytes.
    pub item_bytes: usize,
    /// The longest header of a CSV, in bytes.
    pub csv_header_bytes: usize,
    /// How much of an object is read at a time, in bytes; of a Parquet file it is a column of a row group.
    pub chunk_bytes: usize,
    /// The largest row group of a Parquet file, in bytes, packed and unpacked.
    pub parquet_row_group_bytes: u64,
    /// The longest footer of a Parquet file, in bytes.
    pub parquet_footer_bytes: u64,
}

/// 8 MiB for an item, 10 KiB for the header of a CSV, 256 MiB for a row group and 5 MiB for a footer of a Parquet file,
/// as AWS documents; 256 KiB at a time.
impl Default for ReaderLimits {
    fn default() -> Self {
        Self {
            item_bytes: 8 << 20,
            csv_header_bytes: 10 << 10,
            chunk_bytes: 256 << 10,
            parquet_row_group_bytes: 256 << 20,
            parquet_footer_bytes: 5 << 20,
        }
    }
}

impl ReaderLimits {
    /// With another length for items.
    #[must_use]
    pub fn item_bytes(self, item_bytes: usize) -> Self {
        Self { item_bytes, ..self }
    }

    /// With another length for reads; a read is at least one byte long.
    #[must_use]
    pub fn chunk_bytes(self, chunk_bytes: usize) -> Self {
        Self { chunk_bytes: chunk_bytes.max(1), ..self }
    }

    /// With another size for row groups of Parquet files.
    #[must_use]
    pub fn parquet_row_group_bytes(self, parquet_row_group_bytes: u64) -> Self {
        Self { parquet_row_group_bytes, ..self }
    }

    /// With another length for footers of Parquet files.
    #[must_use]
    pub fn parquet_footer_bytes(self, parquet_footer_bytes: u64) -> Self {
        Self { parquet_footer_bytes, ..self }
    }
}

/// Reads the items of a dataset in order.
///
/// The same objects give the same items, so a Map Run that is resumed [skips](Self::skip) those that it began.
/// After an error or the end there are no more items.
#[derive(Debug)]
pub struct ItemReader {
    objects: Arc<dyn Objects>,
    limits: ReaderLimits,
    source: Source,
    position: u64,
    max_items: Option<u64>,
}

#[derive(Debug)]
enum Source {
    /// The objects themselves are the items.
    Listing(Listing),
    /// The items are in objects, one after the other.
    Files { files: Files, format: ItemFormat, current: Option<Box<ObjectItems>> },
    /// There are no more.
    End,
}

impl ItemReader {
    /// A reader before the first item of `dataset`; nothing is read yet.
    pub fn new(objects: Arc<dyn Objects>, dataset: Dataset, limits: ReaderLimits) -> Self {
        let Dataset { content, max_items } = dataset;
        let source = match content {
            Content::Objects(prefix) => Source::Listing(Listing::new(prefix)),
            Content::Items(files, format) => Source::Files { files: Files::new(files), format, current: None },
        };
        Self { objects, limits, source, position: 0, max_items }
    }

    /// How many items were read or skipped: the index of the next one.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How many bytes of text are held for what comes next.
    pub fn buffered(&self) -> usize {
        match &self.source {
            Source::Files { current: Some(current), .. } => current.buffered(),
            _ => 0,
        }
    }

    /// The next item, or `None` after the last.
    ///
    /// # Errors
    ///
    /// When the dataset cannot be read; see [`ReadError`].
    pub async fn next(&mut self) -> Result<Option<Item>, ReadError> {
        let item = match self.advance().await {
            Ok(true) => self.item(),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        if !matches!(item, Ok(Some(_))) {
            self.source = Source::End;
        }
        item
    }

    /// Passes over `count` items without making values of them, or over all if there are fewer; tells how many.
    ///
    /// # Errors
    ///
    /// When the dataset cannot be read; see [`ReadError`].
    pub async fn skip(&mut self, count: u64) -> Result<u64, ReadError> {
        for skipped in 0..count {
            let advanced = self.advance().await;
            if !matches!(advanced, Ok(true)) {
                self.source = Source::End;
                return advanced.map(|_| skipped);
            }
        }
        Ok(count)
    }

    /// Whether there is another item, which [`item`](Self::item) then gives.
    async fn advance(&mut self) -> Result<bool, ReadError> {
        if self.max_items.is_some_and(|most| self.position >= most) {
            return Ok(false);
        }
        let advanced = match &mut self.source {
            Source::End => false,
            Source::Listing(listing) => listing.advance(&*self.objects).await?,
            Source::Files { files, format, current } => loop {
                if let Some(items) = current {
                    if items.advance(&*self.objects).await? {
                        break true;
                    }
                    *current = None;
                }
                let Some(file) = files.next(&*self.objects, self.limits).await? else { break false };
                let items =
                    ObjectItems::open(&*self.objects, &file, files.format().unwrap_or(format), self.limits).await?;
                *current = Some(Box::new(items));
            },
        };
        self.position += u64::from(advanced);
        Ok(advanced)
    }

    fn item(&self) -> Result<Option<Item>, ReadError> {
        match &self.source {
            Source::Listing(listing) => Ok(listing.item()),
            Source::Files { current: Some(items), .. } => Ok(Some(items.item()?)),
            Source::Files { current: None, .. } | Source::End => Ok(None),
        }
    }
}
