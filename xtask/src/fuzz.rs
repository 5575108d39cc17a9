//! Fuzzing: libFuzzer, through `cargo-fuzz`, against the targets of `fuzz/`.
//!
//! The corpus in `fuzz/corpus` only seeds: what is found on the way is kept in `target/fuzz`, and inputs that crash, hang
//! or use too much memory in `fuzz/artifacts`.

use std::path::PathBuf;

use crate::step::{Steps, Verdict, cargo, passed_if_zero, program, workspace_root};

/// The targets, each a file of `fuzz/targets`.
pub(crate) const TARGETS: [&str; 4] = ["jsonata", "compile", "jsonpath_and_intrinsics", "execution"];

/// The longest input, in bytes.
const MAX_INPUT: usize = 4096;

/// How long an input may take, in seconds: instrumented code is slower than what it stands for.
const MAX_SECONDS: usize = 5;

/// How much memory the fuzzer itself and any input may take, in MiB.
const MAX_MEMORY: usize = 1024;

/// Runs `only` that target, or every one, for `seconds` each.
pub(crate) fn run(steps: &mut Steps, only: Option<&str>, seconds: u64) {
    let mut installed = false;
    steps.step("cargo-fuzz", || {
        let verdict = install();
        installed = matches!(verdict, Verdict::Passed);
        verdict
    });
    for target in TARGETS.into_iter().filter(|target| installed && only.is_none_or(|only| only == *target)) {
        steps.step(target, || fuzz(target, seconds));
    }
}

/// Installs `cargo-fuzz` into `target`, unless it is there.
fn install() -> Verdict {
    if program(cargo_fuzz(), ["fuzz", "--version"]).output().is_ok_and(|output| output.status.success()) {
        return Verdict::Passed;
    }
    match passed_if_zero(cargo(["install", "cargo-fuzz", "--locked", "--root"]).arg(tools()).status()) {
        Verdict::Failed(reason) => Verdict::Failed(format!("cargo-fuzz is missing and cannot be installed: {reason}")),
        verdict => verdict,
    }
}

/// Builds and runs a target, without a sanitizer: there is no unsafe code to watch, and time and stack count.
fn fuzz(target: &str, seconds: u64) -> Verdict {
    let found = workspace_root().join("target/fuzz").join(target);
    if let Err(error) = std::fs::create_dir_all(&found) {
        return Verdict::Failed(format!("{}: {error}", found.display()));
    }
    let mut command = program(cargo_fuzz(), ["fuzz", "run", "--sanitizer", "none", target]);
    command.arg(found).arg(format!("fuzz/corpus/{target}")).arg("--");
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-max_len={MAX_INPUT}"));
    command.arg(format!("-timeout={MAX_SECONDS}"));
    command.arg(format!("-rss_limit_mb={MAX_MEMORY}"));
    let dictionary = format!("fuzz/dictionaries/{target}.dict");
    if workspace_root().join(&dictionary).is_file() {
        command.arg(format!("-dict={dictionary}"));
    }
    passed_if_zero(command.status())
}

fn cargo_fuzz() -> PathBuf {
    tools().join("bin/cargo-fuzz")
}

fn tools() -> PathBuf {
    workspace_root().join("target/cargo-fuzz")
}
