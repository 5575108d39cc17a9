//! Pauses between attempts at what may succeed later.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause after an attempt that failed; each further one is twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_mins(1);

/// Pauses, each twice as long as the one before.
#[derive(Debug)]
pub(crate) struct Pauses {
    next: Duration,
}

impl Pauses {
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    /// How long the next pause is, for who pauses by other means.
    pub(crate) fn next(&mut self) -> Duration {
        let next = self.next;
        self.next = next.saturating_mul(2).min(LONGEST);
        next
    }

    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    /// Whether the next pause is over by `last`, the moment when the last attempt may begin; without one there is time.
    pub(crate) fn has_time(&self, last: Option<Instant>) -> bool {
        last.is_none_or(|last| Instant::now() + self.next <= last)
    }
}
