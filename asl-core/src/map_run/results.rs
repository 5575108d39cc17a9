//! The results of the children, where the state's result is made of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{EndedChild, MapRun, MapRunOutcome};
use crate::evaluate;
use crate::execution::Outcome;
use crate::program::WriterTransformation;
use crate::value::{Object, Value};

/// The results so far, as long as all of them together can become a payload.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Results {
    by_child: BTreeMap<u64, Value>,
    bytes: usize,
}

impl MapRun {
    /// Forgets the result of a child that has another one to come.
    pub(super) fn forget_result(&mut self, index: u64) {
        let results = &mut self.progress.results;
        if let Some(result) = results.by_child.remove(&index) {
            results.bytes = results.bytes.saturating_sub(result.text_size());
        }
    }

    /// Keeps the result of a child; nothing of results that are written elsewhere or are too large together.
    pub(super) fn keep_result(&mut self, index: u64, ended: &EndedChild) {
        let start = &self.progress.start;
        let writer = start.result_writer.as_ref();
        if writer.is_some_and(|writer| writer.destination.is_some()) {
            return;
        }
        let transformation = writer.and_then(|writer| writer.config.transformation);
        let result = match (&ended.outcome, transformation) {
            (
                Outcome::Succeeded(output),
                None | Some(WriterTransformation::Compact | WriterTransformation::Flatten),
            ) => output.clone(),
            _ => ended.to_value(start, index),
        };
        let limit = start.parent.limits.payload_bytes;
        let results = &mut self.progress.results;
        results.bytes = results.bytes.saturating_add(result.text_size());
        results.by_child.insert(index, result);
        if results.bytes > limit {
            results.by_child.clear();
        }
    }

    /// How the Map Run ends when every child has.
    pub(super) fn result(&self) -> MapRunOutcome {
        let start = &self.progress.start;
        let writer = start.result_writer.as_ref();
        if let Some(destination) = writer.and_then(|writer| writer.destination.as_ref()) {
            let key = format!("{}/manifest.json", destination.folder(start));
            let details: Object =
                [("Bucket", destination.bucket().unwrap_or_default().into()), ("Key", Value::from(key))]
                    .into_iter()
                    .collect();
            let result = [("MapRunArn", Value::from(start.arn.clone())), ("ResultWriterDetails", details.into())];
            return MapRunOutcome::Succeeded(result.into_iter().collect::<Object>().into());
        }
        let Results { by_child, bytes } = &self.progress.results;
        let is_flattened =
            writer.and_then(|writer| writer.config.transformation) == Some(WriterTransformation::Flatten);
        let mut results = Vec::with_capacity(by_child.len());
        for result in by_child.values() {
            match result {
                Value::Array(elements) if is_flattened => results.extend(elements.iter().cloned()),
                result => results.push(result.clone()),
            }
        }
        let result = Value::from(results);
        let limits = &start.parent.limits;
        if *bytes > limits.payload_bytes {
            return MapRunOutcome::Failed(evaluate::payload_limit_exceeded(&start.state_name));
        }
        match evaluate::check_payload(&result, &start.state_name, limits) {
            Ok(()) => MapRunOutcome::Succeeded(result),
            Err(failure) => MapRunOutcome::Failed(failure),
        }
    }
}
