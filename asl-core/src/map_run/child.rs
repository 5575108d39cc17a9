//! The children of a Map Run: executions of the item processor.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::definition::MachineType;
use crate::execution::{HistoryLevel, NotRedrivable, Outcome, Start, StartMapRun};
use crate::random::{Random, uuid_of};
use crate::timestamp::Timestamp;
use crate::value::{Object, Value};

/// A child to start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StartChild {
    /// Its place among the children, from 0.
    pub index: u64,
    /// The execution's name: the same however often the child is started, and no other child's.
    pub name: Arc<str>,
    /// How many items are in its input.
    pub items: u64,
    /// Its input.
    pub input: Value,
}

/// A child that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedChild {
    /// How it ended.
    pub outcome: Outcome,
    /// What it was started with.
    pub input: Value,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Timestamp,
    /// How often it was redriven, or begun again if it is an Express execution.
    #[serde(default)]
    pub redrive_count: u64,
    /// Why it cannot be redriven, if it did not succeed and cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_redrivable: Option<NotRedrivable>,
}

impl StartChild {
    pub(super) fn new(map_run: &StartMapRun, index: u64, items: u64, input: Value) -> Self {
        Self { index, name: child_name(map_run, index).into(), items, input }
    }

    /// What the child's execution is started with.
    pub fn start(&self, map_run: &StartMapRun) -> Start {
        let parent = &map_run.parent;
        let mut limits = parent.limits.clone();
        if map_run.execution_type == MachineType::Express {
            limits.execution_seconds = limits.execution_seconds.min(300);
        }
        Start {
            id: child_arn(map_run, self.index).into(),
            name: self.name.clone(),
            state_machine_id: machine_arn(map_run).into(),
            state_machine_name: format!("{}/{}", parent.state_machine_name, map_run.label).into(),
            role_arn: parent.role_arn.clone(),
            region: parent.region.clone(),
            input: self.input.clone(),
            begun_before: 0,
            seed: Random::from_seed(map_run.scope.seed ^ self.index).next_u64(),
            state_machine_version_arn: None,
            state_machine_alias_arn: None,
            token_key: parent.token_key.clone(),
            limits,
            history: HistoryLevel::All,
            missing_activities: BTreeSet::new(),
        }
    }
}

impl StartMapRun {
    /// The ARN of the child at a place, whether it was started or not.
    pub fn child_arn(&self, index: u64) -> Arc<str> {
        child_arn(self, index).into()
    }
}

impl EndedChild {
    /// What AWS tells of a child where its result is not transformed, as in the files of a `ResultWriter`;
    /// `index` is the child's place.
    pub fn to_value(&self, map_run: &StartMapRun, index: u64) -> Value {
        let included = || Value::from([("Included", true)].into_iter().collect::<Object>());
        let failure = self.outcome.failure();
        let output = self.outcome.output();
        let status = self.outcome.status();
        let succeeded = output.map(|_| NotRedrivable::Succeeded);
        let redrive = match (map_run.execution_type, succeeded.or(self.not_redrivable)) {
            (_, Some(reason)) => ("NOT_REDRIVABLE", Some(reason.in_aws_words())),
            (MachineType::Express, None) => ("REDRIVABLE_BY_MAP_RUN", None),
            (MachineType::Standard, None) => ("REDRIVABLE", None),
        };
        let text = |text: &str| Some(Value::from(text));
        let members = [
            ("Cause", failure.and_then(|failure| failure.cause()).and_then(text)),
            ("Error", failure.and_then(|failure| failure.error()).and_then(text)),
            ("ExecutionArn", text(&child_arn(map_run, index))),
            ("Input", text(&self.input.to_string())),
            ("InputDetails", Some(included())),
            ("Name", text(&child_name(map_run, index))),
            ("Output", output.and_then(|output| text(&output.to_string()))),
            ("OutputDetails", output.map(|_| included())),
            ("RedriveCount", Some(self.redrive_count.into())),
            ("RedriveStatus", text(redrive.0)),
            ("RedriveStatusReason", redrive.1.and_then(text)),
            ("StartDate", text(&self.started_at.to_string())),
            ("StateMachineArn", text(&machine_arn(map_run))),
            ("Status", text(status)),
            ("StopDate", text(&self.stopped_at.to_string())),
        ];
        let members = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Value::Object(members.collect())
    }
}

fn child_name(map_run: &StartMapRun, index: u64) -> String {
    uuid_of([&*map_run.arn, &index.to_string()])
}

fn child_arn(map_run: &StartMapRun, index: u64) -> String {
    let prefix = map_run.arn.split_once(":mapRun:").map_or("", |(prefix, _)| prefix);
    let (machine, label, name) = (&map_run.parent.state_machine_name, &map_run.label, child_name(map_run, index));
    match map_run.execution_type {
        MachineType::Standard => format!("{prefix}:execution:{machine}/{label}:{name}"),
        MachineType::Express => {
            let uuid = uuid_of([&*map_run.arn, &index.to_string(), "express"]);
            format!("{prefix}:express:{machine}/{label}:{name}:{uuid}")
        }
    }
}

fn machine_arn(map_run: &StartMapRun) -> String {
    format!("{}/{}", map_run.parent.state_machine_id, map_run.label)
}
