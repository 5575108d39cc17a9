//! AWS's verdicts on definitions against the engine's.
//!
//! A [`ValidationCase`] is a definition with what AWS said of it: those of `validation/*.jsonl`, and, as definitions
//! that AWS accepted, those of every execution, mocked run and tested state.
//! [`judge`] compares that with what the engine says, and a [`ValidationTally`] adds the judgements up by group.

mod case;
mod judgement;
mod suite;
mod tally;

pub use self::case::{AwsVerdict, ValidationCase};
pub use self::judgement::{Judgement, judge};
pub use self::suite::ValidationSuite;
pub use self::tally::{ValidationTally, VerdictFigures};
