//! What the Tasks of a case answered, made ready to be answered again.

use asl_core::program::Resource;
use asl_core::{Failure, Value};
use serde_json::json;

use crate::case::{Case, Task, Tasks};
use crate::event::details;
use crate::normalize::normalize;
use crate::unify::unify;

/// The recorded calls that were not replayed yet.
#[derive(Debug)]
pub(crate) struct Recording {
    calls: Vec<Call>,
}

/// A recorded call: how to know it again, and what it answered.
#[derive(Debug)]
struct Call {
    identity: Identity,
    answer: RecordedAnswer,
}

/// What a call can be known by.
#[derive(Debug)]
enum Identity {
    /// The state, and what it called with if the history has it.
    State { name: String, parameters: Option<serde_json::Value> },
    /// The service and its action, where the recording lost the state.
    Service { resource_type: Option<String>, resource: Option<String> },
}

/// What a call answered.
#[derive(Debug)]
pub(crate) struct RecordedAnswer {
    /// What came at once, where the Task went on after it.
    pub(crate) submitted: Option<Value>,
    /// What ended the Task.
    pub(crate) outcome: RecordedOutcome,
    /// The place of the answer among those of all Tasks, from 0.
    pub(crate) rank: u32,
}

/// What ended a Task.
#[derive(Debug)]
pub(crate) enum RecordedOutcome {
    Succeeded(Value),
    Failed(Failure),
    /// No answer came before something else ended the Task.
    Silence,
}

impl Recording {
    /// The recorded calls of `case`; none if it was recorded without.
    pub(crate) fn of(case: &Case) -> Option<Self> {
        let mut calls: Vec<Call> = match case.tasks.as_ref()? {
            Tasks::Paired(tasks) => tasks.iter().map(|task| Call::paired(case, task)).collect(),
            Tasks::Unpaired { outcomes } => outcomes.iter().map(|outcome| Call::unpaired(case, outcome)).collect(),
        };
        let mut ranked: Vec<&mut RecordedAnswer> = calls.iter_mut().map(|call| &mut call.answer).collect();
        ranked.sort_by_key(|answer| answer.rank);
        (0..).zip(ranked).for_each(|(rank, answer)| answer.rank = rank);
        Some(Self { calls })
    }

    /// Takes the answer to a call of the state `state_name`.
    ///
    /// It is the next one of this state with the same parameters; where AWS called with others, the next of this state.
    pub(crate) fn take(
        &mut self,
        case: &Case,
        state_name: &str,
        resource: &Resource,
        parameters: &Value,
    ) -> Option<RecordedAnswer> {
        let parameters = recorded_form(case, parameters);
        let same_content = |call: &Call| match &call.identity {
            Identity::State { name, parameters: Some(recorded) } => name == state_name && unify(recorded, &parameters),
            Identity::State { .. } | Identity::Service { .. } => false,
        };
        let same_place = |call: &Call| match &call.identity {
            Identity::State { name, .. } => name == state_name,
            Identity::Service { resource_type, resource: action } => {
                let names = |part: &Option<String>| part.as_ref().is_none_or(|part| resource.as_str().contains(part));
                names(resource_type) && names(action)
            }
        };
        let index = self.calls.iter().position(same_content).or_else(|| self.calls.iter().position(same_place))?;
        Some(self.calls.remove(index).answer)
    }
}

impl Call {
    fn paired(case: &Case, task: &Task) -> Self {
        let scheduled = case.events().iter().find(|event| event["id"].as_u64() == task.event_id);
        let parameters =
            scheduled.and_then(details).and_then(|details| details.get("parameters").or_else(|| details.get("input")));
        let outcome = match task.outcome.as_deref() {
            Some("succeeded") => RecordedOutcome::Succeeded(payload(task.output.as_ref())),
            Some("failed") => RecordedOutcome::Failed(failure(case, task.error.as_deref(), task.cause.as_ref())),
            _ => RecordedOutcome::Silence,
        };
        let submitted = task.submitted_output.as_ref().map(|output| payload(Some(output)));
        // Of Tasks without an answer there is none to order.
        let rank = task.outcome_event_id.and_then(|id| u32::try_from(id).ok()).unwrap_or(u32::MAX);
        Self {
            identity: Identity::State { name: task.state.clone(), parameters: parameters.cloned() },
            answer: RecordedAnswer { submitted, outcome, rank },
        }
    }

    fn unpaired(case: &Case, outcome: &serde_json::Value) -> Self {
        let text = |name: &str| outcome[name].as_str();
        let event_type = text("type").unwrap_or_default();
        let ended = if event_type.ends_with("Succeeded") {
            RecordedOutcome::Succeeded(payload(outcome.get("output")))
        } else if event_type.ends_with("Failed") {
            RecordedOutcome::Failed(failure(case, text("error"), outcome.get("cause")))
        } else {
            RecordedOutcome::Silence
        };
        let owned = |name: &str| text(name).map(str::to_owned);
        Self {
            identity: Identity::Service { resource_type: owned("resourceType"), resource: owned("resource") },
            answer: RecordedAnswer { submitted: None, outcome: ended, rank: 0 },
        }
    }
}

