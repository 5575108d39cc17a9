//! The handlers that run in a simulation, and who of them goes on next.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use asl_core::execution::TaskId;

use super::hosted::{ExecutionId, MapRunKey, Told};

type Answer = Pin<Box<dyn Future<Output = Option<Told>> + Send>>;

/// What runs: a handler, or whoever reads the items of a Map Run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum AttemptId {
    Task(ExecutionId, TaskId),
    Items(MapRunKey),
}

/// Running handlers: an executor for one thread, in a reproducible order.
pub(super) struct Attempts {
    running: HashMap<AttemptId, (Answer, Waker)>,
    ready: Arc<ReadyQueue>,
    shuffle: Option<fastrand::Rng>,
}

/// What came of polling.
pub(super) enum Step {
    NothingReady,
    WentOn,
    Answered(Told),
}

#[derive(Default)]
struct ReadyQueue(Mutex<VecDeque<Arc<Readiness>>>);

/// Puts its attempt into the queue when it is woken, once until it is polled.
struct Readiness {
    attempt: AttemptId,
    queued: AtomicBool,
    queue: Arc<ReadyQueue>,
}

impl Attempts {
    /// No handlers yet; they go on in order, or shuffled from a seed.
    pub(super) fn new(shuffle_seed: Option<u64>) -> Self {
        Self { running: HashMap::new(), ready: Arc::default(), shuffle: shuffle_seed.map(fastrand::Rng::with_seed) }
    }

    pub(super) fn begin(&mut self, attempt: AttemptId, answer: impl Future<Output = Option<Told>> + Send + 'static) {
        let readiness = Readiness { attempt, queued: AtomicBool::new(false), queue: Arc::clone(&self.ready) };
        let waker = Waker::from(Arc::new(readiness));
        waker.wake_by_ref();
        self.running.insert(attempt, (Box::pin(answer), waker));
    }

    pub(super) fn cancel(&mut self, attempt: AttemptId) {
        self.running.remove(&attempt);
    }

    /// Lets the next ready handler go on.
    pub(super) fn poll_next(&mut self) -> Step {
        while let Some(attempt) = self.ready.take(self.shuffle.as_mut()) {
            let Some((answer, waker)) = self.running.get_mut(&attempt) else { continue };
            return match answer.as_mut().poll(&mut Context::from_waker(waker)) {
                Poll::Pending => Step::WentOn,
                Poll::Ready(told) => {
                    self.running.remove(&attempt);
                    told.map_or(Step::WentOn, Step::Answered)
                }
            };
        }
        Step::NothingReady
    }
}

impl ReadyQueue {
    fn take(&self, shuffle: Option<&mut fastrand::Rng>) -> Option<AttemptId> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match shuffle {
            Some(random) if !queue.is_empty() => {
                let place = random.usize(..queue.len());
                queue.remove(place)
            }
            _ => queue.pop_front(),
        }?;
        next.queued.store(false, Ordering::Release);
        Some(next.attempt)
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
