//! Posts.

use super::Stores;
use super::world::{Checked, Deviation, LATER, LONG, SHORT, arn, event, last, next, open, same};
use crate::store::{Batch, OwnerId, Store};

/// What waits for an owner: for whom, and what.
async fn waiting(store: &dyn Store, owner: OwnerId) -> Result<Vec<(String, asl_core::execution::Event)>, Deviation> {
    let posts = store.posts(owner, 99).await?;
    Ok(posts.into_iter().map(|post| (post.execution_arn.to_string(), post.event)).collect())
}

pub(super) async fn delivered(stores: &dyn Stores) -> Checked {
    let mut store = stores.empty().await;
    let (us, others) = (store.join(LONG).await?, store.join(LONG).await?);
    open(&*store, us, "a").await?;
    open(&*store, us, "b").await?;
    open(&*store, others, "c").await?;
    for (name, text) in [("b", "1"), ("c", "2"), ("a", "3"), ("b", "4")] {
        store.post(&arn(name), &event(text)).await?;
    }
    store = stores.reopen(store).await;
    let of = |name: &str, text: &str| (arn(name).to_string(), event(text));
    same("what waits", waiting(&*store, us).await?, vec![of("b", "1"), of("a", "3"), of("b", "4")])?;
    same("what waits for others", waiting(&*store, others).await?, vec![of("c", "2")])?;
    let first: Vec<_> = store.posts(us, 2).await?.into_iter().map(|post| post.id).collect();
    same("how many come at most", first.len(), 2)?;
    // One of them came too late for any entry, and belongs to another execution.
    store.append(us, &[Batch { received: first, ..next("b", 1) }]).await?;
    same("what is left", waiting(&*store, us).await?, vec![of("b", "4")])
}

pub(super) async fn follow(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let (old, new) = (store.join(SHORT).await?, store.join(LONG).await?);
    open(&*store, old, "a").await?;
    store.post(&arn("a"), &event("1")).await?;
    same("what waits for who has not claimed", waiting(&*store, new).await?, Vec::new())?;
    store.claim(new, LATER, 9).await?;
    same("what waits for who claimed", waiting(&*store, new).await?, vec![(arn("a").to_string(), event("1"))])?;
    same("what waits for the former owner", waiting(&*store, old).await?, Vec::new())
}

pub(super) async fn left_once(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    open(&*store, owner, "a").await?;
    open(&*store, owner, "b").await?;
    for (name, text) in [("a", "1"), ("a", "1"), ("b", "1"), ("a", "2"), ("a", "1")] {
        store.post(&arn(name), &event(text)).await?;
    }
    let of = |name: &str, text: &str| (arn(name).to_string(), event(text));
    same("what waits", waiting(&*store, owner).await?, vec![of("a", "1"), of("b", "1"), of("a", "2")])?;
    let received = store.posts(owner, 1).await?.into_iter().map(|post| post.id).collect();
    store.append(owner, &[Batch { received, ..next("a", 1) }]).await?;
    store.post(&arn("a"), &event("1")).await?;
    same("what came again", waiting(&*store, owner).await?, vec![of("b", "1"), of("a", "2"), of("a", "1")])
}

pub(super) async fn dropped(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    store.post(&arn("a"), &event("before")).await?;
    open(&*store, owner, "a").await?;
    same("what came before", waiting(&*store, owner).await?, Vec::new())?;
    store.post(&arn("a"), &event("meanwhile")).await?;
    store.append(owner, &[last("a", 1)]).await?;
    same("what waited when it ended", waiting(&*store, owner).await?, Vec::new())?;
    store.post(&arn("a"), &event("after")).await?;
    same("what came after", waiting(&*store, owner).await?, Vec::new())
}
