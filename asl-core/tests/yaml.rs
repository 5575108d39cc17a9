//! Definitions in YAML are judged as the same definitions in JSON.

use std::fmt::Write as _;
use std::fs;

use asl_core::diagnostic::Code;
use asl_core::{Compiled, Notation, Options, compile, compile_with};
use proptest::prelude::*;
use serde_json::Value;

use crate::properties::{SOUND, pointers};

/// How strings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Single,
    Double,
    Literal,
    Folded,
}

const STYLES: [Style; 4] = [Style::Single, Style::Double, Style::Literal, Style::Folded];

/// `value` as block YAML, in which every string is written in `style` where that is possible.
fn yaml(value: &Value, style: Style, indentation: usize, out: &mut String) {
    let margin = " ".repeat(indentation);
    match value {
        Value::Array(elements) if !elements.is_empty() => {
            for element in elements {
                write!(out, "\n{margin}-").unwrap();
                yaml(element, style, indentation + 2, out);
            }
        }
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                write!(out, "\n{margin}{}:", Value::from(key.as_str())).unwrap();
                yaml(member, style, indentation + 2, out);
            }
        }
        Value::String(text) => write!(out, " {}", string(text, style, &margin)).unwrap(),
        _ => write!(out, " {value}").unwrap(),
    }
}

fn string(text: &str, style: Style, margin: &str) -> String {
    let is_one_line = !text.is_empty() && !text.contains(|letter: char| letter.is_control()) && text.trim() == text;
    match style {
        Style::Single if is_one_line => format!("'{}'", text.replace('\'', "''")),
        Style::Literal if is_one_line => format!("|-\n{margin}  {text}"),
        Style::Folded if is_one_line && !text.contains("  ") => {
            format!(">-\n{margin}  {}", text.replace(' ', &format!("\n{margin}  ")))
        }
        _ => Value::from(text).to_string(),
    }
}

/// The codes, pointers and messages, but not the places.
fn verdict(compiled: &Compiled) -> Vec<(Code, String, String)> {
    let mut verdict: Vec<_> = compiled
        .diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.code, diagnostic.location.pointer.to_string(), diagnostic.message.clone()))
        .collect();
    verdict.sort();
    verdict
}

/// Checks that both notations are judged the same, and that what is underlined reads the same but for its notation.
fn check(definition: &Value, style: Style) {
    let mut text = String::new();
    yaml(definition, style, 0, &mut text);
    let json = compile(&definition.to_string());
    let yaml = compile_with(&text, Options::new().notation(Notation::Yaml));
    assert_eq!(verdict(&yaml), verdict(&json), "{text}");
    for diagnostic in &yaml.diagnostics {
        let span = diagnostic.location.span;
        assert!(text.get(span.start..span.end).is_some(), "{diagnostic}");
    }
}

#[test]
fn the_cases_of_json_are_judged_the_same_in_yaml() {
    insta::glob!("data/diagnostics/**/*.asl.json", |path| {
        let Ok(definition) = serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()) else { return };
        if definition.is_object() {
            for style in STYLES {
                check(&definition, style);
            }
        }
    });
}

#[test]
fn parts_of_strings_are_underlined_in_every_style() {
    let definition = serde_json::json!({"StartAt": "A", "QueryLanguage": "JSONata", "States": {
        "A": {"Type": "Pass", "Output": "{% $states.input.x & 'it' & é(foo) & $nobody %}", "End": true},
    }});
    for style in STYLES {
        let mut text = String::new();
        yaml(&definition, style, 0, &mut text);
        let compiled = compile_with(&text, Options::new().notation(Notation::Yaml));
        let underlined: Vec<&str> = compiled
            .diagnostics
            .iter()
            .map(|diagnostic| text.get(diagnostic.location.span.start..diagnostic.location.span.end).unwrap())
            .collect();
        assert_eq!(underlined, ["é", "foo", "$nobody"], "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_compiles_or_is_faulty(text in "\\PC*") {
        let compiled = compile_with(&text, Options::new().notation(Notation::Yaml));
        prop_assert_eq!(compiled.program.is_some(), !compiled.diagnostics.has_errors());
    }

    #[test]
    fn any_definition_is_judged_the_same(
        place in any::<prop::sample::Index>(),
        value in prop::sample::select(vec!["null", "{}", "[]", "1", "\"A\"", "\"$.a[\"", "{\"Type\":\"Pass\"}", "[{}]"]),
        style in prop::sample::select(STYLES.to_vec()),
    ) {
        let mut definition: Value = serde_json::from_str(SOUND).unwrap();
        let pointers = pointers(&definition, "");
        *definition.pointer_mut(place.get(pointers.as_slice()).as_str()).unwrap() = serde_json::from_str(value).unwrap();
        if definition.is_object() {
            check(&definition, style);
        }
    }
}
