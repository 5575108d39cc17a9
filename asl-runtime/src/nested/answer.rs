//! What a Task that started an execution is told, in the form of AWS's answers.

use std::sync::Arc;

use asl_core::execution::{Event, Outcome, Start, TaskId};
use asl_core::failure::ErrorName;
use asl_core::program::IntegrationPattern;
use asl_core::value::Object;
use asl_core::{Failure, Timestamp, Value};

use crate::engine::StartedExecution;
use crate::store::End;

/// How `.sync` and `.sync:2` give input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputForm {
    /// As JSON text.
    Text,
    /// As JSON.
    Json,
}

impl OutputForm {
    /// The form of a pattern that waits for the end.
    pub(crate) fn of(pattern: IntegrationPattern) -> Option<Self> {
        match pattern {
            IntegrationPattern::Sync => Some(Self::Text),
            IntegrationPattern::Sync2 => Some(Self::Json),
            _ => None,
        }
    }

    fn form(self, value: &Value) -> Value {
        match self {
            Self::Text => Value::from(value.to_string()),
            Self::Json => value.clone(),
        }
    }
}

/// What `StartExecution` answered.
pub(super) fn started(started: &StartedExecution) -> Value {
    let mut answer = Object::default();
    answer.insert("ExecutionArn", Arc::clone(&started.execution_arn));
    let mut metadata = Object::default();
    metadata.insert("HttpStatusCode", 200);
    answer.insert("SdkHttpMetadata", metadata);
    answer.insert("StartDate", date(started.start_date));
    answer.into()
}

/// An execution that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) start: Start,
    pub(crate) start_date: Timestamp,
    pub(crate) end: End,
}

impl Ended {
    /// What a Task that waited for it is told.
    pub(crate) fn event(&self, task: TaskId, form: OutputForm) -> Event {
        match self.answer(form) {
            Ok(output) => Event::TaskSucceeded { task, output },
            Err(failure) => Event::TaskFailed { task, failure },
        }
    }

    fn answer(&self, form: OutputForm) -> Result<Value, Failure> {
        match &self.end.outcome {
            Outcome::Succeeded(output) => Ok(self.describe(form, &[("Output", Some(form.form(output)))])),
            Outcome::Failed(failure) | Outcome::TimedOut(failure) | Outcome::Aborted(failure) => {
                let text = |text: Option<&str>| text.map(Value::from);
                let why = [("Cause", text(failure.cause())), ("Error", text(failure.error()))];
                let cause = self.describe(OutputForm::Text, &why).to_string();
                Err(Failure::new(ErrorName::TASK_FAILED, cause))
            }
        }
    }

    /// As `DescribeExecution` answers, with the members of `more`, in AWS's order: by name.
    fn describe(&self, form: OutputForm, more: &[(&'static str, Option<Value>)]) -> Value {
        let included = || Value::from([("Included", true)].into_iter().collect::<Object>());
        let Start { id, input, name, state_machine_id, .. } = &self.start;
        let mut members = vec![
            ("ExecutionArn", Arc::clone(id).into()),
            ("Input", form.form(input)),
            ("InputDetails", included()),
            ("Name", Arc::clone(name).into()),
            ("StartDate", date(self.start_date)),
            ("StateMachineArn", Arc::clone(state_machine_id).into()),
            ("Status", self.end.outcome.status().into()),
            ("StopDate", date(self.end.stop_date)),
        ];
        for (name, value) in more {
            members.extend(value.clone().map(|value| (*name, value)));
            members.extend((*name == "Output").then(|| ("OutputDetails", included())));
        }
        members.sort_unstable_by_key(|(name, _)| *name);
        members.into_iter().collect::<Object>().into()
    }
}

/// Milliseconds since 1970, as AWS gives dates in results.
fn date(timestamp: Timestamp) -> Value {
    timestamp.as_millis().into()
}
