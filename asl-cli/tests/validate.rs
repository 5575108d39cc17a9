//! `asl validate`.

use serde_json::Value;

use crate::terminal::{Directory, asl};

const SOUND: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#;
const WRONG: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comment": 5}}}"#;
/// Two errors and a warning, among signs that are special to some format.
const DOUBTFUL: &str = r#"{
  "StartAt": "A",
  "States": {
    "A": {"Type": "Pass", "Parameters": {"50%": "$.id"}, "Next": "Größe"},
    "Größe": {"Type": "Pass", "Next": "Z"}
  }
}
"#;
/// Only a warning.
const WARNED: &str =
    r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"id": "$.id"}, "End": true}}}"#;

#[test]
fn a_sound_definition_is_answered_with_silence() {
    let ran = asl(&["validate", "-"], SOUND);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", ""));
}

#[test]
fn a_fault_is_shown_where_it_is() {
    let ran = asl(&["validate", "-"], WRONG);
    assert_eq!((ran.code, &*ran.err), (1, "1 error in 1 file\n"));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_checked() {
    let ran = asl(&["validate", "missing.asl.json", "-"], WRONG);
    assert_eq!(ran.code, 3);
    assert!(ran.out.starts_with("error[WRONG_TYPE]"), "{}", ran.out);
    assert!(ran.err.contains("\nerror: cannot read `missing.asl.json`: "), "{}", ran.err);
    let ran = asl(&["validate", "missing.asl.json"], "");
    assert!(ran.code == 3 && ran.err.starts_with("error: cannot read `missing.asl.json`: "), "{}", ran.err);
}

#[test]
fn a_directory_is_searched_for_definitions() {
    let directory = Directory::new(
        "validate-search",
        &[
            ("b.asl.json", WRONG),
            ("a/deep/c.asl.json", WRONG),
            ("a/sound.asl.json", SOUND),
            ("package.json", WRONG),
            ("notes.yaml", "Resources: none"),
            (".git/x.asl.json", WRONG),
            (".aws-sam/x.asl.json", WRONG),
            ("node_modules/x.asl.json", WRONG),
            ("target/x.asl.json", WRONG),
            ("cdk.out/x.asl.json", WRONG),
        ],
    );
    let ran = directory.asl(&["validate", ".", "--format", "github"]);
    let places: Vec<&str> = ran.out.lines().filter_map(|line| line.split(',').next()).collect();
    let (c, b) = ("::error file=a/deep/c.asl.json", "::error file=b.asl.json");
    assert_eq!((places, &*ran.err), (vec![c, b], "2 errors in 2 of 3 files\n"));
    let ran = directory.asl(&["validate", "a/sound.asl.json", "a/sound.asl.json", "a"]);
    assert_eq!(ran.err, "1 error in 1 of 2 files\n");
}

/// A definition in YAML with one error and a placeholder.
const YAML: &str = "StartAt: A\nStates:\n  A:\n    Type: Task\n    Resource: ${Arn}\n    Comment: 5\n    End: true\n";

const TEMPLATE: &str = "\
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      DefinitionUri: machines/orders.asl.json
      DefinitionSubstitutions: {Job: 'arn:aws:states:::batch:submitJob.sync'}
  Refunds:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States:
          A: {Type: Succeed, Comment: 5}
";

const ORDERS: &str =
    r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Job}", "Parameters": {}, "End": true}}}"#;

