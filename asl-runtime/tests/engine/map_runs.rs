//! Distributed Maps: children of their own, and what a crash does not do to them.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::execution::Outcome;
use asl_core::history::{EventDetails, HistoryEvent};
use asl_core::map_run::MapRunUpdate;
use asl_core::{Failure, Timestamp};
use asl_runtime::clock::TokioClock;
use asl_runtime::engine::{EngineBuilder, ExecutionStatus, ListExecutions};
use asl_runtime::store::{Collection, ExecutionQuery, MemoryStore, Store};
use asl_runtime::{Engine, Error, TaskRequest};
use serde_json::{Value, json};

use super::troubled::{Death, Troubled};
use super::{echo, run, virtual_engine};
use crate::map_run::Memory;
use crate::{task, with};

/// A machine with a Distributed Map over `states`, which has `fields`.
fn distributed(processor: &Value, fields: Value) -> Value {
    let mut map = json!({
        "Type": "Map", "Label": "each", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Work", "States": {"Work": processor},
        },
    });
    map = with(map, fields);
    json!({"StartAt": "Each", "States": {"Each": map}})
}

/// Items from `lines.jsonl`, results as files.
fn from_objects_to_objects() -> Value {
    json!({
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"},
                       "Parameters": {"Bucket": "b", "Key": "lines.jsonl"}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "out"}},
    })
}

fn lines(count: u64) -> Memory {
    let lines: Vec<_> = (0..count).map(|number| json!({"n": number}).to_string()).collect();
    Memory::of([("lines.jsonl", lines.join("\n").as_bytes())])
}

/// The ARN of the Map Run of an execution that has one.
async fn map_run_of(engine: &Engine, execution_arn: &str) -> Arc<str> {
    let history = engine.get_execution_history(execution_arn).await.unwrap();
    history
        .into_iter()
        .find_map(|event| match event.details {
            EventDetails::MapRunStarted { map_run_arn } => Some(map_run_arn),
            _ => None,
        })
        .unwrap()
}

/// Until handlers and stores have nothing to do before `seconds` are over.
async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn given_items_become_children_and_their_outputs_the_result() {
    let engine = virtual_engine().handler("Echo", echo).build().await.unwrap();
    let definition = distributed(&task("Echo"), json!({"MaxConcurrency": 2}));
    let outcome = run(&engine, &definition, json!([1, 2, 3, 4, 5])).await;
    assert_eq!(outcome, Outcome::Succeeded(json!([1, 2, 3, 4, 5]).into()));
}

