//! The next deadline of every execution, and the one task that waits for them all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use asl_core::Timestamp;
use tokio::sync::Notify;

use super::hosted::HostedExecution;
use super::inner::Inner;
use crate::clock::Clock;

/// Deadlines in order, at most one for each execution.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: Mutex<Queue>,
    /// Notified when a deadline becomes the earliest.
    earlier: Notify,
}

type Queue = BTreeMap<(Timestamp, u64), Weak<HostedExecution>>;

impl Timers {
    /// Puts `deadline` in place of the one that `execution` had before.
    pub(super) fn set(&self, execution: &Arc<HostedExecution>, before: Option<Timestamp>, deadline: Option<Timestamp>) {
        let mut queue = self.queue();
        if let Some(before) = before {
            queue.remove(&(before, execution.number()));
        }
        let Some(deadline) = deadline else { return };
        let is_earliest = queue.keys().next().is_none_or(|(earliest, _)| deadline < *earliest);
        queue.insert((deadline, execution.number()), Arc::downgrade(execution));
        drop(queue);
        if is_earliest {
            self.earlier.notify_one();
        }
    }

    fn take_due(&self, now: Timestamp) -> Queue {
        let mut queue = self.queue();
        let later = queue.split_off(&(now, u64::MAX));
        std::mem::replace(&mut *queue, later)
    }

    fn next(&self) -> Option<Timestamp> {
        self.queue().keys().next().map(|(deadline, _)| *deadline)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells executions of their deadlines for as long as the engine lives.
pub(super) async fn run(timers: Arc<Timers>, clock: Arc<dyn Clock>, engine: Weak<Inner>) {
    loop {
        for execution in timers.take_due(clock.now()).into_values().filter_map(|execution| execution.upgrade()) {
            let Some(engine) = engine.upgrade() else { return };
            engine.deadline_reached(execution).await;
        }
        match timers.next() {
            None => timers.earlier.notified().await,
            Some(deadline) => tokio::select! {
                () = clock.sleep_until(deadline) => {}
                () = timers.earlier.notified() => {}
            },
        }
    }
}
