//! The sum of what was found.

use std::fmt;

use asl_core::diagnostic::Severity;

use super::check::Checked;

/// How many faults were found in how many files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    /// The files with faults.
    faulty: usize,
    pub(super) files: usize,
}

impl Totals {
    pub(super) fn of(checked: &[Checked]) -> Self {
        let all = || checked.iter().flat_map(|checked| &checked.diagnostics);
        let count = |severity| all().filter(|diagnostic| diagnostic.severity == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            faulty: checked.iter().filter(|checked| !checked.diagnostics.is_empty()).count(),
            files: checked.len(),
        }
    }

    /// Silence says as much of a single sound file.
    pub(super) fn is_worth_telling(self) -> bool {
        self.files != 1 || self.faulty > 0
    }
}

/// `3 errors, 2 warnings in 1 of 14 files`
impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [(self.errors, "error"), (self.warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, what)| counted(count, what)).collect();
        match (self.faulty, self.files) {
            (0, files) => write!(formatter, "no faults in {}", counted(files, "file")),
            (1, 1) => write!(formatter, "{} in 1 file", counts.join(", ")),
            (faulty, files) => write!(formatter, "{} in {faulty} of {files} files", counts.join(", ")),
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_counted_in_words() {
        for (errors, warnings, faulty, files, expected) in [
            (3, 2, 1, 14, "3 errors, 2 warnings in 1 of 14 files"),
            (1, 0, 1, 1, "1 error in 1 file"),
            (0, 1, 1, 2, "1 warning in 1 of 2 files"),
            (0, 0, 0, 3, "no faults in 3 files"),
        ] {
            assert_eq!(Totals { errors, warnings, faulty, files }.to_string(), expected);
        }
    }
}
