//! Stores and pipelines as a process sees them that is killed at one of its steps.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use asl_core::Timestamp;
use asl_core::execution::{Event, Snapshot};
use asl_runtime::store::{
    Batch, Collection, Document, DocumentKey, ExecutionQuery, ExecutionRecord, Journal, OwnerId, Post, Store,
    StoreError,
};
use async_trait::async_trait;
use deploy_workflow::trigger::{
    FailureDetails, Job, JobQueue, JobStatus, OfferedJob, Pipeline, PipelineError, PollForJobs,
};
use tokio::sync::Notify;

/// The life of a process; clones are of the same one.
#[derive(Debug, Clone)]
pub(crate) struct Life(Arc<State>);

#[derive(Debug)]
struct State {
    steps: AtomicUsize,
    last: usize,
    ended: Notify,
}

impl Life {
    pub(crate) fn ending_at(step: usize) -> Self {
        Self(Arc::new(State { steps: AtomicUsize::new(0), last: step, ended: Notify::new() }))
    }

    pub(crate) fn unending() -> Self {
        Self::ending_at(usize::MAX)
    }

    pub(crate) fn steps(&self) -> usize {
        self.0.steps.load(Ordering::SeqCst)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.steps() >= self.0.last
    }

    /// Returns when the process is to be killed.
    pub(crate) async fn ended(&self) {
        self.0.ended.notified().await;
    }

    /// A step; the last one never ends.
    async fn step(&self) {
        if self.0.steps.fetch_add(1, Ordering::SeqCst) + 1 >= self.0.last {
            self.0.ended.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// A call of something outside, whose last answer never comes.
    async fn around<T>(&self, call: impl Future<Output = T>) -> T {
        self.step().await;
        let answer = while_time_stands_still(call).await;
        self.step().await;
        answer
    }
}

/// A paused clock of tokio does not run ahead while blocking work is under way.
async fn while_time_stands_still<T>(call: impl Future<Output = T>) -> T {
    let (_ended, until_ended) = std::sync::mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || until_ended.recv());
    call.await
}

/// Something outside, as the process knows it.
pub(crate) struct Mortal<T> {
    inner: T,
    life: Life,
}

impl<T> Mortal<T> {
    pub(crate) fn new(inner: T, life: &Life) -> Self {
        Self { inner, life: life.clone() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Mortal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

#[async_trait]
impl<T: JobQueue> JobQueue for Mortal<T> {
    async fn poll_for_jobs(&self, request: &PollForJobs) -> Result<Vec<OfferedJob>, PipelineError> {
        self.inner.poll_for_jobs(request).await
    }

    async fn acknowledge_job(&self, job_id: &str, nonce: &str) -> Result<JobStatus, PipelineError> {
        self.life.around(self.inner.acknowledge_job(job_id, nonce)).await
    }

    async fn get_job_details(&self, job_id: &str) -> Result<Job, PipelineError> {
        self.inner.get_job_details(job_id).await
    }
}

#[async_trait]
impl<T: Pipeline> Pipeline for Mortal<T> {
    async fn put_job_success_result(&self, job_id: &str, token: Option<&str>) -> Result<(), PipelineError> {
        self.life.around(self.inner.put_job_success_result(job_id, token)).await
    }

    async fn put_job_failure_result(&self, job_id: &str, details: &FailureDetails) -> Result<(), PipelineError> {
        self.life.around(self.inner.put_job_failure_result(job_id, details)).await
    }
}

#[async_trait]
impl<S: Store> Store for Mortal<S> {
    async fn append(&self, owner: OwnerId, batches: &[Batch]) -> Result<(), StoreError> {
        self.life.around(self.inner.append(owner, batches)).await
    }

    async fn join(&self, lease_until: Timestamp) -> Result<OwnerId, StoreError> {
        while_time_stands_still(self.inner.join(lease_until)).await
    }

    async fn renew(&self, owner: OwnerId, lease_until: Timestamp) -> Result<(), StoreError> {
        while_time_stands_still(self.inner.renew(owner, lease_until)).await
    }

    async fn leave(&self, owner: OwnerId) -> Result<(), StoreError> {
        while_time_stands_still(self.inner.leave(owner)).await
    }

    async fn claim(&self, owner: OwnerId, now: Timestamp, limit: usize) -> Result<Vec<ExecutionRecord>, StoreError> {
        while_time_stands_still(self.inner.claim(owner, now, limit)).await
    }

    async fn save_snapshot(
        &self,
        owner: OwnerId,
        execution_arn: &str,
        version: u64,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        while_time_stands_still(self.inner.save_snapshot(owner, execution_arn, version, snapshot)).await
    }

    async fn load(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        while_time_stands_still(self.inner.load(execution_arn)).await
    }

    async fn load_from_start(&self, execution_arn: &str) -> Result<Option<Journal>, StoreError> {
        while_time_stands_still(self.inner.load_from_start(execution_arn)).await
    }

    async fn find(&self, execution_arn: &str) -> Result<Option<ExecutionRecord>, StoreError> {
        while_time_stands_still(self.inner.find(execution_arn)).await
    }

    async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ExecutionRecord>, StoreError> {
        while_time_stands_still(self.inner.list(query)).await
    }

    async fn remove(&self, execution_arns: &[Arc<str>]) -> Result<(), StoreError> {
        while_time_stands_still(self.inner.remove(execution_arns)).await
    }

    async fn post(&self, execution_arn: &str, event: &Event) -> Result<(), StoreError> {
        while_time_stands_still(self.inner.post(execution_arn, event)).await
    }

    async fn posts(&self, owner: OwnerId, limit: usize) -> Result<Vec<Post>, StoreError> {
        while_time_stands_still(self.inner.posts(owner, limit)).await
    }

    async fn put(&self, key: DocumentKey<'_>, expected: Option<u64>, body: &str) -> Result<u64, StoreError> {
        while_time_stands_still(self.inner.put(key, expected, body)).await
    }

    async fn get(&self, key: DocumentKey<'_>) -> Result<Option<Document>, StoreError> {
        while_time_stands_still(self.inner.get(key)).await
    }

    async fn scan(&self, collection: Collection, after: &str, limit: usize) -> Result<Vec<Document>, StoreError> {
        while_time_stands_still(self.inner.scan(collection, after, limit)).await
    }

    async fn delete(&self, key: DocumentKey<'_>) -> Result<(), StoreError> {
        while_time_stands_still(self.inner.delete(key)).await
    }
}
