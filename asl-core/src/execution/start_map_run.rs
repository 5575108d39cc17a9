//! What a Distributed Map asks of its driver: a Map Run, with everything evaluated that its fields say.
//!
//! See [Using Map state in Distributed mode](https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TokenKey;
use super::start::{Limits, is_zero};
use crate::definition::MachineType;
use crate::history::EventId;
use crate::program::{ReaderConfig, Resource, WriterConfig};
use crate::value::{Array, Object, Value};

/// Identifies a Map Run within its execution: the number of its `MapRunStarted` event, or of the `MapRunRedriven`
/// event by which it went on last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MapRunId(pub(super) EventId);

impl fmt::Display for MapRunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A Map Run to start: a [`MapRun`](crate::map_run::MapRun) knows how it goes on.
///
/// It is all that the Map Run needs besides the program, and is the same however often an execution is restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StartMapRun {
    /// What to answer to.
    pub map_run: MapRunId,
    /// The Map Run's ARN, which the seed of the execution determines.
    pub arn: Arc<str>,
    /// How often it was redriven: 0 for one that begins; any other is to go on with what did not succeed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redrive_count: u32,
    /// The Map state's name.
    pub state_name: Arc<str>,
    /// The state's `Label`, or one made for it; it is part of the ARNs of the Map Run and of its children.
    pub label: Arc<str>,
    /// Whether the children are Standard or Express executions.
    pub execution_type: MachineType,
    /// Where the items come from.
    pub items: ItemSource,
    /// How items are put into batches, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batcher: Option<ItemBatcher>,
    /// How many children run at once; 0 is as many as [`Limits::map_run_concurrency`] allows.
    pub max_concurrency: u64,
    /// How many items may fail.
    pub tolerance: Tolerance,
    /// What becomes of the results; none makes them the state's result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_writer: Option<ResultWriter>,
    /// The execution that the Map Run belongs to.
    pub parent: ParentExecution,
    pub(crate) scope: ItemScope,
}

/// Where the items of a Map Run come from.
///
/// Exhaustive on purpose: a driver must know every source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ItemSource {
    /// From the state's input; the [`MapRun`](crate::map_run::MapRun) takes them itself.
    Given(Array),
    /// From elsewhere; the driver reads them.
    Read(ItemReader),
}

/// An evaluated `ItemReader`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ItemReader {
    /// What is called to read: `arn:aws:states:::s3:getObject` or `arn:aws:states:::s3:listObjectsV2`.
    pub resource: Resource,
    /// What it is called with: `Bucket`, `Key`, `Prefix`, …
    pub arguments: Value,
    /// What is in the object.
    pub config: ReaderConfig,
}

/// An evaluated `ItemBatcher`; a child's input is `{"BatchInput": …, "Items": […]}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ItemBatcher {
    /// What every batch holds besides its items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_input: Option<Value>,
    /// The most items of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
    /// The largest input of a child, in bytes of JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_input_bytes: Option<u64>,
}

/// An evaluated `ResultWriter`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResultWriter {
    /// Where the results are written to; none leaves them in the state's result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<ResultDestination>,
    /// What they look like.
    pub config: WriterConfig,
}

/// Where a `ResultWriter` writes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResultDestination {
    /// What is called to write: `arn:aws:states:::s3:putObject`.
    pub resource: Resource,
    /// What it is called with: `Bucket` and `Prefix`.
    pub arguments: Value,
}

impl ResultDestination {
    /// The bucket, if one is given.
    pub fn bucket(&self) -> Option<&str> {
        self.arguments.get("Bucket").and_then(Value::as_str)
    }

    /// The folder, without a slash at its end, in which a Map Run leaves its results:
    /// the prefix, the last part of the ARN, and for a redrive `Redrive-` with its number.
    pub fn folder(&self, map_run: &StartMapRun) -> String {
        let run = map_run.arn.rsplit(':').next().unwrap_or(&map_run.arn);
        let redrive = match map_run.redrive_count {
            0 => String::new(),
            count => format!("/Redrive-{count}"),
        };
        match self.arguments.get("Prefix").and_then(Value::as_str).map(|prefix| prefix.trim_end_matches('/')) {
            None | Some("") => format!("{run}{redrive}"),
            Some(prefix) => format!("{prefix}/{run}{redrive}"),
        }
    }
}

/// How many items or iterations may fail, absolutely and as a share; with neither given, none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tolerance {
    /// `ToleratedFailureCount`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// `ToleratedFailurePercentage`, from 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
}

impl Tolerance {
    /// Whether failures were reckoned with at all.
    pub(super) fn is_given(self) -> bool {
        self.count.is_some() || self.percentage.is_some()
    }

    /// Whether `failed` of `total` are more than tolerated.
    #[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^53")]
    pub(crate) fn is_exceeded_by(self, failed: u64, total: u64) -> bool {
        let share = failed as f64 * 100.0 / total.max(1) as f64;
        (!self.is_given() && failed > 0)
            || self.count.is_some_and(|count| failed > count)
            || self.percentage.is_some_and(|percentage| share > percentage)
    }
}

/// What the children of a Map Run have from the execution that it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are those of `Start`")]
pub struct ParentExecution {
    pub id: Arc<str>,
    pub state_machine_id: Arc<str>,
    pub state_machine_name: Arc<str>,
    pub role_arn: Arc<str>,
    pub region: Arc<str>,
    pub token_key: TokenKey,
    pub limits: Limits,
}

/// What `ItemSelector` sees besides the item: the scope of the Map state when it was entered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ItemScope {
    /// The state's input, before `InputPath`.
    pub(crate) input: Value,
    /// What is `$`.
    pub(crate) effective_input: Value,
    /// The variables of all scopes, the inner ones before the outer ones.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub(crate) variables: Object,
    /// The Context Object without `Map`.
    pub(crate) context: Value,
    /// The event by which the state was entered, which messages name.
    pub(crate) entered: EventId,
    /// What random numbers are drawn from.
    pub(crate) seed: u64,
}
