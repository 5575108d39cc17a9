//! The results of child executions as objects: files per status, and a manifest that names them.

use std::fmt;
use std::sync::Arc;

use asl_core::value::Object;
use asl_core::{Failure, Timestamp, Value};

use super::failure;
use super::objects::{ObjectWriter, Objects, ObjectsError};

/// AWS's longest file of results, in bytes.
const MOST_FILE_BYTES: u64 = 5 << 30;
/// How much is collected before it is written.
const BUFFER: usize = 256 << 10;

/// What became of a child execution, as a file of results tells it.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildResult {
    /// The Map Run ended before it was started.
    Pending {
        /// What it would have been started with.
        input: Value,
    },
    /// It ended.
    Ended(Box<EndedChild>),
}

/// A child execution that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedChild {
    /// The execution's ARN.
    pub execution_arn: Arc<str>,
    /// The execution's name.
    pub name: Arc<str>,
    /// The ARN of its machine, which names the Map state.
    pub state_machine_arn: Arc<str>,
    /// What it was started with.
    pub input: Value,
    /// How it ended.
    pub end: ChildEnd,
    /// When it was started.
    pub start_date: Timestamp,
    /// When it ended.
    pub stop_date: Timestamp,
    /// How often it was redriven.
    pub redrive_count: u64,
}

/// How a child execution ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ChildEnd {
    /// `SUCCEEDED`, with its output.
    Succeeded(Value),
    /// `FAILED`
    Failed(Failure),
    /// `TIMED_OUT`
    TimedOut,
    /// `ABORTED`
    Aborted(Failure),
}

impl ChildEnd {
    /// The status as AWS names it.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted(_) => "ABORTED",
        }
    }
}

/// `WriterConfig`: how results are written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriterConfig {
    /// What of a result is written.
    pub transformation: Transformation,
    /// How results follow one another.
    pub output_type: OutputType,
}

/// `Transformation`: what of the result of an execution that succeeded is written; others are written whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transformation {
    /// `NONE`: the output, and what is known of the execution.
    #[default]
    None,
    /// `COMPACT`: the output alone.
    Compact,
    /// `FLATTEN`: the output, or its elements if it is an array.
    Flatten,
}

/// `OutputType`: how results follow one another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputType {
    /// `JSON`: as an array.
    #[default]
    Json,
    /// `JSONL`: one per line.
    JsonLines,
}

/// Why results could not be written.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteError {
    /// The results cannot be written there: the Map Run fails with this.
    Failed(Failure),
    /// The object store failed: to write all results again may help.
    Unavailable(ObjectsError),
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What the workflow asked for in vain is its failure; what the store could not do is the host's.
impl From<ObjectsError> for WriteError {
    fn from(error: ObjectsError) -> Self {
        if error.is_retryable() {
            Self::Unavailable(error)
        } else {
            Self::Failed(failure::result_writer(error.to_string()))
        }
    }
}

/// Writes the results of a Map Run.
///
/// The files are `SUCCEEDED_n`, `FAILED_n` and `PENDING_n` below the prefix and the Map Run's id, with `.json` or
/// `.jsonl` at the end; a new one is begun before one grows too long. `manifest.json`, which names them, is written
/// last, so whoever finds it finds them all.
///
/// Names and contents depend on the results alone: after a crash the same results are written again, in the same
/// order, over those of before.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use asl_runtime::map_run::{ChildResult, FolderObjects, ResultWriter};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let root = std::env::temp_dir().join(format!("asl-results-{}", std::process::id()));
/// # std::fs::create_dir_all(root.join("data"))?;
/// let mut results = ResultWriter::from_fields(
///     Arc::new(FolderObjects::new(&root)),
///     "arn:aws:states:us-east-1:000000000000:mapRun:machine/Map:5f0e",
///     "arn:aws:states:::s3:putObject",
///     &json!({"Bucket": "data", "Prefix": "results"}).into(),
///     &json!({}).into(),
/// )
/// .map_err(|failure| failure.to_string())?;
/// let written = results.write(&ChildResult::Pending { input: json!({"order": 7}).into() }).await;
/// assert_eq!(written, Ok(()));
/// let output = results.finish().await.ok();
/// assert_eq!(output.map(|output| output.to_string()), Some(json!({
///     "MapRunArn": "arn:aws:states:us-east-1:000000000000:mapRun:machine/Map:5f0e",
///     "ResultWriterDetails": {"Bucket": "data", "Key": "results/5f0e/manifest.json"},
/// }).to_string()));
/// # std::fs::remove_dir_all(root)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ResultWriter {
    objects: Arc<dyn Objects>,
    bucket: Arc<str>,
    /// Where the files are, with a slash at the end.
    folder: String,
    map_run_arn: Arc<str>,
    config: WriterConfig,
    file_bytes: u64,
    succeeded: Files,
    failed: Files,
    pending: Files,
}

