//! What engines count and measure, told through the [`metrics`](https://docs.rs/metrics) facade to whichever recorder
//! the host has installed **before it builds the engine**; without one nothing is recorded and next to nothing spent.
//!
//! | name | kind | labels | what it tells |
//! |---|---|---|---|
//! | [`asl_executions_started_total`](EXECUTIONS_STARTED) | counter | | executions that began; an Express child of a Map Run only once it ended |
//! | [`asl_executions_ended_total`](EXECUTIONS_ENDED) | counter | `status` | executions that ended; one that is redriven ends once more |
//! | [`asl_execution_duration_seconds`](EXECUTION_DURATION) | histogram | `status` | from the start of an execution to its end |
//! | [`asl_tasks_scheduled_total`](TASKS_SCHEDULED) | counter | `resource` | attempts of Tasks that began |
//! | [`asl_tasks_succeeded_total`](TASKS_SUCCEEDED) | counter | `resource` | attempts that succeeded |
//! | [`asl_tasks_failed_total`](TASKS_FAILED) | counter | `resource` | attempts that failed |
//! | [`asl_tasks_timed_out_total`](TASKS_TIMED_OUT) | counter | `resource` | attempts that ran out of time, or whose heartbeat stayed away |
//! | [`asl_tasks_retried_total`](TASKS_RETRIED) | counter | `resource` | those among the scheduled attempts that were not their Task's first |
//! | [`asl_tasks_redelivered_total`](TASKS_REDELIVERED) | counter | `resource` | attempts delivered again where an execution goes on after a crash or elsewhere |
//! | [`asl_task_duration_seconds`](TASK_DURATION) | histogram | `resource` | how long a handler took for an attempt, once it could run |
//! | [`asl_append_duration_seconds`](APPEND_DURATION) | histogram | | how long the store took for an append, attempts that failed included |
//! | [`asl_append_entries`](APPEND_ENTRIES) | histogram | | journal entries in one append |
//! | [`asl_executions_hosted`](EXECUTIONS_HOSTED) | gauge | | executions of this process that did not end |
//! | [`asl_executions_sleeping`](EXECUTIONS_SLEEPING) | gauge | | those among them that wait for a time or for someone outside alone |
//! | [`asl_handlers_running`](HANDLERS_RUNNING) | gauge | | handlers that run |
//! | [`asl_queue_length`](QUEUE_LENGTH) | gauge | `queue` | what waits: in `worker` for the journal, in `handler` for the limits of handlers, in `activity` for workers from outside |
//!
//! `status` is `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
//! `resource` is `lambda`, `activity`, `states` (nested executions), `optimized`, `sdk` or `other`: no label names a
//! machine, an execution or a function, so that the number of series does not grow with what runs.
//!
//! Tasks that are given up with their execution or their iteration are scheduled, and nothing after that.
//! What is read again from a journal is not counted again.
//! Gauges of several engines in one process add up.

use asl_core::Timestamp;
use asl_core::execution::{Outcome, ScheduleTask};
use asl_core::history::{EventDetails, HistoryEvent};
use asl_core::program::Resource;
use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use tokio::time::Instant;

use super::hosted::Journalled;
use crate::driver::Work;
use crate::store::{Batch, StoreError};

/// Counts executions that began.
pub const EXECUTIONS_STARTED: &str = "asl_executions_started_total";
/// Counts executions that ended, by `status`.
pub const EXECUTIONS_ENDED: &str = "asl_executions_ended_total";
/// Measures executions from start to end, in seconds, by `status`.
pub const EXECUTION_DURATION: &str = "asl_execution_duration_seconds";
/// Counts attempts of Tasks that began, by `resource`.
pub const TASKS_SCHEDULED: &str = "asl_tasks_scheduled_total";
/// Counts attempts of Tasks that succeeded, by `resource`.
pub const TASKS_SUCCEEDED: &str = "asl_tasks_succeeded_total";
/// Counts attempts of Tasks that failed, by `resource`.
pub const TASKS_FAILED: &str = "asl_tasks_failed_total";
/// Counts attempts of Tasks that timed out, by `resource`.
pub const TASKS_TIMED_OUT: &str = "asl_tasks_timed_out_total";
/// Counts attempts of Tasks after the first, by `resource`.
pub const TASKS_RETRIED: &str = "asl_tasks_retried_total";
/// Counts attempts of Tasks that were delivered again, by `resource`.
pub const TASKS_REDELIVERED: &str = "asl_tasks_redelivered_total";
/// Measures handlers' runs, in seconds, by `resource`.
pub const TASK_DURATION: &str = "asl_task_duration_seconds";
/// Measures the store's appends, in seconds.
pub const APPEND_DURATION: &str = "asl_append_duration_seconds";
/// Measures the store's appends, in journal entries.
pub const APPEND_ENTRIES: &str = "asl_append_entries";
/// Tells how many executions are this process's and did not end.
pub const EXECUTIONS_HOSTED: &str = "asl_executions_hosted";
/// Tells how many executions wait for a time or for someone outside alone.
pub const EXECUTIONS_SLEEPING: &str = "asl_executions_sleeping";
/// Tells how many handlers run.
pub const HANDLERS_RUNNING: &str = "asl_handlers_running";
/// Tells how much waits, by `queue`.
pub const QUEUE_LENGTH: &str = "asl_queue_length";

