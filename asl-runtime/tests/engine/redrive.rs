//! Executions that go on after they failed.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use asl_core::execution::Outcome;
use asl_core::{Failure, Timestamp};
use asl_runtime::clock::TokioClock;
use asl_runtime::engine::{EngineBuilder, ExecutionStatus, ListExecutions};
use asl_runtime::store::MemoryStore;
use asl_runtime::{Engine, Error, TaskRequest};
use serde_json::{Value, json};

use super::troubled::{Death, Troubled};
use super::virtual_engine;
use crate::{machine_of, task, with};

const ARN: &str = "arn:aws:states:us-east-1:000000000000:execution:m:e";

/// An engine whose handler fails the first two times that it is called, whatever engine calls it.
fn engine(clock: &TokioClock, calls: &Arc<AtomicUsize>) -> EngineBuilder {
    let calls = Arc::clone(calls);
    Engine::builder().clock(clock.clone()).seed(7).workers(NonZero::<usize>::MIN).handler(
        "Fails",
        move |_: TaskRequest| {
            let succeeds = calls.fetch_add(1, Ordering::SeqCst) >= 2;
            async move { if succeeds { Ok(json!("done")) } else { Err(Failure::named("NotYet")) } }
        },
    )
}

fn definition() -> Value {
    json!({"StartAt": "Once", "States": {
        "Once": {"Type": "Pass", "Next": "Fails"},
        "Fails": with(task("Fails"), json!({"Retry": [{"ErrorEquals": ["NotYet"], "MaxAttempts": 1}]})),
    }})
}

#[tokio::test(start_paused = true)]
async fn an_execution_goes_on_where_it_failed() {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let engine = engine(&clock, &Arc::default()).build().await.unwrap();
    let machine = engine.create_state_machine("m", &definition().to_string()).await.unwrap();
    engine.start_execution(&machine, Some("e"), json!({})).await.unwrap();
    assert_eq!(engine.wait(ARN).await.unwrap().status(), "FAILED");
    let failed = engine.describe_execution(ARN).await.unwrap();
    assert_eq!((failed.redrive_status.as_str(), failed.redrive_count, failed.redrive_date), ("REDRIVABLE", 0, None));
    tokio::time::sleep(Duration::from_mins(1)).await;
    let redriven_at = engine.redrive_execution(ARN, None).await.unwrap();
    assert_eq!(redriven_at, Timestamp::from_millis(61_000));
    assert_eq!(engine.wait(ARN).await.unwrap(), Outcome::Succeeded("done".into()));
    let described = engine.describe_execution(ARN).await.unwrap();
    assert_eq!((described.status, described.redrive_count), (ExecutionStatus::Succeeded, 1));
    assert_eq!(described.redrive_date, Some(redriven_at));
    insta::assert_snapshot!(asl_core::history::render(&engine.get_execution_history(ARN).await.unwrap()));
    let error = engine.redrive_execution(ARN, None).await.unwrap_err();
    assert_eq!(error.api_name(), Some("ExecutionNotRedrivable"));
    assert_eq!(error.to_string(), "Execution Not Redrivable: 'Execution is SUCCEEDED and cannot be redriven'");
}

