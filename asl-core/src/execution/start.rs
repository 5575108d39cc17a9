//! What an execution begins with, and its bounds.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::{IdempotencyKey, TaskId, TokenKey};
use crate::value::Value;

/// What an execution is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// The execution's ARN or other unique id: `$$.Execution.Id`.
    pub id: Arc<str>,
    /// The execution's name: `$$.Execution.Name`.
    pub name: Arc<str>,
    /// `$$.StateMachine.Id`.
    pub state_machine_id: Arc<str>,
    /// `$$.StateMachine.Name`.
    pub state_machine_name: Arc<str>,
    /// The ARN of the version that was started, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_machine_version_arn: Option<Arc<str>>,
    /// The ARN of the alias that was started, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_machine_alias_arn: Option<Arc<str>>,
    /// `$$.Execution.RoleArn`.
    pub role_arn: Arc<str>,
    /// The region that histories name.
    pub region: Arc<str>,
    /// The input, `$$.Execution.Input`.
    pub input: Value,
    /// What random numbers, UUIDs, jitter and task tokens are drawn from.
    pub seed: u64,
    /// How often it was begun before: an Express child of a Map Run is begun again by a redrive.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub begun_before: u32,
    /// What task tokens are made with.
    pub token_key: TokenKey,
    /// The bounds of this execution.
    pub limits: Limits,
    /// How much of its history it tells.
    #[serde(default, skip_serializing_if = "HistoryLevel::is_all")]
    pub history: HistoryLevel,
    /// The ARNs of the activities of its Tasks that do not exist, as far as is known when it starts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub missing_activities: BTreeSet<Arc<str>>,
}

/// What a local run is called by, made once for all.
static LOCAL_NAMES: LazyLock<LocalNames> = LazyLock::new(|| LocalNames {
    state_machine_id: "arn:aws:states:us-east-1:000000000000:stateMachine:StateMachine".into(),
    state_machine_name: "StateMachine".into(),
    role_arn: "arn:aws:iam::000000000000:role/StateMachine".into(),
    region: "us-east-1".into(),
});

#[derive(Clone)]
struct LocalNames {
    state_machine_id: Arc<str>,
    state_machine_name: Arc<str>,
    role_arn: Arc<str>,
    region: Arc<str>,
}

impl Start {
    /// A start with `input`, and names as a local run has them; its task tokens are no secret.
    pub fn new(name: impl Into<Arc<str>>, input: impl Into<Value>) -> Self {
        let name = name.into();
        let LocalNames { state_machine_id, state_machine_name, role_arn, region } = LOCAL_NAMES.clone();
        Self {
            id: ["arn:aws:states:us-east-1:000000000000:execution:StateMachine:", &*name].concat().into(),
            name,
            state_machine_id,
            state_machine_name,
            state_machine_version_arn: None,
            state_machine_alias_arn: None,
            role_arn,
            region,
            input: input.into(),
            seed: 0,
            begun_before: 0,
            token_key: TokenKey::new([0; 32]),
            limits: Limits::default(),
            history: HistoryLevel::All,
            missing_activities: BTreeSet::new(),
        }
    }

    /// What tells an attempt of a Task from all others.
    pub(super) fn idempotency_key(&self, task: TaskId) -> IdempotencyKey {
        let execution = match self.begun_before {
            0 => self.id.clone(),
            times => format!("{}#{times}", self.id).into(),
        };
        IdempotencyKey { execution, task }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How much of its history an execution tells whoever polls it, in the words of AWS's log levels.
///
/// Whatever the level, events are numbered and counted towards [`Limits::history_events`], so that an execution takes
/// the same course.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum HistoryLevel {
    /// Every event.
    #[default]
    All,
    /// No event: for those who want the outcome alone.
    Off,
}

impl HistoryLevel {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// The bounds of an execution; the defaults are those of AWS's Standard workflows.
///
/// See [quotas](https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// The largest input, output or result, in bytes of JSON text: 262,144.
    pub payload_bytes: usize,
    /// The deepest nesting of a payload: 1,000.
    pub payload_depth: usize,
    /// The longest history, in events: 25,000.
    pub history_events: u64,
    /// How long an execution may last, in seconds: a year.
    pub execution_seconds: u64,
    /// How many iterations of an inline Map run at once when `MaxConcurrency` is 0: 40.
    pub map_concurrency: usize,
    /// How many children of a Map Run run at once when `MaxConcurrency` is 0, and at most: 10,000.
    pub map_run_concurrency: usize,
    /// The largest variable, and all variables of one `Assign` together, in bytes: 262,144.
    pub assign_bytes: usize,
    /// All variables of an execution together, in bytes: 10 MiB.
    pub variables_bytes: usize,
    /// How many steps of evaluation JSONata may take from one wait to the next, in all states together: 16 million.
    ///
    /// AWS has no such limit; here it keeps a loop of costly expressions from holding the thread that runs it.
    pub evaluation_steps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 262_144,
            payload_depth: 1_000,
            history_events: 25_000,
            execution_seconds: 31_536_000,
            map_concurrency: 40,
            map_run_concurrency: 10_000,
            assign_bytes: 262_144,
            variables_bytes: 10 * 1024 * 1024,
            evaluation_steps: 16_000_000,
        }
    }
}
