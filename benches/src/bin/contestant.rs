//! One side of a comparison between programs: `contestant WORKLOAD ours|off|ceiling|text`.
//!
//! It prints the output of an execution as a line of JSON. After that, for each line with a number on its standard
//! input it executes the workload that many times and prints the CPU time this took, in nanoseconds.
//! The peers that `cargo xtask bench-peers` compares speak the same protocol.
//!
//! `off` is ours without history, `text` ours from the text of the input to that of the output. To execute [`DEFINITION`] is to compile it.
//! `contestant write FOLDER` writes the files of all workloads.

#![expect(clippy::print_stdout, reason = "the protocol")]

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::path::Path;

use asl_core::execution::HistoryLevel;
use asl_core::{Value, compile};
use benches::cpu_time::measure;
use benches::{DEFINITION, Workload, ceiling, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", folder] => Ok(generate::write(Path::new(folder))?),
        [DEFINITION, side] => understand(side),
        [name, side] => execute(name, side),
        _ => Err("usage: contestant WORKLOAD ours|off|ceiling|text, or contestant write FOLDER".into()),
    }
}

fn understand(side: &str) -> Result<(), Box<dyn Error>> {
    let text = generate::definition(500).text();
    match side {
        "ours" => compete(&Value::Null, || drop(black_box(compile(black_box(&text))))),
        "ceiling" => compete(&Value::Null, || drop(black_box(ceiling::missing_targets(black_box(&text))))),
        side => Err(format!("`{side}` is neither `ours` nor `ceiling`").into()),
    }
}

fn execute(name: &str, side: &str) -> Result<(), Box<dyn Error>> {
    let generated = generate::named(name).ok_or_else(|| format!("there is no workload `{name}`"))?;
    let workload = Workload::new(generated)?;
    let ours = |input: Value| workload.execute(input, HistoryLevel::All).output().cloned().unwrap_or_default();
    let input = || workload.input.clone();
    match side {
        "ours" => compete(&ours(input()), || drop(black_box(ours(input())))),
        "off" => {
            let off = |input: Value| workload.execute(input, HistoryLevel::Off).output().cloned().unwrap_or_default();
            compete(&off(input()), || drop(black_box(off(input()))))
        }
        "text" => {
            let read = || serde_json::from_str(black_box(&workload.input_text)).unwrap_or_default();
            compete(&ours(read()), || drop(black_box(serde_json::to_string(&ours(read())))))
        }
        "ceiling" => {
            let by_hand = ceiling::of_workload(&workload).ok_or_else(|| format!("`{name}` has no ceiling"))?;
            compete(&by_hand(input()), || drop(black_box(by_hand(input()))))
        }
        side => Err(format!("`{side}` is none of `ours`, `off`, `ceiling` and `text`").into()),
    }
}

fn compete(output: &Value, execute: impl Fn()) -> Result<(), Box<dyn Error>> {
    println!("{output}");
    stdout().flush()?;
    for line in stdin().lock().lines() {
        let count: u64 = line?.trim().parse()?;
        let taken = measure(|| (0..count).for_each(|_| execute()));
        println!("{}", taken.as_nanos());
        stdout().flush()?;
    }
    Ok(())
}
