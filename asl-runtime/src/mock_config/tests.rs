use asl_core::source::Source;
use serde_json::json;

use super::*;
use crate::Simulation;

/// A mock file in which the state `A` of the machine `M` is answered by `responses` in the case `C`.
fn mocks(responses: &serde_json::Value) -> String {
    json!({
        "StateMachines": {"M": {"TestCases": {"C": {"A": "R"}}}},
        "MockedResponses": {"R": responses},
    })
    .to_string()
}

fn faults(text: &str) -> String {
    MockConfig::parse(text).unwrap_err().render(&Source::new("mocks.json", text)).to_string()
}

/// The messages of the faults, each with its place.
fn messages(text: &str) -> Vec<String> {
    let faults = MockConfig::parse(text).err().unwrap_or_default();
    faults.iter().map(|fault| format!("{} {}", fault.location.pointer.as_str(), fault.message)).collect()
}

fn run(states: &serde_json::Value, responses: &serde_json::Value, input: serde_json::Value) -> crate::Run {
    let definition = json!({"StartAt": states.as_object().unwrap().keys().next(), "States": states});
    let program = asl_core::compile(&definition.to_string()).into_program().unwrap();
    let mocks = MockConfig::parse(&mocks(responses)).unwrap();
    let test_case = mocks.test_case("M", "C").unwrap();
    test_case.check(&program).unwrap();
    Simulation::new().mock(test_case).run(&program, input).unwrap()
}

fn task(more: serde_json::Value) -> serde_json::Value {
    let mut task = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true});
    if let (Some(task), serde_json::Value::Object(more)) = (task.as_object_mut(), more) {
        task.extend(more);
    }
    task
}

#[test]
fn every_fault_is_told_with_its_place() {
    let check = |text: serde_json::Value, expected: &[&str]| assert_eq!(messages(&text.to_string()), expected);
    check(json!([]), &[" a mock file must be an object, not array"]);
    check(json!({}), &[" `StateMachines` is missing"]);
    check(json!({"StateMachines": {"M": {}}}), &["/StateMachines/M `TestCases` is missing"]);
    check(
        json!({"StateMachines": {"M": {"TestCases": {"C": {"A": 1}}}}}),
        &["/StateMachines/M/TestCases/C/A a state's mocked response must be a string, not number"],
    );
    check(
        json!({"StateMachines": {}, "MockedResponse": {}}),
        &["/MockedResponse a mock file has no field `MockedResponse`"],
    );
    let check = |responses: serde_json::Value, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|text| format!("/MockedResponses/R{text}")).collect();
        assert_eq!(messages(&mocks(&responses)), expected, "{responses}");
    };
    let answer = json!({"Return": 1});
    check(json!({"0": answer, "1-2": answer, "3": answer}), &[]);
    check(json!({"1-2": answer, "0": answer}), &[]);
    check(json!({}), &[" a mocked response answers at least invocation `0`"]);
    check(json!({"1": answer}), &["/1 invocation 0 has no answer"]);
    check(json!({"0": answer, "3": answer}), &["/3 invocations 1 to 2 have no answer"]);
    check(json!({"0-2": answer, "2-3": answer}), &["/2-3 invocation 2 has two answers"]);
    check(
        json!({"0-9": answer, "2": answer, "4": answer}),
        &["/2 invocation 2 has two answers", "/4 invocation 4 has two answers"],
    );
    check(json!({"0": answer, "2-1": answer}), &["/2-1 `2-1` is not the number of an invocation"]);
    check(json!({"0": {}}), &["/0 the answer needs `Return` or `Throw`"]);
    check(json!({"0": {"Return": 1, "Throw": {"Error": "E"}}}), &["/0/Throw an invocation either returns or throws"]);
    check(json!({"0": {"Throw": {"Cause": "c"}}}), &["/0/Throw `Error` is missing"]);
    check(
        json!({"0": {"Throw": {"Error": "E", "Cause": {}}}}),
        &["/0/Throw/Cause `Cause` must be a string, not object"],
    );
    check(json!({"0": {"Return": 1, "Delay": 1}}), &["/0/Delay the answer to an invocation has no field `Delay`"]);
}