const STATUS: &str = "status";
const RESOURCE: &str = "resource";
const QUEUE: &str = "queue";

/// The handles of everything that an engine counts and measures, asked of the recorder once.
#[derive(Debug)]
pub(super) struct Metrics {
    executions_started: Counter,
    executions_ended: ByStatus<Counter>,
    execution_duration: ByStatus<Histogram>,
    tasks_scheduled: ByResource<Counter>,
    tasks_succeeded: ByResource<Counter>,
    tasks_failed: ByResource<Counter>,
    tasks_timed_out: ByResource<Counter>,
    tasks_retried: ByResource<Counter>,
    tasks_redelivered: ByResource<Counter>,
    task_duration: ByResource<Histogram>,
    append_duration: Histogram,
    append_entries: Histogram,
    executions_hosted: Gauge,
    executions_sleeping: Gauge,
    handlers_running: Gauge,
    worker_queue: Gauge,
    handler_queue: Gauge,
    activity_queue: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        describe();
        let tasks = |name: &'static str| ByResource::new(|resource| counter!(name, RESOURCE => resource));
        Self {
            executions_started: counter!(EXECUTIONS_STARTED),
            executions_ended: ByStatus::new(|status| counter!(EXECUTIONS_ENDED, STATUS => status)),
            execution_duration: ByStatus::new(|status| histogram!(EXECUTION_DURATION, STATUS => status)),
            tasks_scheduled: tasks(TASKS_SCHEDULED),
            tasks_succeeded: tasks(TASKS_SUCCEEDED),
            tasks_failed: tasks(TASKS_FAILED),
            tasks_timed_out: tasks(TASKS_TIMED_OUT),
            tasks_retried: tasks(TASKS_RETRIED),
            tasks_redelivered: tasks(TASKS_REDELIVERED),
            task_duration: ByResource::new(|resource| histogram!(TASK_DURATION, RESOURCE => resource)),
            append_duration: histogram!(APPEND_DURATION),
            append_entries: histogram!(APPEND_ENTRIES),
            executions_hosted: gauge!(EXECUTIONS_HOSTED),
            executions_sleeping: gauge!(EXECUTIONS_SLEEPING),
            handlers_running: gauge!(HANDLERS_RUNNING),
            worker_queue: gauge!(QUEUE_LENGTH, QUEUE => "worker"),
            handler_queue: gauge!(QUEUE_LENGTH, QUEUE => "handler"),
            activity_queue: gauge!(QUEUE_LENGTH, QUEUE => "activity"),
        }
    }

    /// Counts what is in the journal now of an execution that was started at `start_date`.
    pub(super) fn journalled(&self, start_date: Option<Timestamp>, journalled: &Journalled) {
        if journalled.started {
            self.executions_started.increment(1);
        }
        if let Some(end) = &journalled.end {
            self.executions_ended.of(&end.outcome).increment(1);
            if let Some(start_date) = start_date {
                self.execution_duration.of(&end.outcome).record(end.stop_date.since(start_date));
            }
        }
    }

    /// Counts what happened to Tasks.
    pub(super) fn tasks(&self, happenings: &TaskHappenings) {
        for (happening, kind) in &happenings.0 {
            let counters = match happening {
                Happening::Scheduled => &self.tasks_scheduled,
                Happening::Retried => &self.tasks_retried,
                Happening::Succeeded => &self.tasks_succeeded,
                Happening::Failed => &self.tasks_failed,
                Happening::TimedOut => &self.tasks_timed_out,
            };
            counters.of(*kind).increment(1);
        }
    }

    /// Counts the Tasks in `work`, which are delivered again.
    pub(super) fn redelivered(&self, work: &[Work]) {
        for task in tasks_to_run(work) {
            self.tasks_redelivered.of(ResourceKind::of(&task.resource)).increment(1);
        }
    }

    /// Measures an append of `batches`.
    pub(super) async fn append(
        &self,
        batches: &[Batch],
        append: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        let result = append.await;
        self.append_duration.record(began.elapsed());
        self.append_entries.record(float(batches.iter().map(|batch| batch.entries.len()).sum()));
        result
    }

    /// Measures the run of a handler, which begins when the future that is returned is first polled.
    pub(super) fn handler<T, Run: Future<Output = T>>(
        &self,
        resource: &Resource,
        run: Run,
    ) -> impl Future<Output = T> + use<T, Run> {
        let duration = self.task_duration.of(ResourceKind::of(resource)).clone();
        let running = self.handlers_running.clone();
        async move {
            let _running = Held::new(&running);
            let began = Instant::now();
            let result = run.await;
            duration.record(began.elapsed());
            result
        }
    }

    /// A handler that waits to run, until what is returned is dropped.
    pub(super) fn queued_handler(&self) -> Held {
        Held::new(&self.handler_queue)
    }

    /// An execution that sleeps, until what is returned is dropped.
    pub(super) fn sleeping_execution(&self) -> Held {
        Held::new(&self.executions_sleeping)
    }

    /// How many executions are hosted.
    pub(super) fn executions_hosted(&self) -> Level {
        Level::new(&self.executions_hosted)
    }

    /// How many messages wait for one worker.
    pub(super) fn worker_queue(&self) -> Level {
        Level::new(&self.worker_queue)
    }

    /// How many Tasks of activities wait for workers.
    pub(super) fn activity_queue(&self) -> Level {
        Level::new(&self.activity_queue)
    }
}

