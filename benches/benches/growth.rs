//! How cost grows with size: the exponent of the power of the size that fits best, over sizes that double.
//! `cargo bench -p benches --bench growth` prints a table in Markdown.

#![expect(clippy::print_stdout, reason = "says what it measured")]

use std::error::Error;
use std::hint::black_box;

use asl_core::compile;
use asl_core::execution::HistoryLevel;
use benches::Workload;
use benches::cpu_time::{exponent, measure, median};
use benches::generate::{self, Generated, leading_to, with};
use serde_json::{Map, Value as Json, json};

/// How often each size is measured.
const TURNS: usize = 41;
/// The sizes that the exponent is fitted to: the largest, where what does not grow is small.
const FITTED: usize = 4;
/// What counts as linear.
const LINEAR: f64 = 1.1;

fn main() -> Result<(), Box<dyn Error>> {
    println!("| what grows | from | to | µs | to | exponent | at most {LINEAR} |");
    println!("|---|--:|--:|--:|--:|--:|---|");
    let counts = [125, 250, 500, 1_000, 2_000, 4_000];
    executing("states in a row", counts, chain)?;
    executing("turns of a loop", counts, generate::loop_of)?;
    executing("items of an inline Map", counts.map(|count| count / 2), |count| generate::map("w5_map", count))?;
    executing("branches of a Parallel", counts.map(|count| count / 4), branches)?;
    executing("bytes of a payload, as values", bytes(), |size| generate::payload(size as usize))?;
    executing("depth of a payload", [3, 7, 15, 30, 60, 120], deep_payload)?;
    executing("depth of a path", [4, 8, 16, 32, 64, 128], deep_path)?;
    executing("depth of Parallels in one another", [1, 2, 4, 8, 16, 28], nested)?;
    rewriting("bytes of a payload, from text to text", bytes())?;
    compiling("states of a definition, to compile", counts.map(|count| count / 2));
    Ok(())
}

fn bytes() -> [u32; 6] {
    [6_250, 12_500, 25_000, 50_000, 100_000, 200_000]
}

/// Measures executions with their history.
fn executing(what: &str, sizes: [u32; 6], generate: impl Fn(u32) -> Generated) -> Result<(), Box<dyn Error>> {
    let workloads = sizes.map(|size| Workload::new(generate(size)));
    let mut bodies = Vec::new();
    for workload in workloads {
        let workload = workload?;
        let outcome = workload.execute(workload.fresh_input(), HistoryLevel::All);
        if outcome.output() != Some(&workload.expected) {
            return Err(format!("{what}: {outcome:?}").into());
        }
        bodies.push(move || {
            let input = workload.fresh_input();
            measure(|| drop(black_box(workload.execute(input.clone(), HistoryLevel::All)))).as_secs_f64()
        });
    }
    print(what, sizes, &bodies);
    Ok(())
}

/// Measures executions from the text of the input to that of the output.
fn rewriting(what: &str, sizes: [u32; 6]) -> Result<(), Box<dyn Error>> {
    let mut bodies = Vec::new();
    for size in sizes {
        let workload = Workload::new(generate::payload(size as usize))?;
        bodies.push(move || {
            let rewrite = || {
                let input = serde_json::from_str(black_box(&workload.input_text)).unwrap_or_default();
                let outcome = workload.execute(input, HistoryLevel::All);
                drop(black_box(serde_json::to_string(&outcome.output())));
            };
            measure(rewrite).as_secs_f64()
        });
    }
    print(what, sizes, &bodies);
    Ok(())
}

fn compiling(what: &str, sizes: [u32; 6]) {
    let texts = sizes.map(|size| generate::definition(size).text());
    let bodies: Vec<_> =
        texts.iter().map(|text| || measure(|| drop(black_box(compile(black_box(text))))).as_secs_f64()).collect();
    print(what, sizes, &bodies);
}

/// Measures `bodies`, each of which says what it took, in turns, and prints how that grows with `sizes`.
fn print(what: &str, sizes: [u32; 6], bodies: &[impl Fn() -> f64]) {
    let mut samples = vec![Vec::new(); bodies.len()];
    for _ in 0..TURNS {
        for (samples, body) in samples.iter_mut().zip(bodies) {
            // What another size left to the allocator and the caches is no cost of this one.
            let _ = body();
            samples.push(body());
        }
    }
    let costs = samples.into_iter().map(median);
    let points: Vec<(f64, f64)> = sizes.into_iter().map(f64::from).zip(costs).collect();
    let exponent = exponent(points.get(points.len().saturating_sub(FITTED)..).unwrap_or_default());
    if let (Some((from, least)), Some((to, most))) = (points.first(), points.last()) {
        let verdict = if exponent <= LINEAR { "met" } else { "MISSED" };
        println!("| {what} | {from} | {to} | {:.1} | {:.1} | {exponent:.2} | {verdict} |", least * 1e6, most * 1e6);
    }
}

/// A machine that gives `expected`.
fn machine(definition: Json, input: Json, expected: Json) -> Generated {
    Generated { name: "growth", definition, input, expected, transitions: 0, functions: Map::new(), note: "" }
}

/// Pass states that change the payload, one after the other.
fn chain(count: u32) -> Generated {
    chain_to("$.last", count)
}

/// Pass states that change what `path` leads to.
fn chain_to(path: &str, count: u32) -> Generated {
    let state = |number: u32| {
        let state = json!({"Type": "Pass", "Result": number, "ResultPath": path});
        (format!("S{number}"), leading_to(state, (number + 1 < count).then(|| format!("S{}", number + 1))))
    };
    let states: Map<_, _> = (0..count).map(state).collect();
    machine(json!({"StartAt": "S0", "States": states}), json!({"k": "v"}), json!({"k": "v", "last": count - 1}))
}

fn pass(name: &str) -> Json {
    json!({"StartAt": name, "States": {name: {"Type": "Pass", "End": true}}})
}

fn branches(count: u32) -> Generated {
    let branches: Vec<_> = (0..count).map(|number| pass(&format!("B{number}"))).collect();
    let parallel = json!({"Type": "Parallel", "Branches": branches, "End": true});
    let input = json!({"k": "v"});
    machine(json!({"StartAt": "P", "States": {"P": parallel}}), input.clone(), vec![input; count as usize].into())
}

/// A payload of objects in one another that is passed on twenty times.
fn deep_payload(depth: u32) -> Generated {
    let input = (0..depth - 2).fold(json!({}), |inner, _| json!({"a": inner}));
    let mut generated = chain(20);
    generated.expected = with(input.clone(), "last", 19);
    generated.input = input;
    generated
}

/// A result that is put deep into the payload, twenty times.
fn deep_path(depth: u32) -> Generated {
    let path = format!("${}", ".a".repeat(depth as usize));
    let mut generated = chain_to(&path, 20);
    generated.input = json!({});
    generated.expected = (0..depth).fold(json!(19), |inner, _| json!({"a": inner}));
    generated
}

fn nested(depth: u32) -> Generated {
    let innermost = pass("S0");
    let definition = (1..=depth).fold(innermost, |inner, level| {
        let name = format!("S{level}");
        json!({"StartAt": &name, "States": {&name: {"Type": "Parallel", "Branches": [inner], "End": true}}})
    });
    let input = json!({"k": "v"});
    let expected = (0..depth).fold(input.clone(), |inner, _| json!([inner]));
    machine(definition, input, expected)
}
