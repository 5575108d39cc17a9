//! `asl explain`: the page of a code.

mod page;

use std::io::Write;

use asl_core::diagnostic::Code;

pub(crate) use self::page::of as page_of;
use crate::colour;
use crate::outcome::{End, Problem};
use crate::subject::CodeParser;

const EXAMPLES: &str = "\
Examples:
  asl explain                            # lists all codes
  asl explain MISSING_TRANSITION_TARGET  # what it means, a wrong and a mended definition
  asl explain no_dollar | less";

/// Explain a code that diagnostics have, or list all codes
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The code, in whatever case; without one, all codes are listed
    #[arg(value_parser = CodeParser, hide_possible_values = true)]
    code: Option<Code>,
    #[command(flatten)]
    colour: colour::Choice,
}

/// Writes the page, or the list.
pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<End, Problem> {
    let colour = arguments.colour.on_stdout();
    match arguments.code {
        Some(code) => {
            let page = page_of(code).ok_or_else(|| Problem::Broken { message: format!("`{code}` has no page") })?;
            write!(out, "{}", page::drawn(page, colour))?;
        }
        None => list(out)?,
    }
    Ok(End::Good)
}

/// One line for each code, in the order of the table.
fn list(out: &mut dyn Write) -> Result<(), Problem> {
    let width = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or_default();
    for code in Code::ALL {
        writeln!(out, "{:width$}  {:7}  {}", code.name(), code.severity().to_string(), code.summary())?;
    }
    Ok(())
}
