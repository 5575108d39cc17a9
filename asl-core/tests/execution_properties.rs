//! What holds for every machine and every course of events.

use std::collections::BTreeMap;

use asl_core::execution::Execution;
use asl_core::history::EventId;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::world::{Reply, Script, aws_form, drain};

/// A chain of states that ends; `depth` bounds how Parallel and Map nest. Names are made unique afterwards.
fn chain(depth: u32) -> BoxedStrategy<Vec<Json>> {
    prop::collection::vec(state(depth), 1..4).boxed()
}

fn state(depth: u32) -> BoxedStrategy<Json> {
    let simple = prop_oneof![
        Just(json!({ "Type": "Pass", "Parameters": { "in.$": "$", "id.$": "States.UUID()" } })),
        Just(json!({ "Type": "Pass", "Result": [1, 2, 3] })),
        Just(json!({ "Type": "Pass", "Assign": { "seen.$": "$" } })),
        (0..5_u32).prop_map(|seconds| json!({ "Type": "Wait", "Seconds": seconds })),
        task(),
        task(),
    ];
    if depth == 0 {
        return simple.boxed();
    }
    let caught = json!([{ "ErrorEquals": ["States.ALL"], "Next": "CAUGHT" }]);
    let parallel = prop::collection::vec(chain(depth - 1), 1..4);
    let map = (chain(depth - 1), 0..3_u32, 0..3_u32);
    prop_oneof![
        3 => simple,
        1 => (parallel, Just(caught.clone())).prop_map(
            |(branches, catch)| json!({ "Type": "Parallel", "Branches": branches, "Catch": catch, "Retry": retry() })
        ),
        1 => (map, Just(caught)).prop_map(|((states, concurrency, tolerated), catch)| json!({
            "Type": "Map", "ItemsPath": "$$.Execution.Input.items", "ItemProcessor": states, "Catch": catch,
            "MaxConcurrency": concurrency, "ToleratedFailureCount": tolerated
        })),
    ]
    .boxed()
}

fn task() -> impl Strategy<Value = Json> {
    let resources = prop::sample::select(vec![
        "arn:aws:lambda:us-east-1:123456789012:function:Work",
        "arn:aws:states:::lambda:invoke",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    ]);
    let catch = prop::bool::ANY.prop_map(|caught| {
        if caught {
            json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "CAUGHT" }])
        } else {
            json!([])
        }
    });
    (resources, catch, 1..4_u32).prop_map(|(resource, catch, timeout)| {
        json!({ "Type": "Task", "Resource": resource, "Catch": catch, "Retry": retry(),
                "Parameters": { "token.$": "$$.Execution.Name" }, "TimeoutSeconds": timeout })
    })
}

fn retry() -> Json {
    json!([{ "ErrorEquals": ["Flaky", "States.Timeout"], "MaxAttempts": 1, "JitterStrategy": "FULL" }])
}

/// Strings a chain's states together under unique names, with a state that catches at the end.
fn machine(states: &[Json], names: &mut u32) -> Json {
    let mut name = || {
        *names += 1;
        format!("S{names}")
    };
    let own: Vec<String> = states.iter().map(|_| name()).collect();
    let caught = name();
    let mut named = serde_json::Map::new();
    for (index, state) in states.iter().enumerate() {
        let mut state = state.clone();
        match own.get(index + 1) {
            Some(next) => state["Next"] = json!(next),
            None => state["End"] = json!(true),
        }
        for catcher in state.get_mut("Catch").and_then(Json::as_array_mut).into_iter().flatten() {
            catcher["Next"] = json!(caught);
        }
        if let Some(branches) = state.get_mut("Branches").and_then(Json::as_array_mut) {
            for branch in branches {
                *branch = machine(branch.as_array().unwrap(), names);
            }
        }
        if let Some(processor) = state.get_mut("ItemProcessor") {
            *processor = machine(processor.as_array().unwrap(), names);
        }
        if let Some(assign) = state.get_mut("Assign") {
            *assign = json!({ format!("v{}", own[index]): assign["seen.$"] });
        }
        named.insert(own[index].clone(), state);
    }
    if named.values().any(|state| state["Catch"].as_array().is_some_and(|catchers| !catchers.is_empty())) {
        named.insert(caught, json!({ "Type": "Pass", "End": true }));
    }
    json!({ "StartAt": own[0], "States": named })
}

fn reply() -> impl Strategy<Value = Reply> {
    let answer = prop_oneof![
        4 => Just(Reply::Succeed(json!({ "ok": true }))),
        1 => Just(Reply::Fail { error: "Flaky".into(), cause: "again".into() }),
        1 => Just(Reply::Fail { error: "Broken".into(), cause: "for good".into() }),
        1 => Just(Reply::Silence),
    ];
    (0..3_i64, answer).prop_map(|(seconds, then)| Reply::After { seconds, then: Box::new(then) })
}

/// A machine whose Tasks answer at random, from the same script every time.
fn script() -> impl Strategy<Value = Script> {
    (chain(2), prop::collection::vec(reply(), 64), prop::option::of(1..20_i64)).prop_map(|(states, replies, stop)| {
        let definition = machine(&states, &mut 0);
        let tasks = serde_json::to_string(&definition).unwrap().matches("TimeoutSeconds").count();
        let replies: BTreeMap<_, _> = (0..=400)
            .map(|number| format!("S{number}"))
            .enumerate()
            .map(|(index, name)| (name, replies.iter().cycle().skip(index * 7 + tasks).take(64).cloned().collect()))
            .collect();
        Script::new(definition, json!({ "items": [1, 2, 3] }), replies, stop)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn histories_are_chained_replayable_and_survive_a_restart_anywhere(script in script(), restart: prop::sample::Index) {
        let played = script.play();
        for (index, event) in played.history.iter().enumerate() {
            prop_assert_eq!(event.id.get(), index as u64 + 1);
            prop_assert!(event.previous_event_id < event.id);
        }
        prop_assert_eq!(played.history[0].previous_event_id, EventId::default());

        let restart = restart.index(played.inbound.len() + 1);
        let program = script.program();
        let mut execution = Execution::start(program.clone(), played.start.clone(), asl_core::Timestamp::UNIX_EPOCH);
        let mut history = Vec::new();
        drain(&mut execution, &mut history);
        for (index, (now, step)) in played.inbound.iter().enumerate() {
            if index == restart {
                let text = serde_json::to_string(&execution.snapshot().unwrap()).unwrap();
                execution = Execution::restore(program.clone(), serde_json::from_str(&text).unwrap()).unwrap();
            }
            step.apply(&mut execution, *now);
            drain(&mut execution, &mut history);
        }
        prop_assert_eq!(aws_form(&history), aws_form(&played.history));
        prop_assert!(execution.outcome().is_some());
    }
}
