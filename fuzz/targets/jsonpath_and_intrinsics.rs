//! A `JSONPath` expression or an intrinsic function, in every place of a definition that takes one.

#![no_main]

use asl_core::execution::{Execution, Start};
use asl_core::{Timestamp, compile};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for state in [
        json!({"Type": "Pass", "Parameters": {"value.$": text}, "End": true}),
        json!({"Type": "Pass", "InputPath": text, "OutputPath": text, "End": true}),
        json!({"Type": "Pass", "Assign": {"variable.$": text}, "ResultPath": text, "End": true}),
        json!({"Type": "Wait", "SecondsPath": text, "End": true}),
        json!({"Type": "Fail", "CausePath": text}),
        json!({"Type": "Choice", "Choices": [{"Variable": text, "IsNumeric": true, "Next": "Done"}], "Default": "Done"}),
    ] {
        run(&state);
    }
});

fn run(state: &Value) {
    let definition = json!({"StartAt": "Tried", "States": {"Tried": state, "Done": {"Type": "Succeed"}}});
    let Some(program) = compile(&definition.to_string()).program else { return };
    let input = json!({
        "a": [1, 2.5, -3, [4, [5]], {"b": "text", "c": null}],
        "b": {"b": {"b": true}, "a": [{"b": 1}, {"b": 2}]},
        "text": "1,2,é💩",
        "json": "{\"a\":[1]}",
        "base64": "YWJj",
        "ordinal": 1
    });
    let mut execution = Execution::start(program, Start::new("fuzzed", input), Timestamp::UNIX_EPOCH);
    while execution.poll().is_some() {}
}
