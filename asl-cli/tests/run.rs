//! `asl run`.

use std::fs;
use std::path::PathBuf;

use crate::terminal::{Directory, Ran, asl};

const ORDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/run/order.asl.json");
const MOCKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/run/mocks.json");
const INPUT: &str = r#"{"items": ["a", "b"]}"#;

/// Runs the order with a test case of the mock file.
fn mocked(test_case: &str, more: &[&str]) -> Ran {
    let mut arguments = vec!["run", ORDER, "--input", INPUT, "--mock", MOCKS, "--test-case", test_case];
    arguments.extend(more);
    asl(&arguments, "")
}

/// A machine of one Task that calls the function `Charge`.
fn charge(more: &str) -> String {
    let resource = "arn:aws:lambda:us-east-1:000000000000:function:Charge";
    format!(
        r#"{{"StartAt": "Pay", "States": {{"Pay": {{"Type": "Task", "Resource": "{resource}", {more} "End": true}}}}}}"#
    )
}

/// A file that no other test has.
fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}

#[test]
fn mocks_answer_every_way_an_execution_can_go() {
    let check = |test_case: &str, code: i32, out: &str, err: &str| {
        let ran = mocked(test_case, &["--quiet"]);
        assert_eq!((ran.code, ran.out.trim_end(), ran.err.trim_end()), (code, out, err), "{test_case}");
    };
    let shipped = r#"{"items":["a","b"],"stock":{"id":7},"receipt":{"paid":5},"shipped":["shipped","shipped"]}"#;
    check("Paid", 0, shipped, "");
    check("BusyAtFirst", 0, shipped, "");
    check("AlwaysBusy", 1, "", "the execution failed: Busy\ncause: try later");
    check("Declined", 1, "", "the execution failed: OrderFailed\ncause: insufficient funds");
    check("Unknown", 1, "", "the execution failed: Oops");
    check("NotShipped", 1, "", "the execution failed: Lost\ncause: at sea");
    check(
        "ShippedOnce",
        1,
        "",
        "the execution failed: States.Runtime\ncause: the mocked response `ShippedOnce` has no answer to invocation 1 \
         of state `Ship`, only to 0",
    );
}

#[test]
fn progress_shows_what_a_person_waits_for() {
    insta::assert_snapshot!("progress_of_retries", mocked("BusyAtFirst", &[]).err);
    insta::assert_snapshot!("progress_of_a_failure", mocked("NotShipped", &[]).err);
    let coloured = mocked("Declined", &["--color", "always"]).err;
    assert!(coloured.contains("\u{1b}[31m✗\u{1b}[0m Charge: CardDeclined: insufficient funds"), "{coloured}");
}

