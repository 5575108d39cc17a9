//! Runs of a program in virtual time: a year of waiting takes microseconds, and the same seed gives the same history.

mod attempts;
mod world;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use asl_core::execution::{Event, Limits, Outcome, Start};
use asl_core::history::{self, HistoryEvent};
use asl_core::{Failure, Program, Timestamp, Value};

use self::attempts::{Attempts, Step};
use self::world::World;
use crate::callbacks::Callbacks;
use crate::clock::{Clock, VirtualClock};
use crate::driver::Work;
use crate::error::DistributedMap;
use crate::handler::{Surroundings, TaskHandler};
use crate::invocation::Invocation;
use crate::mock_config::MockedTestCase;
use crate::registry::{MissingHandlers, Registry};

/// Runs programs in virtual time, on the current thread and without an async runtime.
///
/// When no handler can go on, the clock jumps to whatever comes next: the end of a Wait, of a timeout or of a
/// heartbeat, a retry, or a handler that sleeps on [`TaskRequest::clock`](crate::TaskRequest::clock).
/// A handler may wait for that clock and for nothing outside the simulation:
/// a timer or socket of a runtime never gets a turn.
///
/// # Examples
///
/// A Task that fails at first is retried ten seconds later:
///
/// ```
/// use std::time::Duration;
///
/// use asl_runtime::{Reply, Simulation, scripted};
/// use serde_json::json;
///
/// let definition = json!({"StartAt": "Charge", "States": {"Charge": {
///     "Type": "Task",
///     "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Charge",
///     "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 10}],
///     "End": true,
/// }}});
/// let program = asl_core::compile(&definition.to_string()).program.expect("a valid definition");
///
/// let run = Simulation::new()
///     .handler("Charge", scripted([Reply::failure("Busy", "try later"), Reply::success(json!({"paid": 5}))]))
///     .run(&program, json!({"amount": 5}))?;
/// assert_eq!(run.output().map(ToString::to_string).as_deref(), Some(r#"{"paid":5}"#));
/// assert_eq!(run.elapsed(), Duration::from_secs(10));
/// # Ok::<(), asl_runtime::SimulationError>(())
/// ```
#[must_use = "a simulation does nothing until it is run"]
#[derive(Default)]
pub struct Simulation {
    seed: u64,
    start_at: Timestamp,
    clock: Option<VirtualClock>,
    registry: Registry,
    limits: Limits,
    interleaving: Interleaving,
    stop: Option<(Timestamp, Failure)>,
    observers: Vec<Box<Observer>>,
}

type Observer = dyn FnMut(&HistoryEvent) + Send;

/// In which order handlers that are ready at the same time go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interleaving {
    /// In the order in which they became ready, which at first is the order in which they were scheduled.
    #[default]
    InOrder,
    /// In an order drawn from the seed, to find what depends on the order.
    Shuffled,
}

impl Simulation {
    /// A simulation without handlers that starts at the Unix epoch, with seed 0 and AWS's limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// What random numbers, UUIDs, jitter, task tokens and shuffles are drawn from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The virtual time at which runs start.
    pub fn start_at(mut self, start_at: Timestamp) -> Self {
        self.start_at = start_at;
        self
    }

    /// The clock that runs go by, for a world outside the simulation that goes by it too.
    ///
    /// Every run starts at the time that it shows, but not before [`start_at`](Self::start_at).
    pub fn clock(mut self, clock: VirtualClock) -> Self {
        self.clock = Some(clock);
        self
    }

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

    /// The bounds of executions.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// In which order handlers that are ready at the same time go on.
    pub fn interleaving(mut self, interleaving: Interleaving) -> Self {
        self.interleaving = interleaving;
        self
    }

    /// Stops executions at `at`, as `StopExecution` does with the failure's error and cause.
    pub fn stop_at(mut self, at: Timestamp, failure: Failure) -> Self {
        self.stop = Some((at, failure));
        self
    }

