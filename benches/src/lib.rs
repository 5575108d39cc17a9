//! The shared workloads: small machines that every engine is measured by.
//!
//! They are read from `../shared/bench/workloads` or from where `ASL_BENCH_WORKLOADS` says; see [`folder`].
//! A test checks that each gives the output that it should; `cargo bench -p benches` measures them.

pub mod ceiling;
pub mod cpu_time;
mod execution;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use asl_core::{Failure, NoProgram, Program, Value, compile};
use asl_runtime::{Registry, TaskRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The environment variable that names another folder for the workloads.
pub const WORKLOADS_VARIABLE: &str = "ASL_BENCH_WORKLOADS";

/// The workloads that are executions.
const NAMES: [&str; 10] = [
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

/// The workload that is a definition of 500 states, to be understood and not to be executed.
pub const DEFINITION: &str = "w10_parse";

/// How often the function `Flaky` fails before it answers.
const FAILURES_OF_FLAKY: u32 = 3;

/// A machine with its input, what its functions answer, and what must come of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Workload {
    /// Such as `w1_hello`.
    pub name: &'static str,
    /// The text of the definition.
    pub definition: String,
    /// The definition, compiled.
    pub program: Program,
    /// What executions are started with.
    pub input: Value,
    /// The output that they must have.
    pub expected: Value,
    functions: BTreeMap<String, Value>,
}

/// What the manifest says of a workload.
#[derive(Deserialize)]
struct Entry {
    asl: String,
    input: String,
    expected: String,
    mocks: BTreeMap<String, Value>,
}

/// Why workloads could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkloadsError {
    /// There are none.
    #[error("there are no workloads in {}; `{WORKLOADS_VARIABLE}` may name another folder", .0.display())]
    Absent(PathBuf),
    /// A file is missing or cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A definition has errors.
    #[error("{name} does not compile:\n{reason}")]
    Invalid {
        /// The workload.
        name: &'static str,
        /// What is wrong with it.
        reason: NoProgram,
    },
}

/// Where the workloads are: beside the project, unless [`WORKLOADS_VARIABLE`] says otherwise.
pub fn folder() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/bench/workloads");
    std::env::var_os(WORKLOADS_VARIABLE).map_or_else(beside, PathBuf::from)
}

/// Every workload in `folder`.
///
/// # Errors
///
/// When the folder has no manifest, or one of its files is not what the manifest says.
pub fn workloads(folder: &Path) -> Result<Vec<Workload>, WorkloadsError> {
    let manifest = folder.join("manifest.json");
    if !manifest.is_file() {
        return Err(WorkloadsError::Absent(folder.to_owned()));
    }
    let mut entries: BTreeMap<String, Entry> = read_json(&manifest)?;
    let known = NAMES.into_iter().filter_map(|name| Some((name, entries.remove(name)?)));
    known.map(|(name, entry)| Workload::read(name, entry, folder)).collect()
}

/// The text of [`DEFINITION`] in `folder`.
///
/// # Errors
///
/// When it cannot be read.
pub fn definition(folder: &Path) -> Result<String, WorkloadsError> {
    read_text(&folder.join(format!("{DEFINITION}.asl.json")))
}

impl Workload {
    fn read(name: &'static str, entry: Entry, folder: &Path) -> Result<Self, WorkloadsError> {
        let definition = read_text(&folder.join(&entry.asl))?;
        let program = compile(&definition).into_program().map_err(|reason| WorkloadsError::Invalid { name, reason })?;
        Ok(Self {
            name,
            definition,
            program,
            input: read_json(&folder.join(&entry.input))?,
            expected: read_json(&folder.join(&entry.expected))?,
            functions: entry.mocks,
        })
    }

    /// What the function called `name` answers to a Task that was retried `retry_count` times before.
    ///
    /// # Errors
    ///
    /// As a function that the workload does not have, and as `Flaky` at first.
    pub fn answer(&self, name: &str, retry_count: u32) -> Result<Value, Failure> {
        match self.functions.get(name) {
            None => Err(Failure::new("FunctionNotFound", name)),
            Some(_) if name == "Flaky" && retry_count < FAILURES_OF_FLAKY => Err(Failure::named("Flaky.Error")),
            Some(answer) => Ok(answer.clone()),
        }
    }

    /// Handlers that answer as [`answer`](Self::answer) says.
    pub fn handlers(&self) -> Registry {
        let workload = self.clone();
        Registry::new().handler("*", move |request: TaskRequest| {
            let name = request.resource().function_name().unwrap_or_default();
            std::future::ready(workload.answer(name, request.retry_count()))
        })
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, WorkloadsError> {
    serde_json::from_str(&read_text(path)?)
        .map_err(|error| WorkloadsError::Unreadable { path: path.to_owned(), source: error.into() })
}

fn read_text(path: &Path) -> Result<String, WorkloadsError> {
    fs::read_to_string(path).map_err(|source| WorkloadsError::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use asl_core::check;
    use asl_core::diagnostic::Code;
    use asl_runtime::Simulation;

    use super::*;

    /// The workloads; none where they are absent, which is said.
    fn shared() -> Vec<Workload> {
        match workloads(&folder()) {
            Ok(workloads) => {
                assert_eq!(workloads.len(), NAMES.len());
                workloads
            }
            Err(absent @ WorkloadsError::Absent(_)) => {
                // Unlike what goes through `eprintln!`, this is seen when the test passes.
                let _ = writeln!(io::stderr(), "ABSENT: {absent}; nothing was checked");
                Vec::new()
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn every_workload_gives_its_output() {
        for workload in shared() {
            let mut simulation = Simulation::new().registry(workload.handlers());
            let run = simulation.run(&workload.program, workload.input.clone()).unwrap();
            assert_eq!(run.output(), Some(&workload.expected), "{}: {:?}", workload.name, run.failure());
        }
    }

    #[test]
    fn the_ceiling_of_the_definition_finds_what_we_find() {
        if shared().is_empty() {
            return;
        }
        let sound = definition(&folder()).unwrap();
        let broken = sound.replace(r#""Next": "State499""#, r#""Next": "State500""#);
        for (text, missing) in [(&sound, 0), (&broken, broken.matches("State500").count())] {
            assert_eq!(ceiling::missing_targets(text).unwrap(), missing);
            let ours =
                check(text).iter().filter(|diagnostic| diagnostic.code == Code::MISSING_TRANSITION_TARGET).count();
            assert_eq!(ours, missing);
        }
    }

    #[test]
    fn every_ceiling_gives_the_output_of_its_workload() {
        for workload in shared() {
            if let Some(by_hand) = ceiling::of_workload(workload.name) {
                assert_eq!(by_hand(workload.input.clone()), workload.expected, "{}", workload.name);
            }
        }
    }
}
