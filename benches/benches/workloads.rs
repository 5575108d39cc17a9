//! How long the shared workloads take: to compile, to execute without a driver, and in a simulation.

use std::hint::black_box;

use asl_core::compile;
use asl_core::execution::HistoryLevel;
use asl_runtime::Simulation;
use benches::{Workload, workloads};
use criterion::{BatchSize, Criterion};

fn main() -> Result<(), asl_core::NoProgram> {
    let mut criterion = Criterion::default().configure_from_args();
    measure(&mut criterion, &workloads()?);
    criterion.final_summary();
    Ok(())
}

fn measure(criterion: &mut Criterion, workloads: &[Workload]) {
    let mut compiling = criterion.benchmark_group("compile");
    for workload in workloads {
        compiling.bench_function(workload.name, |bencher| bencher.iter(|| compile(black_box(&workload.definition))));
    }
    compiling.finish();

    for (group, level) in [("execute", HistoryLevel::All), ("execute without history", HistoryLevel::Off)] {
        let mut executing = criterion.benchmark_group(group);
        for workload in workloads {
            executing.bench_function(workload.name, |bencher| {
                let input = || workload.fresh_input();
                bencher.iter_batched(input, |input| workload.execute(input, level), BatchSize::LargeInput);
            });
        }
        executing.finish();
    }

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
