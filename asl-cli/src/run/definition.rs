//! The definition that is run: a file's own, or one in a template.

use asl_core::diagnostic::Severity;
use asl_core::template;
use asl_core::{Compiled, MachineType, Options, Placeholders, Program, compile_with};

use super::{Arguments, Type, tell_faults};
use crate::files;
use crate::outcome::Problem;
use crate::source::{self, Form};

/// The program, or nothing after its faults were told.
pub(super) fn program(arguments: &Arguments) -> Result<Option<Program>, Problem> {
    let path = &arguments.file;
    let text = files::read(path)?;
    let options = Options::new().placeholders(Placeholders::Understood).machine_type(match arguments.r#type {
        Type::Standard => MachineType::Standard,
        Type::Express => MachineType::Express,
    });
    let options = arguments.substitute.iter().fold(options, |options, (name, value)| options.substitute(name, value));
    let Compiled { program, diagnostics, .. } = match source::form(path, &text) {
        Form::Definition(format) => compile_with(&text, options.format(format)),
        Form::Template(format) => {
            let template = template::definitions(&text, format);
            if template.diagnostics.has_errors() {
                tell_faults(&template.diagnostics, path, &text, &arguments.colour);
                return Ok(None);
            }
            let usage = |message: String| Problem::Usage { message: format!("{}: {message}", path.display()) };
            source::chosen(&template.definitions, arguments.machine.as_deref()).map_err(usage)?.compile(options)
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