#[test]
fn yaml_is_checked_at_its_places() {
    let directory = Directory::new("validate-yaml", &[("a.asl.yaml", YAML), ("b.yml", YAML)]);
    for (arguments, places) in [
        (&["."][..], &["a.asl.yaml,line=6,col=14"][..]),
        (&["b.yml"], &["b.yml,line=6,col=14"]),
        (&["b.yml", "--substitute", "Arn=nonsense"], &["b.yml,line=5,col=15", "b.yml,line=6,col=14"]),
    ] {
        let ran = directory.asl(&[&["validate", "--format", "github"], arguments].concat());
        let found = ran.out.lines().filter_map(|line| line.strip_prefix("::error file=")?.split_once(",endColumn="));
        assert_eq!(found.map(|(place, _)| place).collect::<Vec<_>>(), places, "{}", ran.out);
        assert_eq!(ran.code, 1);
    }
    let ran = asl(&["validate", "-"], YAML);
    assert!(ran.out.contains("-:6:14 (/States/A/Comment)"), "{}", ran.out);
}

#[test]
fn templates_are_checked_with_the_definitions_that_they_name() {
    let files = [("app/template.yaml", TEMPLATE), ("app/machines/orders.asl.json", ORDERS), ("other.yaml", "a: b")];
    let directory = Directory::new("validate-template", &files);
    for paths in [&["."][..], &["app/template.yaml"], &["app/machines/orders.asl.json", "app/template.yaml"]] {
        let ran = directory.asl(&[&["validate"], paths].concat());
        assert_eq!((ran.code, &*ran.err), (1, "2 errors in 2 of 2 files\n"), "{paths:?}: {}", ran.out);
        insta::assert_snapshot!("a_template_and_what_it_names", ran.out);
    }
    let ran = directory.asl(&["validate", "app/machines"]);
    assert_eq!((ran.code, &*ran.out), (0, ""));
}

#[test]
fn a_definition_that_a_template_names_must_be_there() {
    let directory = Directory::new("validate-dangling", &[("template.yaml", TEMPLATE)]);
    let ran = directory.asl(&["validate", "."]);
    assert_eq!((ran.code, &*ran.err), (1, "2 errors in 1 file\n"));
    insta::assert_snapshot!("a_definition_that_is_not_there", without_reasons(&ran.out));
    let ran = directory.asl(&["validate", ".", "--format", "github"]);
    assert!(ran.out.starts_with("::error file=template.yaml,line=7,col=22,"), "{}", ran.out);
    for command in ["run", "graph"] {
        let ran = directory.asl(&[command, "template.yaml", "--machine", "Orders"]);
        assert_eq!((ran.code, &*ran.out), (1, ""));
        assert!(ran.err.starts_with("error[UNREADABLE_DEFINITION]"), "{}", ran.err);
        assert!(ran.err.contains(" --> template.yaml:7:22 (/Resources/Orders/"), "{}", ran.err);
    }
}

/// The output without the words of the system for a file that is not there.
fn without_reasons(out: &str) -> String {
    let cut = |line: &str| line.split_once("`: ").map_or(line.to_owned(), |(before, _)| format!("{before}`: …"));
    out.lines().map(cut).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_of_an_unreadable_definition_shows_one() {
    let page = asl(&["explain", "UNREADABLE_DEFINITION"], "").out;
    let (_, example) = page.split_once("## Wrong").unwrap();
    let lines = example.lines().skip_while(|line| !line.starts_with("Resources:"));
    let template = lines.take_while(|line| !line.starts_with("```")).collect::<Vec<_>>().join("\n");
    let directory = Directory::new("validate-page", &[("template.yaml", &template)]);
    let ran = directory.asl(&["validate", "template.yaml"]);
    assert!(ran.out.starts_with("error[UNREADABLE_DEFINITION]") && ran.code == 1, "{template}\n{}", ran.out);
}

#[test]
fn bytes_that_are_no_text_are_a_fault_at_their_place() {
    let directory = Directory::new("validate-utf8", &[("sound.asl.json", SOUND)]);
    directory.write("a.asl.json", b"{\n  \"StartAt\": \"Gr\xc3\xb6\xdfe\"\n}\n");
    directory.write("b.asl.yaml", b"\xff\xfeS\0");
    directory.write("t.yaml", b"# Gr\xf6\xdfe\nResources: {A: {Type: AWS::Serverless::StateMachine}}\n");
    directory.write("other.yaml", b"\xff\xfeS\0");
    let ran = directory.asl(&["validate", "."]);
    assert_eq!((ran.code, &*ran.err), (1, "3 errors in 3 of 4 files\n"));
    insta::assert_snapshot!("bytes_that_are_no_text", ran.out);
    let places = |format: &str| {
        let ran = directory.asl(&["validate", "a.asl.json", "--format", format]);
        assert_eq!(ran.code, 1);
        ran.out
    };
    assert!(
        places("github").starts_with("::error file=a.asl.json,line=2,col=18,endColumn=19,"),
        "{}",
        places("github")
    );
    let json: Value = serde_json::from_str(&places("json")).unwrap();
    assert_eq!(json["diagnostics"][0]["span"], serde_json::json!({"start": 20, "end": 21}));
    let sarif: Value = serde_json::from_str(&places("sarif")).unwrap();
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&Value::from(2), &Value::from(18)));
    for command in [&["run"][..], &["graph"], &["fmt", "--check"]] {
        let ran = directory.asl(&[command, &["a.asl.json"]].concat());
        assert_eq!((ran.code, &*ran.out), (1, ""));
        assert!(ran.err.contains(" --> a.asl.json:2:18"), "{command:?}: {}", ran.err);
    }
}

