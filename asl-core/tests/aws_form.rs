//! What AWS says of wrong definitions: codes, words, places and order, as users of AWS report them.

use asl_core::diagnostic::{Code, Level, MAX_RESULTS, Severity, ValidationResult};
use asl_core::{MachineType, Options, compile, compile_with};

/// The definition is refused with exactly these diagnostics, `CODE: message at location`.
fn refuses(definition: &str, expected: &[&str]) {
    let compiled = compile(definition);
    assert!(compiled.program.is_none(), "{definition}");
    let answer = compiled.diagnostics.aws_form(Severity::Error, MAX_RESULTS);
    let found: Vec<String> = answer.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{definition}");
}

/// As [`refuses`], of a machine with one state of these fields and a Succeed state `B`.
fn refuses_state(fields: &str, expected: &[&str]) {
    let states = format!(r#"{{"A": {{{fields}}}, "B": {{"Type": "Succeed"}}}}"#);
    refuses(&format!(r#"{{"StartAt": "A", "States": {states}}}"#), expected);
}

#[test]
fn transitions() {
    let machine = |start: &str, states: &str| format!(r#"{{"StartAt": "{start}", "States": {{{states}}}}}"#);
    let pass = |name: &str, next: &str| format!(r#""{name}": {{"Type": "Pass", "Next": "{next}"}}"#);
    let done = r#""C": {"Type": "Pass", "End": true}"#;
    let no_end = "MISSING_END_STATE: Workflow has no terminal state at null";
    let unreachable =
        |name: &str| format!("MISSING_TRANSITION_TARGET: State \"{name}\" is not reachable. at /States/{name}");
    let cycle = format!("{}, {}", pass("A", "B"), pass("B", "A"));
    refuses(&machine("A", &cycle), &[no_end]);
    refuses(&machine("A", &format!("{cycle}, {}", pass("D", "A"))), &[no_end]);
    refuses(&machine("A", &format!("{cycle}, {done}")), &[&unreachable("C")]);
    refuses(
        &machine("A", &pass("A", "NOPE")),
        &["MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next", no_end],
    );
    refuses(
        &machine("Not sure", &format!("{}, {done}", pass("Pass One", "C"))),
        &["MISSING_TRANSITION_TARGET: Missing 'Next' target: Not sure at /StartAt", &unreachable("Pass One")],
    );
    refuses(&machine("C", &format!("{done}, {}, {}", pass("D", "E"), pass("E", "C"))), &[&unreachable("D")]);
    refuses_state(
        r#""Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "X"}], "Default": "Y""#,
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Choices[0]/Next",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Y at /States/A/Default",
            &unreachable("B"),
        ],
    );
}

#[test]
fn values() {
    let schema = |message: &str| format!("SCHEMA_VALIDATION_FAILED: {message}");
    let check = |fields: &str, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|message| schema(message)).collect();
        refuses_state(fields, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    };
    for (fields, expected) in [
        (r#""Type": "Wait", "Seconds": "$.n", "Next": "B""#, "Expected value of type Integer at /States/A/Seconds"),
        (
            r#""Type": "Wait", "Seconds": 10000000000000000, "Next": "B""#,
            "Maximum value is 99999999 at /States/A/Seconds",
        ),
        (
            r#""Type": "Pass", "OutputPath": "Test", "Next": "B""#,
            "Value must be a valid JSONPath. at /States/A/OutputPath",
        ),
        (
            r#""Type": "Choice", "Choices": [{"Variable": "Test", "StringMatches": "Test", "Next": "B"}]"#,
            "Value is not a Reference Path: Reference path didn't start with '$' at /States/A/Choices[0]/Variable",
        ),
        (
            r#""Type": "Choice", "Choices": [{"Variable": "$", "StringMatches": "Test"}], "Default": "B""#,
            "These fields are required: [Next] at /States/A/Choices[0]",
        ),
        (
            r#""Type": "Pass", "Assign": {"Variable.$": "Test"}, "Next": "B""#,
            "The value for the field 'Variable.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Assign",
        ),
        (r#""Type": "Pass", "Catch": [], "Next": "B""#, "Field 'Catch' is not supported at /States/A"),
        (
            r#""Type": "Pass", "Output": 1, "Next": "B""#,
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/A",
        ),
        (
            r#""Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "B",
               "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]"#,
            "States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]",
        ),
        (
            r#""Type": "Pass", "QueryLanguage": "jsonpath", "Next": "B""#,
            "Value should be one of the following: [JSONPath, JSONata] at /States/A/QueryLanguage",
        ),
    ] {
        check(fields, &[expected]);
    }
}

#[test]
fn numbers_of_a_map() {
    let map = |fields: &str| {
        format!(
            r#""Type": "Map", "Next": "B", {fields}, "ItemProcessor": {{
                "ProcessorConfig": {{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
                "StartAt": "I", "States": {{"I": {{"Type": "Succeed"}}}}}}"#
        )
    };
    let reader = |config: &str| {
        map(&format!(r#""ItemReader": {{"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {{{config}}}}}"#))
    };
    for (fields, expected) in [
        (
            reader(r#""MaxItems": 1, "MaxItemsPath": "$.n""#),
            "There should only be one of the following fields: [MaxItems, MaxItemsPath] at /States/A/ItemReader/ReaderConfig",
        ),
        (
            reader(r#""MaxItems": 100000001"#),
            "Maximum value is 100000000 at /States/A/ItemReader/ReaderConfig/MaxItems",
        ),
        (map(r#""MaxConcurrency": -1"#), "Minimum value is 0 at /States/A/MaxConcurrency"),
        (map(r#""ToleratedFailurePercentage": -1"#), "Minimum value is 0.0 at /States/A/ToleratedFailurePercentage"),
        (map(r#""ToleratedFailurePercentage": 101"#), "Maximum value is 100.0 at /States/A/ToleratedFailurePercentage"),
        (
            map(r#""MaxConcurrencyPath": "$$.Execution.Input.n""#),
            "Value is not a Reference Path at /States/A/MaxConcurrencyPath",
        ),
    ] {
        refuses_state(&fields, &[&format!("SCHEMA_VALIDATION_FAILED: {expected}")]);
    }
}

#[test]
fn jsonata() {
    let machine = |output: &str| {
        format!(
            r#"{{"QueryLanguage": "JSONata", "StartAt": "E", "States":
                {{"E": {{"Type": "Pass", "Output": {output}, "End": true}}}}}}"#
        )
    };
    refuses(
        &machine(r#""{% 1 + %}""#),
        &["INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/E/Output"],
    );
    let top_level = "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. \
                     at /States/E/Output/v";
    refuses(&machine(r#"{"v": "{% phone & phone %}"}"#), &[top_level]);
    let downgraded = r#"{"QueryLanguage": "JSONata", "StartAt": "E", "States":
        {"E": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}}}"#;
    refuses(
        downgraded,
        &[
            "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine \
           at /States/E",
        ],
    );
}

#[test]
fn names() {
    let name = "x".repeat(81);
    let long = format!(r#"{{"StartAt": "{name}", "States": {{"{name}": {{"Type": "Succeed"}}}}}}"#);
    let expected = format!(
        "INVALID_STATE_NAME: Invalid State name: State '{name}' exceeds the 80-character limit allowed by the service \
         at /States/{name}"
    );
    refuses(&long, &[&expected]);
    refuses_state(
        r#""Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]"#,
        &["DUPLICATE_STATE_NAME: Duplicate State name: B at /States/B"],
    );
}

#[test]
fn of_text_that_is_not_json_the_first_fault_only() {
    refuses(
        "{\"a\": [1, 2",
        &[
            r#"INVALID_JSON_DESCRIPTION: Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"{"a": [1, 2"; line: 1, column: 7])
 at [Source: (String)"{"a": [1, 2"; line: 1, column: 12] at [Source: (String)"{"a": [1, 2"; line: 1, column: 12]"#,
        ],
    );
    let twice = r#"{"StartAt": "A", "StartAt": "A", "States": 7}"#;
    refuses(
        twice,
        &[&format!(
            "INVALID_JSON_DESCRIPTION: Duplicate field 'StartAt'\n at [Source: (String)\"{twice}\"; line: 1, column: 27] \
             at [Source: (String)\"{twice}\"; line: 1, column: 27]"
        )],
    );
    for text in ["", " ", "[]", "7"] {
        refuses(text, &["SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null"]);
    }
}

#[test]
fn express_machines_are_told_in_awss_words() {
    let text = r#"{"StartAt": "A", "States": {"A":
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true}}}"#;
    let diagnostics = compile_with(text, Options::new().machine_type(MachineType::Express)).diagnostics;
    assert_eq!(
        diagnostics.aws_form(Severity::Error, MAX_RESULTS).invalid_definition().unwrap(),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support \
         '.waitForTaskToken' service integration  at /States/A/Resource'"
    );
}

#[test]
fn warnings_are_given_when_asked_for_and_results_are_cut() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"id": "$.id"}, "Next": "X"}}}"#;
    let diagnostics = compile(text).diagnostics;
    let answer = |minimum, most| {
        let answer = diagnostics.aws_form(minimum, most);
        let codes: Vec<&str> = answer.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        (codes, answer.truncated)
    };
    assert_eq!(answer(Severity::Error, 9), (vec!["MISSING_TRANSITION_TARGET", "MISSING_END_STATE"], false));
    assert_eq!(
        answer(Severity::Warning, 9),
        (vec!["NO_DOLLAR", "MISSING_TRANSITION_TARGET", "MISSING_END_STATE"], false)
    );
    assert_eq!(answer(Severity::Error, 1), (vec!["MISSING_TRANSITION_TARGET"], true));
    let json = serde_json::to_value(diagnostics.aws_form(Severity::Error, 1)).unwrap();
    let expected = serde_json::json!({
        "diagnostics": [{
            "code": "MISSING_TRANSITION_TARGET",
            "location": "/States/A/Next",
            "message": "Missing 'Next' target: X",
            "severity": "ERROR",
        }],
        "result": "FAIL",
        "truncated": true,
    });
    assert_eq!(json, expected);
}

#[test]
fn levels_change_what_counts_but_not_what_aws_says() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"id": "$.id"}, "End": true}}}"#;
    let with = |level| compile_with(text, Options::new().level(Code::NO_DOLLAR, level));
    assert!(with(Level::Warn).program.is_some() && with(Level::Warn).diagnostics.len() == 1);
    assert!(with(Level::Allow).program.is_some() && with(Level::Allow).diagnostics.is_empty());
    let denied = with(Level::Deny);
    assert!(denied.program.is_none() && denied.diagnostics.has_errors());
    let answer = denied.diagnostics.aws_form(Severity::Warning, MAX_RESULTS);
    assert_eq!((answer.result, answer.diagnostics.len()), (ValidationResult::Ok, 1));

    let wrong = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "X"}}}"#;
    let options = Options::new().level(Code::MISSING_TRANSITION_TARGET, Level::Allow);
    assert_eq!(compile_with(wrong, options).diagnostics, compile(wrong).diagnostics);
}
