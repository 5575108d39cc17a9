//! W10: a definition of many states of every kind, to be understood and not to be executed.

use serde_json::{Map, Value as Json, json};

use super::{FUNCTIONS, Generated};

/// A definition of `count` states, at least one.
pub fn definition(count: u32) -> Generated {
    let name = |number: u32| format!("State{number:03}");
    let last = name(count - 1);
    let state = |number: u32| {
        if number + 1 == count { json!({"Type": "Succeed"}) } else { state(number, &name(number + 1), &last) }
    };
    let states: Map<_, _> = (0..count).map(|number| (name(number), state(number))).collect();
    Generated {
        name: "w10_parse",
        definition: json!({"StartAt": name(0), "States": states}),
        input: json!({}),
        expected: Json::Null,
        transitions: 0,
        functions: Map::new(),
        note: "parse + validate only; one operation = one parse of the file text to a ready-to-run machine",
    }
}

fn state(number: u32, next: &str, last: &str) -> Json {
    match number % 5 {
        0 => json!({
            "Type": "Pass",
            "Parameters": {
                "a.$": "$.a", "b.$": format!("States.MathAdd($.b, {number})"), "c": {"d.$": "$.list[0]", "e": "lit"},
            },
            "ResultPath": "$.p", "Next": next,
        }),
        1 => json!({
            "Type": "Choice",
            "Choices": [
                {"And": [
                    {"Variable": "$.a", "NumericGreaterThan": number},
                    {"Not": {"Variable": "$.name", "StringMatches": "x*y"}},
                ], "Next": next},
                {"Variable": "$.z", "IsPresent": true, "Next": next},
            ],
            "Default": next,
        }),
        2 => json!({
            "Type": "Task", "Resource": format!("{FUNCTIONS}F{number}"),
            "ResultSelector": {"v.$": "$.value"}, "ResultPath": "$.t", "TimeoutSeconds": 30,
            "Retry": [{
                "ErrorEquals": ["States.Timeout", "States.TaskFailed"],
                "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2.0,
            }],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": last}],
            "Next": next,
        }),
        3 => json!({"Type": "Wait", "Seconds": 1, "Next": next}),
        _ => {
            let (x, y) = (format!("X{number}"), format!("Y{number}"));
            json!({
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": &x, "States": {&x: {"Type": "Pass", "End": true}}},
                    {"StartAt": &y, "States": {&y: {"Type": "Pass", "Result": {"y": number}, "End": true}}},
                ],
                "ResultPath": "$.par", "Next": next,
            })
        }
    }
}
