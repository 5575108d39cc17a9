//! What is wrong with a policy.

use std::fmt;

use asl_core::diagnostic::Location;

/// One thing that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What is wrong; ECR's words where they are known.
    pub message: String,
    /// Where.
    pub location: Location,
    /// How to mend it, where that is not plain.
    pub help: Option<String>,
}

/// A policy that ECR would refuse, with all that is wrong with it in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPolicy {
    name: String,
    faults: Vec<Fault>,
}

impl InvalidPolicy {
    pub(super) fn new(name: &str, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| fault.location.span.start);
        Self { name: name.to_owned(), faults }
    }

    /// What is wrong; at least one thing.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// A line for each fault, `policy.json:7:22 (/rules/0/selection): message`, and one for its help.
impl fmt::Display for InvalidPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Fault { message, location, help }) in self.faults.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{}:{location}: {message}", self.name)?;
            if let Some(help) = help {
                write!(formatter, "\n  help: {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for InvalidPolicy {}
