//! `asl explain`.

use crate::terminal::asl;

#[test]
fn a_code_has_its_page() {
    let ran = asl(&["explain", "missing_transition_target"], "");
    assert_eq!((ran.code, &*ran.err), (0, ""));
    assert_eq!(ran.out, include_str!("../../docs/codes/MISSING_TRANSITION_TARGET.md"));
}

#[test]
fn a_terminal_shows_the_page_in_colour() {
    let ran = asl(&["explain", "NO_DOLLAR", "--color", "always"], "");
    assert_eq!((ran.code, &*ran.err), (0, ""));
    assert!(ran.out.starts_with("\u{1b}[1mNO_DOLLAR\u{1b}[0m\n"), "{}", ran.out);
    assert!(!ran.out.contains("```") && !ran.out.contains("\n#"), "{}", ran.out);
}

#[test]
fn without_a_code_all_are_listed() {
    let ran = asl(&["explain"], "");
    assert_eq!((ran.code, &*ran.err), (0, ""));
    let rows = include_str!("../../docs/codes/README.md").lines().filter(|line| line.starts_with("| [")).count();
    assert_eq!(ran.out.lines().count(), rows);
    assert!(ran.out.starts_with("INVALID_JSON_DESCRIPTION"), "{}", ran.out);
}

#[test]
fn a_mistyped_code_is_recognised() {
    let ran = asl(&["explain", "MISSING_TRANSITION"], "");
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert!(ran.err.contains("there is no code `MISSING_TRANSITION`"), "{}", ran.err);
    let ran = asl(&["explain", "NO_DOLAR"], "");
    assert!(ran.err.contains("did you mean `NO_DOLLAR`?"), "{}", ran.err);
}