#[test]
fn a_name_that_is_nearly_right_is_recognised() {
    let text = r#"{
  "StateMachines": {"M": {"TestCases": {"C": {"A": "Payed", "A": "Paid"}}}},
  "MockedResponses": {
    "Paid": {"0": {"Retrun": 1}}
  }
}"#;
    insta::assert_snapshot!(faults(text));
}

#[test]
fn test_cases_are_found_by_their_names() {
    let config = MockConfig::parse(&mocks(&json!({"0": {"Return": 1}}))).unwrap();
    assert_eq!(config.state_machines().collect::<Vec<_>>(), ["M"]);
    assert_eq!(config.test_cases("M").collect::<Vec<_>>(), ["C"]);
    let check = |machine: &str, case: &str, expected: &str| {
        assert_eq!(config.test_case(machine, case).unwrap_err().to_string(), expected);
    };
    check("orders", "C", "the mock file has no state machine `orders`; it has `M`");
    check("m", "C", "the mock file has no state machine `m`; did you mean `M`?");
    check("M", "Happy", "the mock file has no test case `Happy`; it has `C`");
    let empty = MockConfig::parse(r#"{"StateMachines": {}}"#).unwrap();
    assert_eq!(
        empty.test_case("M", "C").unwrap_err().to_string(),
        "the mock file has no state machine `M`, nor any other"
    );
}

#[test]
fn states_that_the_machine_does_not_have_are_told() {
    let config = MockConfig::parse(&mocks(&json!({"0": {"Return": 1}}))).unwrap();
    let test_case = config.test_case("M", "C").unwrap();
    let check = |definition: &str, expected: &str| {
        let program = asl_core::compile(definition).into_program().unwrap();
        let faults = test_case.check(&program).unwrap_err();
        let shown: Vec<_> = faults.iter().map(|fault| (fault.message.as_str(), fault.help.as_deref())).collect();
        assert_eq!(format!("{shown:?}"), expected);
    };
    check(
        r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#,
        r#"[("state `A` is no Task, and only Tasks can be mocked", None)]"#,
    );
    check(
        r#"{"StartAt": "a", "States": {"a": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true}}}"#,
        r#"[("the state machine has no state `A`", Some("did you mean `a`?"))]"#,
    );
}

#[test]
fn a_response_that_is_not_there_is_the_matter_of_its_test_case_alone() {
    let text = r#"{
  "StateMachines": {"M": {"TestCases": {"Paid": {"A": "Paid"}, "Later": {"A": "Payed", "B": "Payed"}}}},
  "MockedResponses": {"Paid": {"0": {"Return": 1}}}
}"#;
    let config = MockConfig::parse(text).unwrap();
    let program = asl_core::compile(&json!({"StartAt": "A", "States": {"A": task(json!({}))}}).to_string());
    let program = program.into_program().unwrap();
    assert_eq!(config.test_case("M", "Paid").unwrap().check(&program), Ok(()));
    let later = config.test_case("M", "Later").unwrap();
    insta::assert_snapshot!(later.check(&program).unwrap_err().render(&Source::new("mocks.json", text)).to_string());
    assert_eq!(later.states().map(MockedState::response_name).collect::<Vec<_>>(), ["Payed", "Payed"]);
    let run = Simulation::new().mock(later).run(&program, json!({})).unwrap();
    let failure = run.failure().unwrap();
    assert_eq!(
        (failure.error(), failure.cause()),
        (Some("States.Runtime"), Some("there is no mocked response `Payed`"))
    );
}

