//! W9: states that each sum, filter and concatenate.

use std::hint::black_box;
use std::sync::Arc;

use asl_core::Value;
use asl_core::value::Object;

use super::ByHand;

pub(super) fn jsonata() -> ByHand {
    let keys = ["name", "items", "total", "cheap", "step"].map(Arc::from);
    Box::new(move |input| {
        let mut count = 0_i64;
        let mut name;
        let mut payload = input;
        for step in 0..50 {
            let output = output(&payload, step, &keys);
            count += 1;
            name = label(&payload, step);
            payload = output;
            black_box((&mut count, &mut name));
        }
        payload
    })
}

/// `$uppercase($states.input.name) & '-' & $string(step)`
fn label(input: &Value, step: i64) -> String {
    let name = input.get("name").and_then(Value::as_str).unwrap_or_default();
    format!("{}-{step}", name.to_uppercase())
}

fn output(input: &Value, step: i64, [name, items, total, cheap, step_key]: &[Arc<str>; 5]) -> Value {
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
