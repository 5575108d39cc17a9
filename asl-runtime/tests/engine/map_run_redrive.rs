//! Redrives of Map Runs: what succeeded is kept, what did not goes on, what never began is started.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::Failure;
use asl_core::execution::{Limits, Outcome};
use asl_core::history::EventDetails;
use asl_runtime::engine::{EngineBuilder, ExecutionStatus, ListExecutions, MapRunDescription};
use asl_runtime::store::MemoryStore;
use asl_runtime::{Engine, TaskRequest};
use serde_json::{Value, json};

use super::troubled::{Death, Troubled};
use super::virtual_engine;
use crate::map_run::Memory;
use crate::{task, with};

const ARN: &str = "arn:aws:states:us-east-1:000000000000:execution:m:e";

/// A Distributed Map whose children prepare and then work.
fn definition(execution_type: &str, fields: Value) -> Value {
    let map = json!({
        "Type": "Map", "Label": "each", "End": true, "MaxConcurrency": 2,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": execution_type},
            "StartAt": "Prepare",
            "States": {
                "Prepare": {"Type": "Task", "Resource": task("Prepare")["Resource"], "Next": "Work"},
                "Work": with(task("Work"), json!({"TimeoutSeconds": 1000})),
            },
        },
    });
    json!({"StartAt": "Each", "States": {"Each": with(map, fields)}})
}

/// What handlers were called with.
#[derive(Debug, Clone, Default)]
struct Calls {
    /// How often each was called with an item.
    counts: Arc<Mutex<BTreeMap<String, u32>>>,
    keys: Arc<Mutex<BTreeSet<String>>>,
}

/// An engine whose handler `Work` fails the item 2 and never answers the item 1, until it is well;
/// the item 5 it always fails.
fn engine(calls: &Calls, is_well: &Arc<Mutex<bool>>) -> EngineBuilder {
    let (prepared, worked, is_well) = (calls.clone(), calls.clone(), Arc::clone(is_well));
    let count = |calls: &Calls, name: &str, request: &TaskRequest| {
        let item = request.parameters_json();
        *calls.counts.lock().unwrap().entry(format!("{name} {item}")).or_default() += 1;
        calls.keys.lock().unwrap().insert(format!("{name} {item} {}", request.idempotency_key()));
        item
    };
    virtual_engine()
        .handler("Prepare", move |request: TaskRequest| {
            let item = count(&prepared, "Prepare", &request);
            async move { Ok(item) }
        })
        .handler("Work", move |request: TaskRequest| {
            let item = count(&worked, "Work", &request);
            let is_well = *is_well.lock().unwrap();
            async move {
                request.clock().sleep(Duration::from_secs(item.as_u64().unwrap())).await;
                match item.as_u64() {
                    Some(1) if !is_well => std::future::pending().await,
                    Some(2) if !is_well => Err(Failure::named("Two")),
                    Some(5) => Err(Failure::named("Five")),
                    _ => Ok(json!(item.as_u64().unwrap() * 10)),
                }
            }
        })
}

async fn map_run_of(engine: &Engine) -> MapRunDescription {
    let listed = engine.list_map_runs(ARN, 10, None).await.unwrap();
    assert_eq!(listed.map_runs.len(), 1);
    engine.describe_map_run(&listed.map_runs[0].map_run_arn).await.unwrap()
}

async fn start(engine: &Engine, definition: &Value, input: Value) {
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    engine.start_execution(&machine, Some("e"), input).await.unwrap();
}

/// Until handlers and stores have nothing to do before `seconds` are over.
async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn called(calls: &Calls, pairs: &[(&str, u32)]) -> bool {
    let expected: BTreeMap<_, _> = pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    *calls.counts.lock().unwrap() == expected
}

