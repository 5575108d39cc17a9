//! What ran where, as a table.

use std::fmt;
use std::io::Write as _;
use std::time::Duration;

/// What became of a scenario on one side.
pub(crate) enum Ran {
    Passed(Duration),
    LeftOut,
    /// By other tests.
    Elsewhere,
    Failed(String),
}

impl fmt::Display for Ran {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(duration) if duration.as_secs() >= 1 => {
                formatter.pad(&format!("passed in {} s", duration.as_secs()))
            }
            Self::Passed(_) => formatter.pad("passed"),
            Self::LeftOut => formatter.pad("left out"),
            Self::Elsewhere => formatter.pad("elsewhere"),
            Self::Failed(_) => formatter.pad("FAILED"),
        }
    }
}

/// Whether the histories of both sides are the same.
pub(crate) enum Histories {
    Same,
    SameButFor(Vec<&'static str>),
    NotCompared,
    Different(String),
}

impl fmt::Display for Histories {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Same => "the same",
            Self::SameButFor(_) => "the same, but",
            Self::NotCompared => "-",
            Self::Different(_) => "DIFFERENT",
        })
    }
}

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) in_process: Ran,
    pub(crate) emulator: Ran,
    pub(crate) histories: Histories,
    pub(crate) remark: String,
}

impl Row {
    /// What failed in this row.
    pub(crate) fn faults(&self) -> Vec<String> {
        let side = |side: &str, ran: &Ran| match ran {
            Ran::Failed(reason) => Some(format!("{}, {side}: {reason}", self.name)),
            Ran::Passed(_) | Ran::LeftOut | Ran::Elsewhere => None,
        };
        let histories = match &self.histories {
            Histories::Different(how) => Some(format!("{}, histories: {how}", self.name)),
            Histories::Same | Histories::SameButFor(_) | Histories::NotCompared => None,
        };
        let sides = [side("in this process", &self.in_process), side("on LocalStack", &self.emulator), histories];
        sides.into_iter().flatten().collect()
    }
}

/// Prints the table past the capture of passing tests.
pub(crate) fn print(rows: &[Row]) {
    let mut text =
        format!("\n{:<30} {:<16} {:<14} {:<14} remark\n", "scenario", "in this process", "LocalStack", "histories");
    for Row { name, in_process, emulator, histories, remark } in rows {
        let mut remarks: Vec<&str> = Vec::new();
        if let Histories::SameButFor(differences) = histories {
            remarks.extend(differences);
        }
        remarks.extend([&**remark].into_iter().filter(|remark| !remark.is_empty()));
        let line = format!("{name:<30} {in_process:<16} {emulator:<14} {histories:<14} {}", remarks.join("; "));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let _ = std::io::stdout().write_all(text.as_bytes());
}
