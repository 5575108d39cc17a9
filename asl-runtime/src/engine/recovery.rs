//! Going on with executions of the store: after a restart, after another engine's end, and after sleep.

use std::sync::Arc;

use asl_core::{Program, Timestamp};

use super::hosted::{Departure, HostedExecution};
use super::inner::{Inner, lock};
use super::nested::is_nested;
use super::replay;
use super::sleep::deliver_again;
use super::worker::Told;
use crate::driver::Work;
use crate::error::Error;
use crate::registry::MissingHandlers;
use crate::store::{ExecutionRecord, Parent, Standing, StoreError};

/// How many executions are claimed at once.
const PAGE: usize = 500;

impl Inner {
    /// Makes executions whose owner's lease ended before `now` this engine's own, and goes on with them;
    /// returns how many they are.
    pub(super) async fn take_over(&self, now: Timestamp) -> Result<usize, StoreError> {
        let (mut has_children, mut count) = (false, 0);
        loop {
            let claimed = self.store.claim(self.owner, now, PAGE).await?;
            let is_last = claimed.len() < PAGE;
            count += claimed.len();
            for record in claimed {
                has_children |= matches!(record.opening.parent, Some(Parent::Task { .. }));
                self.go_on(&record).await;
            }
            if is_last {
                break;
            }
        }
        if has_children {
            let engine = self.this.clone();
            self.runtime.spawn(async move {
                if let Some(engine) = engine.upgrade() {
                    engine.look_at_parents().await;
                }
            });
        }
        Ok(count)
    }

    /// Hosts an execution of the store: one that sleeps is only loaded when it wakes.
    async fn go_on(&self, record: &ExecutionRecord) {
        let execution = Arc::new(HostedExecution::stored(self.next_number(), record));
        if self.host(&execution).is_err() {
            return;
        }
        match record.standing {
            Standing::Running { sleeps_until: Some(_) } => {
                let journalled = execution.journalled(0);
                self.timers.set(&execution, journalled.before, journalled.deadline);
            }
            _ => {
                // A worker only goes when the engine does.
                let _ = self.send(execution, Told::Resume).await;
            }
        }
    }

    /// Tries executions again that could not go on.
    pub(super) async fn try_again(&self) {
        let now = self.clock.now();
        let mut due: Vec<_> = {
            let executions = lock(&self.executions);
            let due = executions.set_aside.iter().filter(|(_, set_aside)| set_aside.try_again_at <= now);
            due.map(|(execution_arn, _)| Arc::clone(execution_arn)).collect()
        };
        due.sort_unstable();
        for execution_arn in due {
            if let Err(error) = self.try_one_again(&execution_arn).await {
                tracing::warn!(%error, "executions that cannot go on wait for the store");
            }
        }
    }

    async fn try_one_again(&self, execution_arn: &str) -> Result<(), StoreError> {
        match self.store.find(execution_arn).await? {
            // Another engine may have claimed it meanwhile.
            Some(record) if record.standing.end().is_none() && self.owns(&record).await? => self.go_on(&record).await,
            _ => drop(lock(&self.executions).set_aside.remove(execution_arn)),
        }
        Ok(())
    }

    /// Whether every Task of `program` is run by a handler or by the engine itself.
    pub(super) fn check_handlers(&self, program: &Program) -> Result<(), MissingHandlers> {
        self.registry.check_but(program, is_nested)
    }

    /// Brings an execution to where its journal leaves it; one that cannot be is let go.
    pub(super) async fn load(&self, execution: &Arc<HostedExecution>) {
        match self.try_to_load(execution).await {
            Ok(()) => drop(lock(&self.executions).set_aside.remove(execution.arn())),
            Err(error) => self.let_go(execution, &Departure::SetAside(error)),
        }
    }

    async fn try_to_load(&self, execution: &HostedExecution) -> Result<(), Error> {
        let journal = self.store.load(execution.arn()).await?;
        let journal = journal.ok_or_else(|| Error::ExecutionDoesNotExist(Arc::clone(execution.arn())))?;
        let program = self.program(replay::fingerprint(&journal)?).await?;
        // A Task that nobody runs would fail the execution, though its handler may only be missing for now.
        self.check(&program)?;
        let version = journal.version;
        let snapshot_version = journal.snapshot.as_ref().map_or(0, |(version, _)| *version);
        execution.load(replay::replay(&program, journal)?, version, snapshot_version);
        Ok(())
    }

    /// What has to be done again for an execution that goes on here.
    pub(super) fn undelivered(&self, execution: &HostedExecution) -> Vec<Work> {
        execution.look(|driver, _| deliver_again(driver, &self.registry)).unwrap_or_default()
    }
}