#[test]
fn the_history_takes_the_place_of_the_output() {
    let ran = mocked("Paid", &["--quiet", "--history", "json", "--start-at", "2026-01-01T00:00:00Z"]);
    assert_eq!((ran.code, &*ran.err), (0, ""));
    let history: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(history["events"][0]["type"], "ExecutionStarted");
    assert_eq!(history["events"][0]["timestamp"], 1_767_225_600.0);
    let ran = mocked("Declined", &["--quiet", "--history", "table"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("history_as_a_table", ran.out);
}

#[test]
fn tasks_that_nobody_answers_are_told_before_the_start() {
    let ran = asl(&["run", ORDER], "");
    assert_eq!((ran.code, &*ran.out), (2, ""));
    insta::assert_snapshot!("nobody_answers", ran.err);
    let activity =
        charge("").replace("lambda:us-east-1:000000000000:function", "states:us-east-1:000000000000:activity");
    assert_eq!(asl(&["run", "-"], &activity).code, 2);
}

#[test]
fn what_the_mock_file_lacks_is_told() {
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let mut all = vec!["run", ORDER, "--mock", MOCKS];
        all.extend(arguments);
        let ran = asl(&all, "");
        assert_eq!((ran.code, ran.err.replace(MOCKS, "mocks.json").trim_end()), (code, expected));
    };
    let cases = "AlwaysBusy, BusyAtFirst, ChargeOnly, Declined, Misnamed, NotShipped, Paid, ShippedOnce, Unknown";
    check(&[], 2, &format!("error: mocks.json: which test case is meant? say --test-case with one of {cases}"));
    check(
        &["--test-case", "Payd"],
        2,
        "error: mocks.json: the mock file has no test case `Payd`; did you mean `Paid`?",
    );
    check(
        &["--test-case", "Paid", "--machine", "Orders"],
        2,
        "error: mocks.json: the mock file has no state machine `Orders`; did you mean `Order`?",
    );
    let misnamed = mocked("Misnamed", &[]);
    assert_eq!(misnamed.code, 1);
    insta::assert_snapshot!("states_that_do_not_exist", misnamed.err.replace(MOCKS, "mocks.json"));
}

#[test]
fn faults_of_a_mock_file_are_shown_where_they_are() {
    let path = file("broken-mocks.json");
    fs::write(&path, "{\n  \"StateMachines\": {\"M\": {\"TestCases\": {\"C\": {\"A\": \"Rr\"}}}},\n  \"MockedResponses\": {\"R\": {\"1\": {\"Return\": 1}}}\n}").unwrap();
    let name = path.to_str().unwrap();
    let ran = asl(&["run", ORDER, "--mock", name, "--test-case", "C"], "");
    assert_eq!((ran.code, &*ran.out), (1, ""));
    fs::write(&path, "{\n  \"StateMachines\": {\n    \"M\": {\"TestCases\": {\"C\": {\"Pay\": \"R\"}, \"D\": {\"Pay\": \"Rr\"}}},\n    \"N\": {\"TestCases\": {}}\n  },\n  \"MockedResponses\": {\"R\": {\"0\": {\"Return\": 1}}}\n}").unwrap();
    let mocked = |test_case: &str, machine: &str| {
        let arguments = ["run", "-", "--quiet", "--mock", name, "--test-case", test_case, "--machine", machine];
        asl(&arguments, &charge(""))
    };
    for (test_case, machine) in [("C", "M"), ("M#C", "Other")] {
        let answered = mocked(test_case, machine);
        assert_eq!((answered.code, &*answered.out), (0, "1\n"), "{}", answered.err);
    }
    let dangling = mocked("M#D", "M").err;
    assert!(dangling.contains("`Rr`") && dangling.contains(":3:57 (/StateMachines/M/TestCases/D/Pay)"), "{dangling}");
    insta::assert_snapshot!("faults_of_a_mock_file", ran.err.replace(name, "mocks.json"));
}

#[test]
fn a_wrong_definition_or_input_is_shown() {
    let ran = asl(&["run", "-"], r#"{"StartAt": "A", "States": {}}"#);
    assert_eq!((ran.code, &*ran.out), (1, ""));
    assert!(ran.err.contains("-:1:"), "{}", ran.err);
    let succeed = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#;
    let check = |input: &str, code: i32, out: &str, err: &str| {
        let ran = asl(&["run", "-", "--quiet", "--input", input], succeed);
        assert_eq!((ran.code, &*ran.out), (code, out), "{}", ran.err);
        assert!(ran.err.starts_with(err), "{}", ran.err);
    };
    check("[1, 2.50]", 0, "[1,2.5]\n", "");
    check("-5", 0, "-5\n", "");
    check("nofile.json", 2, "", "error: `--input` is neither a file nor JSON: ");
    check("-", 2, "", "error: standard input cannot be the definition and the input at once");
    let path = file("input.json");
    fs::write(&path, "{\"a\": }").unwrap();
    check(path.to_str().unwrap(), 1, "", "error[INVALID_JSON_DESCRIPTION]");
    fs::write(&path, "{\"a\": 1}").unwrap();
    check(path.to_str().unwrap(), 0, "{\"a\":1}\n", "");
}

#[test]
fn definitions_in_yaml_and_in_templates_are_run() {
    let run = |name: &str, text: &str, more: &[&str]| {
        let path = file(name);
        fs::write(&path, text).unwrap();
        let mut arguments = vec!["run", path.to_str().unwrap(), "--quiet"];
        arguments.extend(more);
        asl(&arguments, "")
    };
    let ran = run("run.asl.yaml", "StartAt: A\nStates:\n  A: {Type: Pass, Result: 5, End: true}\n", &[]);
    assert_eq!((ran.code, &*ran.out), (0, "5\n"), "{}", ran.err);
    let machine = |name: &str, result: &str| {
        format!(
            "  {name}:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        \
             StartAt: A\n        States: {{A: {{Type: Pass, Result: {result}, End: true}}}}\n"
        )
    };
    let template = format!("Resources:\n{}{}", machine("One", "1"), machine("Two", "2"));
    let ran = run("run.template.yaml", &template, &["--machine", "Two"]);
    assert_eq!((ran.code, &*ran.out), (0, "2\n"), "{}", ran.err);
    let ran = run("run.template.yaml", &template, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.ends_with("which state machine is meant? say --machine with one of One, Two\n"), "{}", ran.err);
    let only = format!("Resources:\n{}", machine("Orders", "1"));
    for command in ["run", "graph"] {
        for (name, template, reason) in
            [("Order", &only, "did you mean `Orders`?"), ("Four", &template, "it has One, Two")]
        {
            let ran = asl(&[command, "-", "--machine", name], template);
            let expected = format!("error: -: the template has no state machine `{name}`; {reason}\n");
            assert_eq!((ran.code, ran.err), (2, expected));
        }
    }
}

#[test]
fn a_definition_in_a_file_that_a_template_names_is_run_and_drawn() {
    let template = "\
Resources:
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machines/orders.asl.json
      DefinitionSubstitutions: {Seconds: 400}
      Type: EXPRESS
";
    let wait = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}"#;
    let files = [("app/template.yaml", template), ("app/machines/orders.asl.json", wait)];
    let directory = Directory::new("run-named", &files);
    let ran = directory.asl(&["run", "app/template.yaml", "--quiet"]);
    assert_eq!((ran.code, &*ran.err), (1, "the execution timed out: States.Timeout\n"));
    let drawn = directory.asl(&["graph", "app/template.yaml"]);
    assert_eq!((drawn.code, &drawn.out), (0, &directory.asl(&["graph", "app/machines/orders.asl.json"]).out));
    directory.write("app/machines/orders.asl.json", br#"{"StartAt": "B"}"#);
    let ran = directory.asl(&["run", "app/template.yaml"]);
    assert!(ran.code == 1 && ran.err.contains(" --> app/machines/orders.asl.json:1:1"), "{}", ran.err);
}

#[test]
fn an_express_machine_runs_for_five_minutes_whoever_says_that_it_is_one() {
    let run = |seconds: u32, properties: &str, more: &[&str]| {
        let template = format!(
            "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n{properties}      Definition:\n        \
             StartAt: A\n        States: {{A: {{Type: Wait, Seconds: {seconds}, End: true}}}}\n"
        );
        let mut arguments = vec!["run", "-", "--quiet"];
        arguments.extend(more);
        asl(&arguments, &template).code
    };
    let express = "      Type: EXPRESS\n";
    assert_eq!((run(299, express, &[]), run(301, express, &[])), (0, 1));
    assert_eq!((run(301, "", &[]), run(301, "", &["--type", "express"])), (0, 1));
    assert_eq!(run(301, "      Type: STANDARD\n", &["--type", "express"]), 0);
}

#[test]
fn the_person_at_the_terminal_answers() {
    let path = file("asked.asl.json");
    fs::write(&path, charge(r#""Retry": [{"ErrorEquals": ["Busy"]}],"#)).unwrap();
    let ask = |answers: &str| asl(&["run", path.to_str().unwrap(), "--ask", "--input", r#"{"amount":5}"#], answers);
    let ran = ask("fail Busy try later\nno\n{\"paid\":\n5}\n");
    assert_eq!((ran.code, &*ran.out), (0, "{\"paid\":5}\n"));
    insta::assert_snapshot!("asking", ran.err);
    let ran = ask("");
    assert_eq!((ran.code, &*ran.out), (1, ""));
    assert!(ran.err.contains("standard input ended before state `Pay` was answered"), "{}", ran.err);
}

#[test]
fn snapshots_are_written_compared_and_updated() {
    let path = file("order.history.txt");
    let snapshot = path.to_str().unwrap();
    let run = |test_case: &str, more: &[&str]| {
        let mut all = vec!["--quiet", "--snapshot", snapshot];
        all.extend(more);
        mocked(test_case, &all)
    };
    let missing = run("Declined", &[]);
    assert_eq!((missing.code, &*missing.out), (1, ""));
    assert!(missing.err.contains("write it with --update") && !path.exists(), "{}", missing.err);

    let written = run("Declined", &["--update"]);
    assert_eq!((written.code, &*written.out, &*written.err), (0, "", ""));
    insta::assert_snapshot!("a_snapshot", fs::read_to_string(&path).unwrap());
    let same = run("Declined", &["--start-at", "2031-01-01T00:00:00Z", "--seed", "9"]);
    assert_eq!((same.code, &*same.out, &*same.err), (0, "", ""));

    let different = run("Unknown", &[]);
    assert_eq!(different.code, 1);
    assert!(different.err.contains("accept it with --update"), "{}", different.err);
    insta::assert_snapshot!("a_difference", different.out.replace(snapshot, "order.history.txt"));
    run("Unknown", &["--update"]);
    assert_eq!(run("Unknown", &[]).code, 0);
}

#[test]
fn snapshots_hide_seeds_tokens_and_times() {
    let path = file("paid.history.txt");
    let snapshot = path.to_str().unwrap();
    assert_eq!(mocked("Paid", &["--snapshot", snapshot, "--update"]).code, 0);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("<task-token:1>") && text.contains("<task-token:2>"), "{text}");
    assert_eq!(mocked("Paid", &["--snapshot", snapshot, "--seed", "1"]).code, 0);
}

#[test]
fn a_test_case_may_leave_out_what_it_does_not_reach() {
    assert!(mocked("Declined", &["-q"]).err.starts_with("the execution failed: OrderFailed"));
    let ran = mocked("ChargeOnly", &["-q"]);
    assert_eq!((ran.code, &*ran.out), (1, ""));
    let told = "the execution was aborted: Unanswered\ncause: the test case does not mock state `Ship`";
    assert!(ran.err.starts_with(told), "{}", ran.err);
}

#[test]
fn placeholders_are_filled_in() {
    let definition = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}"#;
    let ran = asl(&["run", "-", "--substitute", "Seconds=5", "--quiet"], definition);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "{}\n", ""));
    let ran = asl(&["run", "-", "--quiet"], definition);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert!(ran.err.contains("`${Seconds}`; give each one with --substitute NAME=VALUE"), "{}", ran.err);
}

#[cfg(unix)]
mod handlers {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    use super::*;

    fn run(more: &str, command: &str) -> Ran {
        let handler = format!("Charge={command}");
        asl(&["run", "-", "--quiet", "--handler", &handler, "--input", r#"{"amount":5}"#], &charge(more))
    }

    #[test]
    fn commands_take_and_give_json() {
        let check = |command: &str, out: &str| {
            let ran = run("", command);
            assert_eq!((ran.code, ran.out.trim_end(), &*ran.err), (0, out, ""), "{command}");
        };
        check("cat", r#"{"amount":5}"#);
        check(r#"echo '{"paid": 5}'"#, r#"{"paid":5}"#);
        check(
            r#"echo "[\"$ASL_STATE_NAME\", $ASL_RETRY_COUNT, $ASL_INVOCATION, \"${ASL_TASK_TOKEN-none}\"]""#,
            r#"["Pay",0,0,"none"]"#,
        );
    }

    #[test]
    fn a_command_that_fails_fails_its_task() {
        let check = |command: &str, err: &str| {
            let ran = run("", command);
            assert_eq!((ran.code, &*ran.out, ran.err.trim_end()), (1, "", err), "{command}");
        };
        check(
            r#"echo '{"Error": "CardDeclined", "Cause": "no funds"}'; exit 1"#,
            "the execution failed: CardDeclined\ncause: no funds",
        );
        check(r#"echo '{"Error": "CardDeclined"}'; exit 1"#, "the execution failed: CardDeclined");
        check("echo broken >&2; exit 3", "the execution failed: HandlerFailed\ncause: broken");
        check("exit 3", "the execution failed: HandlerFailed\ncause: exit status: 3");
        check("true", "the execution failed: HandlerFailed\ncause: the command printed nothing");
        check(
            "echo paid",
            "the execution failed: HandlerFailed\ncause: the command printed no JSON: expected value at line 1 column 1",
        );
        check("yes", "the execution failed: HandlerFailed\ncause: the command printed more than 1048576 bytes");
        let long = run("", "yes error | head -c 100000 >&2; exit 1");
        assert!(long.err.len() < 2_200, "{}", long.err.len());
    }

    #[test]
    fn what_a_command_leaves_running_is_not_waited_for() {
        let check = |command: &str, code: i32, out: &str, err: &str| {
            let ran = run("", command);
            assert_eq!((ran.code, ran.out.trim_end(), ran.err.trim_end()), (code, out, err), "{command}");
        };
        // What is left running ends by itself once the pipe is gone that it holds open.
        let lingers = "(while sleep 1; do echo >&2; done) &";
        check(&format!("{lingers} echo 1"), 0, "1", "");
        let failed = "the execution failed: HandlerFailed\ncause: broken";
        check(&format!("{lingers} echo broken >&2; exit 3"), 1, "", failed);
    }

    #[test]
    fn retries_run_the_command_again() {
        let ran = run(
            r#""Retry": [{"ErrorEquals": ["HandlerFailed"], "IntervalSeconds": 3600}],"#,
            r#"[ "$ASL_RETRY_COUNT" = 2 ] && echo "$ASL_INVOCATION""#,
        );
        assert_eq!((ran.code, &*ran.out), (0, "2\n"), "{}", ran.err);
    }

    #[test]
    fn a_command_that_takes_too_long_is_killed_and_the_task_times_out() {
        for more in [&[] as &[&str], &["--real-time"]] {
            let mut arguments = vec!["run", "-", "--quiet", "--handler", "Charge=sleep 1000 & sleep 1000; echo 1"];
            arguments.extend(more);
            let ran = asl(&arguments, &charge(r#""TimeoutSeconds": 1,"#));
            assert_eq!((ran.code, ran.err.trim_end()), (1, "the execution failed: States.Timeout"));
        }
    }

    #[test]
    fn patterns_and_functions_of_lambda_invoke_have_handlers() {
        let definition = r#"{"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "Charge", "Payload": {"n": 1}}, "ResultPath": "$.a", "Next": "B"},
            "B": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "ResultPath": "$.b", "End": true}
        }}"#;
        let token = r#"*sqs*=[ ${#ASL_TASK_TOKEN} -gt 64 ] && echo '"sent"'"#;
        let ran = asl(&["run", "-", "--quiet", "--handler", "Charge=cat", "--handler", token], definition);
        let expected = r#"{"a":{"ExecutedVersion":"$LATEST","Payload":{"n":1},"StatusCode":200},"b":"sent"}"#;
        assert_eq!((ran.code, ran.out.trim_end()), (0, expected), "{}", ran.err);
    }

    #[test]
    fn an_execution_in_real_time_is_the_same() {
        let ran = asl(&["run", "-", "--real-time", "--handler", "Charge=cat", "--input", "[1]"], &charge(""));
        assert_eq!((ran.code, &*ran.out), (0, "[1]\n"));
        assert!(ran.err.contains("▸ Pay (Task)") && ran.err.contains("✓ execution succeeded"), "{}", ran.err);
    }

    #[test]
    fn ctrl_c_aborts_the_execution() {
        let wait = file("wait.asl.json");
        fs::write(&wait, r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1000, "End": true}}}"#)
            .unwrap();
        let slow = file("slow.asl.json");
        fs::write(&slow, charge("")).unwrap();
        for (path, more) in [(&wait, "--real-time"), (&slow, "--real-time"), (&slow, "--seed=0")] {
            let mut child = Command::new(env!("CARGO_BIN_EXE_asl"))
                .args(["run", path.to_str().unwrap(), more, "--handler", "Charge=sleep 1000; echo 1"])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut err = BufReader::new(child.stderr.take().unwrap());
            let mut line = String::new();
            err.read_line(&mut line).unwrap();
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            let mut rest = String::new();
            err.read_to_string(&mut rest).unwrap();
            let code = child.wait().unwrap().code();
            assert_eq!(code, Some(1), "{line}{rest}");
            assert!(rest.contains("the execution was aborted: Interrupted\ncause: Ctrl-C was pressed"), "{line}{rest}");
        }
    }
}
