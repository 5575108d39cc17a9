//! Which Tasks of this engine's executions wait for the end of which executions.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use asl_core::execution::TaskId;

use crate::engine::inner::lock;
use crate::nested::OutputForm;

/// The Tasks that wait, by the execution that they belong to and by the one that they started.
#[derive(Debug, Default)]
pub(in crate::engine) struct Links(Mutex<Sides>);

#[derive(Debug, Default)]
struct Sides {
    by_parent: HashMap<Arc<str>, BTreeMap<TaskId, Arc<str>>>,
    by_child: HashMap<Arc<str>, Vec<Waiting>>,
}

/// A Task that waits for the end of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) parent_arn: Arc<str>,
    pub(super) task: TaskId,
    pub(super) form: OutputForm,
}

impl Links {
    pub(super) fn add(&self, waiting: Waiting, child_arn: &Arc<str>) {
        let mut sides = lock(&self.0);
        sides.by_parent.entry(Arc::clone(&waiting.parent_arn)).or_default().insert(waiting.task, Arc::clone(child_arn));
        let known = sides.by_child.entry(Arc::clone(child_arn)).or_default();
        if !known.contains(&waiting) {
            known.push(waiting);
        }
    }

    /// The Tasks that waited for `child_arn`; they wait no longer.
    pub(super) fn take_waiting(&self, child_arn: &str) -> Vec<Waiting> {
        let mut sides = lock(&self.0);
        let taken = sides.by_child.remove(child_arn).unwrap_or_default();
        for waiting in &taken {
            sides.forget_task(&waiting.parent_arn, waiting.task);
        }
        taken
    }

    /// The execution that a Task waited for; it waits no longer.
    pub(super) fn take_child(&self, parent_arn: &str, task: TaskId) -> Option<Arc<str>> {
        let mut sides = lock(&self.0);
        let child = sides.forget_task(parent_arn, task)?;
        sides.forget_waiting(&child, parent_arn, task);
        Some(child)
    }

    /// Whether a Task waits for `child_arn`.
    pub(in crate::engine) fn is_child(&self, parent_arn: &str, task: TaskId, child_arn: &str) -> bool {
        let sides = lock(&self.0);
        let child = sides.by_parent.get(parent_arn).and_then(|tasks| tasks.get(&task));
        child.is_some_and(|child| **child == *child_arn)
    }

    /// No Task of an execution that goes on elsewhere is this engine's any more.
    pub(in crate::engine) fn forget_parent(&self, parent_arn: &str) {
        let mut sides = lock(&self.0);
        for (task, child) in sides.by_parent.remove(parent_arn).unwrap_or_default() {
            sides.forget_waiting(&child, parent_arn, task);
        }
    }

    /// The executions that Tasks wait for, in order.
    pub(super) fn children(&self) -> Vec<Arc<str>> {
        let mut children: Vec<_> = lock(&self.0).by_child.keys().cloned().collect();
        children.sort_unstable();
        children
    }
}

impl Sides {
    fn forget_task(&mut self, parent_arn: &str, task: TaskId) -> Option<Arc<str>> {
        let tasks = self.by_parent.get_mut(parent_arn)?;
        let child = tasks.remove(&task);
        if tasks.is_empty() {
            self.by_parent.remove(parent_arn);
        }
        child
    }

    fn forget_waiting(&mut self, child_arn: &str, parent_arn: &str, task: TaskId) {
        if let Some(waiting) = self.by_child.get_mut(child_arn) {
            waiting.retain(|one| one.task != task || &*one.parent_arn != parent_arn);
            if waiting.is_empty() {
                self.by_child.remove(child_arn);
            }
        }
    }
}
