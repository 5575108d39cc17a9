//! What many executions cost an engine on SQLite: those that sleep, and the children of a Distributed Map.
//! `cargo xtask bench-scale [DIRECTORY]`; the directory should be on the disk in question.
//!
//! Each measurement is a process of its own, so that its peak memory is its own: SQLite's caches and whatever the
//! allocator keeps count. Memory is read from `/proc`, so this runs on Linux alone.

#![expect(clippy::print_stdout, reason = "figures are for the terminal")]

#[path = "scale/map_run.rs"]
mod map_run;
#[path = "scale/sleepers.rs"]
mod sleepers;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

type Failed = Box<dyn Error + Send + Sync>;

/// What is measured in a process of its own.
const MEASUREMENTS: [&str; 4] = ["fall-asleep", "wake-up", "EXPRESS", "STANDARD"];

const SLEEPERS: u32 = 100_000;
/// What a sleeping execution may take of memory, in bytes.
const SLEEPER_BYTES: f64 = 2_048.0;
/// How long an engine may take to start on their store, in seconds.
const START_UP: f64 = 3.0;

/// The lines of the Distributed Maps with Express children; how much more memory the second takes tells whether it
/// grows with them.
const LINES: [u32; 2] = [100_000, 1_000_000];
/// Those with Standard children, which write three times as much.
const STANDARD_LINES: u32 = 100_000;
/// What a process with a Distributed Map may take of memory at most, in MiB.
const MAP_RUN_MIB: f64 = 200.0;
/// How much more memory ten times as many lines may take.
const GROWTH: f64 = 1.5;

fn main() -> Result<(), Failed> {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.as_slice() {
        [] => measure_all(Path::new(env!("CARGO_TARGET_TMPDIR"))),
        [measurement, directory, count] if MEASUREMENTS.contains(&&**measurement) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
            runtime.block_on(measure(measurement, Path::new(directory), count.parse()?))
        }
        [directory] => measure_all(Path::new(directory)),
        _ => Err("usage: scale [DIRECTORY]".into()),
    }
}

/// One measurement, whose figures are printed as JSON.
async fn measure(measurement: &str, directory: &Path, count: u32) -> Result<(), Failed> {
    match measurement {
        "fall-asleep" => tell(&sleepers::fall_asleep(directory, count).await?),
        "wake-up" => tell(&sleepers::wake_up(directory, count).await?),
        kind => tell(&map_run::measure(directory, kind, count).await?),
    }
}

fn tell(figures: &impl Serialize) -> Result<(), Failed> {
    println!("{}", serde_json::to_string(figures)?);
    Ok(())
}

/// Every measurement, as a table with the targets; fails if one of them is missed.
fn measure_all(directory: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir_in(directory)?;
    let mut table = Table::default();
    let path = directory.path().join("sleepers");
    std::fs::create_dir(&path)?;
    let asleep: sleepers::Asleep = in_process("fall-asleep", &path, SLEEPERS)?;
    table.row(format!("{SLEEPERS} executions fall asleep"), asleep.per_second, "a second", None);
    table.row("  memory of each", asleep.bytes_each, "bytes", Some(SLEEPER_BYTES));
    let woken: sleepers::WokenUp = in_process("wake-up", &path, SLEEPERS)?;
    table.row("an engine starts on their store", woken.seconds, "s", Some(START_UP));
    table.row("  processor time", woken.cpu_seconds, "s", None);
    table.row("  memory of each", woken.bytes_each, "bytes", Some(SLEEPER_BYTES));
    let mut peaks = Vec::new();
    for (kind, lines) in [("EXPRESS", LINES[0]), ("EXPRESS", LINES[1]), ("STANDARD", STANDARD_LINES)] {
        let path = directory.path().join(format!("{kind}-{lines}"));
        std::fs::create_dir(&path)?;
        let run: map_run::Figures = in_process(kind, &path, lines)?;
        table.row(format!("Distributed Map, {lines} lines, {kind}"), run.items_per_second, "items a second", None);
        table.row("  children", run.children_seconds, "s", None);
        table.row("  results", run.results_seconds, "s", None);
        table.row("  removing those not kept", run.removal_seconds, "s", None);
        table.row("  processor time of an item", run.cpu_of_item * 1e6, "µs", None);
        table.row("  store", run.store_mib, "MiB", None);
        table.row("  peak memory of the process", run.peak_mib, "MiB", Some(MAP_RUN_MIB));
        peaks.push(run.peak_mib);
        std::fs::remove_dir_all(&path)?;
    }
    if let [fewer, more, ..] = peaks.as_slice() {
        table.row("peak memory with ten times as many lines", more / fewer, "times", Some(GROWTH));
    }
    if table.missed == 0 { Ok(()) } else { Err(format!("{} targets are missed", table.missed).into()) }
}

#[derive(Debug, Default)]
struct Table {
    missed: usize,
}

impl Table {
    /// Prints a figure, and what it should be below.
    fn row(&mut self, what: impl AsRef<str>, figure: f64, unit: &str, target: Option<f64>) {
        let target = target.map_or_else(String::new, |target| {
            let verdict = if figure < target { "met" } else { "MISSED" };
            self.missed += usize::from(figure >= target);
            format!("under {target}: {verdict}")
        });
        println!("{:<44} {figure:>10.1} {unit:<15} {target}", what.as_ref());
    }
}

/// What this program answers as a process of its own.
fn in_process<T: DeserializeOwned>(measurement: &str, directory: &Path, count: u32) -> Result<T, Failed> {
    let program: PathBuf = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.arg(measurement).arg(directory).arg(count.to_string()).stderr(Stdio::inherit());
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("`{measurement}` {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The memory that is this process's now, in bytes.
fn memory() -> Result<f64, Failed> {
    status("VmRSS:")
}

/// The most memory that was this process's, in bytes.
fn peak_memory() -> Result<f64, Failed> {
    status("VmHWM:")
}

fn status(field: &str) -> Result<f64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field of /proc/self/status")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1_024.0)
}
