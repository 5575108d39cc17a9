//! How much a diagnostic counts: set per code, by configuration.

use super::{Code, Diagnostic, Severity};

/// What to do about a kind of diagnostic; exhaustive, there is nothing else to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// Says nothing about it.
    Allow,
    /// Warns of it.
    Warn,
    /// Takes it for an error: there is no program.
    Deny,
}

/// The levels that differ from the codes' own severities; of one code the last counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Levels(Vec<(Code, Level)>);

impl Levels {
    pub(crate) fn set(&mut self, code: Code, level: Level) {
        self.0.retain(|(other, _)| *other != code);
        self.0.push((code, level));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The diagnostic as it counts, if it does; what is an error of itself stays one.
    pub(crate) fn apply(&self, mut diagnostic: Diagnostic) -> Option<Diagnostic> {
        let level = self.0.iter().find(|(code, _)| *code == diagnostic.code).map(|(_, level)| *level);
        if diagnostic.severity == Severity::Warning {
            match level {
                Some(Level::Allow) => return None,
                Some(Level::Deny) => diagnostic.severity = Severity::Error,
                Some(Level::Warn) | None => {}
            }
        }
        Some(diagnostic)
    }
}
