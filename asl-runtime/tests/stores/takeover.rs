//! Two engines on one store, one of which the store cannot hear for a while: the other goes on, and nothing is done twice.

use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::Outcome;
use asl_runtime::clock::{Clock as _, TokioClock};
use asl_runtime::store::{Faults, FaultyStore, MemoryStore, Store};
use asl_runtime::{Engine, Error};
use serde_json::{Value, json};

use crate::map_runs::{Effects, check_children, definition, input, sqlite};

fn reachable<S: Store>(store: S) -> FaultyStore<S> {
    FaultyStore::new(store, Faults::seeded(0))
}

/// Cuts the first engine off for nine seconds while a Map Run runs; `open` opens the store that both share.
async fn a_map_run_is_taken_over<S: Store + Clone>(open: impl Fn() -> FaultyStore<S>, seconds: u64) {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let (effects, input, store, other) = (Effects::default(), input(""), open(), open());
    let first = effects.builder(store.clone(), &clock).build().await.unwrap();
    let second = effects.builder(other.clone(), &clock).build().await.unwrap();
    let machine = first.create_state_machine("m", &definition()).await.unwrap();
    let arn = first.start_execution(&machine, Some("e"), input.clone()).await.unwrap().execution_arn;
    clock.sleep(Duration::from_secs(seconds)).await;
    store.cut_off();
    clock.sleep(Duration::from_secs(9)).await;
    store.reconnect();
    let context = format!("cut off after {seconds} seconds");
    let outcome = tokio::time::timeout(Duration::from_hours(1), second.wait(&arn)).await;
    assert_eq!(outcome.expect(&context).unwrap(), Outcome::Succeeded(input.clone().into()), "{context}");
    clock.sleep(Duration::from_mins(1)).await;
    for engine in [&first, &second] {
        check_children(engine, &other, &arn, &input, &context).await;
    }
    effects.check(&context);
}

#[tokio::test(start_paused = true)]
async fn a_map_run_whose_engine_is_not_heard_goes_on_at_another() {
    for seconds in [0, 1, 4, 8, 11, 20, 30, 37] {
        let memory = MemoryStore::new();
        a_map_run_is_taken_over(|| reachable(memory.clone()), seconds).await;
        let directory = tempfile::tempdir().unwrap();
        a_map_run_is_taken_over(|| sqlite(&directory, None), seconds).await;
    }
}

/// A machine whose one Task runs an execution of `child` to its end.
fn parent() -> String {
    json!({"StartAt": "Child", "States": {"Child": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:child", "Name": "c"},
        "ResultSelector": {"status.$": "$.Status"},
    }}})
    .to_string()
}

#[tokio::test(start_paused = true)]
async fn nested_executions_go_on_at_another_engine_and_their_parents_learn_of_it() {
    let work = json!({"StartAt": "Rest", "States": {
        "Rest": {"Type": "Wait", "Seconds": 8, "Next": "Work"},
        "Work": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Work", "End": true},
    }});
    for seconds in [0, 1, 5, 7, 8] {
        let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
        let (effects, memory) = (Effects::default(), MemoryStore::new());
        let store = reachable(memory.clone());
        let first = effects.builder(store.clone(), &clock).build().await.unwrap();
        let second = effects.builder(memory.clone(), &clock).build().await.unwrap();
        first.create_state_machine("child", &work.to_string()).await.unwrap();
        let machine = first.create_state_machine("parent", &parent()).await.unwrap();
        let arn = first.start_execution(&machine, Some("p"), json!({})).await.unwrap().execution_arn;
        clock.sleep(Duration::from_secs(seconds)).await;
        store.cut_off();
        clock.sleep(Duration::from_secs(9)).await;
        store.reconnect();
        for engine in [&second, &first] {
            let ended = tokio::time::timeout(Duration::from_hours(1), engine.wait(&arn)).await;
            let expected = Outcome::Succeeded(json!({"status": "SUCCEEDED"}).into());
            assert_eq!(ended.unwrap().unwrap(), expected, "cut off after {seconds} seconds");
        }
        let child = second.describe_execution("arn:aws:states:us-east-1:000000000000:execution:child:c").await.unwrap();
        assert!(child.stop_date.unwrap() < Timestamp::from_millis(30_000), "{:?}", child.stop_date);
    }
}

async fn answer(engine: &Engine, activity: &str, output: Value) -> Result<(), Error> {
    let work = engine.get_activity_task(activity, None).await?.unwrap();
    engine.send_task_success(&work.task_token, output).await
}

#[tokio::test(start_paused = true)]
async fn tasks_of_activities_are_taken_up_and_answered_at_the_other_engine() {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let (effects, memory) = (Effects::default(), MemoryStore::new());
    let store = reachable(memory.clone());
    let first = effects.builder(store.clone(), &clock).build().await.unwrap();
    let second = effects.builder(memory.clone(), &clock).build().await.unwrap();
    let activity = &*first.create_activity("approve").await.unwrap();
    let task = |next: Value| {
        let mut task = json!({"Type": "Task", "Resource": activity, "TimeoutSeconds": 600});
        task.as_object_mut().unwrap().extend(next.as_object().unwrap().clone());
        task
    };
    let definition = json!({"StartAt": "One", "States": {
        "One": task(json!({"Next": "Two"})), "Two": task(json!({"End": true})),
    }});
    let machine = first.create_state_machine("m", &definition.to_string()).await.unwrap();
    let mut arns = Vec::new();
    for name in ["taken-up", "queued"] {
        arns.push(first.start_execution(&machine, Some(name), json!(name)).await.unwrap().execution_arn);
    }
    let taken_up = first.get_activity_task(activity, None).await.unwrap().unwrap();
    assert_eq!(taken_up.input, "taken-up".into());
    store.cut_off();
    clock.sleep(Duration::from_secs(9)).await;
    // Its worker has the token, whoever the execution belongs to.
    second.send_task_success(&taken_up.task_token, json!("afar")).await.unwrap();
    for output in ["a", "b", "c"] {
        answer(&second, activity, json!(output)).await.unwrap();
    }
    store.reconnect();
    assert_eq!(
        second.send_task_success(&taken_up.task_token, json!(1)).await.unwrap_err().api_name(),
        Some("TaskTimedOut")
    );
    for arn in &arns {
        for engine in [&second, &first] {
            let outcome = tokio::time::timeout(Duration::from_mins(5), engine.wait(arn)).await.expect("an end in time");
            assert_eq!(outcome.unwrap().status(), "SUCCEEDED", "{arn}");
            assert_eq!(engine.get_execution_history(arn).await.unwrap().len(), 12, "{arn}");
        }
    }
    // The first engine has nothing to hand out any more.
    assert!(first.get_activity_task(activity, None).await.unwrap().is_none());
}
