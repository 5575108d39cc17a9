//! `docs/codes`: every code has a page that agrees with the table, and whose examples are what it says they are.

use std::collections::BTreeSet;
use std::fs;

use asl_core::diagnostic::{Code, Diagnostics};
use asl_core::{Compiled, Notation, Options, compile_with};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/codes");

fn read(name: &str) -> String {
    fs::read_to_string(format!("{FOLDER}/{name}.md")).unwrap_or_else(|error| panic!("{name}.md: {error}"))
}

/// What comes of the JSON or YAML block of the section `heading`.
fn example(page: &str, heading: &str) -> Option<Compiled> {
    let (_, section) = page.split_once(&format!("\n## {heading}\n\n```"))?;
    let (notation, block) = match section.split_once('\n')? {
        ("json", block) => (Notation::Json, block),
        ("yaml", block) => (Notation::Yaml, block),
        _ => return None,
    };
    let (text, _) = block.split_once("```\n")?;
    Some(compile_with(text, Options::new().notation(notation)))
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    let codes = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
    assert_eq!(pages, codes);
}

#[test]
fn pages_begin_as_the_table_says() {
    for code in Code::ALL {
        let severity = match code.severity().to_string().as_str() {
            "error" => "Error",
            _ => "Warning",
        };
        let summary = code.summary();
        let aws = code.aws_code().map_or("AWS does not look for it.".to_owned(), |aws| format!("AWS's code: `{aws}`."));
        let beginning = format!("# {code}\n\n{severity}: {summary}.\n{aws}\n\n");
        let page = read(code.name());
        assert!(page.starts_with(&beginning), "{code}.md must begin with:\n{beginning}");
    }
}

#[test]
fn the_index_has_the_rows_of_the_table() {
    let index = read("README");
    let rows: Vec<&str> = index.lines().filter(|line| line.starts_with("| [")).collect();
    let expected: Vec<String> = Code::ALL
        .iter()
        .map(|code| {
            let aws = code.aws_code().map_or("-".to_owned(), |aws| format!("`{aws}`"));
            format!("| [{code}]({code}.md) | {} | {} | {aws} |", code.severity(), code.summary())
        })
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn wrong_examples_have_the_code() {
    let is_short = |code: &&Code| !matches!(**code, Code::DEFINITION_TOO_LARGE | Code::PAYLOAD_TOO_LARGE);
    for code in Code::ALL.iter().filter(is_short) {
        let page = read(code.name());
        let compiled = example(&page, "Wrong").unwrap_or_else(|| panic!("{code}.md has no wrong example"));
        let found: Vec<Code> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert!(found.contains(code), "{code}.md: {found:?}");
    }
}

#[test]
fn mended_examples_have_no_diagnostics() {
    for code in Code::ALL {
        let page = read(code.name());
        let mended = example(&page, "Mended").or_else(|| example(&page, "Right"));
        let compiled = mended.unwrap_or_else(|| panic!("{code}.md has no mended example"));
        assert_eq!(compiled.diagnostics, Diagnostics::default(), "{code}.md");
        assert!(compiled.program.is_some(), "{code}.md");
    }
}
