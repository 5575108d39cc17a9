//! Which executions need not be in memory: those that only wait for a time, or for someone outside.

use std::sync::Arc;

use asl_core::Timestamp;
use asl_core::execution::{ScheduleTask, TaskProgress};
use asl_core::program::IntegrationPattern;

use crate::driver::{Driver, Work};
use crate::nested::is_served;
use crate::registry::Registry;

/// Until when nothing has to be done for the execution, if no Task has to be delivered to go on with it.
pub(super) fn sleeps_until(driver: &Driver, registry: &Registry) -> Option<Timestamp> {
    let is_left = |(task, progress)| is_left(registry, task, progress);
    let rests = || driver.tasks_out().all(is_left) && driver.execution().map_runs().next().is_none();
    driver.next_deadline().filter(|_| rests())
}

/// Until when the execution need not be in memory here: as long as it sleeps, or only waits for executions that it
/// started, whose ends it is told. Who goes on with it elsewhere has to look for these.
pub(super) fn rests_until(driver: &Driver, registry: &Registry) -> Option<Timestamp> {
    let is_nested = |task: &ScheduleTask, progress| progress == TaskProgress::Submitted && is_served(registry, task);
    let may_rest = |(task, progress)| is_left(registry, task, progress) || is_nested(task, progress);
    let rests = || driver.tasks_out().all(may_rest) && driver.execution().map_runs().next().is_none();
    driver.next_deadline().filter(|_| rests())
}

/// What to do for an execution that goes on here: its Map Runs go on, and its Tasks are delivered again, but for those
/// left to someone outside.
pub(super) fn deliver_again(driver: &Driver, registry: &Registry) -> Vec<Work> {
    let tasks = driver.tasks_out().filter(|(task, progress)| !is_left(registry, task, *progress));
    let tasks = tasks.map(|(task, _)| Work::Run(Arc::new(task.clone())));
    tasks.chain(driver.execution().map_runs().map(|start| Work::StartMapRun(Box::new(start.clone())))).collect()
}

/// Whether a Task was handed to someone outside who answers its token.
fn is_left(registry: &Registry, task: &ScheduleTask, progress: TaskProgress) -> bool {
    match progress {
        TaskProgress::Scheduled => false,
        TaskProgress::Started => registry.resolve(task).is_none(),
        TaskProgress::Submitted => task.resource.pattern() == IntegrationPattern::WaitForTaskToken,
    }
}