fn describe() {
    describe_counter!(EXECUTIONS_STARTED, Unit::Count, "executions that began");
    describe_counter!(EXECUTIONS_ENDED, Unit::Count, "executions that ended");
    describe_histogram!(EXECUTION_DURATION, Unit::Seconds, "executions from start to end");
    describe_counter!(TASKS_SCHEDULED, Unit::Count, "attempts of Tasks that began");
    describe_counter!(TASKS_SUCCEEDED, Unit::Count, "attempts of Tasks that succeeded");
    describe_counter!(TASKS_FAILED, Unit::Count, "attempts of Tasks that failed");
    describe_counter!(TASKS_TIMED_OUT, Unit::Count, "attempts of Tasks that timed out");
    describe_counter!(TASKS_RETRIED, Unit::Count, "attempts of Tasks after the first");
    describe_counter!(TASKS_REDELIVERED, Unit::Count, "attempts of Tasks that were delivered again");
    describe_histogram!(TASK_DURATION, Unit::Seconds, "handlers' runs");
    describe_histogram!(APPEND_DURATION, Unit::Seconds, "appends of the store");
    describe_histogram!(APPEND_ENTRIES, Unit::Count, "journal entries in one append");
    describe_gauge!(EXECUTIONS_HOSTED, Unit::Count, "executions that did not end");
    describe_gauge!(EXECUTIONS_SLEEPING, Unit::Count, "executions that wait for a time or for someone outside alone");
    describe_gauge!(HANDLERS_RUNNING, Unit::Count, "handlers that run");
    describe_gauge!(QUEUE_LENGTH, Unit::Count, "what waits");
}

/// What happened to Tasks in one step of an execution, to be counted once that is in the journal.
#[derive(Debug, Default)]
pub(super) struct TaskHappenings(Vec<(Happening, ResourceKind)>);

#[derive(Debug, Clone, Copy)]
enum Happening {
    Scheduled,
    Retried,
    Succeeded,
    Failed,
    TimedOut,
}

impl TaskHappenings {
    /// What a step told and asked for.
    pub(super) fn of(history: &[HistoryEvent], work: &[Work]) -> Self {
        let told = history.iter().filter_map(|event| happening(&event.details));
        let retries = tasks_to_run(work).filter(|task| task.retry_count > 0);
        let retries = retries.map(|task| (Happening::Retried, ResourceKind::of(&task.resource)));
        Self(told.chain(retries).collect())
    }

