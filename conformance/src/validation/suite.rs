//! The folders that hold definitions with AWS's verdicts.

use std::path::{Path, PathBuf};

use super::case::{Call, Run, ValidationCase};
use crate::case::{Corpus, CorpusError, read_lines};

/// A folder with `validation`, and beside it `executions`, `mocked` and `teststate`, which may be missing.
#[derive(Debug, Clone)]
pub struct ValidationSuite {
    folder: PathBuf,
}

impl ValidationSuite {
    /// The suite in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The suite of a corpus.
    pub fn of(corpus: &Corpus) -> Self {
        Self::new(corpus.folder())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The cases whose id contains `filter`, by folder and in the order of their files' names.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or a line of it is no case.
    pub fn cases(&self, filter: &str) -> Result<Vec<ValidationCase>, CorpusError> {
        let calls: Vec<Call> = read_lines(&self.folder.join("validation"))?;
        let mut cases: Vec<ValidationCase> = calls.into_iter().filter_map(Call::into_case).collect();
        for group in ["executions", "mocked", "teststate"] {
            let folder = self.folder.join(group);
            let runs: Vec<Run> = if folder.is_dir() { read_lines(&folder)? } else { Vec::new() };
            cases.extend(runs.into_iter().filter_map(|run| run.into_case(group)));
        }
        cases.retain(|case| case.id.contains(filter));
        Ok(cases)
    }
}
