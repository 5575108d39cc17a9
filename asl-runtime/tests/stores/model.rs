//! SQLite does whatever memory does: random calls to both, compared answer by answer.

use std::sync::Arc;

use asl_core::execution::Event;
use asl_core::{Failure, Timestamp};
use asl_runtime::store::{
    Batch, Collection, DocumentKey, Durability, ExecutionQuery, MemoryStore, OwnerId, SqliteOptions, SqliteStore,
    Standing, Store,
};
use proptest::prelude::*;

use crate::{arn, batch, ended, entry};

#[derive(Debug, Clone)]
enum Call {
    Join(i64),
    Renew(u64, i64),
    Leave(u64),
    Claim(u64, i64, usize),
    Append(u64, Vec<Piece>),
    List(ExecutionQuery),
    Remove(Vec<u8>),
    Post(u8, u8),
    Posts(u64, usize),
    Put(u8, Option<u64>, u8),
    Delete(u8),
    Scan(u8, usize),
    Reopen,
}

/// A batch for one of few executions, at one of few versions.
#[derive(Debug, Clone)]
struct Piece {
    execution: u8,
    version: u64,
    entries: Vec<u8>,
    standing: Option<bool>,
    received: Vec<u64>,
}

impl Piece {
    fn batch(&self) -> Batch {
        Batch {
            entries: self.entries.iter().map(|text| entry(&text.to_string())).collect(),
            standing: self.standing.map(|ends| {
                let sleeps_until = Some(Timestamp::from_millis(77));
                if ends { ended() } else { Standing::Running { sleeps_until } }
            }),
            received: self.received.clone(),
            ..batch(&self.execution.to_string(), self.version, "")
        }
    }
}

fn owner() -> impl Strategy<Value = u64> {
    1..4_u64
}

fn execution() -> impl Strategy<Value = u8> {
    0..4_u8
}

fn piece() -> impl Strategy<Value = Piece> {
    let entries = prop::collection::vec(0..3_u8, 0..3);
    let received = prop::collection::vec(0..6_u64, 0..2);
    (execution(), 0..4_u64, entries, prop::option::of(any::<bool>()), received).prop_map(
        |(execution, version, entries, standing, received)| Piece { execution, version, entries, standing, received },
    )
}

fn query() -> impl Strategy<Value = ExecutionQuery> {
    let machine = prop::option::of(Just(Arc::from(crate::MACHINE)));
    (machine, prop::option::of(0..6_u64), prop::option::of(0..4_usize)).prop_map(
        |(state_machine_arn, before, limit)| ExecutionQuery {
            state_machine_arn,
            before,
            limit,
            ..ExecutionQuery::default()
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        2 => (0..9_i64).prop_map(Call::Join),
        1 => (owner(), 0..9_i64).prop_map(|(owner, lease)| Call::Renew(owner, lease)),
        1 => owner().prop_map(Call::Leave),
        3 => (owner(), 0..9_i64, 0..3_usize).prop_map(|(owner, now, limit)| Call::Claim(owner, now, limit)),
        12 => (owner(), prop::collection::vec(piece(), 0..3)).prop_map(|(owner, pieces)| Call::Append(owner, pieces)),
        2 => query().prop_map(Call::List),
        1 => prop::collection::vec(execution(), 0..3).prop_map(Call::Remove),
        3 => (execution(), 0..3_u8).prop_map(|(execution, text)| Call::Post(execution, text)),
        2 => (owner(), 0..4_usize).prop_map(|(owner, limit)| Call::Posts(owner, limit)),
        2 => (0..3_u8, prop::option::of(0..3_u64), 0..3_u8).prop_map(|(name, at, body)| Call::Put(name, at, body)),
        1 => (0..3_u8).prop_map(Call::Delete),
        1 => (0..3_u8, 0..4_usize).prop_map(|(after, limit)| Call::Scan(after, limit)),
        1 => Just(Call::Reopen),
    ]
}

/// Makes the call, and tells everything that it answered.
async fn answer(store: &dyn Store, call: &Call) -> String {
    let time = |milliseconds: &i64| Timestamp::from_millis(*milliseconds);
    let collection = Collection::Definitions;
    match call {
        Call::Join(lease) => format!("{:?}", store.join(time(lease)).await),
        Call::Renew(owner, lease) => format!("{:?}", store.renew(OwnerId(*owner), time(lease)).await),
        Call::Leave(owner) => format!("{:?}", store.leave(OwnerId(*owner)).await),
        Call::Claim(owner, now, limit) => format!("{:?}", store.claim(OwnerId(*owner), time(now), *limit).await),
        Call::Append(owner, pieces) => {
            let batches: Vec<_> = pieces.iter().map(Piece::batch).collect();
            format!("{:?}", store.append(OwnerId(*owner), &batches).await)
        }
        Call::List(query) => format!("{:?}", store.list(query).await),
        Call::Remove(executions) => {
            let arns: Vec<_> = executions.iter().map(|execution| arn(&execution.to_string())).collect();
            format!("{:?}", store.remove(&arns).await)
        }
        Call::Post(execution, text) => {
            let event = Event::Stopped { failure: Failure::new("E", text.to_string()) };
            format!("{:?}", store.post(&arn(&execution.to_string()), &event).await)
        }
        Call::Posts(owner, limit) => format!("{:?}", store.posts(OwnerId(*owner), *limit).await),
        Call::Put(name, at, body) => {
            let name = name.to_string();
            format!("{:?}", store.put(DocumentKey { collection, name: &name }, *at, &body.to_string()).await)
        }
        Call::Delete(name) => {
            let name = name.to_string();
            format!("{:?}", store.delete(DocumentKey { collection, name: &name }).await)
        }
        Call::Scan(after, limit) => format!("{:?}", store.scan(collection, &after.to_string(), *limit).await),
        Call::Reopen => String::new(),
    }
}

/// Everything that can be read of a few executions.
async fn everything(store: &dyn Store) -> String {
    let mut found = vec![format!("{:?}", store.list(&ExecutionQuery::default()).await)];
    for execution in 0..4 {
        let arn = arn(&execution.to_string());
        found.push(format!("{:?}", store.load(&arn).await));
        found.push(format!("{:?}", store.find(&arn).await));
    }
    for owner in 0..5 {
        found.push(format!("{:?}", store.posts(OwnerId(owner), 99).await));
    }
    found.push(format!("{:?}", store.scan(Collection::Definitions, "", 99).await));
    found.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_memory_does(calls in prop::collection::vec(call(), 1..60)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let open = || SqliteOptions::new(&path).durability(Durability::Process).open().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let memory = MemoryStore::new();
        let mut sqlite: SqliteStore = open();
        runtime.block_on(async {
            let lease = Timestamp::from_millis(4);
            for store in [&sqlite as &dyn Store, &memory] {
                for owner in 1..4 {
                    assert_eq!(store.join(lease).await.unwrap(), OwnerId(owner));
                }
            }
            for call in &calls {
                if matches!(call, Call::Reopen) {
                    drop(sqlite);
                    sqlite = open();
                }
                assert_eq!(answer(&sqlite, call).await, answer(&memory, call).await, "{call:?}");
            }
            assert_eq!(everything(&sqlite).await, everything(&memory).await);
        });
    }
}
