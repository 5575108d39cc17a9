//! Artifacts: what a pipeline hands over in S3, and the files in its archives.

mod archive;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

#[cfg(feature = "aws")]
pub(crate) use self::archive::MAX_ARCHIVE_BYTES;
pub use self::archive::{ArchiveError, PackError, check_path, pack, read_file};
use crate::cloudformation::template_url;

/// A store of objects in buckets: what the deployment needs of S3.
#[async_trait]
pub trait ArtifactStore: fmt::Debug + Send + Sync {
    /// The bytes of an object.
    ///
    /// # Errors
    ///
    /// When there is no such object, or the caller may not read it.
    async fn get_object(&self, bucket: &str, key: &str) -> Result<Arc<[u8]>, StoreError>;

    /// Writes an object, in place of any older one.
    ///
    /// # Errors
    ///
    /// When the caller may not write it.
    async fn put_object(&self, bucket: &str, key: &str, bytes: Arc<[u8]>) -> Result<(), StoreError>;

    /// The `TemplateURL` by which CloudFormation finds an object.
    ///
    /// # Errors
    ///
    /// When there is none.
    async fn template_url(&self, bucket: &str, key: &str) -> Result<String, StoreError>;
}

/// Why an object could not be read or written; the code is S3's, or the one that [`ErrorCode`] has for it.
///
/// [`ErrorCode`]: crate::cloudformation::ErrorCode
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct StoreError {
    code: String,
    message: String,
}

impl StoreError {
    /// There is no such object.
    pub const NO_SUCH_KEY: &str = "NoSuchKey";

    /// An error with S3's code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// S3's code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Objects in memory; clones share them.
#[derive(Clone, Default)]
pub struct InMemoryArtifacts(Arc<RwLock<BTreeMap<Location, Arc<[u8]>>>>);

/// Objects and their keys are not shown.
impl fmt::Debug for InMemoryArtifacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InMemoryArtifacts").finish_non_exhaustive()
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Location {
    bucket: String,
    key: String,
}

impl Location {
    fn new(bucket: &str, key: &str) -> Self {
        Self { bucket: bucket.to_owned(), key: key.to_owned() }
    }
}

impl InMemoryArtifacts {
    /// A store without objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object, in place of any older one.
    #[must_use]
    pub fn with(self, bucket: &str, key: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        self.put(bucket, key, bytes);
        self
    }

    /// Writes an object, in place of any older one.
    pub fn put(&self, bucket: &str, key: &str, bytes: impl Into<Arc<[u8]>>) {
        let mut objects = self.0.write().unwrap_or_else(PoisonError::into_inner);
        objects.insert(Location::new(bucket, key), bytes.into());
    }
}

#[async_trait]
impl ArtifactStore for InMemoryArtifacts {
    async fn get_object(&self, bucket: &str, key: &str) -> Result<Arc<[u8]>, StoreError> {
        let objects = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let object = objects.get(&Location::new(bucket, key)).cloned();
        object.ok_or_else(|| {
            StoreError::new(StoreError::NO_SUCH_KEY, format!("there is no object `{key}` in bucket `{bucket}`"))
        })
    }

    async fn put_object(&self, bucket: &str, key: &str, bytes: Arc<[u8]>) -> Result<(), StoreError> {
        self.put(bucket, key, bytes);
        Ok(())
    }

    async fn template_url(&self, bucket: &str, key: &str) -> Result<String, StoreError> {
        Ok(template_url(bucket, key))
    }
}
