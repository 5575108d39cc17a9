//! Everything that can be wrong with a definition, as people see it.
//!
//! `data/diagnostics/*.asl.json` and `*.asl.yaml` are wrong or doubtful, those in `data/diagnostics/ok` are not.
//! Files whose name begins with `express` are compiled for Express machines; in those whose name begins with
//! `placeholders`, placeholders are understood.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use asl_core::diagnostic::{Code, Diagnostics};
use asl_core::source::Source;
use asl_core::syntax;
use asl_core::{Compiled, MachineType, Notation, Options, Placeholders, compile, compile_with};

fn compile_file(path: &Path) -> (String, Compiled) {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let machine_type = if name.starts_with("express") { MachineType::Express } else { MachineType::Standard };
    let notation = notation_of(path);
    let placeholders = if has_placeholders(path) { Placeholders::Understood } else { Placeholders::Literal };
    let options = Options::new().machine_type(machine_type).notation(notation).placeholders(placeholders);
    let compiled = compile_with(&text, options);
    (text, compiled)
}

pub(crate) fn notation_of(path: &Path) -> Notation {
    if path.extension().unwrap() == "yaml" { Notation::Yaml } else { Notation::Json }
}

fn has_placeholders(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with("placeholders")
}

#[test]
fn faults_are_shown_at_their_places() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::glob!("data/diagnostics/*.asl.*", |path| {
            let (text, compiled) = compile_file(path);
            assert_eq!(compiled.program.is_none(), compiled.diagnostics.has_errors());
            let name = format!("machine.asl.{}", path.extension().unwrap().to_str().unwrap());
            insta::assert_snapshot!(compiled.diagnostics.render(&Source::new(&name, &text)).to_string());
        });
    });
}

#[test]
fn sound_definitions_have_no_diagnostics() {
    insta::glob!("data/diagnostics/ok/*.asl.*", |path| {
        let (_, compiled) = compile_file(path);
        assert_eq!(compiled.diagnostics, Diagnostics::default());
        assert_eq!(compiled.program.is_some(), !has_placeholders(path));
    });
}

/// Codes whose shortest example is too large for a file.
fn of_large_definitions() -> [Compiled; 3] {
    let deep = "[".repeat(syntax::MAX_DEPTH + 1) + &"]".repeat(syntax::MAX_DEPTH + 1);
    let long = "x".repeat(256 * 1024);
    let pass = format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", "Result": "{long}", "End": true}}}}}}"#);
    [compile(&" ".repeat(syntax::MAX_SIZE + 1)), compile(&deep), compile(&pass)]
}

#[test]
fn every_code_has_an_example() {
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/diagnostics")).unwrap();
    let paths = files.map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let found: BTreeSet<Code> = paths
        .map(|path: PathBuf| compile_file(&path).1)
        .chain(of_large_definitions())
        .flat_map(|compiled| compiled.diagnostics.into_iter().map(|diagnostic| diagnostic.code))
        .collect();
    assert_eq!(found, Code::ALL.iter().copied().collect());
}

#[test]
fn express_differs_from_standard() {
    let text = r#"{"StartAt": "A", "States": {"A":
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true}}}"#;
    assert!(compile(text).program.is_some());
    assert!(compile_with(text, Options::new().machine_type(MachineType::Express)).program.is_none());
}
