//! The developer's commands; what CI runs is one of them.
//!
//! `cargo xtask test` runs every test, `cargo xtask ci` every gate, `cargo xtask fmt` formats,
//! `cargo xtask e2e` runs what speaks to AWS on emulators,
//! `cargo xtask bench` measures the workloads, `cargo xtask bench-peers` compares them with others,
//! `cargo xtask bench-durable` measures what durability costs,
//! `cargo xtask bench-scale` what many executions cost,
//! `cargo xtask crash-test` kills a process again and again, and `cargo xtask fuzz` fuzzes.

#![expect(clippy::print_stdout, reason = "commands talk to the terminal")]

mod ci;
mod crash_test;
mod emulators;
mod fuzz;
mod peers;
mod purity;
mod step;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::step::{Steps, cargo};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The developer's commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all tests: units, integration, documentation, what `e2e` runs, and the recorded corpus where it is there
    Test,
    /// Run every gate of CI: format, clippy, tests, emulators, docs, dependency rules, wasm32
    Ci,
    /// Test what speaks to AWS on doubles, and on emulators, which are installed under `target/emulators`
    ///
    /// They need Python 3.12 or newer, which `E2E_PYTHON` can name, and the registry of its packages the first time.
    /// Without either they are left out, and the closing table says so; what cannot be installed with both is a failure.
    E2e,
    /// Measure the workloads: beside the same work by hand, single executions, memory, growth, and what the engine adds
    Bench,
    /// Compare the workloads with what a user would pick instead; peers are installed under `target/peers`
    BenchPeers {
        /// Such as `w8`; all of them if left out
        workloads: Vec<String>,
    },
    /// Measure steps, and the histories that they lead to, on SQLite with a sync per commit, beside plain appends
    BenchDurable {
        /// Where to write: on the disk in question; under `target` if left out
        directory: Option<PathBuf>,
    },
    /// Measure memory and time of 100,000 sleeping executions and of a Distributed Map over 1,000,000 lines, on SQLite
    BenchScale {
        /// Where to write: on the disk in question; under `target` if left out
        directory: Option<PathBuf>,
    },
    /// Kill a process that runs executions on SQLite again and again, and check that nothing was lost
    CrashTest {
        /// How often the process is killed
        #[arg(long, default_value_t = 100)]
        kills: u32,
        /// How many executions it runs
        #[arg(long, default_value_t = 200)]
        executions: u32,
        /// What inputs, failures and the moments of the kills are drawn from; drawn itself if left out
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Format all code
    Fmt,
    /// Fuzz asl-core, installing what that needs
    Fuzz {
        /// How long to run each target
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// The one target to run; all of them if left out
        #[arg(value_parser = fuzz::TARGETS)]
        target: Option<String>,
    },
}

fn main() -> ExitCode {
    let mut steps = Steps::default();
    match Arguments::parse().command {
        Command::Test => test::run(&mut steps),
        Command::Ci => ci::run(&mut steps),
        Command::E2e => emulators::run(&mut steps),
        Command::Bench => {
            for bench in ["ceiling", "latency", "memory", "growth", "engine"] {
                steps.command(bench, cargo(["bench", "--package", "benches", "--bench", bench]));
            }
        }
        Command::BenchPeers { workloads } => peers::run(&mut steps, &workloads),
        Command::BenchDurable { directory } => {
            let mut bench = cargo(["bench", "--package", "benches", "--bench", "durable", "--"]);
            bench.args(directory);
            steps.command("durable steps", bench);
        }
        Command::BenchScale { directory } => {
            let mut bench = cargo(["bench", "--package", "benches", "--bench", "scale", "--"]);
            bench.args(directory);
            steps.command("many executions", bench);
        }
        Command::CrashTest { kills, executions, seed } => crash_test::run(&mut steps, kills, executions, seed),
        Command::Fmt => steps.command("format", cargo(["fmt", "--all"])),
        Command::Fuzz { seconds, target } => fuzz::run(&mut steps, target.as_deref(), seconds),
    }
    steps.conclude()
}
