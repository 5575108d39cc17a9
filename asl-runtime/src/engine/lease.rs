//! Staying the owner of its executions, becoming the owner of others', and hearing what other engines leave for them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

use super::inner::Inner;
use super::worker::Told;
use crate::clock::Clock;
use crate::store::{Batch, Post, StoreError};

/// How many posts are taken in at once.
const POSTS: usize = 256;

/// Renews the lease and takes over what others left, for as long as the engine lives.
pub(super) async fn renew(engine: Weak<Inner>, clock: Arc<dyn Clock>, lease: Duration) {
    let mut pause = lease / 3;
    loop {
        clock.sleep(pause).await;
        let Some(engine) = engine.upgrade() else { return };
        let until = clock.now().saturating_add(lease);
        pause = match engine.store.renew(engine.owner, until).await {
            Ok(()) => lease / 3,
            Err(error) => {
                tracing::warn!(%error, "the lease could not be renewed");
                lease / 10
            }
        };
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
    async fn take_posts_in(&self) -> Result<(), StoreError> {
        loop {
            let posts = self.store.posts(self.owner, POSTS).await?;
            let is_last = posts.len() < POSTS;
            let taken = self.take_in_together(posts).await?;
            // Those of executions that cannot go on stay where they are.
            if is_last || taken == 0 {
                return Ok(());
            }
        }
    }

    /// Gives posts to their executions before it waits for what becomes of them, so that they share appends;
    /// returns how many are done with.
    async fn take_in_together(&self, posts: Vec<Post>) -> Result<usize, StoreError> {
        let (mut told, mut taken) = (Vec::with_capacity(posts.len()), 0);
        for Post { id, execution_arn, event } in posts {
            let Some(execution) = self.hosted(&execution_arn) else {
                taken += usize::from(self.drop_post(id, execution_arn).await?);
                continue;
            };
            let (answer, answered) = oneshot::channel();
            if self.send(Arc::clone(&execution), Told::Posted(event, id, answer)).await.is_ok() {
                told.push((execution, answered));
            }
        }
        for (execution, answered) in told {
            // How the event was taken does not matter: who left it is gone.
            let _ = answered.await;
            taken += usize::from(execution.departed().is_none());
        }
        Ok(taken)
    }

    /// Removes a post to an execution that ended; returns whether it did.
    async fn drop_post(&self, id: u64, execution_arn: Arc<str>) -> Result<bool, StoreError> {
        match self.store.find(&execution_arn).await? {
            Some(record) if record.standing.end().is_some() => {
                let expected_version = record.version;
                let (entries, received) = (Vec::new(), vec![id]);
                let batch = Batch { execution_arn, expected_version, entries, opening: None, standing: None, received };
                self.store.append(self.owner, &[batch]).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
