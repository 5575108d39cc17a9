//! `--help` that teaches.

use crate::terminal::asl;

const COMMANDS: [&str; 4] = ["validate", "fmt", "explain", "completions"];

#[test]
fn the_command_says_where_to_begin() {
    let ran = asl(&["--help"], "");
    assert_eq!((ran.code, &*ran.err), (0, ""));
    for word in ["Begin with:", "Exit codes:"].into_iter().chain(COMMANDS) {
        assert!(ran.out.contains(word), "{word}: {}", ran.out);
    }
}

#[test]
fn every_command_has_examples() {
    for command in COMMANDS {
        let ran = asl(&[command, "--help"], "");
        assert_eq!((ran.code, &*ran.err), (0, ""), "{command}");
        assert!(ran.out.contains(&format!("Examples:\n  asl {command}")), "{command}: {}", ran.out);
    }
}

#[test]
fn no_argument_at_all_is_answered_with_help() {
    let ran = asl(&[], "");
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert!(ran.err.contains("Begin with:"), "{}", ran.err);
}
