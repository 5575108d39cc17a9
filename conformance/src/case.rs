//! Recorded cases, and the folders that hold them.

use std::fs;
use std::path::{Path, PathBuf};

use asl_core::compatibility::Compatibility;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::mocked::MockedCase;
use crate::normalize::Transformer;

/// An execution as AWS ran it: what it was started with, what its Tasks answered, and what came of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// `<area>/<file>/<case>[parameter]#<n>`
    pub id: String,
    /// The state machine's definition.
    pub definition: Value,
    /// The exact text of the input; none if the execution was started without.
    pub input_text: Option<String>,
    /// The type of the state machine.
    #[serde(rename = "type", default)]
    pub machine_type: MachineType,
    /// What the Tasks answered, where it was recorded.
    #[serde(default)]
    pub tasks: Option<Tasks>,
    /// The names that the context object holds.
    pub context: Names,
    /// When the execution starts, if that matters.
    #[serde(default)]
    pub clock: Option<String>,
    /// Where the recording comes from.
    #[serde(default)]
    pub source: Option<RecordedBy>,
    /// What AWS answered.
    pub expected: Expected,
    /// The objects that Distributed Maps read their items from.
    #[serde(default)]
    pub s3: Buckets,
    /// The parts of the language that the case touches.
    pub features: Vec<String>,
    /// Texts of the definition or input, and the placeholders that stand for them in [`Case::expected`].
    #[serde(default)]
    pub aliases: Aliases,
    /// What else the recording was put through.
    #[serde(default)]
    pub transformers: Vec<Transformer>,
}

impl Case {
    /// The first part of the id, which names what the case is about.
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// The query language that the case is about.
    pub fn query_language(&self) -> &'static str {
        let jsonata = self.features.iter().any(|feature| feature.to_lowercase().contains("jsonata"));
        if jsonata { "jsonata" } else { "jsonpath" }
    }

    /// Whose behaviour was recorded: AWS has changed since the first recordings were made.
    pub fn compatibility(&self) -> Compatibility {
        let source = self.source.as_ref();
        let recorded_on = source.and_then(|source| {
            let (date, _time) = source.recorded_date.as_deref()?.split_once(", ")?;
            let mut parts = date.splitn(3, '-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            Some(format!("{year}-{month}-{day}"))
        });
        match recorded_on {
            Some(date) if date.as_str() < Self::JSONATA_LAUNCH => Compatibility::EarlierAws,
            _ => Compatibility::Aws,
        }
    }

    /// The day on which AWS got variables and JSONata.
    const JSONATA_LAUNCH: &str = "2024-11-22";

    /// The text of the definition or input that a placeholder of [`Case::expected`] stands for.
    pub fn concrete<'a>(&'a self, placeholder: &'a str) -> &'a str {
        self.aliases.into_iter().find(|(_, known)| known == placeholder).map_or(placeholder, |(concrete, _)| concrete)
    }

    /// The recorded history; empty where only the outcome was recorded.
    pub fn events(&self) -> &[Value] {
        self.expected.events.as_deref().unwrap_or_default()
    }
}

/// What is in the buckets that a case needs.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Buckets {
    /// The objects, in the order in which they were put there.
    #[serde(default)]
    pub objects: Vec<S3Object>,
}

/// An object in a bucket.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are AWS's own words")]
pub struct S3Object {
    pub bucket: String,
    pub key: String,
    #[serde(default)]
    pub body: String,
}

/// The type of a state machine, as `CreateStateMachine` has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the variants are AWS's own words")]
pub enum MachineType {
    #[default]
    Standard,
    Express,
}

impl From<MachineType> for asl_core::MachineType {
    fn from(machine_type: MachineType) -> Self {
        match machine_type {
            MachineType::Standard => Self::Standard,
            MachineType::Express => Self::Express,
        }
    }
}