/// The files of one status.
#[derive(Debug)]
struct Files {
    status: &'static str,
    finished: Vec<(Arc<str>, u64)>,
    open: Option<OpenFile>,
}

/// A file that is being written.
struct OpenFile {
    key: Arc<str>,
    writer: Box<dyn ObjectWriter>,
    buffer: Vec<u8>,
    size: u64,
}

impl fmt::Debug for OpenFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OpenFile").field("key", &self.key).field("size", &self.size).finish_non_exhaustive()
    }
}

impl ResultWriter {
    /// A writer for the results of a Map Run, from the evaluated fields of its `ResultWriter`; nothing is written yet.
    ///
    /// # Errors
    ///
    /// `States.ResultWriterFailed` when a field is missing or has a value that nothing can be written with.
    pub fn from_fields(
        objects: Arc<dyn Objects>,
        map_run_arn: &str,
        resource: &str,
        parameters: &Value,
        writer_config: &Value,
    ) -> Result<Self, Failure> {
        if !(resource.starts_with("arn:") && resource.ends_with(":states:::s3:putObject")) {
            let cause = format!("nothing can be written with `{resource}`, but with `arn:aws:states:::s3:putObject`");
            return Err(failure::result_writer(cause));
        }
        let bucket = text(parameters, "Bucket")?.ok_or_else(|| fault("Bucket", "is missing"))?;
        let prefix = text(parameters, "Prefix")?.unwrap_or_default();
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        let map_run_id = map_run_arn.rsplit(':').next().unwrap_or(map_run_arn);
        Ok(Self {
            objects,
            bucket,
            folder: format!("{prefix}{slash}{map_run_id}/"),
            map_run_arn: map_run_arn.into(),
            config: WriterConfig::from_fields(writer_config)?,
            file_bytes: MOST_FILE_BYTES,
            succeeded: Files::new("SUCCEEDED"),
            failed: Files::new("FAILED"),
            pending: Files::new("PENDING"),
        })
    }

    /// With another length of files, 5 GiB if it is not set; one result may be longer.
    #[must_use]
    pub fn file_bytes(self, file_bytes: u64) -> Self {
        Self { file_bytes, ..self }
    }

    /// Adds a result.
    ///
    /// # Errors
    ///
    /// When it cannot be written; see [`WriteError`]. The writer is then of no use any more.
    pub async fn write(&mut self, result: &ChildResult) -> Result<(), WriteError> {
        match (result, self.config.transformation) {
            (ChildResult::Pending { input }, _) => self.add(Status::Pending, &pending(input)).await,
            (ChildResult::Ended(child), transformation) => match (&child.end, transformation) {
                (ChildEnd::Succeeded(_), Transformation::None) => self.add(Status::Succeeded, &ended(child)).await,
                (ChildEnd::Succeeded(Value::Array(elements)), Transformation::Flatten) => {
                    for element in elements {
                        self.add(Status::Succeeded, element).await?;
                    }
                    Ok(())
                }
                (ChildEnd::Succeeded(output), Transformation::Compact | Transformation::Flatten) => {
                    self.add(Status::Succeeded, output).await
                }
                (ChildEnd::Failed(_) | ChildEnd::TimedOut | ChildEnd::Aborted(_), _) => {
                    self.add(Status::Failed, &ended(child)).await
                }
            },
        }
    }

    /// Writes what is left and the manifest, and gives the output of the Map state.
    ///
    /// # Errors
    ///
    /// When it cannot be written; see [`WriteError`]. There is no manifest then.
    pub async fn finish(mut self) -> Result<Value, WriteError> {
        let output_type = self.config.output_type;
        for files in [&mut self.failed, &mut self.pending, &mut self.succeeded] {
            files.close(output_type).await?;
        }
        let result_files = object([
            ("FAILED", self.failed.listed()),
            ("PENDING", self.pending.listed()),
            ("SUCCEEDED", self.succeeded.listed()),
        ]);
        let manifest = object([
            ("DestinationBucket", self.bucket.clone().into()),
            ("MapRunArn", self.map_run_arn.clone().into()),
            ("ResultFiles", result_files),
        ]);
        let key = format!("{}manifest.json", self.folder);
        let mut writer = self.objects.create(&self.bucket, &key).await?;
        writer.write(manifest.to_string().into_bytes()).await?;
        writer.finish().await?;
        let details = object([("Bucket", self.bucket.into()), ("Key", key.into())]);
        Ok(object([("MapRunArn", self.map_run_arn.into()), ("ResultWriterDetails", details)]))
    }

