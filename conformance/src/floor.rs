//! The score that the engine never falls below again.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::jsonata::JsonataTally;
use crate::tally::{Figures, Tally};
use crate::validation::{ValidationTally, VerdictFigures};

/// What was reached of everything recorded; it only ever rises.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// What was reached on the recorded executions.
    pub executions: ExecutionFloor,
    /// What was reached on the reference test suite of JSONata.
    pub jsonata_suite: JsonataFloor,
    /// In how much the verdicts on definitions are AWS's.
    pub validation: ValidationFloor,
}

impl Floor {
    /// The floor that is checked in.
    ///
    /// # Errors
    ///
    /// When its file cannot be read or is not a floor.
    pub fn read() -> io::Result<Self> {
        Ok(serde_json::from_str(&fs::read_to_string(Self::path())?)?)
    }

    /// Writes the floor to be checked in.
    ///
    /// # Errors
    ///
    /// When its file cannot be written.
    pub fn write(&self) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(Self::path(), text)
    }

    fn path() -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "floor.json"].iter().collect()
    }
}

/// What was reached on recorded executions, by what was recorded and query language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionFloor(BTreeMap<String, FloorFigures>);

/// What was reached by a group of cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorFigures {
    /// Cases with a verdict of exact.
    pub exact: usize,
    /// Cases that are exact, or exact but for the texts of causes.
    pub exact_but_for_causes: usize,
}

impl ExecutionFloor {
    /// The figures of `tally`.
    pub fn of(tally: &Tally) -> Self {
        let row = |(recorded, language, figures): (&str, &str, Figures)| {
            let reached = FloorFigures { exact: figures.exact, exact_but_for_causes: figures.exact + figures.but_text };
            (format!("{recorded} {language}"), reached)
        };
        Self(tally.groups().map(row).collect())
    }

    /// What of this floor `reached` does not reach, in words.
    pub fn breaches(&self, reached: &Self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (group, floor) in &self.0 {
            let figures = reached.0.get(group).copied().unwrap_or_default();
            let rows = [
                ("exact", floor.exact, figures.exact),
                ("exact but for causes", floor.exact_but_for_causes, figures.exact_but_for_causes),
            ];
            for (name, floor, figure) in rows {
                if figure < floor {
                    breaches.push(format!("{group}: {figure} cases are {name}, the floor is {floor}"));
                }
            }
        }
        breaches
    }
}

/// What was reached on the reference test suite of JSONata.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonataFloor {
    /// Cases that pass.
    pub passed: usize,
}

impl JsonataFloor {
    /// The figure of `tally`.
    pub fn of(tally: &JsonataTally) -> Self {
        Self { passed: tally.all().passed }
    }

    /// What of this floor `reached` does not reach, in words.
    pub fn breaches(self, reached: Self) -> Vec<String> {
        let breach = || format!("JSONata suite: {} cases pass, the floor is {}", reached.passed, self.passed);
        (reached.passed < self.passed).then(breach).into_iter().collect()
    }
}

/// What was reached of AWS's verdicts, by group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValidationFloor(BTreeMap<String, VerdictFigures>);

impl ValidationFloor {
    /// The figures of `tally`.
    pub fn of(tally: &ValidationTally) -> Self {
        Self(tally.groups().map(|(group, figures)| (group.to_owned(), figures)).collect())
    }

    /// What of this floor `reached` does not reach, in words.
    pub fn breaches(&self, reached: &Self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (group, floor) in &self.0 {
            let figures = reached.0.get(group).copied().unwrap_or_default();
            let rows = [
                ("cases", floor.cases, figures.cases),
                ("verdicts", floor.verdict, figures.verdict),
                ("places", floor.place, figures.place),
                ("messages", floor.message, figures.message),
            ];
            for (name, floor, figure) in rows {
                if figure < floor {
                    breaches.push(format!("{group}: {figure} {name}, the floor is {floor}"));
                }
            }
        }
        breaches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_figure_is_a_breach_and_a_higher_one_is_none() {
        let floor = |exact, exact_but_for_causes| {
            ExecutionFloor([("history jsonpath".to_owned(), FloorFigures { exact, exact_but_for_causes })].into())
        };
        let check = |reached: ExecutionFloor, expected: &[&str]| assert_eq!(floor(5, 7).breaches(&reached), expected);
        check(floor(5, 7), &[]);
        check(floor(6, 8), &[]);
        check(floor(4, 8), &["history jsonpath: 4 cases are exact, the floor is 5"]);
        check(
            ExecutionFloor::default(),
            &[
                "history jsonpath: 0 cases are exact, the floor is 5",
                "history jsonpath: 0 cases are exact but for causes, the floor is 7",
            ],
        );
    }

    #[test]
    fn fewer_of_awss_verdicts_are_a_breach() {
        let floor = |message| {
            let figures = VerdictFigures { cases: 9, verdict: 9, place: 8, message };
            ValidationFloor([("refused".to_owned(), figures)].into())
        };
        assert_eq!(floor(7).breaches(&floor(8)), Vec::<String>::new());
        assert_eq!(floor(7).breaches(&floor(6)), ["refused: 6 messages, the floor is 7"]);
    }

    #[test]
    fn fewer_cases_that_pass_are_a_breach() {
        let check = |passed: usize, expected: &[&str]| {
            assert_eq!(JsonataFloor { passed: 5 }.breaches(JsonataFloor { passed }), expected);
        };
        check(5, &[]);
        check(6, &[]);
        check(4, &["JSONata suite: 4 cases pass, the floor is 5"]);
    }
}
