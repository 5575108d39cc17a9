//! The children that a Map Run would still have started, had it not ended before.

use std::collections::VecDeque;

use super::{MapRun, MapRunEvent, MapRunOutcome, Phase};
use crate::failure::ErrorName;
use crate::value::Value;

/// The children that a Map Run that failed or was aborted never started; a redrive starts them.
///
/// Like the Map Run it is fed the items of its source, and changes nothing of the Map Run.
#[derive(Debug, Clone)]
pub struct PendingChildren(MapRun);

impl MapRun {
    /// The children that were not started, once every other has ended and if not all of them were.
    pub fn pending_children(&self) -> Option<PendingChildren> {
        let (Phase::Writing(outcome) | Phase::Ended(outcome)) = &self.progress.phase else { return None };
        if matches!(outcome, MapRunOutcome::Succeeded(_)) || !self.has_more_items() {
            return None;
        }
        let mut progress = self.progress.clone();
        // What cannot be read has no more items to tell of.
        if let MapRunOutcome::Failed(failure) = outcome {
            progress.source_ended |= failure.is(ErrorName::ITEM_READER_FAILED);
        }
        progress.phase = Phase::Running;
        Some(PendingChildren(Self { program: self.program.clone(), progress, commands: VecDeque::new() }))
    }
}

impl PendingChildren {
    /// The input of the next child; none until there are more items.
    ///
    /// Items that no input can be made of are left out.
    pub fn next_input(&mut self) -> Option<Value> {
        loop {
            if let Ok(next) = self.0.next_input() {
                return next.map(|(input, _)| input);
            }
        }
    }

    /// Whether it waits for items of the source.
    pub fn wants_items(&self) -> bool {
        !self.0.progress.source_ended
    }

    /// How many items of the source it took, or the Map Run did.
    pub fn items_taken(&self) -> u64 {
        self.0.items_taken()
    }

    /// Takes in items, or that there are no more; anything else changes nothing.
    pub fn handle(&mut self, event: MapRunEvent) {
        match event {
            MapRunEvent::Items(items) => self.0.progress.waiting.extend(items),
            MapRunEvent::ItemsEnded | MapRunEvent::ItemsFailed(_) => self.0.progress.source_ended = true,
            _ => {}
        }
    }
}
