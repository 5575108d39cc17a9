//! Whether two histories are the same but for identifiers, times and the number of polls.

use std::collections::HashMap;

use asl_core::history::HistoryEvent;
use serde_json::{Map, Value as Json};

/// Where an emulator is known to be wrong: its text, AWS's, and what the difference is.
///
/// One that does not occur any more is a fault, too.
#[derive(Debug, Clone)]
pub(crate) struct KnownDifference {
    pub(crate) emulator: Part,
    pub(crate) reference: &'static str,
    pub(crate) what: &'static str,
}

/// A part of a line of a history.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// This text.
    Text(&'static str),
    /// What follows the one text up to the other, which differs from one side to the other.
    Between(&'static str, &'static str),
}

/// The first difference between two histories, as text of several lines.
///
/// # Errors
///
/// When there is one, or when a known difference does not occur.
pub(crate) fn compare(
    reference: &[HistoryEvent],
    emulator: &[HistoryEvent],
    known: &[KnownDifference],
) -> Result<(), String> {
    let mut reference = lines(&events(reference)?);
    let mut emulator = lines(&events(emulator)?);
    for difference in known {
        if !difference.apply(&mut reference, &mut emulator) {
            return Err(format!("this is not so any more: {}", difference.what));
        }
    }
    for index in 0..reference.len().max(emulator.len()) {
        let (left, right) = (reference.get(index), emulator.get(index));
        if left != right {
            let show = |line: Option<&String>| line.cloned().unwrap_or_else(|| "(nothing)".to_owned());
            return Err(format!("line {}:\n  here:  {}\n  there: {}", index + 1, show(left), show(right)));
        }
    }
    Ok(())
}

impl KnownDifference {
    /// Makes both sides alike in this; returns whether they differed in it.
    fn apply(&self, reference: &mut [String], emulator: &mut [String]) -> bool {
        let before = emulator.to_vec();
        for line in emulator.iter_mut() {
            match self.emulator {
                Part::Text(text) => *line = line.replace(text, self.reference),
                Part::Between(from, to) => *line = without(line, from, to),
            }
        }
        if let Part::Between(from, to) = self.emulator {
            for line in reference.iter_mut() {
                *line = without(line, from, to);
            }
        }
        before != emulator
    }
}

/// The line without what is between `from` and the next `to`.
fn without(line: &str, from: &str, to: &str) -> String {
    match line.split_once(from).and_then(|(head, rest)| Some((head, rest.split_once(to)?.1))) {
        Some((head, tail)) => format!("{head}{from}…{to}{tail}"),
        None => line.to_owned(),
    }
}

fn events(history: &[HistoryEvent]) -> Result<Vec<Json>, String> {
    history.iter().map(|event| serde_json::to_value(event).map_err(|error| error.to_string())).collect()
}

/// A line for each event, without rounds of polling but the last, and with numbers for identifiers.
fn lines(events: &[Json]) -> Vec<String> {
    let mut ids = Ids::default();
    let visits = last_rounds(visits(events));
    visits.into_iter().flat_map(|visit| visit.events).map(|event| ids.line(event)).collect()
}

/// The events from the entering of a state to that of the next.
struct Visit<'a> {
    /// The name of a Wait state.
    wait: Option<&'a str>,
    events: Vec<&'a Json>,
}

impl Visit<'_> {
    fn has_failures(&self) -> bool {
        let is_failure = |kind: &str| kind.ends_with("Failed") || kind.ends_with("TimedOut");
        self.events.iter().any(|event| event["type"].as_str().is_some_and(is_failure))
    }
}

fn visits(events: &[Json]) -> Vec<Visit<'_>> {
    let mut visits: Vec<Visit<'_>> = Vec::new();
    for event in events {
        let kind = event["type"].as_str().unwrap_or_default();
        match visits.last_mut() {
            Some(visit) if !kind.ends_with("StateEntered") => visit.events.push(event),
            _ => {
                let name = event["stateEnteredEventDetails"]["name"].as_str();
                let wait = name.filter(|_| kind == "WaitStateEntered");
                visits.push(Visit { wait, events: vec![event] });
            }
        }
    }
    visits
}

