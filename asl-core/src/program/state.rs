//! The compiled form of each state type.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::evaluate::{Condition, PayloadTemplate, Query};
use crate::expression::Expression;
use crate::failure::ErrorName;
use crate::history::StateType;
use crate::jsonpath::{JsonPath, ReferencePath};
use crate::timestamp::Timestamp;
use crate::value::Value;

use super::resource::Resource;

/// The place of a state in its [`Machine`](super::Machine).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct StateId(pub(crate) u32);

/// A state: what all types share, and what its type adds. Fields that its type does not allow hold their defaults.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) name: Arc<str>,
    pub(crate) kind: StateKind,
    pub(crate) input_path: PathField,
    /// `Parameters`, or JSONata's `Arguments`.
    pub(crate) parameters: Option<PayloadTemplate>,
    pub(crate) result_selector: Option<PayloadTemplate>,
    pub(crate) result_path: ResultPath,
    pub(crate) output_path: PathField,
    pub(crate) assign: Option<PayloadTemplate>,
    /// JSONata's `Output`, which is what the state gives on.
    pub(crate) output: Option<PayloadTemplate>,
    /// Not read for Choice, Succeed and Fail.
    pub(crate) transition: Transition,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
}

impl State {
    pub(crate) fn state_type(&self) -> StateType {
        match &self.kind {
            StateKind::Task(_) => StateType::Task,
            StateKind::Pass { .. } => StateType::Pass,
            StateKind::Choice(_) => StateType::Choice,
            StateKind::Wait(_) => StateType::Wait,
            StateKind::Succeed => StateType::Succeed,
            StateKind::Fail { .. } => StateType::Fail,
            StateKind::Parallel { .. } => StateType::Parallel,
            StateKind::Map(_) => StateType::Map,
        }
    }
}

#[derive(Debug)]
pub(crate) enum StateKind {
    Task(Task),
    Pass { result: Option<Value> },
    Choice(Choice),
    Wait(Wait),
    Succeed,
    Fail { error: Option<FailText>, cause: Option<FailText> },
    Parallel { branches: Vec<StateId> },
    Map(Box<Map>),
}

/// Where a state's end leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    Next(StateId),
    End,
}

/// `InputPath` and `OutputPath`.
#[derive(Debug, Clone)]
pub(crate) enum PathField {
    /// Absent or `$`: everything.
    Whole,
    /// `null`: an empty object.
    Nothing,
    Path(JsonPath),
}

/// `ResultPath`.
#[derive(Debug, Clone)]
pub(crate) enum ResultPath {
    /// Absent or `$`: the result replaces the input.
    Replace,
    /// `null`: the result is dropped.
    Discard,
    Place(ReferencePath),
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) resource: Resource,
    pub(crate) timeout: Option<Quantity>,
    pub(crate) heartbeat: Option<Quantity>,
    pub(crate) credentials: Option<PayloadTemplate>,
}

/// A number given in the definition, or by a path into the state's input.
#[derive(Debug)]
pub(crate) enum Quantity {
    Literal(u64),
    Path(JsonPath),
    Query(Query),
}

#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) choices: Vec<ChoiceRule>,
    pub(crate) default: Option<StateId>,
}

#[derive(Debug)]
pub(crate) struct ChoiceRule {
    pub(crate) condition: Condition,
    pub(crate) assign: Option<PayloadTemplate>,
    pub(crate) output: Option<PayloadTemplate>,
    pub(crate) next: StateId,
}

#[derive(Debug)]
pub(crate) enum Wait {
    Seconds(u64),
    Timestamp(Timestamp),
    SecondsPath(JsonPath),
    TimestampPath(JsonPath),
    SecondsQuery(Query),
    TimestampQuery(Query),
}

/// `Error` and `Cause` of a Fail state, or their `…Path` twins.
#[derive(Debug)]
pub(crate) enum FailText {
    Literal(Arc<str>),
    Expression(Expression),
    Query(Query),
}

#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) start_at: StateId,
    pub(crate) items: Items,
    /// `ItemSelector`, or the older `Parameters`.
    pub(crate) item_selector: Option<PayloadTemplate>,
    pub(crate) max_concurrency: Option<Quantity>,
    pub(crate) tolerated_failure_count: Option<Quantity>,
    pub(crate) tolerated_failure_percentage: Option<Percentage>,
    pub(crate) mode: MapMode,
}

/// Where a Map's iterations run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapMode {
    /// Inside of the execution.
    Inline,
    /// As executions of their own.
    Distributed,
}

/// Where a Map's items are.
#[derive(Debug)]
pub(crate) enum Items {
    /// `ItemsPath`
    Path(PathField),
    /// JSONata's `Items`; without it, the state's input.
    Template(Option<PayloadTemplate>),
}

/// `ToleratedFailurePercentage`, 0 to 100.
#[derive(Debug)]
pub(crate) enum Percentage {
    Literal(f64),
    Path(JsonPath),
    Query(Query),
}

#[derive(Debug)]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<ErrorName>,
    pub(crate) interval_seconds: u64,
    pub(crate) max_attempts: u64,
    pub(crate) backoff_rate: f64,
    pub(crate) max_delay_seconds: Option<u64>,
    pub(crate) jitter: Jitter,
}

impl Retrier {
    pub(crate) const DEFAULT_INTERVAL_SECONDS: u64 = 1;
    pub(crate) const DEFAULT_MAX_ATTEMPTS: u64 = 3;
    pub(crate) const DEFAULT_BACKOFF_RATE: f64 = 2.0;
}

/// `JitterStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jitter {
    None,
    Full,
}

#[derive(Debug)]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<ErrorName>,
    pub(crate) result_path: ResultPath,
    /// JSONata's `Output`.
    pub(crate) output: Option<PayloadTemplate>,
    pub(crate) assign: Option<PayloadTemplate>,
    pub(crate) next: StateId,
}
