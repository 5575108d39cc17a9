//! W1 to W7.

use std::hint::black_box;
use std::sync::Arc;

use asl_core::value::{Array, Object};
use asl_core::{Failure, Timestamp, Value};

use super::{ByHand, object};
use crate::Workload;

pub(super) fn hello() -> ByHand {
    let greeting = Arc::<str>::from("greeting");
    let result = Value::from([("msg", "hello")].into_iter().collect::<Object>());
    Box::new(move |input| {
        let mut output = object(input);
        output.insert(greeting.clone(), result.clone());
        output.into()
    })
}

pub(super) fn deploy(workload: &Workload) -> ByHand {
    let function = |name: &str| {
        let answer = workload.answer(&format!("{name}StateMachineTask"), 0).unwrap_or_default();
        move |input: &Object| {
            black_box(input);
            answer.clone()
        }
    };
    let check_stack_exists = function("CheckStackExists");
    let create_change_set = function("CreateChangeSet");
    let check_change_set = function("CheckChangeSetCreationStatus");
    let inspect_change_set = function("InspectChangeSet");
    let execute_change_set = function("ExecuteChangeSet");
    let [exists, name, status, action, details] =
        ["doesStackExists", "changeSetName", "changeSetCreationStatus", "changeSetAction", "changeSetExecutionDetails"]
            .map(Arc::<str>::from);
    Box::new(move |input| {
        let mut payload = object(input);
        payload.insert(exists.clone(), check_stack_exists(&payload));
        if payload.get(&exists).and_then(Value::as_bool) == Some(false) {
            return Value::Null;
        }
        payload.insert(name.clone(), create_change_set(&payload));
        loop {
            payload.insert(status.clone(), check_change_set(&payload));
            if payload.get(&status).and_then(Value::as_str) == Some("complete") {
                break;
            }
        }
        payload.insert(action.clone(), inspect_change_set(&payload));
        if payload.get(&action).and_then(Value::as_str) != Some("CAN-SAFELY-UPDATE-EXISTING-STACK") {
            return Value::Null;
        }
        payload.insert(details.clone(), execute_change_set(&payload));
        payload.into()
    })
}

pub(super) fn loop_until(workload: &Workload) -> ByHand {
    let [i, tag] = ["i", "tag"].map(Arc::<str>::from);
    let end = workload.expected.get("i").and_then(Value::as_i64).unwrap_or_default();
    Box::new(move |input| {
        let mut payload = input;
        while let Some(number) = payload.get(&i).and_then(Value::as_i64).filter(|number| *number < end) {
            let next: [(Arc<str>, Value); 2] =
                [(i.clone(), (number + 1).into()), (tag.clone(), payload.get(&tag).cloned().unwrap_or_default())];
            payload = next.into_iter().collect::<Object>().into();
        }
        payload
    })
}

/// What one of the thirty rules compares with.
struct Rule {
    kind: String,
    qty: f64,
    region: String,
    infix: String,
    leads_to_hit: bool,
}

pub(super) fn choice() -> ByHand {
    let rule = |number: u32| Rule {
        kind: format!("kind-{number}"),
        qty: f64::from(1_000 - number),
        region: format!("region-{number}"),
        infix: format!("-{number}-"),
        leads_to_hit: number == 29,
    };
    let rules: Vec<Rule> = (0..30).map(rule).collect();
    let year_2001 = Timestamp::from_millis(978_307_200_000);
    Box::new(move |input| {
        let hit = rules.iter().find(|rule| holds(rule, &input, year_2001)).is_some_and(|rule| rule.leads_to_hit);
        if hit { input } else { Value::Null }
    })
}

/// Whether a rule's condition holds; each comparison looks its variable up, as it does in the definition.
fn holds(rule: &Rule, input: &Value, year_2001: Timestamp) -> bool {
    let Some(order) = input.get("order") else { return false };
    let number = |key: &str| order.get(key).and_then(Value::as_f64);
    let text = |key: &str| order.get(key).and_then(Value::as_str);
    let is_like = |name: &str| name.split_once(&rule.infix).is_some_and(|(_, rest)| rest.ends_with('x'));
    let is_before_2001 = |placed: &str| placed.parse().is_ok_and(|placed: Timestamp| placed < year_2001);
    number("total").is_some_and(|total| total > 10.0)
        && (text("kind") == Some(&rule.kind)
            || (number("qty").is_some_and(|qty| qty >= rule.qty)
                && order.get("rush").and_then(Value::as_bool) == Some(true)))
        && !(text("region") == Some(&rule.region)
            || text("name").is_some_and(is_like)
            || text("placed").is_some_and(is_before_2001))
}

pub(super) fn map() -> ByHand {
    let [id, n, ok, out] = ["id", "n", "ok", "out"].map(Arc::<str>::from);
    Box::new(move |input| {
        let items = input.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        let result = |item: &Value| {
            let members: [(Arc<str>, Value); 3] = [
                (id.clone(), item.get(&id).cloned().unwrap_or_default()),
                (n.clone(), item.get(&n).cloned().unwrap_or_default()),
                (ok.clone(), true.into()),
            ];
            Value::from(members.into_iter().collect::<Object>())
        };
        let results: Array = items.iter().map(result).collect::<Vec<_>>().into();
        let mut payload = object(input);
        payload.insert(out.clone(), results);
        let kept: [(Arc<str>, Value); 1] = [(out.clone(), payload.get(&out).cloned().unwrap_or_default())];
        kept.into_iter().collect::<Object>().into()
    })
}

pub(super) fn parallel() -> ByHand {
    let keys: Vec<Arc<str>> = (0..10).map(|step| format!("s{step}").into()).collect();
    Box::new(move |input| {
        let branch = |_| {
            let mut payload = object(input.clone());
            for (key, number) in keys.iter().zip(1_i64..) {
                payload.insert(key.clone(), number);
            }
            Value::from(payload)
        };
        (0..10).map(branch).collect()
    })
}

pub(super) fn retry(workload: &Workload) -> ByHand {
    let workload = workload.clone();
    let flaky = move |retry_count: u32| workload.answer("Flaky", retry_count);
    let place = Arc::<str>::from("r");
    Box::new(move |input| {
        let (mut others, mut flakies) = (0, 0);
        let result = loop {
            match black_box(flaky(others + flakies)) {
                Ok(result) => break result,
                Err(failure) if failure.is("Other.Error") && others < 1 => others += 1,
                Err(failure) if failure.is("Flaky.Error") && flakies < 3 => flakies += 1,
                Err(failure) => return failed(&failure),
            }
        };
        let mut payload = object(input);
        payload.insert(place.clone(), result);
        payload.into()
    })
}

fn failed(failure: &Failure) -> Value {
    failure.error_output()
}
