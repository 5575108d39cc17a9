//! Texts by their names: files, and standard input as `-`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use asl_core::syntax;

use crate::outcome::Problem;

/// How much of a file is read: one byte more than a definition may have, so that a larger one is noticed.
const MAX_BYTES: u64 = syntax::MAX_SIZE as u64 + 1;

/// The definition in the file at `path`, or on standard input if that is `-`.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    read_at_most(MAX_BYTES, path)
}

/// The first `max_bytes` of the text in the file at `path`, or on standard input if that is `-`.
pub(crate) fn read_at_most(max_bytes: u64, path: &Path) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(max_bytes).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(max_bytes).read_to_end(&mut bytes))
    };
    let broken = |reason: String| Problem::Broken { message: format!("cannot read `{}`: {reason}", path.display()) };
    read.map_err(|error| broken(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| broken(format!("it is not UTF-8: {error}")))
}
