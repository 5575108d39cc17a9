//! The results of a Map Run's children, from the store to the files of its `ResultWriter`.

use std::sync::{Arc, Weak};
use std::time::Duration;

use asl_core::execution::{Outcome, StartMapRun};
use asl_core::program::WriterTransformation;
use asl_core::{Failure, Value};

use super::{Told, children};
use crate::clock::Clock;
use crate::engine::inner::Inner;
use crate::engine::patience::patiently;
use crate::engine::replay;
use crate::error::Error;
use crate::map_run::{Objects, ResultWriter, WriteError};
use crate::store::{ExecutionRecord, Store};

/// How often results are written to objects that cannot be reached, before the Map Run fails.
const ATTEMPTS: u32 = 10;

/// The wait before the second attempt; it doubles with every further one.
const BACKOFF: Duration = Duration::from_millis(500);

/// How many children are read at once: with the largest payloads they take 16 MiB.
const PAGE: usize = 32;

/// What became of writing the results.
#[derive(Debug)]
pub(super) enum Written {
    Done,
    Failed(Failure),
    /// The store of the executions failed.
    Broken(Error),
}

/// Writes the results of the first `children` children, and tells the Map Run.
pub(super) async fn write(engine: Weak<Inner>, start: Arc<StartMapRun>, children: u64) {
    let Some((store, objects, clock)) =
        engine.upgrade().map(|engine| (Arc::clone(&engine.store), engine.objects.clone(), Arc::clone(&engine.clock)))
    else {
        return;
    };
    let mut backoff = BACKOFF;
    let mut attempts = 0;
    let written = loop {
        attempts += 1;
        match write_all(&*store, &*clock, objects.clone(), &start, children).await {
            Ok(()) => break Written::Done,
            Err(Fault::Store(error)) => break Written::Broken(error),
            Err(Fault::Writer(WriteError::Failed(failure))) => break Written::Failed(failure),
            Err(Fault::Writer(WriteError::Unavailable(error))) if attempts >= ATTEMPTS => {
                break Written::Failed(Failure::new("States.ResultWriterFailed", error.to_string()));
            }
            Err(Fault::Writer(WriteError::Unavailable(error))) => {
                tracing::warn!(map_run = &*start.arn, %error, "the results are written again");
            }
        }
        clock.sleep(backoff).await;
        backoff *= 2;
    };
    if let Some(engine) = engine.upgrade() {
        engine.map_runs.tell(&start.arn, Told::Written(written));
    }
}

/// Why results are not written.
enum Fault {
    Writer(WriteError),
    Store(Error),
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        Self::Writer(error)
    }
}

impl<E: Into<Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

async fn write_all(
    store: &dyn Store,
    clock: &dyn Clock,
    objects: Option<Arc<dyn Objects>>,
    start: &Arc<StartMapRun>,
    children: u64,
) -> Result<(), Fault> {
    // A program that writes results is refused where there are no objects.
    let Some(objects) = objects else { return Ok(()) };
    let writer = ResultWriter::new(objects, Arc::clone(start)).map_err(WriteError::from)?;
    let Some(mut writer) = writer else { return Ok(()) };
    for page in (0..children).step_by(PAGE) {
        let indices = page..children.min(page.saturating_add(PAGE as u64));
        let arns: Vec<_> = indices.clone().map(|index| start.child_arn(index)).collect();
        let records = patiently(clock, || store.find_all(&arns)).await?;
        let needing = records.iter().flatten().filter(|record| needs_input(start, record));
        let needing: Vec<_> = needing.map(|record| Arc::clone(&record.execution_arn)).collect();
        let first_entries = patiently(clock, || store.first_entries(&needing)).await?;
        let mut first_entries = needing.iter().zip(first_entries).peekable();
        for (index, record) in indices.zip(records) {
            // One that was not started has no result.
            let Some(record) = record else { continue };
            let first = first_entries.next_if(|(execution_arn, _)| **execution_arn == record.execution_arn);
            let input = match first {
                None => Value::Null,
                Some((_, Some(first))) => replay::start(first)?.input,
                Some((execution_arn, None)) => {
                    return Err(Error::ExecutionDoesNotExist(Arc::clone(execution_arn)).into());
                }
            };
            if let Some(ended) = children::ended_of(&record, input) {
                writer.ended(index, &ended).await?;
            }
        }
    }
    Ok(writer.finish().await?)
}

/// Whether the input of a child is written.
fn needs_input(start: &StartMapRun, record: &ExecutionRecord) -> bool {
    let transformation = start.result_writer.as_ref().and_then(|writer| writer.config.transformation);
    let succeeded = record.standing.end().is_some_and(|end| matches!(end.outcome, Outcome::Succeeded(_)));
    !(succeeded && matches!(transformation, Some(WriterTransformation::Compact | WriterTransformation::Flatten)))
}
