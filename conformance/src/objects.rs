//! The objects of a case, from which Distributed Maps read their items.

use asl_core::execution::ItemReader;
use asl_core::map_run::Item;
use asl_core::program::InputType;
use asl_core::{Failure, Value};
use asl_runtime::ReadItems;
use async_trait::async_trait;

use crate::case::{Buckets, Case};

/// The objects that were in the buckets when a case was recorded.
pub(crate) struct RecordedObjects(Buckets);

impl RecordedObjects {
    pub(crate) fn new(case: &Case) -> Self {
        Self(case.s3.clone())
    }

    fn body(&self, reader: &ItemReader) -> Result<&str, Failure> {
        let argument = |name: &str| reader.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        let (bucket, key) = (argument("Bucket"), argument("Key"));
        let object = self.0.objects.iter().find(|object| object.bucket == bucket && object.key == key);
        object.map(|object| object.body.as_str()).ok_or_else(|| failed(format!("there is no object `{bucket}/{key}`")))
    }
}

#[async_trait]
impl ReadItems for RecordedObjects {
    async fn read(&self, reader: ItemReader) -> Result<Vec<Item>, Failure> {
        if reader.config.input_type != Some(InputType::Json) {
            return Err(failed(format!("the replay does not read {:?}", reader.config)));
        }
        let document: Value = self.body(&reader)?.parse().map_err(|error| failed(format!("{error}")))?;
        let items = document.as_array().ok_or_else(|| failed("the document is no array".to_owned()))?;
        Ok(items.iter().cloned().map(Item::from).collect())
    }
}

fn failed(cause: String) -> Failure {
    Failure::new("States.ItemReaderFailed", cause)
}
