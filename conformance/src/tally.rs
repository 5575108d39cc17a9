//! Scores added up, and printed as a table.

use std::collections::BTreeMap;
use std::fmt;

use crate::answer::{EngineAnswer, Status};
use crate::case::Case;
use crate::score::Verdict;

/// How many cases got which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the verdicts")]
pub struct Figures {
    pub exact: usize,
    pub but_text: usize,
    pub outcome: usize,
    pub wrong: usize,
    /// Those of the wrong ones that need a part of the language that the engine does not have.
    pub unsupported: usize,
}

impl Figures {
    /// How many cases there are.
    pub fn cases(self) -> usize {
        self.exact + self.but_text + self.outcome + self.wrong
    }

    fn count(&mut self, verdict: Verdict, status: Status) {
        match verdict {
            Verdict::Exact => self.exact += 1,
            Verdict::ButText => self.but_text += 1,
            Verdict::Outcome => self.outcome += 1,
            Verdict::Wrong => self.wrong += 1,
        }
        if verdict == Verdict::Wrong && status == Status::Unsupported {
            self.unsupported += 1;
        }
    }

    fn add(&mut self, other: Self) {
        self.exact += other.exact;
        self.but_text += other.but_text;
        self.outcome += other.outcome;
        self.wrong += other.wrong;
        self.unsupported += other.unsupported;
    }
}

/// The verdicts on a corpus, by area and query language, and by what was recorded and query language.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    areas: BTreeMap<(String, &'static str), Figures>,
    groups: BTreeMap<(&'static str, &'static str), Figures>,
}

impl Tally {
    /// Adds the verdict on the answer to `case`.
    pub fn count(&mut self, case: &Case, answer: &EngineAnswer, verdict: Verdict) {
        let language = case.query_language();
        let recorded = if case.events().is_empty() { "outcome only" } else { "history" };
        self.areas.entry((case.area().to_owned(), language)).or_default().count(verdict, answer.status);
        self.groups.entry((recorded, language)).or_default().count(verdict, answer.status);
    }

    /// The figures of each area and query language.
    pub fn areas(&self) -> impl Iterator<Item = (&str, &'static str, Figures)> {
        self.areas.iter().map(|((area, language), figures)| (area.as_str(), *language, *figures))
    }

    /// The figures of the cases with a `history` and of those with an `outcome only`, by query language.
    pub fn groups(&self) -> impl Iterator<Item = (&'static str, &'static str, Figures)> {
        self.groups.iter().map(|((recorded, language), figures)| (*recorded, *language, *figures))
    }

    /// The figures of all cases.
    pub fn all(&self) -> Figures {
        let mut all = Figures::default();
        self.groups.values().for_each(|figures| all.add(*figures));
        all
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:<20} {:<9} {:>5} {:>6} {:>8} {:>9} {:>8} {:>6} {:>12}",
            "", "language", "cases", "exact", "", "but-text", "outcome", "wrong", "unsupported"
        )?;
        for (area, language, figures) in self.areas() {
            row(formatter, area, language, figures)?;
        }
        writeln!(formatter)?;
        for (recorded, language, figures) in self.groups() {
            row(formatter, recorded, language, figures)?;
        }
        row(formatter, "all", "", self.all())?;
        let all = self.all();
        write!(
            formatter,
            "\nexact {:.1} %, exact or but for cause texts {:.1} %, wrong {} (unsupported {} of them)",
            percentage(all.exact, all.cases()),
            percentage(all.exact + all.but_text, all.cases()),
            all.wrong,
            all.unsupported
        )
    }
}

fn row(formatter: &mut fmt::Formatter<'_>, name: &str, language: &str, figures: Figures) -> fmt::Result {
    let Figures { exact, but_text, outcome, wrong, unsupported } = figures;
    let cases = figures.cases();
    let share = percentage(exact, cases);
    writeln!(
        formatter,
        "{name:<20} {language:<9} {cases:>5} {exact:>6} {share:>6.1} % {but_text:>9} {outcome:>8} {wrong:>6} {unsupported:>12}"
    )
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts 2^53 cases")]
fn percentage(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
