//! Journals and snapshots.

use std::sync::Arc;

use asl_core::Failure;
use asl_core::Value;
use asl_core::execution::{Event, Start};
use serde_json::json;

use super::Stores;
use super::world::{
    Checked, LONG, arn, at, conflicts, entry, event, first, journal, last, next, of, open, program, same, snapshot, so,
    task, there, written,
};
use crate::store::{Batch, Inbound, JournalEntry, Standing, StoreError};

pub(super) async fn appended_is_kept(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    open(&*store, owner, "a").await?;
    open(&*store, owner, "b").await?;
    let both = [Batch { entries: vec![entry(1), entry(2)], ..next("a", 1) }, next("b", 1)];
    store.append(owner, &both).await?;
    same("the journal of a", journal(&*store, "a").await?, of(&[entry(0), entry(1), entry(2)]))?;
    same("the journal of b", journal(&*store, "b").await?, of(&[entry(0), entry(1)]))?;
    let nothing =
        Batch { entries: Vec::new(), standing: Some(Standing::Running { sleeps_until: None }), ..next("a", 3) };
    store.append(owner, &[nothing]).await?;
    store.append(owner, &[]).await?;
    same("the journal of a", journal(&*store, "a").await?, of(&[entry(0), entry(1), entry(2)]))
}

pub(super) async fn entries_come_back(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    let task = task(5)?;
    let large = Value::from(json!({"text": "é\u{0}\u{1f600}\"\\".repeat(20_000), "float": 0.1, "null": null}));
    let fingerprint = program()?.fingerprint().clone();
    let failure = Failure::new("Failed", "for no reason");
    let inbound = [
        Inbound::Started { start: Box::new(Start::new("a", large.clone())), fingerprint },
        Inbound::Event(Event::TaskStarted { task, worker_name: Some("w".into()) }),
        Inbound::Event(Event::TaskStarted { task, worker_name: None }),
        Inbound::Event(Event::TaskSubmitted { task, output: json!([]).into() }),
        Inbound::Event(Event::TaskHeartbeat { task }),
        Inbound::Event(Event::TaskSucceeded { task, output: large }),
        Inbound::Event(Event::TaskFailed { task, failure: failure.clone() }),
        Inbound::DeadlineReached,
        Inbound::MissingActivities([arn("a")].into()),
        Inbound::Event(Event::Redriven),
        Inbound::Event(Event::Stopped { failure }),
    ];
    let entries: Vec<_> = inbound.into_iter().map(|inbound| JournalEntry { at: at(-1), inbound }).collect();
    store.append(owner, &[Batch { entries: entries.clone(), ..first("a") }]).await?;
    let journal = there("the journal", store.load(&arn("a")).await?)?;
    so("the entries are as they were", written(&journal.entries) == written(&entries))
}

pub(super) async fn all_or_nothing(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    open(&*store, owner, "a").await?;
    let refused = store.append(owner, &[first("b"), next("a", 1), next("c", 4)]).await;
    conflicts("an append with a batch for nothing", refused, 0)?;
    same("the journal of a", journal(&*store, "a").await?, of(&[entry(0)]))?;
    same("the journal of b", journal(&*store, "b").await?, None)
}

pub(super) async fn versions_conflict(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    open(&*store, owner, "a").await?;
    store.append(owner, &[Batch { entries: vec![entry(8)], ..next("a", 1) }]).await?;
    conflicts("an append behind", store.append(owner, &[next("a", 1)]).await, 2)?;
    conflicts("an append at the start", store.append(owner, &[next("a", 0)]).await, 2)?;
    conflicts("an append ahead", store.append(owner, &[next("a", 3)]).await, 2)?;
    conflicts("opening what exists", store.append(owner, &[first("a")]).await, 2)?;
    conflicts("appending to what does not exist", store.append(owner, &[next("b", 0)]).await, 0)?;
    conflicts("opening at a version", store.append(owner, &[Batch { expected_version: 1, ..first("b") }]).await, 0)?;
    same("the journal", journal(&*store, "a").await?, of(&[entry(0), entry(8)]))
}

pub(super) async fn one_batch_each(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    open(&*store, owner, "a").await?;
    let twice = store.append(owner, &[next("a", 1), next("a", 1)]).await;
    so("a conflict", matches!(twice, Err(StoreError::VersionConflict { .. })))?;
    same("the journal", journal(&*store, "a").await?, of(&[entry(0)]))
}

