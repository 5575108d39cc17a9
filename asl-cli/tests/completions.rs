//! `asl completions`.

use crate::terminal::asl;

#[test]
fn every_shell_has_a_script_that_knows_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = asl(&["completions", shell], "");
        assert_eq!((ran.code, &*ran.err), (0, ""), "{shell}");
        for word in ["validate", "explain"] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn codes_are_completed() {
    for shell in ["bash", "fish", "zsh"] {
        let ran = asl(&["completions", shell], "");
        assert!(ran.out.contains("NO_DOLLAR"), "{shell}");
    }
}
