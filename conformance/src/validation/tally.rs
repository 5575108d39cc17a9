//! Judgements added up, and printed as a table.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::case::ValidationCase;
use super::judgement::Judgement;

/// How many verdicts of a group the engine has, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictFigures {
    /// The cases.
    pub cases: usize,
    /// Accepted or refused alike.
    pub verdict: usize,
    /// With the same codes and places.
    pub place: usize,
    /// With the same messages.
    pub message: usize,
}

/// The figures of all groups.
#[derive(Debug, Clone, Default)]
pub struct ValidationTally {
    groups: BTreeMap<String, VerdictFigures>,
}

impl ValidationTally {
    /// Adds a judgement.
    pub fn count(&mut self, case: &ValidationCase, judgement: &Judgement) {
        let figures = self.groups.entry(case.group.clone()).or_default();
        figures.cases += 1;
        figures.verdict += usize::from(judgement.verdict);
        figures.place += usize::from(judgement.place);
        figures.message += usize::from(judgement.message);
    }

    /// The figures of each group.
    pub fn groups(&self) -> impl Iterator<Item = (&str, VerdictFigures)> {
        self.groups.iter().map(|(group, figures)| (group.as_str(), *figures))
    }
}

/// Where AWS accepted, there is no code, place or message to be right.
impl fmt::Display for ValidationTally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<22} {:>5} {:>8} {:>15} {:>8}", "", "cases", "verdict", "code, location", "message")?;
        for (group, VerdictFigures { cases, verdict, place, message }) in self.groups() {
            write!(formatter, "{group:<22} {cases:>5} {verdict:>8}")?;
            if group.ends_with("refused") {
                write!(formatter, " {place:>15} {message:>8}")?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}
