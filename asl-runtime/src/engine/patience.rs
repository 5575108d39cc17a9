//! Asking a store again that may answer later.

use std::time::Duration;

use crate::clock::Clock;
use crate::store::StoreError;

/// How often a call is made while the store says that it may succeed later.
const ATTEMPTS: u32 = 6;

/// The wait before the second attempt; it doubles with every further one.
const BACKOFF: Duration = Duration::from_millis(20);

/// Makes `call` until the store answers, but not for ever.
pub(super) async fn patiently<T, Calling>(clock: &dyn Clock, mut call: impl FnMut() -> Calling) -> Result<T, StoreError>
where
    Calling: Future<Output = Result<T, StoreError>>,
{
    let mut backoff = BACKOFF;
    for _ in 1..ATTEMPTS {
        match call().await {
            Err(error) if error.is_retryable() => tracing::warn!(%error, "the store is asked again"),
            result => return result,
        }
        clock.sleep(backoff).await;
        backoff *= 2;
    }
    call().await
}