#[tokio::test(start_paused = true)]
async fn without_objects_what_needs_them_is_refused() {
    let engine = virtual_engine().handler("Echo", echo).build().await.unwrap();
    let definition = distributed(&task("Echo"), from_objects_to_objects());
    let error = engine.create_state_machine("m", &definition.to_string()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the `ItemReader` of the state `Each` needs `arn:aws:states:::s3:getObject`, and the engine has no objects: \
         give it some with `EngineBuilder::objects`"
    );
    let writer = json!({"ResultWriter": from_objects_to_objects()["ResultWriter"]});
    let error = engine.create_state_machine("m", &distributed(&task("Echo"), writer).to_string()).await.unwrap_err();
    assert!(matches!(error, Error::MissingObjects(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn children_are_executions_and_the_map_run_counts_them() {
    let engine = virtual_engine()
        .objects(lines(7))
        .handler("Slow", |request: TaskRequest| async move {
            request.clock().sleep(Duration::from_secs(100)).await;
            Ok(request.parameters_json())
        })
        .build()
        .await
        .unwrap();
    let definition = distributed(&task("Slow"), with(from_objects_to_objects(), json!({"MaxConcurrency": 3})));
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, Some("e"), json!({})).await.unwrap().execution_arn;
    pass(150).await;
    let map_run = map_run_of(&engine, &arn).await;
    let described = engine.describe_map_run(&map_run).await.unwrap();
    assert_eq!((described.status, &described.execution_arn), (ExecutionStatus::Running, &arn));
    assert_eq!((described.item_counts.succeeded, described.item_counts.running), (3, 3));
    assert_eq!(described.max_concurrency, 3);

    assert_eq!(engine.wait(&arn).await.unwrap().status(), "SUCCEEDED");
    let described = engine.describe_map_run(&map_run).await.unwrap();
    assert_eq!(described.status, ExecutionStatus::Succeeded);
    assert_eq!(described.stop_date, Some(Timestamp::from_millis(300_000)));
    let counts = described.execution_counts;
    assert_eq!((counts.succeeded, counts.total, counts.results_written), (7, 7, 7));
    let listed = engine.list_map_runs(&arn, 10, None).await.unwrap();
    assert_eq!(listed.map_runs.len(), 1);
    assert_eq!(listed.map_runs[0].map_run_arn, map_run);
    assert_eq!(*listed.map_runs[0].state_machine_arn, *format!("{machine}/each"));
    assert_eq!(listed.next_token, None);
    let succeeded = ListExecutions::of_map_run(Arc::clone(&map_run)).status(ExecutionStatus::Succeeded);
    let executions = engine.list_executions(succeeded).await.unwrap().executions;
    assert_eq!(executions.len(), 7);
    let child = engine.describe_execution(&executions[0].execution_arn).await.unwrap();
    assert_eq!(child.input, json!({"n": 6}).into());
    assert_eq!(*child.state_machine_arn, *format!("{machine}/each"));
    assert!(!engine.get_execution_history(&child.execution_arn).await.unwrap().is_empty());
    assert!(matches!(engine.describe_map_run("arn:x").await.unwrap_err(), Error::ResourceNotFound(_)));
}

#[tokio::test(start_paused = true)]
async fn a_map_run_can_be_updated_while_it_runs() {
    let store = MemoryStore::new();
    let slow = |request: TaskRequest| async move {
        request.clock().sleep(Duration::from_secs(100)).await;
        Err::<Value, _>(Failure::named("Always"))
    };
    let engine = virtual_engine().store(store.clone()).handler("Slow", slow).build().await.unwrap();
    let definition = distributed(&task("Slow"), json!({"MaxConcurrency": 1}));
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!([1, 2, 3, 4])).await.unwrap().execution_arn;
    pass(50).await;
    let map_run = map_run_of(&engine, &arn).await;
    let wrong = MapRunUpdate { tolerated_failure_percentage: Some(101.0), ..MapRunUpdate::default() };
    assert!(matches!(engine.update_map_run(&map_run, wrong).await.unwrap_err(), Error::Validation(_)));
    let update = MapRunUpdate { max_concurrency: Some(4), tolerated_failure_count: Some(4), ..MapRunUpdate::default() };
    engine.update_map_run(&map_run, update).await.unwrap();
    assert_eq!(engine.describe_map_run(&map_run).await.unwrap().item_counts.running, 4);
    // The update outlives the engine.
    drop(engine);
    let engine = virtual_engine().store(store).exclusive().handler("Slow", slow).build().await.unwrap();
    let outcome = engine.wait(&arn).await.unwrap();
    assert_eq!(outcome.status(), "SUCCEEDED", "{outcome:?}");
    let described = engine.describe_map_run(&map_run).await.unwrap();
    assert_eq!((described.tolerated_failure_count, described.item_counts.failed), (4, 4));
    let error = engine.update_map_run(&map_run, update).await.unwrap_err();
    assert_eq!(error.to_string(), "the Map Run is SUCCEEDED");
}

/// The children of a Map Run with their statuses.
async fn children(store: &MemoryStore, map_run_arn: &Arc<str>) -> BTreeMap<Arc<str>, ExecutionStatus> {
    let query = ExecutionQuery { parent_arn: Some(Arc::clone(map_run_arn)), ..ExecutionQuery::default() };
    let records = store.list(&query).await.unwrap();
    records.into_iter().map(|record| (record.execution_arn, record.standing.status())).collect()
}

#[tokio::test(start_paused = true)]
async fn stopping_the_execution_stops_the_children_even_if_the_engine_is_gone_meanwhile() {
    let forever = |_: TaskRequest| std::future::pending::<Result<Value, Failure>>();
    for is_gone in [false, true] {
        let store = MemoryStore::new();
        let engine = virtual_engine().store(store.clone()).handler("Forever", forever).build().await.unwrap();
        let definition = distributed(&task("Forever"), json!({})).to_string();
        let machine = engine.create_state_machine("m", &definition).await.unwrap();
        let arn = engine.start_execution(&machine, None, json!([1, 2, 3])).await.unwrap().execution_arn;
        pass(1).await;
        let map_run = map_run_of(&engine, &arn).await;
        assert_eq!(children(&store, &map_run).await.len(), 3);
        engine.stop_execution(&arn, Failure::named("Enough")).await.unwrap();
        let engine = if is_gone {
            // Before the Map Run's task ran again.
            drop(engine);
            virtual_engine().store(store.clone()).exclusive().handler("Forever", forever).build().await.unwrap()
        } else {
            engine
        };
        pass(20).await;
        let statuses: Vec<_> = children(&store, &map_run).await.into_values().collect();
        assert_eq!(statuses, [ExecutionStatus::Aborted; 3], "{is_gone}");
        assert_eq!(engine.describe_map_run(&map_run).await.unwrap().status, ExecutionStatus::Aborted);
    }
}

#[tokio::test(start_paused = true)]
async fn more_failures_than_are_tolerated_stop_the_others() {
    let engine = virtual_engine()
        .handler("Odd", |request: TaskRequest| async move {
            let number = request.parameters_json().as_u64().unwrap_or(0);
            request.clock().sleep(Duration::from_secs(number)).await;
            if number == 3 { Err(Failure::named("Three")) } else { Ok(json!(number)) }
        })
        .build()
        .await
        .unwrap();
    let outcome = run(&engine, &distributed(&task("Odd"), json!({})), json!([1, 2, 3, 4, 5])).await;
    assert_eq!(outcome.failure().unwrap().error(), Some("States.ExceedToleratedFailureThreshold"));
}

#[tokio::test(start_paused = true)]
async fn distributed_maps_nest_and_survive_a_restart() {
    let store = MemoryStore::new();
    let slow = |request: TaskRequest| async move {
        request.clock().sleep(Duration::from_secs(100)).await;
        Ok(request.parameters_json())
    };
    let engine = virtual_engine().store(store.clone()).handler("Slow", slow).build().await.unwrap();
    let inner = json!({"Type": "Map", "End": true, "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Deep", "States": {"Deep": task("Slow")},
    }});
    let machine = engine.create_state_machine("m", &distributed(&inner, json!({})).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!([[1, 2], [], [3]])).await.unwrap().execution_arn;
    pass(50).await;
    engine.shutdown(Duration::ZERO).await;
    let engine = virtual_engine().store(store).handler("Slow", slow).build().await.unwrap();
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(json!([[1, 2], [], [3]]).into()));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_children_run_at_once_and_leave_as_many_as_are_kept() {
    let store = MemoryStore::new();
    let most = Arc::new(Mutex::new((0, 0)));
    let running = Arc::clone(&most);
    let engine = virtual_engine()
        .store(store.clone())
        .objects(lines(10_020))
        .retain_ended(50)
        .handler_limit(NonZero::new(20_000).unwrap())
        .handler("Slow", move |request: TaskRequest| {
            let running = Arc::clone(&running);
            async move {
                {
                    let mut running = running.lock().unwrap();
                    running.0 += 1;
                    running.1 = running.1.max(running.0);
                }
                request.clock().sleep(Duration::from_secs(1_000)).await;
                running.lock().unwrap().0 -= 1;
                Ok(json!(1))
            }
        })
        .build()
        .await
        .unwrap();
    let definition = distributed(&task("Slow"), from_objects_to_objects());
    assert_eq!(run(&engine, &definition, json!({})).await.status(), "SUCCEEDED");
    assert_eq!(most.lock().unwrap().1, 10_000);
    pass(20).await;
    assert!(store.list(&ExecutionQuery::default()).await.unwrap().len() <= 51);
}

#[tokio::test(start_paused = true)]
async fn earlier_map_runs_count_and_the_children_of_those_that_run_are_kept() {
    let store = MemoryStore::new();
    let slow = |request: TaskRequest| async move {
        request.clock().sleep(Duration::from_secs(request.parameters_json().as_u64().unwrap())).await;
        Ok(json!(1))
    };
    let engine = virtual_engine().store(store.clone()).handler("Slow", slow).build().await.unwrap();
    let definition = distributed(&task("Slow"), json!({}));
    for _ in 0..2 {
        assert_eq!(run(&engine, &definition, json!([1])).await.status(), "SUCCEEDED");
    }
    let machine = engine.create_state_machine("running", &definition.to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!([1, 1, 1_000])).await.unwrap().execution_arn;
    pass(50).await;
    engine.shutdown(Duration::ZERO).await;
    let engine = virtual_engine().store(store.clone()).retain_ended(1).handler("Slow", slow).build().await.unwrap();
    pass(50).await;
    // The execution with its three children, and the newest of the four that ended.
    assert_eq!(store.list(&ExecutionQuery::default()).await.unwrap().len(), 5);
    assert_eq!(store.scan(Collection::MapRuns, "", 9).await.unwrap().len(), 2);
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(json!([1, 1, 1]).into()));
}

