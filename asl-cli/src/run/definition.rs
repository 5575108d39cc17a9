//! The definition that is run: a file's own, or one in a template.

use asl_core::diagnostic::Severity;
use asl_core::template::{self, Definition};
use asl_core::{Compiled, Format, MachineType, Options, Program, compile_with};

use super::{Arguments, Type, tell_faults};
use crate::files;
use crate::outcome::Problem;
use crate::source::{self, Form};

/// The program, or nothing after its faults were told.
pub(super) fn program(arguments: &Arguments) -> Result<Option<Program>, Problem> {
    let path = &arguments.file;
    let text = files::read(path)?;
    let options = Options::new().machine_type(match arguments.r#type {
        Type::Standard => MachineType::Standard,
        Type::Express => MachineType::Express,
    });
    let Compiled { program, diagnostics, .. } = match source::form(path, &text) {
        Form::Definition(format) => compile_with(&text, options.format(notation(format))),
        Form::Template(format) => {
            let template = template::definitions(&text, notation(format));
            if template.diagnostics.has_errors() {
                tell_faults(&template.diagnostics, path, &text, &arguments.colour);
                return Ok(None);
            }
            let usage = |message: String| Problem::Usage { message: format!("{}: {message}", path.display()) };
            chosen(&template.definitions, arguments.machine.as_deref()).map_err(usage)?.compile(options)
        }
    };
    if program.is_none() {
        let errors = diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
        tell_faults(&errors, path, &text, &arguments.colour);
        if errors.is_empty() {
            let message = "the definition has placeholders without values, so it cannot be run".to_owned();
            return Err(Problem::Usage { message });
        }
    }
    Ok(program)
}

fn notation(format: source::Format) -> Format {
    match format {
        source::Format::Json => Format::Json,
        source::Format::Yaml => Format::Yaml,
    }
}

/// The state machine of a template that is called `name`, or its only one.
fn chosen<'a, 't>(definitions: &'a [Definition<'t>], name: Option<&str>) -> Result<&'a Definition<'t>, String> {
    let names = || definitions.iter().map(Definition::logical_id).collect::<Vec<_>>().join(", ");
    let chosen = match (definitions, name) {
        ([only], _) => only,
        ([], _) => return Err("the template has no state machine".to_owned()),
        (several, Some(name)) => several
            .iter()
            .find(|definition| definition.logical_id() == name)
            .ok_or_else(|| format!("the template has no state machine `{name}`; it has {}", names()))?,
        (_, None) => return Err(format!("which state machine is meant? say --machine with one of {}", names())),
    };
    match chosen.whereabouts() {
        Some(_) => Err(format!("the definition of `{}` is not in the template; run its own file", chosen.logical_id())),
        None => Ok(chosen),
    }
}
