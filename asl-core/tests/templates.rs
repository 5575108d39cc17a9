//! Definitions in templates: what is found in `data/templates`, and what is wrong with it at which places.

use std::fmt::Write as _;
use std::fs;

use asl_core::diagnostic::Diagnostics;
use asl_core::source::Source;
use asl_core::template::{self, Whereabouts};
use asl_core::{Format, MachineType, Options, compile_with};

use crate::diagnostics::format_of;

fn described(text: &str, format: Format, name: &str) -> String {
    let source = Source::new(name, text);
    let template = template::definitions(text, format);
    let mut found = template.diagnostics.render(&source).to_string();
    for definition in &template.definitions {
        let compiled = definition.compile(Options::new());
        let program = if compiled.program.is_some() { "program" } else { "no program" };
        writeln!(found, "==== {}: {program}", definition.logical_id()).unwrap();
        if let Some(whereabouts) = definition.whereabouts() {
            writeln!(found, "{} is elsewhere: {whereabouts:?}", definition.pointer()).unwrap();
        }
        found.push_str(&compiled.diagnostics.render(&source).to_string());
    }
    found
}

#[test]
fn definitions_are_found_and_faults_stand_in_the_template() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::glob!("data/templates/*", |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            insta::assert_snapshot!(described(&fs::read_to_string(path).unwrap(), format_of(path), name));
        });
    });
}

#[test]
fn a_text_that_is_no_template_has_no_definitions() {
    for text in
        ["", "[]", "Resources: 1", "Resources: {A: {Type: 'AWS::StepFunctions::StateMachine'}}", "a: [", "!Ref A"]
    {
        assert_eq!(template::definitions(text, Format::Yaml).definitions.len(), 0, "{text}");
    }
}

#[test]
fn what_the_template_says_holds_for_a_definition_in_a_file() {
    let text = include_str!("data/templates/sam.yaml");
    let template = template::definitions(text, Format::Yaml);
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
    let template = template::definitions(&text, Format::Yaml);
    let fingerprints: Vec<_> = template
        .definitions
        .iter()
        .map(|definition| definition.compile(Options::new()).into_program().unwrap().fingerprint().clone())
        .collect();
    assert_eq!(template.diagnostics, Diagnostics::default());
    assert!(fingerprints.len() == 2 && fingerprints[0] != fingerprints[1]);
}
