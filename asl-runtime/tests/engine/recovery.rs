//! Going on after a crash: every execution as if nothing had happened.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::{Event, Outcome};
use asl_core::history::HistoryEvent;
use asl_runtime::clock::TokioClock;
use asl_runtime::engine::EngineBuilder;
use asl_runtime::store::{Batch, ExecutionQuery, Inbound, JournalEntry, MemoryStore, Opening, OwnerId, Store};
use asl_runtime::{Engine, Error, TaskRequest};
use serde_json::{Value, json};

use super::troubled::{Death, Troubled};
use super::{echo, virtual_engine};
use crate::{machine_of, task, with};

/// Everything at once: a Map of Tasks that are retried, a wait, a callback and a handler of some time.
fn mixed() -> Value {
    json!({"StartAt": "Both", "States": {
        "Both": {"Type": "Parallel", "Next": "Nap", "Branches": [
            {"StartAt": "Each", "States": {"Each": {
                "Type": "Map", "MaxConcurrency": 2, "End": true, "ItemsPath": "$.items",
                "ItemProcessor": {"StartAt": "Work", "States": {"Work": with(task("Flaky"), json!({
                    "TimeoutSeconds": 1000,
                    "Retry": [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 3, "MaxDelaySeconds": 9, "JitterStrategy": "FULL"}],
                }))}},
            }}},
            {"StartAt": "Ask", "States": {"Ask": {
                "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
                "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}}, "TimeoutSeconds": 1000,
            }}},
            {"StartAt": "Long", "States": {"Long": with(task("Slow"), json!({"TimeoutSeconds": 1000}))}},
        ]},
        "Nap": {"Type": "Wait", "Seconds": 30, "Next": "Last"},
        "Last": with(task("Slow"), json!({"TimeoutSeconds": 1000})),
    }})
}

