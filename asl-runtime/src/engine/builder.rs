//! How an engine is set up.

use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::Limits;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SetOnce, mpsc};
use tokio::task::JoinSet;

use super::activities::Activities;
use super::catalogue::Programs;
use super::inner::{Executions, Inner, lock};
use super::map_runs::MapRuns;
use super::metrics::Metrics;
use super::names::Names;
use super::nested::Links;
use super::tasks::Door;
use super::timers::{self, Timers};
use super::{Engine, lease, retention, token_key, worker};
use crate::callbacks::Callbacks;
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::handler::TaskHandler;
use crate::map_run::Objects;
use crate::mock_config::MockedTestCase;
use crate::registry::{Pattern, Registry};
use crate::store::{MemoryStore, Store};

/// Sets an [`Engine`] up.
#[must_use = "an engine must be built"]
#[derive(Debug)]
pub struct EngineBuilder {
    registry: Registry,
    store: Arc<dyn Store>,
    objects: Option<Arc<dyn Objects>>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    names: Names,
    seed: Option<u64>,
    workers: NonZero<usize>,
    queue_length: NonZero<usize>,
    handler_limit: NonZero<u32>,
    resource_limits: Vec<(Pattern, NonZero<u32>)>,
    retained: usize,
    snapshot_every: NonZero<u64>,
    lease: Duration,
    posts_every: Duration,
    claims_until: ClaimsUntil,
}

/// Whose executions an engine goes on with when it is built.
#[derive(Debug, Clone, Copy)]
enum ClaimsUntil {
    /// Those of engines whose leases ended.
    Now,
    /// Those of all.
    Ever,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            registry: Registry::new(),
            store: Arc::new(MemoryStore::new()),
            objects: None,
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            names: Names { region: "us-east-1".into(), account: "000000000000".into() },
            seed: None,
            workers: std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            queue_length: NonZero::<usize>::MIN.saturating_add(1_023),
            handler_limit: NonZero::<u32>::MIN.saturating_add(999),
            resource_limits: Vec::new(),
            retained: 10_000,
            snapshot_every: NonZero::<u64>::MIN.saturating_add(255),
            lease: Duration::from_secs(30),
            posts_every: Duration::from_secs(1),
            claims_until: ClaimsUntil::Now,
        }
    }
}

impl EngineBuilder {
    /// Lets `handler` run the Tasks of `key`; see [`Registry`] for what a key is.
    pub fn handler(mut self, key: impl Into<Arc<str>>, handler: impl TaskHandler) -> Self {
        self.registry = self.registry.handler(key, handler);
        self
    }

