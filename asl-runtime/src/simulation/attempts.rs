//! The handlers that run in a simulation, and who of them goes on next.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use asl_core::execution::{Event, TaskId};

type Answer = Pin<Box<dyn Future<Output = Option<Event>> + Send>>;

/// Running handlers: an executor for one thread, in a reproducible order.
pub(super) struct Attempts {
    running: HashMap<TaskId, (Answer, Waker)>,
    ready: Arc<ReadyQueue>,
    shuffle: Option<fastrand::Rng>,
}

/// What came of polling.
pub(super) enum Step {
    NothingReady,
    WentOn,
    Answered(Event),
}

#[derive(Default)]
struct ReadyQueue(Mutex<VecDeque<Arc<Readiness>>>);

/// Puts its Task into the queue when it is woken, once until it is polled.
struct Readiness {
    task: TaskId,
    queued: AtomicBool,
    queue: Arc<ReadyQueue>,
}

impl Attempts {
    /// No handlers yet; they go on in order, or shuffled from a seed.
    pub(super) fn new(shuffle_seed: Option<u64>) -> Self {
        Self { running: HashMap::new(), ready: Arc::default(), shuffle: shuffle_seed.map(fastrand::Rng::with_seed) }
    }

    pub(super) fn begin(&mut self, task: TaskId, answer: impl Future<Output = Option<Event>> + Send + 'static) {
        let readiness = Readiness { task, queued: AtomicBool::new(false), queue: Arc::clone(&self.ready) };
        let waker = Waker::from(Arc::new(readiness));
        waker.wake_by_ref();
        self.running.insert(task, (Box::pin(answer), waker));
    }

    pub(super) fn cancel(&mut self, task: TaskId) {
        self.running.remove(&task);
    }

    /// Lets the next ready handler go on.
    pub(super) fn poll_next(&mut self) -> Step {
        while let Some(task) = self.ready.take(self.shuffle.as_mut()) {
            let Some((answer, waker)) = self.running.get_mut(&task) else { continue };
            return match answer.as_mut().poll(&mut Context::from_waker(waker)) {
                Poll::Pending => Step::WentOn,
                Poll::Ready(event) => {
                    self.running.remove(&task);
                    event.map_or(Step::WentOn, Step::Answered)
                }
            };
        }
        Step::NothingReady
    }
}

impl ReadyQueue {
    fn take(&self, shuffle: Option<&mut fastrand::Rng>) -> Option<TaskId> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match shuffle {
            Some(random) if !queue.is_empty() => {
                let place = random.usize(..queue.len());
                queue.remove(place)
            }
            _ => queue.pop_front(),
        }?;
        next.queued.store(false, Ordering::Release);
        Some(next.task)
    }
}

impl Wake for Readiness {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let mut queue = self.queue.0.lock().unwrap_or_else(PoisonError::into_inner);
            queue.push_back(Arc::clone(&self));
        }
    }
}
