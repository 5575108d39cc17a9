//! The crate `asl` as a contestant: `asl-contestant WORKLOADS NAME`.
//!
//! WORKLOADS holds what `contestant write` wrote. Functions answer as the manifest says.
//! To execute `w10_parse` is to parse its text. It speaks the protocol of `benches/src/bin/contestant.rs`.

use std::error::Error;
use std::hint::black_box;
use std::io::BufRead as _;
use std::path::Path;

use asl::asl::execution::{ExecutionStatus, StateExecutionHandler};
use asl::asl::state_machine::StateMachine;
use asl::asl::types::execution::EmptyContext;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value};

struct Functions<'a>(&'a Map<String, Value>);

impl StateExecutionHandler for Functions<'_> {
    type TaskExecutionError = String;

    fn execute_task(&self, resource: &str, _: &Value, _: Option<&Value>) -> Result<Option<Value>, String> {
        let name = resource.rsplit(':').next().unwrap_or_default();
        self.0.get(name).cloned().map(Some).ok_or_else(|| format!("there is no function `{name}`"))
    }

    fn wait(&self, _: f64) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, name] = arguments.as_slice() else { return Err("usage: asl-contestant WORKLOADS NAME".into()) };
    let read = |kind: &str| std::fs::read_to_string(Path::new(folder).join(format!("{name}.{kind}.json")));
    let text = read("asl")?;
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(Path::new(folder).join("manifest.json"))?)?;
    let functions = manifest[name]["mocks"].as_object().cloned().unwrap_or_default();
    if functions.contains_key("Flaky") {
        return Err("its documentation says that it does not retry".into());
    }
    let machine = StateMachine::parse(&text).map_err(|error| error.to_string())?;
    if name == "w10_parse" {
        return compete(&Value::Null, || drop(black_box(StateMachine::parse(black_box(&text)))));
    }
    let input: Value = serde_json::from_str(&read("input")?)?;
    let execute = || machine.start(&input, Functions(&functions), EmptyContext {}).last();
    let last = execute().ok_or("there are no states")?;
    match last.status {
        ExecutionStatus::FinishedWithSuccess(Some(output)) => compete(&output, || drop(black_box(execute()))),
        status => Err(format!("the execution ended with {status:?}").into()),
    }
}

fn compete(output: &Value, execute: impl Fn()) -> Result<(), Box<dyn Error>> {
    println!("{output}");
    for line in std::io::stdin().lock().lines() {
        let count: u64 = line?.trim().parse()?;
        let before = cpu_time();
        (0..count).for_each(|_| execute());
        println!("{}", cpu_time() - before);
    }
    Ok(())
}

/// The CPU time of this process, in nanoseconds.
fn cpu_time() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