    /// Adds what happened afterwards.
    pub(super) fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

fn tasks_to_run(work: &[Work]) -> impl Iterator<Item = &ScheduleTask> {
    work.iter().filter_map(|work| match work {
        Work::Run(task) => Some(&**task),
        Work::Cancel(_) | Work::StartMapRun(_) | Work::CancelMapRun(_) => None,
    })
}

fn happening(details: &EventDetails) -> Option<(Happening, ResourceKind)> {
    Some(match details {
        EventDetails::LambdaFunctionScheduled(_) => (Happening::Scheduled, ResourceKind::Lambda),
        EventDetails::LambdaFunctionSucceeded { .. } => (Happening::Succeeded, ResourceKind::Lambda),
        EventDetails::LambdaFunctionFailed { .. } => (Happening::Failed, ResourceKind::Lambda),
        EventDetails::LambdaFunctionTimedOut { .. } => (Happening::TimedOut, ResourceKind::Lambda),
        EventDetails::ActivityScheduled(_) => (Happening::Scheduled, ResourceKind::Activity),
        EventDetails::ActivitySucceeded { .. } => (Happening::Succeeded, ResourceKind::Activity),
        EventDetails::ActivityFailed { .. } => (Happening::Failed, ResourceKind::Activity),
        EventDetails::ActivityTimedOut { .. } => (Happening::TimedOut, ResourceKind::Activity),
        EventDetails::TaskScheduled(scheduled) => (Happening::Scheduled, ResourceKind::of(&scheduled.resource)),
        EventDetails::TaskSucceeded { resource, .. } => (Happening::Succeeded, ResourceKind::of(resource)),
        EventDetails::TaskFailed { resource, .. } => (Happening::Failed, ResourceKind::of(resource)),
        EventDetails::TaskTimedOut { resource, .. } => (Happening::TimedOut, ResourceKind::of(resource)),
        _ => return None,
    })
}

/// What kind of thing a Task calls.
#[derive(Debug, Clone, Copy)]
enum ResourceKind {
    /// A Lambda function, by its ARN or by `lambda:invoke`.
    Lambda,
    Activity,
    /// Another execution.
    States,
    /// An optimized integration.
    Optimized,
    /// An action of AWS's SDK.
    Sdk,
    Other,
}

impl ResourceKind {
    fn of(resource: &Resource) -> Self {
        match resource.service_action() {
            Some(("lambda", _)) => Self::Lambda,
            Some(("states", _)) => Self::States,
            Some((service, _)) if service.starts_with("aws-sdk:") => Self::Sdk,
            Some(_) => Self::Optimized,
            None if resource.function_name().is_some() => Self::Lambda,
            None if resource.activity_name().is_some() => Self::Activity,
            None => Self::Other,
        }
    }
}

/// One handle for each value of the label `resource`.
#[derive(Debug)]
struct ByResource<T> {
    lambda: T,
    activity: T,
    states: T,
    optimized: T,
    sdk: T,
    other: T,
}

impl<T> ByResource<T> {
    fn new(make: impl Fn(&'static str) -> T) -> Self {
        Self {
            lambda: make("lambda"),
            activity: make("activity"),
            states: make("states"),
            optimized: make("optimized"),
            sdk: make("sdk"),
            other: make("other"),
        }
    }

    fn of(&self, kind: ResourceKind) -> &T {
        match kind {
            ResourceKind::Lambda => &self.lambda,
            ResourceKind::Activity => &self.activity,
            ResourceKind::States => &self.states,
            ResourceKind::Optimized => &self.optimized,
            ResourceKind::Sdk => &self.sdk,
            ResourceKind::Other => &self.other,
        }
    }
}

/// One handle for each value of the label `status`.
#[derive(Debug)]
struct ByStatus<T> {
    succeeded: T,
    failed: T,
    timed_out: T,
    aborted: T,
}

impl<T> ByStatus<T> {
    fn new(make: impl Fn(&'static str) -> T) -> Self {
        Self {
            succeeded: make("SUCCEEDED"),
            failed: make("FAILED"),
            timed_out: make("TIMED_OUT"),
            aborted: make("ABORTED"),
        }
    }

    fn of(&self, outcome: &Outcome) -> &T {
        match outcome {
            Outcome::Succeeded(_) => &self.succeeded,
            Outcome::Failed(_) => &self.failed,
            Outcome::TimedOut(_) => &self.timed_out,
            Outcome::Aborted(_) => &self.aborted,
        }
    }
}

/// One of the things that a gauge counts, for as long as this lives.
#[derive(Debug)]
pub(super) struct Held(Gauge);

impl Held {
    fn new(gauge: &Gauge) -> Self {
        gauge.increment(1);
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// A share in what a gauge tells, which is taken back when this is dropped.
#[derive(Debug)]
pub(super) struct Level {
    gauge: Gauge,
    share: usize,
}

impl Level {
    fn new(gauge: &Gauge) -> Self {
        Self { gauge: gauge.clone(), share: 0 }
    }

    pub(super) fn set(&mut self, share: usize) {
        if share > self.share {
            self.gauge.increment(float(share - self.share));
        } else if share < self.share {
            self.gauge.decrement(float(self.share - share));
        }
        self.share = share;
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// The value as recorders take it; there is never so much that the difference is seen.
fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
