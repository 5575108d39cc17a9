//! Kills a process that runs executions on SQLite, again and again, and checks that nothing was lost.
//!
//! The process runs mixed machines: Tasks with effects, retries with jitter, waits, branches, inline Maps, loops,
//! callbacks and activities. It is killed with SIGKILL at random moments and started again on the same file.
//! At the end
//!
//! - every execution has ended as its input demands,
//! - every history has the same normal form as in a run without kills (see [`normal`]),
//! - nothing that the engine acknowledged is gone: starts and answers are never repeated once they were,
//! - no effect is missing and none is too many: those of a step are repeated with the same idempotency key only.
//!
//! `cargo xtask crash-test [--kills 100] [--executions 200] [--seed S]`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to the terminal")]
#![expect(clippy::indexing_slicing, reason = "members of JSON are `null` where there are none")]

mod child;
mod kill;
mod ledger;
mod machines;
mod normal;
mod verdict;
mod world;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

use crate::child::Life;
use crate::machines::{MACHINES, Plan};

/// How many faults are printed.
const PRINTED: usize = 20;

#[derive(Parser)]
#[command(about = "Kill a process that runs executions on SQLite, and check that nothing was lost")]
struct Arguments {
    /// How often the process is killed
    #[arg(long, default_value_t = 100)]
    kills: usize,
    /// How many executions it runs
    #[arg(long, default_value_t = 200)]
    executions: usize,
    /// What inputs, failures and the moments of the kills are drawn from; drawn itself if left out
    #[arg(long)]
    seed: Option<u64>,
    #[command(subcommand)]
    life: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Live one life of the process that is killed
    #[command(hide = true)]
    Live {
        directory: PathBuf,
        #[arg(long)]
        to_the_end: bool,
    },
}

fn main() -> ExitCode {
    let Arguments { kills, executions, seed, life } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let passed = match life {
        Some(Command::Live { directory, to_the_end }) => {
            let life = if to_the_end { Life::ToTheEnd } else { Life::UntilKilled };
            child::live(&directory, seed, executions, life).map(|()| true)
        }
        None => test(kills, executions, seed),
    };
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs everything twice, once without kills, and prints what came of it; returns whether nothing is wrong.
fn test(kills: usize, executions: usize, seed: u64) -> Result<bool, Box<dyn Error>> {
    println!("crash test: {executions} executions of {} machines, {kills} kills, seed {seed}", MACHINES.len());
    let parent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let directory = tempfile::Builder::new().prefix("crash-test-").tempdir_in(parent)?;
    let tested = compare(directory.path(), kills, executions, seed);
    if !matches!(tested, Ok(true)) {
        println!("  the files are kept in {}", directory.keep().display());
    }
    tested
}

fn compare(directory: &Path, kills: usize, executions: usize, seed: u64) -> Result<bool, Box<dyn Error>> {
    let begin = Instant::now();
    let (undisturbed, _) = kill::run(&directory.join("undisturbed"), seed, executions, 0)?;
    println!("  without kills    {:>7.1} s", begin.elapsed().as_secs_f64());
    let begin = Instant::now();
    let (killed, deaths) = kill::run(&directory.join("killed"), seed, executions, kills)?;
    println!(
        "  with kills       {:>7.1} s, {} killed while opening the store or before, {} at work",
        begin.elapsed().as_secs_f64(),
        deaths.while_opening,
        deaths.at_work
    );
    let verdict = verdict::judge(&Plan::of(seed, executions), &undisturbed, &killed);
    println!("  executions       {:>7}", killed.results.len());
    println!("  events           {:>7}", verdict.events);
    println!("  effects          {:>7}, and {} repetitions with the same key", verdict.effects, verdict.repeated);
    println!("  activities       {:>7} attempts timed out, their worker having been killed", verdict.timed_out);
    for fault in verdict.faults.iter().take(PRINTED) {
        println!("  FAULT {fault}");
    }
    let left = verdict.faults.len().saturating_sub(PRINTED);
    if left > 0 {
        println!("  and {left} faults more");
    }
    let passed = verdict.faults.is_empty();
    println!("  {}; again with --seed {seed}", if passed { "nothing was lost" } else { "FAILED" });
    Ok(passed)
}
