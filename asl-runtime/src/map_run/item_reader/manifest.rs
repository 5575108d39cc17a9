//! Which objects the items are in: one, those of a listing, or those that a manifest names.

use std::collections::VecDeque;
use std::sync::Arc;

use asl_core::{Failure, Value};

use super::super::failure;
use super::super::objects::Objects;
use super::bytes::ObjectBytes;
use super::dataset::{CsvFormat, CsvHeader, File, FileSet, ItemFormat};
use super::listing::Listing;
use super::object::ObjectItems;
use super::records::json;
use super::{ReadError, ReaderLimits};

/// The longest manifest of an inventory, in bytes: some 50,000 files.
const MOST_MANIFEST: usize = 8 << 20;
/// The column of an Athena manifest, which has no header.
const URI: &str = "uri";

/// Objects that hold items, one after the other.
#[derive(Debug)]
pub(super) enum Files {
    /// Nothing was read yet of what names them.
    Unread(FileSet),
    /// All of them are known.
    Known {
        files: VecDeque<File>,
        format: Option<ItemFormat>,
    },
    Listed(Listing),
    /// One per line of a manifest.
    Athena(Box<ObjectItems>),
}

impl Files {
    pub(super) fn new(files: FileSet) -> Self {
        Self::Unread(files)
    }

    /// The form of the items if not the definition says it but the manifest.
    pub(super) fn format(&self) -> Option<&ItemFormat> {
        match self {
            Self::Known { format, .. } => format.as_ref(),
            _ => None,
        }
    }

    /// The next object, or `None` after the last.
    pub(super) async fn next(
        &mut self,
        objects: &dyn Objects,
        limits: ReaderLimits,
    ) -> Result<Option<File>, ReadError> {
        if let Self::Unread(files) = self {
            *self = match files {
                FileSet::One(file) => Self::Known { files: [file.clone()].into(), format: None },
                FileSet::Listed(prefix) => Self::Listed(Listing::new(prefix.clone())),
                FileSet::Athena(manifest) => {
                    let header = CsvHeader::Given(vec![URI.into()]);
                    let format = ItemFormat::Csv(CsvFormat::new(header, None));
                    Self::Athena(Box::new(ObjectItems::open(objects, manifest, &format, limits).await?))
                }
                FileSet::Inventory(manifest) => inventory(objects, manifest, limits).await?,
            };
        }
        match self {
            Self::Unread(_) => Ok(None),
            Self::Known { files, .. } => Ok(files.pop_front()),
            Self::Listed(listing) => {
                while listing.advance(objects).await? {
                    // A folder that was made in S3's console is an object without bytes.
                    let file = listing.current().filter(|object| object.size > 0 || !object.key.ends_with('/'));
                    if let Some(object) = file {
                        let bucket = listing.bucket().clone();
                        return Ok(Some(File { bucket, key: object.key.clone(), version: None }));
                    }
                }
                Ok(None)
            }
            Self::Athena(lines) => {
                if !lines.advance(objects).await? {
                    return Ok(None);
                }
                let line = lines.item()?;
                Ok(Some(file_of_uri(line.value.get(URI).and_then(Value::as_str).unwrap_or_default())?))
            }
        }
    }
}

fn file_of_uri(uri: &str) -> Result<File, Failure> {
    let place = uri.trim().strip_prefix("s3://").and_then(|place| place.split_once('/'));
    match place {
        Some((bucket, key)) => Ok(File { bucket: bucket.into(), key: key.into(), version: None }),
        None => Err(failure::item_reader(format!("the manifest names `{uri}`, which is not `s3://BUCKET/KEY`"))),
    }
}

/// The files of an [S3 inventory](https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html).
async fn inventory(objects: &dyn Objects, manifest: &File, limits: ReaderLimits) -> Result<Files, ReadError> {
    let (mut rest, mut text) = ObjectBytes::open(objects, manifest, limits.chunk_bytes).await?;
    while let Some(more) = rest.next(objects).await? {
        if text.len() + more.len() > MOST_MANIFEST {
            return Err(fault(manifest, &format!("is longer than {MOST_MANIFEST} bytes")).into());
        }
        text.extend(more);
    }
    let text = json(&text).map_err(|_| fault(manifest, "is not JSON"))?;
    let field = |name: &str| text.get(name).and_then(Value::as_str);
    match field("fileFormat") {
        Some("CSV") => {}
        other => return Err(fault(manifest, &format!("has the format {other:?}, not `CSV`")).into()),
    }
    let columns = field("fileSchema").ok_or_else(|| fault(manifest, "has no `fileSchema`"))?;
    let header = CsvHeader::Given(columns.split(',').map(|column| column.trim().into()).collect());
    let bucket: Arc<str> = match field("destinationBucket") {
        Some(arn) => arn.rsplit(':').next().unwrap_or(arn).into(),
        None => manifest.bucket.clone(),
    };
    let listed = text.get("files").and_then(Value::as_array).ok_or_else(|| fault(manifest, "has no `files`"))?;
    let key = |file: &Value| file.get("key").and_then(Value::as_str).map(Arc::from);
    let files = listed.iter().map(|file| {
        let key = key(file).ok_or_else(|| fault(manifest, "names a file without a `key`"))?;
        Ok(File { bucket: bucket.clone(), key, version: None })
    });
    let files = files.collect::<Result<_, Failure>>()?;
    Ok(Files::Known { files, format: Some(ItemFormat::Csv(CsvFormat::new(header, None))) })
}

fn fault(manifest: &File, what: &str) -> Failure {
    failure::item_reader(format!("the manifest `{}` {what}", manifest.key))
}
