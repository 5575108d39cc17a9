//! Records: found, listed, removed.

use std::sync::Arc;

use asl_core::Failure;
use asl_core::execution::Outcome;

use super::Stores;
use super::world::{
    Checked, Deviation, LONG, MACHINE, arn, at, ended, entry, event, first, journal, last, next, of, open, opening,
    same, snapshot, so, task, there, written,
};
use crate::status::ExecutionStatus;
use crate::store::{Batch, End, ExecutionQuery, ExecutionRecord, Opening, Parent, Standing, Store};

pub(super) async fn records(stores: &dyn Stores) -> Checked {
    let mut store = stores.empty().await;
    let owner = store.join(LONG).await?;
    let failure = Failure::new("Failed", "for a reason");
    let parent = Parent::Task { execution_arn: arn("p"), task: task(12)? };
    let map_run = Parent::MapRun { map_run_arn: "map-run".into(), index: 1 << 40 };
    let ends = [
        Outcome::Succeeded(serde_json::json!({"a": [1, 2.5, "é"]}).into()),
        Outcome::Failed(failure.clone()),
        Outcome::TimedOut(failure.clone()),
        Outcome::Aborted(failure),
    ];
    let mut standings = vec![None, Some(Standing::Running { sleeps_until: Some(at(5)) })];
    standings.extend(ends.map(|outcome| Some(Standing::Ended(End { outcome, stop_date: at(99) }))));
    let parents = [None, Some(parent), Some(map_run)];
    let mut wanted = Vec::new();
    for (index, (standing, parent)) in standings.into_iter().zip(parents.into_iter().cycle()).enumerate() {
        let opening = Opening { parent, ..opening(&index.to_string()) };
        let batch = Batch { opening: Some(opening.clone()), standing: standing.clone(), ..first(&index.to_string()) };
        store.append(owner, &[batch]).await?;
        let standing = standing.unwrap_or(Standing::Running { sleeps_until: None });
        wanted.push((arn(&index.to_string()), opening, standing, 1));
    }
    store = stores.reopen(store).await;
    let mut last = 0;
    for (execution_arn, opening, standing, version) in wanted {
        let record = there("the record", store.find(&execution_arn).await?)?;
        so("numbers grow", record.number > last)?;
        last = record.number;
        same("the record", record, ExecutionRecord { number: last, execution_arn, opening, standing, version })?;
    }
    store.append(owner, &[Batch { standing: Some(ended()), ..next("1", 1) }]).await?;
    let record = there("the record", store.find(&arn("1")).await?)?;
    same("the record after a change", (record.standing, record.version), (ended(), 2))?;
    let several = [arn("1"), arn("nobody"), arn("0")];
    let wanted = vec![store.find(&several[0]).await?, None, store.find(&several[2]).await?];
    same("the records of several executions", store.find_all(&several).await?, wanted)?;
    let first_entries = store.first_entries(&several).await?;
    let found = first_entries.into_iter().map(|entry| entry.map(|entry| written(&[entry]))).collect();
    let first_entry = Some(written(&[entry(0)]));
    same("the first entries of several journals", found, vec![first_entry.clone(), None, first_entry])
}

async fn list(store: &dyn Store, query: ExecutionQuery) -> Result<String, Deviation> {
    let records = store.list(&query).await?;
    Ok(records.iter().map(|record| &*record.opening.name).collect::<Vec<_>>().join(" "))
}

pub(super) async fn listed(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    for number in 0..12 {
        let machine = if number % 2 == 0 { MACHINE } else { "other" };
        let parent = (number % 3 == 0).then(|| Parent::MapRun { map_run_arn: "run".into(), index: number });
        let name = number.to_string();
        let opening = Opening { state_machine_arn: machine.into(), parent, ..opening(&name) };
        let standing = (number % 4 < 2).then(ended);
        store.append(owner, &[Batch { opening: Some(opening), standing, ..first(&name) }]).await?;
    }
    let all = ExecutionQuery::default();
    let (machine, parent) = (Some(Arc::from(MACHINE)), Some(Arc::from("run")));
    let running = Some(ExecutionStatus::Running);
    let sixth = there("the sixth", store.find(&arn("6")).await?)?.number;
    let cases = [
        (all.clone(), "11 10 9 8 7 6 5 4 3 2 1 0"),
        (ExecutionQuery { limit: Some(3), ..all.clone() }, "11 10 9"),
        (ExecutionQuery { limit: Some(0), ..all.clone() }, ""),
        (ExecutionQuery { before: Some(sixth), limit: Some(3), ..all.clone() }, "5 4 3"),
        (ExecutionQuery { status: running, ..all.clone() }, "11 10 7 6 3 2"),
        (ExecutionQuery { status: Some(ExecutionStatus::Failed), ..all.clone() }, ""),
        (ExecutionQuery { state_machine_arn: machine.clone(), ..all.clone() }, "10 8 6 4 2 0"),
        (ExecutionQuery { state_machine_arn: machine.clone(), limit: Some(2), ..all.clone() }, "10 8"),
        (ExecutionQuery { state_machine_arn: machine.clone(), before: Some(sixth), ..all.clone() }, "4 2 0"),
        (ExecutionQuery { state_machine_arn: machine.clone(), status: running, ..all.clone() }, "10 6 2"),
        (ExecutionQuery { state_machine_arn: Some("none".into()), ..all.clone() }, ""),
        (ExecutionQuery { parent_arn: parent.clone(), ..all.clone() }, "9 6 3 0"),
        (ExecutionQuery { parent_arn: parent.clone(), status: running, ..all.clone() }, "6 3"),
        (ExecutionQuery { parent_arn: parent.clone(), before: Some(sixth), ..all.clone() }, "3 0"),
        (ExecutionQuery { parent_arn: parent, state_machine_arn: machine, limit: Some(1), ..all.clone() }, "6"),
        (ExecutionQuery { parent_arn: Some("none".into()), ..all }, ""),
    ];
    for (query, wanted) in cases {
        same(&format!("{query:?}"), list(&*store, query).await?, wanted.to_owned())?;
    }
    Ok(())
}

pub(super) async fn removed(stores: &dyn Stores) -> Checked {
    let store = stores.empty().await;
    let owner = store.join(LONG).await?;
    for name in ["a", "b", "c"] {
        open(&*store, owner, name).await?;
    }
    store.save_snapshot(owner, &arn("c"), 1, snapshot(1)?).await?;
    store.append(owner, &[last("c", 1), last("b", 1)]).await?;
    let number = there("c", store.find(&arn("c")).await?)?.number;
    store.remove(&[arn("a"), arn("c"), arn("d"), arn("c")]).await?;
    same("what is left", list(&*store, ExecutionQuery::default()).await?, "b a".to_owned())?;
    same(
        "what is left of the machine",
        {
            let query = ExecutionQuery { state_machine_arn: Some(MACHINE.into()), ..ExecutionQuery::default() };
            list(&*store, query).await?
        },
        "b a".to_owned(),
    )?;
    same("the journal of what runs", journal(&*store, "a").await?, of(&[entry(0)]))?;
    same("the journal of what was removed", journal(&*store, "c").await?, None)?;
    same("the record of what was removed", store.find(&arn("c")).await?, None)?;
    store.post(&arn("c"), &event("x")).await?;
    open(&*store, owner, "c").await?;
    let again = there("the new c", store.find(&arn("c")).await?)?;
    so("a name that is used again has a higher number", again.number > number)?;
    so("it has no snapshot", there("its journal", store.load(&arn("c")).await?)?.snapshot.is_none())?;
    same("it has no posts", store.posts(owner, 9).await?, Vec::new())
}
