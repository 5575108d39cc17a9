//! Simulations: virtual time, order, tokens, stops, and what cannot end.

mod nested;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::execution::{ItemReader, Limits};
use asl_core::map_run::Item;
use asl_core::{Failure, Timestamp};
use asl_runtime::{Interleaving, OrFail as _, Registry, Reply, Simulation, TaskRequest, scripted};
use serde_json::{Value, json};

use crate::{function_arn, machine_of, program, task, with};

#[test]
fn a_year_of_waiting_passes_at_once() {
    let wait = program(&machine_of(&json!({"Type": "Wait", "Seconds": 31_535_999, "End": true})));
    let run = Simulation::new().run(&wait, json!({"x": 1})).unwrap();
    assert_eq!(run.output().unwrap().to_string(), r#"{"x":1}"#);
    assert_eq!(run.elapsed(), Duration::from_secs(31_535_999));
}

#[test]
fn ten_thousand_waits_take_no_time() {
    let map = program(&machine_of(&json!({
        "Type": "Map", "End": true, "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": true}}},
    })));
    let items: Vec<u32> = (0..10_000).collect();
    let mut limits = Limits::default();
    limits.history_events = 1_000_000;
    let run = Simulation::new().limits(limits).run(&map, json!(items)).unwrap();
    assert_eq!(run.outcome.status(), "SUCCEEDED");
    assert_eq!(run.elapsed(), Duration::from_mins(10_000));
}

#[test]
fn handlers_sleep_on_the_virtual_clock() {
    let simulation = |seconds: u64| {
        Simulation::new().handler("Slow", move |request: TaskRequest| async move {
            request.clock().sleep(Duration::from_secs(seconds)).await;
            Ok(json!(seconds))
        })
    };
    let slow = program(&machine_of(&with(task("Slow"), json!({"TimeoutSeconds": 10}))));
    let run = simulation(9).run(&slow, json!({})).unwrap();
    assert_eq!((run.outcome.status(), run.elapsed()), ("SUCCEEDED", Duration::from_secs(9)));
    let run = simulation(11).run(&slow, json!({})).unwrap();
    assert_eq!(run.failure().unwrap().error(), Some("States.Timeout"));
    assert_eq!(run.elapsed(), Duration::from_secs(10));
}

#[test]
fn retries_back_off_in_virtual_time() {
    let charge = program(&machine_of(&with(
        task("Charge"),
        json!({"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 10, "BackoffRate": 2.0, "MaxAttempts": 3}]}),
    )));
    let replies = scripted([
        Reply::failure("Busy", "later"),
        Reply::failure("Busy", "later"),
        Reply::success(json!("done")).after(Duration::from_secs(5)),
    ]);
    let run = Simulation::new().handler("Charge", replies.clone()).run(&charge, json!({"order": 7})).unwrap();
    assert_eq!(run.output().unwrap().as_str(), Some("done"));
    assert_eq!(run.elapsed(), Duration::from_secs(10 + 20 + 5));
    assert_eq!(replies.parameters_seen(), vec![json!({"order": 7}).into(); 3]);
    assert_eq!(replies.remaining(), 0);
}

#[test]
fn a_script_that_ends_too_early_says_so() {
    let run = Simulation::new()
        .handler("Charge", scripted(Vec::<Reply>::new()))
        .run(&program(&machine_of(&task("Charge"))), json!({}))
        .unwrap();
    assert_eq!(run.failure().unwrap().to_string(), "ScriptExhausted: call 1, by state `A`, has no reply in the script");
}

#[test]
fn a_heartbeat_keeps_a_task_alive_and_its_absence_fails_it() {
    let machine = program(&machine_of(&with(task("Job"), json!({"TimeoutSeconds": 100, "HeartbeatSeconds": 5}))));
    let beating = |beats: u32| {
        move |request: TaskRequest| async move {
            for _ in 0..beats {
                request.clock().sleep(Duration::from_secs(4)).await;
                request.heartbeat().await?;
            }
            request.clock().sleep(Duration::from_secs(6)).await;
            Ok(json!(null))
        }
    };
    let run = Simulation::new().handler("Job", beating(3)).run(&machine, json!({})).unwrap();
    assert_eq!(run.failure().unwrap().error(), Some("States.Timeout"));
    assert_eq!(run.elapsed(), Duration::from_secs(3 * 4 + 5));
}

#[test]
fn a_panic_fails_the_task_with_its_message() {
    let caught = program(&json!({"StartAt": "A", "States": {
        "A": {
            "Type": "Task", "Resource": function_arn("Broken"), "End": true,
            "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}],
        },
        "Caught": {"Type": "Pass", "End": true},
    }}));
    let run = Simulation::new()
        .handler("Broken", |_: TaskRequest| async { if true { panic!("out of {}", "cheese") } else { Ok(()) } })
        .run(&caught, json!({}))
        .unwrap();
    assert_eq!(run.output().unwrap().to_string(), r#"{"Error":"HandlerPanicked","Cause":"out of cheese"}"#);
}

fn waiting_for_a_token() -> Value {
    machine_of(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}},
    }))
}

