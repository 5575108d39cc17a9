//! The children of a Map Run: started once, found again, stopped.

use std::sync::Arc;

use asl_core::execution::{Event, NotRedrivable, Outcome, Start};
use asl_core::map_run::{EndedChild, MapRunEvent, StartChild};
use asl_core::{Failure, MachineType, Value};

use super::run::{Halt, Runner};
use crate::driver::Driver;
use crate::engine::hosted::{HostedExecution, Keeping};
use crate::engine::inner::Inner;
use crate::engine::patience::patiently;
use crate::engine::replay;
use crate::engine::worker::{Message, Opened, Told};
use crate::error::Error;
use crate::store::{End, ExecutionQuery, ExecutionRecord, Inbound, Parent};

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
        if self.redriving.contains(&index) {
            return self.redrive_child(engine, index).await;
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
                if let Some(found) = engine.ended_child(&record, self.start.execution_type).await? {
                    self.child_ended(index, found.ended);
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
                    let ended = self.aborted(child.input, None);
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

    /// Redrives a child, unless that was done before; one that cannot be redriven stays as it ended.
    pub(super) async fn redrive_child(&mut self, engine: &Inner, index: u64) -> Result<(), Halt> {
        let arn = self.start.child_arn(index);
        if let Some(execution) = engine.hosted(&arn) {
            // It was told before.
            self.away.remove(&index);
            if self.is_stopping {
                let _ = engine.send(execution, Told::Event(stopped(), None)).await;
            }
            return Ok(());
        }
        let Some(record) = patiently(&*engine.clock, || engine.store.find(&arn)).await? else {
            // It was removed from the store, and nothing is left to go on with.
            let ended = self.aborted(Value::Null, Some(NotRedrivable::Expired));
            self.child_ended(index, ended);
            return Ok(());
        };
        let Some(found) = engine.ended_child(&record, self.start.execution_type).await? else {
            self.away.insert(index);
            self.child_started(index);
            if self.is_stopping {
                let stopped = stopped();
                patiently(&*engine.clock, || engine.store.post(&arn, &stopped)).await?;
            }
            return Ok(());
        };
        let token = self.redrive_token();
        let Found { ended, start, last_token } = found;
        let was_redriven = last_token.as_ref() == Some(&token);
        if was_redriven || self.is_stopping || ended.outcome.failure().is_none() || ended.not_redrivable.is_some() {
            self.child_ended(index, ended);
            return Ok(());
        }
        self.away.remove(&index);
        let number = engine.next_number();
        let (execution, told) = match self.start.execution_type {
            MachineType::Standard => {
                let event = Event::RedrivenOnce { client_token: token };
                (HostedExecution::stored(number, &record), Told::Event(event, None))
            }
            MachineType::Express => {
                let parent = record.opening.parent.clone();
                let begun_before = u32::try_from(ended.redrive_count).unwrap_or(u32::MAX).saturating_add(1);
                let start = Start { begun_before, ..*start };
                let opened = Opened { program: self.child_program.clone(), start, parent };
                (HostedExecution::recorded(number, &record), Told::StartAgain(Box::new(opened), token))
            }
        };
        let place = engine.worker_of(number)?.reserve().await.map_err(|_| Halt::Closing)?;
        let execution = Arc::new(execution);
        if engine.host(&execution).is_ok() {
            place.send(Message::Tell(execution, told));
        }
        Ok(())
    }

    /// By what a child knows the redrive that it was told of.
    fn redrive_token(&self) -> Arc<str> {
        format!("{}#{}", self.arn, self.start.redrive_count).into()
    }

    /// How a child ended that did not run.
    fn aborted(&self, input: Value, not_redrivable: Option<NotRedrivable>) -> EndedChild {
        let outcome = Outcome::Aborted(Failure::from_parts(None, None));
        let now = self.clock.now();
        EndedChild { outcome, input, started_at: now, stopped_at: now, redrive_count: 0, not_redrivable }
    }

    pub(super) fn child_started(&mut self, index: u64) {
        let (is_new, is_redriven) = (self.unconfirmed.remove(&index).is_some(), self.redriving.remove(&index));
        if is_new || is_redriven {
            self.handle(MapRunEvent::ChildStarted { index });
        }
    }

    pub(super) fn child_ended(&mut self, index: u64, ended: EndedChild) {
        self.unconfirmed.remove(&index);
        self.redriving.remove(&index);
        self.away.remove(&index);
        self.unsaved += 1;
        self.handle(MapRunEvent::ChildEnded { index, ended });
    }
}

/// A child that ended, of the store.
pub(super) struct Found {
    pub(super) ended: EndedChild,
    /// What it was started with.
    start: Box<Start>,
    /// The last redrive that it was told of.
    last_token: Option<Arc<str>>,
}

impl Inner {
    /// What became of a child of the store, if it ended.
    pub(super) async fn ended_child(
        &self,
        record: &ExecutionRecord,
        execution_type: MachineType,
    ) -> Result<Option<Found>, Error> {
        let Some(End { outcome, stop_date }) = record.standing.end().cloned() else { return Ok(None) };
        let arn = &record.execution_arn;
        let journal = patiently(&*self.clock, || self.store.load_from_start(arn)).await?;
        let journal = journal.ok_or_else(|| Error::ExecutionDoesNotExist(Arc::clone(arn)))?;
        let first = journal.entries.first().cloned();
        let start = Box::new(replay::start(first.ok_or_else(|| Error::ExecutionDoesNotExist(Arc::clone(arn)))?)?);
        let (mut redrive_count, mut last_token) = (0, None);
        for entry in &journal.entries {
            match &entry.inbound {
                Inbound::Event(Event::Redriven) => redrive_count += 1,
                Inbound::Event(Event::RedrivenOnce { client_token }) => {
                    redrive_count += 1;
                    last_token = Some(Arc::clone(client_token));
                }
                _ => {}
            }
        }
        // An Express child can always begin again.
        let not_redrivable = if execution_type == MachineType::Standard && outcome.failure().is_some() {
            let program = self.program(replay::fingerprint(&journal)?).await?;
            replay::replay(&program, journal)?.driver.execution().redrivable(self.clock.now()).err()
        } else {
            None
        };
        let ended = EndedChild {
            outcome,
            input: start.input.clone(),
            started_at: record.opening.start_date,
            stopped_at: stop_date,
            redrive_count,
            not_redrivable,
        };
        Ok(Some(Found { ended, start, last_token }))
    }

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
    let End { outcome, stop_date } = end.clone();
    let redrivable = |driver: &Driver| driver.execution().redrivable(stop_date).err();
    let (input, not_redrivable) =
        execution.look(|driver, _| (driver.execution().started_with().input.clone(), redrivable(driver)))?;
    // An Express child can always begin again, and of one that succeeded the outcome says it.
    let is_final = execution.keeping() == Keeping::Journalled && outcome.failure().is_some();
    Some(EndedChild {
        outcome,
        input,
        started_at: execution.start_date()?,
        stopped_at: stop_date,
        redrive_count: execution.redrive_count(),
        not_redrivable: not_redrivable.filter(|_| is_final),
    })
}

/// A child is stopped without an error or a cause.
fn stopped() -> Event {
    Event::Stopped { failure: Failure::from_parts(None, None) }
}