/// Of several rounds of a Wait state, a Task and a Choice one after the other only the last.
fn last_rounds(mut visits: Vec<Visit<'_>>) -> Vec<Visit<'_>> {
    const ROUND: usize = 3;
    let mut index = 0;
    while index + ROUND < visits.len() {
        let round = &visits[index..index + ROUND];
        let leads_back = round[0].wait.is_some() && visits[index + ROUND].wait == round[0].wait;
        if leads_back && !round.iter().any(Visit::has_failures) {
            visits.drain(index..index + ROUND);
        } else {
            index += 1;
        }
    }
    visits
}

/// Numbers for identifiers, in the order in which they appear.
#[derive(Default)]
struct Ids(HashMap<String, usize>);

impl Ids {
    /// The event without times and ids; identifiers are numbers.
    fn line(&mut self, event: &Json) -> String {
        let mut event = event.clone();
        if let Json::Object(members) = &mut event {
            for member in ["id", "previousEventId", "timestamp"] {
                members.remove(member);
            }
        }
        self.normalize(&mut event);
        event.to_string()
    }

    fn normalize(&mut self, value: &mut Json) {
        match value {
            Json::Object(members) => self.normalize_members(members),
            Json::Array(elements) => elements.iter_mut().for_each(|element| self.normalize(element)),
            Json::String(text) => match serde_json::from_str::<Json>(text) {
                // Payloads are text.
                Ok(mut payload @ (Json::Object(_) | Json::Array(_))) => {
                    self.normalize(&mut payload);
                    *value = payload;
                }
                _ => *text = self.without_ids(text),
            },
            _ => {}
        }
    }

    fn normalize_members(&mut self, members: &mut Map<String, Json>) {
        // That a round before was in progress is known in later rounds only.
        members.retain(|name, value| !(name.ends_with("Status") && value == "in_progress"));
        for (name, value) in members {
            match name.as_str() {
                "polls" => *value = Json::from("<polls>"),
                "RequestId" => *value = Json::from(self.number(&value.to_string())),
                _ => self.normalize(value),
            }
        }
    }

    /// The text with numbers for the UUIDs in it, and for what a change set's ARN ends with on `LocalStack`;
    /// the account is of no importance.
    fn without_ids(&mut self, text: &str) -> String {
        const UUID: [usize; 5] = [8, 4, 4, 4, 12];
        let is_between = |character: char| character != '-' && !character.is_ascii_alphanumeric();
        let mut plain = String::with_capacity(text.len());
        for part in text.split_inclusive(is_between) {
            let word = part.trim_end_matches(is_between);
            let is_hexadecimal = word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
            let is_uuid = is_hexadecimal && word.split('-').map(str::len).eq(UUID);
            let is_last_of_path = plain.ends_with('/') && part == word;
            let is_account = word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit());
            if is_uuid || is_hexadecimal && is_last_of_path && word.len() == UUID[0] {
                plain.push_str(&self.number(word));
            } else if is_account {
                plain.push_str("<account>");
            } else {
                plain.push_str(word);
            }
            plain.extend(part.strip_prefix(word));
        }
        plain
    }

    fn number(&mut self, id: &str) -> String {
        let next = self.0.len() + 1;
        format!("<id {}>", self.0.entry(id.to_owned()).or_insert(next))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entered(kind: &str, name: &str, input: &Json) -> Json {
        json!({
            "timestamp": "2026-01-01T00:00:00.000Z",
            "type": format!("{kind}StateEntered"),
            "id": 7,
            "previousEventId": 6,
            "stateEnteredEventDetails": {"name": name, "input": input.to_string()},
        })
    }

    /// A deployment with so many rounds, by whose ids the stack is known.
    fn deployment(rounds: usize, id: &str, last: &str) -> Vec<Json> {
        let stack = format!("arn:aws:cloudformation:us-east-1:000000000000:stack/app/{id}");
        let mut events = vec![entered("Task", "Create", &json!({"StackId": stack}))];
        for round in 0..rounds {
            let before = if round == 0 { json!({}) } else { json!({"stackCreationStatus": "in_progress"}) };
            events.push(entered("Wait", "Wait", &before));
            events.push(entered("Task", "Get", &before));
            events.push(json!({"type": "LambdaFunctionSucceeded", "id": 9, "previousEventId": 8}));
            let after = if round + 1 == rounds { "complete" } else { "in_progress" };
            events.push(entered("Choice", "Created?", &json!({"stackCreationStatus": after})));
        }
        events.push(entered("Succeed", last, &json!({"StackId": stack, "stackCreationStatus": "complete"})));
        events
    }

    const ONE: &str = "00000000-0000-4000-8000-000000000001";
    const OTHER: &str = "3e4a1f0c-9d64-4d8e-b6a5-0d5f3d2f9c11";

    #[test]
    fn ids_and_polls_make_no_difference() {
        assert_eq!(lines(&deployment(1, ONE, "Done")), lines(&deployment(4, OTHER, "Done")));
    }

    #[test]
    fn anything_else_makes_one() {
        let base = lines(&deployment(2, ONE, "Done"));
        assert_ne!(base, lines(&deployment(2, ONE, "Failed")), "the name of a state");
        assert_ne!(base, lines(&deployment(0, ONE, "Done")), "no poll at all");
        let changed = |pointer: &str, value: Json| {
            let mut events = deployment(2, ONE, "Done");
            *events.last_mut().unwrap().pointer_mut(pointer).unwrap() = value;
            lines(&events)
        };
        assert_ne!(base, changed("/type", json!("FailStateEntered")), "the type of an event");
        let input = "/stateEnteredEventDetails/input";
        let stack = format!("arn:aws:cloudformation:us-east-1:000000000000:stack/app/{ONE}");
        let with =
            |stack: &str, status: &str| json!({"StackId": stack, "stackCreationStatus": status}).to_string().into();
        assert_eq!(base, changed(input, with(&stack, "complete")));
        assert_ne!(base, changed(input, with(&stack, "failed")), "a value");
        assert_ne!(base, changed(input, with(&stack.replace(ONE, OTHER), "complete")), "another stack");
        assert_ne!(base, changed(input, with(&stack.replace("app", "web"), "complete")), "another name");
        assert_ne!(base, changed(input, json!("{}")), "a member");
    }

    #[test]
    fn a_round_with_a_failure_is_kept() {
        let mut events = deployment(2, ONE, "Done");
        events[3]["type"] = json!("LambdaFunctionFailed");
        assert_ne!(lines(&events), lines(&deployment(2, ONE, "Done")));
    }

    #[test]
    fn a_known_difference_must_occur() {
        let status = KnownDifference {
            emulator: Part::Text("CREATE_FAILED"),
            reference: "ROLLBACK_COMPLETE",
            what: "the status of a stack that could not be created",
        };
        let mut right = ["stack is ROLLBACK_COMPLETE".to_owned()];
        let mut wrong = ["stack is CREATE_FAILED".to_owned()];
        assert!(status.apply(&mut right, &mut wrong));
        assert_eq!(right, wrong);
        assert!(!status.apply(&mut right, &mut wrong));
        let reason = KnownDifference { emulator: Part::Between("because ", "\""), reference: "", what: "why" };
        let mut right = ["\"failed because of this\"".to_owned()];
        let mut wrong = ["\"failed because of that\"".to_owned()];
        assert!(reason.apply(&mut right, &mut wrong));
        assert_eq!(right, wrong);
    }
}
