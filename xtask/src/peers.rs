//! What a user would pick instead, side by side with ours in one run.
//!
//! Every contestant is a process that executes a workload on demand and says how much CPU time that took; its
//! protocol is that of `benches/src/bin/contestant.rs`. Peers are installed under `target/peers`, in pinned versions.
//! A peer that cannot be installed, or does not give a workload's output, is told of with the reason.

mod contestant;
mod install;

use std::error::Error;
use std::path::PathBuf;

use serde_json::Value;

use self::contestant::{Contestant, Running};
use self::install::Peer;
use crate::step::{Steps, Verdict, cargo, passed_if_zero, workspace_root};

/// How long all turns of a contestant may take together in a workload, in nanoseconds, beyond its first few.
const BUDGET: f64 = 4e9;
/// How often a contestant is measured in a workload, by turns: so often at least, and at most.
const TURNS: [usize; 2] = [5, 31];

/// A workload, and how many times as long as ours the best peer should take at least.
struct Comparison {
    workload: &'static str,
    /// The side of our own program that peers are held against.
    own: &'static str,
    at_least: f64,
}

const COMPARISONS: [Comparison; 11] = [
    compare_with("w1_hello", "ours", 5.0),
    compare_with("w2_deploy", "ours", 20.0),
    compare_with("w3_loop", "ours", 40.0),
    compare_with("w4_choice", "ours", 60.0),
    compare_with("w5_map", "ours", 200.0),
    compare_with("w6_parallel", "ours", 35.0),
    compare_with("w7_retry", "ours", 50.0),
    compare_with("w8_payload", "ours", 5_000.0),
    compare_with("w8_payload", "text", 30.0),
    compare_with("w9_jsonata", "ours", 20.0),
    compare_with("w10_parse", "ours", 50.0),
];

const fn compare_with(workload: &'static str, own: &'static str, at_least: f64) -> Comparison {
    Comparison { workload, own, at_least }
}

/// Where peers and the files of workloads are.
fn folder() -> PathBuf {
    workspace_root().join("target/peers")
}

/// The files of the workloads, which our own program writes.
fn workloads() -> PathBuf {
    folder().join("workloads")
}

/// Builds ours, installs the peers and compares them in the workloads whose names begin with one of those `wanted`.
pub(crate) fn run(steps: &mut Steps, wanted: &[String]) {
    steps.command("ours", cargo(["build", "--release", "--package", "benches", "--bin", "contestant"]));
    steps.step("workloads", || {
        let mut write = own("write");
        passed_if_zero(write.arg(workloads()).status())
    });
    let mut installed = Vec::new();
    for peer in Peer::ALL {
        steps.step(peer.name(), || {
            let verdict = peer.install(&folder());
            if matches!(verdict, Verdict::Passed) {
                installed.push(peer);
            }
            verdict
        });
    }
    steps.step("comparison", || compare_all(&installed, wanted));
}

/// Our own program.
fn own(argument: &str) -> std::process::Command {
    let mut command = cargo(["run", "--release", "--quiet", "--package", "benches", "--bin", "contestant", "--"]);
    command.arg(argument);
    command
}

/// Prints the tables; what peers could not do is part of them, what ours cannot do is a failure.
fn compare_all(peers: &[Peer], wanted: &[String]) -> Verdict {
    let (mut summary, mut failed) = (Vec::new(), Vec::new());
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.starts_with(wanted));
    for comparison in COMPARISONS.iter().filter(|comparison| is_wanted(comparison.workload)) {
        match compare(comparison, peers) {
            Ok(row) => summary.push(row),
            Err(error) => failed.push(format!("{}: {error}", comparison.workload)),
        }
    }
    println!("\n| workload | ours, µs | best peer | µs | ÷ ours | at least | |");
    println!("|---|--:|---|--:|--:|--:|---|");
    for row in summary {
        println!("{row}");
    }
    if failed.is_empty() { Verdict::Passed } else { Verdict::Failed(failed.join("; ")) }
}

/// Executes a workload by turns with ours and with `peers`, prints what each takes, and returns the row of the summary.
fn compare(comparison: &Comparison, peers: &[Peer]) -> Result<String, Box<dyn Error>> {
    let Comparison { workload, own: side, at_least } = comparison;
    let title = if *side == "ours" { (*workload).to_owned() } else { format!("{workload}, text in and out") };
    let file = workloads().join(format!("{workload}.expected.json"));
    let expected = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let expected: Value = serde_json::from_str(&expected)?;
    println!("\n    {title:<30} {:>16}  {:>12}", "CPU µs a run", "÷ ours");
    let mut command = own(workload);
    command.arg(side);
    let mut ours = Running::start(Contestant { name: "ours", command }, &expected, &folder().join("ours.log"))?;
    let mut running = Vec::new();
    for peer in peers {
        let Some(command) = peer.command(&folder(), &workloads(), workload) else { continue };
        let name = peer.name();
        match Running::start(Contestant { name, command }, &expected, &folder().join("peer.log")) {
            Ok(contestant) => running.push(contestant),
            Err(error) => println!("    {name:<30} cannot: {error}"),
        }
    }
    for turn in 0..TURNS[1] {
        ours.take_turn()?;
        for contestant in &mut running {
            if turn < TURNS[0] || contestant.taken() < BUDGET {
                contestant.take_turn()?;
            }
        }
    }
    let own = ours.median();
    println!("    {:<30} {:>16.2}", "ours", own / 1e3);
    for contestant in &running {
        let median = contestant.median();
        println!("    {:<30} {:>16.2}  {:>12.1}", contestant.name, median / 1e3, median / own);
    }
    let best = running.iter().min_by(|one, other| one.median().total_cmp(&other.median()));
    Ok(match best {
        None => format!("| {title} | {:.2} | none | | | {at_least} | |", own / 1e3),
        Some(best) => {
            let ratio = best.median() / own;
            let verdict = if ratio >= *at_least { "met" } else { "MISSED" };
            let (own, peer, name) = (own / 1e3, best.median() / 1e3, best.name);
            format!("| {title} | {own:.2} | {name} | {peer:.2} | {ratio:.1} | {at_least} | {verdict} |")
        }
    })
}
