//! A store that fails as it is told to, for tests of what uses stores.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot};
use async_trait::async_trait;

use super::{
    Batch, Collection, Document, DocumentKey, ExecutionQuery, ExecutionRecord, Journal, OwnerId, Post, Store,
    StoreError,
};
use crate::clock::Clock;

/// Which faults a [`FaultyStore`] has, how often; the same seed gives the same faults. By default there are none.
#[derive(Debug, Clone)]
pub struct Faults {
    seed: u64,
    refused: f64,
    lost: f64,
    slow: Option<Slow>,
}

#[derive(Debug, Clone)]
struct Slow {
    often: f64,
    at_most: Duration,
    clock: Arc<dyn Clock>,
}

impl Faults {
    /// No faults yet; `seed` says which calls will have them.
    pub fn seeded(seed: u64) -> Self {
        Self { seed, refused: 0.0, lost: 0.0, slow: None }
    }

    /// This part of the calls, from 0 to 1, does nothing and is [`StoreError::Unavailable`].
    #[must_use]
    pub fn refused(self, part: f64) -> Self {
        Self { refused: part, ..self }
    }

    /// This part of the calls, from 0 to 1, is done, and is [`StoreError::Unavailable`] nevertheless.
    #[must_use]
    pub fn lost(self, part: f64) -> Self {
        Self { lost: part, ..self }
    }

    /// This part of the calls, from 0 to 1, takes up to `at_most` longer by `clock`.
    #[must_use]
    pub fn slow(self, part: f64, at_most: Duration, clock: impl Clock) -> Self {
        Self { slow: Some(Slow { often: part, at_most, clock: Arc::new(clock) }), ..self }
    }
}

/// A store with faults; what it acknowledges, the store inside has acknowledged. Clones share everything.
///
/// Where tokio's clock is paused, it stands still while the store inside works: a store with threads of its own takes
/// real time, during which leases and timeouts of virtual time would end.
/// Its calls are made within a tokio runtime.
#[derive(Debug, Clone)]
pub struct FaultyStore<S> {
    inner: S,
    faults: Faults,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    random: fastrand::Rng,
    /// What the next calls fail with.
    next: VecDeque<StoreError>,
    is_cut_off: bool,
    /// What was claimed while the answer got lost.
    untold: HashMap<OwnerId, Vec<ExecutionRecord>>,
}

/// What a call comes to.
enum Fate {
    Done,
    Refused(StoreError),
    Lost(StoreError),
}

struct Drawn {
    fate: Fate,
    delay: Option<Duration>,
}

impl<S: Store> FaultyStore<S> {
    /// `store`, with faults.
    pub fn new(store: S, faults: Faults) -> Self {
        let random = fastrand::Rng::with_seed(faults.seed);
        let state = State { random, next: VecDeque::new(), is_cut_off: false, untold: HashMap::new() };
        Self { inner: store, faults, state: Arc::new(Mutex::new(state)) }
    }

    /// The store inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Makes the next append fail with `error`, without being done; several errors are for as many appends, in order.
    pub fn fail_next_append(&self, error: StoreError) {
        self.state().next.push_back(error);
    }

    /// From now on no call reaches the store inside, and all are [`StoreError::Unavailable`], until
    /// [`reconnect`](Self::reconnect): as for a process that lives on behind a network that does not.
    pub fn cut_off(&self) {
        self.state().is_cut_off = true;
    }

    /// Calls reach the store inside again.
    pub fn reconnect(&self) {
        self.state().is_cut_off = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the next call comes to, after the time that it takes longer.
    async fn fate(&self) -> Fate {
        let Drawn { fate, delay } = self.draw();
        if let Some((slow, delay)) = self.faults.slow.as_ref().zip(delay) {
            slow.clock.sleep(delay).await;
        }
        fate
    }

    fn draw(&self) -> Drawn {
        let mut state = self.state();
        let unavailable = |how: &str| StoreError::Unavailable(format!("injected: {how}").into());
        // The numbers are always drawn, so that one fault does not shift the others.
        let (kind, slowness, share) = (state.random.f64(), state.random.f64(), state.random.f64());
        let fate = if state.is_cut_off {
            Fate::Refused(unavailable("cut off"))
        } else if kind < self.faults.refused {
            Fate::Refused(unavailable("not done"))
        } else if kind < self.faults.refused + self.faults.lost {
            Fate::Lost(unavailable("done, and the answer lost"))
        } else {
            Fate::Done
        };
        let slow = self.faults.slow.as_ref().filter(|slow| slowness < slow.often);
        Drawn { fate, delay: slow.map(|slow| slow.at_most.mul_f64(share)) }
    }

    /// Does `call`, or not, as fate has it.
    async fn call<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        match self.fate().await {
            Fate::Refused(error) => Err(error),
            Fate::Done => while_time_stands_still(call).await,
            Fate::Lost(error) => while_time_stands_still(call).await.and(Err(error)),
        }
    }
}

