//! The objects of a case, from which Distributed Maps read their items.

use std::ops::Range;
use std::sync::Arc;

use asl_core::execution::ItemReader;
use asl_core::map_run::Item;
use asl_core::{Failure, Timestamp};
use asl_runtime::ReadItems;
use asl_runtime::map_run::{
    self, Dataset, ObjectMetadata, ObjectWriter, Objects, ObjectsError, ReadError, ReaderLimits,
};
use async_trait::async_trait;

use crate::case::{Buckets, Case, S3Object};

/// The objects that were in the buckets when a case was recorded, which nothing changes.
#[derive(Debug, Clone)]
pub(crate) struct RecordedObjects(Arc<Buckets>);

impl RecordedObjects {
    pub(crate) fn new(case: &Case) -> Self {
        Self(Arc::new(case.s3.clone()))
    }

    fn object(&self, bucket: &str, key: &str) -> Result<&S3Object, ObjectsError> {
        let object = self.0.objects.iter().find(|object| object.bucket == bucket && object.key == key);
        object.ok_or_else(|| ObjectsError::NoSuchKey(bucket.into(), key.into()))
    }
}

#[async_trait]
impl ReadItems for RecordedObjects {
    async fn read(&self, reader: ItemReader) -> Result<Vec<Item>, Failure> {
        let objects = Arc::new(self.clone());
        let mut items = map_run::ItemReader::new(objects, Dataset::new(&reader)?, ReaderLimits::default());
        let mut read = Vec::new();
        while let Some(item) = items.next().await.map_err(failure)? {
            read.push(item);
        }
        Ok(read)
    }
}

fn failure(error: ReadError) -> Failure {
    match error {
        ReadError::Failed(failure) => failure,
        ReadError::Unavailable(error) => Failure::new("Conformance.Objects", error.to_string()),
    }
}

#[async_trait]
impl Objects for RecordedObjects {
    async fn head(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<ObjectMetadata, ObjectsError> {
        let object = self.object(bucket, key)?;
        Ok(ObjectMetadata { version: version.map(Into::into), ..metadata(object) })
    }

    async fn read(&self, bucket: &str, object: &ObjectMetadata, range: Range<u64>) -> Result<Vec<u8>, ObjectsError> {
        let body = self.object(bucket, &object.key)?.body.as_bytes();
        let place = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(body.len());
        Ok(body.get(place(range.start)..place(range.end)).unwrap_or_default().to_vec())
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<&str>) -> Result<Vec<ObjectMetadata>, ObjectsError> {
        let listed = |object: &&S3Object| {
            object.bucket == bucket
                && object.key.starts_with(prefix)
                && after.is_none_or(|after| object.key.as_str() > after)
        };
        let mut objects: Vec<_> = self.0.objects.iter().filter(listed).map(metadata).collect();
        objects.sort_by(|left, right| left.key.cmp(&right.key));
        Ok(objects)
    }

    async fn create(&self, bucket: &str, key: &str) -> Result<Box<dyn ObjectWriter>, ObjectsError> {
        Err(ObjectsError::AccessDenied(bucket.into(), key.into()))
    }
}

fn metadata(object: &S3Object) -> ObjectMetadata {
    ObjectMetadata {
        key: object.key.as_str().into(),
        size: object.body.len() as u64,
        etag: "\"recorded\"".into(),
        last_modified: Timestamp::UNIX_EPOCH,
        storage_class: "STANDARD".into(),
        version: None,
    }
}
