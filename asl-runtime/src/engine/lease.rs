//! Staying the owner of its executions, becoming the owner of others', and hearing what other engines leave for them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

use super::hosted::{Departure, HostedExecution, Keeping};
use super::inner::Inner;
use super::worker::Told;
use crate::clock::Clock;
use crate::store::{Batch, ExecutionRecord, Post, StoreError};

/// How many executions are confirmed to be this engine's at once.
const CONFIRMED: usize = 256;

/// How many posts are taken in at once.
const POSTS: usize = 256;

/// Renews the lease and takes over what others left, for as long as the engine lives.
pub(super) async fn renew(engine: Weak<Inner>, clock: Arc<dyn Clock>, lease: Duration) {
    let mut pause = lease / 3;
    let mut lease_until = clock.now().saturating_add(lease);
    // Whether others may have claimed what is hosted here.
    let mut must_confirm = false;
    loop {
        clock.sleep(pause).await;
        let Some(engine) = engine.upgrade() else { return };
        let until = clock.now().saturating_add(lease);
        pause = match engine.store.renew(engine.owner, until).await {
            Ok(()) => {
                must_confirm |= clock.now() >= lease_until;
                lease_until = until;
                lease / 3
            }
            Err(error) => {
                tracing::warn!(%error, "the lease could not be renewed");
                lease / 10
            }
        };
        if must_confirm {
            must_confirm = engine.let_go_of_lost().await.is_err();
        }
        if engine.is_open().is_ok() {
            engine.try_again().await;
            engine.look_at_parents().await;
            let taken_over = match engine.take_over(clock.now()).await {
                Ok(count) if count > 0 => engine.adopt_map_runs().await,
                taken_over => taken_over.map(drop),
            };
            if let Err(error) = taken_over {
                tracing::warn!(%error, "executions of engines that are gone could not be taken over");
            }
        }
    }
}

/// Takes in what other engines leave for this one's executions, for as long as the engine lives.
pub(super) async fn receive_posts(engine: Weak<Inner>, clock: Arc<dyn Clock>, every: Duration) {
    loop {
        clock.sleep(every).await;
        let Some(engine) = engine.upgrade() else { return };
        if let Err(error) = engine.take_posts_in().await {
            tracing::warn!(%error, "what other engines left could not be taken in");
        }
        engine.look_at_children().await;
    }
}

impl Inner {
    /// Lets go of executions that other engines claimed while this one could not renew its lease.
    async fn let_go_of_lost(&self) -> Result<(), StoreError> {
        let hosted: Vec<_> = self.all_hosted();
        for executions in hosted.chunks(CONFIRMED) {
            let batches: Vec<_> = executions.iter().filter_map(|execution| unchanged_so_far(execution)).collect();
            if self.store.append(self.owner, &batches).await.is_err() {
                for execution in executions {
                    self.let_go_if_lost(execution).await?;
                }
            }
        }
        Ok(())
    }

    /// Lets go of an execution that is another engine's now; returns whether it is still this one's.
    pub(super) async fn let_go_if_lost(&self, execution: &Arc<HostedExecution>) -> Result<bool, StoreError> {
        loop {
            let Some(batch) = unchanged_so_far(execution) else { return Ok(true) };
            let error = match self.store.append(self.owner, std::slice::from_ref(&batch)).await {
                Ok(()) => return Ok(true),
                Err(error @ (StoreError::Fenced { .. } | StoreError::VersionConflict { .. })) => error,
                Err(error) => return Err(error),
            };
            if matches!(error, StoreError::VersionConflict { .. }) {
                // It may have come from an append of this engine that has just happened.
                self.settle().await;
                if execution.version() != batch.expected_version {
                    continue;
                }
            }
            self.let_go(execution, &Departure::Elsewhere(error));
            return Ok(false);
        }
    }

    /// Whether an execution of the store that runs is this engine's own.
    pub(super) async fn owns(&self, record: &ExecutionRecord) -> Result<bool, StoreError> {
        match self.store.append(self.owner, &[unchanged(&record.execution_arn, record.version)]).await {
            Ok(()) => Ok(true),
            Err(StoreError::Fenced { .. } | StoreError::VersionConflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn take_posts_in(&self) -> Result<(), StoreError> {
        loop {
            let posts = self.store.posts(self.owner, POSTS).await?;
            let is_last = posts.len() < POSTS;
            let mut taken = 0;
            for post in posts {
                taken += usize::from(self.take_post_in(post).await?);
            }
            // Those of executions that cannot go on stay where they are.
            if is_last || taken == 0 {
                return Ok(());
            }
        }
    }

    /// Returns whether the post is done with.
    async fn take_post_in(&self, post: Post) -> Result<bool, StoreError> {
        let Post { id, execution_arn, event } = post;
        if let Some(execution) = self.hosted(&execution_arn) {
            let (answer, answered) = oneshot::channel();
            if self.send(Arc::clone(&execution), Told::Posted(event, id, answer)).await.is_err() {
                return Ok(false);
            }
            // How the event was taken does not matter: who left it is gone.
            let _ = answered.await;
            return Ok(execution.departed().is_none());
        }
        match self.store.find(&execution_arn).await? {
            Some(record) if record.standing.end().is_some() => {
                let batch = Batch { received: vec![id], ..unchanged(&execution_arn, record.version) };
                self.store.append(self.owner, &[batch]).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// Adds nothing to an execution; only its owner may.
fn unchanged(execution_arn: &Arc<str>, version: u64) -> Batch {
    Batch {
        execution_arn: Arc::clone(execution_arn),
        expected_version: version,
        entries: Vec::new(),
        opening: None,
        standing: None,
        received: Vec::new(),
    }
}

/// The same for an execution that is hosted here, if it is in the store.
fn unchanged_so_far(execution: &HostedExecution) -> Option<Batch> {
    let version = execution.version();
    (execution.keeping() == Keeping::Journalled && version > 0).then(|| unchanged(execution.arn(), version))
}
