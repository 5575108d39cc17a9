//! How a command ends, and the exit code that says so.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use asl_core::source::Source;

use crate::faulty_text::FaultyText;

/// The exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  what was asked about is not: a definition has errors, an execution failed, a file differs
  2  bad usage: an option or an input that makes no sense
  3  the command itself failed, for instance to read a file";

/// What a command that did its work found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All is well.
    Good,
    /// What was asked about is not well.
    Bad,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        Self::from(match end {
            End::Good => 0,
            End::Bad => 1,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Problem {
    /// An option or an input makes no sense.
    Usage { message: String },
    /// An input has faults.
    Faulty(FaultyText),
    /// The machine around the command failed.
    Broken { message: String },
    /// Who reads the output has gone away, as `head` does; that is no failure.
    NobodyReads,
}

impl Problem {
    /// What the file at `path` holds does not fit what is asked for.
    pub(crate) fn with(path: &Path, reason: impl Display) -> Self {
        Self::Usage { message: format!("{}: {reason}", path.display()) }
    }

    /// The file or directory at `path` cannot be read.
    pub(crate) fn cannot_read(path: &Path, reason: impl Display) -> Self {
        Self::Broken { message: format!("cannot read `{}`: {reason}", path.display()) }
    }

    /// The file at `path` cannot be written.
    pub(crate) fn cannot_write(path: &Path, reason: impl Display) -> Self {
        Self::Broken { message: format!("cannot write `{}`: {reason}", path.display()) }
    }

    /// Tells a person, and gives the exit code.
    pub(crate) fn report(&self, err: &mut dyn Write) -> ExitCode {
        // When standard error is closed as well there is nobody left to tell.
        let (_, code) = match self {
            Self::Usage { message } => (writeln!(err, "error: {message}"), 2),
            Self::Faulty(FaultyText { path, text, diagnostics }) => {
                let name = path.display().to_string();
                (write!(err, "{}", diagnostics.render(&Source::new(&name, text))), 1)
            }
            Self::Broken { message } => (writeln!(err, "error: {message}"), 3),
            Self::NobodyReads => (Ok(()), 0),
        };
        ExitCode::from(code)
    }
}

/// A failure to write the output.
impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Broken { message: format!("the output could not be written: {error}") },
        }
    }
}
