//! Map Runs on stores that fail, are killed and fill up: no child is lost, and none that finished runs again.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::Outcome;
use asl_core::history::EventDetails;
use asl_runtime::clock::{Clock as _, TokioClock};
use asl_runtime::engine::{EngineBuilder, ExecutionStatus};
use asl_runtime::store::{
    Durability, ExecutionQuery, Faults, FaultyStore, MemoryStore, SqliteOptions, SqliteStore, Store, StoreError,
};
use asl_runtime::{Engine, Error, TaskRequest};
use serde_json::{Value, json};

pub(crate) const ITEMS: u64 = 24;

/// Children of a Task, a pause and a Task, five at a time.
pub(crate) fn definition() -> String {
    let work = |more: Value| {
        let mut task = json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Work"});
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    json!({"StartAt": "Each", "States": {"Each": {
        "Type": "Map", "Label": "each", "MaxConcurrency": 5, "End": true,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "First", "States": {
                "First": work(json!({"Next": "Rest"})),
                "Rest": {"Type": "Wait", "Seconds": 7, "Next": "Last"},
                "Last": work(json!({"End": true})),
            },
        },
    }}})
    .to_string()
}

pub(crate) fn input(payload: &str) -> Value {
    (0..ITEMS).map(|number| json!({"number": number, "payload": payload})).collect()
}

/// How often each Task of each child was delivered with which key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effects(Arc<Mutex<BTreeMap<Step, BTreeMap<String, u32>>>>);

/// An execution and its state.
type Step = (String, String);

impl Effects {
    pub(crate) fn builder(&self, store: impl Store, clock: &TokioClock) -> EngineBuilder {
        let effects = self.clone();
        let work = move |request: TaskRequest| {
            let step = (request.execution_arn().to_owned(), request.state_name().to_owned());
            let mut effects = effects.0.lock().unwrap();
            *effects.entry(step).or_default().entry(request.idempotency_key().to_owned()).or_default() += 1;
            async move {
                request.clock().sleep(Duration::from_millis(300)).await;
                Ok(request.parameters_json())
            }
        };
        Engine::builder()
            .clock(clock.clone())
            .seed(3)
            .workers(NonZero::<usize>::MIN)
            .lease(Duration::from_secs(3))
            .store(store)
            .handler("Work", work)
    }

    fn counts(&self) -> BTreeMap<String, u32> {
        let effects = self.0.lock().unwrap();
        effects.values().flat_map(|keys| keys.iter().map(|(key, count)| (key.clone(), *count))).collect()
    }

    /// Every Task of every child was done, each under one key.
    pub(crate) fn check(&self, context: &str) {
        let effects = self.0.lock().unwrap();
        assert_eq!(effects.len() as u64, ITEMS * 2, "{context}");
        for (step, keys) in &*effects {
            assert_eq!(keys.len(), 1, "{context}: {step:?} was delivered with {keys:?}");
        }
    }
}

/// Calls until the store answers; every other error is a fault of the engine.
pub(crate) async fn insist<T, R: Future<Output = Result<T, Error>>>(
    clock: &TokioClock,
    mut call: impl FnMut() -> R,
) -> T {
    let mut last = Arc::from("");
    for _ in 0..4_000 {
        match call().await {
            Ok(answer) => return answer,
            Err(Error::Store(StoreError::Unavailable(reason))) => last = reason,
            Err(error) => panic!("{error}"),
        }
        clock.sleep(Duration::from_secs(20)).await;
    }
    panic!("the store never answered: {last}")
}