/// `parameters` as the history of `case` has them.
fn recorded_form(case: &Case, parameters: &Value) -> serde_json::Value {
    let text = serde_json::Value::from(parameters).to_string();
    let normalized = normalize(&[json!({"parameters": text})], case).unwrap_or_default();
    normalized.first().and_then(|event| event.get("parameters")).cloned().unwrap_or(text.into())
}

/// A recorded payload: an object was parsed, anything else is its JSON text.
fn payload(recorded: Option<&serde_json::Value>) -> Value {
    match recorded {
        None => Value::Null,
        Some(serde_json::Value::String(text)) => {
            serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| text.as_str().into(), Value::from)
        }
        Some(other) => Value::from(other.clone()),
    }
}

fn failure(case: &Case, error: Option<&str>, cause: Option<&serde_json::Value>) -> Failure {
    let cause = cause.map(|cause| match cause {
        serde_json::Value::String(text) => text.clone(),
        parsed => cause_text(case, parsed),
    });
    Failure::from_parts(error.map(Into::into), cause.map(Into::into))
}

/// The text that a parsed cause was: as it stands elsewhere in the history, if it does, else without spaces.
fn cause_text(case: &Case, parsed: &serde_json::Value) -> String {
    let is_it = |text: &&str| {
        text.starts_with('{') && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value == *parsed)
    };
    case.events()
        .iter()
        .find_map(|event| texts(event).into_iter().find(is_it))
        .map_or_else(|| parsed.to_string(), str::to_owned)
}

/// Every text in `value`.
fn texts(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        serde_json::Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::case::tests::with_defaults;

    fn case(tasks: &serde_json::Value, events: &serde_json::Value) -> Case {
        let members = json!({"tasks": tasks, "expected": {"events": events}});
        serde_json::from_value(with_defaults(members)).unwrap()
    }

    fn scheduled(id: u64, parameters: &serde_json::Value) -> serde_json::Value {
        json!({"id": id, "type": "TaskScheduled", "taskScheduledEventDetails": {"parameters": parameters}})
    }

    #[test]
    fn calls_are_paired_by_content_before_place() {
        let case = case(
            &json!([
                {"state": "A", "event_id": 1, "outcome": "succeeded", "outcome_event_id": 9, "output": "1"},
                {"state": "A", "event_id": 2, "outcome": "succeeded", "outcome_event_id": 8, "output": "2"},
                {"state": "B", "event_id": 3, "outcome": "timed_out"},
            ]),
            &json!([scheduled(1, &json!({"n": 1})), scheduled(2, &json!({"n": 2})), scheduled(3, &json!({}))]),
        );
        let mut recording = Recording::of(&case).unwrap();
        let mut check = |state: &str, parameters: serde_json::Value, expected: Option<(&str, u32)>| {
            let answer = recording.take(&case, state, &Resource::parse("arn:aws:states:::a:b"), &parameters.into());
            let shown = answer.map(|answer| (format!("{:?}", answer.outcome), answer.rank));
            assert_eq!(shown.as_ref().map(|(outcome, rank)| (outcome.as_str(), *rank)), expected);
        };
        let succeeded = |number: i64| format!("{:?}", RecordedOutcome::Succeeded(number.into()));
        check("A", json!({"n": 2}), Some((&succeeded(2), 0)));
        check("A", json!({"n": 3}), Some((&succeeded(1), 1)));
        check("A", json!({"n": 1}), None);
        check("B", json!({}), Some(("Silence", 2)));
    }

    #[test]
    fn unpaired_outcomes_answer_calls_of_their_service() {
        let case = case(
            &json!({"scheduled": [], "outcomes": [
                {"type": "TaskFailed", "resourceType": "lambda", "resource": "invoke", "error": "E"},
            ]}),
            &json!([]),
        );
        let mut recording = Recording::of(&case).unwrap();
        let mut take = |arn: &str| recording.take(&case, "A", &Resource::parse(arn), &Value::Null).is_some();
        assert!(!take("arn:aws:states:::sqs:sendMessage"));
        assert!(take("arn:aws:states:::lambda:invoke"));
    }

    #[test]
    fn a_parsed_cause_becomes_the_text_that_it_was() {
        let check = |events: serde_json::Value, expected: &str| {
            assert_eq!(cause_text(&case(&json!([]), &events), &json!({"a": [1]})), expected);
        };
        check(json!([]), r#"{"a":[1]}"#);
        check(json!([{"x": {"output": {"Cause": r#"{"a": [1]}"#}}}]), r#"{"a": [1]}"#);
        check(json!([{"x": {"output": {"Cause": r#"{"a": [2]}"#}}}]), r#"{"a":[1]}"#);
    }

    #[test]
    fn payloads_that_are_no_objects_are_json_texts() {
        let check = |recorded: serde_json::Value, expected: serde_json::Value| {
            assert_eq!(payload(Some(&recorded)), Value::from(expected), "{recorded}");
        };
        check(json!({"a": 1}), json!({"a": 1}));
        check(json!("[1]"), json!([1]));
        check(json!("\"text\""), json!("text"));
        check(json!("<placeholder>"), json!("<placeholder>"));
    }
}
