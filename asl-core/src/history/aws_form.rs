//! Events as `GetExecutionHistory` returns them: their types, their details, their JSON.
//!
//! The details of each type of event are listed here once; the JSON and the text form are both made from that list.
//! See [HistoryEvent](https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html).

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use crate::failure::Failure;
use crate::program::Resource;
use crate::value::{Object, Value};

use super::{EventDetails, HistoryEvent, StateType};

/// The name of an event that each type of state has its own of.
macro_rules! state_event {
    ($state_type:expr, $what:literal) => {
        match $state_type {
            StateType::Task => concat!("TaskState", $what),
            StateType::Pass => concat!("PassState", $what),
            StateType::Choice => concat!("ChoiceState", $what),
            StateType::Wait => concat!("WaitState", $what),
            StateType::Succeed => concat!("SucceedState", $what),
            StateType::Fail => concat!("FailState", $what),
            StateType::Parallel => concat!("ParallelState", $what),
            StateType::Map => concat!("MapState", $what),
        }
    };
}

/// An event as `GetExecutionHistory` returns it; payloads are texts, the timestamp is in seconds since the Unix epoch.
impl Serialize for HistoryEvent {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds fit a double exactly for 285,000 years")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_map(None)?;
        event.serialize_entry("timestamp", &(self.timestamp.as_millis() as f64 / 1000.0))?;
        event.serialize_entry("type", self.details.type_name())?;
        event.serialize_entry("id", &self.id)?;
        event.serialize_entry("previousEventId", &self.previous_event_id)?;
        if let Some(fields) = self.details.fields() {
            event.serialize_entry(&self.details.details_key(), &fields)?;
        }
        event.end()
    }
}