/// The execution went as it should, and its Map Run has one child for every item, and all of them succeeded.
pub(crate) async fn check_children(engine: &Engine, store: &impl Store, arn: &str, input: &Value, context: &str) {
    assert_eq!(engine.wait(arn).await.unwrap(), Outcome::Succeeded(input.clone().into()), "{context}");
    let history = engine.get_execution_history(arn).await.unwrap();
    let types: Vec<_> = history.iter().map(|event| event.details.type_name()).collect();
    let expected = [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(types, expected, "{context}");
    let map_run = history.into_iter().find_map(|event| match event.details {
        EventDetails::MapRunStarted { map_run_arn } => Some(map_run_arn),
        _ => None,
    });
    let map_run = map_run.unwrap();
    let described = engine.describe_map_run(&map_run).await.unwrap();
    assert_eq!(described.status, ExecutionStatus::Succeeded, "{context}");
    assert_eq!((described.item_counts.succeeded, described.execution_counts.total), (ITEMS, ITEMS), "{context}");
    let query = ExecutionQuery { parent_arn: Some(map_run), ..ExecutionQuery::default() };
    let children = store.list(&query).await.unwrap();
    assert_eq!(children.len() as u64, ITEMS, "{context}");
    assert!(children.iter().all(|child| child.standing.status() == ExecutionStatus::Succeeded), "{context}");
}

/// The keys of Tasks of executions that ended.
async fn finished(store: &impl Store, effects: &Effects) -> BTreeMap<String, u32> {
    let records = store.list(&ExecutionQuery::default()).await.unwrap();
    let ended: BTreeSet<_> = records
        .into_iter()
        .filter(|record| record.standing.end().is_some())
        .map(|record| record.execution_arn.to_string())
        .collect();
    let counts = effects.counts().into_iter();
    counts.filter(|(key, _)| key.rsplit_once('/').is_some_and(|(execution, _)| ended.contains(execution))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_map_run_ends_as_it_should_whatever_the_store_does() {
    for seed in 0..9 {
        let part = [0.0, 0.05, 0.15][usize::try_from(seed % 3).unwrap()];
        let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
        let faults =
            Faults::seeded(seed).refused(part).lost(part).slow(part, Duration::from_millis(900), clock.clone());
        let (store, effects) = (FaultyStore::new(MemoryStore::new(), faults), Effects::default());
        let engine = insist(&clock, || effects.builder(store.clone(), &clock).exclusive().build()).await;
        let text = definition();
        let machine = insist(&clock, || engine.create_state_machine("m", &text)).await;
        let input = input("");
        let arn = insist(&clock, || engine.start_execution(&machine, Some("e"), input.clone())).await.execution_arn;
        let ended = tokio::time::timeout(Duration::from_hours(48), insist(&clock, || engine.wait(&arn))).await;
        assert!(ended.is_ok(), "seed {seed}");
        // The Map Run lets its children go after the execution ended.
        clock.sleep(Duration::from_mins(5)).await;
        let reading = effects.builder(store.inner().clone(), &clock).build().await.unwrap();
        check_children(&reading, store.inner(), &arn, &input, &format!("seed {seed}")).await;
        effects.check(&format!("seed {seed}"));
    }
}

/// SQLite in `directory`, for which virtual time waits.
pub(crate) fn sqlite(directory: &tempfile::TempDir, pages: Option<u32>) -> FaultyStore<SqliteStore> {
    let options = SqliteOptions::new(directory.path().join("store.db")).durability(Durability::Process);
    let options = match pages {
        Some(pages) => options.max_pages(pages),
        None => options,
    };
    FaultyStore::new(options.open().unwrap(), Faults::seeded(0))
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_killed_again_and_again_goes_on_with_its_map_run() {
    let directory = tempfile::tempdir().unwrap();
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let (effects, input, mut ended) = (Effects::default(), input(""), BTreeMap::new());
    let arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
    for kill in 1.. {
        let store = sqlite(&directory, None);
        let before = finished(&store, &effects).await;
        let engine = effects.builder(store.clone(), &clock).exclusive().build().await.unwrap();
        let machine = engine.create_state_machine("m", &definition()).await.unwrap();
        let _ = engine.start_execution(&machine, Some("e"), input.clone()).await;
        // Each lives longer than the one before, so that one of them comes to the end.
        let outcome = tokio::time::timeout(Duration::from_millis(250 * kill), engine.wait(arn)).await;
        let after = effects.counts();
        for (key, count) in &before {
            assert_eq!(after.get(key), Some(count), "{key} ran again after kill {kill}");
        }
        ended.extend(before);
        if outcome.is_ok() {
            clock.sleep(Duration::from_secs(1)).await;
            check_children(&engine, &store, arn, &input, "after kills").await;
            assert!(kill > 10, "{kill}");
            break;
        }
        drop(engine);
    }
    assert!(ended.len() > 10, "{}", ended.len());
    effects.check("after kills");
}

#[tokio::test(start_paused = true)]
async fn a_map_run_that_fills_the_disk_goes_on_once_there_is_room() {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let input = input(&"payload ".repeat(400));
    let mut interrupted = 0;
    for pages in [70, 120] {
        let (directory, effects) = (tempfile::tempdir().unwrap(), Effects::default());
        let engine = effects.builder(sqlite(&directory, Some(pages)), &clock).build().await.unwrap();
        let machine = engine.create_state_machine("m", &definition()).await.unwrap();
        let started = engine.start_execution(&machine, Some("e"), input.clone()).await;
        let arn = started.unwrap_or_else(|error| panic!("{pages}: {error}")).execution_arn;
        let error = match tokio::time::timeout(Duration::from_mins(1), engine.wait(&arn)).await {
            Ok(Ok(outcome)) => panic!("{pages}: {outcome:?}"),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the store is unavailable: no space is left".to_owned(),
        };
        assert!(error.starts_with("the store is unavailable: no space is left"), "{pages}: {error}");
        interrupted += effects.counts().len();
        drop(engine);
        let store = sqlite(&directory, None);
        let engine = effects.builder(store.clone(), &clock).exclusive().build().await.unwrap();
        engine.wait(&arn).await.unwrap();
        clock.sleep(Duration::from_secs(1)).await;
        check_children(&engine, &store, &arn, &input, &format!("{pages} pages")).await;
        effects.check(&format!("{pages} pages"));
    }
    assert!(interrupted > 4, "{interrupted}");
}
