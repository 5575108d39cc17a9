//! How well an answer fits a case: a port of the scores of the corpus' `judge.py`.

use serde_json::Value;

use crate::answer::EngineAnswer;
use crate::case::{Case, Order};
use crate::compare::{in_recorded_order, same_history, without_causes};
use crate::event::{details, event_type};
use crate::normalize::normalize;
use crate::unify::unify;

/// How well an answer fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every event is equal; where no history was recorded, the outcome is.
    Exact,
    /// Every event is equal but for the texts of causes.
    ButText,
    /// The status is equal, and the output or the error's name.
    Outcome,
    /// Something else.
    Wrong,
}

impl Verdict {
    /// The word of `judge.py`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::ButText => "but-text",
            Self::Outcome => "outcome",
            Self::Wrong => "wrong",
        }
    }
}

/// A verdict, and where the answer begins to differ.
#[derive(Debug, Clone)]
pub struct Score {
    /// How well the answer fits.
    pub verdict: Verdict,
    /// The first event that is not as recorded, unless every one is.
    pub difference: Option<Difference>,
}

impl Score {
    fn of_outcome(fits: bool) -> Self {
        Self { verdict: if fits { Verdict::Exact } else { Verdict::Wrong }, difference: None }
    }
}

/// An event as it was recorded, and what stands in its place.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The recorded event.
    pub expected: Value,
    /// The engine's, or `null` if it has no event there.
    pub actual: Value,
}

/// Scores `answer`; none if the recording of `case` does not say how the execution ended.
pub fn score(case: &Case, answer: &EngineAnswer) -> Option<Score> {
    let expected = &case.expected;
    if case.events().is_empty() {
        let fits = if expected.status.is_some() || expected.output.is_some() {
            outcome_fits(case, answer)
        } else {
            end_fits(case, answer)?
        };
        return Some(Score::of_outcome(fits));
    }
    if !expected.complete && expected.order != Order::Reversed {
        return None;
    }
    Some(match normalize(&answer.events, case) {
        Ok(events) => score_history(case, &in_recorded_order(case, events)),
        Err(error) => {
            let difference = Difference { expected: Value::Null, actual: error.to_string().into() };
            Score { verdict: Verdict::Wrong, difference: Some(difference) }
        }
    })
}

fn outcome_fits(case: &Case, answer: &EngineAnswer) -> bool {
    let status = case.expected.status.as_ref().map_or(Some("SUCCEEDED"), Value::as_str);
    let output = answer.output.as_ref().map_or(Value::Null, |text| parsed(&text.as_str().into()));
    status == Some(answer.status.as_str())
        && unify(&parsed(case.expected.output.as_ref().unwrap_or(&Value::Null)), &output)
}

/// Compares with the answer of `StartSyncExecution` or `DescribeExecution`, whichever was recorded.
fn end_fits(case: &Case, answer: &EngineAnswer) -> Option<bool> {
    let end = case.expected.sync_response.as_ref().or(case.expected.describe_execution.as_ref())?;
    let status = end.status.as_ref()?;
    let error = end.error.as_ref().unwrap_or(&Value::Null);
    Some(status == answer.status.as_str() && error.as_str() == answer.error.as_deref())
}

fn score_history(case: &Case, actual: &[Value]) -> Score {
    let expected = case.events();
    if same_history(case, expected, actual) {
        return Score { verdict: Verdict::Exact, difference: None };
    }
    let verdict = if same_history(case, &without_causes(expected), &without_causes(actual)) {
        Verdict::ButText
    } else if End::of(expected).fits(&End::of(actual)) {
        Verdict::Outcome
    } else {
        Verdict::Wrong
    };
    Score { verdict, difference: Some(first_difference(expected, actual)) }
}

fn first_difference(expected: &[Value], actual: &[Value]) -> Difference {
    let differing = expected.iter().zip(actual).find(|(left, right)| !unify(left, right));
    let (expected, actual) = match differing {
        Some((left, right)) => (Some(left), Some(right)),
        None if expected.len() > actual.len() => (expected.get(actual.len()), None),
        None => (None, actual.get(expected.len())),
    };
    Difference { expected: expected.cloned().unwrap_or_default(), actual: actual.cloned().unwrap_or_default() }
}

/// What a history's last event says.
struct End<'a> {
    /// The type of the event, if it ends the execution.
    event_type: Option<&'a str>,
    output: &'a Value,
    error: &'a Value,
}

impl<'a> End<'a> {
    fn of(events: &'a [Value]) -> Self {
        let last = events.last().unwrap_or(&Value::Null);
        let detail = |name: &str| details(last).and_then(|details| details.get(name)).unwrap_or(&Value::Null);
        let event_type = Some(event_type(last)).filter(|event_type| {
            ["ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"].contains(event_type)
        });
        Self { event_type, output: detail("output"), error: detail("error") }
    }

    fn fits(&self, actual: &Self) -> bool {
        self.event_type == actual.event_type
            && self.error == actual.error
            && unify(&parsed(self.output), &parsed(actual.output))
    }
}

/// The value that a text is the JSON of, if it is; anything else as it is.
fn parsed(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}
