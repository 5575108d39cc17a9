//! Files of released versions are read for ever.

use asl_core::Value;
use asl_core::execution::{Event, Execution, Start, TaskId};
use asl_core::{Failure, Timestamp};
use asl_runtime::store::{
    Batch, Collection, DocumentKey, Inbound, JournalEntry, OwnerId, Parent, SqliteStore, Standing, Store,
};
use serde_json::json;

use crate::{LONG, arn, batch, ended};

/// The file of version 1, as the statements that make it.
const VERSION_1: &str = include_str!("snapshots/stores__golden__version_1.snap");

#[tokio::test]
async fn a_file_of_version_1_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let (_, statements) = VERSION_1.rsplit_once("---\n").unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch(statements).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    insta::assert_snapshot!(described(&store).await);
    store.append(OwnerId(1), &[batch("running", 11, "more")]).await.unwrap();
}

/// The file never changes unseen: what a release has written, the next ones read.
#[tokio::test]
async fn what_is_written_is_version_1() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    write(&SqliteStore::open(&path).unwrap()).await;
    insta::assert_snapshot!("version_1", dump(&rusqlite::Connection::open(&path).unwrap()));
}

fn task(number: u64) -> TaskId {
    serde_json::from_value(number.into()).unwrap()
}

/// Everything that there is to write.
async fn write(store: &SqliteStore) {
    let owner = store.join(LONG).await.unwrap();
    let definition = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 5, "End": true}}}"#;
    let program = asl_core::compile(definition).program.unwrap();
    let start = Start { seed: 7, ..Start::new("running", Value::from(json!({"x": [1, 0.5, "é", null, true]}))) };
    let failure = Failure::new("Failed", "for a reason");
    let output = Value::from(json!({"y": 1}));
    let inbound = [
        Inbound::Started { start: Box::new(start.clone()), fingerprint: program.fingerprint().clone() },
        Inbound::Event(Event::TaskStarted { task: task(2), worker_name: Some("worker".into()) }),
        Inbound::Event(Event::TaskStarted { task: task(2), worker_name: None }),
        Inbound::Event(Event::TaskSubmitted { task: task(2), output: output.clone() }),
        Inbound::Event(Event::TaskHeartbeat { task: task(2) }),
        Inbound::Event(Event::TaskSucceeded { task: task(2), output }),
        Inbound::Event(Event::TaskFailed { task: task(2), failure: failure.clone() }),
        Inbound::DeadlineReached,
        Inbound::MissingActivities(["arn:aws:states:us-east-1:000000000000:activity:a".into()].into()),
        Inbound::Event(Event::Redriven),
        Inbound::Event(Event::Stopped { failure: failure.clone() }),
    ];
    let at = Timestamp::from_millis(1_700_000_000_000);
    let entries = inbound.into_iter().map(|inbound| JournalEntry { at, inbound }).collect();
    let sleeps = Standing::Running { sleeps_until: Some(at) };
    store.append(owner, &[Batch { entries, standing: Some(sleeps), ..batch("running", 0, "") }]).await.unwrap();
    let parents = [
        Parent::Task { execution_arn: arn("running"), task: task(2) },
        Parent::MapRun { map_run_arn: "arn:aws:states:us-east-1:000000000000:mapRun:m/l:0".into(), index: 3 },
    ];
    for (name, parent) in ["ended", "child"].into_iter().zip(parents) {
        let mut batch = Batch { standing: Some(ended()), ..batch(name, 0, "only") };
        batch.opening.as_mut().unwrap().parent = Some(parent);
        store.append(owner, &[batch]).await.unwrap();
    }
    let mut execution = Execution::start(program, start, at);
    while execution.poll().is_some() {}
    store.save_snapshot(owner, &arn("running"), 1, execution.snapshot().unwrap()).await.unwrap();
    store.post(&arn("running"), &Event::Stopped { failure }).await.unwrap();
    for collection in [
        Collection::Definitions,
        Collection::StateMachines,
        Collection::Activities,
        Collection::MapRuns,
        Collection::Engine,
    ] {
        store.put(DocumentKey { collection, name: "name" }, None, r#"{"a": 1}"#).await.unwrap();
    }
}

/// Everything that there is to read.
async fn described(store: &SqliteStore) -> String {
    let mut found = Vec::new();
    for record in store.list(&asl_runtime::store::ExecutionQuery::default()).await.unwrap() {
        found.push(format!("{record:#?}"));
        let journal = store.load_from_start(&record.execution_arn).await.unwrap().unwrap();
        for entry in journal.entries {
            found.push(format!("{entry:?}"));
        }
        if let Some((version, _)) = store.load(&record.execution_arn).await.unwrap().unwrap().snapshot {
            found.push(format!("snapshot at {version}"));
        }
    }
    for post in store.posts(OwnerId(1), 9).await.unwrap() {
        found.push(format!("{post:?}"));
    }
    for collection in [Collection::Definitions, Collection::Engine] {
        found.push(format!("{:?}", store.scan(collection, "", 9).await.unwrap()));
    }
    found.join("\n")
}

/// The file as the statements that make it.
fn dump(connection: &rusqlite::Connection) -> String {
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let pragma = |name: &str| -> i64 { connection.pragma_query_value(None, name, |row| row.get(0)).unwrap() };
    let mut lines = vec![
        format!("PRAGMA application_id = {};", pragma("application_id")),
        format!("PRAGMA user_version = {};", pragma("user_version")),
    ];
    let schema =
        "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY rowid";
    lines.extend(texts(schema));
    for table in texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid") {
        let columns = texts(&format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')"));
        let values = columns.join(" || ', ' || ");
        lines.extend(texts(&format!("SELECT 'INSERT INTO {table} VALUES (' || {values} || ');' FROM {table}")));
    }
    lines.join("\n")
}
