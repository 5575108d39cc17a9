//! The reference test suite of JSONata: its cases, what the engine makes of them, and the table of what it gets right.
//!
//! A [`JsonataSuite`] is read from a folder. [`evaluate`] answers a [`JsonataCase`] in plain JSONata 2.0.6, without
//! AWS's dialect, and [`JsonataCase::is_fulfilled_by`] scores the answer as the corpus' `judge_jsonata.py` does.

mod answer;
mod case;
mod limits;
mod suite;
mod tally;

pub use self::answer::{JsonataAnswer, JsonataOutcome, evaluate, write_jsonata_results};
pub use self::case::{Expectation, JsonataCase};
pub use self::limits::raised_limits;
pub use self::suite::{JsonataSuite, LoadedSuite, NotCounted, Reason};
pub use self::tally::{GroupFigures, JsonataTally};
