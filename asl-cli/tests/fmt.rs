//! `asl fmt`.

use crate::terminal::{Directory, asl};

const UNFORMATTED: &str = r#"{"States": {"A": {"End":true, "Type":"Pass"}}, "StartAt": "A"}"#;
const FORMATTED: &str = "\
{
  \"StartAt\": \"A\",
  \"States\": {
    \"A\": { \"Type\": \"Pass\", \"End\": true }
  }
}
";

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let ran = asl(&["fmt", "-"], UNFORMATTED);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, FORMATTED, ""));
}

#[test]
fn files_are_rewritten_and_others_left_alone() {
    let files = [("a.asl.json", UNFORMATTED), ("sub/b.asl.json", FORMATTED), ("c.json", UNFORMATTED)];
    let directory = Directory::new("fmt-rewrites", &files);
    let ran = directory.asl(&["fmt", "."]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", ""));
    assert_eq!(directory.read("a.asl.json"), FORMATTED);
    assert_eq!(directory.read("sub/b.asl.json"), FORMATTED);
    assert_eq!(directory.read("c.json"), UNFORMATTED);
}

#[test]
fn a_check_names_files_and_changes_none() {
    let directory = Directory::new("fmt-check", &[("a.asl.json", UNFORMATTED), ("b.asl.json", FORMATTED)]);
    let ran = directory.asl(&["fmt", "--check", "."]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (1, "a.asl.json\n", ""));
    assert_eq!(directory.read("a.asl.json"), UNFORMATTED);
    assert_eq!(directory.asl(&["fmt", "--check", "b.asl.json"]).code, 0);
}

#[test]
fn what_is_not_sound_json_is_left_alone() {
    let twice = r#"{"StartAt": "A", "StartAt": "B"}"#;
    let directory = Directory::new("fmt-faulty", &[("a.asl.json", twice), ("b.asl.json", UNFORMATTED)]);
    let ran = directory.asl(&["fmt", "a.asl.json", "b.asl.json"]);
    assert_eq!((ran.code, &*ran.out), (1, ""));
    assert!(ran.err.starts_with("error[DUPLICATE_KEY]") && ran.err.contains("a.asl.json:1:18"), "{}", ran.err);
    assert_eq!(directory.read("a.asl.json"), twice);
    assert_eq!(directory.read("b.asl.json"), FORMATTED);
}

#[test]
fn only_json_is_formatted() {
    let template = "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n";
    let directory = Directory::new("fmt-yaml", &[("a.asl.yaml", "StartAt: A\n"), ("template.yaml", template)]);
    for (name, what) in [("a.asl.yaml", "YAML"), ("template.yaml", "a template")] {
        let ran = directory.asl(&["fmt", name]);
        assert_eq!((ran.code, &*ran.out), (2, ""));
        assert_eq!(
            ran.err,
            format!("error: `{name}` is {what}: only definitions in JSON are formatted, so it is left as it is\n")
        );
    }
    let ran = directory.asl(&["fmt", "."]);
    assert_eq!((ran.code, &*ran.err), (2, "error: there are no `*.asl.json` files to format\n"));
}

#[test]
fn placeholders_stay_as_written() {
    let text = r#"{"StartAt":"A","States":{"A":{"Seconds":${Seconds},"Type":"Wait","End":true}}}"#;
    let ran = asl(&["fmt", "-"], text);
    assert_eq!((ran.code, &*ran.err), (0, ""));
    assert!(ran.out.contains(r#""A": { "Type": "Wait", "Seconds": ${Seconds}, "End": true }"#), "{}", ran.out);
}
