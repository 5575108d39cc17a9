//! The machines as one would write them by hand: plain Rust over [`Value`], without an interpreter or a history.
//!
//! No interpreter can do much better than this, so it is what ours is held against.

use std::hint::black_box;
use std::sync::Arc;

use asl_core::Value;
use asl_core::value::Object;

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
