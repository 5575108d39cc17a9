//! All tests.

use std::path::PathBuf;

use crate::emulators;
use crate::step::{FEATURES, Steps, Verdict, cargo, program, workspace_root};

/// The environment variable that names another folder for the recorded corpus.
const CORPUS_VARIABLE: &str = "ASL_CONFORMANCE_CORPUS";
/// The environment variable that names another folder for the workloads.
const WORKLOADS_VARIABLE: &str = "ASL_BENCH_WORKLOADS";

/// Says which shared material the tests will find, then runs all of them, those of what speaks to AWS last.
pub(crate) fn run(steps: &mut Steps) {
    steps.step("shared material", shared_material);
    let mut tests = cargo(["test", "--workspace", FEATURES, "--no-fail-fast"]);
    tests.env("INSTA_UPDATE", "no");
    steps.command("tests", tests);
    emulators::run(steps);
}

/// Tests need nothing but Rust; what else is there lets some of them check more.
fn shared_material() -> Verdict {
    let folder = |variable, beside: &str| {
        std::env::var_os(variable).map_or_else(|| workspace_root().join(beside), PathBuf::from)
    };
    let corpus = folder(CORPUS_VARIABLE, "../shared/conformance");
    let workloads = folder(WORKLOADS_VARIABLE, "../shared/bench/workloads");
    let materials = [
        ("AWS-recorded corpus", "executions are replayed and scored", corpus.join("executions").is_dir()),
        ("shared workloads", "ours are compared with them", workloads.join("manifest.json").is_file()),
        (
            "python3",
            "figures are compared with the corpus' judge.py",
            program("python3", ["--version"]).output().is_ok(),
        ),
    ];
    let mut absent = Vec::new();
    for (name, purpose, present) in materials {
        if present {
            println!("    {name}: {purpose}");
        } else {
            println!("    {name}: ABSENT, this is left out: {purpose}");
            absent.push(name);
        }
    }
    if absent.is_empty() { Verdict::Passed } else { Verdict::Skipped(format!("absent: {}", absent.join(", "))) }
}
