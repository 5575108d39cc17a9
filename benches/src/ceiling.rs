//! What ours is held against: the same work as one would write it by hand.
//!
//! Machines are plain Rust over [`Value`], without an interpreter or a history.
//! To understand a definition is to read its JSON and to look for the targets of its transitions.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;

use asl_core::Value;
use asl_core::value::Object;
use serde_json::Value as Json;

/// The hand-written form of the workload called `name`, if it has one.
pub fn of_workload(name: &str) -> Option<fn(Value) -> Value> {
    match name {
        "w9_jsonata" => Some(w9_jsonata),
        _ => None,
    }
}

/// `w9_jsonata`: 50 states that each sum, filter and concatenate.
fn w9_jsonata(input: Value) -> Value {
    let keys = ["name", "items", "total", "cheap", "step"].map(Arc::from);
    let mut count = 0_i64;
    let mut name;
    let mut payload = input;
    for step in 0..50 {
        let output = w9_output(&payload, step, &keys);
        count += 1;
        name = w9_name(&payload, step);
        payload = output;
        black_box((&mut count, &mut name));
    }
    payload
}

/// `$uppercase($states.input.name) & '-' & $string(step)`
fn w9_name(input: &Value, step: i64) -> String {
    let name = input.get("name").and_then(Value::as_str).unwrap_or_default();
    format!("{}-{step}", name.to_uppercase())
}

fn w9_output(input: &Value, step: i64, [name, items, total, cheap, step_key]: &[Arc<str>; 5]) -> Value {
    let lines = input.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let number = |line: &Value, key: &str| line.get(key).and_then(Value::as_i64).unwrap_or_default();
    let sum: i64 = lines.iter().map(|line| number(line, "price") * number(line, "qty")).sum();
    let below_50 = lines.iter().filter(|line| number(line, "price") < 50);
    let skus: Value = below_50.filter_map(|line| line.get("sku").cloned()).collect();
    let mut output = Object::default();
    output.insert(name.clone(), input.get("name").cloned().unwrap_or_default());
    output.insert(items.clone(), lines);
    output.insert(total.clone(), sum);
    output.insert(cheap.clone(), skus);
    output.insert(step_key.clone(), step);
    output.into()
}

/// How many transitions of the definition in `text` lead nowhere: what is checked of a definition as a rule.
///
/// # Errors
///
/// When the text is not JSON.
pub fn missing_targets(text: &str) -> serde_json::Result<usize> {
    serde_json::from_str(text).map(|definition| missing_targets_of(&definition))
}

fn missing_targets_of(machine: &Json) -> usize {
    let Some(states) = machine.get("States").and_then(Json::as_object) else { return 0 };
    let names: HashSet<&str> = states.keys().map(String::as_str).collect();
    let is_missing = |target: &&Json| target.as_str().is_some_and(|target| !names.contains(target));
    let of_state = |state: &Json| {
        let own = [state.get("Next"), state.get("Default")].into_iter().flatten();
        let ruled =
            elements(state, "Choices").iter().chain(elements(state, "Catch")).filter_map(|rule| rule.get("Next"));
        let processor = [state.get("ItemProcessor"), state.get("Iterator")].into_iter().flatten();
        let inner = elements(state, "Branches").iter().chain(processor).map(missing_targets_of).sum::<usize>();
        own.chain(ruled).filter(is_missing).count() + inner
    };
    machine.get("StartAt").iter().filter(|target| is_missing(target)).count()
        + states.values().map(of_state).sum::<usize>()
}

fn elements<'a>(state: &'a Json, field: &str) -> &'a [Json] {
    state.get(field).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}
