use crate::lint::tests::{check_jsonata_states, check_states};

fn text(kilobytes: usize) -> String {
    format!("\"{}\"", "x".repeat(kilobytes * 1024))
}

fn told(place: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![("PAYLOAD_TOO_LARGE", place)]
}

/// A Pass, and another one that puts its result, of so many KiB, beside what the first one put out.
fn two(first: usize, second: usize, path: &str) -> String {
    format!(
        r#""A": {{"Type": "Pass", "Result": {}, "ResultPath": "$.a", "Next": "B"}},
           "B": {{"Type": "Pass", "Result": {}, "ResultPath": {path}, "Next": "C"}}, "C": {{"Type": "Succeed"}}"#,
        text(first),
        text(second)
    )
}

#[test]
fn results_are_put_beside_each_other() {
    check_states(&two(200, 200, r#""$.b""#), &told("/States/B/Result"));
    check_states(&two(200, 200, r#""$.b.c""#), &told("/States/B/Result"));
    check_states(&two(200, 200, r#""$.a""#), &[]);
    check_states(&two(200, 200, r#""$""#), &[]);
    check_states(&two(200, 200, "null"), &[]);
    check_states(&two(100, 100, r#""$.b""#), &[]);
    check_states(&two(200, 56, r#""$.b""#), &told("/States/B/Result"));
}

#[test]
fn templates_put_together_what_is_there() {
    let doubled = |parameters: &str| {
        format!(
            r#""A": {{"Type": "Pass", "Result": {{"x": {}}}, "Next": "B"}},
               "B": {{"Type": "Task", "Resource": "a:b", "Parameters": {{{parameters}}}, "End": true}}"#,
            text(150)
        )
    };
    check_states(&doubled(r#""a.$": "$.x", "b.$": "$.x""#), &told("/States/B/Parameters"));
    check_states(&doubled(r#""a.$": "$.x", "b.$": "$$.Execution.Id""#), &[]);
    check_states(&doubled(&format!(r#""a.$": "$", "b": {}"#, text(120))), &told("/States/B/Parameters"));
}

#[test]
fn variables_are_kept() {
    let states = |second: &str| {
        format!(
            r#""A": {{"Type": "Pass", "Assign": {{"a": {}}}, "Next": "B"}},
               "B": {{"Type": "Pass", "Parameters": {{"b": {}, "a.$": "{second}"}}, "End": true}}"#,
            text(150),
            text(150)
        )
    };
    check_states(&states("$a"), &told("/States/B/Parameters"));
    let jsonata = |second: &str| {
        format!(
            r#""A": {{"Type": "Pass", "Assign": {{"a": {}}}, "Next": "B"}},
               "B": {{"Type": "Pass", "Output": {{"b": {}, "a": "{{% {second} %}}"}}, "End": true}}"#,
            text(150),
            text(150)
        )
    };
    check_jsonata_states(&jsonata("$a"), &told("/States/B/Output"));
    check_jsonata_states(&jsonata("$substring($a, 0, 9)"), &[]);
}

#[test]
fn branches_are_put_together() {
    let parallel = |kilobytes: usize| {
        let branch = |name: &str| {
            format!(
                r#"{{"StartAt": "{name}", "States": {{"{name}": {{"Type": "Pass", "Result": {}, "End": true}}}}}}"#,
                text(kilobytes)
            )
        };
        format!(
            r#""A": {{"Type": "Parallel", "Branches": [{}, {}], "Next": "E"}}, "E": {{"Type": "Succeed"}}"#,
            branch("X"),
            branch("Y")
        )
    };
    check_states(&parallel(150), &told("/States/A"));
    check_states(&parallel(100), &[]);
    check_states(&parallel(150).replace(r#""Next": "E""#, r#""ResultPath": null, "Next": "E""#), &told("/States/A"));
}

#[test]
fn what_only_some_ways_have_does_not_count() {
    let way = |to: &str| {
        two(200, 200, r#""$.b""#).replace(
            r#""A": {"#,
            &format!(
                r#""A": {{"Type": "Choice", "Choices": [{{"Variable": "$.x", "IsPresent": true, "Next": "L"}}], "Default": "{to}"}}, "L": {{"#
            ),
        )
    };
    check_states(&way("B"), &[]);
    check_states(&way("C"), &told("/States/B/Result"));
    let looped = two(200, 20, r#""$.b""#).replace(
        r#""C": {"Type": "Succeed"}"#,
        r#""C": {"Type": "Choice", "Choices": [{"Variable": "$$.State.RetryCount", "NumericEquals": 1, "Next": "E"}], "Default": "B"}, "E": {"Type": "Succeed"}"#,
    );
    check_states(&looped, &[]);
}

/// A machine that puts out a text of 30 KiB, keeps it in `v`, and goes through `count` states like `state`, given its number and the next.
fn chain(count: usize, state: impl Fn(usize, usize) -> String) -> String {
    let first =
        format!(r#""A": {{"Type": "Pass", "Result": {{"x": {0}}}, "Assign": {{"v": {0}}}, "Next": "S0"}},"#, text(30));
    let states: String = (0..count).map(|number| state(number, number + 1)).collect();
    format!(r#"{first}{states}"S{count}": {{"Type": "Pass", "Parameters": {{"v.$": "$v"}}, "End": true}}"#)
}

#[test]
fn payloads_that_nest_deep_are_not_followed() {
    let wrapped =
        |number, next| format!(r#""S{number}": {{"Type": "Pass", "Parameters": {{"a.$": "$"}}, "Next": "S{next}"}},"#);
    check_states(&chain(10_000, wrapped), &[]);
    let path = format!("$.x{}", ".a".repeat(4_000));
    let deep = |number, next| {
        let result = text(20);
        format!(r#""S{number}": {{"Type": "Pass", "Result": {result}, "ResultPath": "{path}", "Next": "S{next}"}},"#)
    };
    check_states(&chain(2, deep), &[]);
}

#[test]
fn of_many_large_variables_some_are_followed() {
    const COUNT: usize = 3_000;
    let assigning = |number, next| {
        format!(r#""S{number}": {{"Type": "Pass", "Assign": {{"v{number}.$": "$v"}}, "Next": "S{next}"}},"#)
    };
    let reads: Vec<String> = (0..COUNT).map(|number| format!(r#""p{number}.$": "$v{number}""#)).collect();
    let states = chain(COUNT, assigning).replace(r#""v.$": "$v""#, &reads.join(", "));
    check_states(&states, &told("/States/S3000/Parameters"));
}
