//! A registry in memory, which refuses what ECR refuses.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl_runtime::clock::Clock;
use async_trait::async_trait;

use super::{ContainerRegistry, ImageFailure, ImagePage, MAX_IMAGE_IDS, ManifestList, RegistryError, SelectImages};
use crate::image::{Image, ImageStatus, OCI_INDEX};

/// Repositories in memory; clones share them.
#[derive(Debug, Clone)]
pub struct MemoryRegistry {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    repositories: BTreeMap<String, Repository>,
    /// What the next calls of an operation answer instead.
    faults: BTreeMap<&'static str, VecDeque<RegistryError>>,
}

#[derive(Debug, Default)]
struct Repository {
    images: BTreeMap<String, Image>,
    lifecycle_policy_text: Option<String>,
}

impl MemoryRegistry {
    /// How many images a page has.
    const PAGE: usize = 100;

    /// A registry without repositories, which goes by `clock`.
    pub fn new(clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), state: Arc::default() }
    }

    /// Puts images into a repository, which is created if it is not there; what has `manifests` is a manifest list.
    pub fn put_images(&self, repository_name: &str, images: impl IntoIterator<Item = Image>) {
        let mut state = self.lock();
        let repository = state.repositories.entry(repository_name.to_owned()).or_default();
        repository.images.extend(images.into_iter().map(|image| (image.digest.clone(), image)));
    }

    /// Gives a repository, which is created if it is not there, a lifecycle policy.
    pub fn put_lifecycle_policy(&self, repository_name: &str, lifecycle_policy_text: impl Into<String>) {
        let mut state = self.lock();
        let repository = state.repositories.entry(repository_name.to_owned()).or_default();
        repository.lifecycle_policy_text = Some(lifecycle_policy_text.into());
    }

    /// The images of a repository, in the order of their digests.
    pub fn images(&self, repository_name: &str) -> Vec<Image> {
        let state = self.lock();
        let repository = state.repositories.get(repository_name);
        repository.map(|repository| repository.images.values().cloned().collect()).unwrap_or_default()
    }

    /// Lets the next call of `operation`, a method of [`ContainerRegistry`], that has no fault yet end in `error`.
    pub fn fail(&self, operation: &'static str, error: RegistryError) {
        self.lock().faults.entry(operation).or_default().push_back(error);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `call` with the repository, unless the operation has a fault.
    fn call<T>(
        &self,
        operation: &str,
        repository_name: &str,
        call: impl FnOnce(&mut Repository) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let mut state = self.lock();
        if let Some(error) = state.faults.get_mut(operation).and_then(VecDeque::pop_front) {
            return Err(error);
        }
        let repository = state.repositories.get_mut(repository_name).ok_or_else(|| {
            let message = format!("The repository with name '{repository_name}' does not exist in the registry");
            RegistryError::new("RepositoryNotFoundException", message)
        })?;
        call(repository)
    }
}

/// No more ids than a request may name.
fn check_count(digests: &[String]) -> Result<(), RegistryError> {
    if (1..=MAX_IMAGE_IDS).contains(&digests.len()) {
        return Ok(());
    }
    let message = format!("imageIds must have from 1 to {MAX_IMAGE_IDS} elements, and has {}", digests.len());
    Err(RegistryError::new("InvalidParameterException", message))
}

fn not_found(digest: &str) -> RegistryError {
    RegistryError::new("ImageNotFoundException", format!("The image with digest '{digest}' does not exist"))
}

#[async_trait]
impl ContainerRegistry for MemoryRegistry {
    async fn get_lifecycle_policy(&self, repository_name: &str) -> Result<String, RegistryError> {
        self.call("get_lifecycle_policy", repository_name, |repository| {
            repository.lifecycle_policy_text.clone().ok_or_else(|| {
                let message =
                    format!("Lifecycle policy does not exist for the repository with name '{repository_name}'");
                RegistryError::new("LifecyclePolicyNotFoundException", message)
            })
        })
    }

    async fn describe_images(&self, repository_name: &str, select: SelectImages) -> Result<ImagePage, RegistryError> {
        self.call("describe_images", repository_name, |repository| {
            let described = |image: &Image| {
                let is_list = image.is_manifest_list();
                let media_type = image.manifest_media_type.clone().or_else(|| is_list.then(|| OCI_INDEX.to_owned()));
                Image { manifests: Vec::new(), manifest_media_type: media_type, ..image.clone() }
            };
            let after = match select {
                SelectImages::Digest(digest) => {
                    let image = repository.images.get(&digest).ok_or_else(|| not_found(&digest))?;
                    return Ok(ImagePage { images: vec![described(image)], next_token: None });
                }
                SelectImages::All => String::new(),
                SelectImages::After(token) => token,
            };
            let mut rest = repository.images.values().filter(|image| image.digest > after);
            let images: Vec<_> = rest.by_ref().take(Self::PAGE).map(described).collect();
            let next_token = rest.next().and_then(|_| images.last()).map(|image| image.digest.clone());
            Ok(ImagePage { images, next_token })
        })
    }

    async fn batch_get_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ManifestList>, RegistryError> {
        self.call("batch_get_image", repository_name, |repository| {
            check_count(digests)?;
            let lists = digests.iter().filter_map(|digest| repository.images.get(digest));
            Ok(lists
                .map(|image| ManifestList { digest: image.digest.clone(), manifests: image.manifests.clone() })
                .collect())
        })
    }

    async fn batch_delete_image(
        &self,
        repository_name: &str,
        digests: &[String],
    ) -> Result<Vec<ImageFailure>, RegistryError> {
        self.call("batch_delete_image", repository_name, |repository| {
            check_count(digests)?;
            let mut failures = Vec::new();
            for digest in digests {
                let refuse = |failure_code: &str, failure_reason: &str| ImageFailure {
                    digest: digest.clone(),
                    failure_code: failure_code.to_owned(),
                    failure_reason: failure_reason.to_owned(),
                };
                if !repository.images.contains_key(digest) {
                    failures.push(refuse("ImageNotFound", "Requested image not found"));
                } else if repository
                    .images
                    .values()
                    .any(|list| list.digest != *digest && list.manifests.contains(digest))
                {
                    let reason = "Requested image referenced by manifest list";
                    failures.push(refuse("ImageReferencedByManifestList", reason));
                } else {
                    repository.images.remove(digest);
                }
            }
            Ok(failures)
        })
    }

    async fn update_image_storage_class(&self, repository_name: &str, digest: &str) -> Result<(), RegistryError> {
        self.call("update_image_storage_class", repository_name, |repository| {
            let image = repository.images.get_mut(digest).ok_or_else(|| not_found(digest))?;
            if image.status != ImageStatus::Active {
                let message = format!("The storage class of the image with digest '{digest}' cannot be changed");
                return Err(RegistryError::new("ImageStorageClassUpdateNotSupportedException", message));
            }
            image.status = ImageStatus::Archived;
            image.last_archived_at = Some(self.clock.now());
            Ok(())
        })
    }
}