/// Where a recording comes from.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedBy {
    /// When AWS was last asked, as an RFC 3339 timestamp.
    pub last_validated: Option<String>,
    /// When the recording was made, as `dd-mm-yyyy, hh:mm:ss`.
    #[serde(default)]
    pub recorded_date: Option<String>,
}

/// The texts that placeholders stand for, in the order in which they were replaced.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Map<String, Value>")]
pub struct Aliases(Vec<(String, String)>);

impl From<Map<String, Value>> for Aliases {
    fn from(aliases: Map<String, Value>) -> Self {
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        Self(aliases.into_iter().map(|(concrete, placeholder)| (concrete, text(placeholder))).collect())
    }
}

impl<'a> IntoIterator for &'a Aliases {
    type Item = &'a (String, String);
    type IntoIter = std::slice::Iter<'a, (String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The names that an execution was recorded with.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are AWS's own words")]
pub struct Names {
    pub state_machine_arn: String,
    pub state_machine_name: String,
    pub execution_arn: String,
    pub execution_name: String,
    pub role_arn: String,
}

/// What AWS answered; which of it was recorded differs from case to case.
#[derive(Debug, Clone, Deserialize)]
pub struct Expected {
    /// The history.
    #[serde(default)]
    pub events: Option<Vec<Value>>,
    /// Whether the last event of the history ends the execution.
    #[serde(default = "yes")]
    pub complete: bool,
    /// How the history's events are ordered.
    #[serde(default)]
    pub order: Order,
    /// The status, where there is no history.
    #[serde(default)]
    pub status: Option<Value>,
    /// The output as a value or as its text, where there is no history.
    #[serde(default, deserialize_with = "present")]
    pub output: Option<Value>,
    /// The answer of `StartSyncExecution`.
    #[serde(default)]
    pub sync_response: Option<Answer>,
    /// The answer of `DescribeExecution`.
    #[serde(default)]
    pub describe_execution: Option<Answer>,
}

/// What an answer says about an execution's end.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are AWS's own words")]
pub struct Answer {
    #[serde(default)]
    pub status: Option<Value>,
    #[serde(default)]
    pub error: Option<Value>,
}

/// How a recorded history is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As AWS returned it.
    #[default]
    Verbatim,
    /// What is inside a Parallel was sorted and lost its ids; the event that ends the Parallel is missing.
    ParallelSorted,
    /// Latest first.
    Reversed,
}

/// What the Tasks of an execution answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Tasks {
    /// Each scheduled Task with its outcome, in the order in which they were scheduled.
    Paired(Vec<Task>),
    /// A recording that lost which outcome belongs to which Task.
    Unpaired {
        /// The details of each outcome event, with its `type`.
        outcomes: Vec<Value>,
    },
}

/// A scheduled Task and its outcome.
#[derive(Debug, Clone, Deserialize)]
pub struct Task {
    /// The Task state.
    pub state: String,
    /// The event that scheduled it.
    #[serde(default)]
    pub event_id: Option<u64>,
    /// `succeeded`, `failed`, `timed_out` or another word for what became of it.
    #[serde(default)]
    pub outcome: Option<String>,
    /// The event that ended it.
    #[serde(default)]
    pub outcome_event_id: Option<u64>,
    /// The result: an object, or the JSON text of anything else.
    #[serde(default)]
    pub output: Option<Value>,
    /// The error's name.
    #[serde(default)]
    pub error: Option<String>,
    /// The error's cause: a text, or the object that the text is the JSON of.
    #[serde(default)]
    pub cause: Option<Value>,
    /// What the call answered at once, where the Task went on after it.
    #[serde(default)]
    pub submitted_output: Option<Value>,
}

fn yes() -> bool {
    true
}

/// Tells `null` from nothing.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A folder of cases, with `executions/*.jsonl` in it.
#[derive(Debug, Clone)]
pub struct Corpus {
    folder: PathBuf,
}

/// The environment variable that names the corpus' folder.
pub const CORPUS_VARIABLE: &str = "ASL_CONFORMANCE_CORPUS";

