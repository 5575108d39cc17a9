//! What `--deny`, `--warn`, `--allow`, `asl.toml` and `asl explain` are about: a code, or all warnings.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

use asl_core::diagnostic::{Code, Severity};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

/// A code, or all warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Code(Code),
    /// Every code that is a warning of itself.
    Warnings,
}

impl Subject {
    /// The name of [`Warnings`](Self::Warnings).
    const WARNINGS: &str = "warnings";
}

impl FromStr for Subject {
    type Err = Unknown;

    fn from_str(name: &str) -> Result<Self, Unknown> {
        if name == Self::WARNINGS {
            return Ok(Self::Warnings);
        }
        code_named(name).map(Self::Code)
    }
}

/// The code of this name, in whatever case it is written.
pub(crate) fn code_named(name: &str) -> Result<Code, Unknown> {
    let code = Code::ALL.iter().copied().find(|code| code.name().eq_ignore_ascii_case(name));
    code.ok_or_else(|| Unknown { name: name.to_owned(), similar: Code::resembling(name) })
}

/// A name that is no code's.
#[derive(Debug)]
pub(crate) struct Unknown {
    name: String,
    similar: Option<Code>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there is no code `{}`", self.name)?;
        match self.similar {
            Some(code) => write!(formatter, "; did you mean `{code}`?"),
            None => write!(formatter, "; `asl explain` lists all codes"),
        }
    }
}

impl std::error::Error for Unknown {}

/// Reads a code of the command line, and tells shells which there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeParser;

impl TypedValueParser for CodeParser {
    type Value = Code;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Code, clap::Error> {
        StringValueParser::new().try_map(|name| code_named(&name)).parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Code::ALL.iter().copied().map(possible_value)))
    }
}

/// As [`CodeParser`], for what has a level to set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SubjectParser;

impl TypedValueParser for SubjectParser {
    type Value = Subject;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Subject, clap::Error> {
        StringValueParser::new().try_map(|name| name.parse::<Subject>()).parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let warnings = PossibleValue::new(Subject::WARNINGS).help("every code that is a warning of itself");
        Some(Box::new(std::iter::once(warnings).chain(warning_codes().map(possible_value))))
    }
}

/// The codes that are warnings of themselves.
pub(crate) fn warning_codes() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| code.severity() == Severity::Warning)
}

fn possible_value(code: Code) -> PossibleValue {
    PossibleValue::new(code.name()).help(code.summary())
}
