//! What holds for every text.

use asl_core::diagnostic::Code;
use asl_core::{Compiled, compile};
use proptest::prelude::*;
use serde_json::Value;

pub(crate) const SOUND: &str = include_str!("data/diagnostics/ok/all_state_types.asl.json");

fn is_consistent(text: &str, compiled: &Compiled) -> Result<(), TestCaseError> {
    prop_assert_eq!(compiled.program.is_some(), !compiled.diagnostics.has_errors());
    let mut last = 0;
    for diagnostic in &compiled.diagnostics {
        let places = diagnostic.labels.iter().map(|(location, _)| location).chain([&diagnostic.location]);
        for location in places {
            prop_assert!(text.get(location.span.start..location.span.end).is_some(), "{}", diagnostic);
        }
        prop_assert!(diagnostic.location.span.start >= last, "out of order: {}", diagnostic);
        last = diagnostic.location.span.start;
    }
    Ok(())
}

/// The pointers to all values of a tree.
pub(crate) fn pointers(value: &Value, prefix: &str) -> Vec<String> {
    let mut found = vec![prefix.to_owned()];
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                found.extend(pointers(element, &format!("{prefix}/{index}")));
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                found.extend(pointers(member, &format!("{prefix}/{key}")));
            }
        }
        _ => {}
    }
    found
}

/// A value to put where another one was: of every type, and strings that fields understand.
fn replacement() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        "",
        "A",
        "Pass",
        "Map",
        "Choice",
        "$",
        "$.a",
        "$$.a",
        "$v",
        "$.a[*]",
        "$.a[",
        "States.UUID()",
        "States.Format('{}'",
        "JSONata",
        "{% 1 %}",
        "States.ALL",
        "2016-03-14T01:59:00Z",
    ]);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::Array(Vec::new())),
        Just(serde_json::json!([{}])),
        Just(serde_json::json!({})),
        Just(serde_json::json!({"Type": "Succeed"})),
        Just(serde_json::json!({"StartAt": "X", "States": {"X": {"Type": "Succeed"}}})),
    ]
}

/// The same value with the members of every object in another order, that of their rotated keys.
fn rotated(value: &Value, by: usize) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|element| rotated(element, by)).collect(),
        Value::Object(members) => {
            let members = members.iter().cycle().skip(by % members.len().max(1)).take(members.len());
            Value::Object(members.map(|(key, member)| (key.clone(), rotated(member, by))).collect())
        }
        scalar => scalar.clone(),
    }
}

fn codes(text: &str) -> Vec<Code> {
    let mut codes: Vec<Code> = compile(text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort();
    codes
}

/// Formatting keeps the meaning, and is done after one time.
fn formats_well(text: &str) -> Result<(), TestCaseError> {
    let formatted = asl_core::format(text).map_err(|diagnostics| TestCaseError::fail(diagnostics.to_string()))?;
    prop_assert_eq!(asl_core::format(&formatted).ok(), Some(formatted.clone()));
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    prop_assert_eq!(value(text), value(&formatted));
    prop_assert_eq!(codes(text), codes(&formatted));
    Ok(())
}

#[test]
fn workflows_are_formatted_well() {
    insta::glob!("data", "{workflows,executions,diagnostics/ok}/**/*.asl.json", |path| {
        formats_well(&std::fs::read_to_string(path).unwrap()).unwrap();
    });
}

proptest! {
    #[test]
    fn any_text_compiles_or_is_faulty(text in "\\PC*") {
        is_consistent(&text, &compile(&text))?;
    }

    #[test]
    fn a_damaged_text_compiles_or_is_faulty(place in any::<prop::sample::Index>(), length in 0_usize..20, put in "[\\[\\]{},:\"a1\\\\$. ]{0,4}") {
        let start = SOUND.floor_char_boundary(place.index(SOUND.len()));
        let end = SOUND.ceil_char_boundary((start + length).min(SOUND.len()));
        let mut text = SOUND.to_owned();
        text.replace_range(start..end, &put);
        is_consistent(&text, &compile(&text))?;
    }

    #[test]
    fn a_definition_with_other_values_compiles_or_is_faulty(
        changes in prop::collection::vec((any::<prop::sample::Index>(), replacement()), 1..6),
    ) {
        let mut definition: Value = serde_json::from_str(SOUND).unwrap();
        for (place, value) in changes {
            let pointers = pointers(&definition, "");
            *definition.pointer_mut(place.get(pointers.as_slice()).as_str()).unwrap() = value;
        }
        let text = serde_json::to_string_pretty(&definition).unwrap();
        is_consistent(&text, &compile(&text))?;
    }

    #[test]
    fn a_formatted_definition_means_the_same(
        by in 0_usize..20,
        changes in prop::collection::vec((any::<prop::sample::Index>(), replacement()), 0..3),
    ) {
        let mut definition: Value = serde_json::from_str(SOUND).unwrap();
        for (place, value) in changes {
            let pointers = pointers(&definition, "");
            *definition.pointer_mut(place.get(pointers.as_slice()).as_str()).unwrap() = value;
        }
        formats_well(&rotated(&definition, by).to_string())?;
    }
}
