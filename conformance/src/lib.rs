//! Scores the engine against executions and verdicts that AWS recorded, and against JSONata's own test suite.
//!
//! A [`Case`] is an execution as AWS ran it. [`replay`] runs its definition and input in virtual time,
//! its Tasks answered by what they answered then; [`score`] compares the history with the recorded one,
//! by the same rules as the corpus' own `judge.py`, whose figures count; a [`Tally`] adds the scores up.
//!
//! A [`MockedCase`] is such an execution with a mock file of Step Functions Local that answers its Tasks.
//!
//! A [`JsonataSuite`] holds the reference test suite of JSONata: [`evaluate`] runs one of its cases, and a
//! [`JsonataTally`] adds up which ones pass.
//!
//! A [`ValidationSuite`] holds definitions with AWS's verdicts: [`judge`] compares the engine's with one of them,
//! and a [`ValidationTally`] adds up in how much they agree.
//!
//! The recorded corpus is read from where it is, see [`Corpus::recorded`]; cases of our own are in `cases`.

mod answer;
mod case;
mod compare;
mod event;
mod floor;
mod jsonata;
mod mocked;
mod normalize;
mod objects;
mod pattern;
mod recording;
mod replay;
mod score;
mod tally;
mod unify;
mod validation;

pub use self::answer::{EngineAnswer, Status, write_results};
pub use self::case::{
    Answer, Buckets, CORPUS_VARIABLE, Case, Corpus, CorpusError, Expected, MachineType, Names, Order, RecordedBy,
    S3Object, Task, Tasks,
};
pub use self::floor::{ExecutionFloor, Floor, FloorFigures, JsonataFloor, ValidationFloor};
pub use self::jsonata::{
    Expectation, GroupFigures, JsonataAnswer, JsonataCase, JsonataOutcome, JsonataSuite, JsonataTally, LoadedSuite,
    NotCounted, Reason, evaluate, raised_limits, write_jsonata_results,
};
pub use self::mocked::{Mock, MockedCase, takes_the_recorded_path};
pub use self::normalize::{NormalizeError, Transformer, normalize};
pub use self::replay::{replay, replay_mocked};
pub use self::score::{Difference, Score, Verdict, score};
pub use self::tally::{Figures, Tally};
pub use self::validation::{
    AwsVerdict, Judgement, ValidationCase, ValidationSuite, ValidationTally, VerdictFigures, judge,
};