    async fn add(&mut self, status: Status, record: &Value) -> Result<(), WriteError> {
        let output_type = self.config.output_type;
        let files = match status {
            Status::Succeeded => &mut self.succeeded,
            Status::Failed => &mut self.failed,
            Status::Pending => &mut self.pending,
        };
        let record = record.to_string();
        let is_full = |file: &OpenFile| file.size.saturating_add(record.len() as u64 + 2) > self.file_bytes;
        if files.open.as_ref().is_some_and(is_full) {
            files.close(output_type).await?;
        }
        let file = match &mut files.open {
            Some(file) => file,
            open => {
                let key =
                    format!("{}{}_{}.{}", self.folder, files.status, files.finished.len(), output_type.extension());
                let writer = self.objects.create(&self.bucket, &key).await?;
                open.insert(OpenFile { key: key.into(), writer, buffer: Vec::new(), size: 0 })
            }
        };
        let separator = match (output_type, file.size) {
            (OutputType::Json, 0) => "[",
            (OutputType::Json, _) => ",",
            (OutputType::JsonLines, _) => "",
        };
        file.push(separator);
        file.push(&record);
        if output_type == OutputType::JsonLines {
            file.push("\n");
        }
        if file.buffer.len() >= BUFFER {
            file.writer.write(std::mem::take(&mut file.buffer)).await?;
        }
        Ok(())
    }
}

/// Which files a result belongs to.
#[derive(Debug, Clone, Copy)]
enum Status {
    Succeeded,
    Failed,
    Pending,
}

impl WriterConfig {
    /// The `WriterConfig` of a `ResultWriter`.
    ///
    /// # Errors
    ///
    /// `States.ResultWriterFailed` when a field has a value that AWS does not know.
    pub fn from_fields(fields: &Value) -> Result<Self, Failure> {
        let transformation = match text(fields, "Transformation")?.as_deref() {
            None | Some("NONE") => Transformation::None,
            Some("COMPACT") => Transformation::Compact,
            Some("FLATTEN") => Transformation::Flatten,
            Some(_) => return Err(fault("Transformation", "must be `NONE`, `COMPACT` or `FLATTEN`")),
        };
        let output_type = match text(fields, "OutputType")?.as_deref() {
            None | Some("JSON") => OutputType::Json,
            Some("JSONL") => OutputType::JsonLines,
            Some(_) => return Err(fault("OutputType", "must be `JSON` or `JSONL`")),
        };
        Ok(Self { transformation, output_type })
    }
}

impl OutputType {
    fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
        }
    }
}

impl Files {
    fn new(status: &'static str) -> Self {
        Self { status, finished: Vec::new(), open: None }
    }

    /// Ends the open file.
    async fn close(&mut self, output_type: OutputType) -> Result<(), ObjectsError> {
        if let Some(mut file) = self.open.take() {
            if output_type == OutputType::Json {
                file.push("]");
            }
            file.writer.write(file.buffer).await?;
            file.writer.finish().await?;
            self.finished.push((file.key, file.size));
        }
        Ok(())
    }

    fn listed(&self) -> Value {
        let listed = self.finished.iter();
        listed.map(|(key, size)| object([("Key", key.clone().into()), ("Size", (*size).into())])).collect()
    }
}

impl OpenFile {
    fn push(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
        self.size += text.len() as u64;
    }
}

fn pending(input: &Value) -> Value {
    object([("Input", input.to_string().into()), ("InputDetails", included()), ("Status", "PENDING".into())])
}

/// All that AWS writes of an execution, its fields in AWS's order.
fn ended(child: &EndedChild) -> Value {
    let failure = match &child.end {
        ChildEnd::Failed(failure) | ChildEnd::Aborted(failure) => Some(failure),
        ChildEnd::Succeeded(_) | ChildEnd::TimedOut => None,
    };
    let mut record = Object::default();
    if let Some(cause) = failure.and_then(Failure::cause) {
        record.insert("Cause", cause);
    }
    if let Some(error) = failure.and_then(Failure::error) {
        record.insert("Error", error);
    }
    record.insert("ExecutionArn", child.execution_arn.clone());
    record.insert("Input", child.input.to_string());
    record.insert("InputDetails", included());
    record.insert("Name", child.name.clone());
    if let ChildEnd::Succeeded(output) = &child.end {
        record.insert("Output", output.to_string());
    }
    record.insert("OutputDetails", included());
    record.insert("RedriveCount", child.redrive_count);
    if matches!(child.end, ChildEnd::Succeeded(_)) {
        record.insert("RedriveStatus", "NOT_REDRIVABLE");
        record.insert("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven");
    } else {
        record.insert("RedriveStatus", "REDRIVABLE_BY_MAP_RUN");
    }
    record.insert("StartDate", child.start_date.to_string());
    record.insert("StateMachineArn", child.state_machine_arn.clone());
    record.insert("Status", child.end.status());
    record.insert("StopDate", child.stop_date.to_string());
    record.into()
}

fn included() -> Value {
    object([("Included", true.into())])
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    members.into_iter().collect::<Object>().into()
}

fn text(fields: &Value, field: &str) -> Result<Option<Arc<str>>, Failure> {
    match fields.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(fault(field, "must be a string")),
    }
}

fn fault(field: &str, what: &str) -> Failure {
    failure::result_writer(format!("the field `{field}` of the ResultWriter {what}"))
}
