//! Ranges of numbers.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::definition::{Computable, Map, Retrier, Spanned, State, StateKind, StateMachine, Task, Wait};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;

/// The longest time that AWS accepts in most fields, in seconds: some three years.
const MAX_SECONDS: i64 = 99_999_999;
/// The most retries that AWS accepts.
const MAX_ATTEMPTS: i64 = 99_999_999;
/// The longest `MaxDelaySeconds` that AWS accepts: under a year of 366 days.
const MAX_DELAY_SECONDS: i64 = 31_622_399;

pub(super) fn check_machine(machine: &StateMachine<'_>, report: &Report<'_>) {
    within("TimeoutSeconds", machine.timeout_seconds.as_ref(), 1..=MAX_SECONDS, report);
    if let Some(version) = machine.version.as_ref().filter(|version| version.value != "1.0") {
        report.add(super::fields::one_of(&["1.0"], version, report));
    }
}

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    match &state.kind {
        Some(StateKind::Task(task)) => check_task(task, report),
        Some(StateKind::Wait(wait)) => check_wait(wait, report),
        Some(StateKind::Map(map)) => check_map(map, report),
        _ => {}
    }
    for retrier in state.retriers() {
        check_retrier(retrier, report);
    }
}

fn check_task(task: &Task<'_>, report: &Report<'_>) {
    let (timeout, heartbeat) = (literal(task.timeout_seconds.as_ref()), literal(task.heartbeat_seconds.as_ref()));
    within("TimeoutSeconds", timeout, 1..=MAX_SECONDS, report);
    within("HeartbeatSeconds", heartbeat, 1..=MAX_SECONDS, report);
    if let (Some(timeout), Some(heartbeat)) = (timeout, heartbeat)
        && timeout.value >= 1
        && heartbeat.value >= timeout.value
    {
        let fault =
            Fault::new(Code::OUT_OF_RANGE, heartbeat.span, "`HeartbeatSeconds` must be less than `TimeoutSeconds`");
        report.add(fault.with_label(timeout.span, "the timeout"));
    }
}

fn check_wait(wait: &Wait, report: &Report<'_>) {
    within("Seconds", literal(wait.seconds.as_ref()), 0..=MAX_SECONDS, report);
}

fn check_map(map: &Map<'_>, report: &Report<'_>) {
    within("MaxConcurrency", literal(map.max_concurrency.as_ref()), 0..=i64::MAX, report);
    within("ToleratedFailureCount", literal(map.tolerated_failure_count.as_ref()), 0..=i64::MAX, report);
    within("ToleratedFailurePercentage", literal(map.tolerated_failure_percentage.as_ref()), 0.0..=100.0, report);
}

fn check_retrier(retrier: &Retrier<'_>, report: &Report<'_>) {
    within("IntervalSeconds", retrier.interval_seconds.as_ref(), 1..=MAX_SECONDS, report);
    within("MaxAttempts", retrier.max_attempts.as_ref(), 0..=MAX_ATTEMPTS, report);
    within("MaxDelaySeconds", retrier.max_delay_seconds.as_ref(), 1..=MAX_DELAY_SECONDS, report);
    within("BackoffRate", retrier.backoff_rate.as_ref(), 1.0..=f64::MAX, report);
    if let (Some(interval), Some(delay)) = (&retrier.interval_seconds, &retrier.max_delay_seconds)
        && delay.value <= interval.value
    {
        let fault =
            Fault::new(Code::OUT_OF_RANGE, delay.span, "`MaxDelaySeconds` must be greater than `IntervalSeconds`");
        report.add(fault.with_label(interval.span, "the interval"));
    }
}

pub(super) fn literal<T>(field: Option<&Computable<T>>) -> Option<&Spanned<T>> {
    field.and_then(Computable::literal)
}

/// A number as AWS writes it.
pub(super) trait Bounded: PartialOrd + Display + Copy {
    const MAX: Self;

    /// The number in AWS's messages, where a decimal number shows that it is one.
    fn aws_text(self) -> String;
}

impl Bounded for i64 {
    const MAX: Self = Self::MAX;

    fn aws_text(self) -> String {
        self.to_string()
    }
}

impl Bounded for f64 {
    const MAX: Self = Self::MAX;

    fn aws_text(self) -> String {
        format!("{self:?}")
    }
}

pub(super) fn within<T: Bounded>(
    name: &str,
    number: Option<&Spanned<T>>,
    range: RangeInclusive<T>,
    report: &Report<'_>,
) {
    if let Some(number) = number.filter(|number| !range.contains(&number.value)) {
        report.add(out_of_range(name, number, &range));
    }
}

fn out_of_range<T: Bounded>(name: &str, number: &Spanned<T>, range: &RangeInclusive<T>) -> Fault {
    let message = if number.value < *range.start() {
        format!("Minimum value is {}", range.start().aws_text())
    } else {
        format!("Maximum value is {}", range.end().aws_text())
    };
    let help = if *range.end() == T::MAX {
        format!("`{name}` is at least {}", range.start())
    } else {
        format!("`{name}` is from {} to {}", range.start(), range.end())
    };
    Fault::new(Code::OUT_OF_RANGE, number.span, message).with_help(help)
}
