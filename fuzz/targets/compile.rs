//! A definition's text, as JSON and as YAML: it compiles or every fault has a place in it, and what compiles can be
//! started.

#![no_main]

use asl_core::execution::{Execution, Start};
use asl_core::{Compiled, Diagnostics, Notation, Options, Placeholders, Timestamp, compile, compile_with, template};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check(text, &compile(text));
    check(text, &compile_with(text, Options::new().notation(Notation::Yaml)));
    for notation in [Notation::Json, Notation::Yaml] {
        let options = Options::new().notation(notation).placeholders(Placeholders::Understood).substitute("a", "1");
        check_places(text, &compile_with(text, options).diagnostics);
        let template = template::definitions(text, notation);
        check_places(text, &template.diagnostics);
        for definition in template.definitions {
            if let Some(compiled) = definition.compile(Options::new()) {
                check_places(text, &compiled.diagnostics);
            }
        }
    }
});

fn check(text: &str, compiled: &Compiled) {
    assert_eq!(compiled.program.is_some(), !compiled.diagnostics.has_errors());
    check_places(text, &compiled.diagnostics);
    if let Some(program) = compiled.program.clone() {
        let mut start = Start::new("fuzzed", json!({"a": [1, {"b": "text"}], "n": 2.5, "t": "2024-01-01T00:00:00Z"}));
        start.limits.history_events = 200;
        let mut execution = Execution::start(program, start, Timestamp::UNIX_EPOCH);
        while execution.poll().is_some() {}
    }
}

fn check_places(text: &str, diagnostics: &Diagnostics) {
    for diagnostic in diagnostics {
        for location in diagnostic.labels.iter().map(|(location, _)| location).chain([&diagnostic.location]) {
            assert!(text.get(location.span.start..location.span.end).is_some(), "{diagnostic}");
        }
    }
    let _ = diagnostics.to_string();
}
