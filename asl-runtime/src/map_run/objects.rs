//! Where a Distributed Map reads its items and writes its results: objects with keys, in buckets, as S3 has them.
//!
//! The engine needs little of an object store, so that little is a trait of our own and any store can be behind it.
//! [`FolderObjects`] is the default: buckets are folders below a root.

mod folder;
#[cfg(feature = "aws")]
mod s3;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use asl_core::Timestamp;
use async_trait::async_trait;

pub use self::folder::FolderObjects;
#[cfg(feature = "aws")]
pub use self::s3::S3Objects;

/// A store of objects.
///
/// # Contract
///
/// - [`read`](Self::read) gives bytes of the very object that the metadata describes, or says that it changed.
/// - [`list`](Self::list) goes in the order of the keys' bytes, and what it holds in memory has a bound.
/// - An object that is written appears as a whole when its writer [finishes](ObjectWriter::finish), in place of any
///   older one of its key, and is then durable. A writer that is dropped leaves nothing.
#[async_trait]
pub trait Objects: fmt::Debug + Send + Sync + 'static {
    /// What an object is, without its bytes.
    ///
    /// # Errors
    ///
    /// When there is no such bucket or object, or the store cannot be reached.
    async fn head(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<ObjectMetadata, ObjectsError>;

    /// The bytes of an object in `range`, fewer only where the object ends before.
    ///
    /// # Errors
    ///
    /// [`ObjectsError::Changed`] when the object is not any more what `object` describes.
    async fn read(&self, bucket: &str, object: &ObjectMetadata, range: Range<u64>) -> Result<Vec<u8>, ObjectsError>;

    /// Objects whose keys begin with `prefix` and come after `after`; none when there are no more.
    ///
    /// # Errors
    ///
    /// When there is no such bucket, or the store cannot be reached.
    async fn list(&self, bucket: &str, prefix: &str, after: Option<&str>) -> Result<Vec<ObjectMetadata>, ObjectsError>;

    /// Begins to write an object.
    ///
    /// # Errors
    ///
    /// When there is no such bucket, or the store cannot be reached.
    async fn create(&self, bucket: &str, key: &str) -> Result<Box<dyn ObjectWriter>, ObjectsError>;
}

/// An object that is being written.
#[async_trait]
pub trait ObjectWriter: Send {
    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// When the store cannot be written; the object is then lost.
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ObjectsError>;

    /// Makes the object appear.
    ///
    /// # Errors
    ///
    /// When the store cannot be written; an older object of the same key is then still there.
    async fn finish(self: Box<Self>) -> Result<(), ObjectsError>;
}

/// What an object store knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMetadata {
    /// Its name in the bucket.
    pub key: Arc<str>,
    /// Its length in bytes.
    pub size: u64,
    /// What changes whenever its bytes do, with S3's quotes around it.
    pub etag: Arc<str>,
    /// When it was written.
    pub last_modified: Timestamp,
    /// S3's storage class.
    pub storage_class: Arc<str>,
    /// The version that was asked for, if one was.
    pub version: Option<Arc<str>>,
}

/// Why an object could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectsError {
    /// The bucket does not exist.
    #[error("The specified bucket does not exist: `{0}`")]
    NoSuchBucket(Arc<str>),
    /// The object does not exist.
    #[error("The specified key does not exist: `{1}` in the bucket `{0}`")]
    NoSuchKey(Arc<str>, Arc<str>),
    /// The store does not allow it.
    #[error("Access Denied: `{1}` in the bucket `{0}`")]
    AccessDenied(Arc<str>, Arc<str>),
    /// A bucket, a key or a version that this store cannot have.
    #[error("{0}")]
    Invalid(Arc<str>),
    /// The object is another one than it was when reading began.
    #[error("the object `{1}` in the bucket `{0}` changed while it was read")]
    Changed(Arc<str>, Arc<str>),
    /// The store failed; to try again may help.
    #[error("the object store failed: {0}")]
    Unavailable(Arc<str>),
}

impl ObjectsError {
    /// Whether the host is at fault, and not what the workflow asked for.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
