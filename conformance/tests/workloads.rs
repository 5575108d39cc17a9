//! The shared benchmark workloads give their outputs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use asl_core::{Failure, Value};
use asl_runtime::{Simulation, TaskRequest};
use conformance::Corpus;
use serde::Deserialize;

use crate::say;

/// What a manifest says of a workload.
#[derive(Deserialize)]
struct Workload {
    asl: String,
    input: String,
    expected: String,
    mocks: BTreeMap<String, serde_json::Value>,
}

/// The workloads that are executions.
const WORKLOADS: [&str; 10] = [
    "w1_hello",
    "w2_deploy",
    "w3_loop",
    "w4_choice",
    "w5_map",
    "w5_map_iterator",
    "w6_parallel",
    "w7_retry",
    "w8_payload",
    "w9_jsonata",
];

#[test]
fn every_workload_gives_its_output() {
    let folder = workloads_folder();
    let Ok(manifest) = fs::read_to_string(folder.join("manifest.json")) else {
        say(&format!("ABSENT: no workloads in {}; nothing was checked", folder.display()));
        return;
    };
    let manifest: BTreeMap<String, Workload> = serde_json::from_str(&manifest).unwrap();
    for name in WORKLOADS {
        let workload = &manifest[name];
        let definition = fs::read_to_string(folder.join(&workload.asl)).unwrap();
        let compiled = asl_core::compile(&definition);
        let program = compiled.program.unwrap_or_else(|| panic!("{name}: {}", compiled.diagnostics));
        let mut simulation = Simulation::new().handler("*", unexpected);
        for (function, result) in &workload.mocks {
            let failures = if function == "Flaky" { 3 } else { 0 };
            simulation = simulation.handler(function.as_str(), flaky(result.clone(), failures));
        }
        let run = simulation.run(&program, value(&folder.join(&workload.input))).unwrap();
        let expected = value(&folder.join(&workload.expected));
        assert_eq!(run.output(), Some(&expected), "{name}: {:?}", run.failure());
    }
}

/// Stands for the functions that a workload names but never calls.
async fn unexpected(request: TaskRequest) -> Result<Value, Failure> {
    Err(Failure::new("Unexpected", request.resource().to_string()))
}

/// A handler that fails at first, and then gives `result`.
fn flaky(
    result: serde_json::Value,
    failures: u32,
) -> impl Fn(TaskRequest) -> std::future::Ready<Result<serde_json::Value, Failure>> {
    move |request| {
        let fails = request.retry_count() < failures;
        std::future::ready(if fails { Err(Failure::named("Flaky.Error")) } else { Ok(result.clone()) })
    }
}

fn value(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Beside the recorded corpus, wherever that is.
fn workloads_folder() -> PathBuf {
    Corpus::recorded().folder().join("../bench/workloads")
}
