//! What executions take of memory: allocations, bytes allocated and most bytes held by one execution, and the peak of a
//! process that executes. `cargo bench -p benches --bench memory` prints a table in Markdown.
//!
//! The peak is read from `/proc`, so this runs on Linux alone. An execution is polled as it goes, as by any driver.

#![expect(clippy::print_stdout, reason = "says what it measured")]

use std::error::Error;
use std::hint::black_box;
use std::process::{Command, Stdio};

use allocation_counter::AllocationInfo;
use asl_core::execution::HistoryLevel;
use benches::{Workload, generate, workloads};

/// How often a process executes a workload.
const EXECUTIONS: u32 = 100;
/// What a process may take at its peak while it executes one of W1 to W7, in bytes.
const AT_MOST: f64 = 10e6;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.as_slice() {
        [] => measure_all(),
        [name] => {
            let workload = Workload::new(generate::named(name).ok_or("there is no such workload")?)?;
            println!("{}", peak(&workload)?);
            Ok(())
        }
        _ => Err("usage: memory [WORKLOAD]".into()),
    }
}

fn measure_all() -> Result<(), Box<dyn Error>> {
    println!(
        "| workload | allocations, history off | on | KB allocated, off | on | KB held, off | on | peak of the process, MB | under 10 MB |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|---|");
    for workload in workloads()? {
        let [off, on] = [HistoryLevel::Off, HistoryLevel::All].map(|level| allocations(&workload, level));
        let output = Command::new(std::env::current_exe()?).arg(workload.name).stderr(Stdio::inherit()).output()?;
        let peak: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {:.1} | {} |",
            workload.name,
            off.count_total,
            on.count_total,
            kilobytes(off.bytes_total),
            kilobytes(on.bytes_total),
            kilobytes(off.bytes_max),
            kilobytes(on.bytes_max),
            peak / 1e6,
            match workload.name {
                "w8_payload" | "w9_jsonata" => "",
                _ if peak < AT_MOST => "met",
                _ => "MISSED",
            },
        );
    }
    Ok(())
}

/// What one execution allocates, of an input that is there.
fn allocations(workload: &Workload, level: HistoryLevel) -> AllocationInfo {
    let input = workload.fresh_input();
    allocation_counter::measure(|| drop(black_box(workload.execute(input.clone(), level))))
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000, bytes % 1_000 / 100)
}

/// The most memory that was this process's, in bytes, after so many executions with their history.
fn peak(workload: &Workload) -> Result<f64, Box<dyn Error>> {
    for _ in 0..EXECUTIONS {
        drop(black_box(workload.execute(workload.fresh_input(), HistoryLevel::All)));
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak in /proc/self/status")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1_024.0)
}
