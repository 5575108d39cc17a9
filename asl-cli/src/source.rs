//! In which form a text holds definitions, and which of them is meant.
//!
//! The form is told by the name, and where that does not say, by how the text begins.

use std::path::Path;

use asl_core::Notation;
use asl_core::template::Definition;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One definition.
    Definition(Notation),
    /// A CloudFormation or SAM template, which has definitions among its resources.
    Template(Notation),
}

/// Whether a file of this name is a definition, whatever is in it: `*.asl.json`, `*.asl.yaml` or `*.asl.yml`.
pub(crate) fn is_definition(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    [".asl.json", ".asl.yaml", ".asl.yml"].iter().any(|end| name.ends_with(end))
}

/// Whether a file of this name is a definition, or a template perhaps.
pub(crate) fn may_hold_definitions(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| ["json", "yaml", "yml", "template"].iter().any(|known| extension == *known))
}

/// The form of `text`, which is called `path`.
pub(crate) fn form(path: &Path, text: &str) -> Form {
    let extension = path.extension().unwrap_or_default();
    let notation = if extension == "json" {
        Notation::Json
    } else if extension == "yaml" || extension == "yml" {
        Notation::Yaml
    } else {
        guessed(text)
    };
    if !is_definition(path) && looks_like_template(text) {
        Form::Template(notation)
    } else {
        Form::Definition(notation)
    }
}

/// YAML if the first line that says something could begin a YAML document, and could not begin JSON.
fn guessed(text: &str) -> Notation {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_yaml = first.starts_with(['#', '%'])
        || first.starts_with("---")
        || first
            .split_once(':')
            .is_some_and(|(key, value)| is_key(key) && (value.is_empty() || value.starts_with(' ')));
    if is_yaml { Notation::Yaml } else { Notation::Json }
}

/// Cheap, as every JSON and YAML file of a directory is asked: `Resources`, and the type of a state machine.
fn looks_like_template(text: &str) -> bool {
    ["AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"].iter().any(|kind| text.contains(kind))
        && text.contains("Resources")
}

/// The state machine of a template that is called `name`, or its only one.
pub(crate) fn chosen<'a, 't>(
    definitions: &'a [Definition<'t>],
    name: Option<&str>,
) -> Result<&'a Definition<'t>, String> {
    let names = || definitions.iter().map(Definition::logical_id).collect::<Vec<_>>().join(", ");
    match (definitions, name) {
        ([only], _) => Ok(only),
        ([], _) => Err("the template has no state machine".to_owned()),
        (several, Some(name)) => several
            .iter()
            .find(|definition| definition.logical_id() == name)
            .ok_or_else(|| format!("the template has no state machine `{name}`; it has {}", names())),
        (_, None) => Err(format!("which state machine is meant? say --machine with one of {}", names())),
    }
}

/// What to say where a definition is wanted that its template does not have.
pub(crate) fn elsewhere(definition: &Definition<'_>) -> String {
    format!("the definition of `{}` is not in the template; give its own file", definition.logical_id())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n";

    #[test]
    fn the_form_is_told_by_name_and_beginning() {
        let (json, yaml) = (Form::Definition(Notation::Json), Form::Definition(Notation::Yaml));
        for (name, text, expected) in [
            ("a.asl.json", "StartAt: A", json),
            ("a.asl.yaml", "{}", yaml),
            ("a.asl.yml", TEMPLATE, yaml),
            ("a.json", "StartAt: A", json),
            ("a.yml", "{}", yaml),
            ("a.yaml", TEMPLATE, Form::Template(Notation::Yaml)),
            ("a.template", TEMPLATE, Form::Template(Notation::Yaml)),
            (
                "a.template",
                r#"{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine"}}}"#,
                Form::Template(Notation::Json),
            ),
            ("-", "{", json),
            ("-", "", json),
            ("-", "no json: no yaml", json),
            ("-", "\n# why\nStartAt: A", yaml),
            ("-", "---\n{}", yaml),
            ("-", "StartAt: A\n", yaml),
            ("-", "States:\n  A: {}\n", yaml),
        ] {
            assert_eq!(form(Path::new(name), text), expected, "{name} {text}");
        }
    }

    #[test]
    fn a_search_takes_what_may_hold_definitions() {
        for (name, expected) in
            [("a.asl.json", true), ("t.yaml", true), ("x.template", true), ("a.txt", false), ("json", false)]
        {
            assert_eq!(may_hold_definitions(Path::new(name)), expected, "{name}");
        }
    }
}
