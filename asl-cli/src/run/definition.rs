//! The definition that is run: a file's own, or one in a template.

use asl_core::diagnostic::{Diagnostics, Severity};
use asl_core::template;
use asl_core::{Compiled, MachineType, Program, compile_with};

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
    let Compiled { program, diagnostics, .. } = match source::form(path, &text) {
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
            chosen.compile(options)
        }
    };
    if let Some(program) = program {
        return Ok(Some(Definition { program, machine_type }));
    }
    let errors: Diagnostics =
        diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    if errors.is_empty() {
        let message = "the definition has placeholders without values; give them with --substitute NAME=VALUE";
        return Err(Problem::Usage { message: message.to_owned() });
    }
    tell_faults(&errors, path, &text, &arguments.colour);
    Ok(None)
}
