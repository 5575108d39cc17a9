//! `InputType` `JSONL`: one JSON text per line.

use std::sync::Arc;

use asl_core::{Failure, Value};

use super::records::{Buffer, Progress, Records, json};

/// Lines that are not blank.
#[derive(Debug)]
pub(super) struct JsonLines {
    line: Buffer,
    /// The line was given and is not needed any more.
    given: bool,
}

impl JsonLines {
    pub(super) fn new(limit: usize) -> Self {
        Self { line: Buffer::new(limit), given: false }
    }

    fn begin(&mut self) {
        if std::mem::take(&mut self.given) {
            self.line.clear();
        }
    }

    /// Whether the line is a record.
    fn end_line(&mut self) -> bool {
        if self.line.bytes().trim_ascii().is_empty() {
            self.line.clear();
        } else {
            self.given = true;
        }
        self.given
    }
}

impl Records for JsonLines {
    fn read(&mut self, input: &mut &[u8]) -> Result<Progress, Failure> {
        self.begin();
        while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = input.split_at(end);
            *input = rest.get(1..).unwrap_or_default();
            self.line.extend(line)?;
            if self.end_line() {
                return Ok(Progress::Record);
            }
        }
        self.line.extend(std::mem::take(input))?;
        Ok(Progress::End)
    }

    fn finish(&mut self) -> Result<Progress, Failure> {
        self.begin();
        Ok(if self.end_line() { Progress::Record } else { Progress::End })
    }

    fn item(&self) -> Result<(Option<Arc<str>>, Value), String> {
        Ok((None, json(self.line.bytes())?))
    }

    fn buffered(&self) -> usize {
        self.line.bytes().len()
    }
}
