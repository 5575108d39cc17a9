//! What a user would pick instead, side by side with ours in one run.
//!
//! Every contestant is a process that executes a workload on demand and says how much CPU time that took; its
//! protocol is that of `benches/src/bin/contestant.rs`. To add a peer is to add a [`Contestant`] that speaks it.

mod contestant;

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::contestant::{Contestant, Running};
use crate::step::{Steps, Verdict, cargo, program, workspace_root};

/// The environment variable that names another folder for the workloads.
const WORKLOADS_VARIABLE: &str = "ASL_BENCH_WORKLOADS";
/// How often each contestant is measured, by turns.
const ROUNDS: usize = 31;

/// Builds ours, installs the peers and compares them.
pub(crate) fn run(steps: &mut Steps) {
    steps.command("ours", cargo(["build", "--release", "--package", "benches", "--bin", "contestant"]));
    let folder = workspace_root().join("target/peers");
    steps.step("npm jsonata 2.0.6", || install_from_npm(&folder, "jsonata", "2.0.6"));
    let peers = vec![node_jsonata(&folder, "w9_jsonata")];
    steps.step("w9_jsonata", || compare("w9_jsonata", peers));
}

/// Where the workloads are.
fn workloads() -> PathBuf {
    let beside = || workspace_root().join("../shared/bench/workloads");
    std::env::var_os(WORKLOADS_VARIABLE).map_or_else(beside, PathBuf::from)
}

fn install_from_npm(folder: &Path, package: &str, version: &str) -> Verdict {
    if let Err(error) = std::fs::create_dir_all(folder) {
        return Verdict::Failed(error.to_string());
    }
    let wanted = format!("{package}@{version}");
    let arguments = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix"];
    match program("npm", arguments).arg(folder).arg(wanted).output() {
        Ok(output) if output.status.success() => Verdict::Passed,
        Ok(output) => Verdict::Failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Verdict::Failed(format!("npm: {error}")),
    }
}

/// The bare evaluation of a workload's expressions by the reference implementation.
fn node_jsonata(folder: &Path, workload: &str) -> Contestant {
    let file = |kind: &str| workloads().join(format!("{workload}.{kind}.json"));
    let mut command = program("node", [workspace_root().join("xtask/peers/jsonata.js")]);
    command.arg(folder).args([file("asl"), file("input")]);
    Contestant { name: "jsonata 2.0.6 (Node)", command }
}

/// One side of our own program.
fn own(name: &'static str, workload: &str, side: &str) -> Contestant {
    let arguments = ["run", "--release", "--quiet", "--package", "benches", "--bin", "contestant", "--"];
    let mut command = cargo(arguments);
    command.args([workload, side]);
    Contestant { name, command }
}

/// Executes a workload by turns with ours, by hand and with `peers`, and prints how they compare.
fn compare(workload: &str, peers: Vec<Contestant>) -> Verdict {
    match table(workload, peers) {
        Ok(absent) if absent.is_empty() => Verdict::Passed,
        Ok(absent) => Verdict::Failed(absent.join("; ")),
        Err(error) => Verdict::Failed(error.to_string()),
    }
}

/// Prints the table; what is returned are the contestants that could not take part, and why.
fn table(workload: &str, peers: Vec<Contestant>) -> Result<Vec<String>, Box<dyn Error>> {
    let file = workloads().join(format!("{workload}.expected.json"));
    let expected = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let expected: Value = serde_json::from_str(&expected)?;
    let mut running = vec![Running::start(own("ours", workload, "ours"), &expected)?];
    let mut absent = Vec::new();
    for contestant in [own("by hand", workload, "ceiling")].into_iter().chain(peers) {
        let name = contestant.name;
        match Running::start(contestant, &expected) {
            Ok(contestant) => running.push(contestant),
            Err(error) => absent.push(format!("{name}: {error}")),
        }
    }
    for _ in 0..ROUNDS {
        running.iter_mut().try_for_each(Running::take_turn)?;
    }
    let ours = running.first().map_or(0.0, Running::median);
    println!("    {:<24} {:>14}  {:>12}", "", "CPU µs a run", "÷ ours");
    for contestant in &running {
        let median = contestant.median();
        println!("    {:<24} {:>14.2}  {:>12.3}", contestant.name, median / 1e3, median / ours);
    }
    Ok(absent)
}
