//! What the formats share: bytes go in, in any pieces, and records come out.

use std::fmt;
use std::sync::Arc;

use asl_core::{Failure, Value};

use super::super::failure;

/// Finds the records of a format in bytes that come piece by piece.
pub(super) trait Records: fmt::Debug + Send {
    /// Takes bytes off `input` until a record is whole, or all of them.
    fn read(&mut self, input: &mut &[u8]) -> Result<Progress, Failure>;

    /// There are no more bytes: the records that are left, one per call.
    fn finish(&mut self) -> Result<Progress, Failure>;

    /// The record that was read last as an item's key and value, or what is wrong with it.
    fn item(&self) -> Result<(Option<Arc<str>>, Value), String>;

    /// How many bytes of the next record are held.
    fn buffered(&self) -> usize;
}

/// How far reading came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// A record is whole.
    Record,
    /// The input is used up; at its end: there are no more records.
    End,
}

/// The bytes of one record, up to a limit.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    limit: usize,
}

impl Buffer {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if bytes.len() > self.limit.saturating_sub(self.bytes.len()) {
            return Err(too_long(self.limit));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets the bytes, and the memory of an unusually long record.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
    }
}

/// How much memory a buffer keeps from one record to the next.
const KEPT: usize = 64 << 10;

pub(super) fn too_long(limit: usize) -> Failure {
    failure::item_reader(format!("an item of the dataset is longer than {limit} bytes"))
}

/// The JSON in `bytes`, or what is wrong with them.
pub(super) fn json(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))?;
    text.parse::<Value>().map_err(|error| error.to_string())
}