#[tokio::test(start_paused = true)]
async fn what_runs_or_is_too_old_is_not_redriven() {
    let seldom = Duration::from_hours(24);
    let engine = virtual_engine().lease(seldom).posts_every(seldom).build().await.unwrap();
    let wait = machine_of(&json!({"Type": "Wait", "Seconds": 60, "End": true})).to_string();
    let machine = engine.create_state_machine("m", &wait).await.unwrap();
    engine.start_execution(&machine, Some("e"), json!({})).await.unwrap();
    let error = engine.redrive_execution(ARN, None).await.unwrap_err();
    assert_eq!(error.to_string(), "Execution Not Redrivable: 'Execution is RUNNING and cannot be redriven'");
    engine.stop_execution(ARN, Failure::named("Enough")).await.unwrap();
    tokio::time::sleep(Duration::from_hours(14 * 24 + 1)).await;
    let error = engine.redrive_execution(ARN, None).await.unwrap_err();
    assert_eq!(error.to_string(), "Execution Not Redrivable: 'Execution redrivable period exceeded'");
    let unknown = engine.redrive_execution(&format!("{ARN}x"), None).await.unwrap_err();
    assert!(matches!(unknown, Error::ExecutionDoesNotExist(_)), "{unknown}");
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_waits_again_runs_for_everybody() {
    let store = MemoryStore::new();
    let engine = virtual_engine().store(store.clone()).build().await.unwrap();
    let wait = machine_of(&json!({"Type": "Wait", "Seconds": 60, "End": true})).to_string();
    let machine = engine.create_state_machine("m", &wait).await.unwrap();
    engine.start_execution(&machine, Some("e"), json!({})).await.unwrap();
    engine.stop_execution(ARN, Failure::named("Enough")).await.unwrap();
    engine.redrive_execution(ARN, None).await.unwrap();
    let running = ListExecutions::of(machine).status(ExecutionStatus::Running);
    assert_eq!(engine.list_executions(running).await.unwrap().executions.len(), 1);
    engine.shutdown(Duration::ZERO).await;
    let engine = virtual_engine().store(store).build().await.unwrap();
    assert_eq!(engine.wait(ARN).await.unwrap().status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn a_client_token_given_twice_is_one_redrive() {
    let engine = virtual_engine()
        .handler("Fails", |request: TaskRequest| async move {
            request.clock().sleep(Duration::from_mins(1)).await;
            Err::<Value, _>(Failure::named("Always"))
        })
        .build()
        .await
        .unwrap();
    let machine = engine.create_state_machine("m", &machine_of(&task("Fails")).to_string()).await.unwrap();
    engine.start_execution(&machine, Some("e"), json!({})).await.unwrap();
    engine.wait(ARN).await.unwrap();
    // Both at once, while it runs, and after it failed again.
    let redrive = |token: &'static str| engine.redrive_execution(ARN, Some(token));
    let (first, second) = tokio::join!(redrive("one"), redrive("one"));
    assert_eq!((first.clone().unwrap(), second.unwrap()), (Timestamp::from_millis(60_000), first.clone().unwrap()));
    assert_eq!(redrive("one").await.unwrap(), first.clone().unwrap());
    let other = redrive("other").await.unwrap_err();
    assert_eq!(other.to_string(), "Execution Not Redrivable: 'Execution is RUNNING and cannot be redriven'");
    engine.wait(ARN).await.unwrap();
    assert_eq!(redrive("one").await.unwrap(), first.unwrap());
    assert_eq!(engine.describe_execution(ARN).await.unwrap().redrive_count, 1);
    assert_eq!(redrive("other").await.unwrap(), Timestamp::from_millis(120_000));
    engine.wait(ARN).await.unwrap();
    // The token has expired.
    tokio::time::sleep(Duration::from_mins(15)).await;
    redrive("one").await.unwrap();
    assert_eq!(engine.describe_execution(ARN).await.unwrap().redrive_count, 3);
    for wrong in ["", "with space", &"x".repeat(65)] {
        assert!(matches!(engine.redrive_execution(ARN, Some(wrong)).await, Err(Error::Validation(_))), "{wrong}");
    }
}

/// How an execution ends that is redriven after it failed, with a crash at `death` if there is one.
async fn run(death: Option<Death>) -> (Outcome, String, usize) {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let (calls, store) = (Arc::default(), Troubled { death, ..Troubled::default() });
    let first = engine(&clock, &calls).store(store.clone()).build().await.unwrap();
    let machine = first.create_state_machine("m", &definition().to_string()).await.unwrap();
    let go_on = async |engine: &Engine| {
        engine.start_execution(&machine, Some("e"), json!({})).await.ok();
        while engine.wait(ARN).await.unwrap().status() != "SUCCEEDED" {
            engine.redrive_execution(ARN, None).await.unwrap();
        }
    };
    let died = tokio::select! {
        biased;
        () = store.died.notified() => true,
        () = go_on(&first) => false,
    };
    let last = if died {
        drop(first);
        // A call whose answer was lost is not one of those that count here.
        calls.store(calls.load(Ordering::SeqCst).min(2), Ordering::SeqCst);
        let engine = engine(&clock, &calls).store(store.journals.clone()).exclusive().build().await.unwrap();
        go_on(&engine).await;
        engine
    } else {
        first
    };
    let history = asl_core::history::render(&last.get_execution_history(ARN).await.unwrap());
    (last.wait(ARN).await.unwrap(), history, store.appends.load(Ordering::SeqCst))
}

#[tokio::test(start_paused = true)]
async fn a_crash_around_a_redrive_loses_nothing() {
    let (outcome, _, appends) = run(None).await;
    assert!(appends > 4, "{appends}");
    for last in 0..appends {
        for death in [Death::Before(last), Death::After(last)] {
            let recovered = run(Some(death)).await;
            assert_eq!(recovered.0, outcome, "{death:?}");
            assert!(recovered.1.matches("ExecutionRedriven").count() <= 1, "{death:?}\n{}", recovered.1);
        }
    }
}
