//! What a policy would do to a repository, as `StartLifecyclePolicyPreview` tells it: everything but doing it.

use std::collections::BTreeMap;

use asl_core::Failure;

use crate::image::Image;
use crate::registry::{ContainerRegistry, MAX_IMAGE_IDS, RegistryError, SelectImages};

/// The most images of a repository that are read.
pub const MAX_IMAGES: usize = 100_000;

/// Why the images of a repository could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A call did not succeed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There are more than [`MAX_IMAGES`].
    #[error("the repository has more than {MAX_IMAGES} images")]
    TooManyImages,
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Registry(error) => error.into(),
            ReadError::TooManyImages => Self::new("TooManyImages", error.to_string()),
        }
    }
}

/// All images of a repository, with what manifest lists refer to.
///
/// # Errors
///
/// When a call does not succeed, or the repository has too many images.
pub async fn read_repository(registry: &dyn ContainerRegistry, repository_name: &str) -> Result<Vec<Image>, ReadError> {
    let mut images: BTreeMap<String, Image> = BTreeMap::new();
    let mut select = SelectImages::All;
    loop {
        let page = registry.describe_images(repository_name, select).await?;
        images.extend(page.images.into_iter().map(|image| (image.digest.clone(), image)));
        if images.len() > MAX_IMAGES {
            return Err(ReadError::TooManyImages);
        }
        match page.next_token {
            Some(token) => select = SelectImages::After(token),
            None => break,
        }
    }
    let lists: Vec<_> =
        images.values().filter(|image| image.is_manifest_list()).map(|list| list.digest.clone()).collect();
    for digests in lists.chunks(MAX_IMAGE_IDS) {
        for list in registry.batch_get_image(repository_name, digests).await? {
            if let Some(image) = images.get_mut(&list.digest) {
                image.manifests = list.manifests;
            }
        }
    }
    Ok(images.into_values().collect())
}
