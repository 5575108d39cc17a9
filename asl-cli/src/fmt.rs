//! `asl fmt`: definitions in their canonical form.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use asl_core::Notation;

use crate::colour;
use crate::files::{self, By, Found};
use crate::outcome::{End, Problem};
use crate::source::{self, Form};
use crate::stderr::tell_faults;

const ABOUT: &str = "\
Bring definitions into their canonical form.

The fields of states, Retriers, Catchers and Choice rules stand in one order: what it is, what it works on, what comes of \
it, what is next. States, and the members of data, stay in the order in which they were written. What fits on a line of 100 \
columns is on one line. Numbers and strings stay as they were written, so the definition means the same.

Only JSON is formatted. Of a directory, all files called `*.asl.json` are. A text that is not sound JSON is left alone, and \
what is wrong with it is written to standard error.";

const EXAMPLES: &str = "\
Examples:
  asl fmt order.asl.json     # rewrites the file
  asl fmt .                  # and every *.asl.json below the current directory
  asl fmt --check .          # names the files that are not formatted; exit code 1 if there are any
  asl fmt - < order.asl.json # writes to standard output";

/// Bring definitions into their canonical form
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Definitions, and directories that are searched for them; `-` is standard input, formatted to standard output
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Change nothing, but name the files that are not in canonical form
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    colour: colour::Choice,
}

/// Rewrites the files that are not in canonical form, or names them.
pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<End, Problem> {
    let is_json = |path: &std::path::Path| {
        source::is_definition(path) && path.extension().is_some_and(|extension| extension == "json")
    };
    let found = files::find(&arguments.paths, is_json)?;
    if found.is_empty() {
        return Err(Problem::Usage { message: "there are no `*.asl.json` files to format".to_owned() });
    }
    let mut end = End::Good;
    for found in found {
        if format(&found, arguments, out)? == End::Bad {
            end = End::Bad;
        }
    }
    Ok(end)
}

fn format(found: &Found, arguments: &Arguments, out: &mut dyn Write) -> Result<End, Problem> {
    let Found { path, by } = found;
    let text = files::read(path)?;
    if *by == By::Name {
        check_form(found, &text)?;
    }
    let formatted = match asl_core::format(&text) {
        Ok(formatted) => formatted,
        Err(diagnostics) => {
            tell_faults(&diagnostics, path, &text, &arguments.colour);
            return Ok(End::Bad);
        }
    };
    let is_canonical = formatted == text;
    if arguments.check {
        if !is_canonical {
            writeln!(out, "{}", path.display())?;
        }
        return Ok(if is_canonical { End::Good } else { End::Bad });
    }
    if files::is_stdin(path) {
        out.write_all(formatted.as_bytes())?;
    } else if !is_canonical {
        fs::write(path, formatted).map_err(|error| Problem::cannot_write(path, error))?;
    }
    Ok(End::Good)
}

/// Refuses what is no definition in JSON.
fn check_form(found: &Found, text: &str) -> Result<(), Problem> {
    let name = found.path.display();
    let what = match source::form(&found.path, text) {
        Form::Definition(Notation::Json) => return Ok(()),
        Form::Definition(Notation::Yaml) => "YAML",
        Form::Template(_) => "a template",
    };
    Err(Problem::Usage { message: format!("`{name}` is {what}: only definitions in JSON are formatted") })
}
