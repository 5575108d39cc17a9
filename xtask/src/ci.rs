//! Every gate, in the order in which a fault is found soonest.

use crate::emulators;
use crate::purity;
use crate::step::{FEATURES, Steps, Verdict, cargo, passed_if_zero, program};
use crate::test;

/// Where `asl-core` must build without an operating system.
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Runs every gate, also after one failed.
///
/// Profile, features and `RUSTFLAGS` are the same in all of them, so that nothing is built twice;
/// only what speaks to AWS is built beside the rest, with features of its own.
pub(crate) fn run(steps: &mut Steps) {
    steps.command("format", cargo(["fmt", "--all", "--check"]));
    steps.command(
        "clippy",
        cargo(["clippy", "--workspace", FEATURES, "--all-targets", "--locked", "--", "-D", "warnings"]),
    );
    let mut aws = cargo(["clippy", "--all-targets", "--locked"]);
    aws.args(emulators::AWS).args(["--", "-D", "warnings"]);
    steps.command("clippy of what speaks to AWS", aws);
    test::run(steps);
    let mut docs = cargo(["doc", "--workspace", FEATURES, "--no-deps"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    steps.command("docs", docs);
    let mut docs = cargo(["doc", "--no-deps", "--locked", "--package", "asl-runtime"]);
    docs.args(emulators::AWS).env("RUSTDOCFLAGS", "-D warnings");
    steps.command("docs of what speaks to AWS", docs);
    steps.step("dependency rules", purity::check);
    steps.step("dependency policy", dependency_policy);
    steps.step("asl-core for wasm32", wasm);
}

/// Licences, advisories and duplicates, where `cargo-deny` is installed.
fn dependency_policy() -> Verdict {
    let installed = cargo(["deny", "--version"]).output().is_ok_and(|output| output.status.success());
    if !installed {
        return Verdict::Skipped("cargo-deny is not installed".to_owned());
    }
    passed_if_zero(cargo(["deny", "check"]).status())
}

/// Builds `asl-core` without an operating system, adding the target where it is missing.
fn wasm() -> Verdict {
    if let Err(reason) = add_wasm_target() {
        return Verdict::Failed(format!("the target {WASM_TARGET} is missing and could not be added: {reason}"));
    }
    passed_if_zero(cargo(["build", "--package", "asl-core", "--target", WASM_TARGET]).status())
}

fn add_wasm_target() -> Result<(), String> {
    let installed = program("rustup", ["target", "list", "--installed"]).output().map_err(|error| error.to_string())?;
    if String::from_utf8_lossy(&installed.stdout).lines().any(|target| target.trim() == WASM_TARGET) {
        return Ok(());
    }
    match passed_if_zero(program("rustup", ["target", "add", WASM_TARGET]).status()) {
        Verdict::Failed(reason) => Err(reason),
        Verdict::Passed | Verdict::Skipped(_) => Ok(()),
    }
}
