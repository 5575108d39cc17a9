//! Executions that Tasks start: AWS's answers, stops, crashes.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use asl_core::execution::Outcome;
use asl_core::history::HistoryEvent;
use asl_core::{Failure, Timestamp};
use asl_runtime::clock::{Clock as _, TokioClock};
use asl_runtime::engine::{EngineBuilder, ExecutionStatus};
use asl_runtime::store::{ExecutionQuery, MemoryStore, Store as _};
use asl_runtime::{Engine, TaskRequest};
use serde_json::{Value, json};

use super::troubled::{Death, Troubled};
use super::{echo, virtual_engine};
use crate::{machine_of, task, with};

const CHILD: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:child";

/// A Task state at a machine's end that starts an execution.
fn starts(pattern: &str, parameters: Value) -> Value {
    json!({
        "Type": "Task", "Resource": format!("arn:aws:states:::states:startExecution{pattern}"),
        "Parameters": with(json!({"StateMachineArn": CHILD}), parameters), "End": true,
    })
}

/// Runs a machine of one state, which starts executions of `child`.
async fn run_with(engine: &Engine, child: &Value, parent: &Value) -> (Outcome, String) {
    engine.create_state_machine("child", &child.to_string()).await.unwrap();
    let machine = engine.create_state_machine("parent", &machine_of(parent).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, Some("p"), json!({"n": 1})).await.unwrap().execution_arn;
    let outcome = engine.wait(&arn).await.unwrap();
    let history = asl_core::history::render(&engine.get_execution_history(&arn).await.unwrap());
    let said = outcome.output().map_or_else(|| outcome.failure().unwrap().to_string(), ToString::to_string);
    (outcome, format!("{history}\n{said}\n"))
}

fn wait(seconds: u64) -> Value {
    machine_of(&json!({"Type": "Wait", "Seconds": seconds, "End": true}))
}

