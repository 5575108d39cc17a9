//! How a Map Run fails whose data cannot be read or written.

use std::sync::Arc;

use asl_core::Failure;
use asl_core::failure::ErrorName;

/// A Map state failed to write all results as its `ResultWriter` says.
const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";

pub(super) fn item_reader(cause: impl Into<Arc<str>>) -> Failure {
    Failure::new(ErrorName::ITEM_READER_FAILED, cause)
}

pub(super) fn result_writer(cause: impl Into<Arc<str>>) -> Failure {
    Failure::new(RESULT_WRITER_FAILED, cause)
}