/// What outlives engines: who holds tokens, and what handlers did.
#[derive(Debug, Clone, Default)]
struct World {
    tokens: Arc<Mutex<BTreeMap<String, Timestamp>>>,
    effects: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl World {
    /// An engine whose handlers answer at the same time, however often their Tasks are delivered.
    fn engine(&self, clock: &TokioClock) -> EngineBuilder {
        let (slow, flaky, asked) = (self.clone(), self.clone(), self.clone());
        Engine::builder()
            .clock(clock.clone())
            .seed(7)
            .workers(NonZero::<usize>::MIN)
            .snapshot_every(NonZero::new(3).unwrap())
            .handler("Slow", move |request: TaskRequest| slow.clone().work(request, 7_300, u64::MAX))
            .handler("Flaky", move |request: TaskRequest| flaky.clone().work(request, 1_100, 1))
            .handler("arn:aws:states:::sqs:sendMessage.waitForTaskToken", move |request: TaskRequest| {
                let due = scheduled_at(&request).saturating_add(Duration::from_millis(2_600));
                asked.tokens.lock().unwrap().insert(request.task_token().unwrap().to_owned(), due);
                async { Ok(json!({"MessageId": "m"})) }
            })
    }

    async fn work(self, request: TaskRequest, milliseconds: u64, fails: u64) -> Result<Value, asl_core::Failure> {
        *self.effects.lock().unwrap().entry(request.idempotency_key().to_owned()).or_default() += 1;
        let end = scheduled_at(&request).saturating_add(Duration::from_millis(milliseconds));
        request.clock().sleep_until(end).await;
        if u64::from(request.retry_count()) < fails && fails < u64::MAX {
            return Err(asl_core::Failure::named("Flaky"));
        }
        Ok(json!(request.invocation()))
    }

    /// Answers tokens when they are due, until the execution ends.
    async fn run(&self, engine: &Engine, clock: &TokioClock, execution_arn: &str) -> Outcome {
        use asl_runtime::clock::Clock as _;
        let answering = async {
            loop {
                let due: Vec<_> = self.tokens.lock().unwrap().iter().map(|(token, at)| (token.clone(), *at)).collect();
                for (token, _) in due.into_iter().filter(|(_, at)| *at <= clock.now()) {
                    if engine.send_task_success(&token, json!("answered")).await.is_ok() {
                        self.tokens.lock().unwrap().remove(&token);
                    }
                }
                // At the same times after a crash as without one.
                clock.sleep_until(Timestamp::from_millis((clock.now().as_millis() / 100 + 1) * 100)).await;
            }
        };
        tokio::select! {
            outcome = engine.wait(execution_arn) => outcome.unwrap(),
            () = answering => unreachable!(),
        }
    }
}

fn scheduled_at(request: &TaskRequest) -> Timestamp {
    Timestamp::from_millis(request.deadline().as_millis() - 1_000_000)
}

/// The outcome, the history and the keys of everything that was done, with a crash at `death` if there is one.
async fn run_mixed(death: Option<Death>) -> (Outcome, Vec<HistoryEvent>, BTreeSet<String>, usize) {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let (world, store) = (World::default(), Troubled { death, ..Troubled::default() });
    let mut engine = world.engine(&clock).store(store.clone()).build().await.unwrap();
    let machine = engine.create_state_machine("m", &mixed().to_string()).await.unwrap();
    let input = json!({"items": [1, 2, 3]});
    let start = engine.start_execution(&machine, Some("e"), input.clone());
    let arn = tokio::select! {
        started = start => started.unwrap().execution_arn,
        () = store.died.notified() => {
            store.died.notify_one();
            "arn:aws:states:us-east-1:000000000000:execution:m:e".into()
        }
    };
    let ended = tokio::select! {
        biased;
        () = store.died.notified() => None,
        outcome = world.run(&engine, &clock, &arn) => Some(outcome),
    };
    let outcome = if let Some(outcome) = ended {
        outcome
    } else {
        drop(engine);
        engine = world.engine(&clock).store(store.journals.clone()).exclusive().build().await.unwrap();
        engine.start_execution(&machine, Some("e"), input).await.ok();
        world.run(&engine, &clock, &arn).await
    };
    let history = engine.get_execution_history(&arn).await.unwrap();
    let keys = world.effects.lock().unwrap().keys().cloned().collect();
    (outcome, history, keys, store.appends.load(Ordering::SeqCst))
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_append_leaves_no_trace() {
    let (outcome, history, keys, appends) = run_mixed(None).await;
    assert_eq!(outcome.status(), "SUCCEEDED");
    assert!(appends > 12, "{appends}");
    for last in 0..appends {
        for death in [Death::Before(last), Death::After(last)] {
            let recovered = run_mixed(Some(death)).await;
            assert_eq!(recovered.0, outcome, "{death:?}");
            assert!(recovered.1 == history, "{death:?}\n{}", asl_core::history::render(&recovered.1));
            assert_eq!(recovered.2, keys, "{death:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn sleepers_are_loaded_when_they_wake() {
    let store = Troubled::default();
    let engine = virtual_engine().store(store.clone()).build().await.unwrap();
    let wait = machine_of(&json!({"Type": "Wait", "Seconds": 3_600, "End": true})).to_string();
    let machine = engine.create_state_machine("waits", &wait).await.unwrap();
    for number in 0..20 {
        engine.start_execution(&machine, Some(&number.to_string()), json!(number)).await.unwrap();
    }
    engine.shutdown(Duration::ZERO).await;
    store.loads.store(0, Ordering::SeqCst);
    let engine = virtual_engine().store(store.clone()).build().await.unwrap();
    assert_eq!(store.loads.load(Ordering::SeqCst), 0);
    let arn = "arn:aws:states:us-east-1:000000000000:execution:waits:7";
    engine.stop_execution(arn, asl_core::Failure::named("Enough")).await.unwrap();
    assert_eq!(store.loads.load(Ordering::SeqCst), 1);
    let other = "arn:aws:states:us-east-1:000000000000:execution:waits:8";
    assert_eq!(engine.wait(other).await.unwrap(), Outcome::Succeeded(8.into()));
    assert_eq!(engine.describe_execution(other).await.unwrap().stop_date, Some(Timestamp::from_millis(3_600_000)));
}

#[tokio::test(start_paused = true)]
async fn an_execution_goes_on_with_the_definition_that_it_began_with() {
    let store = MemoryStore::new();
    let ending = |result: &str| {
        json!({"StartAt": "Wait", "States": {
            "Wait": {"Type": "Wait", "Seconds": 10, "Next": "End"},
            "End": {"Type": "Pass", "Result": result, "End": true},
        }})
        .to_string()
    };
    let engine = virtual_engine().store(store.clone()).build().await.unwrap();
    let machine = engine.create_state_machine("m", &ending("old")).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    engine.update_state_machine(&machine, &ending("new")).await.unwrap();
    engine.shutdown(Duration::ZERO).await;
    let engine = virtual_engine().store(store).build().await.unwrap();
    assert_eq!(engine.list_state_machines().await.unwrap()[0].state_machine_arn, machine);
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded("old".into()));
}

#[tokio::test(start_paused = true)]
async fn without_its_handler_an_execution_is_set_aside_and_nothing_is_lost() {
    let store = MemoryStore::new();
    let definition = json!({"StartAt": "Wait", "States": {
        "Wait": {"Type": "Wait", "Seconds": 10, "Next": "Work"}, "Work": task("Echo"),
    }});
    let engine = virtual_engine().store(store.clone()).handler("Echo", echo).build().await.unwrap();
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    engine.shutdown(Duration::ZERO).await;

    let engine = virtual_engine().store(store.clone()).build().await.unwrap();
    let error = engine.wait(&arn).await.unwrap_err();
    assert!(matches!(error, Error::MissingHandlers(_)), "{error}");
    let why = engine.why_waiting(&arn).await.unwrap().to_string();
    assert!(why.starts_with("the execution cannot go on: ") && why.contains("`Work`"), "{why}");
    engine.shutdown(Duration::ZERO).await;

    let engine = virtual_engine().store(store).handler("Echo", echo).build().await.unwrap();
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(1.into()));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_read_keeps_no_other_from_going_on() {
    let store = MemoryStore::new();
    let engine = virtual_engine().store(store.clone()).handler("Echo", echo).build().await.unwrap();
    let machine = engine.create_state_machine("m", &machine_of(&task("Echo")).to_string()).await.unwrap();
    engine.shutdown(Duration::ZERO).await;
    let owner = store.join(Timestamp::UNIX_EPOCH).await.unwrap();
    let broken: Arc<str> = "arn:aws:states:us-east-1:000000000000:execution:m:broken".into();
    append(&store, owner, &broken, &machine).await;
    store.leave(owner).await.unwrap();

    let engine = virtual_engine().store(store.clone()).handler("Echo", echo).build().await.unwrap();
    let arn = engine.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(1.into()));
    let message = "the store is broken: a journal cannot be read: it does not begin with a start";
    assert_eq!(engine.wait(&broken).await.unwrap_err().to_string(), message);
    assert_eq!(engine.describe_execution(&broken).await.unwrap_err().to_string(), message);
    let running = store.list(&ExecutionQuery::default()).await.unwrap();
    assert_eq!(running.iter().filter(|record| record.standing.end().is_none()).count(), 1);
}

/// Makes an execution whose journal begins with anything but a start.
async fn append(store: &MemoryStore, owner: OwnerId, execution_arn: &Arc<str>, machine: &Arc<str>) {
    let event = Event::Stopped { failure: asl_core::Failure::named("Nonsense") };
    let opening = Opening {
        state_machine_arn: Arc::clone(machine),
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
        name: "broken".into(),
        start_date: Timestamp::UNIX_EPOCH,
        parent: None,
    };
    let batch = Batch {
        execution_arn: Arc::clone(execution_arn),
        expected_version: 0,
        entries: vec![JournalEntry { at: Timestamp::UNIX_EPOCH, inbound: Inbound::Event(event) }],
        opening: Some(opening),
        standing: None,
        received: Vec::new(),
    };
    store.append(owner, &[batch]).await.unwrap();
}
