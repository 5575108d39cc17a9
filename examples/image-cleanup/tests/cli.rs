//! The command line: what is printed, and with which exit code it ends.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use image_cleanup::cli::{Arguments, run};
use serde_json::Value as Json;

const SAMPLE: [&str; 6] = [
    "--policy",
    concat!(env!("CARGO_MANIFEST_DIR"), "/samples/policy.json"),
    "--images",
    concat!(env!("CARGO_MANIFEST_DIR"), "/samples/images.json"),
    "--now",
    "2026-02-01T00:00:00Z",
];

struct Ended {
    code: ExitCode,
    out: String,
    err: String,
}

impl Ended {
    fn expect_code(&self, code: u8) {
        let expected = format!("{:?}", ExitCode::from(code));
        assert_eq!(format!("{:?}", self.code), expected, "{}{}", self.out, self.err);
    }
}

fn clean_up(arguments: &[&str]) -> Ended {
    let all = std::iter::once("image-cleanup").chain(arguments.iter().copied());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&Arguments::try_parse_from(all).unwrap(), &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap().replace(env!("CARGO_MANIFEST_DIR"), "image-cleanup");
    Ended { code, out: text(out), err: text(err) }
}

/// A file with this content, in the folder that cargo keeps for tests.
fn file(name: &str, content: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[test]
fn a_dry_run_is_a_table() {
    let ended = clean_up(&SAMPLE);
    ended.expect_code(0);
    insta::assert_snapshot!(ended.out);
}

#[test]
fn executing_tells_what_was_done() {
    let ended = clean_up(&[&SAMPLE[..], &["--execute"]].concat());
    ended.expect_code(0);
    let (_, outcome) = ended.out.split_once("held back.\n").unwrap();
    assert_eq!(outcome, "Done: 4 expired, 2 archived.\n");
}

#[test]
fn a_program_sees_one_object_in_the_form_of_the_preview() {
    for (more, expired) in [(&[][..], Json::Null), (&["--execute"][..], Json::from(4))] {
        let ended = clean_up(&[&SAMPLE[..], &["--json"], more].concat());
        ended.expect_code(0);
        let object: Json = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(
            object["summary"]["expiringImageTotalCount"],
            object["previewResults"].as_array().unwrap().len() - 2
        );
        assert_eq!(object["summary"]["transitioningImageTotalCounts"][0]["imageTotalCount"], 2);
        assert_eq!(object["heldBack"].as_array().unwrap().len(), 2);
        let first = &object["previewResults"][0];
        assert_eq!((&first["action"]["type"], &first["storageClass"]), (&Json::from("EXPIRE"), &Json::from("ARCHIVE")));
        assert_eq!(object["report"]["expiredImageTotalCount"], expired);
    }
}

#[test]
fn text_from_images_cannot_steer_a_terminal() {
    let images = file(
        "escape.json",
        r#"{"imageDetails": [{"imageDigest": "sha256:\u001b[2J", "imageTags": ["dev-\u001b]0;x\u0007"], "imagePushedAt": 5},
            {"imageDigest": "b", "imageTags": ["dev-1"], "imagePushedAt": 6}, {"imageDigest": "c", "imageTags": ["dev-2"], "imagePushedAt": 7}]}"#,
    );
    let ended = clean_up(&["--policy", SAMPLE[1], "--images", &images]);
    assert!(ended.out.contains("dev-") && !ended.out.contains(['\u{1b}', '\u{7}']), "{}", ended.out);
}

#[test]
fn bad_input_is_a_clear_error_with_help_and_exit_code_2() {
    let check = |arguments: &[&str], expected: &str| {
        let ended = clean_up(arguments);
        ended.expect_code(2);
        assert_eq!(ended.out, "", "{arguments:?}");
        let message = ended.err.replace(env!("CARGO_TARGET_TMPDIR"), "TMP").replace('\\', "/");
        let (error, help) = message.rsplit_once("\nhelp: ").unwrap();
        assert_eq!(error, expected);
        assert!(help.ends_with('\n'), "{help}");
    };
    let (policy, images) = (SAMPLE[1], SAMPLE[3]);
    check(
        &["--policy", "no-such-file.json", "--images", images],
        "error: cannot read `no-such-file.json`: No such file or directory (os error 2)",
    );
    check(
        &["--policy", &file("wrong.json", r#"{"rule": []}"#), "--images", images],
        "error: the lifecycle policy is not valid\n\
         TMP/wrong.json:1:1: `rules` is missing\n\
         TMP/wrong.json:1:2 (/rule): `rule` is no property of a lifecycle policy in this place\n  \
         help: did you mean `rules`?",
    );
    check(
        &["--policy", policy, "--images", &file("wrong-images.json", "{\"imageDetails\": [{}]}")],
        "error: TMP/wrong-images.json:1:20: missing field `imageDigest`",
    );
    let binary = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("binary.json");
    std::fs::write(&binary, [0xff]).unwrap();
    check(
        &["--policy", policy, "--images", &binary.display().to_string()],
        "error: `TMP/binary.json` is not UTF-8 text",
    );
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_build_without_the_feature_says_what_reaches_ecr() {
    let ended = clean_up(&["--repository", "app"]);
    ended.expect_code(2);
    assert_eq!(
        ended.err,
        "error: this build cannot reach ECR, where the repository `app` is\n\
         help: build it with the feature: cargo run -p image-cleanup --features aws\n"
    );
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
    let all = std::iter::once("image-cleanup").chain(SAMPLE);
    let mut err = Vec::new();
    let code = run(&Arguments::try_parse_from(all).unwrap(), &mut Closed, &mut err);
    assert_eq!((code, err), (ExitCode::SUCCESS, Vec::new()));
}
