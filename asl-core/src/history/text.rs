//! A history as text for people and snapshots.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::value::Value;

use super::HistoryEvent;
use super::aws_form::Field;

/// How many characters of a payload, an error or a cause are shown.
const SHOWN_CHARACTERS: usize = 100;

/// A history, one line per event: number, number of the previous event, time since the first event, type and details.
///
/// The text depends on the events alone and is made for snapshots:
/// no clock time appears in the columns, long payloads are cut, and no line changes because of another.
///
/// # Examples
///
/// ```text
///    1 ← 0    +0s        ExecutionStarted         input={"n":1}
///    2 ← 0    +0s        WaitStateEntered         Pause input={"n":1}
///    3 ← 2    +1m30s     WaitStateExited          Pause output={"n":1}
///    4 ← 3    +1m30s     ExecutionSucceeded       output={"n":1}
/// ```
pub fn render(events: &[HistoryEvent]) -> String {
    let mut text = String::new();
    let Some(first) = events.first() else { return text };
    for event in events {
        let time = format!("+{}", Elapsed(event.timestamp.since(first.timestamp)));
        let mut line = format!(
            "{:>4} ← {:<4} {time:<10} {:<24}",
            event.id.get(),
            event.previous_event_id.get(),
            event.details.type_name()
        );
        for (name, field) in event.details.fields().iter().flat_map(super::aws_form::Fields::iter) {
            write_field(&mut line, name, field);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Names and resources stand alone, everything else stands behind its own name.
fn write_field(line: &mut String, name: &str, field: Field<'_>) {
    let name = match name {
        "roleArn" | "region" => return,
        "name" | "state" | "resource" | "resourceType" => None,
        "assignedVariables" => Some("assigned"),
        name => Some(name),
    };
    line.push(' ');
    if let Some(name) = name {
        line.push_str(name);
        line.push('=');
    }
    match field {
        Field::Text(text) => push_shortened(line, &text),
        Field::Number(number) => push_shortened(line, &number),
        Field::Json(value) | Field::Payload(value) | Field::Credentials(value) => push_shortened(line, value),
        Field::Variables(variables) => push_shortened(line, &Value::Object(variables.clone())),
    }
}

/// Writes the first characters of what `shown` displays; the rest is never made.
fn push_shortened(line: &mut String, shown: &dyn fmt::Display) {
    let mut shortened = Shortened { line, room: SHOWN_CHARACTERS };
    if write!(shortened, "{shown}").is_err() {
        line.push('…');
    }
}

/// Lets a number of characters through, control characters escaped, and then fails.
struct Shortened<'a> {
    line: &'a mut String,
    room: usize,
}

impl Write for Shortened<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.room = self.room.checked_sub(1).ok_or(fmt::Error)?;
            if character.is_control() {
                self.line.extend(character.escape_default());
            } else {
                self.line.push(character);
            }
        }
        Ok(())
    }
}

/// A span of time as `0.25s`, `10s`, `1m30s`, `1h0m0.5s` or `365d0h0m0s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed(pub Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        if days > 0 {
            write!(formatter, "{days}d")?;
        }
        if days > 0 || hours > 0 {
            write!(formatter, "{hours}h")?;
        }
        if seconds >= 60 {
            write!(formatter, "{minutes}m")?;
        }
        let seconds = format!("{}.{:03}", seconds % 60, self.0.subsec_millis());
        write!(formatter, "{}s", seconds.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use crate::history::{EventDetails, EventId, StateType, TaskScheduled};
    use crate::program::Resource;
    use crate::timestamp::Timestamp;

    #[test]
    fn an_event_is_a_line() {
        let resource = Resource::parse("arn:aws:states:::lambda:invoke");
        let input: Value = r#"{"n":1}"#.parse().unwrap();
        let assigned_variables = input.as_object().cloned();
        let details = [
            (0, EventDetails::ExecutionStarted { input: input.clone(), role_arn: "role".into() }),
            (0, EventDetails::StateEntered { state_type: StateType::Task, name: "Pay".into(), input: input.clone() }),
            (
                0,
                EventDetails::TaskScheduled(Box::new(TaskScheduled {
                    resource: resource.clone(),
                    region: "region".into(),
                    parameters: input.clone(),
                    timeout_in_seconds: Some(5),
                    heartbeat_in_seconds: None,
                    task_credentials: None,
                })),
            ),
            (5_250, EventDetails::TaskFailed { resource, failure: Failure::new("Declined", "two\nlines") }),
            (
                5_250,
                EventDetails::StateExited {
                    state_type: StateType::Task,
                    name: "Pay".into(),
                    output: input,
                    assigned_variables,
                },
            ),
            (3_600_500, EventDetails::ParallelStateStarted),
        ];
        let events: Vec<HistoryEvent> = (1..)
            .zip(details)
            .map(|(id, (milliseconds, details))| HistoryEvent {
                id: EventId(id),
                previous_event_id: EventId(id - 1),
                timestamp: Timestamp::from_millis(1_700_000_000_000 + milliseconds),
                details,
            })
            .collect();
        assert_eq!(
            render(&events),
            r#"   1 ← 0    +0s        ExecutionStarted         input={"n":1}
   2 ← 1    +0s        TaskStateEntered         Pay input={"n":1}
   3 ← 2    +0s        TaskScheduled            lambda invoke parameters={"n":1} timeoutInSeconds=5
   4 ← 3    +5.25s     TaskFailed               lambda invoke error=Declined cause=two\nlines
   5 ← 4    +5.25s     TaskStateExited          Pay output={"n":1} assigned={"n":1}
   6 ← 5    +1h0m0.5s  ParallelStateStarted
"#
        );
        assert_eq!(render(&[]), "");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        for (text, expected) in [("é".repeat(100), "é".repeat(100)), ("é".repeat(101), "é".repeat(100) + "…")] {
            let mut line = String::new();
            push_shortened(&mut line, &text);
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn spans_of_time_are_told_in_units_that_matter() {
        for (milliseconds, expected) in [
            (0, "0s"),
            (1, "0.001s"),
            (10_000, "10s"),
            (60_000, "1m0s"),
            (3_600_500, "1h0m0.5s"),
            (31_536_000_000, "365d0h0m0s"),
        ] {
            assert_eq!(Elapsed(Duration::from_millis(milliseconds)).to_string(), expected);
        }
    }
}
