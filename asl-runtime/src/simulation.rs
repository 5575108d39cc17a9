//! Runs of a program in virtual time: a year of waiting takes microseconds, and the same seed gives the same history.

mod attempts;
mod hosted;
mod items;
mod machines;
mod world;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use asl_core::execution::{Limits, Outcome, Start};
use asl_core::history::{self, HistoryEvent};
use asl_core::{Failure, Program, Timestamp, Value};

use self::attempts::{AttemptId, Attempts, Step};
use self::hosted::{Duty, Told};
pub use self::items::{MissingItems, ReadItems};
use self::machines::Machines;
use self::world::World;
use crate::callbacks::Callbacks;
use crate::clock::{Clock, VirtualClock};
use crate::handler::{Surroundings, TaskHandler};
use crate::invocation::Invocation;
use crate::mock_config::MockedTestCase;
use crate::nested;
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
    items: Option<Arc<dyn ReadItems>>,
    machines: Machines,
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

    /// Lets `items` read the items of Distributed Maps that have an `ItemReader`.
    ///
    /// The children of a Distributed Map are executions inside of the simulation: their Tasks are run by the same
    /// handlers, by the same clock, and their histories are not kept. Results are not written anywhere,
    /// whatever a `ResultWriter` says; the state's result is what AWS's is.
    ///
    /// # Examples
    ///
    /// ```
    /// use asl_core::execution::ItemReader;
    /// use asl_core::map_run::Item;
    /// use asl_runtime::Simulation;
    /// use serde_json::json;
    ///
    /// let definition = json!({"StartAt": "Each", "States": {"Each": {
    ///     "Type": "Map",
    ///     "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"},
    ///                    "ReaderConfig": {"InputType": "JSON", "MaxItems": 2}},
    ///     "ItemProcessor": {
    ///         "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
    ///         "StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}},
    ///     },
    ///     "End": true,
    /// }}});
    /// let program = asl_core::compile(&definition.to_string()).program.expect("a valid definition");
    ///
    /// let items = |_: ItemReader| async { Ok((1..=3).map(|number| Item::from(asl_core::Value::from(number))).collect()) };
    /// let run = Simulation::new().items(items).run(&program, json!({}))?;
    /// assert_eq!(run.output().map(ToString::to_string).as_deref(), Some("[1,2]"));
    /// # Ok::<(), asl_runtime::SimulationError>(())
    /// ```
    pub fn items(mut self, items: impl ReadItems) -> Self {
        self.items = Some(Arc::new(items));
        self
    }

    /// Lets Tasks start executions of `program` with `states:startExecution`, under a machine's name or ARN.
    ///
    /// They are executions inside of the simulation, which run by the same clock with the same handlers, and whose
    /// histories are not kept. Those that still run when the run ends are given up.
    /// A machine that is not here does not exist: the Task fails as on AWS.
    ///
    /// # Examples
    ///
    /// ```
    /// use asl_runtime::Simulation;
    /// use serde_json::json;
    ///
    /// let compile = |definition: serde_json::Value| asl_core::compile(&definition.to_string()).program.expect("valid");
    /// let child = compile(json!({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": true}}}));
    /// let parent = compile(json!({"StartAt": "Start", "States": {"Start": {
    ///     "Type": "Task",
    ///     "Resource": "arn:aws:states:::states:startExecution.sync:2",
    ///     "Parameters": {
    ///         "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:child",
    ///         "Input": {"n": 1},
    ///     },
    ///     "OutputPath": "$.Output",
    ///     "End": true,
    /// }}}));
    ///
    /// let run = Simulation::new().state_machine("child", child).run(&parent, json!({}))?;
    /// assert_eq!(run.output().map(ToString::to_string).as_deref(), Some(r#"{"n":1}"#));
    /// assert_eq!(run.elapsed().as_secs(), 60);
    /// # Ok::<(), asl_runtime::SimulationError>(())
    /// ```
    pub fn state_machine(mut self, name_or_arn: impl Into<Arc<str>>, program: Program) -> Self {
        self.machines.add(name_or_arn.into(), program);
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
    /// When a Task has no handler, or nothing reads the items of a Distributed Map.
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
        for program in std::iter::once(program).chain(self.machines.programs()) {
            if self.items.is_none() {
                MissingItems::refuse(program)?;
            }
            self.registry.check_but(program, nested::is_nested)?;
        }
        let clock = self.clock.clone().unwrap_or_else(|| VirtualClock::starting_at(self.start_at));
        clock.advance_to(self.start_at);
        let started_at = clock.now();
        let world = World::start(program.clone(), start, clock.clone());
        let stage = Stage {
            registry: &self.registry,
            items: self.items.as_ref(),
            machines: &self.machines,
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
    /// The machine has a Distributed Map whose items nothing reads.
    #[error(transparent)]
    MissingItems(#[from] MissingItems),
    /// Tasks of the machine have no handler.
    #[error(transparent)]
    MissingHandlers(#[from] MissingHandlers),
}

/// Everything that one run takes.
struct Stage<'a> {
    registry: &'a Registry,
    items: Option<&'a Arc<dyn ReadItems>>,
    machines: &'a Machines,
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
                Step::Answered(told) => self.world.receive(told),
                Step::WentOn => {}
                Step::NothingReady => self.let_time_pass(),
            }
        }
    }

    fn do_work(&mut self) {
        while let Some(duty) = self.world.next_duty() {
            match duty {
                Duty::CancelTask(execution, task) => {
                    self.attempts.cancel(AttemptId::Task(execution, task));
                    self.world.stop_nested(execution, task);
                }
                Duty::CancelRead(map_run) => self.attempts.cancel(AttemptId::Items(map_run)),
                Duty::Read { map_run, reader } => {
                    let Some(items) = self.items.map(Arc::clone) else { continue };
                    let read = async move { Some(Told::Items(map_run, items.read(reader).await)) };
                    self.attempts.begin(AttemptId::Items(map_run), read);
                }
                Duty::Run { execution, task, .. } if nested::is_served(self.registry, &task) => {
                    self.world.start_nested(execution, &task, self.machines);
                }
                Duty::Run { execution, execution_arn, task } => {
                    let id = AttemptId::Task(execution, task.task);
                    let told = move |event| Told::Execution(execution, event);
                    let surroundings = Surroundings {
                        execution_arn,
                        clock: Arc::clone(&self.shared_clock),
                        callbacks: self.callbacks.clone(),
                    };
                    match Invocation::new(self.registry, task, surroundings) {
                        Invocation::Run(run) => self.attempts.begin(id, async move { run.answer().await.map(told) }),
                        Invocation::Refused(answer) => self.attempts.begin(id, std::future::ready(Some(told(answer)))),
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
            self.world.handle_deadlines();
        } else if let Some((_, failure)) = self.stop.take_if(|(at, _)| *at <= now) {
            self.clock.advance_to(now);
            self.world.stop(failure);
        } else {
            self.clock.advance_to(now);
        }
    }
}
