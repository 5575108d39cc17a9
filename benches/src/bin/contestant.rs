//! One side of a comparison between programs: `contestant WORKLOAD ours|ceiling`.
//!
//! It prints the output of an execution as a line of JSON. After that, for each line with a number on its standard
//! input it executes the workload that many times and prints the CPU time this took, in nanoseconds.
//! The peers that `cargo xtask bench-peers` compares speak the same protocol.

#![expect(clippy::print_stdout, reason = "the protocol")]

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use asl_core::Value;
use benches::cpu_time::measure;
use benches::{ceiling, folder, workloads};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(side)) = (arguments.next(), arguments.next()) else {
        return Err("usage: contestant WORKLOAD ours|ceiling".into());
    };
    let workload = workloads(&folder())?.into_iter().find(|workload| workload.name == name);
    let workload = workload.ok_or_else(|| format!("there is no workload `{name}`"))?;
    match side.as_str() {
        "ours" => compete(&workload.input, |input| workload.execute(input).output().cloned().unwrap_or_default()),
        "ceiling" => {
            let by_hand = ceiling::of_workload(workload.name).ok_or_else(|| format!("`{name}` has no ceiling"))?;
            compete(&workload.input, by_hand)
        }
        side => Err(format!("`{side}` is neither `ours` nor `ceiling`").into()),
    }
}

fn compete(input: &Value, execute: impl Fn(Value) -> Value) -> Result<(), Box<dyn Error>> {
    println!("{}", execute(input.clone()));
    stdout().flush()?;
    for line in stdin().lock().lines() {
        let count: u64 = line?.trim().parse()?;
        let taken = measure(|| (0..count).for_each(|_| drop(black_box(execute(input.clone())))));
        println!("{}", taken.as_nanos());
        stdout().flush()?;
    }
    Ok(())
}
