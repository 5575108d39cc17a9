//! Which executions need not be in memory: those that only wait for a time, or for someone outside.

use asl_core::Timestamp;
use asl_core::execution::{ScheduleTask, TaskProgress};
use asl_core::program::IntegrationPattern;

use crate::driver::{Driver, Work};
use crate::registry::Registry;

/// Until when nothing has to be done for the execution, if no Task has to be delivered to go on with it.
pub(super) fn sleeps_until(driver: &Driver, registry: &Registry) -> Option<Timestamp> {
    driver.next_deadline().filter(|_| driver.tasks_out().all(|(task, progress)| is_left(registry, task, progress)))
}

/// What to do for an execution that goes on here: its Tasks are delivered again, but for those left to someone outside.
pub(super) fn deliver_again(driver: &Driver, registry: &Registry) -> Vec<Work> {
    let tasks = driver.tasks_out().filter(|(task, progress)| !is_left(registry, task, *progress));
    tasks.map(|(task, _)| Work::Run(task.clone())).collect()
}

/// Whether a Task was handed to someone outside who answers its token.
fn is_left(registry: &Registry, task: &ScheduleTask, progress: TaskProgress) -> bool {
    match progress {
        TaskProgress::Scheduled => false,
        TaskProgress::Started => registry.resolve(task).is_none(),
        TaskProgress::Submitted => task.resource.pattern() == IntegrationPattern::WaitForTaskToken,
    }
}
