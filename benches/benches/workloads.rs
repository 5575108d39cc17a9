//! How long the shared workloads take: to compile, to execute without a driver, and in a simulation.

#![expect(clippy::print_stderr, reason = "says what it does not measure")]

use std::hint::black_box;

use asl_core::compile;
use asl_runtime::Simulation;
use benches::{Workload, folder, workloads};
use criterion::{BatchSize, Criterion};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    match workloads(&folder()) {
        Ok(workloads) => measure(&mut criterion, &workloads),
        Err(error) => eprintln!("NOTHING IS MEASURED: {error}"),
    }
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion, workloads: &[Workload]) {
    let mut compiling = criterion.benchmark_group("compile");
    for workload in workloads {
        compiling.bench_function(workload.name, |bencher| bencher.iter(|| compile(black_box(&workload.definition))));
    }
    compiling.finish();

    let mut executing = criterion.benchmark_group("execute");
    for workload in workloads {
        executing.bench_function(workload.name, |bencher| {
            bencher.iter_batched(|| workload.fresh_input(), |input| workload.execute(input), BatchSize::LargeInput);
        });
    }
    executing.finish();

    let mut simulating = criterion.benchmark_group("simulate");
    for workload in workloads {
        simulating.bench_function(workload.name, |bencher| {
            let mut simulation = Simulation::new().registry(workload.handlers());
            bencher.iter_batched(
                || workload.fresh_input(),
                |input| simulation.run(&workload.program, input),
                BatchSize::LargeInput,
            );
        });
    }
    simulating.finish();
}
