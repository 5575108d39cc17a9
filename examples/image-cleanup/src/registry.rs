//! The operations of Amazon ECR that a clean-up needs.

#[cfg(feature = "aws")]
mod ecr;
mod memory;

use std::fmt;

use asl_core::Failure;
use async_trait::async_trait;

#[cfg(feature = "aws")]
pub use self::ecr::EcrRegistry;
pub use self::memory::MemoryRegistry;
use crate::image::Image;

/// The most image ids that one request may name, ECR's own limit.
pub const MAX_IMAGE_IDS: usize = 100;

/// The operations of ECR that a clean-up needs, under their own names, for the repositories of one account.
///
/// Images are named by digest: deleting by tag would only take the tag away.
#[async_trait]
pub trait ContainerRegistry: fmt::Debug + Send + Sync {
    /// The text of the lifecycle policy of a repository.
    ///
    /// # Errors
    ///
    /// `LifecyclePolicyNotFoundException`, `RepositoryNotFoundException` and those of every call.
    async fn get_lifecycle_policy(&self, repository_name: &str) -> Result<String, RegistryError>;

    /// A page of the images of a repository, whatever their status, without what manifest lists refer to.
    ///
    /// # Errors
    ///
    /// `RepositoryNotFoundException` and those of every call.
    async fn describe_images(&self, repository_name: &str, select: SelectImages) -> Result<ImagePage, RegistryError>;

    /// What the manifest lists with these digests refer to, for those that are there.
    ///
    /// # Errors
    ///
    /// `RepositoryNotFoundException`, `InvalidParameterException` for more than [`MAX_IMAGE_IDS`], and those of every
    /// call.
    async fn batch_get_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ManifestList>, RegistryError>;

    /// Deletes images; of each one that is not deleted there is a failure.
    ///
    /// # Errors
    ///
    /// As [`batch_get_image`](Self::batch_get_image), when no image was deleted.
    async fn batch_delete_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ImageFailure>, RegistryError>;

    /// Archives an image.
    ///
    /// # Errors
    ///
    /// `ImageNotFoundException`, `ImageStorageClassUpdateNotSupportedException` for one that is not active,
    /// `RepositoryNotFoundException` and those of every call.
    async fn update_image_storage_class(&self, repository_name: &str, digest: &str) -> Result<(), RegistryError>;
}

/// Which images are described.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectImages {
    /// All of them, from the beginning.
    All,
    /// All of them, from where the page with this `nextToken` ended.
    After(String),
    /// The image with this digest.
    Digest(String),
}

/// A page of images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImagePage {
    /// The images.
    pub images: Vec<Image>,
    /// What the next page is asked for with, if there is one.
    pub next_token: Option<String>,
}

/// What a manifest list refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestList {
    /// The list.
    pub digest: String,
    /// The digests of what it refers to.
    pub manifests: Vec<String>,
}

/// Why an image was not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFailure {
    /// The image.
    pub digest: String,
    /// ECR's code, such as `ImageReferencedByManifestList`.
    pub failure_code: String,
    /// ECR's reason.
    pub failure_reason: String,
}

/// A call that did not succeed, with the code and message of the service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct RegistryError {
    code: String,
    message: String,
}

impl RegistryError {
    /// The code of an error that did not come from the service: no connection, no answer in time, no credentials.
    pub const CLIENT: &str = "SdkClientException";

    /// An error with the code that ECR has for it.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// ECR's code, such as `RepositoryNotFoundException`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// ECR's message.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The failure's name is that of an integration with the AWS SDK: `Ecr.` and the code.
impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::new(format!("Ecr.{}", error.code()), error.message())
    }
}