#[tokio::test(start_paused = true)]
async fn a_map_run_goes_on_from_where_it_was_saved() {
    let (store, ran) = (MemoryStore::new(), Arc::new(Mutex::new(BTreeMap::new())));
    let quick = |ran: &Arc<Mutex<BTreeMap<u64, u32>>>| {
        let ran = Arc::clone(ran);
        move |request: TaskRequest| {
            let number = request.parameters_json()["n"].as_u64().unwrap();
            *ran.lock().unwrap().entry(number).or_default() += 1;
            async move {
                request.clock().sleep(Duration::from_secs(1)).await;
                Ok(json!(number))
            }
        }
    };
    let fields = with(from_objects_to_objects(), json!({"MaxConcurrency": 300}));
    let definition = distributed(&task("Quick"), fields).to_string();
    let builder = || virtual_engine().store(store.clone()).objects(lines(3_000)).handler("Quick", quick(&ran));
    let engine = builder().build().await.unwrap();
    let machine = engine.create_state_machine("m", &definition).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    drop(engine);
    let engine = builder().exclusive().build().await.unwrap();
    // It was saved after 1,200 children, and 1,500 have ended.
    let map_run = map_run_of(&engine, &arn).await;
    assert_eq!(engine.wait(&arn).await.unwrap().status(), "SUCCEEDED");
    assert_eq!(engine.describe_map_run(&map_run).await.unwrap().item_counts.succeeded, 3_000);
    let ran = ran.lock().unwrap();
    let again: Vec<_> = ran.iter().filter(|(_, count)| **count > 1).map(|(number, _)| *number).collect();
    assert_eq!((ran.len(), again), (3_000, (1_500..1_800).collect()));
}