impl EventDetails {
    /// The event's type as AWS names it, such as `PassStateEntered`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed { .. } => "ExecutionFailed",
            Self::ExecutionRedriven { .. } => "ExecutionRedriven",
            Self::ExecutionAborted { .. } => "ExecutionAborted",
            Self::ExecutionTimedOut { .. } => "ExecutionTimedOut",
            Self::StateEntered { state_type, .. } => state_event!(state_type, "Entered"),
            Self::StateExited { state_type, .. } => state_event!(state_type, "Exited"),
            Self::StateAborted { state_type } => state_event!(state_type, "Aborted"),
            Self::LambdaFunctionScheduled { .. } => "LambdaFunctionScheduled",
            Self::LambdaFunctionStarted => "LambdaFunctionStarted",
            Self::LambdaFunctionSucceeded { .. } => "LambdaFunctionSucceeded",
            Self::LambdaFunctionFailed { .. } => "LambdaFunctionFailed",
            Self::LambdaFunctionTimedOut { .. } => "LambdaFunctionTimedOut",
            Self::ActivityScheduled { .. } => "ActivityScheduled",
            Self::ActivityStarted { .. } => "ActivityStarted",
            Self::ActivitySucceeded { .. } => "ActivitySucceeded",
            Self::ActivityFailed { .. } => "ActivityFailed",
            Self::ActivityTimedOut { .. } => "ActivityTimedOut",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::TaskSubmitted { .. } => "TaskSubmitted",
            Self::TaskSucceeded { .. } => "TaskSucceeded",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskTimedOut { .. } => "TaskTimedOut",
            Self::ParallelStateStarted => "ParallelStateStarted",
            Self::ParallelStateSucceeded => "ParallelStateSucceeded",
            Self::ParallelStateFailed => "ParallelStateFailed",
            Self::MapStateStarted { .. } => "MapStateStarted",
            Self::MapStateSucceeded => "MapStateSucceeded",
            Self::MapStateFailed => "MapStateFailed",
            Self::MapRunStarted { .. } => "MapRunStarted",
            Self::MapRunRedriven { .. } => "MapRunRedriven",
            Self::MapRunSucceeded => "MapRunSucceeded",
            Self::MapRunFailed { .. } => "MapRunFailed",
            Self::MapRunAborted => "MapRunAborted",
            Self::MapIterationStarted { .. } => "MapIterationStarted",
            Self::MapIterationSucceeded { .. } => "MapIterationSucceeded",
            Self::MapIterationFailed { .. } => "MapIterationFailed",
            Self::MapIterationAborted { .. } => "MapIterationAborted",
            Self::EvaluationFailed { .. } => "EvaluationFailed",
        }
    }

    /// The details that AWS records, in its order; none for a type of event that has no details at all.
    pub(super) fn fields(&self) -> Option<Fields<'_>> {
        let fields = Fields::default();
        Some(match self {
            Self::ExecutionStarted { input, role_arn } => fields.payload("input", input).text("roleArn", role_arn),
            Self::ExecutionRedriven { count } => fields.number("redriveCount", Some(u64::from(*count))),
            Self::ExecutionFailed { failure }
            | Self::ExecutionAborted { failure }
            | Self::ExecutionTimedOut { failure }
            | Self::LambdaFunctionFailed { failure }
            | Self::LambdaFunctionTimedOut { failure }
            | Self::ActivityFailed { failure }
            | Self::ActivityTimedOut { failure }
            | Self::MapRunFailed { failure } => fields.failure(failure),
            Self::MapRunStarted { map_run_arn } => fields.text("mapRunArn", map_run_arn),
            Self::MapRunRedriven { map_run_arn, count } => {
                fields.text("mapRunArn", map_run_arn).number("redriveCount", Some(u64::from(*count)))
            }
            Self::ExecutionSucceeded { output }
            | Self::LambdaFunctionSucceeded { output }
            | Self::ActivitySucceeded { output } => fields.payload("output", output),
            Self::StateEntered { name, input, .. } => fields.text("name", name).payload("input", input),
            Self::StateExited { name, output, assigned_variables, .. } => {
                fields.text("name", name).payload("output", output).variables(assigned_variables.as_ref())
            }
            Self::LambdaFunctionScheduled(scheduled) => fields
                .text("resource", scheduled.resource.as_str())
                .payload("input", &scheduled.input)
                .number("timeoutInSeconds", scheduled.timeout_in_seconds)
                .credentials(scheduled.task_credentials.as_ref()),
            Self::ActivityScheduled(scheduled) => fields
                .text("resource", scheduled.resource.as_str())
                .payload("input", &scheduled.input)
                .number("timeoutInSeconds", scheduled.timeout_in_seconds)
                .number("heartbeatInSeconds", scheduled.heartbeat_in_seconds),
            Self::ActivityStarted { worker_name } => fields.optional_text("workerName", worker_name.as_deref()),
            Self::TaskScheduled(scheduled) => fields
                .resource(&scheduled.resource)
                .text("region", &scheduled.region)
                .json("parameters", &scheduled.parameters)
                .number("timeoutInSeconds", scheduled.timeout_in_seconds)
                .number("heartbeatInSeconds", scheduled.heartbeat_in_seconds)
                .credentials(scheduled.task_credentials.as_ref()),
            Self::TaskStarted { resource } => fields.resource(resource),
            Self::TaskSubmitted { resource, output } | Self::TaskSucceeded { resource, output } => {
                fields.resource(resource).payload("output", output)
            }
            Self::TaskFailed { resource, failure } | Self::TaskTimedOut { resource, failure } => {
                fields.resource(resource).failure(failure)
            }
            Self::MapStateStarted { length } => fields.number("length", Some(*length as u64)),
            Self::MapIterationStarted { name, index }
            | Self::MapIterationSucceeded { name, index }
            | Self::MapIterationFailed { name, index }
            | Self::MapIterationAborted { name, index } => {
                fields.text("name", name).number("index", Some(*index as u64))
            }
            Self::EvaluationFailed { failure, state, location } => {
                fields.failure(failure).text("state", state).optional_text("location", location.as_deref())
            }
            Self::StateAborted { .. }
            | Self::LambdaFunctionStarted
            | Self::ParallelStateStarted
            | Self::ParallelStateSucceeded
            | Self::ParallelStateFailed
            | Self::MapStateSucceeded
            | Self::MapStateFailed
            | Self::MapRunSucceeded
            | Self::MapRunAborted => return None,
        })
    }

    /// The key of the event's details: all state types share theirs, any other type of event has its own.
    fn details_key(&self) -> String {
        let name = match self {
            Self::StateEntered { .. } => "StateEntered",
            Self::StateExited { .. } => "StateExited",
            other => other.type_name(),
        };
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        first.into_iter().chain(letters).chain("EventDetails".chars()).collect()
    }
}

