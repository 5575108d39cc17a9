//! The definition that is run: a file's own, or one in a template.

use std::path::Path;

use asl_core::diagnostic::{Diagnostics, Severity};
use asl_core::template;
use asl_core::{Compiled, MachineType, Options, Program, compile_with};

use super::Arguments;
use crate::files;
use crate::outcome::Problem;
use crate::source::{self, Form};
use crate::stderr::tell_faults;

/// A definition without faults.
pub(super) struct Definition {
    pub(super) program: Program,
    pub(super) machine_type: MachineType,
}

/// The definition, or nothing after its faults were told.
pub(super) fn read(arguments: &Arguments) -> Result<Option<Definition>, Problem> {
    let path = &arguments.file;
    let text = files::read(path)?;
    let options = arguments.deployment.options();
    let machine_type = arguments.deployment.machine_type();
    let format = match source::form(path, &text) {
        Form::Definition(format) => {
            return finish(arguments, path, &text, compile_with(&text, options.format(format)), machine_type);
        }
        Form::Template(format) => format,
    };
    let template = template::definitions(&text, format);
    if template.diagnostics.has_errors() {
        tell_faults(&template.diagnostics, path, &text, &arguments.colour);
        return Ok(None);
    }
    let chosen = source::chosen(&template.definitions, arguments.machine.as_deref());
    let chosen = chosen.map_err(|reason| Problem::with(path, reason))?;
    let machine_type = chosen.machine_type().unwrap_or(machine_type);
    let Some(named) = source::file_of(chosen, path) else {
        if chosen.whereabouts().is_some() {
            return Err(Problem::with(path, source::elsewhere(chosen)));
        }
        return finish(arguments, path, &text, chosen.compile(options), machine_type);
    };
    let text = source::read_named(&named, chosen, path, &text)?;
    finish(arguments, &named, &text, compile_named(&named, &text, chosen.options(options)), machine_type)
}

/// Compiles the `text` of a file that a template names; `options` have what the template says of it.
fn compile_named(path: &Path, text: &str, options: Options) -> Compiled {
    let (Form::Definition(format) | Form::Template(format)) = source::form(path, text);
    compile_with(text, options.format(format))
}

/// The definition that the `text` at `path` was compiled to, or nothing after its faults were told.
fn finish(
    arguments: &Arguments,
    path: &Path,
    text: &str,
    compiled: Compiled,
    machine_type: MachineType,
) -> Result<Option<Definition>, Problem> {
    let Compiled { program, diagnostics, .. } = compiled;
    if let Some(program) = program {
        return Ok(Some(Definition { program, machine_type }));
    }
    let errors: Diagnostics =
        diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    if errors.is_empty() {
        let message = "the definition has placeholders without values; give them with --substitute NAME=VALUE";
        return Err(Problem::Usage { message: message.to_owned() });
    }
    tell_faults(&errors, path, text, &arguments.colour);
    Ok(None)
}
