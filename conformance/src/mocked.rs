//! Executions whose Tasks are answered by a mock file of Step Functions Local.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::EngineAnswer;
use crate::case::Case;
use crate::event::{details, event_type};

/// A case, and the mock file that stands in for the services which AWS called.
#[derive(Debug, Clone, Deserialize)]
pub struct MockedCase {
    /// The execution as AWS ran it.
    #[serde(flatten)]
    pub case: Case,
    /// The mock file.
    pub mock: Mock,
}

/// A mock file, and the test case of it that is run.
#[derive(Debug, Clone, Deserialize)]
pub struct Mock {
    /// The state machine in the mock file.
    pub state_machine_name: String,
    /// The test case of that machine.
    pub test_case: String,
    /// The mock file.
    pub config: Value,
}

/// Whether `answer` went through the recorded states by the recorded events to the recorded end.
///
/// The services that AWS called answered with more than the mock file does, so payloads say nothing.
pub fn takes_the_recorded_path(case: &Case, answer: &EngineAnswer) -> bool {
    match &case.expected.sync_response {
        Some(response) if case.events().is_empty() => {
            response.status.as_ref().and_then(Value::as_str) == Some(answer.status.as_str())
        }
        _ => !case.events().is_empty() && case.events().iter().map(step).eq(answer.events.iter().map(step)),
    }
}

/// What of an event does not depend on payloads.
fn step(event: &Value) -> Value {
    let detail = |name: &str| details(event).and_then(|details| details.get(name));
    let details = ["name", "index", "resource", "resourceType", "error", "cause"].map(detail);
    json!([event_type(event), event.get("id"), event.get("previousEventId"), details])
}
