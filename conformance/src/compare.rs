//! Equality of histories: a port of what the corpus' `judge.py` calls the same.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::case::{Case, Order};
use crate::event::event_type;
use crate::unify::{unify, unify_all};

/// Whether the events equal the recorded ones of `case`.
///
/// Where AWS interleaved branches or iterations as it happened, events are equal as a bag,
/// each of them together with the type of the event it follows.
pub(crate) fn same_history(case: &Case, expected: &[Value], actual: &[Value]) -> bool {
    unify_all(expected, actual) || (is_interleaved(case) && same_bag(expected, actual))
}

fn is_interleaved(case: &Case) -> bool {
    let concurrent = |feature: &String| feature.starts_with("state:Parallel") || feature.starts_with("state:Map");
    case.expected.order != Order::Verbatim || case.features.iter().any(concurrent)
}

fn same_bag(expected: &[Value], actual: &[Value]) -> bool {
    let mut remaining = chained(actual);
    expected.len() == actual.len()
        && chained(expected).iter().all(|event| {
            let found = remaining
                .iter()
                .position(|other| event.previous_type == other.previous_type && unify(&event.details, &other.details));
            found.map(|index| remaining.remove(index)).is_some()
        })
}

/// An event without its ids, and the type of the event that it follows.
struct Chained<'a> {
    details: Value,
    previous_type: Option<&'a str>,
}

fn chained(events: &[Value]) -> Vec<Chained<'_>> {
    let with_id = |id: i64| events.iter().rev().find(|event| event["id"].as_i64() == Some(id));
    let chain = |event| {
        let mut details = Value::clone(event);
        if let Some(members) = details.as_object_mut() {
            members.retain(|key, _| key != "id" && key != "previousEventId");
        }
        let previous = event["previousEventId"].as_i64().and_then(with_id);
        Chained { details, previous_type: previous.map(event_type) }
    };
    events.iter().map(chain).collect()
}

/// The events with every `cause` made the same.
pub(crate) fn without_causes(events: &[Value]) -> Vec<Value> {
    events.iter().map(without_cause).collect()
}

fn without_cause(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let blank = |(key, member): (&String, &Value)| {
                (key.clone(), if key == "cause" { "*".into() } else { without_cause(member) })
            };
            Value::Object(members.iter().map(blank).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(without_causes(items)),
        other => other.clone(),
    }
}

/// The events in the order in which `case` recorded them.
///
/// The recordings that sorted what is inside a Parallel lost its ids and the event that ends it.
pub(crate) fn in_recorded_order(case: &Case, events: Vec<Value>) -> Vec<Value> {
    match case.expected.order {
        Order::Verbatim => events,
        Order::Reversed => events.into_iter().rev().collect(),
        Order::ParallelSorted => {
            let recorded_types: BTreeSet<&str> = case.events().iter().map(event_type).collect();
            let mut inside = false;
            let mut reordered = Vec::new();
            for mut event in events {
                inside &= !ends_parallel(event_type(&event));
                if inside && let Some(members) = event.as_object_mut() {
                    members.insert("id".to_owned(), Value::Array(vec![0.into()]));
                    members.insert("previousEventId".to_owned(), 0.into());
                }
                inside |= event_type(&event) == "ParallelStateStarted";
                if recorded_types.contains(event_type(&event)) || !event_type(&event).starts_with("ParallelState") {
                    reordered.push(event);
                }
            }
            reordered
        }
    }
}

fn ends_parallel(event_type: &str) -> bool {
    matches!(
        event_type,
        "ParallelStateSucceeded" | "ParallelStateFailed" | "ParallelStateExited" | "ParallelStateAborted"
    )
}
