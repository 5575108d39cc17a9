//! How far we are from the same work written by hand, in CPU time: executing machines, and understanding a definition.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "says what it measured and what it did not")]

use std::hint::black_box;

use asl_core::{Value, check, compile};
use benches::cpu_time::{measure, median};
use benches::{DEFINITION, Workload, WorkloadsError, ceiling, definition, folder, workloads};
use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    if let Err(error) = measure_all(&mut criterion) {
        eprintln!("NOTHING IS MEASURED: {error}");
    }
    criterion.final_summary();
}

fn measure_all(criterion: &mut Criterion) -> Result<(), WorkloadsError> {
    workloads(&folder())?.iter().for_each(|workload| compare_execution(criterion, workload));
    compare_definition(criterion, &definition(&folder())?);
    Ok(())
}

/// Measures a workload and its ceiling, if it has one.
fn compare_execution(criterion: &mut Criterion, workload: &Workload) {
    let Some(by_hand) = ceiling::of_workload(workload.name) else { return };
    let inputs = |count| (0..count).map(|_| workload.fresh_input()).collect::<Vec<Value>>();
    let mut group = criterion.benchmark_group(workload.name);
    let ours = sample(&mut group, "ours", inputs, |input| drop(black_box(workload.execute(input))));
    let ceiling = sample(&mut group, "ceiling", inputs, |input| drop(black_box(by_hand(input))));
    group.finish();
    print(workload.name, "ours", ours, ceiling);
}

/// Measures how long it takes to check and to compile a definition, and its ceiling.
fn compare_definition(criterion: &mut Criterion, text: &str) {
    let texts = |count| (0..count).map(|_| text).collect::<Vec<&str>>();
    let mut group = criterion.benchmark_group(DEFINITION);
    let ceiling = sample(&mut group, "ceiling", texts, |text| drop(black_box(ceiling::missing_targets(text))));
    let checking = sample(&mut group, "check", texts, |text| drop(black_box(check(text))));
    let compiling = sample(&mut group, "compile", texts, |text| drop(black_box(compile(text))));
    group.finish();
    print(DEFINITION, "check", checking, ceiling);
    print(DEFINITION, "compile", compiling, ceiling);
}

/// Prints how many times the ceiling something takes.
fn print(workload: &str, what: &str, ours: f64, ceiling: f64) {
    if ceiling > 0.0 {
        let (ours_us, ceiling_us) = (ours * 1e6, ceiling * 1e6);
        println!("{workload}: {what} {ours_us:.2} µs ÷ ceiling {ceiling_us:.2} µs = {:.2}", ours / ceiling);
    }
}

/// The median CPU time of `run` with an input of its own, in seconds.
fn sample<I>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    inputs: impl Fn(u64) -> Vec<I>,
    run: impl Fn(I),
) -> f64 {
    let mut samples = Vec::new();
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| {
            let inputs = inputs(count);
            let taken = measure(|| inputs.into_iter().for_each(&run));
            #[expect(clippy::cast_precision_loss, reason = "far fewer executions than 2⁵³")]
            samples.push(taken.as_secs_f64() / count as f64);
            taken
        });
    });
    median(samples)
}
