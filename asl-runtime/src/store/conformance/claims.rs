//! Owners, leases and claims.

use std::collections::BTreeSet;

use super::world::{
    Checked, Deviation, LATER, LONG, SHORT, arn, at, entry, first, is_fenced, journal, last, next, of, open, same,
    snapshot, so, there,
};
use super::{Stores, world};
use crate::store::{Batch, ExecutionRecord, OwnerId, Standing, Store};

/// The names of what is claimed.
async fn claim(store: &dyn Store, owner: OwnerId, limit: usize) -> Result<Vec<String>, Deviation> {
    Ok(names(&store.claim(owner, LATER, limit).await?))
}

fn names(records: &[ExecutionRecord]) -> Vec<String> {
    records.iter().map(|record| record.opening.name.to_string()).collect()
}

pub(super) async fn owners_differ(stores: &dyn Stores) -> Checked {
    let mut store = stores.empty().await;
    let mut owners = BTreeSet::new();
    for _ in 0..3 {
        let (first, second) = (store.join(SHORT).await?, store.join(LONG).await?);
        store.leave(second).await?;
        store.claim(first, LATER, 9).await?;
        so("the first is new", owners.insert(first))?;
        so("the second is new", owners.insert(second))?;
        store = stores.reopen(store).await;
    }
    Ok(())
}

pub(super) async fn fenced(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let (old, new) = (store.join(SHORT).await?, store.join(LONG).await?);
    open(&*store, old, "a").await?;
    is_fenced("another's append", store.append(new, &[next("a", 1)]).await)?;
    is_fenced("another's append with others", store.append(new, &[first("b"), next("a", 1)]).await)?;
    same("the append that was fenced", journal(&*store, "b").await?, None)?;
    is_fenced("another's append, as if tried again", store.append(new, &[first("a")]).await)?;
    is_fenced("another's snapshot", store.save_snapshot(new, &arn("a"), 1, snapshot(1)?).await)?;
    same("what is claimed", claim(&*store, new, 9).await?, vec!["a".to_owned()])?;
    is_fenced("the former owner's append", store.append(old, &[next("a", 1)]).await)?;
    is_fenced("the former owner's snapshot", store.save_snapshot(old, &arn("a"), 1, snapshot(1)?).await)?;
    store.append(new, &[next("a", 1)]).await?;
    store.renew(old, LONG).await?;
    is_fenced("the former owner's append after a renewal", store.append(old, &[next("a", 2)]).await)?;
    same("the journal", journal(&*store, "a").await?, of(&[entry(0), entry(1)]))
}

pub(super) async fn claimed(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let (one, two, live) = (store.join(SHORT).await?, store.join(SHORT).await?, store.join(LONG).await?);
    for (owner, name) in [(two, "a"), (one, "b"), (live, "c"), (one, "d"), (two, "e"), (one, "f")] {
        open(&*store, owner, name).await?;
    }
    store.append(one, &[last("d", 1)]).await?;
    let sleeps = Standing::Running { sleeps_until: Some(at(77)) };
    store.append(two, &[Batch { standing: Some(sleeps.clone()), ..next("e", 1) }]).await?;
    let us = store.join(LONG).await?;
    same("claims before the leases end", names(&store.claim(us, at(500), 9).await?), Vec::new())?;
    same("claims at the moment that they end", names(&store.claim(us, SHORT, 9).await?), Vec::new())?;
    same("claims of nothing", claim(&*store, us, 0).await?, Vec::new())?;
    same("the first two", claim(&*store, us, 2).await?, vec!["a".to_owned(), "b".to_owned()])?;
    let rest = store.claim(us, LATER, 9).await?;
    same("the rest", names(&rest), vec!["e".to_owned(), "f".to_owned()])?;
    let asleep = there("e", rest.first())?;
    same("the record", (asleep.version, asleep.standing.clone()), (2, sleeps))?;
    same("claims when all are claimed", claim(&*store, us, 9).await?, Vec::new())?;
    store.append(us, &[next("a", 1), next("e", 2)]).await?;
    is_fenced("an append to what has a lease", store.append(us, &[next("c", 1)]).await)
}

pub(super) async fn leases(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let (one, two) = (store.join(SHORT).await?, store.join(LONG).await?);
    open(&*store, one, "a").await?;
    open(&*store, two, "b").await?;
    store.renew(one, LONG).await?;
    let us = store.join(LONG).await?;
    same("claims while leases last", claim(&*store, us, 9).await?, Vec::new())?;
    store.leave(two).await?;
    same("claims after one left", claim(&*store, us, 9).await?, vec!["b".to_owned()])?;
    store.renew(two, LONG).await?;
    open(&*store, two, "c").await?;
    same("claims after it came back", claim(&*store, us, 9).await?, Vec::new())?;
    store.leave(us).await?;
    same("what another takes over", claim(&*store, one, 9).await?, vec!["b".to_owned()])
}

pub(super) async fn ended(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let (one, two) = (store.join(SHORT).await?, store.join(LONG).await?);
    open(&*store, one, "a").await?;
    store.append(one, &[last("a", 1)]).await?;
    same("claims of what ended", claim(&*store, two, 9).await?, Vec::new())?;
    let again = Batch { standing: Some(Standing::Running { sleeps_until: None }), ..next("a", 2) };
    store.append(two, &[again]).await?;
    is_fenced("the former owner's append", store.append(one, &[next("a", 3)]).await)?;
    store.append(two, &[last("a", 3)]).await?;
    let record = there("the record", store.find(&arn("a")).await?)?;
    same("how it stands", (record.version, record.standing), (4, world::ended()))
}

pub(super) async fn claimed_and_reopened(stores: &dyn Stores) -> Checked {
    let mut store = stores.empty().await;
    let (old, new) = (store.join(SHORT).await?, store.join(LONG).await?);
    open(&*store, old, "a").await?;
    store = stores.reopen(store).await;
    same("what is claimed", claim(&*store, new, 9).await?, vec!["a".to_owned()])?;
    store = stores.reopen(store).await;
    is_fenced("the former owner's append", store.append(old, &[next("a", 1)]).await)?;
    Ok(store.append(new, &[next("a", 1)]).await?)
}