    /// Shows every event of the history to `observer`, as it happens.
    pub fn observe(mut self, observer: impl FnMut(&HistoryEvent) + Send + 'static) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// Runs `program` to its end.
    ///
    /// A Task that is never answered ends with its `TimeoutSeconds`; without any, the execution times out
    /// after [`Limits::execution_seconds`], a year.
    ///
    /// # Errors
    ///
    /// When a Task has no handler, or a state is a Distributed Map.
    /// A workflow that fails is not an error: [`Run::outcome`] says how it ended.
    pub fn run(&mut self, program: &Program, input: impl Into<Value>) -> Result<Run, SimulationError> {
        let start = Start { seed: self.seed, limits: self.limits.clone(), ..Start::new("simulation", input) };
        self.run_start(program, start)
    }

    /// Runs `program` to its end with ids, seed and limits as `start` says.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_start(&mut self, program: &Program, start: Start) -> Result<Run, SimulationError> {
        DistributedMap::refuse(program)?;
        self.registry.check(program)?;
        let clock = self.clock.clone().unwrap_or_else(|| VirtualClock::starting_at(self.start_at));
        clock.advance_to(self.start_at);
        let started_at = clock.now();
        let world = World::start(program.clone(), start, clock.clone());
        let stage = Stage {
            registry: &self.registry,
            observers: &mut self.observers,
            stop: self.stop.clone(),
            attempts: Attempts::new(match self.interleaving {
                Interleaving::InOrder => None,
                Interleaving::Shuffled => Some(self.seed),
            }),
            callbacks: Callbacks::new(Arc::clone(&world) as _),
            shared_clock: Arc::new(clock.clone()),
            clock,
            world,
            observed: 0,
        };
        Ok(stage.play(started_at))
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Simulation")
            .field("seed", &self.seed)
            .field("start_at", &self.start_at)
            .field("registry", &self.registry)
            .field("interleaving", &self.interleaving)
            .finish_non_exhaustive()
    }
}

/// A finished run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Run {
    /// How the execution ended.
    pub outcome: Outcome,
    /// Its history.
    pub history: Vec<HistoryEvent>,
    /// The virtual time at which it started.
    pub started_at: Timestamp,
    /// The virtual time at which it ended.
    pub ended_at: Timestamp,
}

impl Run {
    /// How long the execution took in virtual time.
    pub fn elapsed(&self) -> Duration {
        self.ended_at.since(self.started_at)
    }

    /// The output, if the execution succeeded.
    pub fn output(&self) -> Option<&Value> {
        self.outcome.output()
    }

    /// The failure, if the execution did not succeed.
    pub fn failure(&self) -> Option<&Failure> {
        self.outcome.failure()
    }

    /// The history as text, one line per event, made for people and snapshots.
    pub fn render(&self) -> String {
        history::render(&self.history)
    }
}

/// Why a simulation could not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// The machine has a Distributed Map, which the simulation does not run.
    #[error(transparent)]
    DistributedMap(#[from] DistributedMap),
    /// Tasks of the machine have no handler.
    #[error(transparent)]
    MissingHandlers(#[from] MissingHandlers),
}

/// Everything that one run takes.
struct Stage<'a> {
    registry: &'a Registry,
    observers: &'a mut [Box<Observer>],
    stop: Option<(Timestamp, Failure)>,
    attempts: Attempts,
    callbacks: Callbacks,
    clock: VirtualClock,
    shared_clock: Arc<dyn Clock>,
    world: Arc<World>,
    observed: usize,
}

impl Stage<'_> {
    fn play(mut self, started_at: Timestamp) -> Run {
        loop {
            self.do_work();
            self.show_history();
            if let Some((outcome, history)) = self.world.take_end() {
                return Run { outcome, history, started_at, ended_at: self.clock.now() };
            }
            match self.attempts.poll_next() {
                Step::Answered(event) => self.world.handle(event),
                Step::WentOn => {}
                Step::NothingReady => self.let_time_pass(),
            }
        }
    }

    fn do_work(&mut self) {
        for work in self.world.take_work() {
            match work {
                Work::Cancel(task) => self.attempts.cancel(task),
                Work::Run(task) => {
                    let id = task.task;
                    let surroundings = Surroundings {
                        execution_arn: Arc::clone(self.world.execution_arn()),
                        clock: Arc::clone(&self.shared_clock),
                        callbacks: self.callbacks.clone(),
                    };
                    match Invocation::new(self.registry, task, surroundings) {
                        Invocation::Run(run) => self.attempts.begin(id, run.answer()),
                        Invocation::Refused(answer) => self.attempts.begin(id, std::future::ready(Some(answer))),
                        Invocation::LeftToWorkers(_) => {}
                    }
                }
            }
        }
    }

    fn show_history(&mut self) {
        if self.observers.is_empty() {
            return;
        }
        for event in self.world.history_since(self.observed) {
            self.observers.iter_mut().for_each(|observer| observer(&event));
            self.observed += 1;
        }
    }

    /// Jumps to whatever comes next, which there is until the execution has ended; at one instant the execution's deadlines go before handlers that sleep.
    fn let_time_pass(&mut self) {
        let deadline = self.world.next_deadline();
        let stop = self.stop.as_ref().map(|(at, _)| *at);
        let Some(next) = [deadline, stop, self.clock.next_wake()].into_iter().flatten().min() else {
            return;
        };
        let now = next.max(self.clock.now());
        if deadline.is_some_and(|deadline| deadline <= now) {
            self.clock.advance_to(now);
            self.world.handle_deadline();
        } else if let Some((_, failure)) = self.stop.take_if(|(at, _)| *at <= now) {
            self.clock.advance_to(now);
            self.world.handle(Event::Stopped { failure });
        } else {
            self.clock.advance_to(now);
        }
    }
}