impl Corpus {
    /// The corpus in `folder`, whether it is there or not.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The AWS-recorded corpus: in the folder that [`CORPUS_VARIABLE`] names, else beside the workspace.
    pub fn recorded() -> Self {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
        Self::new(std::env::var_os(CORPUS_VARIABLE).map_or_else(beside, PathBuf::from))
    }

    /// The cases that this crate carries.
    pub fn own() -> Self {
        Self::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"))
    }

    /// Where the corpus is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the corpus is there.
    pub fn is_present(&self) -> bool {
        self.executions_folder().is_dir()
    }

    /// The cases whose id contains `filter`, in the order of their files' names.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or a line of it is no case.
    pub fn cases(&self, filter: &str) -> Result<Vec<Case>, CorpusError> {
        let mut cases: Vec<Case> = read_lines(&self.executions_folder())?;
        cases.retain(|case| case.id.contains(filter));
        Ok(cases)
    }

    /// The cases with a mock file, `mocked/*.jsonl`, whose id contains `filter`; none if there is no such folder.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or a line of it is no case.
    pub fn mocked_cases(&self, filter: &str) -> Result<Vec<MockedCase>, CorpusError> {
        let folder = self.folder.join("mocked");
        let mut cases: Vec<MockedCase> = if folder.is_dir() { read_lines(&folder)? } else { Vec::new() };
        cases.retain(|mocked| mocked.case.id.contains(filter));
        Ok(cases)
    }

    fn executions_folder(&self) -> PathBuf {
        self.folder.join("executions")
    }
}

/// Every line of the `*.jsonl` in `folder`, in the order of the files' names.
pub(crate) fn read_lines<T: DeserializeOwned>(folder: &Path) -> Result<Vec<T>, CorpusError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| CorpusError::Unreadable { path, source }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        paths.push(entry.map_err(unreadable(folder))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    let mut lines = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
        for (index, line) in text.lines().enumerate() {
            let malformed = |source| CorpusError::Malformed { path: path.clone(), line: index + 1, source };
            lines.push(serde_json::from_str(line).map_err(malformed)?);
        }
    }
    Ok(lines)
}

/// Why a corpus could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// A file or folder could not be read.
    #[error("cannot read `{path}`: {source}", path = path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A line is not a case.
    #[error("`{path}` line {line} is not a case: {source}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// What went wrong.
        source: serde_json::Error,
    },
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A case of which only `members` matter.
    pub(crate) fn with_defaults(members: Value) -> Value {
        let mut case = json!({
            "id": "area/file/name#0", "definition": {}, "input_text": null, "expected": {}, "features": [],
            "context": {
                "state_machine_arn": "", "state_machine_name": "", "execution_arn": "", "execution_name": "", "role_arn": "",
            },
        });
        if let (Value::Object(case), Value::Object(members)) = (&mut case, members) {
            case.extend(members);
        }
        case
    }

    #[test]
    fn reads_what_a_case_says_of_itself() {
        let check = |members: Value, area: &str, query_language: &str| {
            let case: Case = serde_json::from_value(with_defaults(members)).unwrap();
            assert_eq!((case.area(), case.query_language()), (area, query_language));
        };
        check(json!({"id": "base/test/x[a/b]#0", "features": ["state:Pass"]}), "base", "jsonpath");
        check(json!({"features": ["query-language:JSONata"]}), "area", "jsonata");
    }

    #[test]
    fn tells_a_null_output_from_none() {
        let output = |expected: Value| {
            let case: Case = serde_json::from_value(with_defaults(json!({"expected": expected}))).unwrap();
            case.expected.output
        };
        assert_eq!(output(json!({"output": null})), Some(Value::Null));
        assert_eq!(output(json!({})), None);
    }

    #[test]
    fn an_absent_corpus_is_an_error_that_names_the_folder() {
        let error = Corpus::new("/nowhere").cases("").unwrap_err().to_string();
        assert!(error.starts_with("cannot read `/nowhere/executions`: "), "{error}");
    }
}
