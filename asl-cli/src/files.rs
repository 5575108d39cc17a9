//! Texts by their names: files, and standard input as `-`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use asl_core::syntax;

use crate::outcome::Problem;

/// How much of a file is read: one byte more than a definition may have, so that a larger one is noticed.
const MAX_BYTES: u64 = syntax::MAX_SIZE as u64 + 1;

/// The text of the file at `path`, or of standard input if that is `-`.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(MAX_BYTES).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes))
    };
    let broken = |reason: String| Problem::Broken { message: format!("cannot read `{}`: {reason}", path.display()) };
    read.map_err(|error| broken(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| broken(format!("it is not UTF-8: {error}")))
}
