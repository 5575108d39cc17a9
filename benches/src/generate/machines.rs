//! W1 to W7: small machines, one for each thing that machines do.

use serde_json::{Map, Value as Json, json};

use super::{FUNCTIONS, Generated, leading_to, with};

/// Two states.
pub(super) fn hello() -> Generated {
    Generated {
        name: "w1_hello",
        definition: json!({"StartAt": "Hello", "States": {
            "Hello": {"Type": "Pass", "Result": {"msg": "hello"}, "ResultPath": "$.greeting", "Next": "Done"},
            "Done": {"Type": "Succeed"},
        }}),
        input: json!({"who": "world"}),
        expected: json!({"who": "world", "greeting": {"msg": "hello"}}),
        transitions: 2,
        functions: Map::new(),
        note: "",
    }
}

/// A deployment of a stack that exists: five Tasks, four Choices.
pub(super) fn deploy() -> Generated {
    let task = |place: &str, function: &str, next: &str| {
        json!({"Type": "Task", "ResultPath": format!("$.{place}"), "OutputPath": "$",
               "Resource": format!("{FUNCTIONS}{function}StateMachineTask"), "Next": next})
    };
    let choice = |variable: &str, operator: &str, operand: Json, next: &str, default: &str| {
        let rule = json!({"Variable": format!("$.{variable}"), operator: operand, "Next": next});
        json!({"Type": "Choice", "Choices": [rule], "Default": default})
    };
    let equals =
        |variable, operand: &str, next, default| choice(variable, "StringEquals", operand.into(), next, default);
    let safe = "CAN-SAFELY-UPDATE-EXISTING-STACK";
    let executed = json!({"ResponseMetadata": {"RequestId": "5b2c5c4e-0000-4a3a-9b1e-000000000000"}});
    let definition = json!({
        "Comment": "A state machine that deploys a lambda cloudformation stack (waits replaced by Pass)",
        "StartAt": "Check Stack Existence",
        "States": {
            "Check Stack Existence": task("doesStackExists", "CheckStackExists", "Does Stack Exist?"),
            "Does Stack Exist?":
                choice("doesStackExists", "BooleanEquals", false.into(), "Create Stack", "Create Change Set"),
            "Create Stack": task("stackCreationDetails", "CreateStack", "Wait Stack Creation"),
            "Wait Stack Creation": {"Type": "Pass", "Next": "Get Stack Creation Status"},
            "Get Stack Creation Status": task("stackCreationStatus", "CheckStackCreationStatus", "Stack Created?"),
            "Stack Created?": equals("stackCreationStatus", "complete", "Deployment Succeeded", "Wait Stack Creation"),
            "Create Change Set": task("changeSetName", "CreateChangeSet", "Wait Change Set Creation"),
            "Wait Change Set Creation": {"Type": "Pass", "Next": "Get Change Set Creation Status"},
            "Get Change Set Creation Status":
                task("changeSetCreationStatus", "CheckChangeSetCreationStatus", "Change Set Created?"),
            "Change Set Created?":
                equals("changeSetCreationStatus", "complete", "Inspect Change Set Changes", "Wait Change Set Creation"),
            "Inspect Change Set Changes": task("changeSetAction", "InspectChangeSet", "Safe to Update Infra?"),
            "Safe to Update Infra?": equals("changeSetAction", safe, "Execute Change Set", "Delete Change Set"),
            "Execute Change Set": task("changeSetExecutionDetails", "ExecuteChangeSet", "Deployment Succeeded"),
            "Delete Change Set": task("changeSetDeletionDetails", "DeleteChangeSet", "Deployment Failed"),
            "Deployment Succeeded": {"Type": "Succeed"},
            "Deployment Failed": {"Type": "Fail", "Cause": "Deployment Failed", "Error": "Deployment Failed"},
        },
    });
    let functions = [
        ("CheckStackExists", json!(true)),
        ("CreateChangeSet", json!("changeset-0001")),
        ("CheckChangeSetCreationStatus", json!("complete")),
        ("InspectChangeSet", json!(safe)),
        ("ExecuteChangeSet", executed.clone()),
    ];
    let input = json!({
        "stackName": "MyStack", "environmentName": "prod",
        "s3": {"bucket": "artifacts", "key": "build/template.json"}, "changeSetPrefix": "deploy",
    });
    let answers = [
        ("doesStackExists", json!(true)),
        ("changeSetName", json!("changeset-0001")),
        ("changeSetCreationStatus", json!("complete")),
        ("changeSetAction", json!(safe)),
        ("changeSetExecutionDetails", executed),
    ];
    let expected = answers.into_iter().fold(input.clone(), |expected, (key, answer)| with(expected, key, answer));
    Generated {
        name: "w2_deploy",
        definition,
        input,
        expected,
        transitions: 10,
        functions: functions.map(|(name, answer)| (format!("{name}StateMachineTask"), answer)).into_iter().collect(),
        note: "",
    }
}

/// A loop that counts to `count`, two states a time.
pub fn loop_of(count: u32) -> Generated {
    Generated {
        name: "w3_loop",
        definition: json!({"StartAt": "Check", "States": {
            "Check": {"Type": "Choice", "Choices": [{"Variable": "$.i", "NumericLessThan": count, "Next": "Inc"}],
                      "Default": "Done"},
            "Inc": {"Type": "Pass", "Parameters": {"i.$": "States.MathAdd($.i, 1)", "tag.$": "$.tag"}, "Next": "Check"},
            "Done": {"Type": "Succeed"},
        }}),
        input: json!({"i": 0, "tag": "loop"}),
        expected: json!({"i": count, "tag": "loop"}),
        transitions: 2 * count + 2,
        functions: Map::new(),
        note: "",
    }
}

