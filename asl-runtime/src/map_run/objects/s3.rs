//! Objects in S3, or in what speaks its protocol, through the crate `object_store`.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use asl_core::Timestamp;
use async_trait::async_trait;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _, WriteMultipart};

use super::{ObjectMetadata, ObjectWriter, Objects, ObjectsError};

/// As many objects as S3 lists at a time.
const PAGE: usize = 1_000;
/// How many parts of an object are on their way at a time.
const PARTS: usize = 2;

/// Buckets of S3, or of a store that speaks its protocol.
///
/// Credentials, region and endpoint are those of the environment: `AWS_ACCESS_KEY_ID`, `AWS_REGION`,
/// `AWS_ENDPOINT_URL` and what else AWS's tools know.
#[derive(Clone, Default)]
pub struct S3Objects {
    endpoint: Option<Arc<str>>,
    buckets: Arc<Mutex<Buckets>>,
}

/// The buckets that were asked for so far.
#[derive(Default)]
struct Buckets(BTreeMap<Arc<str>, Arc<dyn ObjectStore>>);

impl fmt::Debug for S3Objects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("S3Objects").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl S3Objects {
    /// Buckets that the environment gives access to.
    pub fn from_env() -> Self {
        Self::default()
    }

    /// With another address than S3's, such as `http://localhost:9000`; it may be one without encryption.
    #[must_use]
    pub fn endpoint(self, endpoint: impl Into<Arc<str>>) -> Self {
        Self { endpoint: Some(endpoint.into()), ..self }
    }

    fn bucket(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, ObjectsError> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = buckets.0.get(bucket) {
            return Ok(store.clone());
        }
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(&**endpoint).with_allow_http(endpoint.starts_with("http:"));
        }
        let store: Arc<dyn ObjectStore> = Arc::new(builder.build().map_err(|error| place(bucket, "", error))?);
        buckets.0.insert(bucket.into(), store.clone());
        Ok(store)
    }
}

