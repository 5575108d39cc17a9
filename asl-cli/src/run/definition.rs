//! The definition that is run: a file's own, or one in a template.

use asl_core::diagnostic::Severity;
use asl_core::template;
use asl_core::{Compiled, Program, compile_with};

use super::Arguments;
use crate::files;
use crate::outcome::Problem;
use crate::source::{self, Form};
use crate::stderr::tell_faults;

/// The program, or nothing after its faults were told.
pub(super) fn program(arguments: &Arguments) -> Result<Option<Program>, Problem> {
    let path = &arguments.file;
    let text = files::read(path)?;
    let options = arguments.deployment.options();
    let Compiled { program, diagnostics, .. } = match source::form(path, &text) {
        Form::Definition(format) => compile_with(&text, options.format(format)),
        Form::Template(format) => {
            let template = template::definitions(&text, format);
            if template.diagnostics.has_errors() {
                tell_faults(&template.diagnostics, path, &text, &arguments.colour);
                return Ok(None);
            }
            let chosen = source::chosen(&template.definitions, arguments.machine.as_deref());
            chosen.map_err(|reason| Problem::with(path, reason))?.compile(options)
        }
    };
    if program.is_none() {
        let errors = diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
        tell_faults(&errors, path, &text, &arguments.colour);
        if errors.is_empty() {
            let message = "the definition has placeholders without values; give them with --substitute NAME=VALUE";
            let message = message.to_owned();
            return Err(Problem::Usage { message });
        }
    }
    Ok(program)
}