#[test]
fn a_token_is_answered_from_a_handler() {
    let run = Simulation::new()
        .handler("arn:aws:states:::sqs:*", |request: TaskRequest| async move {
            request.submitted(json!({"MessageId": "m"})).await?;
            request.clock().sleep(Duration::from_hours(1)).await;
            let token = request.task_token().unwrap_or_default();
            request.callbacks().send_task_heartbeat(token).await?;
            request.callbacks().send_task_success(token, json!({"approved": true})).await?;
            let late = request.callbacks().send_task_success(token, json!(1)).await.unwrap_err();
            assert_eq!(late.api_name(), Some("TaskTimedOut"));
            let wrong = request.callbacks().send_task_success("nonsense", json!(1)).await.unwrap_err();
            assert_eq!(wrong.api_name(), Some("InvalidToken"));
            Ok(json!(null))
        })
        .run(&program(&waiting_for_a_token()), json!({}))
        .unwrap();
    assert_eq!(run.output().unwrap().to_string(), r#"{"approved":true}"#);
    assert_eq!(run.elapsed(), Duration::from_hours(1));
    insta::assert_snapshot!(run.render());
}

#[test]
fn what_a_handler_of_a_token_task_returns_is_its_submission() {
    let tokens: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&tokens);
    let run = Simulation::new()
        .handler("*.waitForTaskToken", move |request: TaskRequest| {
            seen.lock().unwrap().extend(request.task_token().map(str::to_owned));
            async move { Ok(json!({"MessageId": "m"})) }
        })
        .run(&program(&waiting_for_a_token()), json!({}))
        .unwrap();
    assert!(run.render().contains("TaskSubmitted"), "{}", run.render());
    assert_eq!(tokens.lock().unwrap().len(), 1);
}

#[test]
fn a_task_that_is_never_answered_times_out_or_else_the_execution_does_after_a_year() {
    let check = |state: Value, status: &str, elapsed: Duration| {
        let run = Simulation::new()
            .handler("Forgetful", |_: TaskRequest| std::future::pending::<Result<Value, Failure>>())
            .run(&program(&machine_of(&state)), json!({}))
            .unwrap();
        assert_eq!((run.outcome.status(), run.elapsed()), (status, elapsed), "{state}");
    };
    check(task("Forgetful"), "TIMED_OUT", Duration::from_hours(365 * 24));
    let mut bounded = task("Forgetful");
    bounded["TimeoutSeconds"] = json!(60);
    check(bounded, "FAILED", Duration::from_mins(1));
}

#[test]
fn a_stop_aborts_at_its_time() {
    let wait = program(&machine_of(&json!({"Type": "Wait", "Seconds": 100, "End": true})));
    let run = Simulation::new()
        .start_at(Timestamp::from_millis(1_000))
        .stop_at(Timestamp::from_millis(31_000), Failure::new("Cancelled", "by hand"))
        .run(&wait, json!({}))
        .unwrap();
    assert_eq!((run.outcome.status(), run.elapsed()), ("ABORTED", Duration::from_secs(30)));
    assert_eq!(run.failure().unwrap().to_string(), "Cancelled: by hand");
}

