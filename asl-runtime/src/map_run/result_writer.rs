//! The results of child executions as objects: files per status, and a manifest that names them.

use std::fmt;
use std::sync::Arc;

use asl_core::execution::{Outcome, StartMapRun};
use asl_core::map_run::EndedChild;
use asl_core::program::{OutputType, WriterTransformation};
use asl_core::value::Object;
use asl_core::{Failure, Value};

use super::failure;
use super::objects::{ObjectWriter, Objects, ObjectsError};

/// AWS's longest file of results, in bytes.
const MOST_FILE_BYTES: u64 = 5 << 30;
/// How much is collected before it is written.
const BUFFER: usize = 256 << 10;

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
#[derive(Debug)]
pub struct ResultWriter {
    objects: Arc<dyn Objects>,
    bucket: Arc<str>,
    /// Where the files are, without a slash at the end.
    folder: String,
    map_run: Arc<StartMapRun>,
    transformation: WriterTransformation,
    output_type: OutputType,
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
    /// A writer for the results of a Map Run; `None` if its results are to be written nowhere.
    ///
    /// Nothing is written yet.
    ///
    /// # Errors
    ///
    /// `States.ResultWriterFailed` when an argument is missing or has a value that nothing can be written with.
    pub fn new(objects: Arc<dyn Objects>, map_run: Arc<StartMapRun>) -> Result<Option<Self>, Failure> {
        let Some((destination, config)) = map_run
            .result_writer
            .as_ref()
            .and_then(|writer| writer.destination.as_ref().map(|destination| (destination, writer.config)))
        else {
            return Ok(None);
        };
        let resource = destination.resource.as_str();
        if !(resource.starts_with("arn:") && resource.ends_with(":states:::s3:putObject")) {
            let cause = format!("nothing can be written with `{resource}`, but with `arn:aws:states:::s3:putObject`");
            return Err(failure::result_writer(cause));
        }
        for argument in ["Bucket", "Prefix"] {
            if destination.arguments.get(argument).is_some_and(|value| value.as_str().is_none()) {
                return Err(fault(argument, "must be a string"));
            }
        }
        Ok(Some(Self {
            objects,
            bucket: destination.bucket().ok_or_else(|| fault("Bucket", "is missing"))?.into(),
            folder: destination.folder(&map_run),
            transformation: config.transformation.unwrap_or(WriterTransformation::None),
            output_type: config.output_type.unwrap_or(OutputType::Json),
            map_run,
            file_bytes: MOST_FILE_BYTES,
            succeeded: Files::new("SUCCEEDED"),
            failed: Files::new("FAILED"),
            pending: Files::new("PENDING"),
        }))
    }

    /// With another length of files, 5 GiB if it is not set; one result may be longer.
    #[must_use]
    pub fn file_bytes(self, file_bytes: u64) -> Self {
        Self { file_bytes, ..self }
    }

    /// Adds the result of the child at `index`.
    ///
    /// # Errors
    ///
    /// When it cannot be written; see [`WriteError`]. The writer is then of no use any more.
    pub async fn ended(&mut self, index: u64, child: &EndedChild) -> Result<(), WriteError> {
        let Outcome::Succeeded(output) = &child.outcome else {
            return self.add(Status::Failed, &child.to_value(&self.map_run, index)).await;
        };
        match (self.transformation, output) {
            (WriterTransformation::Flatten, Value::Array(elements)) => {
                for element in elements {
                    self.add(Status::Succeeded, element).await?;
                }
                Ok(())
            }
            (WriterTransformation::Compact | WriterTransformation::Flatten, _) => {
                self.add(Status::Succeeded, output).await
            }
            _ => self.add(Status::Succeeded, &child.to_value(&self.map_run, index)).await,
        }
    }

    /// Adds a child that was not started, with what it would have been started with.
    ///
    /// # Errors
    ///
    /// As of [`ended`](Self::ended).
    pub async fn pending(&mut self, input: &Value) -> Result<(), WriteError> {
        let record = object([
            ("Input", input.to_string().into()),
            ("InputDetails", object([("Included", true.into())])),
            ("Status", "PENDING".into()),
        ]);
        self.add(Status::Pending, &record).await
    }

    /// Writes what is left, and the manifest.
    ///
    /// # Errors
    ///
    /// When it cannot be written; see [`WriteError`]. There is no manifest then.
    pub async fn finish(mut self) -> Result<(), WriteError> {
        for files in [&mut self.failed, &mut self.pending, &mut self.succeeded] {
            files.close(self.output_type).await?;
        }
        let result_files = object([
            ("FAILED", self.failed.listed()),
            ("PENDING", self.pending.listed()),
            ("SUCCEEDED", self.succeeded.listed()),
        ]);
        let manifest = object([
            ("DestinationBucket", self.bucket.clone().into()),
            ("MapRunArn", self.map_run.arn.clone().into()),
            ("ResultFiles", result_files),
        ]);
        let mut writer = self.objects.create(&self.bucket, &format!("{}/manifest.json", self.folder)).await?;
        writer.write(manifest.to_string().into_bytes()).await?;
        writer.finish().await?;
        Ok(())
    }

    async fn add(&mut self, status: Status, record: &Value) -> Result<(), WriteError> {
        let output_type = self.output_type;
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
                    format!("{}/{}_{}.{}", self.folder, files.status, files.finished.len(), extension(output_type));
                let writer = self.objects.create(&self.bucket, &key).await?;
                open.insert(OpenFile { key: key.into(), writer, buffer: Vec::new(), size: 0 })
            }
        };
        let separator = match (output_type, file.size) {
            (OutputType::JsonLines, _) => "",
            (_, 0) => "[",
            (_, _) => ",",
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

/// The end of the names of files.
fn extension(output_type: OutputType) -> &'static str {
    match output_type {
        OutputType::JsonLines => "jsonl",
        _ => "json",
    }
}

impl Files {
    fn new(status: &'static str) -> Self {
        Self { status, finished: Vec::new(), open: None }
    }

    /// Ends the open file.
    async fn close(&mut self, output_type: OutputType) -> Result<(), ObjectsError> {
        if let Some(mut file) = self.open.take() {
            if output_type != OutputType::JsonLines {
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

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    members.into_iter().collect::<Object>().into()
}

fn fault(argument: &str, what: &str) -> Failure {
    failure::result_writer(format!("the argument `{argument}` of the ResultWriter {what}"))
}
