//! The scores of the suite added up, and printed as a table.

use std::collections::BTreeMap;
use std::fmt;

use super::answer::JsonataOutcome;
use super::case::JsonataCase;
use super::suite::NotCounted;

/// How many cases of a group there are, and how many of them pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupFigures {
    /// The cases that were run.
    pub cases: usize,
    /// Those that came to what they should.
    pub passed: usize,
    /// The cases that were not run.
    pub not_counted: usize,
}

impl GroupFigures {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.passed += other.passed;
        self.not_counted += other.not_counted;
    }
}

/// The figures of the suite, by group.
#[derive(Debug, Clone, Default)]
pub struct JsonataTally {
    groups: BTreeMap<String, GroupFigures>,
}

impl JsonataTally {
    /// Adds a case that was run, and what it came to.
    pub fn count(&mut self, case: &JsonataCase, outcome: &JsonataOutcome) {
        let figures = self.group(case.group());
        figures.cases += 1;
        figures.passed += usize::from(case.is_fulfilled_by(outcome));
    }

    /// Adds a case that was not run.
    pub fn leave_out(&mut self, case: &NotCounted) {
        self.group(case.group()).not_counted += 1;
    }

    /// The figures of each group.
    pub fn groups(&self) -> impl Iterator<Item = (&str, GroupFigures)> {
        self.groups.iter().map(|(group, figures)| (group.as_str(), *figures))
    }

    /// The figures of all groups.
    pub fn all(&self) -> GroupFigures {
        let mut all = GroupFigures::default();
        self.groups.values().for_each(|figures| all.add(*figures));
        all
    }

    fn group(&mut self, name: &str) -> &mut GroupFigures {
        self.groups.entry(name.to_owned()).or_default()
    }
}

impl fmt::Display for JsonataTally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<36} {:>5} {:>6} {:>11}", "", "cases", "passed", "not counted")?;
        for (group, figures) in self.groups().chain([("all", self.all())]) {
            let GroupFigures { cases, passed, not_counted } = figures;
            writeln!(formatter, "{group:<36} {cases:>5} {passed:>6} {not_counted:>11}")?;
        }
        Ok(())
    }
}
