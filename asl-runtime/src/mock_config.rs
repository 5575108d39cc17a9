//! Mock files of Step Functions Local: what the Tasks of a test case are answered.
//!
//! A `MockConfigFile.json` names test cases of state machines; a test case says by which mocked response a state is
//! answered, and a mocked response what the first, second, … invocation returns or throws.
//! See [AWS's description](https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html).
//!
//! An execution counts the invocations of each state from 0: retries, iterations of a Map and further entries of the
//! state count like first ones.
//! States that a test case does not name are not mocked: they need handlers.
//!
//! # Examples
//!
//! A Task that fails once, and the retry that succeeds:
//!
//! ```
//! use asl_runtime::{MockConfig, Simulation};
//! use serde_json::json;
//!
//! const MOCKS: &str = r#"{
//!     "StateMachines": {"orders": {"TestCases": {"BusyAtFirst": {"Charge": "BusyThenPaid"}}}},
//!     "MockedResponses": {
//!         "BusyThenPaid": {
//!             "0": {"Throw": {"Error": "Busy", "Cause": "try later"}},
//!             "1-2": {"Return": {"paid": 5}}
//!         }
//!     }
//! }"#;
//!
//! let definition = json!({"StartAt": "Charge", "States": {"Charge": {
//!     "Type": "Task",
//!     "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Charge",
//!     "Retry": [{"ErrorEquals": ["Busy"]}],
//!     "End": true,
//! }}});
//! let program = asl_core::compile(&definition.to_string()).into_program()?;
//!
//! let mocks = MockConfig::parse(MOCKS)?;
//! let busy_at_first = mocks.test_case("orders", "BusyAtFirst")?;
//! let run = Simulation::new().mock(busy_at_first).run(&program, json!({"amount": 5}))?;
//! assert_eq!(run.output().map(ToString::to_string).as_deref(), Some(r#"{"paid":5}"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod read;
mod responses;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use asl_core::diagnostic::{Code, Diagnostic, Diagnostics, Location};
use asl_core::suggestion::nearest;
use asl_core::{Failure, Program, Value};
use async_trait::async_trait;

use self::responses::{MockedAnswer, MockedResponse};
use crate::handler::{TaskHandler, TaskRequest};

/// A mock file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct MockConfig {
    state_machines: BTreeMap<Arc<str>, BTreeMap<Arc<str>, MockedTestCase>>,
}

impl MockConfig {
    /// Reads the text of a mock file.
    ///
    /// The responses of a name must answer the invocations from 0 on, each once.
    /// Whether a response that a test case names is there is that case's matter: see [`MockedTestCase::check`].
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with its places in `text`.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        read::read(text)
    }

    /// The names of the state machines that have test cases, in alphabetical order.
    pub fn state_machines(&self) -> impl Iterator<Item = &str> {
        self.state_machines.keys().map(|name| &**name)
    }

    /// The names of the test cases of `state_machine`, in alphabetical order.
    pub fn test_cases(&self, state_machine: &str) -> impl Iterator<Item = &str> {
        self.state_machines.get(state_machine).into_iter().flat_map(BTreeMap::keys).map(|name| &**name)
    }

    /// The test case `test_case` of `state_machine`.
    ///
    /// # Errors
    ///
    /// When there is none of that name.
    pub fn test_case(&self, state_machine: &str, test_case: &str) -> Result<&MockedTestCase, UnknownTestCase> {
        let unknown = |what, wanted: &str, known: Vec<&str>| UnknownTestCase {
            what,
            wanted: wanted.to_owned(),
            known: known.into_iter().map(str::to_owned).collect(),
        };
        let test_cases = self.state_machines.get(state_machine);
        let test_cases =
            test_cases.ok_or_else(|| unknown("state machine", state_machine, self.state_machines().collect()))?;
        let known = || unknown("test case", test_case, self.test_cases(state_machine).collect());
        test_cases.get(test_case).ok_or_else(known)
    }
}

/// Which states of a state machine are answered, and by what.
#[derive(Debug, Clone, PartialEq)]
pub struct MockedTestCase {
    states: Vec<MockedState>,
}

impl MockedTestCase {
    /// The states, in the order of the file.
    pub fn states(&self) -> impl Iterator<Item = &MockedState> {
        self.states.iter()
    }

    /// Whether every state of the test case is a Task of `program`, and every response that it names is there.
    ///
    /// # Errors
    ///
    /// Which are not, with their places in the mock file.
    pub fn check(&self, program: &Program) -> Result<(), Diagnostics> {
        let is_task = |name: &str| program.resources().any(|(task, _)| task == name);
        let mut faults = Diagnostics::default();
        for MockedState { name, location, response, .. } in &self.states {
            if program.state_names().all(|state| state != &**name) {
                let message = format!("the state machine has no state `{name}`");
                let mut fault = Diagnostic::new(Code::UNKNOWN_VALUE, location.clone(), message);
                fault.help = did_you_mean(name, program.resources().map(|(task, _)| task));
                faults.push(fault);
            } else if !is_task(name) {
                let message = format!("state `{name}` is no Task, and only Tasks can be mocked");
                faults.push(Diagnostic::new(Code::UNKNOWN_VALUE, location.clone(), message));
            }
            faults.extend(response.as_ref().err().cloned());
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// A state that a test case answers.
#[derive(Debug, Clone, PartialEq)]
pub struct MockedState {
    name: Arc<str>,
    location: Location,
    response_name: Arc<str>,
    /// What is wrong with the name, if there is no response of it.
    response: Result<Arc<MockedResponse>, Diagnostic>,
}

impl MockedState {
    /// The state's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the mocked response that answers it.
    pub fn response_name(&self) -> &str {
        &self.response_name
    }

    /// Answers the state's Tasks, each by the number of its invocation.
    pub(crate) fn handler(&self) -> impl TaskHandler {
        MockHandler(self.response.as_ref().map(Arc::clone).map_err(|fault| Failure::runtime(fault.message.as_str())))
    }
}

struct MockHandler(Result<Arc<MockedResponse>, Failure>);

#[async_trait]
impl TaskHandler for MockHandler {
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        let invocation = request.invocation();
        let response = self.0.as_ref().map_err(Clone::clone)?;
        let Some(answer) = response.answer(invocation) else {
            // Not to be caught: that the mock file is too short is no failure of the service.
            let cause = format!(
                "the mocked response `{}` has no answer to invocation {invocation} of state `{}`, only to {}",
                response.name,
                request.state_name(),
                response.answered(),
            );
            return Err(Failure::runtime(cause));
        };
        request
            .complete(match answer {
                MockedAnswer::Return(output) => Ok(output.clone()),
                MockedAnswer::Throw(failure) => Err(failure.clone()),
            })
            .await
    }
}

/// A state machine or test case that a mock file does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTestCase {
    what: &'static str,
    wanted: String,
    known: Vec<String>,
}

impl fmt::Display for UnknownTestCase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, wanted, known } = self;
        write!(formatter, "the mock file has no {what} `{wanted}`")?;
        match (did_you_mean(wanted, known.iter().map(String::as_str)), known.as_slice()) {
            (Some(hint), _) => write!(formatter, "; {hint}"),
            (None, []) => write!(formatter, ", nor any other"),
            (None, known) => {
                let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
                write!(formatter, "; it has {}", known.join(", "))
            }
        }
    }
}

impl std::error::Error for UnknownTestCase {}

fn did_you_mean<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|nearest| format!("did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests;
