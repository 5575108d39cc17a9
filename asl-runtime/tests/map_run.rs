//! What a Distributed Map reads and writes.

mod csv;
mod datasets;
mod json;
mod objects;
#[cfg(feature = "parquet")]
mod parquet;
mod results;

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::execution::{Command, Execution, ItemSource, Output, Start, StartMapRun};
use asl_core::map_run::Item;
use asl_core::{Timestamp, Value};
use asl_runtime::map_run::{
    Dataset, ItemReader, ObjectMetadata, ObjectWriter, Objects, ObjectsError, ReadError, ReaderLimits,
};
use async_trait::async_trait;
use serde_json::json;

const GET_OBJECT: &str = "arn:aws:states:::s3:getObject";
const LIST_OBJECTS: &str = "arn:aws:states:::s3:listObjectsV2";

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A bucket `b` in memory, listed two objects at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    /// A store that does not answer.
    is_down: bool,
    /// How long it takes to begin to write an object.
    pub(crate) writes_for: Duration,
}

impl Memory {
    pub(crate) fn of<const N: usize>(objects: [(&str, &[u8]); N]) -> Self {
        let objects = objects.into_iter().map(|(key, bytes)| (key.to_owned(), bytes.to_vec())).collect();
        Self { objects: Arc::new(Mutex::new(objects)), ..Self::default() }
    }

    pub(crate) fn text(&self, key: &str) -> String {
        String::from_utf8(self.objects.lock().unwrap()[key].clone()).unwrap()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    fn check(&self, bucket: &str) -> Result<(), ObjectsError> {
        match bucket {
            _ if self.is_down => Err(ObjectsError::Unavailable("no answer".into())),
            "b" => Ok(()),
            _ => Err(ObjectsError::NoSuchBucket(bucket.into())),
        }
    }
}

fn metadata(key: &str, size: u64) -> ObjectMetadata {
    ObjectMetadata {
        key: key.into(),
        size,
        etag: "\"e\"".into(),
        last_modified: Timestamp::from_millis(1_789_180_622_500),
        storage_class: "STANDARD".into(),
        version: None,
    }
}

#[async_trait]
impl Objects for Memory {
    async fn head(&self, bucket: &str, key: &str, _: Option<&str>) -> Result<ObjectMetadata, ObjectsError> {
        self.check(bucket)?;
        let objects = self.objects.lock().unwrap();
        let bytes = objects.get(key).ok_or_else(|| ObjectsError::NoSuchKey(bucket.into(), key.into()))?;
        Ok(metadata(key, bytes.len() as u64))
    }

    async fn read(&self, bucket: &str, object: &ObjectMetadata, range: Range<u64>) -> Result<Vec<u8>, ObjectsError> {
        self.check(bucket)?;
        let bytes = &self.objects.lock().unwrap()[&*object.key];
        Ok(bytes[range.start.try_into().unwrap()..range.end.try_into().unwrap()].to_vec())
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<&str>) -> Result<Vec<ObjectMetadata>, ObjectsError> {
        self.check(bucket)?;
        let after = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.to_owned()));
        let objects = self.objects.lock().unwrap();
        let listed = objects.range((after, Bound::Unbounded)).filter(|(key, _)| key.starts_with(prefix)).take(2);
        Ok(listed.map(|(key, bytes)| metadata(key, bytes.len() as u64)).collect())
    }

    async fn create(&self, bucket: &str, key: &str) -> Result<Box<dyn ObjectWriter>, ObjectsError> {
        self.check(bucket)?;
        if !self.writes_for.is_zero() {
            tokio::time::sleep(self.writes_for).await;
        }
        Ok(Box::new(Written { memory: self.clone(), key: key.to_owned(), bytes: Vec::new() }))
    }
}

struct Written {
    memory: Memory,
    key: String,
    bytes: Vec<u8>,
}

#[async_trait]
impl ObjectWriter for Written {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ObjectsError> {
        self.bytes.extend(bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<(), ObjectsError> {
        self.memory.objects.lock().unwrap().insert(self.key, self.bytes);
        Ok(())
    }
}

/// The dataset in the object `f` of the bucket `b`.
fn one_object(reader_config: &serde_json::Value) -> Dataset {
    dataset(GET_OBJECT, &json!({"Bucket": "b", "Key": "f"}), reader_config).unwrap()
}

fn dataset(
    resource: &str,
    parameters: &serde_json::Value,
    reader_config: &serde_json::Value,
) -> Result<Dataset, asl_core::Failure> {
    let reader = json!({"ItemReader": {"Resource": resource, "Parameters": parameters, "ReaderConfig": reader_config}});
    let start = map_run(reader);
    let ItemSource::Read(reader) = &start.items else { panic!("an ItemReader") };
    Dataset::new(reader)
}

/// The Map Run of a Distributed Map with more fields.
fn map_run(fields: serde_json::Value) -> StartMapRun {
    let processor = json!({
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}},
    });
    let state = super::with(json!({"Type": "Map", "Label": "Map", "ItemProcessor": processor, "End": true}), fields);
    let program = super::program(&super::machine_of(&state));
    let mut execution = Execution::start(program, Start::new("e", json!([])), Timestamp::UNIX_EPOCH);
    while let Some(output) = execution.poll() {
        if let Output::Command(Command::StartMapRun(start)) = output {
            return *start;
        }
    }
    panic!("a Map Run")
}

fn reader(objects: &Memory, dataset: &Dataset, chunk: usize) -> ItemReader {
    ItemReader::new(Arc::new(objects.clone()), dataset.clone(), ReaderLimits::default().chunk_bytes(chunk))
}

fn items(objects: &Memory, dataset: &Dataset, chunk: usize) -> Result<Vec<Item>, ReadError> {
    run(async {
        let mut reader = reader(objects, dataset, chunk);
        let mut items = Vec::new();
        while let Some(item) = reader.next().await? {
            items.push(item);
        }
        Ok(items)
    })
}

/// The values of `text` as `reader_config` says, which are the same wherever the text is cut, or the cause of failure.
fn read(text: impl AsRef<[u8]>, reader_config: &serde_json::Value) -> Result<Vec<Value>, String> {
    let text = text.as_ref();
    let objects = Memory::of([("f", text)]);
    let dataset = one_object(reader_config);
    let values = |chunk| match items(&objects, &dataset, chunk) {
        Ok(items) => Ok(items.into_iter().map(shown_item).collect::<Vec<_>>()),
        Err(error) => Err(cause(error)),
    };
    let whole = values(text.len() + 1);
    for chunk in 1..text.len().min(40) {
        assert_eq!(values(chunk), whole, "in pieces of {chunk} bytes: {}", String::from_utf8_lossy(text));
    }
    whole
}

/// An item's value, beside its key if it has one.
fn shown_item(item: Item) -> Value {
    match item.key {
        None => item.value,
        Some(key) => json!({"Key": &*key, "Value": serde_json::Value::from(&item.value)}).into(),
    }
}

/// The cause of a failure of the reader, in one line with its name if that is another.
fn cause(error: ReadError) -> String {
    match error {
        ReadError::Failed(failure) => {
            assert_eq!(failure.error(), Some("States.ItemReaderFailed"));
            failure.cause().unwrap_or_default().to_owned()
        }
        ReadError::Unavailable(error) => format!("unavailable: {error}"),
    }
}

/// Values as one line of JSON, or `failed:` and the cause.
fn shown(values: Result<Vec<Value>, String>) -> String {
    match values {
        Ok(values) => Value::from(values).to_string(),
        Err(cause) => format!("failed: {cause}"),
    }
}