/// A paused clock of tokio does not run ahead while blocking work is under way.
async fn while_time_stands_still<T>(call: impl Future<Output = T>) -> T {
    let (_ended, until_ended) = std::sync::mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || until_ended.recv());
    call.await
}

#[async_trait]
impl<S: Store> Store for FaultyStore<S> {
    async fn join(&self, lease_until: Timestamp) -> Result<OwnerId, StoreError> {
        self.call(self.inner.join(lease_until)).await
    }

    async fn renew(&self, owner: OwnerId, lease_until: Timestamp) -> Result<(), StoreError> {
        self.call(self.inner.renew(owner, lease_until)).await
    }

    async fn leave(&self, owner: OwnerId) -> Result<(), StoreError> {
        self.call(self.inner.leave(owner)).await
    }

    async fn claim(&self, owner: OwnerId, now: Timestamp, limit: usize) -> Result<Vec<ExecutionRecord>, StoreError> {
        let fate = self.fate().await;
        if let Fate::Refused(error) = fate {
            return Err(error);
        }
        let mut claimed = self.state().untold.remove(&owner).unwrap_or_default();
        let claim = self.inner.claim(owner, now, limit.saturating_sub(claimed.len()));
        match while_time_stands_still(claim).await {
            Ok(more) => claimed.extend(more),
            Err(error) => {
                self.state().untold.insert(owner, claimed);
                return Err(error);
            }
        }
        let told = claimed.len().min(limit);
        let untold = match fate {
            Fate::Lost(_) => claimed.clone(),
            _ => claimed.split_off(told),
        };
        self.state().untold.entry(owner).or_default().extend(untold);
        match fate {
            Fate::Lost(error) => Err(error),
            _ => Ok(claimed),
        }
    }

    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError> {
        let next = self.state().next.pop_front();
        match next {
            Some(error) => Err(error),
            None => self.call(self.inner.append(owner, batches)).await,
        }
    }

    async fn save_snapshot(
        &self,
        owner: OwnerId,
        execution_arn: &str,
        version: u64,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        self.call(self.inner.save_snapshot(owner, execution_arn, version, snapshot)).await
    }

    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        self.call(self.inner.load(execution_arn)).await
    }

    async fn load_from_start(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        self.call(self.inner.load_from_start(execution_arn)).await
    }

    async fn find(&self, execution_arn: &str) -> Result<Option<ExecutionRecord>, StoreError> {
        self.call(self.inner.find(execution_arn)).await
    }

    async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, StoreError> {
        self.call(self.inner.list(query)).await
    }

    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError> {
        self.call(self.inner.remove(execution_arns)).await
    }

    async fn post(&self, execution_arn: &str, event: &Event) -> Result<(), StoreError> {
        self.call(self.inner.post(execution_arn, event)).await
    }

    async fn posts(&self, owner: OwnerId, limit: usize) -> Result<Vec<Post>, StoreError> {
        self.call(self.inner.posts(owner, limit)).await
    }

    async fn put(&self, key: DocumentKey<'_>, expected: Option<u64>, body: &str) -> Result<u64, StoreError> {
        self.call(self.inner.put(key, expected, body)).await
    }

    async fn get(&self, key: DocumentKey<'_>) -> Result<Option<Document>, StoreError> {
        self.call(self.inner.get(key)).await
    }

    async fn scan(&self, collection: Collection, after: &str, limit: usize) -> Result<Vec<Document>, StoreError> {
        self.call(self.inner.scan(collection, after, limit)).await
    }

    async fn delete(&self, key: DocumentKey<'_>) -> Result<(), StoreError> {
        self.call(self.inner.delete(key)).await
    }
}