/// Which children were run, and how often.
type Effects = Arc<Mutex<BTreeMap<String, u32>>>;

fn crashing_engine(clock: &TokioClock, objects: &Memory, effects: &Effects) -> EngineBuilder {
    let effects = Arc::clone(effects);
    Engine::builder().clock(clock.clone()).seed(7).workers(NonZero::<usize>::MIN).objects(objects.clone()).handler(
        "Work",
        move |request: TaskRequest| {
            let effects = Arc::clone(&effects);
            async move {
                let key = format!("{} {}", request.execution_arn(), request.idempotency_key());
                *effects.lock().unwrap().entry(key).or_default() += 1;
                let input = request.parameters_json();
                let first = input.pointer("/Items/0").unwrap_or(&input);
                let number = first["n"].as_u64().unwrap();
                let began = request.deadline().as_millis() - 1_000_000;
                let end = began + 1_000 * i64::try_from(number % 3 + 1).unwrap();
                request.clock().sleep_until(Timestamp::from_millis(end)).await;
                if number % 4 == 3 && number < 7 { Err(Failure::named("Four")) } else { Ok(json!(number * 10)) }
            }
        },
    )
}

/// What a run came to.
#[derive(Debug, PartialEq)]
struct Ran {
    outcome: Outcome,
    history: Vec<HistoryEvent>,
    keys: BTreeSet<String>,
    children: BTreeMap<Arc<str>, ExecutionStatus>,
    files: Vec<(String, String)>,
}

