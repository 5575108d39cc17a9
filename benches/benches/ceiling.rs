//! How far we are from the same work written by hand, in CPU time: executing machines with and without their history,
//! and understanding a definition. `cargo bench -p benches --bench ceiling [-- NAME…]` prints a table in Markdown.
//!
//! All sides of a row take turns, so that a busy machine slows all of them alike; a figure is the median of the turns.
//! Inputs are read beforehand and live on, so that neither reading nor freeing them is measured, but for the rows of text.

#![expect(clippy::print_stdout, reason = "says what it measured")]

use std::error::Error;
use std::hint::black_box;

use asl_core::execution::HistoryLevel;
use asl_core::{Value, check, compile};
use benches::cpu_time::{measure, median, medians_in_turns};
use benches::{DEFINITION, Workload, ceiling, generate, workloads};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How often each side is measured.
const TURNS: usize = 101;
/// How long a turn takes at least, in seconds, unless it has as many executions as it may have.
const TURN: f64 = 0.001;
const EXECUTIONS: f64 = 256.0;
/// How much an execution with its history may take of one without.
const WITH_HISTORY: f64 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted.as_str()));
    println!("| workload | history off, µs | on, µs | by hand, µs | ÷ by hand | at most | | on ÷ off | | states/s |");
    println!("|---|--:|--:|--:|--:|--:|---|--:|---|--:|");
    for workload in workloads()?.iter().filter(|workload| is_wanted(workload.name)) {
        let by_hand = ceiling::of_workload(workload).ok_or("a workload has no ceiling")?;
        let fresh = in_turns(workload, || workload.fresh_input(), &by_hand);
        row(workload.name, fresh, target(workload.name), workload.transitions);
        if workload.name == "w8_payload" {
            let again = in_turns(workload, || workload.input.clone(), &by_hand);
            row("w8_payload, the same input again", again, target(workload.name), workload.transitions);
            let text = &workload.input_text;
            let shared = with_text(workload, &|| rewrite::<Value>(text));
            row("w8_payload, text in and out, ÷ shared values", shared, 1.5, workload.transitions);
            let plain = with_text(workload, &|| rewrite::<serde_json::Value>(text));
            row("w8_payload, text in and out, ÷ serde_json", plain, 1.5, workload.transitions);
        }
    }
    if is_wanted(DEFINITION) {
        understand(&generate::definition(500).text());
    }
    Ok(())
}

/// How many times the ceiling a workload may take.
fn target(name: &str) -> f64 {
    match name {
        "w4_choice" | "w5_map" | "w5_map_iterator" => 3.0,
        "w7_retry" | "w8_payload" => 5.0,
        "w9_jsonata" => 10.0,
        _ => 4.0,
    }
}

/// The seconds that an execution takes: without its history, with it, and by hand.
fn in_turns(workload: &Workload, input: impl Fn() -> Value, by_hand: &dyn Fn(Value) -> Value) -> [f64; 3] {
    let once = measure(|| drop(black_box(workload.execute(input(), HistoryLevel::Off)))).as_secs_f64();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let count = (TURN / once).clamp(4.0, EXECUTIONS) as u32;
    let off = |input| drop(black_box(workload.execute(input, HistoryLevel::Off)));
    let on = |input| drop(black_box(workload.execute(input, HistoryLevel::All)));
    let by_hand = |input| drop(black_box(by_hand(input)));
    let sides: [&dyn Fn(Value); 3] = [&off, &on, &by_hand];
    let mut samples = [const { Vec::new() }; 3];
    for _ in 0..TURNS {
        for (samples, side) in samples.iter_mut().zip(sides) {
            let inputs: Vec<Value> = (0..count).map(|_| input()).collect();
            let taken = measure(|| inputs.iter().for_each(|input| side(input.clone())));
            samples.push(taken.as_secs_f64() / f64::from(count));
        }
    }
    samples.map(median)
}

/// The same from the text of the input to that of the output; by hand is reading what is written again.
fn with_text(workload: &Workload, by_hand: &dyn Fn()) -> [f64; 3] {
    let execute = |level| {
        let input = serde_json::from_str(black_box(&workload.input_text)).unwrap_or_default();
        let outcome = workload.execute(input, level);
        drop(black_box(serde_json::to_string(&outcome.output())));
    };
    medians_in_turns(TURNS, [&|| execute(HistoryLevel::Off), &|| execute(HistoryLevel::All), by_hand])
}

/// Reads `text` as a JSON value of some kind, and writes that again.
fn rewrite<T: Serialize + DeserializeOwned>(text: &str) {
    drop(black_box(serde_json::from_str::<T>(black_box(text)).and_then(|value| serde_json::to_string(&value))));
}

/// Prints what an execution takes.
fn row(name: &str, [off, on, by_hand]: [f64; 3], at_most: f64, transitions: u32) {
    let [ratio, with_history] = [off / by_hand, on / off];
    println!(
        "| {name} | {:.2} | {:.2} | {:.3} | {ratio:.2} | {at_most} | {} | {with_history:.2} | {} | {:.2} M |",
        off * 1e6,
        on * 1e6,
        by_hand * 1e6,
        verdict(ratio, at_most),
        verdict(with_history, WITH_HISTORY),
        f64::from(transitions) / off / 1e6,
    );
}

/// Prints what checking and compiling a definition take.
fn understand(text: &str) {
    let by_hand = || drop(black_box(ceiling::missing_targets(black_box(text))));
    let check = || drop(black_box(check(black_box(text))));
    let compile = || drop(black_box(compile(black_box(text))));
    let [by_hand, checking, compiling] = medians_in_turns(3 * TURNS, [&by_hand, &check, &compile]);
    for (name, ours) in [("check", checking), ("compile", compiling)] {
        let ratio = ours / by_hand;
        println!(
            "| {DEFINITION}, {name} | {:.0} | | {:.0} | {ratio:.2} | 1.5 | {} | | | |",
            ours * 1e6,
            by_hand * 1e6,
            verdict(ratio, 1.5),
        );
    }
}

fn verdict(figure: f64, at_most: f64) -> &'static str {
    if figure <= at_most { "met" } else { "MISSED" }
}
