//! The command line: what is printed, and with which exit code it ends.

use std::path::PathBuf;
use std::process::ExitCode;

use asl_core::{Options, check_with};
use clap::Parser as _;
use deploy_workflow::artifact::pack;
use deploy_workflow::cli::{Arguments, run};
use deploy_workflow::definitions::Definition;
use deploy_workflow::scenario::Scenario;
use serde_json::{Value as Json, json};

struct Ended {
    code: ExitCode,
    out: String,
    err: String,
}

fn deploy(arguments: &[&str]) -> Ended {
    let all = std::iter::once("deploy-workflow").chain(arguments.iter().copied());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&Arguments::try_parse_from(all).unwrap(), &mut out, &mut err);
    Ended { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

/// A file with this content, in the folder that cargo keeps for tests.
fn file(name: &str, content: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[test]
fn every_scenario_ends_as_it_says() {
    const FAIL: [&str; 8] = [
        "replacement-rejected",
        "removal-rejected",
        "create-fails",
        "stuck",
        "access-denied",
        "broken-artifact",
        "blue-green-fixed-name",
        "wait-rollback",
    ];
    for Scenario { name, .. } in Scenario::ALL {
        let ended = deploy(&["--scenario", name]);
        let expected = if FAIL.contains(name) { ExitCode::from(1) } else { ExitCode::SUCCESS };
        assert_eq!(format!("{:?}", ended.code), format!("{expected:?}"), "{}", ended.out);
        assert_eq!(ended.err, "");
    }
}

#[test]
fn a_person_sees_each_state_as_it_happens_and_a_summary() {
    let ended = deploy(&["--scenario", "replacement-rejected"]);
    let deterministic: Vec<_> = ended.out.lines().filter(|line| !line.starts_with("All of it took")).collect();
    insta::assert_snapshot!(deterministic.join("\n"));
}

#[test]
fn a_program_sees_one_object_per_line() {
    let ended = deploy(&["--scenario", "create", "--json"]);
    let lines: Vec<Json> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kind = |line: &Json| line["kind"].as_str().unwrap().to_owned();
    let mut kinds: Vec<_> = lines.iter().map(kind).collect();
    kinds.dedup();
    let expected = ["scenario", "job", "pipeline", "history", "pipeline", "history", "pipeline", "summary", "end"];
    assert_eq!(kinds, expected);
    let events: Vec<_> = lines.iter().filter(|line| line["kind"] == "history").map(|line| &line["event"]).collect();
    assert_eq!(events.first().unwrap()["type"], "ExecutionStarted");
    assert_eq!(events.last().unwrap()["type"], "ExecutionSucceeded");
    let summary = lines.iter().find(|line| line["kind"] == "summary").unwrap();
    assert_eq!(summary["output"]["stackCreationStatus"], "complete");
    assert_eq!(summary["pipeline"], "Succeeded");
}

#[test]
fn output_that_nobody_reads_on_ends_quietly() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for arguments in [&["deploy-workflow"][..], &["deploy-workflow", "--list-scenarios"]] {
        let mut err = Vec::new();
        let code = run(&Arguments::try_parse_from(arguments).unwrap(), &mut Closed, &mut err);
        assert_eq!((code, err), (ExitCode::SUCCESS, Vec::new()), "{arguments:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_output() {
    let events = |seed: &str| {
        let ended = deploy(&["--scenario", "throttled", "--json", "--seed", seed]);
        let history = ended.out.lines().filter(|line| line.starts_with(r#"{"kind":"history""#));
        history.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(events("7"), events("7"));
    assert_ne!(events("7"), events("8"));
}

#[test]
fn bad_input_is_a_clear_error_with_help_and_exit_code_2() {
    let check = |arguments: &[&str], expected: &str| {
        let ended = deploy(arguments);
        assert_eq!(format!("{:?}", ended.code), format!("{:?}", ExitCode::from(2)), "{arguments:?}");
        assert_eq!(ended.out, "", "{arguments:?}");
        let message = ended.err.replace(env!("CARGO_TARGET_TMPDIR"), "TMP").replace('\\', "/");
        let (error, help) = message.split_once('\n').unwrap();
        assert_eq!(error, expected);
        assert!(help.starts_with("help: "), "{help}");
    };
    check(
        &["--input", "no-such-file.json"],
        "error: cannot read `no-such-file.json`: No such file or directory (os error 2)",
    );
    let malformed = file("malformed.json", b"{\n  \"environmentName\": \"prod\",,\n}");
    check(&["--input", &malformed], "error: TMP/malformed.json:2:29: key must be a string");
    let unknown = file("unknown.json", br#"{"stack": "app"}"#);
    check(
        &["--input", &unknown],
        "error: TMP/unknown.json:1:8: unknown field `stack`, expected one of `environmentName`, `stackName`, \
         `templatePath`, `capabilities`, `parameters`, `changePolicy`",
    );
    let name = file("name.json", br#"{"environmentName": "1", "stackName": "app", "templatePath": "t.yaml"}"#);
    check(
        &["--input", &name],
        "error: `1-app`, made of environmentName and stackName, is no name for a stack: \
         it must begin with a letter, have letters, digits and hyphens only, and at most 128 of them",
    );
    let escapes =
        file("escapes.json", br#"{"environmentName": "dev", "stackName": "app", "templatePath": "../t.yaml"}"#);
    check(
        &["--input", &escapes],
        "error: path `../t.yaml` points outside of the artifact; give it relative to the artifact's root",
    );
    let slip = file("slip.zip", &pack(&[("infra/template.yaml", b""), ("../evil", b"")]).unwrap());
    check(&["--artifact", &slip], "error: entry `../evil` of the artifact points outside of the archive");
    let text = file("text.zip", b"not a zip archive");
    check(
        &["--artifact", &text],
        "error: the artifact is not a readable zip archive: invalid Zip archive: Could not find EOCD",
    );
    check(&["--scenario", "nope"], "error: there is no scenario `nope`");
}

#[test]
fn a_definition_is_printed_with_the_functions_of_an_account_or_with_a_placeholder_for_them() {
    let functions = "arn:aws:lambda:eu-west-1:123456789012:function:";
    for definition in Definition::ALL {
        let printed = deploy(&["definition", definition.name(), "--functions", functions]);
        assert_eq!((printed.code, printed.out), (ExitCode::SUCCESS, definition.text_for(functions)), "{}", printed.err);
        let printed = deploy(&["definition", definition.name(), "--functions", "${Functions}"]);
        assert_eq!((printed.code, printed.err.as_str()), (ExitCode::SUCCESS, ""));
        let diagnostics = check_with(&printed.out, Options::new().substitute("Functions", functions));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert_eq!(printed.out.replace("${Functions}", functions), definition.text_for(functions));
    }
    let refused = deploy(&["definition", "standard", "--functions", "functions/"]);
    assert_eq!((refused.code, refused.out.as_str()), (ExitCode::from(2), ""));
    assert!(refused.err.starts_with("error: `functions/` makes no definition that Step Functions accepts"));
}

#[test]
fn a_template_of_ones_own_is_deployed() {
    let template = file("own.yaml", b"Resources: {Topic: {Type: AWS::SNS::Topic}}");
    let ended = deploy(&["--template", &template, "--json"]);
    assert!(ended.out.contains(r#""stackStatus":"CREATE_COMPLETE""#), "{}", ended.out);
    let broken = file("broken.yaml", b"Resources: [");
    let ended = deploy(&["--template", &broken]);
    assert_eq!(format!("{:?}", ended.code), format!("{:?}", ExitCode::from(1)));
    assert!(ended.out.contains("ValidationError: Template format error: YAML not well-formed. (line 2, column 1)"));
}

/// The time, the operation and the arguments of each line.
fn told(out: &str) -> Vec<(String, String, Json)> {
    let lines = out.lines().map(|line| {
        let (time, rest) = line.split_once("  ").unwrap();
        let (operation, arguments) = rest.split_once(' ').unwrap();
        (time.to_owned(), operation.to_owned(), serde_json::from_str(arguments).unwrap())
    });
    lines.collect()
}

const JOB_EVENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/events/job.json");

#[test]
fn the_function_is_called_with_a_job_until_the_pipeline_is_told_its_end() {
    let ended = deploy(&["function", JOB_EVENT]);
    assert_eq!((ended.code, ended.err.as_str()), (ExitCode::SUCCESS, ""), "{}", ended.out);
    let lines = told(&ended.out);
    let operations: Vec<_> = lines.iter().map(|(_, operation, _)| operation.as_str()).collect();
    let rounds = operations.chunks(2).all(|round| round == ["CodePipeline.job", "PutJobSuccessResult"]);
    assert!(rounds && operations.len() > 4, "{operations:?}");
    let id = "11111111-abcd-1111-abcd-111111abcdef";
    assert_eq!(lines[0], ("2024-11-22T09:00:00.000Z".to_owned(), "CodePipeline.job".to_owned(), json!({ "id": id })));
    let token = lines[1].2["continuationToken"].clone();
    let token_of = |line: &(String, String, Json)| line.2["continuationToken"].clone();
    assert!(lines[2..lines.len() - 1].iter().all(|line| token_of(line) == token), "{lines:?}");
    assert_eq!(lines[2].0, "2024-11-22T09:00:30.000Z");
    assert_eq!(lines.last().unwrap().2, json!({ "jobId": id }));

    let in_progress: Json =
        serde_json::from_slice(&std::fs::read(JOB_EVENT.replace("job.json", "job-in-progress.json")).unwrap()).unwrap();
    let data = &in_progress["CodePipeline.job"]["data"];
    let account = |token: &str| token.replace("111122223333", "000000000000");
    assert_eq!(data["continuationToken"].as_str().unwrap(), account(token.as_str().unwrap()));
}

#[test]
fn the_function_tells_the_pipeline_of_a_deployment_that_fails() {
    let ended = deploy(&["function", JOB_EVENT, "--scenario", "replacement-rejected"]);
    assert_eq!((ended.code, ended.err.as_str()), (ExitCode::from(1), ""), "{}", ended.out);
    let (_, operation, failure) = told(&ended.out).pop().unwrap();
    assert_eq!(operation, "PutJobFailureResult");
    let message = failure["failureDetails"]["message"].as_str().unwrap();
    assert!(message.starts_with("execution FAILED: "), "{message}");
}

#[test]
fn an_event_without_a_job_is_bad_input() {
    let check = |content: &[u8], expected: &str| {
        let ended = deploy(&["function", &file("event.json", content)]);
        assert_eq!((ended.code, ended.out.as_str()), (ExitCode::from(2), ""));
        assert_eq!(ended.err.lines().next().unwrap(), expected);
    };
    check(b"{}", "error: not an event of a CodePipeline job: missing field `CodePipeline.job`");
    check(b"{", "error: the event is not JSON: EOF while parsing an object at line 1 column 1");
}
