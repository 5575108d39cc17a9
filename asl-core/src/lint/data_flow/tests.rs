//! Each case is a chain of states from `A` on; its findings are named with their places.

use super::super::tests::{check_jsonata_states, check_states};

const NEVER: &str = "PATH_NEVER_EXISTS";
const OVERWRITTEN: &str = "INPUT_OVERWRITTEN";

/// Checks whether the state `B`, after `A`, misses something at `place`.
#[track_caller]
fn check(a: &str, b: &str, expected: &[(&str, &str)]) {
    check_states(&format!(r#""A": {{{a}, "Next": "B"}}, "B": {{{b}, "End": true}}"#), expected);
}

const READS_X: &str = r#""Type": "Pass", "InputPath": "$.x""#;

#[test]
fn anything_can_be_in_the_input_and_in_results_of_tasks() {
    check(r#""Type": "Pass""#, READS_X, &[]);
    check(r#""Type": "Task", "Resource": "a:b""#, READS_X, &[]);
    check(r#""Type": "Task", "Resource": "a:b", "ResultPath": "$.x.y""#, READS_X, &[]);
    check(r#""Type": "Pass", "InputPath": "$.y""#, READS_X, &[]);
    check(r#""Type": "Pass", "Parameters": {"x.$": "States.UUID()"}"#, READS_X, &[]);
    check(r#""Type": "Pass", "Result": {"y": 1}, "ResultPath": "$.y""#, READS_X, &[]);
    check(r#""Type": "Pass", "Result": {"y": 1}, "ResultPath": null"#, READS_X, &[]);
}

#[test]
fn what_a_state_makes_has_only_what_it_makes() {
    let overwritten = &[(OVERWRITTEN, "/States/B/InputPath")];
    check(r#""Type": "Pass", "Result": {"y": 1}"#, READS_X, overwritten);
    check(r#""Type": "Pass", "Parameters": {"y.$": "$.x"}"#, READS_X, overwritten);
    check(r#""Type": "Task", "Resource": "a:b", "ResultSelector": {"y.$": "$.x"}"#, READS_X, overwritten);
    check(r#""Type": "Pass", "OutputPath": null"#, READS_X, &[(NEVER, "/States/B/InputPath")]);
    check(r#""Type": "Pass", "Result": {"y": 1}, "ResultPath": "$""#, READS_X, &[(NEVER, "/States/B/InputPath")]);
    check(
        r#""Type": "Pass", "Result": {"y": 1}, "ResultPath": "$.x""#,
        r#""Type": "Pass", "InputPath": "$.x.z""#,
        &[(NEVER, "/States/B/InputPath")],
    );
    check(r#""Type": "Pass", "Result": 5"#, READS_X, &[(NEVER, "/States/B/InputPath")]);
    check(r#""Type": "Pass", "Result": {"x": null}"#, READS_X, &[]);
}

#[test]
fn indices_past_the_end_find_null() {
    let pass = r#""Type": "Pass", "Result": [{"a": 1}]"#;
    check(pass, r#""Type": "Pass", "InputPath": "$[1]""#, &[]);
    check(pass, r#""Type": "Pass", "InputPath": "$[0].a""#, &[]);
    check(pass, r#""Type": "Pass", "InputPath": "$[-1].a""#, &[]);
    check(pass, r#""Type": "Pass", "InputPath": "$[0].b""#, &[(NEVER, "/States/B/InputPath")]);
    check(pass, r#""Type": "Pass", "InputPath": "$[1].a""#, &[(NEVER, "/States/B/InputPath")]);
    check(pass, r#""Type": "Pass", "InputPath": "$.a""#, &[(OVERWRITTEN, "/States/B/InputPath")]);
}

#[test]
fn queries_that_find_several_find_none_as_well() {
    let pass = r#""Type": "Pass", "Result": {"y": 1}"#;
    for path in ["$.x[*]", "$..x", "$.x[?(@.a)]", "$['x','y']", "$.y.length()"] {
        check(pass, &format!(r#""Type": "Pass", "Parameters": {{"a.$": "{path}"}}"#), &[]);
    }
}

#[test]
fn branches_and_iterations_are_followed() {
    let branch = |state: &str| format!(r#"{{"StartAt": "X", "States": {{"X": {{{state}, "End": true}}}}}}"#);
    let parallel = |parameters: &str, state: &str| {
        format!(
            r#""Type": "Parallel", {parameters} "Branches": [{}, {}]"#,
            branch(state),
            branch(r#""Type": "Pass", "Result": {"second": 1}"#).replace('X', "Y")
        )
    };
    let plain = parallel("", r#""Type": "Pass""#);
    check(&plain, r#""Type": "Pass", "InputPath": "$[0].any""#, &[]);
    check(&plain, r#""Type": "Pass", "InputPath": "$[1].second""#, &[]);
    check(&plain, r#""Type": "Pass", "InputPath": "$[1].first""#, &[(NEVER, "/States/B/InputPath")]);
    check(&plain, READS_X, &[(OVERWRITTEN, "/States/B/InputPath")]);
    check(
        &parallel(r#""Parameters": {"y": 1},"#, READS_X),
        r#""Type": "Pass""#,
        &[(NEVER, "/States/A/Branches/0/States/X/InputPath")],
    );
    let map = |fields: &str, state: &str| format!(r#""Type": "Map", {fields} "ItemProcessor": {}"#, branch(state));
    check(&map("", READS_X), READS_X, &[(OVERWRITTEN, "/States/B/InputPath")]);
    check(
        &map(r#""ItemSelector": {"y": 1},"#, READS_X),
        r#""Type": "Pass""#,
        &[(NEVER, "/States/A/ItemProcessor/States/X/InputPath")],
    );
    check(&map(r#""ItemSelector": {"x": 1},"#, READS_X), r#""Type": "Pass", "InputPath": "$[0].x""#, &[]);
}

#[test]
fn a_branch_that_never_ends_well_leads_nowhere() {
    check(
        r#""Type": "Parallel", "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Fail", "Error": "x"}}}],
           "Catch": [{"ErrorEquals": ["x"], "ResultPath": "$.error", "Next": "B"}]"#,
        r#""Type": "Pass", "InputPath": "$.error.Error""#,
        &[],
    );
}

#[test]
fn a_catcher_gives_an_error_and_a_cause() {
    let task = |catch: &str| {
        format!(
            r#""A": {{"Type": "Task", "Resource": "a:b", "Catch": [{{"ErrorEquals": ["States.ALL"], {catch} "Next": "B"}}], "End": true}}"#
        )
    };
    let reads = |path: &str| format!(r#""B": {{"Type": "Pass", "InputPath": "{path}", "End": true}}"#);
    let all = |catch: &str, path: &str| format!("{}, {}", task(catch), reads(path));
    check_states(&all("", "$.Cause"), &[]);
    check_states(&all("", "$.order"), &[(OVERWRITTEN, "/States/B/InputPath")]);
    check_states(&all(r#""ResultPath": "$.error","#, "$.order"), &[]);
    check_states(&all(r#""ResultPath": "$.error","#, "$.error.Message"), &[(NEVER, "/States/B/InputPath")]);
    check_states(&all(r#""ResultPath": null,"#, "$.error"), &[]);
}

#[test]
fn choices_tell_what_is_present() {
    let machine = |test: &str, b: &str, c: &str| {
        format!(
            r#""A": {{"Type": "Choice", "Choices": [{{{test}, "Next": "B"}}], "Default": "C"}},
           "B": {{"Type": "Pass", "InputPath": "{b}", "End": true}}, "C": {{"Type": "Pass", "InputPath": "{c}", "End": true}}"#
        )
    };
    let present = r#""Variable": "$.x", "IsPresent": true"#;
    let absent = r#""Variable": "$.x", "IsPresent": false"#;
    check_states(&machine(present, "$.x", "$.y"), &[]);
    check_states(&machine(present, "$.x", "$.x"), &[(NEVER, "/States/C/InputPath")]);
    check_states(&machine(absent, "$.x.y", "$.x"), &[(NEVER, "/States/B/InputPath")]);
    check_states(&machine(&format!(r#""Not": {{{present}}}"#), "$.x", "$.x"), &[(NEVER, "/States/B/InputPath")]);
    check_states(&machine(absent, "$[0]", "$.x"), &[]);
    check_states(&machine(&present.replace("$.x", "$.x.y"), "$.x.y", "$.x"), &[]);
    let or = format!(r#""Or": [{{{absent}}}, {{"Variable": "$.x", "NumericEquals": 1}}]"#);
    check_states(&machine(&or, "$.y", "$.x"), &[]);
    let and = format!(r#""And": [{{{absent}}}, {{"Variable": "$.x", "NumericEquals": 1}}]"#);
    check_states(&machine(&and, "$.y", "$.y"), &[(NEVER, "/States/A/Choices/0/And/1/Variable")]);
}

#[test]
fn what_is_asked_for_first_is_not_missed() {
    check_states(
        r#""A": {"Type": "Pass", "Result": {"y": 1}, "Next": "B"},
           "B": {"Type": "Choice", "Choices": [
               {"And": [{"Variable": "$.x", "IsPresent": true}, {"Variable": "$.x", "NumericEquals": 1}], "Next": "C"}], "Default": "D"},
           "C": {"Type": "Pass", "InputPath": "$.x", "End": true}, "D": {"Type": "Succeed"}"#,
        &[],
    );
}

#[test]
fn what_only_some_ways_give_may_be_there() {
    check_states(
        r#""A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "B"}], "Default": "C"},
           "B": {"Type": "Pass", "Result": {"x": 1}, "Next": "D"}, "C": {"Type": "Pass", "Result": {"y": 1}, "Next": "D"},
           "D": {"Type": "Pass", "Parameters": {"x.$": "$.x", "y.$": "$.y", "z.$": "$.z"}, "End": true}"#,
        &[(OVERWRITTEN, "/States/D/Parameters/z.$")],
    );
}

#[test]
fn loops_come_to_rest() {
    check_states(
        r#""A": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "Next": "B"},
           "B": {"Type": "Choice", "Choices": [{"Variable": "$$.Execution.Id", "IsNull": true, "Next": "A"}], "Default": "C"},
           "C": {"Type": "Pass", "InputPath": "$.a", "End": true}"#,
        &[],
    );
}

#[test]
fn plain_paths_of_jsonata_must_find_something() {
    let after = |output: &str, expression: &str| {
        format!(
            r#""A": {{"Type": "Pass", "Output": {output}, "Next": "B"}},
               "B": {{"Type": "Pass", "Output": {{"v": "{{% {expression} %}}"}}, "End": true}}"#
        )
    };
    let missed: &[(&str, &str)] = &[(NEVER, "/States/B/Output/v")];
    check_jsonata_states(&after(r#"{"a": 1}"#, "$states.input.b"), missed);
    check_jsonata_states(&after(r#"{"a": 1}"#, "$states.input.a"), &[]);
    check_jsonata_states(&after(r#"{"a": [{"b": 1}]}"#, "$states.input.a.b"), &[]);
    check_jsonata_states(&after(r#"{"a": [{"b": 1}]}"#, "$states.input.a.c"), missed);
    check_jsonata_states(&after(r#""{% $states.input.x %}""#, "$states.input.b"), &[]);
    for expression in
        ["$exists($states.input.b)", "$states.input.b ? 1 : 2", "[$states.input.b]", "$states.input.b & ''"]
    {
        check_jsonata_states(&after(r#"{"a": 1}"#, expression), &[]);
    }
    check_jsonata_states(
        r#""A": {"Type": "Task", "Resource": "a:b", "End": true,
                 "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Message %}", "Next": "B"}]},
           "B": {"Type": "Succeed"}"#,
        &[(NEVER, "/States/A/Catch/0/Output")],
    );
}