    /// Adds the handlers of `registry`, which replace those under the same keys.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = self.registry.merge(registry);
        self
    }

    /// Answers the states of `test_case` as its mock file says; see [`Registry::mock`].
    pub fn mock(mut self, test_case: &MockedTestCase) -> Self {
        self.registry = self.registry.mock(test_case);
        self
    }

    /// Where executions are journalled: in memory by default.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Where Distributed Maps read their items and write their results, such as
    /// [`FolderObjects`](crate::map_run::FolderObjects): nowhere by default.
    ///
    /// Without objects a machine whose Distributed Map has an `ItemReader`, or a `ResultWriter` with a `Resource`,
    /// is refused; those that iterate over their input run.
    pub fn objects(mut self, objects: impl Objects) -> Self {
        self.objects = Some(Arc::new(objects));
        self
    }

    /// Where the time comes from: the system by default.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The bounds of executions: AWS's by default.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The region of ARNs and histories: `us-east-1` by default.
    pub fn region(mut self, region: impl Into<Arc<str>>) -> Self {
        self.names.region = region.into();
        self
    }

    /// The account of ARNs: `000000000000` by default.
    pub fn account(mut self, account: impl Into<Arc<str>>) -> Self {
        self.names.account = account.into();
        self
    }

    /// What the seeds of executions and the names of unnamed ones are drawn from: the system's randomness by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many tokio tasks execute states and write journals: one for each processor by default.
    pub fn workers(mut self, count: NonZero<usize>) -> Self {
        self.workers = count;
        self
    }

    /// How much may wait for each worker before who brings more has to wait: 1,024 by default.
    pub fn queue_length(mut self, messages: NonZero<usize>) -> Self {
        self.queue_length = messages;
        self
    }

    /// How many handlers run at once: 1,000 by default; the others wait, while their Tasks' timeouts run.
    pub fn handler_limit(mut self, handlers: NonZero<u32>) -> Self {
        self.handler_limit = handlers;
        self
    }

    /// How many handlers of Tasks run at once whose `Resource` fits `pattern`, in which `*` stands for any text.
    ///
    /// A Task that several patterns fit needs a place in each.
    pub fn resource_limit(mut self, pattern: impl Into<Arc<str>>, handlers: NonZero<u32>) -> Self {
        self.resource_limits.push((Pattern(pattern.into()), handlers));
        self
    }

    /// How many entries of a journal come before a snapshot, from which recovery goes on: 256 by default.
    ///
    /// A snapshot costs a write of everything that the execution holds; an entry without one is replayed.
    pub fn snapshot_every(mut self, entries: NonZero<u64>) -> Self {
        self.snapshot_every = entries;
        self
    }

    /// How long executions stay this engine's own after it last said that it lives: 30 seconds by default.
    ///
    /// It says so three times as often. When it is gone without a [shutdown](Engine::shutdown),
    /// other engines go on with its executions once that time is over.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(30));
        self
    }

    /// How often to look for what other engines on the store left for this one's executions: every second by default.
    pub fn posts_every(mut self, period: Duration) -> Self {
        self.posts_every = period.max(Duration::from_millis(1));
        self
    }

    /// Says that no other engine uses the store: everything in it is taken over at once, whatever leases say.
    ///
    /// Another engine that does use it loses its executions to this one; none is executed twice.
    pub fn exclusive(mut self) -> Self {
        self.claims_until = ClaimsUntil::Ever;
        self
    }

    /// How many executions that ended are kept: 10,000 by default. Older ones are removed from the store.
    ///
    /// Those count that end here and those that are in the store when the engine is built.
    /// The children of a Map Run are kept until it ends and count from then on. As many Map Runs are kept.
    pub fn retain_ended(mut self, executions: usize) -> Self {
        self.retained = executions;
        self
    }

    /// Starts the engine in the current tokio runtime, and goes on with the executions in the store that nobody owns.
    ///
    /// # Errors
    ///
    /// [`Error::NoRuntime`] outside a tokio runtime, [`Error::NoRandomness`],
    /// and [`Error::Store`] when the store does not answer.
    pub async fn build(self) -> Result<Engine, Error> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let random = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let mut fresh_key = [0; 32];
        match self.seed {
            Some(seed) => fastrand::Rng::with_seed(seed).fill(&mut fresh_key),
            None => getrandom::fill(&mut fresh_key).map_err(|error| Error::NoRandomness(error.to_string().into()))?,
        }
        let token_key = token_key::shared(&*self.store, fresh_key).await?;
        let owner = self.store.join(self.clock.now().saturating_add(self.lease)).await?;
        let timers = Arc::new(Timers::default());
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..self.workers.get()).map(|_| mpsc::channel(self.queue_length.get())).unzip();
        let resource_permits = self.resource_limits.into_iter().map(|(pattern, handlers)| {
            let permits = Semaphore::new((handlers.get() as usize).min(Semaphore::MAX_PERMITS));
            (pattern, Arc::new(permits))
        });
        let metrics = Metrics::new();
        let inner = Arc::new_cyclic(|this| Inner {
            registry: self.registry,
            store: self.store,
            owner,
            lease: self.lease,
            token_key,
            clock: self.clock,
            limits: self.limits,
            names: self.names,
            runtime: runtime.clone(),
            random: Mutex::new(random),
            programs: Programs::default(),
            executions: Mutex::new(Executions::new(metrics.executions_hosted())),
            activities: Activities::new(metrics.activity_queue()),
            callbacks: Callbacks::new(Arc::new(Door(this.clone()))),
            links: Links::default(),
            map_runs: MapRuns::default(),
            objects: self.objects,
            timers,
            workers: senders,
            handler_permits: Arc::new(Semaphore::new(self.handler_limit.get() as usize)),
            handler_limit: self.handler_limit.get(),
            resource_permits: resource_permits.collect(),
            retained: self.retained,
            snapshot_every: self.snapshot_every,
            metrics,
            closing: SetOnce::new(),
            shut_down: SetOnce::new(),
            background: Mutex::default(),
            this: this.clone(),
        });
        let mut background = JoinSet::new();
        for receiver in receivers {
            let length = inner.metrics.worker_queue();
            background.spawn_on(worker::run(receiver, length, Arc::downgrade(&inner)), &runtime);
        }
        let timer = timers::run(Arc::clone(&inner.timers), Arc::clone(&inner.clock), Arc::downgrade(&inner));
        background.spawn_on(timer, &runtime);
        let (this, clock) = (Arc::downgrade(&inner), Arc::clone(&inner.clock));
        background.spawn_on(lease::renew(this.clone(), Arc::clone(&clock), self.lease), &runtime);
        background.spawn_on(lease::receive_posts(this, clock, self.posts_every), &runtime);
        *lock(&inner.background) = background;
        let claimed_until = match self.claims_until {
            ClaimsUntil::Now => inner.clock.now(),
            ClaimsUntil::Ever => Timestamp::from_millis(i64::MAX),
        };
        inner.take_over(claimed_until).await?;
        // Also those whose executions and children all ended before anyone took note of it.
        inner.adopt_map_runs().await?;
        lock(&inner.background).spawn_on(retention::run(Arc::downgrade(&inner)), &runtime);
        Ok(Engine(inner))
    }
}