fn racing_branches() -> Value {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task("Work")}});
    let branches: Vec<_> = (0..8).map(|number| branch(&format!("B{number}"))).collect();
    machine_of(&json!({"Type": "Parallel", "Branches": branches, "End": true}))
}

fn history_of_a_race(seed: u64, interleaving: Interleaving) -> String {
    Simulation::new()
        .seed(seed)
        .interleaving(interleaving)
        .handler("Work", |request: TaskRequest| async move { Ok(json!(request.state_name())) })
        .run(&program(&racing_branches()), json!({}))
        .unwrap()
        .render()
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for seed in 0..20 {
        let history = history_of_a_race(seed, Interleaving::Shuffled);
        assert_eq!(history, history_of_a_race(seed, Interleaving::Shuffled));
    }
}

#[test]
fn shuffling_changes_the_order_and_nothing_else() {
    let in_order = history_of_a_race(1, Interleaving::InOrder);
    let shuffled: Vec<_> = (0..5).map(|seed| history_of_a_race(seed, Interleaving::Shuffled)).collect();
    assert!(shuffled.iter().any(|history| *history != in_order));
    for history in shuffled {
        assert_eq!(history.lines().last(), in_order.lines().last());
    }
    let finished: Vec<_> = in_order.lines().filter(|line| line.contains("LambdaFunctionSucceeded")).collect();
    assert!(finished.iter().zip(0..8).all(|(line, number)| line.contains(&format!("B{number}"))), "{finished:?}");
}

#[test]
fn an_observer_sees_every_event_as_it_happens() {
    let seen: Arc<Mutex<Vec<u64>>> = Arc::default();
    let run = {
        let seen = Arc::clone(&seen);
        Simulation::new()
            .observe(move |event| seen.lock().unwrap().push(event.id.get()))
            .handler("Work", |_: TaskRequest| async { Ok(json!(1)) })
            .run(&program(&racing_branches()), json!({}))
            .unwrap()
    };
    assert_eq!(*seen.lock().unwrap(), run.history.iter().map(|event| event.id.get()).collect::<Vec<_>>());
}

#[test]
fn a_task_without_a_handler_is_reported_before_anything_runs() {
    let machine = program(&json!({"StartAt": "Charge", "States": {
        "Charge": {"Type": "Task", "Resource": function_arn("Charge"), "Next": "Ship"},
        "Ship": {"Type": "Task", "Resource": function_arn("Ship"), "Next": "Tell"},
        "Tell": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true},
    }}));
    let error = Simulation::new().handler("Ship", scripted(Vec::<Reply>::new())).run(&machine, json!({})).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    no handler is registered for:
      state `Charge`, which calls `arn:aws:lambda:us-east-1:000000000000:function:Charge`
      state `Tell`, which calls `arn:aws:states:::sns:publish`
    help: register one with `.handler("Charge", …)`; there are handlers for `Ship`
    "#);
}

#[test]
fn an_execution_whose_task_nobody_answers_runs_into_its_timeout() {
    let machine = program(&machine_of(&with(task("Silent"), json!({"TimeoutSeconds": 30}))));
    let run = Simulation::new().handler("Silent", scripted([Reply::pending()])).run(&machine, json!({})).unwrap();
    assert_eq!(run.failure().unwrap().error(), Some("States.Timeout"));
    assert_eq!(run.elapsed(), Duration::from_secs(30));
}

fn invoking(function: &str) -> Value {
    machine_of(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
    }))
}

