//! A definition's text: it compiles or every fault has a place in it, and what compiles can be started.

#![no_main]

use asl_core::execution::{Execution, Start};
use asl_core::{Timestamp, compile};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let compiled = compile(text);
    assert_eq!(compiled.program.is_some(), !compiled.diagnostics.has_errors());
    for diagnostic in &compiled.diagnostics {
        for location in diagnostic.labels.iter().map(|(location, _)| location).chain([&diagnostic.location]) {
            assert!(text.get(location.span.start..location.span.end).is_some(), "{diagnostic}");
        }
    }
    let _ = compiled.diagnostics.to_string();
    if let Some(program) = compiled.program {
        let mut start = Start::new("fuzzed", json!({"a": [1, {"b": "text"}], "n": 2.5, "t": "2024-01-01T00:00:00Z"}));
        start.limits.history_events = 200;
        let mut execution = Execution::start(program, start, Timestamp::UNIX_EPOCH);
        while execution.poll().is_some() {}
    }
});
