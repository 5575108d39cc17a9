//! A CloudFormation in this process: stacks and change sets go through their real statuses as time passes.
//!
//! It has no thread and no timer. Every call first lets happen what was due by the clock's time,
//! so under a virtual clock a deployment of hours takes no time and always goes the same way.
//!
//! It keeps to the real one in names, statuses, error codes and, where known, in messages.
//! It is simpler in this: the resources of a stack are made one after the other, a nested stack is a resource of its
//! parent and not a stack in `DescribeStacks`, and a macro changes nothing.

mod change_set;
mod deployment;
mod diff;
mod faults;
mod operations;
pub(super) mod resource_types;
mod stack;
mod template;
mod timeline;
mod world;

use std::fmt;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asl_runtime::clock::Clock;

use self::deployment::{Library, Obstacle};
use self::template::Template;
use self::world::World;
use super::api::TemplateSource;
use super::error::{ApiError, ErrorCode};
use crate::artifact::ArtifactStore;

pub use self::faults::Fault;

/// The largest `TemplateBody`, in bytes.
pub const MAX_TEMPLATE_BODY_BYTES: usize = 51_200;
/// The largest template in S3, in bytes.
const MAX_TEMPLATE_URL_BYTES: usize = 1_000_000;
/// How many nested templates one request may bring with it.
const MAX_NESTED_TEMPLATES: usize = 100;

/// A CloudFormation in this process; clones share their stacks.
#[derive(Debug, Clone)]
pub struct InProcessCloudFormation(Arc<Service>);

#[derive(Debug)]
struct Service {
    clock: Arc<dyn Clock>,
    templates: Arc<dyn ArtifactStore>,
    world: Mutex<World>,
}

impl InProcessCloudFormation {
    /// An account without stacks, which goes by `clock` and finds the templates of a `TemplateURL` in `templates`.
    pub fn new(clock: Arc<dyn Clock>, templates: Arc<dyn ArtifactStore>) -> Self {
        Self(Arc::new(Service { clock, templates, world: Mutex::default() }))
    }

    /// How long what begins from now on takes.
    pub fn set_pace(&self, pace: Pace) {
        self.world().pace = pace;
    }

    /// How many changes `DescribeChangeSet` returns in one page.
    pub fn set_changes_per_page(&self, changes: NonZero<usize>) {
        self.world().changes_per_page = changes.get();
    }

    /// Lets something go wrong.
    pub fn inject(&self, fault: Fault) {
        self.world().faults.add(fault);
    }

    /// Every call so far, refused ones among them, in order.
    pub fn calls(&self) -> Vec<Operation> {
        self.world().calls.clone()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a call that needs no template.
    fn call<T>(
        &self,
        operation: Operation,
        action: impl FnOnce(&mut World) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.admit(operation)?;
        let result = action(&mut self.world_now())?;
        self.answer(operation, result)
    }

    /// Carries out a call that may need the templates of nested stacks: `action` is repeated with more of them
    /// until it has what it needs, and changes nothing before.
    async fn call_with_templates<T: Send>(
        &self,
        operation: Operation,
        action: impl Fn(&mut World, &Library) -> Result<T, Obstacle> + Send,
    ) -> Result<T, ApiError> {
        self.admit(operation)?;
        let mut library = Library::new();
        loop {
            let attempt = action(&mut self.world_now(), &library);
            match attempt {
                Ok(result) => return self.answer(operation, result),
                Err(Obstacle::Refused(error)) => return Err(error),
                Err(Obstacle::TemplateNeeded(_)) if library.len() >= MAX_NESTED_TEMPLATES => {
                    return Err(ApiError::new(ErrorCode::LimitExceeded, "too many nested stacks"));
                }
                Err(Obstacle::TemplateNeeded(url)) => {
                    let template = self.template(&TemplateSource::Url(url.clone())).await?;
                    library.insert(url, template);
                }
            }
        }
    }

    fn admit(&self, operation: Operation) -> Result<(), ApiError> {
        let mut world = self.world();
        world.calls.push(operation);
        world.faults.refusal(operation).map_or(Ok(()), Err)
    }

    fn answer<T>(&self, operation: Operation, result: T) -> Result<T, ApiError> {
        if self.world().faults.loses_response(operation) {
            return Err(ApiError::new(ErrorCode::ServiceUnavailable, "the connection was closed before the response"));
        }
        Ok(result)
    }

    /// The world after everything that was due by now.
    fn world_now(&self) -> MutexGuard<'_, World> {
        let now = self.0.clock.now();
        let mut world = self.world();
        world.advance_to(now);
        world
    }

    async fn template(&self, source: &TemplateSource) -> Result<Arc<Template>, ApiError> {
        let text = match source {
            TemplateSource::Body(body) if body.len() > MAX_TEMPLATE_BODY_BYTES => {
                return Err(ApiError::validation(format!(
                    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: \
                     Member must have length less than or equal to {MAX_TEMPLATE_BODY_BYTES}"
                )));
            }
            TemplateSource::Body(body) => body.clone(),
            TemplateSource::Url(url) => self.fetch(url).await?,
        };
        Template::parse(&text).map(Arc::new)
    }

    async fn fetch(&self, url: &str) -> Result<String, ApiError> {
        let object = url
            .strip_prefix("https://")
            .and_then(|rest| rest.split_once('/'))
            .and_then(|(host, key)| Some((host.split_once(".s3")?.0, key)));
        let Some((bucket, key)) = object else {
            return Err(ApiError::validation("TemplateURL must be a supported URL."));
        };
        let bytes = self.0.templates.get_object(bucket, key).await;
        let bytes = bytes.map_err(|error| ApiError::validation(format!("S3 error: {error}")))?;
        if bytes.len() > MAX_TEMPLATE_URL_BYTES {
            return Err(ApiError::validation(format!(
                "Template may not exceed {MAX_TEMPLATE_URL_BYTES} bytes in size."
            )));
        }
        String::from_utf8(bytes.to_vec()).map_err(|_| ApiError::validation("Template format error: not UTF-8"))
    }
}

/// How long things take.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pace {
    /// How long a change set is `CREATE_PENDING`: 4 s.
    pub change_set_pending: Duration,
    /// How long it is `CREATE_IN_PROGRESS` after that: 8 s.
    pub change_set_creation: Duration,
    /// How long a resource takes to be made, changed or deleted: 8 s.
    pub resource: Duration,
    /// How long an update takes to clean up after itself, besides deleting resources: 2 s.
    pub cleanup: Duration,
}

impl Pace {
    /// Everything is done as soon as somebody looks.
    pub const INSTANT: Self = Self {
        change_set_pending: Duration::ZERO,
        change_set_creation: Duration::ZERO,
        resource: Duration::ZERO,
        cleanup: Duration::ZERO,
    };
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            change_set_pending: Duration::from_secs(4),
            change_set_creation: Duration::from_secs(8),
            resource: Duration::from_secs(8),
            cleanup: Duration::from_secs(2),
        }
    }
}

/// An operation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are the API's own words")]
#[non_exhaustive]
pub enum Operation {
    CreateChangeSet,
    CreateStack,
    DeleteChangeSet,
    DeleteStack,
    DescribeChangeSet,
    DescribeStackEvents,
    DescribeStacks,
    ExecuteChangeSet,
    GetTemplateSummary,
    ListChangeSets,
}

/// The name as in the API.
impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}