#[test]
fn a_template_without_definitions_is_no_error_of_a_search() {
    let files =
        [("t.yaml", "Resources: {A: {Type: 'AWS::X'}}\n# AWS::Serverless::StateMachine"), ("a.asl.json", SOUND)];
    let directory = Directory::new("validate-no-machine", &files);
    let ran = directory.asl(&["validate", "."]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", ""));
    assert_eq!(directory.asl(&["validate", "t.yaml"]).code, 1);
}

#[test]
fn a_substitution_needs_a_name_and_a_value() {
    let ran = asl(&["validate", "--substitute", "Arn", "-"], SOUND);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("write it like `NAME=VALUE`"), "{}", ran.err);
}

#[test]
fn many_files_are_told_in_their_order() {
    let names: Vec<String> = (0..300).map(|number| format!("{number:03}.asl.json")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), WRONG)).collect();
    let directory = Directory::new("validate-many", &files);
    let ran = directory.asl(&["validate", ".", "--format", "github"]);
    let found: Vec<&str> =
        ran.out.lines().filter_map(|line| line.get("::error file=".len()..)?.split(',').next()).collect();
    assert_eq!((ran.code, found), (1, names.iter().map(String::as_str).collect()));
    assert_eq!(ran.err, "300 errors in 300 of 300 files\n");
}

#[test]
fn a_directory_without_definitions_is_bad_usage() {
    let directory = Directory::new("validate-none", &[("package.json", "{}"), ("binary.json", "\0")]);
    let ran = directory.asl(&["validate", "."]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (2, "", "error: there are no definitions in `.`\n"));
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    for (arguments, is_coloured) in [(&["validate", "-"][..], false), (&["validate", "-", "--color", "always"], true)] {
        assert_eq!(asl(arguments, WRONG).out.contains("\u{1b}["), is_coloured, "{arguments:?}");
    }
}

#[test]
fn levels_make_warnings_errors_or_silent() {
    for (arguments, code, err) in [
        (&[][..], 0, "1 warning in 1 file\n"),
        (&["--deny", "NO_DOLLAR"], 1, "1 error in 1 file\n"),
        (&["--deny", "warnings"], 1, "1 error in 1 file\n"),
        (&["--deny", "warnings", "--warn", "NO_DOLLAR"], 0, "1 warning in 1 file\n"),
        (&["--deny", "warnings", "--allow", "no_dollar,NO_PATH"], 0, ""),
        (&["--allow", "warnings"], 0, ""),
        (&["--allow", "NO_DOLLAR", "--deny", "NO_DOLLAR"], 1, "1 error in 1 file\n"),
    ] {
        let ran = asl(&[&["validate", "-"], arguments].concat(), WARNED);
        assert_eq!((ran.code, &*ran.err), (code, err), "{arguments:?}");
    }
}

