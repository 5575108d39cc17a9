//! Activities: Tasks that workers from outside ask for.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use asl_core::execution::{Event, ScheduleTask, TaskId};
use asl_core::{Program, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::Engine;
use super::catalogue::{read, written};
use super::description::{ActivityDescription, ActivityTask};
use super::hosted::HostedExecution;
use super::inner::{Inner, lock};
use super::metrics::Level;
use super::names::check_name;
use super::tags::tags_key;
use super::worker::Told;
use crate::driver::Driver;
use crate::error::Error;
use crate::store::{Collection, DocumentKey, StoreError};

/// How long a worker waits for a Task at most, as on AWS.
const LONGEST_POLL: Duration = Duration::from_mins(1);

/// How many workers may wait for the Tasks of one activity, as on AWS.
const WAITING_WORKERS: usize = 1_000;

/// How many documents are read at once.
const PAGE: usize = 500;

/// An activity, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    name: Arc<str>,
    creation_date: Timestamp,
}

impl Engine {
    /// Makes an activity; returns its ARN. The same name again is the same activity.
    ///
    /// See [CreateActivity](https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateActivity.html).
    ///
    /// # Errors
    ///
    /// `InvalidName`, and [`Error::Store`] when it could not be written.
    pub async fn create_activity(&self, name: &str) -> Result<Arc<str>, Error> {
        self.0.is_open()?;
        check_name(name)?;
        let arn = self.0.names.activity_arn(name);
        let activity = Activity { name: name.into(), creation_date: self.0.clock.now() };
        match self.0.store.put(activity_key(&arn), None, &written(&activity)?).await {
            Ok(_) | Err(StoreError::RevisionConflict { .. }) => Ok(arn),
            Err(error) => Err(error.into()),
        }
    }

    /// What is known of an activity.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `ActivityDoesNotExist`, and [`Error::Store`].
    pub async fn describe_activity(&self, activity_arn: &str) -> Result<ActivityDescription, Error> {
        check_arn(activity_arn)?;
        match self.0.store.get(activity_key(activity_arn)).await? {
            Some(document) => {
                let Activity { name, creation_date } = read(&document)?;
                Ok(ActivityDescription { activity_arn: document.name, name, creation_date })
            }
            None => Err(Error::ActivityDoesNotExist(activity_arn.into())),
        }
    }

    /// Every activity, by its ARN.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn list_activities(&self) -> Result<Vec<ActivityDescription>, Error> {
        let mut activities: Vec<ActivityDescription> = Vec::new();
        loop {
            let after = activities.last().map(|last| Arc::clone(&last.activity_arn)).unwrap_or_default();
            let page = self.0.store.scan(Collection::Activities, &after, PAGE).await?;
            let is_last = page.len() < PAGE;
            for document in page {
                let Activity { name, creation_date } = read(&document)?;
                activities.push(ActivityDescription { activity_arn: document.name, name, creation_date });
            }
            if is_last {
                return Ok(activities);
            }
        }
    }

    /// Removes an activity; Tasks of it that are out stay so, later ones fail.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, and [`Error::Store`].
    pub async fn delete_activity(&self, activity_arn: &str) -> Result<(), Error> {
        check_arn(activity_arn)?;
        // The activity itself goes last: one of the same name must not find what is left of this one.
        self.0.store.delete(tags_key(activity_arn)).await?;
        Ok(self.0.store.delete(activity_key(activity_arn)).await?)
    }

    /// Takes up the oldest Task of an activity that waits for a worker, or waits for one to come, up to 60 seconds.
    ///
    /// Workers that wait are served in the order in which they came.
    /// An engine hands out the Tasks of its own executions only.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `ActivityDoesNotExist`, `ActivityWorkerLimitExceeded` when 1,000 workers wait already,
    /// and [`Error::Store`] when the Task's start could not be written.
    pub async fn get_activity_task(
        &self,
        activity_arn: &str,
        worker_name: Option<&str>,
    ) -> Result<Option<ActivityTask>, Error> {
        self.describe_activity(activity_arn).await?;
        let give_up_at = self.0.clock.now().saturating_add(LONGEST_POLL);
        loop {
            self.0.is_open()?;
            let waiter = self.0.activities.wait(activity_arn)?;
            let work = tokio::select! {
                biased;
                work = waiter => work,
                () = self.0.clock.sleep_until(give_up_at) => return Ok(None),
                () = self.0.closed() => return Err(Error::ShutDown),
            };
            let Some(work) = work else { continue };
            let mut taken = Taken { activities: &self.0.activities, work: Some(work) };
            let Some((execution, task)) = taken.look() else { continue };
            let started = Event::TaskStarted { task: task.task, worker_name: worker_name.map(Into::into) };
            let told = self.0.tell(execution, started).await;
            taken.work = None;
            match (told, &task.task_token) {
                (Ok(()), Some(task_token)) => {
                    let (task_token, input) = (task_token.clone(), task.parameters.clone());
                    return Ok(Some(ActivityTask { task_token, input }));
                }
                // Somebody answered it, or nobody waits for it any more.
                (Ok(()), None) | (Err(Error::TaskTimedOut), _) => {}
                (Err(error), _) => return Err(error),
            }
        }
    }
}

