//! The journal: written before anything is done, enough to replay an execution from, and allowed to fail.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use asl_core::execution::{Execution, Outcome, Output};
use asl_core::history::{EventDetails, HistoryEvent};
use asl_core::{Failure, Program};
use asl_runtime::clock::VirtualClock;
use asl_runtime::store::{Inbound, Journal, MemoryStore, Store, StoreError};
use asl_runtime::{Engine, Error, TaskRequest};
use serde_json::json;

use super::troubled::Troubled;
use super::virtual_engine;
use crate::{machine_of, program, task, with};

/// The history that a journal leads to.
fn replay(program: &Program, journal: &Journal) -> Vec<HistoryEvent> {
    let mut running: Option<Execution> = None;
    let mut history = Vec::new();
    for entry in &journal.entries {
        match (&entry.inbound, running.as_mut()) {
            (Inbound::Started { start, fingerprint }, None) => {
                assert_eq!(fingerprint, program.fingerprint());
                running = Some(Execution::start(program.clone(), (**start).clone(), entry.at));
            }
            (Inbound::Event(event), Some(execution)) => execution.handle(entry.at, event.clone()).unwrap(),
            (Inbound::DeadlineReached, Some(execution)) => execution.handle_deadline(entry.at),
            unexpected => panic!("{unexpected:?}"),
        }
        let outputs = std::iter::from_fn(|| running.as_mut().and_then(Execution::poll));
        history.extend(outputs.filter_map(|output| match output {
            Output::History(event) => Some(event),
            Output::Command(_) => None,
        }));
    }
    history
}

#[tokio::test(start_paused = true)]
async fn a_journal_replays_to_the_same_history() {
    let definition = json!({"StartAt": "Wait", "States": {
        "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Work"},
        "Work": with(task("Flaky"), json!({"Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL"}]})),
    }});
    let calls = Arc::new(AtomicU32::new(0));
    let store = MemoryStore::new();
    let engine = virtual_engine()
        .store(store.clone())
        .handler("Flaky", move |request: TaskRequest| {
            let call = calls.fetch_add(1, Ordering::SeqCst);
            async move {
                request.clock().sleep(Duration::from_millis(1_500)).await;
                if call < 2 { Err(Failure::named("Flaky")) } else { Ok(request.idempotency_key().to_owned()) }
            }
        })
        .build()
        .await
        .unwrap();
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({"x": 1})).await.unwrap().execution_arn;
    assert_eq!(engine.wait(&arn).await.unwrap().status(), "SUCCEEDED");
    let journal = store.load(&arn).await.unwrap().unwrap();
    let written = serde_json::to_string(&journal.entries).unwrap();
    let read = Journal { entries: serde_json::from_str(&written).unwrap(), ..journal };
    assert_eq!(replay(&program(&definition), &read), engine.get_execution_history(&arn).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_task_only_runs_once_its_schedule_is_in_the_journal() {
    let store = Troubled::default();
    let seen = store.clone();
    let engine = virtual_engine()
        .store(store)
        .handler("Look", move |request: TaskRequest| {
            let store = seen.clone();
            async move { Ok(store.load(request.execution_arn()).await.unwrap().map_or(0, |journal| journal.version)) }
        })
        .build()
        .await
        .unwrap();
    let machine = engine.create_state_machine("m", &machine_of(&task("Look")).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(1.into()));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_recovers_is_waited_for() {
    let engine = virtual_engine()
        .store(Troubled::failing(vec![StoreError::Unavailable("busy".into()); 3]))
        .handler("Echo", super::echo)
        .build()
        .await
        .unwrap();
    assert_eq!(super::run(&engine, &machine_of(&task("Echo")), json!(1)).await, Outcome::Succeeded(1.into()));
}

#[tokio::test(start_paused = true)]
async fn a_start_that_cannot_be_written_did_not_happen() {
    let engine = virtual_engine().store(Troubled::failing([StoreError::Broken("disk".into())])).build().await.unwrap();
    let pass = machine_of(&json!({"Type": "Pass", "End": true})).to_string();
    let machine = engine.create_state_machine("m", &pass).await.unwrap();
    let error = engine.start_execution(&machine, Some("a"), json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "the store is broken: disk");
    let arn = engine.start_execution(&machine, Some("a"), json!({})).await.unwrap().execution_arn;
    assert_eq!(engine.wait(&arn).await.unwrap().status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn an_execution_whose_journal_cannot_be_written_harms_no_other() {
    let store = Troubled::default();
    let engine = virtual_engine().workers(NonZero::<usize>::MIN).store(store.clone()).build().await.unwrap();
    let pass = machine_of(&json!({"Type": "Pass", "End": true})).to_string();
    let machine = engine.create_state_machine("m", &pass).await.unwrap();
    let broken = StoreError::Broken("disk".into());
    *store.failures.lock().unwrap() = vec![broken.clone(), broken];
    let (first, second) = tokio::join!(
        engine.start_execution(&machine, Some("a"), json!({})),
        engine.start_execution(&machine, Some("b"), json!({})),
    );
    assert_eq!((first.is_ok(), second.is_ok()), (false, true));
}

#[tokio::test(start_paused = true)]
async fn an_execution_whose_journal_breaks_is_given_up() {
    let store = Troubled::default();
    let failures = Arc::clone(&store.failures);
    let engine = virtual_engine()
        .store(store)
        .handler("Break", move |_: TaskRequest| {
            failures.lock().unwrap().push(StoreError::Broken("disk".into()));
            async { Ok(()) }
        })
        .build()
        .await
        .unwrap();
    let machine = engine.create_state_machine("m", &machine_of(&task("Break")).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    assert!(matches!(engine.wait(&arn).await, Err(Error::Store(StoreError::Broken(_)))));
    assert!(!engine.get_execution_history(&arn).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_counts_even_if_a_late_answer_comes_first() {
    let definition = json!({"StartAt": "Work", "States": {
        "Work": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 5, "End": true},
    }});
    let (store, clock) = (MemoryStore::new(), VirtualClock::default());
    let engine = Engine::builder().clock(clock.clone()).store(store.clone()).build().await.unwrap();
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    let work = &*engine.create_activity("work").await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    let token = engine.get_activity_task(work, None).await.unwrap().unwrap().task_token;
    engine.send_task_success(&token, json!(1)).await.unwrap();

    clock.advance(Duration::from_secs(5));
    assert!(engine.send_task_success(&token, json!(2)).await.is_err());

    let ended = tokio::time::timeout(Duration::from_secs(1), engine.wait(&arn)).await;
    assert_eq!(ended.unwrap().unwrap(), Outcome::Succeeded(1.into()));
    let history = engine.get_execution_history(&arn).await.unwrap();
    assert!(matches!(history.last().unwrap().details, EventDetails::ExecutionSucceeded { .. }));
    let journal = store.load(&arn).await.unwrap().unwrap();
    assert_eq!(replay(&program(&definition), &journal), history);
}