#[async_trait]
impl Objects for S3Objects {
    async fn head(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<ObjectMetadata, ObjectsError> {
        let options = GetOptions { head: true, version: version.map(str::to_owned), ..GetOptions::default() };
        let found = self.bucket(bucket)?.get_opts(&path(key)?, options).await;
        let found = found.map_err(|error| place(bucket, key, error))?;
        Ok(ObjectMetadata { version: version.map(Arc::from), ..describe(&found.meta) })
    }

    async fn read(&self, bucket: &str, object: &ObjectMetadata, range: Range<u64>) -> Result<Vec<u8>, ObjectsError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let options = GetOptions {
            if_match: Some(object.etag.to_string()),
            version: object.version.as_deref().map(str::to_owned),
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let store = self.bucket(bucket)?;
        let failed = |error| place(bucket, &object.key, error);
        let found = store.get_opts(&path(&object.key)?, options).await.map_err(failed)?;
        Ok(found.bytes().await.map_err(failed)?.into())
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<&str>) -> Result<Vec<ObjectMetadata>, ObjectsError> {
        // The crate's prefixes are folders, S3's are the beginnings of keys.
        let folder = prefix.rsplit_once('/').map(|(folder, _)| path(folder)).transpose()?;
        let store = self.bucket(bucket)?;
        let mut objects = match after {
            Some(after) => store.list_with_offset(folder.as_ref(), &path(after)?),
            None => store.list(folder.as_ref()),
        };
        let mut page = Vec::new();
        while page.len() < PAGE {
            let Some(object) = poll_fn(|context| objects.as_mut().poll_next(context)).await else { break };
            let object = object.map_err(|error| place(bucket, prefix, error))?;
            if object.location.as_ref().starts_with(prefix) {
                page.push(describe(&object));
            }
        }
        Ok(page)
    }

    async fn create(&self, bucket: &str, key: &str) -> Result<Box<dyn ObjectWriter>, ObjectsError> {
        let upload = self.bucket(bucket)?.put_multipart(&path(key)?).await;
        let upload = upload.map_err(|error| place(bucket, key, error))?;
        let (bucket, key) = (bucket.into(), key.into());
        Ok(Box::new(S3Writer { upload: WriteMultipart::new(upload), bucket, key }))
    }
}

/// An object whose parts are uploaded as they come.
struct S3Writer {
    upload: WriteMultipart,
    bucket: Arc<str>,
    key: Arc<str>,
}

#[async_trait]
impl ObjectWriter for S3Writer {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ObjectsError> {
        let ready = self.upload.wait_for_capacity(PARTS).await;
        ready.map_err(|error| place(&self.bucket, &self.key, error))?;
        self.upload.write(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<(), ObjectsError> {
        let finished = self.upload.finish().await;
        finished.map(|_| ()).map_err(|error| place(&self.bucket, &self.key, error))
    }
}

fn path(key: &str) -> Result<Path, ObjectsError> {
    Path::parse(key).map_err(|error| ObjectsError::Invalid(format!("the key `{key}` cannot be read: {error}").into()))
}

fn describe(object: &ObjectMeta) -> ObjectMetadata {
    ObjectMetadata {
        key: object.location.as_ref().into(),
        size: object.size,
        etag: object.e_tag.as_deref().unwrap_or_default().into(),
        last_modified: Timestamp::from_millis(object.last_modified.timestamp_millis()),
        storage_class: "STANDARD".into(),
        version: None,
    }
}

/// What an error of the crate says of an object.
fn place(bucket: &str, key: &str, error: Error) -> ObjectsError {
    match error {
        Error::NotFound { source, .. } if source.to_string().contains("NoSuchBucket") => {
            ObjectsError::NoSuchBucket(bucket.into())
        }
        Error::NotFound { .. } => ObjectsError::NoSuchKey(bucket.into(), key.into()),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            ObjectsError::AccessDenied(bucket.into(), key.into())
        }
        Error::Precondition { .. } => ObjectsError::Changed(bucket.into(), key.into()),
        other => ObjectsError::Unavailable(other.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    fn objects() -> S3Objects {
        let objects = S3Objects::from_env();
        objects.buckets.lock().unwrap().0.insert("b".into(), Arc::new(InMemory::new()));
        objects
    }

    #[tokio::test]
    async fn what_is_written_is_listed_and_read_by_ranges() {
        let objects = objects();
        for key in ["p/1", "p/2", "p2", "q"] {
            let mut writer = objects.create("b", key).await.unwrap();
            writer.write(b"one".to_vec()).await.unwrap();
            writer.write(key.as_bytes().to_vec()).await.unwrap();
            writer.finish().await.unwrap();
        }
        for (prefix, after, expected) in [
            ("", None, "p/1 p/2 p2 q"),
            ("p", None, "p/1 p/2 p2"),
            ("p/", None, "p/1 p/2"),
            ("p/2", None, "p/2"),
            ("p", Some("p/1"), "p/2 p2"),
            ("none/", None, ""),
        ] {
            let page = objects.list("b", prefix, after).await.unwrap();
            let keys: Vec<_> = page.iter().map(|object| &*object.key).collect();
            assert_eq!(keys.join(" "), expected, "{prefix} {after:?}");
        }
        let object = objects.head("b", "p/1", None).await.unwrap();
        assert_eq!(object.size, 6);
        assert_eq!(objects.read("b", &object, 2..5).await.unwrap(), b"ep/");
        assert_eq!(objects.read("b", &object, 6..6).await.unwrap(), b"");

        let changed = ObjectMetadata { etag: "other".into(), ..object };
        let error = objects.read("b", &changed, 0..1).await.unwrap_err();
        assert_eq!(error, ObjectsError::Changed("b".into(), "p/1".into()));
        let missing = objects.head("b", "none", None).await.unwrap_err();
        assert_eq!(missing, ObjectsError::NoSuchKey("b".into(), "none".into()));
        assert!(matches!(objects.head("b", "a//b", None).await, Err(ObjectsError::Invalid(_))));
    }
}
