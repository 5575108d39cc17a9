//! `asl validate`: what is wrong with definitions.

use std::io::Write;
use std::path::PathBuf;

use asl_core::check;
use asl_core::source::Source;

use crate::files;
use crate::outcome::{End, Problem};

/// Check definitions, as Step Functions does when a state machine is created, and beyond
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The definitions; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Writes what is wrong with each definition.
pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<End, Problem> {
    let mut end = End::Good;
    for file in &arguments.files {
        let text = files::read(file)?;
        let diagnostics = check(&text);
        let name = file.display().to_string();
        write!(out, "{}", diagnostics.render(&Source::new(&name, &text)))?;
        if diagnostics.has_errors() {
            end = End::Bad;
        }
    }
    Ok(end)
}
