//! The children of a Map Run: started once, found again, stopped.

use std::sync::Arc;

use asl_core::execution::{Event, Outcome};
use asl_core::map_run::{EndedChild, MapRunEvent, StartChild};
use asl_core::{Failure, MachineType, Value};

use super::run::{Halt, Runner};
use crate::engine::hosted::{HostedExecution, Keeping};
use crate::engine::inner::Inner;
use crate::engine::patience::patiently;
use crate::engine::worker::{Message, Opened, Told};
use crate::error::Error;
use crate::store::{End, ExecutionQuery, ExecutionRecord, Parent};

/// How many children are let go at once.
const PAGE: usize = 500;

impl Runner {
    /// Gives a new child to its worker, unless it is here.
    pub(super) async fn start_child(&mut self, engine: &Inner, child: &StartChild) -> Result<(), Halt> {
        let index = child.index;
        let start = child.start(&self.start);
        let parent = Some(Parent::MapRun { map_run_arn: Arc::clone(&self.arn), index });
        let keeping = match self.start.execution_type {
            MachineType::Express => Keeping::RecordedAtEnd,
            MachineType::Standard => Keeping::Journalled,
        };
        let number = engine.next_number();
        // Once the child is known to others, nothing may keep it from being started: so the place comes first.
        let place = engine.worker_of(number)?.reserve().await.map_err(|_| Halt::Closing)?;
        let execution = Arc::new(HostedExecution::new(number, Arc::clone(&start.id), parent.clone(), keeping));
        match engine.host(&execution) {
            Ok(()) => {
                let opened = Opened { program: self.child_program.clone(), start, parent };
                place.send(Message::Tell(execution, Told::Start(Box::new(opened))));
            }
            Err(known) if known.start_date().is_some() => self.child_started(index),
            // It will be told.
            Err(_) => {}
        }
        Ok(())
    }

    /// Finds out what became of a child of which nothing was heard; starts it if it never was.
    pub(super) async fn look_for_child(&mut self, engine: &Inner, index: u64) -> Result<(), Halt> {
        if !self.machine.runs_child(index) {
            self.away.remove(&index);
            return Ok(());
        }
        let arn = self.start.child_arn(index);
        if let Some(execution) = engine.hosted(&arn) {
            self.away.remove(&index);
            if execution.start_date().is_some() {
                self.child_started(index);
            }
            if self.is_stopping {
                let _ = engine.send(execution, Told::Event(stopped(), None)).await;
            }
            return Ok(());
        }
        self.away.insert(index);
        match patiently(&*engine.clock, || engine.store.find(&arn)).await? {
            Some(record) if record.standing.end().is_some() => {
                let input = engine.stored_start(&arn).await?.input;
                if let Some(ended) = ended_of(&record, input) {
                    self.child_ended(index, ended);
                }
            }
            Some(_) => {
                self.child_started(index);
                if self.is_stopping {
                    let stopped = stopped();
                    patiently(&*engine.clock, || engine.store.post(&arn, &stopped)).await?;
                }
            }
            None => match self.unconfirmed.get(&index).cloned() {
                Some(child) if self.is_stopping => {
                    let outcome = Outcome::Aborted(Failure::from_parts(None, None));
                    let now = self.clock.now();
                    let ended = EndedChild { outcome, input: child.input, started_at: now, stopped_at: now };
                    self.child_ended(index, ended);
                }
                Some(child) => {
                    self.away.remove(&index);
                    self.start_child(engine, &child).await?;
                }
                None => return Err(Error::ExecutionDoesNotExist(arn).into()),
            },
        }
        Ok(())
    }

    pub(super) fn child_started(&mut self, index: u64) {
        if self.unconfirmed.remove(&index).is_some() {
            self.handle(MapRunEvent::ChildStarted { index });
        }
    }

    pub(super) fn child_ended(&mut self, index: u64, ended: EndedChild) {
        self.unconfirmed.remove(&index);
        self.away.remove(&index);
        self.unsaved += 1;
        self.handle(MapRunEvent::ChildEnded { index, ended });
    }
}

impl Inner {
    /// Lets go of the children of a Map Run that ended: the newest are kept like other executions that ended.
    pub(super) async fn release_children(&self, map_run_arn: &Arc<str>) -> Result<(), Error> {
        let mut query = ExecutionQuery {
            parent_arn: Some(Arc::clone(map_run_arn)),
            limit: Some(PAGE),
            ..ExecutionQuery::default()
        };
        let mut kept = Vec::new();
        loop {
            let page = self.store.list(&query).await?;
            query.before = page.last().map(|record| record.number);
            let is_last = page.len() < PAGE;
            let mut arns: Vec<_> = page.into_iter().map(|record| record.execution_arn).collect();
            let surplus = arns.split_off(self.retained.saturating_sub(kept.len()).min(arns.len()));
            self.remove(&surplus).await;
            kept.extend(arns);
            if is_last {
                break;
            }
        }
        // The newest came first.
        let surplus = self.retain(kept.into_iter().rev());
        self.remove(&surplus).await;
        Ok(())
    }
}

/// A child that ended here, while it is still in memory.
pub(super) fn ended(execution: &HostedExecution, end: &End) -> Option<EndedChild> {
    let input = execution.look(|driver, _| driver.execution().started_with().input.clone())?;
    let End { outcome, stop_date } = end.clone();
    Some(EndedChild { outcome, input, started_at: execution.start_date()?, stopped_at: stop_date })
}

/// A child that ended, of the store.
pub(super) fn ended_of(record: &ExecutionRecord, input: Value) -> Option<EndedChild> {
    let started_at = record.opening.start_date;
    let End { outcome, stop_date } = record.standing.end()?.clone();
    Some(EndedChild { outcome, input, started_at, stopped_at: stop_date })
}

/// A child is stopped without an error or a cause.
fn stopped() -> Event {
    Event::Stopped { failure: Failure::from_parts(None, None) }
}