/// Thirty nested rules of which only the last one matches.
pub(super) fn choice() -> Generated {
    let rules: Vec<Json> = (0..30).map(rule).collect();
    let input = json!({"order": {
        "total": 99.5, "kind": "kind-29", "qty": 3, "rush": false, "region": "eu", "name": "order-abc",
        "placed": "2026-01-01T00:00:00Z",
    }});
    Generated {
        name: "w4_choice",
        definition: json!({"StartAt": "Route", "States": {
            "Route": {"Type": "Choice", "Choices": rules, "Default": "Miss"},
            "Hit": {"Type": "Succeed"},
            "Miss": {"Type": "Fail", "Error": "Miss", "Cause": "no rule"},
        }}),
        expected: input.clone(),
        input,
        transitions: 2,
        functions: Map::new(),
        note: "",
    }
}

fn rule(number: u32) -> Json {
    json!({
        "And": [
            {"Variable": "$.order.total", "NumericGreaterThan": 10},
            {"Or": [
                {"Variable": "$.order.kind", "StringEquals": format!("kind-{number}")},
                {"And": [
                    {"Variable": "$.order.qty", "NumericGreaterThanEquals": 1_000 - number},
                    {"Variable": "$.order.rush", "BooleanEquals": true},
                ]},
            ]},
            {"Not": {"Or": [
                {"Variable": "$.order.region", "StringEquals": format!("region-{number}")},
                {"Variable": "$.order.name", "StringMatches": format!("*-{number}-*x")},
                {"And": [
                    {"Variable": "$.order.placed", "IsPresent": true},
                    {"Variable": "$.order.placed", "TimestampLessThan": "2001-01-01T00:00:00Z"},
                ]},
            ]}},
        ],
        "Next": if number == 29 { "Hit" } else { "Miss" },
    })
}

/// An inline Map over `count` items; `w5_map_iterator` says so with the older field.
pub fn map(name: &'static str, count: u32) -> Generated {
    let processor = json!({"StartAt": "P", "States": {"P": {
        "Type": "Pass", "Parameters": {"id.$": "$.id", "n.$": "$.n", "ok": true}, "End": true,
    }}});
    let (field, processor, note) = if name == "w5_map_iterator" {
        ("Iterator", processor, "same as w5 with the older Iterator field")
    } else {
        ("ItemProcessor", with(processor, "ProcessorConfig", json!({"Mode": "INLINE"})), "")
    };
    let id = |number| format!("item-{number:04}");
    let item = |n: u32| json!({"id": id(n), "n": n, "meta": {"a": n * 3, "b": "x".repeat(16)}});
    let result = |n: u32| json!({"id": id(n), "n": n, "ok": true});
    Generated {
        name,
        definition: json!({"StartAt": "M", "States": {
            "M": {"Type": "Map", "ItemsPath": "$.items", field: processor, "ResultPath": "$.out", "Next": "Keep"},
            "Keep": {"Type": "Pass", "Parameters": {"out.$": "$.out"}, "End": true},
        }}),
        input: json!({"items": (0..count).map(item).collect::<Vec<_>>()}),
        expected: json!({"out": (0..count).map(result).collect::<Vec<_>>()}),
        transitions: count + 2,
        functions: Map::new(),
        note,
    }
}

/// Ten branches of ten Pass states.
pub(super) fn parallel() -> Generated {
    let state = |branch: u32, step: u32| {
        let state = json!({"Type": "Pass", "Result": step + 1, "ResultPath": format!("$.s{step}")});
        leading_to(state, (step < 9).then(|| format!("B{branch}S{}", step + 1)))
    };
    let branch = |branch: u32| {
        let states: Map<_, _> = (0..10).map(|step| (format!("B{branch}S{step}"), state(branch, step))).collect();
        json!({"StartAt": format!("B{branch}S0"), "States": states})
    };
    let branches: Vec<_> = (0..10).map(branch).collect();
    let steps = (0..10).map(|step| (format!("s{step}"), json!(step + 1)));
    let one: Map<_, _> = [("k".to_owned(), json!("v"))].into_iter().chain(steps).collect();
    Generated {
        name: "w6_parallel",
        definition: json!({"StartAt": "Par", "States": {
            "Par": {"Type": "Parallel", "Branches": branches, "End": true},
        }}),
        input: json!({"k": "v"}),
        expected: vec![one; 10].into(),
        transitions: 101,
        functions: Map::new(),
        note: "",
    }
}

/// A function that fails three times before it answers.
pub(super) fn retry() -> Generated {
    Generated {
        name: "w7_retry",
        definition: json!({"StartAt": "Flaky", "States": {
            "Flaky": {
                "Type": "Task", "Resource": format!("{FUNCTIONS}Flaky"), "ResultPath": "$.r",
                "Retry": [
                    {"ErrorEquals": ["Other.Error"], "MaxAttempts": 1},
                    {"ErrorEquals": ["Flaky.Error"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1.0},
                ],
                "Next": "Done",
            },
            "Done": {"Type": "Succeed"},
        }}),
        input: json!({"x": 1}),
        expected: json!({"x": 1, "r": {"ok": true}}),
        transitions: 2,
        functions: [("Flaky".to_owned(), json!({"ok": true}))].into_iter().collect(),
        note: "the mock throws Flaky.Error on attempts 1-3 of each execution; the retry wait must be overridden to 0",
    }
}
