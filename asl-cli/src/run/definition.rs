//! The definition that is run: a file's own, or one in a template.

use std::path::Path;

use asl_core::diagnostic::{Diagnostic, Diagnostics, Severity};
use asl_core::template;
use asl_core::{Compiled, MachineType, NoProgram, Options, Program, compile_with};

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
    let notation = match source::form(path, &text) {
        Form::Definition(notation) => {
            return finish(arguments, path, &text, compile_with(&text, options.notation(notation)), machine_type);
        }
        Form::Template(notation) => notation,
    };
    let template = template::definitions(&text, notation);
    if template.diagnostics.has_errors() {
        tell_faults(&template.diagnostics, path, &text, &arguments.colour);
        return Ok(None);
    }
    let chosen = source::chosen(&template.definitions, arguments.machine.as_deref());
    let chosen = chosen.map_err(|reason| Problem::with(path, reason))?;
    let machine_type = chosen.machine_type().unwrap_or(machine_type);
    let Some(named) = source::file_of(chosen, path) else {
        let compiled = chosen.compile(options).ok_or_else(|| Problem::with(path, source::elsewhere(chosen)))?;
        return finish(arguments, path, &text, compiled, machine_type);
    };
    let text = source::read_named(&named, chosen, path, &text)?;
    finish(arguments, &named, &text, compile_named(&named, &text, chosen.options(options)), machine_type)
}

/// Compiles the `text` of a file that a template names; `options` have what the template says of it.
fn compile_named(path: &Path, text: &str, options: Options) -> Compiled {
    let (Form::Definition(notation) | Form::Template(notation)) = source::form(path, text);
    compile_with(text, options.notation(notation))
}

/// The definition that the `text` at `path` was compiled to, or nothing after its faults were told.
fn finish(
    arguments: &Arguments,
    path: &Path,
    text: &str,
    compiled: Compiled,
    machine_type: MachineType,
) -> Result<Option<Definition>, Problem> {
    match compiled.into_program() {
        Ok(program) => Ok(Some(Definition { program, machine_type })),
        Err(NoProgram::Open(placeholders)) => {
            let quoted: Vec<String> = placeholders.iter().map(|name| format!("`{name}`")).collect();
            let quoted = quoted.join(", ");
            let message = format!("placeholders have no values: {quoted}; give each one with --substitute NAME=VALUE");
            Err(Problem::Usage { message })
        }
        Err(NoProgram::Faulty(diagnostics)) => {
            let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
            let errors: Diagnostics = diagnostics.into_iter().filter(is_error).collect();
            tell_faults(&errors, path, text, &arguments.colour);
            Ok(None)
        }
    }
}
