//! How much each code counts, by the options and by `asl.toml`.

use asl_core::Options;
use asl_core::diagnostic::{Level, Severity};

use crate::outcome::Problem;
use crate::subject::{Subject, warning_codes};

/// Levels from one place, where of one subject the last counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Levels(Vec<(Subject, Level)>);

impl Levels {
    /// The levels that the options ask for; of one code, the strictest counts.
    pub(super) fn of_options(allow: &[Subject], warn: &[Subject], deny: &[Subject]) -> Result<Self, Problem> {
        let by_level = [(Level::Allow, allow), (Level::Warn, warn), (Level::Deny, deny)];
        let levels = by_level.into_iter().flat_map(|(level, subjects)| subjects.iter().map(move |one| (*one, level)));
        Self::new(levels.collect()).map_err(|message| Problem::Usage { message })
    }

    /// The levels, or why they cannot be.
    pub(super) fn new(levels: Vec<(Subject, Level)>) -> Result<Self, String> {
        for (subject, level) in &levels {
            if let (Subject::Code(code), Level::Allow | Level::Warn) = (subject, level)
                && code.severity() == Severity::Error
            {
                return Err(format!("`{code}` is an error, which can be neither allowed nor made a warning"));
            }
        }
        Ok(Self(levels))
    }

    /// `options` with these levels, which count more than those of `config`; codes count more than all warnings.
    pub(super) fn over(&self, config: &Self, options: Options) -> Options {
        let all = || config.0.iter().chain(&self.0);
        let options =
            all().filter(|(subject, _)| *subject == Subject::Warnings).fold(options, |options, (_, level)| {
                warning_codes().fold(options, |options, code| options.level(code, *level))
            });
        all().fold(options, |options, (subject, level)| match subject {
            Subject::Code(code) => options.level(*code, *level),
            Subject::Warnings => options,
        })
    }
}
