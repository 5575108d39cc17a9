//! `asl validate`.

use crate::terminal::asl;

#[test]
fn a_sound_definition_is_answered_with_silence() {
    let ran = asl(&["validate", "-"], r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", ""));
}

#[test]
fn a_fault_is_shown_where_it_is() {
    let ran = asl(&["validate", "-"], r#"{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}"#);
    assert_eq!((ran.code, &*ran.err), (1, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let ran = asl(&["validate", "missing.asl.json"], "");
    assert_eq!((ran.code, &*ran.out), (3, ""));
    assert!(ran.err.starts_with("error: cannot read `missing.asl.json`: "), "{}", ran.err);
}
