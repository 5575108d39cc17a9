//! Definitions in templates: what is found in `data/templates`, and what is wrong with it at which places.

use std::fmt::Write as _;
use std::fs;

use asl_core::diagnostic::Diagnostics;
use asl_core::source::Source;
use asl_core::template::{self, Whereabouts};
use asl_core::{MachineType, Notation, Options, Placeholders, compile_with};
use proptest::prelude::*;

use crate::diagnostics::notation_of;

fn described(text: &str, notation: Notation, name: &str) -> String {
    let source = Source::new(name, text);
    let template = template::definitions(text, notation);
    let mut found = template.diagnostics.render(&source).to_string();
    for definition in &template.definitions {
        let compiled = definition.compile(Options::new());
        let program =
            if compiled.as_ref().is_some_and(|compiled| compiled.program.is_some()) { "program" } else { "no program" };
        writeln!(found, "==== {}: {program}", definition.logical_id()).unwrap();
        if let Some(whereabouts) = definition.whereabouts() {
            writeln!(found, "{} is elsewhere: {whereabouts:?}", definition.pointer()).unwrap();
        }
        let diagnostics = compiled.map(|compiled| compiled.diagnostics).unwrap_or_default();
        found.push_str(&diagnostics.render(&source).to_string());
    }
    found
}

#[test]
fn definitions_are_found_and_faults_stand_in_the_template() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::glob!("data/templates/*", |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            insta::assert_snapshot!(described(&fs::read_to_string(path).unwrap(), notation_of(path), name));
        });
    });
}

#[test]
fn a_text_that_is_no_template_has_no_definitions() {
    for text in
        ["", "[]", "Resources: 1", "Resources: {A: {Type: 'AWS::StepFunctions::StateMachine'}}", "a: [", "!Ref A"]
    {
        assert_eq!(template::definitions(text, Notation::Yaml).definitions.len(), 0, "{text}");
    }
}

#[test]
fn what_the_template_says_holds_for_a_definition_in_a_file() {
    let text = include_str!("data/templates/sam.yaml");
    let template = template::definitions(text, Notation::Yaml);
    let definition = &template.definitions[1];
    assert_eq!(definition.whereabouts(), Some(&Whereabouts::Uri("statemachine/orders.asl.json".to_owned())));
    let options = definition.options(Options::new());
    let expected = Options::new().machine_type(MachineType::Express).substitute("Table", "orders");
    assert_eq!(options, expected);
    let file = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Function}", "Next": "${Table}"}, "B": {"Type": "Fail"}}}"#;
    let messages: Vec<String> =
        compile_with(file, options).diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect();
    assert_eq!(messages, ["Missing 'Next' target: orders", "State \"B\" is not reachable."]);
}

#[test]
fn programs_of_one_template_are_told_apart() {
    let machine = |name: &str| {
        format!(
            "  {name}:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition: {{StartAt: {name}, States: {{{name}: {{Type: Succeed}}}}}}\n"
        )
    };
    let text = format!("Resources:\n{}{}", machine("A"), machine("B"));
    let template = template::definitions(&text, Notation::Yaml);
    let fingerprints: Vec<_> = template
        .definitions
        .iter()
        .map(|definition| definition.compile(Options::new()).unwrap().into_program().unwrap().fingerprint().clone())
        .collect();
    assert_eq!(template.diagnostics, Diagnostics::default());
    assert!(fingerprints.len() == 2 && fingerprints[0] != fingerprints[1]);
}

/// Texts in both notations with something of everything.
const TEXTS: [(Notation, &str); 5] = [
    (Notation::Yaml, include_str!("data/templates/sam.yaml")),
    (Notation::Yaml, include_str!("data/templates/definition_string_in_yaml.yaml")),
    (Notation::Json, include_str!("data/templates/definition_string_in_json.json")),
    (Notation::Yaml, include_str!("data/diagnostics/yaml_with_faults_inside_of_strings.asl.yaml")),
    (Notation::Json, include_str!("data/diagnostics/ok/placeholders.asl.json")),
];

fn has_its_places_in(diagnostics: &Diagnostics, text: &str) -> Result<(), TestCaseError> {
    for diagnostic in diagnostics {
        for location in diagnostic.labels.iter().map(|(location, _)| location).chain([&diagnostic.location]) {
            prop_assert!(text.get(location.span.start..location.span.end).is_some(), "{}", diagnostic);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_damaged_text_is_survived(
        (notation, text) in prop::sample::select(TEXTS.to_vec()),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, "[\\[\\]{},:\"'a1\\\\$.%#&*!|>é \n-]{0,4}"), 1..4),
    ) {
        let mut damaged = text.to_owned();
        for (place, length, put) in damages {
            let start = damaged.floor_char_boundary(place.index(damaged.len() + 1));
            let end = damaged.ceil_char_boundary((start + length).min(damaged.len()));
            damaged.replace_range(start..end, &put);
        }
        let options = Options::new().notation(notation).placeholders(Placeholders::Understood).substitute("Name", "1");
        has_its_places_in(&compile_with(&damaged, options).diagnostics, &damaged)?;
        let template = template::definitions(&damaged, notation);
        has_its_places_in(&template.diagnostics, &damaged)?;
        for definition in &template.definitions {
            let compiled = definition.compile(Options::new());
            has_its_places_in(&compiled.map(|compiled| compiled.diagnostics).unwrap_or_default(), &damaged)?;
        }
    }
}
