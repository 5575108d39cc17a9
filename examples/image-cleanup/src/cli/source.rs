//! Where the images are: in memory, from a file, or in ECR.

use std::sync::Arc;

use asl_core::{Failure, Timestamp};
use asl_runtime::clock::{Clock as _, SystemClock, TokioClock};
use tokio::runtime::{Builder, Runtime};

use super::{Arguments, Problem, bad_input, broken, read};
use crate::image::{Image, read_images};
use crate::machine::{Input, Report, clean_up};
use crate::preview::{ReadError, read_repository};
use crate::registry::{ContainerRegistry, MemoryRegistry};

/// What images from a file are a repository of.
const IN_MEMORY: &str = "in-memory";

/// Images, and what they are cleaned up by.
pub(super) enum Source {
    /// From a file, by a clock that begins at a time and in which waiting takes no time.
    Memory { images: Vec<Image>, now: Timestamp },
    /// In ECR, by the clock of the system.
    #[cfg(feature = "aws")]
    Ecr { repository_name: String },
}

impl Source {
    pub(super) fn open(arguments: &Arguments) -> Result<Self, Problem> {
        if let Some(repository_name) = &arguments.repository {
            return Self::ecr(repository_name);
        }
        let Some(path) = &arguments.images else {
            return Err(bad_input("there are no images", "give --images or --repository"));
        };
        let images = read_images(&path.display().to_string(), &read(path)?).map_err(|error| {
            bad_input(error.to_string(), "give what `aws ecr describe-images --output json` prints")
        })?;
        Ok(Self::Memory { images, now: arguments.now.unwrap_or_else(|| SystemClock.now()) })
    }

    #[cfg(feature = "aws")]
    #[expect(clippy::unnecessary_wraps, reason = "a build without the feature has only the error")]
    fn ecr(repository_name: &str) -> Result<Self, Problem> {
        Ok(Self::Ecr { repository_name: repository_name.to_owned() })
    }

    #[cfg(not(feature = "aws"))]
    fn ecr(repository_name: &str) -> Result<Self, Problem> {
        let message = format!("this build cannot reach ECR, where the repository `{repository_name}` is");
        Err(bad_input(message, "build it with the feature: cargo run -p image-cleanup --features aws"))
    }

    pub(super) fn runtime(&self) -> Result<Runtime, Problem> {
        let mut builder = Builder::new_current_thread();
        match self {
            Self::Memory { .. } => builder.enable_time().start_paused(true),
            #[cfg(feature = "aws")]
            Self::Ecr { .. } => builder.enable_all(),
        };
        builder.build().map_err(|error| broken(format!("cannot start: {error}"), "free some resources"))
    }

    pub(super) fn repository_name(&self) -> &str {
        match self {
            Self::Memory { .. } => IN_MEMORY,
            #[cfg(feature = "aws")]
            Self::Ecr { repository_name } => repository_name,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Memory { now, .. } => *now,
            #[cfg(feature = "aws")]
            Self::Ecr { .. } => SystemClock.now(),
        }
    }

    /// The policy of the repository itself.
    pub(super) async fn lifecycle_policy_text(&self) -> Result<String, Problem> {
        let text = self.registry().await.get_lifecycle_policy(self.repository_name()).await;
        text.map_err(|error| match error.code() {
            "LifecyclePolicyNotFoundException" => {
                bad_input(error.to_string(), "give a policy with --policy, or put one on the repository")
            }
            _ => ReadError::from(error).into(),
        })
    }

    pub(super) async fn images(&self) -> Result<Vec<Image>, Problem> {
        Ok(read_repository(&*self.registry().await, self.repository_name()).await?)
    }

    pub(super) async fn clean_up(&self, input: Input) -> Result<Result<Report, Failure>, Problem> {
        let registry = self.registry().await;
        Ok(match self {
            Self::Memory { now, .. } => clean_up(&registry, &input, TokioClock::starting_at(*now)).await?,
            #[cfg(feature = "aws")]
            Self::Ecr { .. } => clean_up(&registry, &input, SystemClock).await?,
        })
    }

    #[cfg_attr(not(feature = "aws"), expect(clippy::unused_async, reason = "ECR's credentials are looked for"))]
    async fn registry(&self) -> Arc<dyn ContainerRegistry> {
        match self {
            Self::Memory { images, now } => {
                let registry = MemoryRegistry::new(TokioClock::starting_at(*now));
                registry.put_images(IN_MEMORY, images.iter().cloned());
                Arc::new(registry)
            }
            #[cfg(feature = "aws")]
            Self::Ecr { .. } => Arc::new(crate::registry::EcrRegistry::from_env().await),
        }
    }
}