pub(super) async fn tried_again(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    let two = Batch { entries: vec![entry(1), entry(2)], ..next("a", 1) };
    for batch in [first("a"), two, last("a", 3)] {
        store.append(owner, std::slice::from_ref(&batch)).await?;
        store.append(owner, std::slice::from_ref(&batch)).await?;
    }
    same("the journal", journal(&*store, "a").await?, of(&[entry(0), entry(1), entry(2), entry(3)]))?;
    open(&*store, owner, "b").await?;
    store.append(owner, &[next("b", 1), first("c")]).await?;
    store.append(owner, &[next("b", 1), first("c")]).await?;
    let other = Batch { entries: vec![entry(8)], ..next("b", 1) };
    conflicts("the same version with another entry", store.append(owner, &[other]).await, 2)?;
    let other = Batch { entries: vec![entry(1), entry(2)], ..next("b", 1) };
    conflicts("the same version with more entries", store.append(owner, &[other]).await, 2)?;
    let mut other = first("c");
    if let Some(opening) = &mut other.opening {
        opening.name = "d".into();
    }
    conflicts("another opening", store.append(owner, &[other]).await, 1)
}

pub(super) async fn one_wins(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    open(&*store, owner, "a").await?;
    let mut tasks = Vec::new();
    for number in 0..16 {
        let store = Arc::clone(&store);
        let batch = Batch { entries: vec![entry(100 + number)], ..next("a", 1) };
        tasks.push(tokio::spawn(async move { store.append(owner, &[batch]).await }));
    }
    let mut won = 0;
    for task in tasks {
        match there("an answer", task.await.ok())? {
            Ok(()) => won += 1,
            refused => conflicts("an append that lost", refused, 2)?,
        }
    }
    same("how many succeeded", won, 1)
}

pub(super) async fn all_at_once(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    let mut tasks = Vec::new();
    for number in 0..16 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let name = number.to_string();
            store.append(owner, &[first(&name)]).await?;
            for version in 1..8 {
                store.append(owner, &[next(&name, version)]).await?;
            }
            Ok::<(), StoreError>(())
        }));
    }
    for task in tasks {
        there("an answer", task.await.ok())??;
    }
    let entries: Vec<_> = (0..8).map(entry).collect();
    for number in 0..16 {
        same("a journal", journal(&*store, &number.to_string()).await?, of(&entries))?;
    }
    Ok(())
}

pub(super) async fn snapshots(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    let entries: Vec<_> = (0..5).map(entry).collect();
    store.append(owner, &[Batch { entries: entries.clone(), ..first("a") }]).await?;
    for (version, kept) in [(2, 2), (4, 4), (3, 4), (4, 4), (5, 5)] {
        store.save_snapshot(owner, &arn("a"), version, snapshot(version.cast_signed())?).await?;
        let journal = there("the journal", store.load(&arn("a")).await?)?;
        let (covered, found) = there("the snapshot", journal.snapshot)?;
        same("the version", (journal.version, covered), (5, kept))?;
        let wanted = serde_json::to_string(&snapshot(kept.cast_signed())?).ok();
        so("the snapshot is as it was", serde_json::to_string(&found).ok() == wanted)?;
        let rest: Vec<_> = (kept.cast_signed()..5).map(entry).collect();
        same("the rest", written(&journal.entries), written(&rest))?;
    }
    let whole = there("the whole journal", store.load_from_start(&arn("a")).await?)?;
    so("the whole journal has no snapshot", whole.snapshot.is_none())?;
    same("the whole journal", written(&whole.entries), written(&entries))
}

pub(super) async fn snapshots_refused(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    open(&*store, owner, "a").await?;
    conflicts("a version ahead", store.save_snapshot(owner, &arn("a"), 2, snapshot(1)?).await, 1)?;
    conflicts("no execution", store.save_snapshot(owner, &arn("b"), 1, snapshot(1)?).await, 0)?;
    so("no snapshot is there", there("a", store.load(&arn("a")).await?)?.snapshot.is_none())
}

pub(super) async fn nothing(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    so("no journal", store.load(&arn("a")).await?.is_none())?;
    so("no whole journal", store.load_from_start(&arn("a")).await?.is_none())?;
    same("no record", store.find(&arn("a")).await?, None)?;
    same("no records", store.list(&crate::store::ExecutionQuery::default()).await?, Vec::new())?;
    store.remove(&[arn("a")]).await?;
    Ok(store.post(&arn("a"), &event("x")).await?)
}

pub(super) async fn reopened(stores: &dyn Stores) -> Checked {
    let mut store = stores.empty().await;
    let owner = store.join(LONG).await?;
    open(&*store, owner, "a").await?;
    for version in 1..5 {
        store = stores.reopen(store).await;
        store.append(owner, &[next("a", version)]).await?;
        store.save_snapshot(owner, &arn("a"), version, snapshot(7)?).await?;
    }
    store = stores.reopen(store).await;
    same("the journal", journal(&*store, "a").await?, of(&[entry(0), entry(1), entry(2), entry(3), entry(4)]))?;
    let journal = there("the journal", store.load(&arn("a")).await?)?;
    same("the snapshot's version", journal.snapshot.map(|(version, _)| version), Some(4))?;
    so("a new owner is another", store.join(LONG).await? != owner)
}
