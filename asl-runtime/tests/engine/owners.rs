//! Two engines on one store: each execution is one engine's, and is taken over when that is gone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::Outcome;
use asl_runtime::clock::{Clock as _, TokioClock};
use asl_runtime::engine::EngineBuilder;
use asl_runtime::store::MemoryStore;
use asl_runtime::{Engine, TaskRequest};
use serde_json::json;
use tokio::sync::mpsc;

use crate::{machine_of, task, with};

/// Which engine ran a Task, and with which idempotency key.
type Deliveries = Arc<Mutex<Vec<(&'static str, String)>>>;

/// An engine on a shared store, whose Tasks take 60 seconds.
fn engine(name: &'static str, clock: &TokioClock, store: &MemoryStore, deliveries: &Deliveries) -> EngineBuilder {
    let deliveries = Arc::clone(deliveries);
    Engine::builder().clock(clock.clone()).seed(7).store(store.clone()).handler("Work", move |request: TaskRequest| {
        deliveries.lock().unwrap().push((name, request.idempotency_key().to_owned()));
        async move {
            request.clock().sleep(Duration::from_mins(1)).await;
            Ok(name)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn executions_of_an_engine_that_is_gone_are_taken_over_once_its_lease_has_ended() {
    let (clock, store) = (TokioClock::starting_at(Timestamp::UNIX_EPOCH), MemoryStore::new());
    let deliveries = Deliveries::default();
    let first = engine("first", &clock, &store, &deliveries).build().await.unwrap();
    let second = engine("second", &clock, &store, &deliveries).build().await.unwrap();
    let machine = first.create_state_machine("m", &machine_of(&task("Work")).to_string()).await.unwrap();
    let arn = first.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    clock.sleep(Duration::from_secs(25)).await;
    drop(first);
    assert_eq!(second.wait(&arn).await.unwrap(), Outcome::Succeeded("second".into()));
    let deliveries = deliveries.lock().unwrap().clone();
    assert_eq!(deliveries.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(deliveries[0].1, deliveries[1].1);
    // The last renewal was at 20 seconds, the claim is at 60, and the Task takes a minute again.
    let stop_date = second.describe_execution(&arn).await.unwrap().stop_date.unwrap();
    assert!((110_000..=121_000).contains(&stop_date.as_millis()), "{stop_date}");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_lives_keeps_its_executions() {
    let (clock, store) = (TokioClock::starting_at(Timestamp::UNIX_EPOCH), MemoryStore::new());
    let deliveries = Deliveries::default();
    let first = engine("first", &clock, &store, &deliveries).build().await.unwrap();
    let machine = first.create_state_machine("m", &machine_of(&task("Work")).to_string()).await.unwrap();
    let arn = first.start_execution(&machine, Some("a"), json!(1)).await.unwrap().execution_arn;
    let second = engine("second", &clock, &store, &deliveries).build().await.unwrap();
    let again = second.start_execution(&machine, Some("a"), json!(1)).await.unwrap();
    assert_eq!(again.execution_arn, arn);
    assert!(second.start_execution(&machine, Some("a"), json!(2)).await.is_err());
    assert_eq!(second.wait(&arn).await.unwrap(), Outcome::Succeeded("first".into()));
    assert_eq!(deliveries.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_lost_an_execution_lets_go_of_it() {
    let (clock, store) = (TokioClock::starting_at(Timestamp::UNIX_EPOCH), MemoryStore::new());
    let deliveries = Deliveries::default();
    let first = engine("first", &clock, &store, &deliveries).build().await.unwrap();
    let machine = first.create_state_machine("m", &machine_of(&task("Work")).to_string()).await.unwrap();
    let arn = first.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    clock.sleep(Duration::from_secs(30)).await;
    let second = engine("second", &clock, &store, &deliveries).exclusive().build().await.unwrap();
    // The first handler ends first, and its answer counts for nothing.
    assert_eq!(first.wait(&arn).await.unwrap(), Outcome::Succeeded("second".into()));
    let stop_date = second.describe_execution(&arn).await.unwrap().stop_date.unwrap();
    assert_eq!(stop_date, Timestamp::from_millis(90_000));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_leaves_its_executions_to_others_at_once() {
    let (clock, store) = (TokioClock::starting_at(Timestamp::UNIX_EPOCH), MemoryStore::new());
    let deliveries = Deliveries::default();
    let first = engine("first", &clock, &store, &deliveries).build().await.unwrap();
    let machine = first.create_state_machine("m", &machine_of(&task("Work")).to_string()).await.unwrap();
    let arn = first.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    first.shutdown(Duration::ZERO).await;
    let second = engine("second", &clock, &store, &deliveries).build().await.unwrap();
    assert_eq!(second.wait(&arn).await.unwrap(), Outcome::Succeeded("second".into()));
}

#[tokio::test(start_paused = true)]
async fn a_token_may_be_answered_and_an_execution_stopped_at_another_engine() {
    let (clock, store) = (TokioClock::starting_at(Timestamp::UNIX_EPOCH), MemoryStore::new());
    let (sender, mut tokens) = mpsc::unbounded_channel();
    let resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    let first = Engine::builder()
        .clock(clock.clone())
        .store(store.clone())
        .handler(resource, move |request: TaskRequest| {
            sender.send(request.task_token().unwrap().to_owned()).unwrap();
            async { Ok(json!({"MessageId": "m"})) }
        })
        .build()
        .await
        .unwrap();
    let definition = machine_of(&with(
        json!({"Type": "Task", "Resource": resource, "End": true}),
        json!({"Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}}, "TimeoutSeconds": 600}),
    ));
    let machine = first.create_state_machine("m", &definition.to_string()).await.unwrap();
    let second = Engine::builder().clock(clock.clone()).store(store.clone()).build().await.unwrap();

    let answered = first.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    let token = tokens.recv().await.unwrap();
    second.send_task_success(&token, json!("from afar")).await.unwrap();
    assert_eq!(second.wait(&answered).await.unwrap(), Outcome::Succeeded("from afar".into()));
    assert_eq!(second.send_task_success(&token, json!(2)).await.unwrap_err().api_name(), Some("TaskTimedOut"));

    let stopped = first.start_execution(&machine, None, json!(2)).await.unwrap().execution_arn;
    second.stop_execution(&stopped, asl_core::Failure::named("Enough")).await.unwrap();
    assert_eq!(first.wait(&stopped).await.unwrap().status(), "ABORTED");
}
