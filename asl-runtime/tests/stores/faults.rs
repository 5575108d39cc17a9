//! Engines on stores that fail: errors are clear, what was acknowledged goes on, and nothing happens twice.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::execution::Outcome;
use asl_core::history::EventDetails;
use asl_core::{Failure, Timestamp};
use asl_runtime::clock::{Clock as _, TokioClock};
use asl_runtime::engine::StartedExecution;
use asl_runtime::store::{Durability, Faults, FaultyStore, MemoryStore, SqliteOptions, Store, StoreError};
use asl_runtime::{Engine, Error, TaskRequest};
use serde_json::{Value, json};

/// A Task that is retried, a wait, branches, and a Task at the end.
fn definition() -> String {
    let task = |more: Value| {
        let mut task = json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Work"});
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    let retry =
        json!([{"ErrorEquals": ["Flaky"], "IntervalSeconds": 2, "MaxDelaySeconds": 5, "JitterStrategy": "FULL"}]);
    json!({"StartAt": "Flaky", "States": {
        "Flaky": task(json!({"Retry": retry, "ResultPath": null, "Next": "Rest"})),
        "Rest": {"Type": "Wait", "Seconds": 20, "Next": "Both"},
        "Both": {"Type": "Parallel", "ResultPath": null, "Next": "Last", "Branches": [
            {"StartAt": "Left", "States": {"Left": task(json!({"End": true}))}},
            {"StartAt": "Right", "States": {"Right": task(json!({"End": true}))}},
        ]},
        "Last": task(json!({"End": true})),
    }})
    .to_string()
}

/// How often each attempt was delivered with which key: by execution, state and number of the attempt.
type Effects = Arc<Mutex<BTreeMap<(String, String, u32), BTreeMap<String, u32>>>>;

fn engine_on(store: impl Store, clock: &TokioClock, effects: &Effects) -> asl_runtime::engine::EngineBuilder {
    let effects = Arc::clone(effects);
    let work = move |request: TaskRequest| {
        let step = (request.execution_arn().to_owned(), request.state_name().to_owned(), request.retry_count());
        *effects.lock().unwrap().entry(step).or_default().entry(request.idempotency_key().to_owned()).or_default() += 1;
        async move {
            request.clock().sleep(Duration::from_millis(300)).await;
            match (request.state_name(), request.retry_count()) {
                ("Flaky", 0) => Err(Failure::named("Flaky")),
                _ => Ok(request.parameters_json()),
            }
        }
    };
    Engine::builder()
        .clock(clock.clone())
        .seed(3)
        .workers(NonZero::<usize>::MIN)
        .snapshot_every(NonZero::new(4).unwrap())
        .lease(Duration::from_secs(3))
        .store(store)
        .handler("Work", work)
}

/// Calls until the store answers; every other error is a fault of the engine.
async fn insist<T, R: Future<Output = Result<T, Error>>>(clock: &TokioClock, mut call: impl FnMut() -> R) -> T {
    let mut last = Arc::from("");
    for _ in 0..4_000 {
        match call().await {
            Ok(answer) => return answer,
            Err(Error::Store(StoreError::Unavailable(reason))) => {
                assert!(reason.starts_with("injected: "), "{reason}");
                last = reason;
            }
            Err(error) => panic!("{error}"),
        }
        clock.sleep(Duration::from_secs(20)).await;
    }
    panic!("the store never answered: {last}")
}

/// The ARN of a start under a name that nobody else uses: one that was not acknowledged may have been done, and have ended.
async fn started(starting: impl Future<Output = Result<StartedExecution, Error>>) -> Result<Arc<str>, Error> {
    match starting.await {
        Err(Error::ExecutionAlreadyExists(arn)) => Ok(arn),
        started => started.map(|started| started.execution_arn),
    }
}

/// What the events of an execution are, in order; those of branches beside one another, sorted.
async fn events(engine: &Engine, arn: &str) -> Vec<String> {
    let history = engine.get_execution_history(arn).await.unwrap();
    let mut events: Vec<_> = history
        .iter()
        .map(|event| match &event.details {
            EventDetails::StateEntered { name, .. } | EventDetails::StateExited { name, .. } => {
                format!("{} {name}", event.details.type_name())
            }
            details => details.type_name().to_owned(),
        })
        .collect();
    let branches = events.iter().position(|event| event == "ParallelStateStarted").unwrap();
    let end = events.iter().position(|event| event == "ParallelStateSucceeded").unwrap();
    events[branches + 1..end].sort();
    events
}

#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_ends_as_it_should_whatever_the_store_does() {
    let mut expected = None;
    let mut refused_starts = 0;
    for seed in 0..24 {
        // The first store has no faults; of the others, some are so bad that executions are set aside.
        let part = [0.0, 0.05, 0.15, 0.25][usize::try_from(seed % 4).unwrap()];
        let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
        let faults =
            Faults::seeded(seed).refused(part).lost(part).slow(part, Duration::from_millis(900), clock.clone());
        let (store, effects) = (FaultyStore::new(MemoryStore::new(), faults), Effects::default());
        let engine = insist(&clock, || engine_on(store.clone(), &clock, &effects).exclusive().build()).await;
        let text = definition();
        let machine = insist(&clock, || engine.create_state_machine("m", &text)).await;
        let mut arns = Vec::new();
        for number in 0..6 {
            let name = number.to_string();
            let refused = Cell::new(0);
            let start = || {
                refused.set(refused.get() + 1);
                started(engine.start_execution(&machine, Some(&name), json!({"number": number})))
            };
            arns.push(insist(&clock, start).await);
            refused_starts += refused.get() - 1;
        }
        for (number, arn) in arns.iter().enumerate() {
            let ended = tokio::time::timeout(Duration::from_hours(24), insist(&clock, || engine.wait(arn))).await;
            assert_eq!(ended.ok(), Some(Outcome::Succeeded(json!({"number": number}).into())), "seed {seed}: {arn}");
        }
        // The store inside tells, to an engine without faults, what has happened.
        let reading = engine_on(store.inner().clone(), &clock, &Effects::default()).build().await.unwrap();
        for arn in &arns {
            let events = events(&reading, arn).await;
            assert_eq!(*expected.get_or_insert_with(|| events.clone()), events, "seed {seed}");
        }
        let effects = effects.lock().unwrap();
        assert_eq!(effects.len(), arns.len() * 5, "seed {seed}");
        for (step, keys) in &*effects {
            assert_eq!(keys.len(), 1, "seed {seed}: {step:?} was delivered with {keys:?}");
        }
    }
    assert!(refused_starts > 4, "{refused_starts}");
}