/// Runs a Distributed Map, with a crash at `death` if there is one.
async fn run_crashing(definition: &Value, death: Option<Death>) -> (Ran, usize) {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let (effects, objects) = (Effects::default(), lines(8));
    let store = Troubled { death, ..Troubled::default() };
    let mut engine = crashing_engine(&clock, &objects, &effects).store(store.clone()).build().await.unwrap();
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    let arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
    let running = async {
        engine.start_execution(&machine, Some("e"), json!({})).await.unwrap();
        engine.wait(arn).await.unwrap()
    };
    let ended = tokio::select! {
        biased;
        () = store.died.notified() => None,
        outcome = running => Some(outcome),
    };
    let outcome = if let Some(outcome) = ended {
        // The Map Run lets its children go after the execution ended.
        pass(1).await;
        outcome
    } else {
        drop(engine);
        let finished = finished(&store.journals).await;
        let before = effects.lock().unwrap().clone();
        engine = crashing_engine(&clock, &objects, &effects)
            .store(store.journals.clone())
            .exclusive()
            .build()
            .await
            .unwrap();
        engine.start_execution(&machine, Some("e"), json!({})).await.ok();
        let outcome = engine.wait(arn).await.unwrap();
        for (key, count) in effects.lock().unwrap().iter() {
            let (child, _) = key.split_once(' ').unwrap();
            assert!(!finished.contains(child) || before.get(key) == Some(count), "{death:?}: {key} ran again");
        }
        outcome
    };
    let history = engine.get_execution_history(arn).await.unwrap();
    let map_run = map_run_of(&engine, arn).await;
    let keys = effects.lock().unwrap().keys().cloned().collect();
    let children = children(&store.journals, &map_run).await;
    let files =
        objects.keys().into_iter().map(|key| (objects.text(&key), key)).map(|(text, key)| (key, text)).collect();
    (Ran { outcome, history, keys, children, files }, store.appends.load(Ordering::SeqCst))
}

/// The executions that ended.
async fn finished(store: &MemoryStore) -> BTreeSet<String> {
    let records = store.list(&ExecutionQuery::default()).await.unwrap();
    let ended = records.into_iter().filter(|record| record.standing.end().is_some());
    ended.map(|record| record.execution_arn.to_string()).collect()
}