#[test]
fn lambda_invoke_calls_a_function_by_name_or_arn_with_its_payload() {
    for function in ["Charge", "Charge:live", &function_arn("Charge"), &format!("{}:$LATEST", function_arn("Charge"))] {
        let run = Simulation::new()
            .handler("Charge", |request: TaskRequest| async move { Ok(request.parameters().clone()) })
            .run(&program(&invoking(function)), json!({"amount": 5}))
            .unwrap();
        let output = run.output().unwrap().to_string();
        assert_eq!(output, r#"{"ExecutedVersion":"$LATEST","Payload":{"amount":5},"StatusCode":200}"#, "{function}");
    }
}

#[test]
fn lambda_invoke_of_an_unknown_function_fails_the_task() {
    let run = Simulation::new()
        .handler("Charge", scripted(Vec::<Reply>::new()))
        .run(&program(&invoking("Refund")), json!({}))
        .unwrap();
    let failure = run.failure().unwrap().to_string();
    assert_eq!(failure, "Lambda.ResourceNotFoundException: no handler is registered for function `Refund`");
}

#[test]
fn the_most_precise_handler_runs() {
    let answering = |answer: &'static str| move |_: TaskRequest| async move { Ok(answer) };
    let machine = program(&machine_of(&task("Charge")));
    let keys = ["*", "arn:aws:lambda:*", "Charge", &function_arn("Charge")];
    let mut registry = Registry::new();
    for (key, answer) in keys.into_iter().zip(["any", "pattern", "name", "arn"]) {
        registry = registry.handler(key, answering(answer));
        let run = Simulation::new().registry(registry.clone()).run(&machine, json!({})).unwrap();
        assert_eq!(run.output().unwrap().as_str(), Some(answer));
    }
}

#[test]
fn an_activity_with_a_handler_is_taken_up_by_it() {
    let arn = "arn:aws:states:us-east-1:000000000000:activity:approve";
    let machine = program(&machine_of(&json!({"Type": "Task", "Resource": arn, "End": true})));
    let run = Simulation::new().handler(arn, |_: TaskRequest| async { Ok("yes") }).run(&machine, json!({})).unwrap();
    assert_eq!(run.output().unwrap().as_str(), Some("yes"));
    assert!(run.render().contains("ActivityStarted"), "{}", run.render());
}

#[test]
fn errors_become_failures_with_a_name_of_ones_own() {
    let parse = |request: TaskRequest| async move {
        request.parameters().as_str().unwrap_or_default().parse::<u32>().or_fail("NotANumber")
    };
    let run = Simulation::new().handler("Parse", parse).run(&program(&machine_of(&task("Parse"))), json!("x")).unwrap();
    assert_eq!(run.failure().unwrap().to_string(), "NotANumber: invalid digit found in string");
}

#[tokio::test]
async fn a_simulation_runs_inside_a_runtime_too() {
    assert!(history_of_a_race(1, Interleaving::InOrder).contains("ExecutionSucceeded"));
}

/// A machine of one Distributed Map over its input, whose children run `state`.
fn distributed(state: &Value, more: Value) -> asl_core::Program {
    let processor = json!({
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Inner", "States": {"Inner": state},
    });
    let map = json!({"Type": "Map", "Label": "each", "ItemProcessor": processor, "End": true});
    program(&machine_of(&with(map, more)))
}

#[test]
fn the_children_of_a_distributed_map_run_by_the_handlers_and_clock_of_the_simulation() {
    let work = |request: TaskRequest| async move {
        assert!(request.execution_arn().contains(":execution:StateMachine/each:"), "{}", request.execution_arn());
        request.clock().sleep(Duration::from_mins(1)).await;
        Ok(request.parameters().as_i64().unwrap_or_default() * 10)
    };
    let map = distributed(&task("Work"), json!({"MaxConcurrency": 2}));
    let run = Simulation::new().handler("Work", work).run(&map, json!([1, 2, 3])).unwrap();
    assert_eq!(run.output().unwrap().to_string(), "[10,20,30]");
    assert_eq!(run.elapsed(), Duration::from_mins(2));
    insta::assert_snapshot!(run.render(), @r"
    1 ← 0    +0s        ExecutionStarted         input=[1,2,3]
    2 ← 0    +0s        MapStateEntered          A input=[1,2,3]
    3 ← 2    +0s        MapStateStarted          length=3
    4 ← 3    +0s        MapRunStarted            mapRunArn=arn:aws:states:us-east-1:000000000000:mapRun:StateMachine/each:353d4722-c52a-45cb-b47e-4ce287e731f2
    5 ← 4    +2m0s      MapRunSucceeded
    6 ← 5    +2m0s      MapStateSucceeded
    7 ← 4    +2m0s      MapStateExited           A output=[10,20,30]
    8 ← 7    +2m0s      ExecutionSucceeded       output=[10,20,30]
    ");
}

#[test]
fn distributed_maps_nest() {
    let inner = json!({"Type": "Map", "End": true, "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "Innermost", "States": {"Innermost": {"Type": "Wait", "Seconds": 5, "End": true}},
    }});
    let run = Simulation::new().run(&distributed(&inner, json!({})), json!([[1, 2], [], [3]])).unwrap();
    assert_eq!(run.output().unwrap().to_string(), "[[1,2],[],[3]]");
    assert_eq!(run.elapsed(), Duration::from_secs(5));
}

#[test]
fn a_token_of_a_child_is_answered_like_any_other() {
    let wait = json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}});
    let answer = |request: TaskRequest| async move {
        let token = request.task_token().unwrap().to_owned();
        request.submitted(json!({})).await?;
        request.callbacks().send_task_success(&token, "answered").await?;
        Ok(())
    };
    let map = distributed(&wait, json!({}));
    let run = Simulation::new().handler("arn:aws:states:::sqs:*", answer).run(&map, json!([1, 2])).unwrap();
    assert_eq!(run.output().unwrap().to_string(), r#"["answered","answered"]"#);
}