/// The details of an event, by AWS's names.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<(&'static str, Field<'a>)>);

/// One detail of an event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    Text(&'a str),
    Number(u64),
    /// A value that AWS records as its text.
    Json(&'a Value),
    /// The same, with a note beside it that the text is complete.
    Payload(&'a Value),
    /// Variables by name, each as its text, with the same note.
    Variables(&'a Object),
    /// `Credentials`, in the spelling of the API.
    Credentials(&'a Value),
}

impl<'a> Fields<'a> {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, Field<'a>)> {
        self.0.iter().copied()
    }

    fn with(mut self, name: &'static str, field: Option<Field<'a>>) -> Self {
        self.0.extend(field.map(|field| (name, field)));
        self
    }

    fn text(self, name: &'static str, text: &'a str) -> Self {
        self.with(name, Some(Field::Text(text)))
    }

    fn optional_text(self, name: &'static str, text: Option<&'a str>) -> Self {
        self.with(name, text.map(Field::Text))
    }

    fn number(self, name: &'static str, number: Option<u64>) -> Self {
        self.with(name, number.map(Field::Number))
    }

    fn json(self, name: &'static str, value: &'a Value) -> Self {
        self.with(name, Some(Field::Json(value)))
    }

    fn payload(self, name: &'static str, value: &'a Value) -> Self {
        self.with(name, Some(Field::Payload(value)))
    }

    fn variables(self, variables: Option<&'a Object>) -> Self {
        self.with("assignedVariables", variables.map(Field::Variables))
    }

    fn credentials(self, credentials: Option<&'a Value>) -> Self {
        self.with("taskCredentials", credentials.map(Field::Credentials))
    }

    fn failure(self, failure: &'a Failure) -> Self {
        self.optional_text("error", failure.error()).optional_text("cause", failure.cause())
    }

    /// `arn:aws:states:::sqs:sendMessage.waitForTaskToken` as `sqs` and `sendMessage.waitForTaskToken`.
    fn resource(self, resource: &'a Resource) -> Self {
        let integration = resource.as_str().splitn(6, ':').nth(5);
        let parts = resource.service_action().and_then(|(service, _)| {
            let action = integration?.strip_prefix(service)?.strip_prefix(':')?;
            Some((service, action))
        });
        match parts {
            Some((service, action)) => self.text("resourceType", service).text("resource", action),
            None => self.text("resource", resource.as_str()),
        }
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        for (name, field) in self.iter() {
            fields.serialize_entry(name, &field)?;
            if matches!(field, Field::Payload(_) | Field::Variables(_)) {
                fields.serialize_entry(&format!("{name}Details"), &Complete { truncated: false })?;
            }
        }
        fields.end()
    }
}

/// AWS cuts texts in logs only, never in the histories that it returns.
#[derive(Serialize)]
struct Complete {
    truncated: bool,
}

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Json(value) | Self::Payload(value) => serializer.collect_str(value),
            Self::Variables(variables) => {
                serializer.collect_map(variables.iter().map(|(name, value)| (&**name, value.to_string())))
            }
            Self::Credentials(credentials) => {
                serializer.collect_map(credentials.get("RoleArn").map(|role_arn| ("roleArn", role_arn)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{EventId, TaskScheduled};
    use crate::timestamp::Timestamp;

    fn check(details: EventDetails, expected: &str) {
        let event = HistoryEvent {
            id: EventId(3),
            previous_event_id: EventId(2),
            timestamp: Timestamp::from_millis(1_700_000_000_123),
            details,
        };
        let head = r#"{"timestamp":1700000000.123,"type":"#;
        assert_eq!(serde_json::to_string(&event).unwrap(), format!("{head}{expected}"));
    }

    fn parse(text: &str) -> Value {
        text.parse().unwrap()
    }

    #[test]
    fn payloads_become_texts() {
        check(
            EventDetails::StateEntered {
                state_type: StateType::Pass,
                name: "Start".into(),
                input: parse(r#"{"a": ["b", 1.0]}"#),
            },
            concat!(
                r#""PassStateEntered","id":3,"previousEventId":2,"stateEnteredEventDetails":{"name":"Start","#,
                r#""input":"{\"a\":[\"b\",1.0]}","inputDetails":{"truncated":false}}}"#
            ),
        );
        check(
            EventDetails::StateExited {
                state_type: StateType::Map,
                name: "Each".into(),
                output: Value::Null,
                assigned_variables: parse(r#"{"x": "y", "n": 1}"#).as_object().cloned(),
            },
            concat!(
                r#""MapStateExited","id":3,"previousEventId":2,"stateExitedEventDetails":{"name":"Each","#,
                r#""output":"null","outputDetails":{"truncated":false},"#,
                r#""assignedVariables":{"x":"\"y\"","n":"1"},"assignedVariablesDetails":{"truncated":false}}}"#
            ),
        );
    }

    #[test]
    fn integrations_are_told_by_type_and_action() {
        let resource = Resource::parse("arn:aws:states:::aws-sdk:sfn:startExecution.sync:2");
        check(
            EventDetails::TaskScheduled(Box::new(TaskScheduled {
                resource: resource.clone(),
                region: "eu-west-1".into(),
                parameters: Value::empty_object(),
                timeout_in_seconds: Some(9),
                heartbeat_in_seconds: None,
                task_credentials: Some(parse(r#"{"RoleArn": "role"}"#)),
            })),
            concat!(
                r#""TaskScheduled","id":3,"previousEventId":2,"taskScheduledEventDetails":{"#,
                r#""resourceType":"aws-sdk:sfn","resource":"startExecution.sync:2","region":"eu-west-1","#,
                r#""parameters":"{}","timeoutInSeconds":9,"taskCredentials":{"roleArn":"role"}}}"#
            ),
        );
        check(
            EventDetails::TaskFailed { resource, failure: Failure::timeout() },
            concat!(
                r#""TaskFailed","id":3,"previousEventId":2,"taskFailedEventDetails":{"#,
                r#""resourceType":"aws-sdk:sfn","resource":"startExecution.sync:2","error":"States.Timeout"}}"#
            ),
        );
    }

    #[test]
    fn details_may_be_empty_or_absent() {
        let nothing = || Failure::from_parts(None, None);
        for (details, expected) in [
            (
                EventDetails::ExecutionFailed { failure: nothing() },
                r#""ExecutionFailed"|"executionFailedEventDetails":{}"#,
            ),
            (
                EventDetails::ExecutionAborted { failure: nothing() },
                r#""ExecutionAborted"|"executionAbortedEventDetails":{}"#,
            ),
            (
                EventDetails::ExecutionRedriven { count: 1 },
                r#""ExecutionRedriven"|"executionRedrivenEventDetails":{"redriveCount":1}"#,
            ),
            (
                EventDetails::MapRunRedriven { map_run_arn: "arn".into(), count: 2 },
                r#""MapRunRedriven"|"mapRunRedrivenEventDetails":{"mapRunArn":"arn","redriveCount":2}"#,
            ),
            (
                EventDetails::ActivityStarted { worker_name: None },
                r#""ActivityStarted"|"activityStartedEventDetails":{}"#,
            ),
            (
                EventDetails::MapStateStarted { length: 0 },
                r#""MapStateStarted"|"mapStateStartedEventDetails":{"length":0}"#,
            ),
            (EventDetails::LambdaFunctionStarted, r#""LambdaFunctionStarted""#),
            (EventDetails::MapStateSucceeded, r#""MapStateSucceeded""#),
            (EventDetails::StateAborted { state_type: StateType::Wait }, r#""WaitStateAborted""#),
        ] {
            let (name, fields) = expected
                .split_once('|')
                .map_or((expected, String::new()), |(name, fields)| (name, format!(",{fields}")));
            check(details, &format!(r#"{name},"id":3,"previousEventId":2{fields}}}"#));
        }
    }
}
