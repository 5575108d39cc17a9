//! How long the shared workloads take: to compile, to execute without a driver, and in a simulation.

#![expect(clippy::print_stderr, reason = "says what it does not measure")]

use std::collections::VecDeque;
use std::hint::black_box;

use asl_core::execution::{Command, Event, Execution, Outcome, Output, ScheduleTask, Start};
use asl_core::{Timestamp, Value, compile};
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
            bencher.iter_batched(|| fresh_input(workload), |input| execute(workload, input), BatchSize::LargeInput);
        });
    }
    executing.finish();

    let mut simulating = criterion.benchmark_group("simulate");
    for workload in workloads {
        simulating.bench_function(workload.name, |bencher| {
            let mut simulation = Simulation::new().registry(workload.handlers());
            bencher.iter_batched(
                || fresh_input(workload),
                |input| simulation.run(&workload.program, input),
                BatchSize::LargeInput,
            );
        });
    }
    simulating.finish();
}

/// The input as it comes in from outside, nothing about it being measured or shared yet.
fn fresh_input(workload: &Workload) -> Value {
    serde_json::Value::from(&workload.input).into()
}

/// Drives one execution to its end with nothing around it.
fn execute(workload: &Workload, input: Value) -> Outcome {
    let mut now = Timestamp::UNIX_EPOCH;
    let mut execution = Execution::start(workload.program.clone(), Start::new("bench", input), now);
    let mut tasks: VecDeque<ScheduleTask> = VecDeque::new();
    loop {
        while let Some(output) = execution.poll() {
            match output {
                Output::Command(Command::ScheduleTask(task)) => tasks.push_back(task),
                Output::Command(Command::Finish(outcome)) => return outcome,
                Output::Command(Command::CancelTask(_)) => {}
                Output::History(event) => drop(black_box(event)),
            }
        }
        if let Some(ScheduleTask { task, resource, retry_count, .. }) = tasks.pop_front() {
            let name = resource.function_name().unwrap_or_default();
            let event = match workload.answer(name, retry_count) {
                Ok(output) => Event::TaskSucceeded { task, output },
                Err(failure) => Event::TaskFailed { task, failure },
            };
            // No Task is called back here, so none can be answered too late.
            let _ = execution.handle(now, event);
        } else {
            now = execution.next_deadline().unwrap_or(now);
            execution.handle_deadline(now);
        }
    }
}