impl Inner {
    /// Finds out which activities of the executions do not exist, before what they are told schedules their Tasks.
    pub(super) async fn look_for_activities(
        &self,
        mut messages: Vec<(Arc<HostedExecution>, Told)>,
    ) -> Vec<(Arc<HostedExecution>, Told)> {
        let mut known = BTreeMap::new();
        for (execution, told) in &mut messages {
            let is_redriven = matches!(told, Told::Event(Event::Redriven | Event::RedrivenOnce { .. }, _));
            let goes_on = |driver: &Driver| is_redriven || driver.outcome().is_none();
            let named = |program: &Program| execution.activities(|| self.left_to_workers(program));
            let named = match told {
                Told::Start(opened) => Some(named(&opened.program)),
                _ => execution.look(|driver, _| goes_on(driver).then(|| named(driver.execution().program()))).flatten(),
            };
            let Some(named) = named.filter(|named| !named.is_empty()) else { continue };
            match (self.missing_of(named, &mut known).await, told) {
                (Ok(missing), Told::Start(opened)) => opened.start.missing_activities = missing,
                (Ok(missing), _) => execution.found_missing(missing),
                (Err(error), _) => {
                    tracing::warn!(parent: execution.span(), %error, "whether its activities exist is not known");
                }
            }
        }
        messages
    }

    /// Those of the activities that do not exist; `known` is what was found out before.
    async fn missing_of(
        &self,
        activity_arns: &BTreeSet<Arc<str>>,
        known: &mut BTreeMap<Arc<str>, bool>,
    ) -> Result<BTreeSet<Arc<str>>, StoreError> {
        for activity_arn in activity_arns {
            if !known.contains_key(activity_arn) {
                let exists = self.store.get(activity_key(activity_arn)).await?.is_some();
                known.insert(Arc::clone(activity_arn), exists);
            }
        }
        let is_missing = |activity_arn: &&Arc<str>| known.get(*activity_arn) == Some(&false);
        Ok(activity_arns.iter().filter(is_missing).cloned().collect())
    }

    /// The activities of a program that no handler here stands in for.
    fn left_to_workers(&self, program: &Program) -> BTreeSet<Arc<str>> {
        let activities = program.resources().filter(|(_, resource)| resource.activity_name().is_some());
        activities
            .filter(|(state_name, resource)| !self.registry.has_handler(state_name, resource))
            .map(|(_, resource)| resource.as_str().into())
            .collect()
    }
}

fn activity_key(activity_arn: &str) -> DocumentKey<'_> {
    DocumentKey { collection: Collection::Activities, name: activity_arn }
}

fn check_arn(activity_arn: &str) -> Result<(), Error> {
    if activity_arn.starts_with("arn:") { Ok(()) } else { Err(Error::InvalidArn(activity_arn.into())) }
}

/// A Task of an activity that no worker took up yet.
#[derive(Debug, Clone)]
pub(super) struct ActivityWork {
    pub(super) execution: Weak<HostedExecution>,
    pub(super) task: Arc<ScheduleTask>,
}

/// Tasks that wait for workers, and workers that wait for Tasks, by the activity's ARN; never both of one.
#[derive(Debug)]
pub(super) struct Activities(Mutex<Queues>);