#[test]
fn retries_count_as_invocations() {
    let states = json!({"A": task(json!({"Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 5}]}))});
    let throw = json!({"Throw": {"Error": "Busy", "Cause": "try later"}});
    let run = run(&states, &json!({"0-1": throw, "2": {"Return": {"paid": 5}}}), json!({}));
    assert_eq!(run.output().map(ToString::to_string).as_deref(), Some(r#"{"paid":5}"#));
    assert!(run.render().contains("lambda invoke error=Busy cause=try later"), "{}", run.render());
}

#[test]
fn iterations_and_further_entries_count_as_invocations() {
    let states = json!({"Each": {"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "A", "States": {"A": task(json!({}))},
    }}});
    let answers = json!({"0": {"Return": "first"}, "1-2": {"Return": "later"}});
    let run = run(&states, &answers, json!([1, 2, 3]));
    assert_eq!(run.output().map(ToString::to_string).as_deref(), Some(r#"["first","later","later"]"#));
}

#[test]
fn every_execution_counts_from_zero() {
    let program = asl_core::compile(&json!({"StartAt": "A", "States": {"A": task(json!({}))}}).to_string());
    let program = program.into_program().unwrap();
    let config = MockConfig::parse(&mocks(&json!({"0": {"Return": 1}}))).unwrap();
    let mut simulation = Simulation::new().mock(config.test_case("M", "C").unwrap());
    for _ in 0..2 {
        assert_eq!(simulation.run(&program, json!({})).unwrap().output(), Some(&1.into()));
    }
}

#[test]
fn an_invocation_without_an_answer_ends_the_execution_whatever_it_catches() {
    let states = json!({"A": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Again"}],
        "Next": "Again",
    }, "Again": {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": true, "Next": "End"}], "Default": "A"},
    "End": {"Type": "Succeed"}});
    let run = run(&states, &json!({"0-1": {"Return": {}}}), json!({}));
    assert_eq!(run.failure().and_then(Failure::error), Some("States.Runtime"));
    assert_eq!(
        run.failure().and_then(Failure::cause),
        Some("the mocked response `R` has no answer to invocation 2 of state `A`, only to 0 to 1")
    );
}

#[test]
fn jobs_and_tokens_are_answered_too() {
    let check = |resource: &str, answer: serde_json::Value, expected: &str| {
        let parameters = json!({"QueueUrl": "q", "MessageBody": {"Token.$": "$$.Task.Token"}});
        let parameters = if resource.contains("Token") { parameters } else { json!({}) };
        let states = json!({"A": task(json!({"Resource": resource, "Parameters": parameters}))});
        let run = run(&states, &json!({"0": answer}), json!({}));
        let types: Vec<String> = run.history.iter().map(|event| event.details.type_name().to_owned()).collect();
        assert_eq!(types.join(" "), expected, "{}", run.render());
    };
    check(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        json!({"Return": "text"}),
        "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskStateExited \
         ExecutionSucceeded",
    );
    check(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        json!({"Throw": {"Error": "E"}}),
        "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskFailed ExecutionFailed",
    );
    check(
        "arn:aws:states:::glue:startJobRun.sync",
        json!({"Return": {}}),
        "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskStateExited \
         ExecutionSucceeded",
    );
    check(
        "arn:aws:states:us-east-1:000000000000:activity:Approve",
        json!({"Return": {}}),
        "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted ActivitySucceeded TaskStateExited \
         ExecutionSucceeded",
    );
}

#[test]
fn only_states_of_the_test_case_are_mocked() {
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "B"},
        "B": task(json!({})),
    }});
    let program = asl_core::compile(&definition.to_string()).into_program().unwrap();
    let config = MockConfig::parse(&mocks(&json!({"0": {"Return": 1}}))).unwrap();
    let error = Simulation::new().mock(config.test_case("M", "C").unwrap()).run(&program, json!({})).unwrap_err();
    assert!(error.to_string().contains("state `B`") && !error.to_string().contains("state `A`"), "{error}");
}