#[test]
fn children_that_run_are_stopped_when_their_map_run_fails() {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&ended);
    let work = move |request: TaskRequest| {
        let record = Arc::clone(&record);
        async move {
            let seconds = request.parameters().as_i64().unwrap().unsigned_abs();
            request.clock().sleep(Duration::from_secs(seconds)).await;
            record.lock().unwrap().push(seconds);
            if seconds == 2 { Err(Failure::new("Bad", "two")) } else { Ok(seconds) }
        }
    };
    let map = distributed(&task("Work"), json!({}));
    let run = Simulation::new().handler("Work", work).run(&map, json!([1, 2, 3])).unwrap();
    let failure = run.failure().unwrap().to_string();
    assert_eq!(
        failure,
        "States.ExceedToleratedFailureThreshold: The specified tolerated failure threshold was exceeded"
    );
    assert_eq!((run.elapsed(), ended.lock().unwrap().clone()), (Duration::from_secs(2), vec![1, 2]));
}

#[test]
fn items_are_read_by_whom_the_simulation_is_given() {
    let reader = json!({"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key.$": "$.key"},
                        "ReaderConfig": {"InputType": "JSON", "MaxItems": 250}});
    let map = distributed(&json!({"Type": "Pass", "End": true}), json!({"ItemReader": reader}));
    let error = Simulation::new().run(&map, json!({"key": "k"})).unwrap_err().to_string();
    let expected =
        "the state `A` reads its items by `arn:aws:states:::s3:getObject`, which nothing in the simulation does";
    assert!(error.starts_with(expected), "{error}");

    let read = |reader: ItemReader| async move {
        match reader.arguments.get("Key").and_then(asl_core::Value::as_str) {
            Some("k") => Ok((0..300).map(|number| Item::from(asl_core::Value::from(number))).collect()),
            _ => Err(Failure::new("States.ItemReaderFailed", "no such object")),
        }
    };
    let run = Simulation::new().items(read).run(&map, json!({"key": "k"})).unwrap();
    assert_eq!(run.output().and_then(asl_core::Value::as_array).map(|items| items.len()), Some(250));
    let run = Simulation::new().items(read).run(&map, json!({"key": "x"})).unwrap();
    assert_eq!(run.failure().unwrap().to_string(), "States.ItemReaderFailed: no such object");
    assert!(run.render().contains("MapRunFailed"));
}