#[tokio::test(start_paused = true)]
async fn children_that_failed_go_on_and_those_that_never_began_are_started() {
    for (execution_type, prepared_again) in [("STANDARD", 1), ("EXPRESS", 2)] {
        let (calls, is_well) = (Calls::default(), Arc::default());
        let engine = engine(&calls, &is_well).build().await.unwrap();
        start(&engine, &definition(execution_type, json!({})), json!([0, 1, 2, 3])).await;
        assert_eq!(
            engine.wait(ARN).await.unwrap().failure().unwrap().error(),
            Some("States.ExceedToleratedFailureThreshold")
        );
        let failed = map_run_of(&engine).await;
        let counts = failed.item_counts;
        assert_eq!((counts.succeeded, counts.failed, counts.aborted, counts.pending), (1, 1, 1, 1), "{execution_type}");
        assert_eq!((failed.status, failed.redrive_count, failed.redrive_date), (ExecutionStatus::Failed, 0, None));

        pass(100).await;
        *is_well.lock().unwrap() = true;
        let redriven_at = engine.redrive_execution(ARN, None).await.unwrap();
        assert_eq!(engine.wait(ARN).await.unwrap(), Outcome::Succeeded(json!([0, 10, 20, 30]).into()));
        let redriven = map_run_of(&engine).await;
        assert_eq!(redriven.map_run_arn, failed.map_run_arn);
        assert_eq!((redriven.redrive_count, redriven.redrive_date), (1, Some(redriven_at)));
        assert_eq!((redriven.status, redriven.start_date), (ExecutionStatus::Succeeded, failed.start_date));
        let counts = redriven.execution_counts;
        assert_eq!((counts.succeeded, counts.failed, counts.aborted, counts.total), (4, 0, 0, 4), "{execution_type}");
        let again = prepared_again;
        assert!(
            called(
                &calls,
                &[
                    ("Prepare 0", 1),
                    ("Prepare 1", again),
                    ("Prepare 2", again),
                    ("Prepare 3", 1),
                    ("Work 0", 1),
                    ("Work 1", 2),
                    ("Work 2", 2),
                    ("Work 3", 1),
                ]
            ),
            "{execution_type} {calls:?}"
        );
        let history = engine.get_execution_history(ARN).await.unwrap();
        assert!(history.iter().any(|event| event.details
            == EventDetails::MapRunRedriven { map_run_arn: Arc::clone(&failed.map_run_arn), count: 1 }));
        let children =
            engine.list_executions(ListExecutions::of_map_run(redriven.map_run_arn)).await.unwrap().executions;
        assert_eq!(children.len(), 4);
        if execution_type == "STANDARD" {
            let mut redrives = Vec::new();
            for child in children {
                redrives.push(engine.describe_execution(&child.execution_arn).await.unwrap().redrive_count);
            }
            assert_eq!(redrives, [0, 1, 1, 0]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_redrive_waits_until_the_map_run_has_stopped() {
    for pause in [0, 5] {
        let (calls, is_well) = (Calls::default(), Arc::default());
        let engine = engine(&calls, &is_well).build().await.unwrap();
        start(&engine, &definition("STANDARD", json!({})), json!([0, 1, 3])).await;
        pass(1).await;
        engine.stop_execution(ARN, Failure::named("Enough")).await.unwrap();
        pass(pause).await;
        *is_well.lock().unwrap() = true;
        engine.redrive_execution(ARN, None).await.unwrap();
        assert_eq!(engine.wait(ARN).await.unwrap(), Outcome::Succeeded(json!([0, 10, 30]).into()), "{pause}");
        let described = map_run_of(&engine).await;
        assert_eq!((described.redrive_count, described.item_counts.succeeded), (1, 3), "{pause}");
        assert_eq!(calls.counts.lock().unwrap()["Work 0"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_redrive_that_is_stopped_can_be_redriven() {
    let (calls, is_well) = (Calls::default(), Arc::default());
    let engine = engine(&calls, &is_well).build().await.unwrap();
    let mut definition = definition("STANDARD", json!({"MaxConcurrency": 1}));
    definition["TimeoutSeconds"] = json!(30);
    start(&engine, &definition, json!([1, 2, 3])).await;
    assert_eq!(engine.wait(ARN).await.unwrap().status(), "TIMED_OUT");
    pass(1).await;
    engine.redrive_execution(ARN, None).await.unwrap();
    pass(1).await;
    let running = map_run_of(&engine).await;
    assert_eq!((running.status, running.redrive_count), (ExecutionStatus::Running, 1));
    engine.stop_execution(ARN, Failure::named("Enough")).await.unwrap();
    // Both before the Map Run had the time to stop.
    engine.redrive_execution(ARN, None).await.unwrap();
    engine.stop_execution(ARN, Failure::named("Enough")).await.unwrap();
    pass(1).await;
    assert_eq!(map_run_of(&engine).await.status, ExecutionStatus::Aborted);
    *is_well.lock().unwrap() = true;
    engine.redrive_execution(ARN, None).await.unwrap();
    assert_eq!(engine.wait(ARN).await.unwrap(), Outcome::Succeeded(json!([10, 20, 30]).into()));
    assert_eq!(map_run_of(&engine).await.redrive_count, 3);
}

/// Items from an object, results as files.
fn with_objects() -> Value {
    json!({
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"},
                       "Parameters": {"Bucket": "b", "Key": "items.json"}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "out"}},
    })
}

fn parsed(objects: &Memory, key: &str) -> Value {
    serde_json::from_str(&objects.text(key)).unwrap()
}

/// The texts in the records of a file.
fn texts(objects: &Memory, key: &str, name: &str) -> Vec<String> {
    let records = parsed(objects, key);
    records.as_array().unwrap().iter().map(|record| record[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_never_began_is_written_as_pending_and_a_redrive_writes_into_a_folder_of_its_own() {
    let (calls, is_well) = (Calls::default(), Arc::default());
    let objects = Memory::of([("items.json", &b"[0,1,2,3,4,6]"[..])]);
    let engine = engine(&calls, &is_well).objects(objects.clone()).build().await.unwrap();
    start(&engine, &definition("STANDARD", with_objects()), json!({})).await;
    assert_eq!(engine.wait(ARN).await.unwrap().status(), "FAILED");
    let map_run = map_run_of(&engine).await;
    let id = map_run.map_run_arn.rsplit(':').next().unwrap().to_owned();
    let folder = format!("out/{id}");
    let file = |folder: &str, status: &str| {
        let key = format!("{folder}/{status}_0.json");
        json!([{"Key": key, "Size": objects.text(&key).len()}])
    };
    let files = parsed(&objects, &format!("{folder}/manifest.json"))["ResultFiles"].clone();
    let expected = json!({
        "FAILED": file(&folder, "FAILED"), "PENDING": file(&folder, "PENDING"), "SUCCEEDED": file(&folder, "SUCCEEDED"),
    });
    assert_eq!(files, expected);
    assert_eq!(texts(&objects, &format!("{folder}/PENDING_0.json"), "Input"), ["3", "4", "6"]);
    assert_eq!(texts(&objects, &format!("{folder}/FAILED_0.json"), "Status"), ["ABORTED", "FAILED"]);
    assert_eq!(texts(&objects, &format!("{folder}/FAILED_0.json"), "RedriveStatus"), ["REDRIVABLE", "REDRIVABLE"]);

    *is_well.lock().unwrap() = true;
    engine.redrive_execution(ARN, None).await.unwrap();
    let outcome = engine.wait(ARN).await.unwrap();
    let redriven = format!("{folder}/Redrive-1");
    let details = json!({"Bucket": "b", "Key": format!("{redriven}/manifest.json")});
    let result = json!({"MapRunArn": &*map_run.map_run_arn, "ResultWriterDetails": details});
    assert_eq!(outcome, Outcome::Succeeded(result.into()));
    let files = parsed(&objects, &format!("{redriven}/manifest.json"))["ResultFiles"].clone();
    assert_eq!(files, json!({"FAILED": [], "PENDING": [], "SUCCEEDED": file(&redriven, "SUCCEEDED")}));
    let key = format!("{redriven}/SUCCEEDED_0.json");
    assert_eq!(texts(&objects, &key, "Output"), ["0", "10", "20", "30", "40", "60"]);
    let redrives: Vec<_> =
        parsed(&objects, &key).as_array().unwrap().iter().map(|record| record["RedriveCount"].clone()).collect();
    assert_eq!(redrives, [0, 1, 1, 0, 0, 0]);
    assert_eq!(map_run_of(&engine).await.item_counts.results_written, 6);
    assert_eq!(calls.counts.lock().unwrap()["Work 6"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_redrive_waits_until_the_results_are_written() {
    let (calls, is_well) = (Calls::default(), Arc::default());
    let mut objects = Memory::of([("items.json", &b"[0,1]"[..])]);
    objects.writes_for = Duration::from_secs(10);
    let engine = engine(&calls, &is_well).objects(objects.clone()).build().await.unwrap();
    start(&engine, &definition("STANDARD", with_objects()), json!({})).await;
    pass(1).await;
    engine.stop_execution(ARN, Failure::named("Enough")).await.unwrap();
    pass(5).await;
    *is_well.lock().unwrap() = true;
    engine.redrive_execution(ARN, None).await.unwrap();
    pass(1).await;
    let described = map_run_of(&engine).await;
    assert_eq!((described.status, described.redrive_count), (ExecutionStatus::Running, 0));
    assert_eq!(engine.wait(ARN).await.unwrap().status(), "SUCCEEDED");
    assert_eq!(map_run_of(&engine).await.redrive_count, 1);
    assert_eq!(objects.keys().iter().filter(|key| key.ends_with("/manifest.json")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn items_that_could_not_be_read_are_read_by_the_redrive() {
    let (calls, is_well) = (Calls::default(), Arc::new(Mutex::new(true)));
    let objects = Memory::of([("other.json", &b"[]"[..])]);
    let builder = |objects: Memory| engine(&calls, &is_well).objects(objects);
    let store = MemoryStore::new();
    let engine = builder(objects).store(store.clone()).build().await.unwrap();
    start(&engine, &definition("STANDARD", with_objects()), json!({})).await;
    assert_eq!(engine.wait(ARN).await.unwrap().failure().unwrap().error(), Some("States.ItemReaderFailed"));
    engine.shutdown(Duration::ZERO).await;
    let engine = builder(Memory::of([("items.json", &b"[1,2]"[..])])).store(store).build().await.unwrap();
    engine.redrive_execution(ARN, None).await.unwrap();
    assert_eq!(engine.wait(ARN).await.unwrap().status(), "SUCCEEDED");
    assert_eq!(map_run_of(&engine).await.item_counts.succeeded, 2);
}

#[tokio::test(start_paused = true)]
async fn a_child_whose_history_is_full_is_not_redriven_and_fails_the_map_run_again() {
    let mut limits = Limits::default();
    limits.history_events = 12;
    let engine = virtual_engine().limits(limits).build().await.unwrap();
    let mut definition = definition("STANDARD", json!({}));
    definition["States"]["Each"]["ItemProcessor"]["StartAt"] = json!("Spin");
    definition["States"]["Each"]["ItemProcessor"]["States"] = json!({
        "Spin": {"Type": "Wait", "Seconds": 1, "Next": "Again"},
        "Again": {"Type": "Choice", "Default": "Spin", "Choices": [{"Variable": "$", "NumericEquals": 9, "Next": "Done"}]},
        "Done": {"Type": "Succeed"},
    });
    start(&engine, &definition, json!([1])).await;
    assert_eq!(engine.wait(ARN).await.unwrap().status(), "FAILED");
    assert_eq!(map_run_of(&engine).await.execution_counts.failures_not_redrivable, 1);
    engine.redrive_execution(ARN, None).await.unwrap();
    assert_eq!(engine.wait(ARN).await.unwrap().status(), "FAILED");
    let described = map_run_of(&engine).await;
    let counts = described.execution_counts;
    assert_eq!((counts.failed, counts.failures_not_redrivable, counts.pending_redrive), (1, 1, 0));
    assert_eq!((described.status, described.redrive_count), (ExecutionStatus::Failed, 1));
}

/// What a run came to.
struct Ran {
    outcome: Outcome,
    /// How often each Task ran.
    counts: BTreeMap<String, u32>,
    /// The attempts that there were.
    keys: BTreeSet<String>,
    files: Vec<String>,
}

/// Runs a Map Run that fails until it is redriven, with a crash at `death` if there is one;
/// tells how many writes there were, too.
async fn run_crashing(execution_type: &str, death: Option<Death>) -> (Ran, usize) {
    let (calls, is_well) = (Calls::default(), Arc::new(Mutex::new(false)));
    let objects = Memory::of([("items.json", &b"[0,1,5,2,3,4]"[..])]);
    let store = Troubled { death, ..Troubled::default() };
    let builder = || engine(&calls, &is_well).objects(objects.clone());
    let first = builder().store(store.clone()).build().await.unwrap();
    let definition = definition(execution_type, with(with_objects(), json!({"ToleratedFailureCount": 1})));
    let machine = first.create_state_machine("m", &definition.to_string()).await.unwrap();
    let go_on = async |engine: &Engine| {
        engine.start_execution(&machine, Some("e"), json!({})).await.ok();
        while engine.wait(ARN).await.unwrap().status() != "SUCCEEDED" {
            *is_well.lock().unwrap() = true;
            engine.redrive_execution(ARN, None).await.unwrap();
        }
        pass(1).await;
    };
    let died = tokio::select! {
        biased;
        () = store.died.notified() => true,
        () = go_on(&first) => false,
    };
    let engine = if died {
        drop(first);
        let engine = builder().store(store.journals.clone()).exclusive().build().await.unwrap();
        go_on(&engine).await;
        engine
    } else {
        first
    };
    let outcome = engine.wait(ARN).await.unwrap();
    let MapRunDescription { status, item_counts, redrive_count, .. } = map_run_of(&engine).await;
    assert_eq!((status, redrive_count), (ExecutionStatus::Succeeded, 1), "{death:?}");
    assert_eq!((item_counts.succeeded, item_counts.failed), (5, 1), "{death:?}");
    let (counts, keys) = (calls.counts.lock().unwrap().clone(), calls.keys.lock().unwrap().clone());
    (Ran { outcome, counts, keys, files: objects.keys() }, store.appends.load(Ordering::SeqCst))
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_write_of_a_redrive_neither_loses_nor_repeats_a_finished_child() {
    for execution_type in ["STANDARD", "EXPRESS"] {
        let (expected, writes) = run_crashing(execution_type, None).await;
        assert!(writes >= 10, "{writes}");
        for last in 0..writes {
            for death in [Death::Before(last), Death::After(last)] {
                let (recovered, _) = run_crashing(execution_type, Some(death)).await;
                assert_eq!(recovered.outcome, expected.outcome, "{execution_type} {death:?}");
                assert_eq!(recovered.keys, expected.keys, "{execution_type} {death:?}");
                assert_eq!(recovered.files, expected.files, "{execution_type} {death:?}");
                for (call, count) in &recovered.counts {
                    // What was out as the engine died runs once more.
                    let usual = expected.counts[call];
                    assert!((usual..=usual + 1).contains(count), "{execution_type} {death:?} {call}");
                }
            }
        }
    }
}
