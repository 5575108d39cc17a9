//! How evenly executions take their time: the median and the 99th percentile of single ones, in CPU time.
//! `cargo bench -p benches --bench latency [-- NAME…]` prints a table in Markdown.

#![expect(clippy::print_stdout, reason = "says what it measured")]

use std::hint::black_box;

use asl_core::NoProgram;
use asl_core::execution::HistoryLevel;
use benches::cpu_time::{quantiles, thread_cpu_time};
use benches::{Workload, workloads};

/// How many executions are measured.
const EXECUTIONS: usize = 2_000;
/// How much the 99th percentile may take of the median.
const AT_MOST: f64 = 2.0;

fn main() -> Result<(), NoProgram> {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    println!("| workload | p50, µs | p99, µs | p99 ÷ p50 | at most {AT_MOST} |");
    println!("|---|--:|--:|--:|---|");
    for workload in workloads()? {
        if wanted.is_empty() || wanted.iter().any(|wanted| workload.name.contains(wanted.as_str())) {
            let [half, most] = quantiles(samples(&workload), [0.5, 0.99]);
            let verdict = if most <= AT_MOST * half { "met" } else { "MISSED" };
            println!("| {} | {:.2} | {:.2} | {:.2} | {verdict} |", workload.name, half * 1e6, most * 1e6, most / half);
        }
    }
    Ok(())
}

/// The seconds that each execution with its history takes, those that warm up left out.
fn samples(workload: &Workload) -> Vec<f64> {
    let execute = |_| {
        let input = workload.fresh_input();
        let before = thread_cpu_time();
        drop(black_box(workload.execute(input.clone(), HistoryLevel::All)));
        let taken = thread_cpu_time().saturating_sub(before);
        // It lives on until here, so that freeing it is not measured.
        black_box(input);
        taken.as_secs_f64()
    };
    (0..EXECUTIONS + EXECUTIONS / 4).map(execute).skip(EXECUTIONS / 4).collect()
}