#[tokio::test(start_paused = true)]
async fn a_task_is_told_of_the_execution_that_it_started() {
    for (pattern, name) in [("", "starts"), (".sync", "sync"), (".sync:2", "sync2")] {
        let engine = virtual_engine().build().await.unwrap();
        let parameters = json!({"Name": "c", "Input": {"n.$": "$.n"}});
        let (_, history) = run_with(&engine, &wait(5), &starts(pattern, parameters)).await;
        insta::assert_snapshot!(name, history);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_execution_fails_the_task() {
    let fails = machine_of(&json!({"Type": "Fail", "Error": "Broken", "Cause": "out of cheese"}));
    let engine = virtual_engine().build().await.unwrap();
    let (_, history) = run_with(&engine, &fails, &starts(".sync:2", json!({"Name": "c"}))).await;
    insta::assert_snapshot!(history);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_started_fails_the_task_in_awss_words() {
    let cases = [
        (json!({"StateMachineArn": format!("{CHILD}less")}), "StepFunctions.StateMachineDoesNotExistException"),
        (json!({"StateMachineArn": null}), "StepFunctions.ValidationException"),
        (json!({"Name": "a b"}), "StepFunctions.InvalidNameException"),
        (json!({"Name": 7}), "StepFunctions.ValidationException"),
        (json!({"Input": "no json"}), "StepFunctions.InvalidExecutionInputException"),
    ];
    let mut causes = String::new();
    for (parameters, error) in cases {
        let engine = virtual_engine().build().await.unwrap();
        let (outcome, _) = run_with(&engine, &wait(1), &starts(".sync", parameters)).await;
        let failure = outcome.failure().unwrap();
        assert_eq!(failure.error(), Some(error));
        causes.push_str(failure.cause().unwrap());
        causes.push('\n');
    }
    insta::assert_snapshot!(causes);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_used_once() {
    let engine = virtual_engine().build().await.unwrap();
    engine.create_state_machine("child", &wait(1).to_string()).await.unwrap();
    let arn = engine.start_execution(CHILD, Some("c"), json!({})).await.unwrap().execution_arn;
    engine.wait(&arn).await.unwrap();
    let (outcome, _) = run_with(&engine, &wait(1), &starts("", json!({"Name": "c"}))).await;
    assert_eq!(outcome.failure().unwrap().error(), Some("StepFunctions.ExecutionAlreadyExistsException"));
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_for_a_running_execution_of_the_same_name_and_input() {
    let engine = virtual_engine().build().await.unwrap();
    engine.create_state_machine("child", &wait(20).to_string()).await.unwrap();
    engine.start_execution(CHILD, Some("c"), json!({})).await.unwrap();
    let (outcome, _) = run_with(&engine, &wait(20), &starts(".sync", json!({"Name": "c"}))).await;
    assert_eq!(outcome.status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn the_execution_may_answer_the_token() {
    let engine = virtual_engine()
        .handler("Answer", |request: TaskRequest| async move {
            let token = request.parameters_json()["token"].as_str().unwrap().to_owned();
            request.callbacks().send_task_success(&token, json!("answered")).await?;
            Ok(json!({}))
        })
        .build()
        .await
        .unwrap();
    let parameters = json!({"Input": {"token.$": "$$.Task.Token"}});
    let (outcome, _) = run_with(&engine, &machine_of(&task("Answer")), &starts(".waitForTaskToken", parameters)).await;
    assert_eq!(outcome, Outcome::Succeeded("answered".into()));
}

#[tokio::test(start_paused = true)]
async fn a_handler_goes_before_the_engine() {
    let engine = virtual_engine().handler("arn:aws:states:::states:startExecution", echo).build().await.unwrap();
    let (outcome, _) = run_with(&engine, &wait(1), &starts("", json!({"Name": "c"}))).await;
    assert_eq!(outcome, Outcome::Succeeded(json!({"StateMachineArn": CHILD, "Name": "c"}).into()));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_takes_no_place_of_a_handler() {
    let engine = virtual_engine().handler_limit(NonZero::<u32>::MIN).handler("Echo", echo).build().await.unwrap();
    engine.create_state_machine("child", &machine_of(&task("Echo")).to_string()).await.unwrap();
    let each = json!({
        "Type": "Map", "ItemsPath": "$.items", "End": true,
        "ItemProcessor": {"StartAt": "One", "States": {"One": starts(".sync:2", json!({"Input.$": "$"}))}},
    });
    let machine = engine.create_state_machine("parent", &machine_of(&each).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({"items": [1, 2, 3]})).await.unwrap().execution_arn;
    let Outcome::Succeeded(output) = engine.wait(&arn).await.unwrap() else { panic!("must succeed") };
    let outputs: Vec<_> = (0..3).map(|at| output.at(at).unwrap().get("Output").unwrap().clone()).collect();
    assert_eq!(outputs, [1.into(), 2.into(), 3.into()]);
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_nobody_waits_for_is_stopped() {
    let engine = virtual_engine().build().await.unwrap();
    let parent = with(starts(".sync", json!({"Name": "c"})), json!({"TimeoutSeconds": 5}));
    let (outcome, _) = run_with(&engine, &wait(3_600), &parent).await;
    assert_eq!(outcome.failure().unwrap().error(), Some("States.Timeout"));
    let child = "arn:aws:states:us-east-1:000000000000:execution:child:c";
    engine.wait(child).await.unwrap();
    let description = engine.describe_execution(child).await.unwrap();
    assert_eq!(description.status, ExecutionStatus::Aborted);
    assert_eq!(description.stop_date, Some(Timestamp::from_millis(5_000)));
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_was_only_started_goes_on_without_its_parent() {
    let engine = virtual_engine().build().await.unwrap();
    run_with(&engine, &wait(3_600), &starts("", json!({"Name": "c"}))).await;
    let child = "arn:aws:states:us-east-1:000000000000:execution:child:c";
    assert_eq!(engine.wait(child).await.unwrap().status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn why_a_parent_waits_is_told() {
    let engine = virtual_engine().build().await.unwrap();
    engine.create_state_machine("child", &wait(60).to_string()).await.unwrap();
    let machine = machine_of(&starts(".sync", json!({}))).to_string();
    let machine = engine.create_state_machine("parent", &machine).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let why = engine.why_waiting(&arn).await.unwrap().to_string();
    assert!(
        why.contains("waits for the end of the execution of `arn:aws:states:::states:startExecution.sync`"),
        "{why}"
    );
}

fn crashing(clock: &TokioClock) -> EngineBuilder {
    Engine::builder().clock(clock.clone()).seed(7).workers(NonZero::<usize>::MIN).snapshot_every(NonZero::<u64>::MIN)
}

/// One child that is awaited under a name of its own, one under none, and one that is only started.
fn family() -> Value {
    let step = |state: Value, next: &str| {
        let mut state = state;
        state.as_object_mut().unwrap().remove("End");
        with(state, json!({"Next": next, "ResultPath": null}))
    };
    json!({"StartAt": "Named", "States": {
        "Named": step(starts(".sync", json!({"Name": "named"})), "Only"),
        "Only": step(starts("", json!({"Name": "only"})), "Pause"),
        "Pause": {"Type": "Wait", "Seconds": 9, "Next": "Unnamed"},
        "Unnamed": starts(".sync:2", json!({"Input": {"deep": true}})),
    }})
}

/// The outcome of the parent, its history and those of all executions, with a crash at `death` if there is one.
async fn run_family(death: Option<Death>) -> (Outcome, Vec<(Arc<str>, Vec<HistoryEvent>)>, usize) {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let store = Troubled { death, ..Troubled::default() };
    let mut engine = crashing(&clock).store(store.clone()).build().await.unwrap();
    engine.create_state_machine("child", &wait(5).to_string()).await.unwrap();
    let machine = engine.create_state_machine("parent", &family().to_string()).await.unwrap();
    let arn = "arn:aws:states:us-east-1:000000000000:execution:parent:p";
    let ended = tokio::select! {
        biased;
        () = store.died.notified() => None,
        outcome = async {
            engine.start_execution(&machine, Some("p"), json!({})).await.unwrap();
            engine.wait(arn).await
        } => Some(outcome.unwrap()),
    };
    let outcome = if let Some(outcome) = ended {
        outcome
    } else {
        drop(engine);
        engine = crashing(&clock).store(store.journals.clone()).exclusive().build().await.unwrap();
        engine.start_execution(&machine, Some("p"), json!({})).await.ok();
        engine.wait(arn).await.unwrap()
    };
    let mut histories = Vec::new();
    for record in store.journals.list(&ExecutionQuery::default()).await.unwrap() {
        engine.wait(&record.execution_arn).await.unwrap();
        let history = engine.get_execution_history(&record.execution_arn).await.unwrap();
        histories.push((record.execution_arn, history));
    }
    (outcome, histories, store.appends.load(Ordering::SeqCst))
}

#[tokio::test(start_paused = true)]
async fn a_crash_of_parent_and_children_leaves_no_trace() {
    let (outcome, histories, appends) = run_family(None).await;
    assert_eq!(outcome.status(), "SUCCEEDED");
    assert_eq!(histories.len(), 4);
    assert!(appends > 10, "{appends}");
    for last in 0..appends {
        for death in [Death::Before(last), Death::After(last)] {
            let recovered = run_family(Some(death)).await;
            assert_eq!(recovered.0, outcome, "{death:?}");
            for (known, again) in histories.iter().zip(&recovered.1) {
                let shown = asl_core::history::render(&again.1);
                assert!(known == again, "{death:?}\n{}\n{shown}", again.0);
            }
            assert_eq!(recovered.1.len(), histories.len(), "{death:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_children_of_a_parent_that_was_stopped_are_stopped() {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let names = ["parent:p", "child:c"].map(|name| format!("arn:aws:states:us-east-1:000000000000:execution:{name}"));
    let start = async |store: &Troubled| {
        let engine = crashing(&clock).store(store.clone()).build().await.unwrap();
        engine.create_state_machine("child", &wait(3_600).to_string()).await.unwrap();
        let machine = machine_of(&starts(".sync", json!({"Name": "c"}))).to_string();
        let machine = engine.create_state_machine("parent", &machine).await.unwrap();
        engine.start_execution(&machine, Some("p"), json!({})).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        engine
    };
    let store = Troubled::default();
    drop(start(&store).await);
    let death = Some(Death::After(store.appends.load(Ordering::SeqCst)));
    let store = Troubled { death, ..Troubled::default() };
    let engine = start(&store).await;
    tokio::select! {
        () = store.died.notified() => {}
        () = async {
            let _ = engine.stop_execution(&names[0], Failure::named("Enough")).await;
            std::future::pending::<()>().await;
        } => {}
    }
    drop(engine);
    let ended = |name: &str| {
        let (store, name) = (store.journals.clone(), name.to_owned());
        async move { store.find(&name).await.unwrap().unwrap().standing.end().is_some() }
    };
    assert_eq!((ended(&names[0]).await, ended(&names[1]).await), (true, false));
    let engine = crashing(&clock).store(store.journals.clone()).exclusive().build().await.unwrap();
    assert_eq!(engine.wait(&names[1]).await.unwrap().status(), "ABORTED");
    assert!(clock.now() < Timestamp::from_millis(60_000), "{}", clock.now());
}

#[tokio::test(start_paused = true)]
async fn a_child_that_ended_on_another_engine_is_found() {
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let store = MemoryStore::new();
    let other = crashing(&clock).store(store.clone()).build().await.unwrap();
    other.create_state_machine("child", &wait(20).to_string()).await.unwrap();
    other.start_execution(CHILD, Some("c"), json!({})).await.unwrap();
    let engine = crashing(&clock).store(store).build().await.unwrap();
    let (outcome, _) = run_with(&engine, &wait(20), &starts(".sync", json!({"Name": "c"}))).await;
    assert_eq!(outcome.status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn parents_that_wait_for_their_children_are_not_kept_in_memory() {
    let store = Troubled::default();
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let engine = crashing(&clock).store(store.clone()).build().await.unwrap();
    engine.create_state_machine("child", &wait(60).to_string()).await.unwrap();
    let parent = machine_of(&starts(".sync", json!({"Name.$": "$$.Execution.Name"}))).to_string();
    let machine = engine.create_state_machine("parent", &parent).await.unwrap();
    let mut arns = Vec::new();
    for number in 0..300 {
        arns.push(engine.start_execution(&machine, Some(&number.to_string()), json!({})).await.unwrap().execution_arn);
    }
    clock.sleep(Duration::from_secs(50)).await;
    // Whether they wait for their children is known without them.
    assert_eq!(store.loads.load(Ordering::SeqCst), 0);
    for arn in &arns {
        assert_eq!(engine.wait(arn).await.unwrap().status(), "SUCCEEDED");
    }
    assert_eq!(clock.now(), Timestamp::from_millis(60_000));
    // Of 300 parents and as many children at most 256 stayed in memory; the others came back when they were told something.
    assert!(store.loads.load(Ordering::SeqCst) >= 600 - 256, "{:?}", store.loads);
}