#[tokio::test(start_paused = true)]
async fn on_a_full_disk_calls_say_so_and_once_there_is_room_everything_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("full.db");
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    // Virtual time waits for SQLite's threads, and nothing waits for the disk's head.
    let open = |options: SqliteOptions| {
        FaultyStore::new(options.durability(Durability::Process).open().unwrap(), Faults::seeded(0))
    };
    let effects = Effects::default();
    let full = open(SqliteOptions::new(&path).max_pages(90));
    let engine = engine_on(full, &clock, &effects).build().await.unwrap();
    let machine = engine.create_state_machine("m", &definition()).await.unwrap();
    let mut acknowledged = Vec::new();
    let error = loop {
        let input = json!({"number": acknowledged.len(), "payload": "payload ".repeat(800)});
        let name = format!("e{}", acknowledged.len());
        match engine.start_execution(&machine, Some(&name), input.clone()).await {
            Ok(started) => acknowledged.push((started.execution_arn, input)),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().starts_with("the store is unavailable: no space is left for `"), "{error}");
    assert!(error.to_string().ends_with("; free some, and work goes on"), "{error}");
    drop(engine);

    let engine = engine_on(open(SqliteOptions::new(&path)), &clock, &effects);
    let engine = engine.exclusive().build().await.unwrap();
    for (arn, input) in &acknowledged {
        assert_eq!(engine.wait(arn).await.unwrap(), Outcome::Succeeded(input.clone().into()), "{arn}");
    }
    assert!(effects.lock().unwrap().values().all(|keys| keys.len() == 1));
}
