//! Executions that Tasks of a simulation start: as in the engine, in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use asl_core::execution::Outcome;
use asl_core::history::render;
use asl_core::{Failure, Options, Timestamp};
use asl_runtime::clock::TokioClock;
use asl_runtime::{Engine, Run, Simulation, TaskRequest};
use serde_json::{Value, json};

use crate::{machine_of, program, task, with};

const CHILD: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:child";

/// A Task state that starts an execution.
fn starts(pattern: &str, parameters: Value) -> Value {
    json!({
        "Type": "Task", "Resource": format!("arn:aws:states:::states:startExecution{pattern}"),
        "Parameters": with(json!({"StateMachineArn": CHILD}), parameters), "End": true,
    })
}

fn wait(seconds: u64) -> Value {
    machine_of(&json!({"Type": "Wait", "Seconds": seconds, "End": true}))
}

async fn answer(request: TaskRequest) -> Result<Value, Failure> {
    let token = request.parameters_json()["token"].as_str().unwrap().to_owned();
    request.clock().sleep(Duration::from_secs(3)).await;
    request.callbacks().send_task_success(&token, "answered").await.unwrap();
    Ok(json!("child"))
}

fn simulate(child: &Value, parent: &Value) -> Run {
    let simulation = Simulation::new().state_machine("child", program(child)).handler("Answer", answer);
    { simulation }.run(&program(parent), json!({"n": 1})).unwrap()
}

/// How an execution went and ended, but for what is drawn at random.
fn told(history: &str, outcome: &Outcome) -> String {
    let said = outcome.output().map_or_else(|| outcome.failure().unwrap().to_string(), ToString::to_string);
    let text = format!("{history}\n{said}");
    text.lines().map(|line| line.split("Request ID").next().unwrap_or_default().to_owned() + "\n").collect()
}

#[tokio::test(start_paused = true)]
async fn a_simulation_starts_executions_as_the_engine_does() {
    let fails = machine_of(&json!({"Type": "Fail", "Error": "Broken", "Cause": "out of cheese"}));
    let named = json!({"Name": "c", "Input": {"n.$": "$.n"}});
    let token = json!({"Name": "c", "Input": {"token.$": "$$.Task.Token"}});
    let pass = machine_of(&json!({"Type": "Pass", "End": true}));
    for (child, parent) in [
        (wait(5), starts("", named.clone())),
        (wait(5), starts(".sync", named.clone())),
        (wait(5), starts(".sync:2", named.clone())),
        (pass, starts(".sync:2", named.clone())),
        (fails, starts(".sync:2", named.clone())),
        (machine_of(&task("Answer")), starts(".waitForTaskToken", token)),
        (wait(5), with(starts(".sync", named.clone()), json!({"TimeoutSeconds": 2}))),
        (wait(5), starts(".sync", json!({"StateMachineArn": format!("{CHILD}less")}))),
        (wait(5), starts(".sync", json!({"StateMachineArn": "child"}))),
        (wait(5), starts(".sync", json!({"StateMachineArn": null}))),
        (wait(5), starts(".sync", json!({"Name": "a b"}))),
        (wait(5), starts(".sync", json!({"Input": "no json"}))),
    ] {
        let parent = machine_of(&parent);
        let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
        let engine = Engine::builder().clock(clock).seed(7).handler("Answer", answer).build().await.unwrap();
        engine.create_state_machine("child", &child.to_string()).await.unwrap();
        let machine = engine.create_state_machine("parent", &parent.to_string()).await.unwrap();
        let arn = engine.start_execution(&machine, Some("p"), json!({"n": 1})).await.unwrap().execution_arn;
        let outcome = engine.wait(&arn).await.unwrap();
        let history = render(&engine.get_execution_history(&arn).await.unwrap());
        let run = simulate(&child, &parent);
        assert_eq!(told(&run.render(), &run.outcome), told(&history, &outcome), "{parent}");
    }
}

#[test]
fn a_name_is_used_once_and_a_running_execution_is_found() {
    let again = |pause: u64| {
        json!({"StartAt": "A", "States": {
            "A": with(starts("", json!({"Name": "c"})), json!({"End": null, "Next": "W"})),
            "W": {"Type": "Wait", "Seconds": pause, "Next": "B"},
            "B": starts(".sync:2", json!({"Name": "c"})),
        }})
    };
    let without_end = |mut machine: Value| {
        machine["States"]["A"].as_object_mut().unwrap().remove("End");
        machine
    };
    let run = simulate(&wait(5), &without_end(again(3)));
    assert_eq!((run.outcome.status(), run.elapsed()), ("SUCCEEDED", Duration::from_secs(5)));
    let run = simulate(&wait(5), &without_end(again(6)));
    assert_eq!(run.failure().unwrap().error(), Some("StepFunctions.ExecutionAlreadyExistsException"));
}

/// Nobody waits for the execution any more: its Task is given up.
#[test]
fn an_execution_that_nobody_waits_for_is_stopped() {
    let finished = Arc::new(AtomicBool::new(false));
    let finishes = Arc::clone(&finished);
    let slow = move |request: TaskRequest| {
        let finishes = Arc::clone(&finishes);
        async move {
            request.clock().sleep(Duration::from_mins(1)).await;
            finishes.store(true, Ordering::Relaxed);
            Ok(json!("late"))
        }
    };
    let parent = json!({"StartAt": "A", "States": {
        "A": with(starts(".sync", json!({})), json!({
            "TimeoutSeconds": 2, "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "W"}],
        })),
        "W": {"Type": "Wait", "Seconds": 100, "End": true},
    }});
    let simulation = Simulation::new().state_machine(CHILD, program(&machine_of(&task("Slow")))).handler("Slow", slow);
    let run = { simulation }.run(&program(&parent), json!({})).unwrap();
    assert_eq!((run.outcome.status(), run.elapsed()), ("SUCCEEDED", Duration::from_secs(102)));
    assert!(!finished.load(Ordering::Relaxed));
}

#[test]
fn an_express_machine_is_only_started() {
    let options = Options::new().machine_type(asl_core::MachineType::Express);
    let express = asl_core::compile_with(&wait(1).to_string(), options).program.unwrap();
    for (pattern, error) in [("", None), (".sync", Some("StepFunctions.StateMachineTypeNotSupportedException"))] {
        let parent = program(&machine_of(&starts(pattern, json!({"Name": "c"}))));
        let run = Simulation::new().state_machine("child", express.clone()).run(&parent, json!({})).unwrap();
        assert_eq!(run.failure().and_then(Failure::error), error);
    }
}

#[test]
fn a_machine_that_starts_itself_for_ever_ends() {
    let itself = program(&machine_of(&starts("", json!({}))));
    let run = Simulation::new().state_machine("child", itself);
    let mut parent = json!({"StartAt": "A", "States": {
        "A": starts("", json!({})),
        "W": {"Type": "Wait", "Seconds": 1, "End": true},
    }});
    parent["States"]["A"].as_object_mut().unwrap().remove("End");
    parent["States"]["A"]["Next"] = "W".into();
    let run = { run }.run(&program(&parent), json!({})).unwrap();
    assert_eq!((run.outcome.status(), run.elapsed()), ("SUCCEEDED", Duration::from_secs(1)));
}

#[test]
fn machines_that_are_started_need_handlers_too() {
    let child = program(&machine_of(&task("Nobody")));
    let parent = program(&machine_of(&starts("", json!({}))));
    assert!(Simulation::new().state_machine("child", child).run(&parent, json!({})).is_err());
}
