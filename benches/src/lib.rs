//! The shared workloads: small machines that every engine is measured by.
//!
//! They are generated, each with the output that it must have, which tests check;
//! `cargo xtask bench` measures them, and `cargo xtask bench-peers` compares them with others.

pub mod ceiling;
pub mod cpu_time;
mod execution;
pub mod generate;

use std::collections::BTreeMap;

use asl_core::execution::Start;
use asl_core::{Failure, NoProgram, Program, Value, compile};
use asl_runtime::{Registry, TaskRequest};

use crate::generate::Generated;

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
    /// The text of what executions are started with.
    pub input_text: String,
    /// What executions are started with.
    pub input: Value,
    /// The output that they must have.
    pub expected: Value,
    /// How many states an execution enters.
    pub transitions: u32,
    functions: BTreeMap<String, Value>,
    /// What every execution is started with but for its input.
    start: Start,
}

/// Every workload that is executed.
///
/// # Errors
///
/// When a definition does not compile.
pub fn workloads() -> Result<Vec<Workload>, NoProgram> {
    generate::all().into_iter().filter(|generated| generated.name != DEFINITION).map(Workload::new).collect()
}

impl Workload {
    /// A workload as it is generated, compiled.
    ///
    /// # Errors
    ///
    /// When the definition does not compile.
    pub fn new(generated: Generated) -> Result<Self, NoProgram> {
        let definition = generated.text();
        Ok(Self {
            name: generated.name,
            program: compile(&definition).into_program()?,
            definition,
            input_text: generated.input.to_string(),
            input: generated.input.into(),
            expected: generated.expected.into(),
            transitions: generated.transitions,
            functions: generated.functions.into_iter().map(|(name, answer)| (name, answer.into())).collect(),
            start: Start::new("bench", Value::Null),
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

#[cfg(test)]
mod tests {
    use asl_core::check;
    use asl_core::diagnostic::Code;
    use asl_core::execution::HistoryLevel;
    use asl_runtime::Simulation;

    use super::*;

    #[test]
    fn every_workload_gives_its_output() {
        for workload in workloads().unwrap() {
            let mut simulation = Simulation::new().registry(workload.handlers());
            let run = simulation.run(&workload.program, workload.input.clone()).unwrap();
            assert_eq!(run.output(), Some(&workload.expected), "{}: {:?}", workload.name, run.failure());
        }
    }

    #[test]
    fn every_workload_gives_its_output_without_a_driver_too() {
        for workload in workloads().unwrap() {
            for level in [HistoryLevel::All, HistoryLevel::Off] {
                let outcome = workload.execute(workload.fresh_input(), level);
                assert_eq!(outcome.output(), Some(&workload.expected), "{} {level:?}", workload.name);
            }
        }
    }

    #[test]
    fn every_ceiling_gives_the_output_of_its_workload() {
        for workload in workloads().unwrap() {
            let by_hand = ceiling::of_workload(&workload).unwrap();
            // Twice, since nothing of one execution may be left to the next.
            for _ in 0..2 {
                assert_eq!(by_hand(workload.fresh_input()), workload.expected, "{}", workload.name);
            }
        }
    }

    #[test]
    fn the_ceiling_of_the_definition_finds_what_we_find() {
        let sound = generate::definition(500).text();
        let broken = sound.replace(r#""Next": "State499""#, r#""Next": "State500""#);
        for (text, missing) in [(&sound, 0), (&broken, broken.matches("State500").count())] {
            assert_eq!(ceiling::missing_targets(text).unwrap(), missing);
            let ours =
                check(text).iter().filter(|diagnostic| diagnostic.code == Code::MISSING_TRANSITION_TARGET).count();
            assert_eq!(ours, missing);
        }
    }
}