async fn leaves_no_trace(fields: Value) {
    let work = with(task("Work"), json!({"TimeoutSeconds": 1000}));
    let fields = with(fields, json!({"MaxConcurrency": 3, "ToleratedFailurePercentage": 50}));
    let definition = distributed(&work, fields);
    let (expected, appends) = run_crashing(&definition, None).await;
    assert_eq!(expected.outcome.status(), "SUCCEEDED", "{:?}", expected.outcome);
    assert!(appends >= 6, "{appends}");
    for last in 0..appends {
        for death in [Death::Before(last), Death::After(last)] {
            let (recovered, _) = run_crashing(&definition, Some(death)).await;
            let rendered = asl_core::history::render(&recovered.history);
            assert!(recovered == expected, "{death:?}\n{rendered}\n{recovered:#?}\n{expected:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_write_neither_loses_nor_repeats_a_finished_child() {
    leaves_no_trace(from_objects_to_objects()).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_write_leaves_batches_and_results_in_memory_as_they_were() {
    let batched =
        json!({"ItemReader": from_objects_to_objects()["ItemReader"], "ItemBatcher": {"MaxItemsPerBatch": 3}});
    leaves_no_trace(batched).await;
}

#[tokio::test(start_paused = true)]
async fn express_children_are_recorded_when_they_end_and_not_run_again() {
    let work = with(task("Work"), json!({"TimeoutSeconds": 1000}));
    let fields = json!({"MaxConcurrency": 3, "ToleratedFailurePercentage": 50});
    let mut definition = distributed(&work, with(from_objects_to_objects(), fields));
    definition["States"]["Each"]["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = json!("EXPRESS");
    let (expected, writes) = run_crashing(&definition, None).await;
    assert_eq!(expected.outcome.status(), "SUCCEEDED", "{:?}", expected.outcome);
    assert_eq!((expected.children.len(), expected.keys.len()), (8, 8));
    // The start and the end of the execution, the same of the Map Run, and every child once at most.
    assert!((6..=12).contains(&writes), "{writes}");
    for last in 0..writes {
        for death in [Death::Before(last), Death::After(last)] {
            let (recovered, _) = run_crashing(&definition, Some(death)).await;
            // A child that began again ended later, so times differ.
            assert_eq!(recovered.outcome, expected.outcome, "{death:?}");
            assert_eq!((&recovered.keys, &recovered.children), (&expected.keys, &expected.children), "{death:?}");
        }
    }
}

/// Stops an execution with a Distributed Map of three children, with a crash at `death` if there is one;
/// how many writes there were.
async fn stop_crashing(death: Option<Death>) -> usize {
    let forever = |_: TaskRequest| std::future::pending::<Result<Value, Failure>>();
    let store = Troubled { death, ..Troubled::default() };
    let engine = virtual_engine().store(store.clone()).handler("Forever", forever).build().await.unwrap();
    let machine =
        engine.create_state_machine("m", &distributed(&task("Forever"), json!({})).to_string()).await.unwrap();
    let arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
    let stopping = async {
        engine.start_execution(&machine, Some("e"), json!([1, 2, 3])).await.unwrap();
        pass(1).await;
        engine.stop_execution(arn, Failure::named("Enough")).await.unwrap();
        pass(20).await;
    };
    tokio::select! {
        biased;
        () = store.died.notified() => {}
        () = stopping => {}
    }
    drop(engine);
    let engine =
        virtual_engine().store(store.journals.clone()).exclusive().handler("Forever", forever).build().await.unwrap();
    if engine.stop_execution(arn, Failure::named("Enough")).await.is_ok() {
        pass(20).await;
        let map_run = map_run_of(&engine, arn).await;
        if let Ok(described) = engine.describe_map_run(&map_run).await {
            assert_eq!(described.status, ExecutionStatus::Aborted, "{death:?}");
        }
        let children = children(&store.journals, &map_run).await;
        assert!(children.values().all(|status| *status == ExecutionStatus::Aborted), "{death:?} {children:?}");
    }
    store.appends.load(Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_stays_stopped_after_a_crash_at_any_write() {
    let writes = stop_crashing(None).await;
    assert!(writes >= 5, "{writes}");
    for last in 0..writes {
        stop_crashing(Some(Death::Before(last))).await;
        stop_crashing(Some(Death::After(last))).await;
    }
}
