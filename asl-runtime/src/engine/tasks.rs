//! What an execution asks for, carried out: handlers run, under limits, or workers from outside take Tasks up.

use std::sync::{Arc, Weak};

use asl_core::execution::{Event, ScheduleTask, TaskId};
use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::activities::ActivityWork;
use super::hosted::HostedExecution;
use super::inner::Inner;
use super::worker::Told;
use crate::callbacks::{Answer, Callbacks, Reception};
use crate::driver::Work;
use crate::error::Error;
use crate::handler::Surroundings;
use crate::invocation::Invocation;
use crate::nested::is_served;

impl Inner {
    /// Does what an execution asked for, once that is in the journal.
    pub(super) fn perform(&self, execution: &Arc<HostedExecution>, work: Work) {
        match work {
            Work::Cancel(task) => {
                execution.remove_handler(task);
                self.activities.forget(execution, task);
                self.cancel_child(execution, task);
            }
            Work::Run(task) => self.run_task(execution, task),
            Work::StartMapRun(start) => self.run_map_run(execution, *start),
            Work::CancelMapRun(map_run) => self.map_runs.abort(execution.arn(), map_run),
        }
    }

    fn run_task(&self, execution: &Arc<HostedExecution>, task: Arc<ScheduleTask>) {
        // Whoever goes on with the execution delivers it.
        if self.is_open().is_err() {
            return;
        }
        if is_served(&self.registry, &task) {
            return self.start_child(execution, task);
        }
        let id = task.task;
        let resource = task.resource.clone();
        let permits = self.permits(&task);
        let surroundings = Surroundings {
            execution_arn: Arc::clone(execution.arn()),
            clock: Arc::clone(&self.clock),
            callbacks: Callbacks::new(Arc::new(Door(self.this.clone()))),
        };
        let state_span = execution.state_span(&task.state_name);
        let _entered = (execution.span().enter(), state_span.enter());
        match Invocation::new(&self.registry, task, surroundings) {
            Invocation::Run(run) => {
                let answer = self.metrics.handler(&resource, run.answer());
                self.spawn_handler(execution, id, permits, answer);
            }
            Invocation::Refused(event) => self.spawn_handler(execution, id, permits, std::future::ready(Some(event))),
            Invocation::LeftToWorkers(task) => {
                self.activities.push(ActivityWork { execution: Arc::downgrade(execution), task });
            }
        }
    }

    /// What a handler of the Task needs to run.
    fn permits(&self, task: &ScheduleTask) -> Vec<Arc<Semaphore>> {
        let limited = self.resource_permits.iter().filter(|(pattern, _)| pattern.matches(task.resource.as_str()));
        limited.map(|(_, permits)| permits).chain([&self.handler_permits]).cloned().collect()
    }

    fn spawn_handler(
        &self,
        execution: &Arc<HostedExecution>,
        task: TaskId,
        permits: Vec<Arc<Semaphore>>,
        answer: impl Future<Output = Option<Event>> + Send + 'static,
    ) {
        let engine = self.this.clone();
        let hosted = Arc::downgrade(execution);
        let queued = self.metrics.queued_handler();
        let handler = async move {
            let Some(_permits) = acquire(permits).await else { return };
            drop(queued);
            if engine.upgrade().is_none_or(|engine| engine.is_open().is_err()) {
                return;
            }
            if let Some(execution) = hosted.upgrade() {
                execution.handler_began(task);
            }
            let answer = answer.await;
            let (Some(engine), Some(execution)) = (engine.upgrade(), hosted.upgrade()) else { return };
            if let Some(event) = answer {
                // Nobody waits for what comes of it; a worker only goes when the engine does.
                let _ = engine.send(Arc::clone(&execution), Told::Event(event, None)).await;
            }
            execution.remove_handler(task);
        };
        execution.add_handler(task, || self.runtime.spawn(handler).abort_handle());
    }
}

async fn acquire(permits: Vec<Arc<Semaphore>>) -> Option<Vec<OwnedSemaphorePermit>> {
    let mut acquired = Vec::with_capacity(permits.len());
    for permits in permits {
        acquired.push(permits.acquire_owned().await.ok()?);
    }
    Some(acquired)
}

/// How handlers reach the engine, without keeping it alive.
#[derive(Debug)]
struct Door(Weak<Inner>);

impl Door {
    fn open(&self) -> Result<Arc<Inner>, Error> {
        self.0.upgrade().ok_or(Error::ShutDown)
    }
}

#[async_trait]
impl Reception for Door {
    async fn answer(&self, task_token: &str, answer: Answer) -> Result<(), Error> {
        self.open()?.answer(task_token, answer).await
    }

    async fn report(&self, execution_arn: &str, event: Event) -> Result<(), Error> {
        self.open()?.report(execution_arn, event).await
    }
}