#[test]
fn an_error_cannot_be_allowed() {
    for option in ["--allow", "--warn"] {
        let ran = asl(&["validate", option, "WRONG_TYPE", "-"], SOUND);
        let expected = "error: `WRONG_TYPE` is an error, which can be neither allowed nor made a warning\n";
        assert_eq!((ran.code, &*ran.err), (2, expected));
    }
}

#[test]
fn the_nearest_configuration_counts_and_options_count_more() {
    let directory = Directory::new(
        "validate-config",
        &[
            ("asl.toml", "[diagnostics]\nwarnings = \"deny\"\n"),
            ("a.asl.json", WARNED),
            ("sub/asl.toml", "[diagnostics]\nNO_DOLLAR = \"allow\"\n"),
            ("sub/deep/b.asl.json", WARNED),
        ],
    );
    let ran = directory.asl(&["validate", "."]);
    assert_eq!((ran.code, &*ran.err), (1, "1 error in 1 of 2 files\n"));
    let ran = directory.asl(&["validate", ".", "--warn", "NO_DOLLAR"]);
    assert_eq!((ran.code, &*ran.err), (0, "2 warnings in 2 of 2 files\n"));
    let ran = directory.asl(&["validate", ".", "--deny", "warnings"]);
    assert_eq!((ran.code, &*ran.err), (1, "1 error in 1 of 2 files\n"));
}

#[test]
fn a_wrong_configuration_is_bad_usage() {
    let directory = Directory::new(
        "validate-bad-config",
        &[("asl.toml", "[diagnostics]\nNO_DOLAR = \"deny\"\n"), ("a.asl.json", SOUND)],
    );
    let ran = directory.asl(&["validate", "a.asl.json"]);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert!(ran.err.contains("asl.toml`: ") && ran.err.contains("line 2, column 1"), "{}", ran.err);
    assert!(ran.err.contains("did you mean `NO_DOLLAR`?"), "{}", ran.err);
}

#[test]
fn the_type_and_the_language_are_options() {
    let job = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {}, "End": true}}}"#;
    assert_eq!(asl(&["validate", "-"], job).code, 0);
    assert_eq!(asl(&["validate", "-", "--type", "standard", "--language", "spec"], job).code, 0);
    assert_eq!(asl(&["validate", "-", "--type", "express"], job).code, 1);
}

#[test]
fn github_gets_workflow_commands() {
    let directory = Directory::new("validate-github", &[("a,b.asl.json", DOUBTFUL)]);
    insta::assert_snapshot!(directory.asl(&["validate", ".", "--format", "github"]).out);
}

#[test]
fn json_says_everything() {
    let ran = asl(&["validate", "-", "--format", "json"], DOUBTFUL);
    assert_eq!(ran.code, 1);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["version"], 1);
    insta::assert_snapshot!(ran.out);
}

#[test]
fn json_of_what_is_sound_says_so() {
    let ran = asl(&["validate", "-", "--format", "json"], SOUND);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document, serde_json::json!({"version": 1, "files": 1, "errors": 0, "warnings": 0, "diagnostics": []}));
}

#[test]
fn sarif_has_rules_results_and_places() {
    let directory = Directory::new("validate-sarif", &[("größe.asl.json", DOUBTFUL)]);
    let ran = directory.asl(&["validate", ".", "--format", "sarif"]);
    let mut log: Value = serde_json::from_str(&ran.out).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap();
    for rule in rules {
        let page = rule["help"]["markdown"].take();
        assert!(page.as_str().unwrap().starts_with(&format!("# {}\n", rule["id"].as_str().unwrap())));
        rule["help"] = Value::from("the page");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}
