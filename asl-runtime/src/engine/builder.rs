//! How an engine is set up.

use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::execution::Limits;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SetOnce, mpsc};
use tokio::task::JoinSet;

use super::inner::Inner;
use super::names::Names;
use super::timers::{self, Timers};
use super::{Engine, worker};
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::handler::TaskHandler;
use crate::mock_config::MockedTestCase;
use crate::registry::Registry;
use crate::store::{MemoryStore, Store};

/// How long an engine's executions are its own after it last said that it lives.
const LEASE: Duration = Duration::from_secs(30);

/// Sets an [`Engine`] up.
#[must_use = "an engine must be built"]
#[derive(Debug)]
pub struct EngineBuilder {
    registry: Registry,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    names: Names,
    seed: Option<u64>,
    workers: NonZero<usize>,
    queue_length: NonZero<usize>,
    handler_limit: NonZero<u32>,
    retained: usize,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            registry: Registry::new(),
            store: Arc::new(MemoryStore::new()),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            names: Names { region: "us-east-1".into(), account: "000000000000".into() },
            seed: None,
            workers: std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            queue_length: NonZero::<usize>::MIN.saturating_add(1_023),
            handler_limit: NonZero::<u32>::MIN.saturating_add(999),
            retained: 10_000,
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

    /// How many executions that ended are kept: 10,000 by default. Older ones are removed, from the store as well.
    pub fn retain_ended(mut self, executions: usize) -> Self {
        self.retained = executions;
        self
    }

    /// Starts the engine in the current tokio runtime.
    ///
    /// # Errors
    ///
    /// [`Error::NoRuntime`] outside a tokio runtime, and [`Error::Store`] when the store does not answer.
    pub async fn build(self) -> Result<Engine, Error> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let owner = self.store.join(self.clock.now().saturating_add(LEASE)).await?;
        let timers = Arc::new(Timers::default());
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..self.workers.get()).map(|_| mpsc::channel(self.queue_length.get())).unzip();
        let inner = Arc::new_cyclic(|this| Inner {
            registry: self.registry,
            store: self.store,
            owner,
            clock: self.clock,
            limits: self.limits,
            names: self.names,
            runtime: runtime.clone(),
            random: Mutex::new(self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)),
            machines: Mutex::default(),
            executions: Mutex::default(),
            tokens: Mutex::default(),
            activities: Mutex::default(),
            timers,
            workers: senders,
            handler_permits: Arc::new(Semaphore::new(self.handler_limit.get() as usize)),
            handler_limit: self.handler_limit.get(),
            retained: self.retained,
            closing: false.into(),
            shut_down: SetOnce::new(),
            background: Mutex::default(),
            this: this.clone(),
        });
        let mut background = JoinSet::new();
        for receiver in receivers {
            background.spawn_on(worker::run(receiver, Arc::downgrade(&inner)), &runtime);
        }
        let timer = timers::run(Arc::clone(&inner.timers), Arc::clone(&inner.clock), Arc::downgrade(&inner));
        background.spawn_on(timer, &runtime);
        *super::inner::lock(&inner.background) = background;
        Ok(Engine(inner))
    }
}
