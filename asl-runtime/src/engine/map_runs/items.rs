//! The items of a Map Run, read ahead of it, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use asl_core::Failure;
use asl_core::execution::ItemReader as Fields;
use asl_core::failure::ErrorName;
use asl_core::map_run::{Item, MapRunEvent};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::map_run::{Dataset, ItemReader, Objects, ReadError, ReaderLimits};

/// How many items are read ahead.
const AHEAD: usize = 64;

/// How often a store of objects is asked that does not answer, before the Map Run fails.
const ATTEMPTS: u32 = 10;

/// The wait before the second attempt; it doubles with every further one.
const BACKOFF: Duration = Duration::from_millis(500);

/// Items on their way to a Map Run.
#[derive(Debug)]
pub(super) struct Items(mpsc::Receiver<Read>);

/// What a reader came to.
#[derive(Debug)]
enum Read {
    Item(Item),
    End,
    Failed(Failure),
}

impl Items {
    /// Begins to read, but for the first `taken` items.
    pub(super) fn read(fields: &Fields, taken: u64, objects: Arc<dyn Objects>, clock: Arc<dyn Clock>) -> Self {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let dataset = Dataset::new(fields);
        tokio::spawn(async move {
            let last = match dataset {
                Ok(dataset) => read(&dataset, taken, &objects, &*clock, &sender).await,
                Err(failure) => Read::Failed(failure),
            };
            // Nobody waits for it if the Map Run was stopped.
            let _ = sender.send(last).await;
        });
        Self(receiver)
    }

    /// The next items, up to `wanted`, or that there are no more; drops nothing when it is dropped.
    pub(super) async fn next(&mut self, wanted: usize) -> Vec<MapRunEvent> {
        let mut received = Vec::with_capacity(wanted);
        if self.0.recv_many(&mut received, wanted).await == 0 {
            let cause = "the reading of the items was broken off";
            received.push(Read::Failed(Failure::new(ErrorName::ITEM_READER_FAILED, cause)));
        }
        let (mut items, mut events) = (Vec::with_capacity(received.len()), Vec::with_capacity(2));
        for read in received {
            match read {
                Read::Item(item) => items.push(item),
                Read::End => events.push(MapRunEvent::ItemsEnded),
                Read::Failed(failure) => events.push(MapRunEvent::ItemsFailed(failure)),
            }
        }
        if !items.is_empty() {
            events.insert(0, MapRunEvent::Items(items));
        }
        events
    }
}

/// Reads until the end, or until nobody waits for items any more.
async fn read(
    dataset: &Dataset,
    taken: u64,
    objects: &Arc<dyn Objects>,
    clock: &dyn Clock,
    items: &mpsc::Sender<Read>,
) -> Read {
    let (mut position, mut backoff, mut attempts) = (taken, BACKOFF, 0);
    loop {
        let mut reader = ItemReader::new(Arc::clone(objects), dataset.clone(), ReaderLimits::default());
        let error = match reader.skip(position).await {
            Err(error) => error,
            Ok(_) => loop {
                match reader.next().await {
                    Ok(None) => return Read::End,
                    Ok(Some(item)) => {
                        (position, backoff, attempts) = (reader.position(), BACKOFF, 0);
                        if items.send(Read::Item(item)).await.is_err() {
                            return Read::End;
                        }
                    }
                    Err(error) => break error,
                }
            },
        };
        attempts += 1;
        match error {
            ReadError::Failed(failure) => return Read::Failed(failure),
            ReadError::Unavailable(error) if attempts >= ATTEMPTS => {
                return Read::Failed(Failure::new(ErrorName::ITEM_READER_FAILED, error.to_string()));
            }
            ReadError::Unavailable(error) => tracing::warn!(%error, "the items are read again"),
        }
        clock.sleep(backoff).await;
        backoff *= 2;
    }
}
