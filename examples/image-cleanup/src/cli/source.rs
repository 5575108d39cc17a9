//! Where the images are.

use std::sync::Arc;

use asl_core::{Failure, Timestamp};
use asl_runtime::clock::{Clock as _, SystemClock, TokioClock};
use tokio::runtime::{Builder, Runtime};

use super::{Arguments, Problem, bad_input, broken, read};
use crate::image::{Image, read_images};
use crate::machine::{Input, Report, clean_up};
use crate::registry::{ContainerRegistry, MemoryRegistry};

/// What images from a file are a repository of.
pub(super) const IN_MEMORY: &str = "in-memory";

/// Images from a file, and a clock that begins at a time and by which waiting takes no time.
pub(super) struct Source {
    pub(super) images: Vec<Image>,
    pub(super) now: Timestamp,
}

impl Source {
    pub(super) fn open(arguments: &Arguments) -> Result<Self, Problem> {
        let path = &arguments.images;
        let images = read_images(&path.display().to_string(), &read(path)?).map_err(|error| {
            bad_input(error.to_string(), "give what `aws ecr describe-images --output json` prints")
        })?;
        Ok(Self { images, now: arguments.now.unwrap_or_else(|| SystemClock.now()) })
    }

    pub(super) async fn clean_up(&self, input: Input) -> Result<Result<Report, Failure>, Problem> {
        let clock = TokioClock::starting_at(self.now);
        let registry = MemoryRegistry::new(clock.clone());
        registry.put_images(IN_MEMORY, self.images.iter().cloned());
        let registry: Arc<dyn ContainerRegistry> = Arc::new(registry);
        Ok(clean_up(&registry, &input, clock).await?)
    }
}

/// A runtime in which waiting takes no time.
pub(super) fn runtime() -> Result<Runtime, Problem> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.map_err(|error| broken(format!("cannot start: {error}"), "free some resources"))
}
