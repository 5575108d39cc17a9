//! The definition that is run: a file's own, or one in a template.

use asl_core::diagnostic::{Diagnostic, Diagnostics, Severity};
use asl_core::template;
use asl_core::{MachineType, NoProgram, Program, compile_with};

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
    let mut machine_type = arguments.deployment.machine_type();
    let compiled = match source::form(path, &text) {
        Form::Definition(notation) => compile_with(&text, options.notation(notation)),
        Form::Template(notation) => {
            let template = template::definitions(&text, notation);
            if template.diagnostics.has_errors() {
                tell_faults(&template.diagnostics, path, &text, &arguments.colour);
                return Ok(None);
            }
            let chosen = source::chosen(&template.definitions, arguments.machine.as_deref());
            let chosen = chosen.map_err(|reason| Problem::with(path, reason))?;
            machine_type = chosen.machine_type().unwrap_or(machine_type);
            let compiled = chosen.compile(options).ok_or_else(|| source::elsewhere(chosen));
            compiled.map_err(|reason| Problem::with(path, reason))?
        }
    };
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
            tell_faults(&errors, path, &text, &arguments.colour);
            Ok(None)
        }
    }
}
