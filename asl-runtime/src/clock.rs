//! Where the time comes from: the system, tokio, or a virtual clock that stands still until it is told.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use asl_core::Timestamp;
use async_trait::async_trait;

/// Tells the time, and lets time pass.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Returns once [`now`](Self::now) is at least `deadline`; dropping the future cancels the sleep.
    async fn sleep_until(&self, deadline: Timestamp);

    /// Returns after `duration`.
    async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.now().saturating_add(duration)).await;
    }
}

/// The system's clock; sleeping needs a tokio runtime with its timer enabled.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The longest sleep without a look at the system's clock, which people and time servers may set.
    const LONGEST_SLEEP: Duration = Duration::from_hours(1);
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::UNIX_EPOCH.saturating_add(since_epoch)
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        loop {
            let remaining = deadline.since(self.now());
            if remaining.is_zero() {
                return;
            }
            tokio::time::sleep(remaining.min(Self::LONGEST_SLEEP)).await;
        }
    }
}

/// Tokio's clock, counted from a start: under `#[tokio::test(start_paused = true)]` an engine runs in virtual time.
#[derive(Debug, Clone)]
pub struct TokioClock {
    started_at: Timestamp,
    origin: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that shows `now` at this moment and goes on with tokio's.
    pub fn starting_at(now: Timestamp) -> Self {
        Self { started_at: now, origin: tokio::time::Instant::now() }
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.started_at.saturating_add(self.origin.elapsed())
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        tokio::time::sleep(deadline.since(self.now())).await;
    }
}

/// A clock that only moves when it is advanced; clones show the same time.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use asl_runtime::clock::{Clock, VirtualClock};
///
/// let clock = VirtualClock::default();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.now().to_string(), "1970-01-01T00:01:30.000Z");
/// ```
#[derive(Debug, Clone, Default)]
pub struct VirtualClock(Arc<Mutex<VirtualTime>>);

#[derive(Debug, Default)]
struct VirtualTime {
    now: Timestamp,
    sleepers: BTreeMap<SleeperKey, Waker>,
    sleeps: u64,
}

/// Sleepers wake in the order of their deadlines, and among equals in the order in which they fell asleep.
type SleeperKey = (Timestamp, u64);

impl VirtualClock {
    /// A clock that shows `now`.
    pub fn starting_at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(VirtualTime { now, ..VirtualTime::default() })))
    }

    /// Moves the clock on by `duration` and wakes who slept until then.
    pub fn advance(&self, duration: Duration) {
        let target = self.now().saturating_add(duration);
        self.advance_to(target);
    }

    /// Moves the clock on to `target` and wakes who slept until then; a clock never goes back.
    pub fn advance_to(&self, target: Timestamp) {
        let woken = self.with(|time| {
            time.now = time.now.max(target);
            let asleep = time.sleepers.split_off(&(time.now, u64::MAX));
            std::mem::replace(&mut time.sleepers, asleep)
        });
        woken.into_values().for_each(Waker::wake);
    }

    /// The earliest time that somebody sleeps until.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.with(|time| time.sleepers.keys().next().map(|(deadline, _)| *deadline))
    }

    fn with<T>(&self, action: impl FnOnce(&mut VirtualTime) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.with(|time| time.now)
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        VirtualSleep { clock: self, deadline, key: None }.await;
    }
}

/// A sleep on a [`VirtualClock`]; it leaves nothing behind when dropped.
struct VirtualSleep<'a> {
    clock: &'a VirtualClock,
    deadline: Timestamp,
    key: Option<SleeperKey>,
}

impl Future for VirtualSleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (deadline, known) = (self.deadline, self.key);
        let key = self.clock.with(|time| {
            if time.now >= deadline {
                return None;
            }
            let key = known.unwrap_or_else(|| {
                time.sleeps += 1;
                (deadline, time.sleeps)
            });
            time.sleepers.insert(key, context.waker().clone());
            Some(key)
        });
        self.key = key;
        if key.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for VirtualSleep<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.with(|time| time.sleepers.remove(&key));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn sleepers_wake_when_their_time_has_come_and_not_before() {
        let clock = VirtualClock::starting_at(Timestamp::from_millis(1_000));
        let mut sleep = std::pin::pin!(clock.sleep(Duration::from_secs(2)));
        assert!(poll(sleep.as_mut()).is_pending());
        assert_eq!(clock.next_wake(), Some(Timestamp::from_millis(3_000)));
        clock.advance(Duration::from_millis(1_999));
        assert!(poll(sleep.as_mut()).is_pending());
        clock.advance(Duration::from_millis(1));
        assert!(poll(sleep.as_mut()).is_ready());
        assert_eq!(clock.next_wake(), None);
    }

    #[test]
    fn a_dropped_sleep_is_forgotten() {
        let clock = VirtualClock::default();
        {
            let mut sleep = std::pin::pin!(clock.sleep(Duration::from_secs(2)));
            assert!(poll(sleep.as_mut()).is_pending());
        }
        assert_eq!(clock.next_wake(), None);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let clock = VirtualClock::starting_at(Timestamp::from_millis(5));
        clock.advance_to(Timestamp::from_millis(3));
        assert_eq!(clock.now(), Timestamp::from_millis(5));
    }

    #[tokio::test(start_paused = true)]
    async fn tokio_time_can_stand_still() {
        let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
        clock.sleep(Duration::from_hours(365 * 24)).await;
        assert_eq!(clock.now().to_string(), "1971-01-01T00:00:00.000Z");
    }
}
