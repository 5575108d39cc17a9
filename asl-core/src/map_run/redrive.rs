//! Redrive: a Map Run that did not succeed goes on with the children that did not, and with those that never began.
//!
//! See [Redriving Map Runs](https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html).

use super::counts::Unsuccessful;
use super::{MapRun, MapRunCommand, Phase, Running};
use crate::execution::MapRunId;

impl MapRun {
    /// What failed does not count any more: failures of the redrive alone are held against the tolerance.
    pub(super) fn redrive(&mut self, map_run: MapRunId, redrive_count: u32) {
        let progress = &mut self.progress;
        progress.start.map_run = map_run;
        progress.start.redrive_count = redrive_count;
        progress.redriven_at = Some(progress.now);
        progress.phase = Phase::Running;
        progress.pending_redrive = std::mem::take(&mut progress.unsuccessful);
        progress.items.redriven();
        progress.executions.redriven();
    }

    /// Returns whether there was one to redrive.
    pub(super) fn redrive_next_child(&mut self) -> bool {
        let Some((index, Unsuccessful { items, .. })) = self.progress.pending_redrive.pop_first() else { return false };
        self.forget_result(index);
        self.progress.running.insert(index, Running { items, start: None, redrive: true });
        self.commands.push_back(MapRunCommand::RedriveChild { index });
        true
    }

    /// Children that were not redriven stay as they ended.
    pub(super) fn give_up_redrives(&mut self) {
        for (index, child) in std::mem::take(&mut self.progress.pending_redrive) {
            self.count_unsuccessful(index, child);
        }
    }

    pub(super) fn count_unsuccessful(&mut self, index: u64, child: Unsuccessful) {
        self.progress.items.unsuccessful(child, child.items);
        self.progress.executions.unsuccessful(child, 1);
        self.progress.unsuccessful.insert(index, child);
    }
}
