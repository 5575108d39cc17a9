use super::super::tests::{check_jsonata_states, check_states};

const TOLD: &[(&str, &str)] = &[("LOOP_WITHOUT_WAIT", "/States/A")];
const CAUGHT: &[(&str, &str)] = &[("LOOP_WITHOUT_WAIT", "/States/A/Catch/0/Next")];

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:f";
const GET: &str = "arn:aws:states:::aws-sdk:glue:getJobRun";
const LIST: &str = "arn:aws:states:::aws-sdk:s3:listObjectsV2";

const OF_JOB: &str = r#""Parameters": {"Id.$": "$.id"}, "ResultPath": "$.r""#;
const IS_DONE: &str = r#""Variable": "$.r.State", "StringEquals": "DONE""#;
const RUNS: &str = r#""Variable": "$.r.State", "StringEquals": "RUNNING""#;

/// A Task, and a Choice with one rule that leads to the end, or back if `is_back`.
fn polling(resource: &str, fields: &str, test: &str) -> String {
    between(resource, fields, r#""Next": "B""#, test)
}

/// The same with other states in between, that end with B.
fn between(resource: &str, fields: &str, next: &str, test: &str) -> String {
    let (to, default) = if test.contains("RUNNING") { ("A", "E") } else { ("E", "A") };
    format!(
        r#""A": {{"Type": "Task", "Resource": "{resource}", {fields}, {next}}},
           "B": {{"Type": "Choice", "Choices": [{{{test}, "Next": "{to}"}}], "Default": "{default}"}},
           "E": {{"Type": "Succeed"}}"#
    )
}

#[test]
fn a_status_is_asked_for_again_at_once() {
    check_states(&polling(GET, OF_JOB, IS_DONE), TOLD);
    check_states(&polling(GET, OF_JOB, RUNS), TOLD);
    check_states(&polling(FUNCTION, OF_JOB, RUNS), TOLD);
    check_states(&polling(FUNCTION, r#""ResultPath": "$.r""#, RUNS), TOLD);
    check_states(&polling(FUNCTION, r#""TimeoutSeconds": 5"#, &RUNS.replace("$.r.", "$.")), TOLD);
    let guarded = format!(r#""And": [{{"Variable": "$.r.State", "IsPresent": true}}, {{{RUNS}}}]"#);
    check_states(&polling(FUNCTION, OF_JOB, &guarded), TOLD);
    // A pause of no time is none.
    let wait = |seconds: u8| format!(r#""Next": "W"}}, "W": {{"Type": "Wait", "Seconds": {seconds}, "Next": "B""#);
    check_states(&between(GET, OF_JOB, &wait(0), IS_DONE), TOLD);
    check_states(&between(GET, OF_JOB, &wait(1), IS_DONE), &[]);
}

#[test]
fn a_call_that_only_reads_has_the_same_answer_for_a_while() {
    for test in [
        r#""Variable": "$.r.JobRun", "IsPresent": true"#,
        r#""Variable": "$.r.Ready", "BooleanEquals": true"#,
        r#""Variable": "$.r.Count", "NumericGreaterThan": 3"#,
    ] {
        check_states(&polling(GET, OF_JOB, test), TOLD);
        // A function may work something off, round by round.
        check_states(&polling(FUNCTION, OF_JOB, test), &[]);
    }
}

#[test]
fn a_task_may_wait_itself() {
    let parameters = OF_JOB.replace(r#""Id.$""#, r#""T.$": "$$.Task.Token", "Id.$""#);
    let bounded = format!(r#""TimeoutSeconds": 60, {parameters}"#);
    for resource in [
        "arn:aws:states:::glue:startJobRun.sync",
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "arn:aws:states:eu-west-1:123456789012:activity:ask",
    ] {
        check_states(&polling(resource, &bounded, RUNS), &[]);
    }
}

#[test]
fn pages_are_turned_at_once() {
    let present = r#""Variable": "$.page.NextToken", "IsPresent": false"#;
    let parameters = r#""Parameters": {"ContinuationToken.$": "$.page.NextToken"}, "ResultPath": "$.page""#;
    check_states(&polling(LIST, parameters, present), &[]);
    check_states(&polling(FUNCTION, parameters, present), &[]);
    check_states(&polling(FUNCTION, r#""ResultPath": "$.page""#, present), &[]);
    let more = r#""Variable": "$.page.More", "StringEquals": "NO""#;
    check_states(&polling(LIST, parameters, more), &[]);
    check_states(&polling(FUNCTION, parameters, more), &[]);
}

#[test]
fn work_is_done_at_once() {
    // Whether there is more: the function keeps count.
    let more = r#""Variable": "$.r.more", "BooleanEquals": false"#;
    check_states(&polling(FUNCTION, r#""ResultPath": "$.r""#, more), &[]);
    let next = r#""Variable": "$.r.next", "StringEquals": "NOTHING""#;
    check_states(&polling(FUNCTION, OF_JOB, next), &[]);
    // What is found is handed on to another call.
    let handled = format!(
        r#""Next": "H"}}, "H": {{"Type": "Task", "Resource": "{FUNCTION}", "Parameters": {{"m.$": "$.r.M"}}, "ResultPath": null, "Next": "B""#
    );
    check_states(&between(GET, OF_JOB, &handled, r#""Variable": "$.r.M", "IsPresent": false"#), &[]);
}

#[test]
fn a_counter_bounds_the_loop() {
    let count = r#""Next": "C"}, "C": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.c.n, 1)"}, "ResultPath": "$.c", "Next": "B""#;
    let both = format!(r#""And": [{{{RUNS}}}, {{"Variable": "$.c.n", "NumericLessThan": 9}}]"#);
    check_states(&between(GET, OF_JOB, count, &both), &[]);
    let other = count.replace(
        r#""Next": "B""#,
        r#""Next": "D"}, "D": {"Type": "Choice", "Choices": [{"Variable": "$.c.n", "NumericGreaterThan": 9, "Next": "E"}], "Default": "B""#,
    );
    check_states(&between(GET, OF_JOB, &other, IS_DONE), &[]);
    for bound in [
        r#""Variable": "$$.State.RetryCount", "NumericLessThan": 9"#,
        r#""Variable": "$$.State.EnteredTime", "TimestampLessThan": "2030-01-01T00:00:00Z""#,
    ] {
        check_states(&polling(GET, OF_JOB, &format!(r#""And": [{{{RUNS}}}, {{{bound}}}]"#)), &[]);
    }
}

#[test]
fn the_same_in_jsonata() {
    let arguments = r#""Arguments": {"Id": "{% $id %}"}, "Assign": {"state": "{% $states.result.State %}"}, "Output": "{% $states.input %}""#;
    let begin = |test: &str, fields: &str, resource: &str| {
        let states = polling(resource, fields, &format!(r#""Condition": "{{% {test} %}}""#))
            .replacen("\"A\":", "\"X\":", 1)
            .replace(r#""Default": "A""#, r#""Default": "X""#)
            .replace(r#""Next": "A""#, r#""Next": "X""#);
        format!(r#""A": {{"Type": "Pass", "Assign": {{"id": 1, "n": 0}}, "Next": "X"}}, {states}"#)
    };
    let told: &[(&str, &str)] = &[("LOOP_WITHOUT_WAIT", "/States/X")];
    for (test, resource, expected) in [
        ("$state = 'RUNNING'", GET, told),
        ("$state = 'RUNNING'", FUNCTION, told),
        ("$state in ['RUNNING', 'PENDING']", FUNCTION, told),
        ("$exists($state) and $state = 'RUNNING'", FUNCTION, told),
        ("$state", GET, told),
        ("$state", FUNCTION, &[]),
        ("$state = 'RUNNING' and $now() < '2030'", FUNCTION, &[]),
        ("$state = 'RUNNING' and $states.context.State.RetryCount = 0", FUNCTION, &[]),
    ] {
        check_jsonata_states(&begin(test, arguments, resource).replace(r#", "n": 0"#, ""), expected);
    }
    let counting = arguments.replace(r#""Assign": {"#, r#""Assign": {"n": "{% $n + 1 %}", "#);
    for test in ["$state = 'RUNNING' and $n < 9", "$n > 9 or $state = 'DONE'"] {
        check_jsonata_states(&begin(test, &counting, GET), &[]);
    }
    let paging = r#""Arguments": {"Id": "{% $id %}", "NextToken": "{% $token %}"}, "Assign": {"token": "{% $states.result.NextToken %}"}, "Output": "{% $states.input %}""#;
    let states = begin("$exists($token)", paging, LIST).replace(r#""n": 0"#, r#""token": """#);
    check_jsonata_states(&states, &[]);
}

fn catching(fields: &str, names: &str, next: &str, more: &str) -> String {
    format!(
        r#""A": {{"Type": "Task", "Resource": "{FUNCTION}", {fields}
                  "Catch": [{{"ErrorEquals": [{names}], "ResultPath": "$.error", "Next": "{next}"}}], "Next": "E"}},
           {more} "E": {{"Type": "Succeed"}}"#
    )
}

#[test]
fn an_error_leads_back_at_once() {
    let (all, named) = (r#""States.ALL""#, r#""Throttled""#);
    for names in [all, named, r#""States.Timeout", "States.TaskFailed""#] {
        check_states(&catching("", names, "A", ""), CAUGHT);
    }
    let pass = r#""P": {"Type": "Pass", "Next": "A"},"#;
    check_states(&catching("", all, "P", pass), CAUGHT);
    let wait = r#""P": {"Type": "Wait", "Seconds": 5, "Next": "A"},"#;
    check_states(&catching("", all, "P", wait), &[]);
    let task = format!(r#""P": {{"Type": "Task", "Resource": "{FUNCTION}", "ResultPath": null, "Next": "A"}},"#);
    check_states(&catching("", all, "P", &task), CAUGHT);
    // What is called may mend what is named.
    check_states(&catching("", named, "P", &task), &[]);
    let inner = r#""P": {"Type": "Parallel", "ResultPath": null, "Next": "A", "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Wait", "Seconds": 5, "End": true}}}]},"#;
    check_states(&catching("", all, "P", inner), &[]);
}

#[test]
fn an_error_that_has_taken_its_time_may_lead_back() {
    check_states(&catching(r#""TimeoutSeconds": 5,"#, r#""States.Timeout""#, "A", ""), &[]);
    let retry =
        |attempts: u8, names: &str| format!(r#""Retry": [{{"ErrorEquals": [{names}], "MaxAttempts": {attempts}}}],"#);
    check_states(&catching(&retry(3, r#""States.ALL""#), r#""States.ALL""#, "A", ""), &[]);
    check_states(&catching(&retry(3, r#""States.TaskFailed""#), r#""Throttled""#, "A", ""), &[]);
    check_states(&catching(&retry(0, r#""States.ALL""#), r#""States.ALL""#, "A", ""), CAUGHT);
    check_states(&catching(&retry(3, r#""Throttled""#), r#""States.ALL""#, "A", ""), CAUGHT);
}

#[test]
fn a_catcher_may_count_or_try_something_else() {
    let all = r#""States.ALL""#;
    let count = r#""P": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.c.n, 1)"}, "ResultPath": "$.c", "Next": "Q"},
                   "Q": {"Type": "Choice", "Choices": [{"Variable": "$.c.n", "NumericLessThan": 3, "Next": "A"}], "Default": "E"},"#;
    check_states(&catching("", all, "P", count), &[]);
    let other = r#""P": {"Type": "Pass", "Result": "eu-west-2", "ResultPath": "$.region", "Next": "A"},"#;
    check_states(&catching(r#""Parameters": {"Region.$": "$.region"},"#, all, "P", other), &[]);
    check_states(&catching(r#""Parameters": {"Id.$": "$.id"},"#, all, "P", other), CAUGHT);
    check_states(&catching(r#""Parameters": {"last.$": "$.error"},"#, all, "A", ""), &[]);
}

#[test]
fn what_reads_changes_or_catches_a_lot_costs_little() {
    const COUNT: usize = 3_000;
    let many = |written: fn(usize) -> String| (0..COUNT).map(written).collect::<Vec<_>>().join(", ");
    let parameters = many(|number| format!(r#""p{number}.$": "$.p.f{number}""#));
    let catchers = many(|number| format!(r#"{{"ErrorEquals": ["E{number}"], "ResultPath": "$.e", "Next": "P"}}"#));
    let retriers = many(|number| format!(r#"{{"ErrorEquals": ["R{number}"]}}"#));
    let fields =
        format!(r#""Parameters": {{{parameters}}}, "ResultPath": "$.r", "Catch": [{catchers}], "Retry": [{retriers}]"#);
    let pass = r#""P": {"Type": "Pass", "Result": 1, "ResultPath": "$.q", "Next": "A"}"#;
    check_states(&format!("{}, {pass}", polling(GET, &fields, IS_DONE)), &[]);
}
