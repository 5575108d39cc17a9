//! The results of a Map Run's children, from the store to the files of its `ResultWriter`.

use std::ops::Range;
use std::sync::{Arc, Weak};
use std::time::Duration;

use asl_core::execution::{ItemSource, Outcome, StartMapRun};
use asl_core::map_run::{EndedChild, PendingChildren};
use asl_core::program::WriterTransformation;
use asl_core::{Failure, MachineType, Value};

use super::Told;
use super::items::Items;
use crate::clock::Clock;
use crate::engine::inner::Inner;
use crate::engine::patience::patiently;
use crate::engine::replay;
use crate::error::Error;
use crate::map_run::{Objects, ResultWriter, WriteError};
use crate::store::{End, ExecutionRecord};

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

/// What there is to write of a Map Run.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) start: Arc<StartMapRun>,
    /// How many children there were.
    pub(super) children: u64,
    /// How often the Map Run was redriven.
    pub(super) redrives: u32,
    /// Those that never were, if some items became none.
    pub(super) pending: Option<PendingChildren>,
}

/// Writes the results of the children, and tells the Map Run.
pub(super) async fn write(engine: Weak<Inner>, mut results: Results) {
    let (mut backoff, mut attempts) = (BACKOFF, 0);
    let map_run_arn = Arc::clone(&results.start.arn);
    let written = loop {
        attempts += 1;
        match write_all(&engine, &mut results).await {
            Ok(()) => break Written::Done,
            Err(Fault::Closing) => return,
            Err(Fault::Store(error)) => break Written::Broken(error),
            Err(Fault::Writer(WriteError::Failed(failure))) => break Written::Failed(failure),
            Err(Fault::Writer(WriteError::Unavailable(error))) if attempts >= ATTEMPTS => {
                break Written::Failed(Failure::new("States.ResultWriterFailed", error.to_string()));
            }
            Err(Fault::Writer(WriteError::Unavailable(error))) => {
                tracing::warn!(map_run = &*map_run_arn, %error, "the results are written again");
            }
        }
        let Some(clock) = engine.upgrade().map(|engine| Arc::clone(&engine.clock)) else { return };
        clock.sleep(backoff).await;
        backoff *= 2;
    };
    if let Some(engine) = engine.upgrade() {
        engine.map_runs.tell(&map_run_arn, Told::Written(written));
    }
}

/// Why results are not written.
enum Fault {
    Writer(WriteError),
    Store(Error),
    /// The engine is gone.
    Closing,
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

async fn write_all(engine: &Weak<Inner>, results: &mut Results) -> Result<(), Fault> {
    let Results { start, children, redrives, pending } = results;
    let upgraded = || engine.upgrade().ok_or(Fault::Closing);
    // A program that writes results is refused where there are no objects.
    let Some(objects) = upgraded()?.objects.clone() else { return Ok(()) };
    let writer = ResultWriter::new(Arc::clone(&objects), Arc::clone(start)).map_err(WriteError::from)?;
    let Some(mut writer) = writer else { return Ok(()) };
    for page in (0..*children).step_by(PAGE) {
        let indices = page..(*children).min(page.saturating_add(PAGE as u64));
        let ended = ended_children(&*upgraded()?, start, *redrives, indices.clone()).await?;
        for (index, ended) in indices.zip(ended) {
            // One that was not started has no result.
            if let Some(ended) = ended {
                writer.ended(index, &ended).await?;
            }
        }
    }
    if let Some(pending) = pending {
        let clock = Arc::clone(&upgraded()?.clock);
        write_pending(&mut writer, pending.clone(), &start.items, objects, clock).await?;
    }
    Ok(writer.finish().await?)
}

/// Goes on reading the items where the Map Run stopped, and writes what would have become of them.
async fn write_pending(
    writer: &mut ResultWriter,
    mut pending: PendingChildren,
    source: &ItemSource,
    objects: Arc<dyn Objects>,
    clock: Arc<dyn Clock>,
) -> Result<(), Fault> {
    /// How many items are taken in at once.
    const ITEMS: usize = 64;

    let mut items = match source {
        ItemSource::Read(reader) if pending.wants_items() => {
            Some(Items::read(reader, pending.items_taken(), objects, clock))
        }
        _ => None,
    };
    loop {
        while let Some(input) = pending.next_input() {
            writer.pending(&input).await?;
        }
        let Some(items) = items.as_mut().filter(|_| pending.wants_items()) else { return Ok(()) };
        for event in items.next(ITEMS).await {
            pending.handle(event);
        }
    }
}

/// What became of the children with these indices, as far as it is written.
async fn ended_children(
    engine: &Inner,
    start: &StartMapRun,
    redrives: u32,
    indices: Range<u64>,
) -> Result<Vec<Option<EndedChild>>, Error> {
    let arns: Vec<_> = indices.map(|index| start.child_arn(index)).collect();
    let records = patiently(&*engine.clock, || engine.store.find_all(&arns)).await?;
    let begun = records.iter().flatten().filter(|record| needed_of(record, start, redrives) == Needed::Input);
    let begun: Vec<_> = begun.map(|record| Arc::clone(&record.execution_arn)).collect();
    let mut starts = patiently(&*engine.clock, || engine.store.first_entries(&begun)).await?.into_iter();
    let mut children = Vec::with_capacity(records.len());
    for record in records {
        let Some(record) = record else {
            children.push(None);
            continue;
        };
        let input = match needed_of(&record, start, redrives) {
            Needed::Output => Value::Null,
            Needed::Input => {
                let first = starts.next().flatten();
                replay::start(first.ok_or(Error::ExecutionDoesNotExist(record.execution_arn))?)?.input
            }
            Needed::Journal => {
                let found = engine.ended_child(&record, start.execution_type).await?;
                children.push(found.map(|found| found.ended));
                continue;
            }
        };
        children.push(record.standing.end().map(|End { outcome, stop_date }| EndedChild {
            outcome: outcome.clone(),
            input,
            started_at: record.opening.start_date,
            stopped_at: *stop_date,
            redrive_count: 0,
            not_redrivable: None,
        }));
    }
    Ok(children)
}

/// How much of a child is to be read besides its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needed {
    /// Nothing: its output alone is written.
    Output,
    Input,
    /// Everything: it may have been redriven, or could be.
    Journal,
}

fn needed_of(record: &ExecutionRecord, start: &StartMapRun, redrives: u32) -> Needed {
    let transformation = start.result_writer.as_ref().and_then(|writer| writer.config.transformation);
    let is_succeeded = record.standing.end().is_some_and(|end| matches!(end.outcome, Outcome::Succeeded(_)));
    match transformation {
        _ if !is_succeeded => Needed::Journal,
        Some(WriterTransformation::Compact | WriterTransformation::Flatten) => Needed::Output,
        _ if redrives == 0 || start.execution_type == MachineType::Express => Needed::Input,
        _ => Needed::Journal,
    }
}
