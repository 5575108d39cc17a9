//! How a Map Run begins here, or goes on where it was saved last.

use std::sync::Arc;

use asl_core::Program;
use asl_core::execution::StartMapRun;
use asl_core::map_run::{MapRun, MapRunEvent, MapRunOutcome, MapRunSnapshot};

use super::document::{MapRunDocument, Stage};
use super::run::Halt;
use super::{Next, Origin};
use crate::engine::inner::Inner;
use crate::error::Error;
use crate::store::StoreError;

/// A Map Run that begins or goes on.
pub(super) struct Begun {
    pub(super) program: Program,
    pub(super) machine: MapRun,
    /// The revision of its document, if there is one.
    pub(super) revision: Option<u64>,
    /// What its document is to say before anything else; what it says is true otherwise, and says more.
    pub(super) stage: Option<Stage>,
    /// Whether children may be in the store that the machine does not know of.
    pub(super) is_resumed: bool,
}

impl Inner {
    /// The Map Run that is to begin or go on; nothing if there is nothing left to do.
    pub(super) async fn begin_map_run(
        &self,
        arn: &Arc<str>,
        execution_arn: &Arc<str>,
        origin: Origin,
    ) -> Result<Option<Begun>, Halt> {
        match (MapRunDocument::find(&*self.store, arn).await?, origin) {
            (None, Origin::Left) => Ok(None),
            (None, Origin::Asked { start, program }) => {
                let stage = Some(Stage::Begun(start.clone()));
                // Of a redrive of which nothing was kept the children may still be there.
                let is_resumed = start.redrive_count > 0;
                let machine = MapRun::start(program.clone(), *start, self.clock.now());
                Ok(Some(Begun { program, machine, revision: None, stage, is_resumed }))
            }
            (Some((document, revision)), Origin::Asked { start, program }) if start.map_run != document.map_run => {
                self.redrive_map_run(arn, execution_arn, document, revision, start, program).await
            }
            (Some((document, revision)), origin) => {
                let Some(mut begun) = self.resume(arn, document, revision).await? else { return Ok(None) };
                if matches!(origin, Origin::Left) {
                    self.abort_map_run(&mut begun.machine);
                }
                Ok(Some(begun))
            }
        }
    }

    /// Goes on with what did not succeed; one that has not ended yet is to do so before.
    async fn redrive_map_run(
        &self,
        arn: &Arc<str>,
        execution_arn: &Arc<str>,
        document: MapRunDocument,
        revision: u64,
        start: Box<StartMapRun>,
        program: Program,
    ) -> Result<Option<Begun>, Halt> {
        let map_run = start.map_run;
        match document {
            MapRunDocument { stage: Stage::Ended(_), rest: Some(rest), .. } => {
                let mut machine = restored(&program, (*rest).clone())?;
                let redriven = MapRunEvent::Redriven { map_run, redrive_count: start.redrive_count };
                machine.handle(self.clock.now(), redriven).map_err(|error| broken(&error))?;
                let stage = Some(Stage::Redriven(rest));
                Ok(Some(Begun { program, machine, revision: Some(revision), stage, is_resumed: true }))
            }
            // The execution ended before it was told, or there is nothing to go on with.
            MapRunDocument { stage: Stage::Ended(outcome), .. } => {
                self.tell_outcome(execution_arn, map_run, outcome).await?;
                Ok(None)
            }
            document => {
                let origin = Origin::Asked { start, program };
                self.map_runs.put_next(arn, Next { execution_arn: Arc::clone(execution_arn), map_run, origin });
                let Some(mut begun) = self.resume(arn, document, revision).await? else { return Ok(None) };
                self.abort_map_run(&mut begun.machine);
                Ok(Some(begun))
            }
        }
    }

    /// The Map Run as its document leaves it; one that ended tells so again, for who was to be told may not have been.
    async fn resume(&self, arn: &Arc<str>, document: MapRunDocument, revision: u64) -> Result<Option<Begun>, Halt> {
        let program = self.program(&document.program).await?;
        let started_at = document.started_at();
        let (redriven_at, redriven) = document.redriven();
        let machine = match document.stage {
            Stage::Begun(start) => MapRun::start(program.clone(), *start, started_at),
            Stage::Redriven(rest) => {
                let mut machine = restored(&program, *rest)?;
                machine.handle(redriven_at, redriven).map_err(|error| broken(&error))?;
                machine
            }
            Stage::Running(snapshot) => restored(&program, *snapshot)?,
            Stage::Ended(outcome) => {
                let is_successful = matches!(outcome, MapRunOutcome::Succeeded(_));
                self.tell_outcome(&document.execution_arn, document.map_run, outcome).await?;
                if is_successful {
                    self.release_children(arn).await?;
                }
                return Ok(None);
            }
        };
        Ok(Some(Begun { program, machine, revision: Some(revision), stage: None, is_resumed: true }))
    }

    fn abort_map_run(&self, machine: &mut MapRun) {
        // One that is ending is not told.
        let _ = machine.handle(self.clock.now(), MapRunEvent::Aborted);
    }
}

fn restored(program: &Program, snapshot: MapRunSnapshot) -> Result<MapRun, Error> {
    Ok(MapRun::restore(program.clone(), snapshot).map_err(|error| broken(&error))?)
}

fn broken(error: &dyn std::error::Error) -> StoreError {
    StoreError::Broken(error.to_string().into())
}
