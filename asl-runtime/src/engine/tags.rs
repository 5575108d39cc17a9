//! The engine's calls about tags of machines and activities.
//!
//! See [Tagging](https://docs.aws.amazon.com/step-functions/latest/dg/concepts-tagging.html).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Engine;
use super::catalogue::{read, written};
use super::inner::Inner;
use crate::error::Error;
use crate::store::{Collection, DocumentKey, StoreError};

/// The most tags of a resource.
const TAGS: usize = 50;

/// How many characters the key of a tag has at most.
const KEY: usize = 128;

/// How many characters the value of a tag has at most.
const VALUE: usize = 256;

type Tags = BTreeMap<Arc<str>, Arc<str>>;

impl Engine {
    /// Adds tags to a machine or an activity, or gives those that it has other values.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound`, `TooManyTags` for more than 50, `ValidationException` for a key that does not have 1 to 128
    /// characters or a value of more than 256, and [`Error::Store`] when they could not be written.
    pub async fn tag_resource(
        &self,
        resource_arn: &str,
        tags: impl IntoIterator<Item = (&str, &str)> + Send,
    ) -> Result<(), Error> {
        self.0.is_open()?;
        let tags: Tags = tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        for (key, value) in &tags {
            if !(1..=KEY).contains(&key.chars().count()) || value.chars().count() > VALUE {
                let reason =
                    format!("The tag '{key}' must have a key of 1 to {KEY} characters and a value of at most {VALUE}");
                return Err(Error::Validation(reason.into()));
            }
        }
        self.0
            .change_tags(resource_arn, |known| {
                known.extend(tags.clone());
                if known.len() > TAGS { Err(Error::TooManyTags(resource_arn.into())) } else { Ok(()) }
            })
            .await
    }

    /// Removes tags by their keys; those that are not there are passed over.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound`, and [`Error::Store`] when that could not be written.
    pub async fn untag_resource(
        &self,
        resource_arn: &str,
        keys: impl IntoIterator<Item = &str> + Send,
    ) -> Result<(), Error> {
        self.0.is_open()?;
        let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
        self.0
            .change_tags(resource_arn, |known| {
                known.retain(|key, _| !keys.iter().any(|removed| **removed == **key));
                Ok(())
            })
            .await
    }

    /// The tags of a machine or an activity, by key.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound`, and [`Error::Store`] when the store cannot be read.
    pub async fn list_tags_for_resource(&self, resource_arn: &str) -> Result<BTreeMap<Arc<str>, Arc<str>>, Error> {
        self.0.check_resource(resource_arn).await?;
        Ok(self.0.tags(resource_arn).await?.0)
    }
}

impl Inner {
    async fn check_resource(&self, resource_arn: &str) -> Result<(), Error> {
        for collection in [Collection::StateMachines, Collection::Activities] {
            if self.store.get(DocumentKey { collection, name: resource_arn }).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::ResourceNotFound(format!("Resource not found: '{resource_arn}'").into()))
    }

    async fn tags(&self, resource_arn: &str) -> Result<(Tags, Option<u64>), Error> {
        match self.store.get(tags_key(resource_arn)).await? {
            Some(document) => Ok((read(&document)?, Some(document.revision))),
            None => Ok((Tags::new(), None)),
        }
    }

    async fn change_tags(
        &self,
        resource_arn: &str,
        change: impl Fn(&mut Tags) -> Result<(), Error> + Send + Sync,
    ) -> Result<(), Error> {
        self.check_resource(resource_arn).await?;
        loop {
            let (mut tags, revision) = self.tags(resource_arn).await?;
            change(&mut tags)?;
            match self.store.put(tags_key(resource_arn), revision, &written(&tags)?).await {
                Ok(_) => return Ok(()),
                Err(StoreError::RevisionConflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

pub(super) fn tags_key(resource_arn: &str) -> DocumentKey<'_> {
    DocumentKey { collection: Collection::Tags, name: resource_arn }
}