#[derive(Debug)]
struct Queues {
    by_arn: HashMap<Arc<str>, Queue>,
    /// Where the Tasks of executions are, by the number of the execution.
    places: HashMap<(u64, TaskId), (Arc<str>, u64)>,
    pushed: u64,
    level: Level,
}

#[derive(Debug, Default)]
struct Queue {
    work: BTreeMap<u64, ActivityWork>,
    workers: VecDeque<oneshot::Sender<ActivityWork>>,
}

impl Activities {
    /// None; `level` tells how many Tasks wait.
    pub(super) fn new(level: Level) -> Self {
        Self(Mutex::new(Queues { by_arn: HashMap::new(), places: HashMap::new(), pushed: 0, level }))
    }

    /// Gives a Task to the worker that waits the longest, or keeps it for one.
    pub(super) fn push(&self, work: ActivityWork) {
        let Some(execution) = work.execution.upgrade() else { return };
        let mut queues = lock(&self.0);
        let Queues { by_arn, places, pushed, level } = &mut *queues;
        let activity_arn: Arc<str> = work.task.resource.as_str().into();
        let queue = by_arn.entry(Arc::clone(&activity_arn)).or_default();
        let mut work = work;
        while let Some(worker) = queue.workers.pop_front() {
            match worker.send(work) {
                Ok(()) => return,
                Err(unwanted) => work = unwanted,
            }
        }
        *pushed += 1;
        places.insert((execution.number(), work.task.task), (activity_arn, *pushed));
        queue.work.insert(*pushed, work);
        level.set(places.len());
    }

    /// A place among the workers of an activity, served at once if a Task waits.
    fn wait(&self, activity_arn: &str) -> Result<impl Future<Output = Option<ActivityWork>>, Error> {
        let (sender, receiver) = oneshot::channel();
        let mut queues = lock(&self.0);
        let Queues { by_arn, places, level, .. } = &mut *queues;
        let queue = by_arn.entry(activity_arn.into()).or_default();
        if let Some((_, work)) = queue.work.pop_first() {
            if let Some(execution) = work.execution.upgrade() {
                places.remove(&(execution.number(), work.task.task));
                level.set(places.len());
            }
            // The receiver is right here.
            let _ = sender.send(work);
        } else {
            queue.workers.retain(|worker| !worker.is_closed());
            if queue.workers.len() >= WAITING_WORKERS {
                return Err(Error::ActivityWorkerLimitExceeded(activity_arn.into()));
            }
            queue.workers.push_back(sender);
        }
        Ok(Waiter { activities: self, receiver }.work())
    }

    /// Takes a Task back that nobody waits for any more.
    pub(super) fn forget(&self, execution: &HostedExecution, task: TaskId) {
        let mut queues = lock(&self.0);
        if let Some((activity_arn, place)) = queues.places.remove(&(execution.number(), task))
            && let Some(queue) = queues.by_arn.get_mut(&activity_arn)
        {
            queue.work.remove(&place);
        }
        let waiting = queues.places.len();
        queues.level.set(waiting);
    }

    /// Takes all Tasks of an execution back.
    pub(super) fn forget_execution(&self, execution: &HostedExecution) {
        let mut tasks: Vec<_> = lock(&self.0).places.keys().copied().collect();
        tasks.retain(|(number, _)| *number == execution.number());
        for (_, task) in tasks {
            self.forget(execution, task);
        }
    }
}

/// A worker that waits; a Task that it was given but did not take goes to the next.
struct Waiter<'a> {
    activities: &'a Activities,
    receiver: oneshot::Receiver<ActivityWork>,
}

impl Waiter<'_> {
    async fn work(mut self) -> Option<ActivityWork> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        if let Ok(work) = self.receiver.try_recv() {
            self.activities.push(work);
        }
    }
}

/// A Task in the hands of a worker that has not said so yet; dropped so, it goes to the next.
struct Taken<'a> {
    activities: &'a Activities,
    work: Option<ActivityWork>,
}

impl Taken<'_> {
    fn look(&self) -> Option<(Arc<HostedExecution>, Arc<ScheduleTask>)> {
        let work = self.work.as_ref()?;
        Some((work.execution.upgrade()?, work.task.clone()))
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.activities.push(work);
        }
    }
}
