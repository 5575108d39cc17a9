//! Realistic workflows and valid oddities: neither errors nor warnings, as no linter may cry wolf.

use std::fs;

use asl_core::compile;
use asl_core::diagnostic::Diagnostics;

#[test]
fn realistic_workflows_have_no_diagnostics() {
    insta::glob!("data/workflows/*.asl.json", |path| {
        let compiled = compile(&fs::read_to_string(path).unwrap());
        assert_eq!(compiled.diagnostics, Diagnostics::default(), "{}", path.display());
    });
}

#[track_caller]
fn check_sound(language: &str, states: &str) {
    let text = format!(r#"{{"QueryLanguage": "{language}", "StartAt": "A", "States": {{{states}}}}}"#);
    let compiled = compile(&text);
    assert_eq!(compiled.diagnostics, Diagnostics::default(), "{text}");
    assert!(compiled.program.is_some());
}

#[test]
fn odd_paths_are_sound() {
    for path in [
        "$.[0]",
        "$.[*].['a','b']",
        "$['a','b']",
        "$..a",
        "$.a.length()",
        "$.items[?(@.price > $.limit)]",
        "$.items[?(@.tags && @.tags[0] == 'x')]",
        "$[-1]",
        "$.a[1:]",
        "$$.Execution.Input.a",
        "$$",
        "$",
    ] {
        for field in ["InputPath", "OutputPath"] {
            check_sound("JSONPath", &format!(r#""A": {{"Type": "Pass", "{field}": "{path}", "End": true}}"#));
        }
        check_sound(
            "JSONPath",
            &format!(r#""A": {{"Type": "Pass", "Parameters": {{"a.$": "{path}", "b": "literal"}}, "End": true}}"#),
        );
    }
}

#[test]
fn odd_fields_are_sound() {
    let branch = r#"{"StartAt": "X", "States": {"X": {"Type": "Pass", "End": true}}}"#;
    for state in [
        r#""Type": "Succeed", "OutputPath": "$.result""#,
        r#""Type": "Succeed", "InputPath": null, "OutputPath": null"#,
        r#""Type": "Wait", "SecondsPath": "$$.Execution.Input.seconds", "End": true"#,
        r#""Type": "Wait", "TimestampPath": "$$.Execution.Input.until", "End": true"#,
        r#""Type": "Fail", "CausePath": "States.Format('at {}', $$.State.EnteredTime)", "ErrorPath": "$.error.Error""#,
        r#""Type": "Task", "Resource": "a:b", "TimeoutSecondsPath": "$$.Execution.Input.timeout", "End": true"#,
        r#""Type": "Pass", "Result": null, "ResultPath": "$.nothing", "End": true"#,
        r#""Type": "Pass", "Parameters": {}, "End": true"#,
    ] {
        check_sound("JSONPath", &format!(r#""A": {{{state}}}"#));
    }
    for (fields, inner) in [
        (r#""Type": "Parallel", "Parameters": {"a.$": "$.b"}, "ResultSelector": {"first.$": "$[0]"}"#, "Branches"),
        (r#""Type": "Parallel", "Retry": [{"ErrorEquals": ["States.ALL"]}], "ResultPath": "$.all""#, "Branches"),
        (r#""Type": "Map", "Parameters": {"item.$": "$$.Map.Item.Value"}, "ItemsPath": "$.items""#, "Iterator"),
        (
            r#""Type": "Map", "ItemSelector": {"i.$": "$$.Map.Item.Index"}, "ItemsPath": "$$.Execution.Input.items""#,
            "ItemProcessor",
        ),
    ] {
        let inner_value = if inner == "Branches" { format!("[{branch}]") } else { branch.to_owned() };
        check_sound("JSONPath", &format!(r#""A": {{{fields}, "{inner}": {inner_value}, "End": true}}"#));
    }
}

#[test]
fn odd_jsonata_is_sound() {
    for output in [
        "{%1%}",
        "{%$states.input.x%}",
        r"{%\n  $states.input.x\n%}",
        "{% $states.input.`odd name` %}",
        "{% $exists($states.input.x) ? $states.input.x : null %}",
        "100 %",
        "US$ 5",
        "{ x }",
        "{{ handlebars }}",
        "",
    ] {
        check_sound("JSONata", &format!(r#""A": {{"Type": "Pass", "Output": "{output}", "End": true}}"#));
    }
}

#[test]
fn loops_with_a_bound_are_sound() {
    check_sound(
        "JSONPath",
        r#""A": {"Type": "Pass", "Result": {"n": 0}, "ResultPath": "$.counter", "Next": "B"},
           "B": {"Type": "Choice", "Choices": [{"Variable": "$.counter.n", "NumericLessThan": 3, "Next": "C"}], "Default": "D"},
           "C": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.counter.n, 1)"}, "ResultPath": "$.counter", "Next": "B"},
           "D": {"Type": "Succeed", "OutputPath": "$.counter.n"}"#,
    );
    check_sound(
        "JSONata",
        r#""A": {"Type": "Task", "Resource": "a:b", "Assign": {"page": "{% $states.result.next %}"}, "Next": "B"},
           "B": {"Type": "Choice", "Choices": [{"Condition": "{% $exists($page) and $page != null %}", "Next": "A"}], "Default": "D"},
           "D": {"Type": "Succeed"}"#,
    );
}

#[test]
fn handlers_that_read_the_input_beside_the_error_are_sound() {
    check_sound(
        "JSONPath",
        r#""A": {"Type": "Task", "Resource": "a:b", "ResultPath": "$.a", "Next": "B",
                 "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "C"}]},
           "B": {"Type": "Task", "Resource": "a:b", "ResultPath": "$.b", "End": true,
                 "Catch": [{"ErrorEquals": ["Odd"], "Next": "D"}, {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "C"}]},
           "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "E"}], "Default": "D"},
           "D": {"Type": "Fail", "ErrorPath": "$.error.Error"},
           "E": {"Type": "Task", "Resource": "a:b", "Parameters": {"a.$": "$.a.id", "cause.$": "$.error.Cause"}, "End": true}"#,
    );
}
