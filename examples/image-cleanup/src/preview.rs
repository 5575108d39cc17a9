//! What a policy would do to a repository, as `StartLifecyclePolicyPreview` tells it: everything but doing it.

use std::collections::BTreeMap;

use asl_core::Failure;

use crate::image::Image;
use crate::registry::{ContainerRegistry, MAX_IMAGE_IDS, RegistryError, SelectImages};

/// The most images of a repository that are read.
pub const MAX_IMAGES: usize = 100_000;

/// The most pages that a repository is read in, ten times what full pages take.
pub const MAX_PAGES: usize = 1_000;

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
    /// There are more than [`MAX_PAGES`], such as when a token leads back to an earlier page.
    #[error("the repository has more than {MAX_PAGES} pages of images")]
    TooManyPages,
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Registry(error) => error.into(),
            ReadError::TooManyImages => Self::new("TooManyImages", error.to_string()),
            ReadError::TooManyPages => Self::new("TooManyPages", error.to_string()),
        }
    }
}

/// All images of a repository, with what manifest lists refer to.
///
/// # Errors
///
/// When a call does not succeed, or the repository has too many images or pages.
pub async fn read_repository(registry: &dyn ContainerRegistry, repository_name: &str) -> Result<Vec<Image>, ReadError> {
    let images = read_images(registry, repository_name).await?;
    with_references(registry, repository_name, images).await
}

async fn read_images(
    registry: &dyn ContainerRegistry,
    repository_name: &str,
) -> Result<BTreeMap<String, Image>, ReadError> {
    let mut images = BTreeMap::new();
    let mut select = SelectImages::All;
    for _ in 0..MAX_PAGES {
        let page = registry.describe_images(repository_name, select).await?;
        images.extend(page.images.into_iter().map(|image| (image.digest.clone(), image)));
        if images.len() > MAX_IMAGES {
            return Err(ReadError::TooManyImages);
        }
        match page.next_token {
            Some(token) => select = SelectImages::After(token),
            None => return Ok(images),
        }
    }
    Err(ReadError::TooManyPages)
}

/// The images, with what the manifest lists among them refer to.
async fn with_references(
    registry: &dyn ContainerRegistry,
    repository_name: &str,
    mut images: BTreeMap<String, Image>,
) -> Result<Vec<Image>, ReadError> {
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
