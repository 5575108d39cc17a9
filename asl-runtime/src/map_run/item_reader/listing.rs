//! The objects of a bucket, page by page.

use std::collections::VecDeque;
use std::sync::Arc;

use asl_core::Value;
use asl_core::map_run::Item;
use asl_core::value::Object;

use super::super::objects::{ObjectMetadata, Objects, ObjectsError};
use super::dataset::Prefix;

/// A listing, and how far it was read.
#[derive(Debug)]
pub(super) struct Listing {
    of: Prefix,
    /// The last key that the store gave.
    after: Option<Arc<str>>,
    page: VecDeque<ObjectMetadata>,
    current: Option<ObjectMetadata>,
    source: Arc<str>,
}

impl Listing {
    pub(super) fn new(of: Prefix) -> Self {
        let source = format!("S3://{}", of.bucket).into();
        Self { after: of.start_after.clone(), of, page: VecDeque::new(), current: None, source }
    }

    pub(super) fn bucket(&self) -> &Arc<str> {
        &self.of.bucket
    }

    /// Whether there is another object, which is then the current one.
    pub(super) async fn advance(&mut self, objects: &dyn Objects) -> Result<bool, ObjectsError> {
        if self.page.is_empty() {
            let page = objects.list(&self.of.bucket, &self.of.begins_with, self.after.as_deref()).await?;
            if let Some(last) = page.last() {
                self.after = Some(last.key.clone());
            }
            self.page = page.into();
        }
        self.current = self.page.pop_front();
        Ok(self.current.is_some())
    }

    pub(super) fn current(&self) -> Option<&ObjectMetadata> {
        self.current.as_ref()
    }

    /// The current object as S3 lists it: the time in seconds since 1970, the `ETag` in its quotes.
    pub(super) fn item(&self) -> Option<Item> {
        let object = self.current()?;
        let seconds = object.last_modified.as_millis().div_euclid(1_000);
        #[expect(clippy::cast_precision_loss, reason = "a time in seconds is far below the integers that floats skip")]
        let members: [(&str, Value); 5] = [
            ("Etag", object.etag.clone().into()),
            ("Key", object.key.clone().into()),
            ("LastModified", (seconds as f64).into()),
            ("Size", object.size.into()),
            ("StorageClass", object.storage_class.clone().into()),
        ];
        let value = members.into_iter().collect::<Object>().into();
        Some(Item { key: None, value, source: Some(self.source.clone()) })
    }
}
