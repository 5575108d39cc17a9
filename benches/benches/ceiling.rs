//! How far executions are from the same machines written by hand, in CPU time.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "says what it measured and what it did not")]

use std::hint::black_box;

use asl_core::Value;
use benches::cpu_time::{measure, median};
use benches::{Workload, ceiling, folder, workloads};
use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    match workloads(&folder()) {
        Ok(workloads) => workloads.iter().for_each(|workload| compare(&mut criterion, workload)),
        Err(error) => eprintln!("NOTHING IS MEASURED: {error}"),
    }
    criterion.final_summary();
}

/// Measures a workload and its ceiling, if it has one, and prints how many times the ceiling the workload takes.
fn compare(criterion: &mut Criterion, workload: &Workload) {
    let Some(by_hand) = ceiling::of_workload(workload.name) else { return };
    let mut group = criterion.benchmark_group(workload.name);
    let ours = sample(&mut group, "ours", workload, |input| drop(black_box(workload.execute(input))));
    let ceiling = sample(&mut group, "ceiling", workload, |input| drop(black_box(by_hand(input))));
    group.finish();
    if ceiling > 0.0 {
        let (ours_us, ceiling_us) = (ours * 1e6, ceiling * 1e6);
        println!("{}: ours {ours_us:.2} µs ÷ ceiling {ceiling_us:.2} µs = {:.1}", workload.name, ours / ceiling);
    }
}

/// The median CPU time of an execution, in seconds.
fn sample(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, workload: &Workload, execute: impl Fn(Value)) -> f64 {
    let mut samples = Vec::new();
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| {
            let inputs: Vec<Value> = (0..count).map(|_| workload.fresh_input()).collect();
            let taken = measure(|| inputs.into_iter().for_each(&execute));
            #[expect(clippy::cast_precision_loss, reason = "far fewer executions than 2⁵³")]
            samples.push(taken.as_secs_f64() / count as f64);
            taken
        });
    });
    median(samples)
}
