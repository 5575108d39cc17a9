//! What the engine made of a case: a line of a results file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The engine's answer to one case, as `judge.py` reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EngineAnswer {
    /// The case's id.
    pub id: String,
    /// How the execution ended, or why there was none.
    pub status: Status,
    /// The output as JSON text.
    #[serde(default)]
    pub output: Option<String>,
    /// The name of the error that the execution ended with.
    #[serde(default)]
    pub error: Option<String>,
    /// The cause of that error; what the engine said where there was no execution.
    #[serde(default)]
    pub cause: Option<String>,
    /// The history as GetExecutionHistory returns it.
    #[serde(default)]
    pub events: Vec<Value>,
}

impl EngineAnswer {
    /// The answer that there was no execution, or none that ended.
    pub fn without_execution(id: impl Into<String>, status: Status, cause: impl Into<String>) -> Self {
        Self { id: id.into(), status, output: None, error: None, cause: Some(cause.into()), events: Vec::new() }
    }
}

/// How an execution ended, or why there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the first four are AWS's own words")]
pub enum Status {
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
    /// The definition did not compile.
    Rejected,
    /// The definition needs a part of the language that the engine does not have.
    Unsupported,
    /// The execution waits for something that never comes.
    Stalled,
    /// The engine panicked.
    Panicked,
}

impl Status {
    /// The word in a results file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
            Self::Rejected => "REJECTED",
            Self::Unsupported => "UNSUPPORTED",
            Self::Stalled => "STALLED",
            Self::Panicked => "PANICKED",
        }
    }
}

/// Writes `answers` to the file `path`, one a line, as `judge.py` reads them.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_results(path: &Path, answers: &[EngineAnswer]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for answer in answers {
        serde_json::to_writer(&mut file, answer)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}
