//! Nested executions: `arn:aws:states:::states:startExecution` and its patterns, which the engine serves itself.
//!
//! Nothing runs while a Task waits for the execution that it started: the child's end is told to it.
//! What a crash, or another engine's end, keeps from being told is found by looking, from time to time,
//! at the children that are not hosted here, and at the parents of those that are.
//!
//! See [Step Functions as an integrated service](https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html).

mod links;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use asl_core::Failure;
use asl_core::execution::{Event, ScheduleTask, TaskId};

pub(super) use self::links::Links;
use self::links::Waiting;
use super::description::StartedExecution;
use super::express::is_express;
use super::hosted::HostedExecution;
use super::inner::Inner;
use super::worker::Told;
use crate::error::Error;
use crate::nested::{self, Ended, OutputForm, StartRequest, refusal};
use crate::store::{End, Parent, Standing};

/// How long to wait before a start is tried again that the store kept from happening.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Inner {
    /// Starts the execution that a Task of `parent` asks for.
    pub(super) fn start_child(&self, parent: &Arc<HostedExecution>, task: Arc<ScheduleTask>) {
        let (engine, hosted, id) = (self.this.clone(), Arc::downgrade(parent), task.task);
        let starting = async move {
            loop {
                let (Some(engine), Some(parent)) = (engine.upgrade(), hosted.upgrade()) else { return };
                match engine.try_to_start_child(&parent, &task).await {
                    Ok(()) => return parent.remove_handler(id),
                    // Whoever goes on with the execution delivers the Task again.
                    Err(Error::ShutDown) => return,
                    Err(error) => {
                        tracing::warn!(parent: parent.span(), %error, "a nested execution waits for the store");
                    }
                }
                drop(parent);
                engine.clock.sleep(TRY_AGAIN_AFTER).await;
            }
        };
        parent.add_handler(id, || self.runtime.spawn(starting).abort_handle());
        parent.handler_began(id);
    }

    /// Fails only if it is worth another try.
    async fn try_to_start_child(&self, parent: &Arc<HostedExecution>, task: &ScheduleTask) -> Result<(), Error> {
        let id = task.task;
        let form = OutputForm::of(task.resource.pattern());
        let (started, event) = match self.child_of(parent, task, form).await {
            Ok(started) => {
                let event = nested::started(task, &started);
                (Some(started), event)
            }
            Err(Refused::Failure(failure)) => (None, Event::TaskFailed { task: id, failure }),
            Err(Refused::Error(error)) => return Err(error),
        };
        let told = self.tell(Arc::clone(parent), event).await;
        let (Some(form), Some(StartedExecution { execution_arn: child_arn, .. })) = (form, started) else {
            return Ok(());
        };
        match told {
            Ok(()) => {
                let waiting = Waiting { parent_arn: Arc::clone(parent.arn()), task: id, form };
                self.links.add(waiting, &child_arn);
                // It may have ended before anybody knew who waits for it.
                if self.hosted(&child_arn).is_none() {
                    self.look_at_child(&child_arn).await?;
                }
            }
            // Nobody waits for it.
            Err(Error::TaskTimedOut) => self.stop(&child_arn).await,
            // The parent goes on elsewhere, and will look for its child.
            Err(_) => {}
        }
        Ok(())
    }

    /// The execution that the Task asks for: a new one, or the one that an earlier delivery started.
    async fn child_of(
        &self,
        parent: &HostedExecution,
        task: &ScheduleTask,
        form: Option<OutputForm>,
    ) -> Result<StartedExecution, Refused> {
        let StartRequest { state_machine_arn, name, input, seed } = StartRequest::of(task)?;
        let start = async {
            let mut opened = self.opened(&state_machine_arn, Some(&name), input).await?;
            opened.start.seed = seed;
            match (is_express(&opened.program), form) {
                (true, None) => self.start_express(opened).await,
                (true, Some(_)) => Err(Error::StateMachineTypeNotSupported),
                (false, _) => {
                    let task = task.task;
                    opened.parent = form.map(|_| Parent::Task { execution_arn: Arc::clone(parent.arn()), task });
                    self.admit(opened).await
                }
            }
        };
        match start.await {
            Err(Error::ExecutionAlreadyExists(execution_arn)) => match self.earlier(&execution_arn, seed).await? {
                Some(started) => Ok(started),
                None => Err(refusal(task, &Error::ExecutionAlreadyExists(execution_arn)).into()),
            },
            Err(error @ (Error::Store(_) | Error::ShutDown)) => Err(Refused::Error(error)),
            Err(error) => Err(refusal(task, &error).into()),
            Ok(started) => Ok(started),
        }
    }

    /// The execution, if it was started with `seed`.
    async fn earlier(&self, execution_arn: &Arc<str>, seed: u64) -> Result<Option<StartedExecution>, Error> {
        let Some(record) = self.store.find(execution_arn).await? else { return Ok(None) };
        let is_ours = self.stored_start(execution_arn).await?.seed == seed;
        let (execution_arn, start_date) = (Arc::clone(execution_arn), record.opening.start_date);
        Ok(is_ours.then_some(StartedExecution { execution_arn, start_date }))
    }

    /// Tells those who wait for `child` that it ended.
    pub(super) fn child_ended(&self, child: &Arc<HostedExecution>, end: &End) {
        let waiting = self.links.take_waiting(child.arn());
        if waiting.is_empty() {
            return;
        }
        let start = child.look(|driver, _| driver.execution().started_with().clone());
        let (Some(start), Some(start_date)) = (start, child.start_date()) else { return };
        let ended = Ended { start, start_date, end: end.clone() };
        let engine = self.this.clone();
        // The worker that is here now must not wait for the one that the parent belongs to.
        self.runtime.spawn(async move {
            if let Some(engine) = engine.upgrade() {
                engine.tell_end(waiting, &ended).await;
            }
        });
    }

    async fn tell_end(&self, waiting: Vec<Waiting>, ended: &Ended) {
        for Waiting { parent_arn, task, form } in waiting {
            let event = ended.event(task, form);
            if let Some(parent) = self.hosted(&parent_arn) {
                // Nobody waits for what comes of it; a worker only goes when the engine does.
                let _ = self.send(parent, Told::Event(event, None)).await;
            }
        }
    }

    /// Nobody waits for what a Task of `parent` started: it is stopped.
    pub(super) fn cancel_child(&self, parent: &HostedExecution, task: TaskId) {
        if let Some(child_arn) = self.links.take_child(parent.arn(), task) {
            let engine = self.this.clone();
            self.runtime.spawn(async move {
                if let Some(engine) = engine.upgrade() {
                    engine.stop(&child_arn).await;
                }
            });
        }
    }

    async fn stop(&self, child_arn: &str) {
        match self.deliver(child_arn, nested::stopped()).await {
            Ok(()) | Err(Error::TaskTimedOut | Error::ExecutionDoesNotExist(_)) => {}
            Err(error) => tracing::warn!(child_arn, %error, "a nested execution could not be stopped yet"),
        }
    }

    /// Tells those who wait for an execution that is not hosted here, if it ended.
    async fn look_at_child(&self, child_arn: &Arc<str>) -> Result<(), Error> {
        let Some(record) = self.store.find(child_arn).await? else {
            let failure = || Failure::runtime(format!("The execution {child_arn} does not exist any more."));
            for Waiting { parent_arn, task, .. } in self.links.take_waiting(child_arn) {
                if let Some(parent) = self.hosted(&parent_arn) {
                    let _ = self.send(parent, Told::Event(Event::TaskFailed { task, failure: failure() }, None)).await;
                }
            }
            return Ok(());
        };
        if let Standing::Ended(end) = record.standing {
            let start = self.stored_start(child_arn).await?;
            let ended = Ended { start, start_date: record.opening.start_date, end };
            self.tell_end(self.links.take_waiting(child_arn), &ended).await;
        }
        Ok(())
    }

    /// Looks at the executions that Tasks wait for and that other engines run, or ran.
    pub(super) async fn look_at_children(&self) {
        for child_arn in self.links.children() {
            if self.hosted(&child_arn).is_none()
                && let Err(error) = self.look_at_child(&child_arn).await
            {
                tracing::warn!(%child_arn, %error, "whether a nested execution ended is not known yet");
            }
        }
    }

    /// Stops the executions for which no Task waits any more, as after a crash before they were stopped.
    pub(super) async fn look_at_parents(&self) {
        let mut children: BTreeMap<Arc<str>, Vec<(TaskId, Arc<str>)>> = BTreeMap::new();
        for child in self.all_hosted() {
            if let Some(Parent::Task { execution_arn, task }) = child.parent() {
                children.entry(Arc::clone(execution_arn)).or_default().push((*task, Arc::clone(child.arn())));
            }
        }
        for (parent_arn, mut children) in children {
            // What is linked is waited for: a parent that rests need not be read for that.
            children.retain(|(task, child_arn)| !self.links.is_child(&parent_arn, *task, child_arn));
            if children.is_empty() {
                continue;
            }
            match self.tasks_out(&parent_arn).await {
                Ok(out) => {
                    for (_, child_arn) in children.iter().filter(|(task, _)| !out.contains(task)) {
                        match self.was_redriven(child_arn).await {
                            // Somebody wanted it to go on by itself.
                            Ok(true) => {}
                            Ok(false) => self.stop(child_arn).await,
                            Err(error) => {
                                tracing::warn!(%child_arn, %error, "whether an execution was redriven is not known yet");
                            }
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(%parent_arn, %error, "whether an execution is waited for is not known yet");
                }
            }
        }
    }

    async fn was_redriven(&self, execution_arn: &str) -> Result<bool, Error> {
        let here = self
            .hosted(execution_arn)
            .and_then(|execution| execution.look(|driver, _| driver.execution().redrive_count() > 0));
        match here {
            Some(was_redriven) => Ok(was_redriven),
            None => Ok(self.as_stored(execution_arn).await?.execution().redrive_count() > 0),
        }
    }

    /// The Tasks of an execution that are out, whichever engine it belongs to; none if it does not exist any more.
    async fn tasks_out(&self, execution_arn: &str) -> Result<BTreeSet<TaskId>, Error> {
        let here = self
            .hosted(execution_arn)
            .and_then(|execution| execution.look(|driver, _| driver.tasks_out().map(|(task, _)| task.task).collect()));
        if let Some(tasks) = here {
            return Ok(tasks);
        }
        match self.store.find(execution_arn).await? {
            Some(record) if record.standing.end().is_none() => {}
            _ => return Ok(BTreeSet::new()),
        }
        let driver = self.as_stored(execution_arn).await?;
        Ok(driver.tasks_out().map(|(task, _)| task.task).collect())
    }
}

/// Why a Task's execution was not started.
enum Refused {
    /// The Task fails.
    Failure(Failure),
    /// It may be started later.
    Error(Error),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
