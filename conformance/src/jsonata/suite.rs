//! The folder that holds the suite.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use asl_core::Value;
use regex::{Captures, Regex};

use super::case::{JsonataCase, Line, group_of};
use crate::case::{Corpus, CorpusError};

/// A folder with `cases.jsonl`, and in `datasets` the inputs that its cases name.
#[derive(Debug, Clone)]
pub struct JsonataSuite {
    folder: PathBuf,
}

/// The cases of a suite, in its order.
#[derive(Debug, Clone, Default)]
pub struct LoadedSuite {
    /// Those that are run.
    pub cases: Vec<JsonataCase>,
    /// Those that cannot be.
    pub not_counted: Vec<NotCounted>,
}

/// A case that is not run, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCounted {
    /// The case's id.
    pub id: String,
    /// Why it is not run.
    pub reason: Reason,
}

impl NotCounted {
    /// The first part of the id.
    pub fn group(&self) -> &str {
        group_of(&self.id)
    }
}

/// Why a case is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It is about `$eval`.
    Eval,
    /// It holds half of a surrogate pair.
    LoneSurrogate,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Eval => "AWS has no $eval",
            Self::LoneSurrogate => "half of a surrogate pair, which no UTF-8 text can hold",
        })
    }
}

impl JsonataSuite {
    /// The suite in `folder`, whether it is there or not.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The suite beside the AWS-recorded corpus.
    pub fn of(corpus: &Corpus) -> Self {
        Self::new(corpus.folder().join("jsonata"))
    }

    /// Where the suite is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the suite is there.
    pub fn is_present(&self) -> bool {
        self.cases_path().is_file()
    }

    /// The cases whose id contains `filter`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or a line of it is no case.
    pub fn load(&self, filter: &str) -> Result<LoadedSuite, CorpusError> {
        let path = self.cases_path();
        let text = fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        let mut datasets = BTreeMap::new();
        let mut suite = LoadedSuite::default();
        for (index, line) in text.lines().enumerate() {
            let malformed = |source| CorpusError::Malformed { path: path.clone(), line: index + 1, source };
            let line_without = without_lone_surrogates(line);
            let case: Line = serde_json::from_str(&line_without).map_err(malformed)?;
            if !case.id.contains(filter) {
                continue;
            }
            if let Some(reason) = reason_not_to_run(&case, line_without != line) {
                suite.not_counted.push(NotCounted { id: case.id, reason });
                continue;
            }
            let dataset = match &case.dataset {
                Some(name) => Some(self.dataset(name, &mut datasets)?),
                None => None,
            };
            suite.cases.push(case.into_case(dataset));
        }
        Ok(suite)
    }

    /// The input `name`, which is read once.
    fn dataset(&self, name: &str, datasets: &mut BTreeMap<String, Value>) -> Result<Value, CorpusError> {
        if let Some(value) = datasets.get(name) {
            return Ok(value.clone());
        }
        let path = self.folder.join("datasets").join(format!("{name}.json"));
        let text = fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        let malformed = |source| CorpusError::Malformed { path, line: 1, source };
        let value: Value = serde_json::from_str(&text).map_err(malformed)?;
        datasets.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    fn cases_path(&self) -> PathBuf {
        self.folder.join("cases.jsonl")
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> CorpusError {
    CorpusError::Unreadable { path: path.to_owned(), source }
}

fn reason_not_to_run(case: &Line, has_lone_surrogate: bool) -> Option<Reason> {
    if group_of(&case.id) == "function-eval" {
        return Some(Reason::Eval);
    }
    has_lone_surrogate.then_some(Reason::LoneSurrogate)
}

/// The JSON text `line` with the replacement character for each half of a surrogate pair.
fn without_lone_surrogates(line: &str) -> String {
    LONE_SURROGATE
        .replace_all(line, |found: &Captures<'_>| match found.name("lone") {
            Some(_) => r"\ufffd".to_owned(),
            None => found.get(0).map_or_else(String::new, |escape| escape.as_str().to_owned()),
        })
        .into_owned()
}

/// An escape of JSON; `lone` is half of a surrogate pair without its other half.
#[expect(clippy::expect_used, reason = "a constant pattern is valid once and for all")]
static LONE_SURROGATE: LazyLock<Regex> = LazyLock::new(|| {
    // INVARIANT: the tests compile it.
    Regex::new(r"(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(?<lone>\\ud[89a-f][0-9a-f]{2})|\\.")
        .expect("a constant pattern")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_half_a_surrogate_pair_is_replaced() {
        let check = |line: &str, expected: &str| assert_eq!(without_lone_surrogates(line), expected);
        check(r#""\ud800""#, r#""\ufffd""#);
        check(r#""\uDFFF\n\ud83d""#, r#""\ufffd\n\ufffd""#);
        check(r#""\ud83d\ude00""#, r#""\ud83d\ude00""#);
        check(r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#);
        check(r#""\\ud800 \u00e9""#, r#""\\ud800 \u00e9""#);
    }

    #[test]
    fn an_absent_suite_is_an_error_that_names_the_file() {
        let error = JsonataSuite::new("/nowhere").load("").unwrap_err().to_string();
        assert!(error.starts_with("cannot read `/nowhere/cases.jsonl`: "), "{error}");
    }
}
