//! Texts by their names: files, those of a directory, and standard input as `-`.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use asl_core::syntax;

use crate::faulty_text::FaultyText;
use crate::outcome::Problem;

/// How much of a file is read: one byte more than a definition may have, so that a larger one is noticed.
const MAX_BYTES: u64 = syntax::MAX_SIZE as u64 + 1;

/// Directories that hold what others wrote or tools made; those whose name begins with a `.` are passed over too.
const PASSED_OVER: [&str; 3] = ["cdk.out", "node_modules", "target"];

/// Whether `path` means standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// The text of the definition or template at `path`, or on standard input if that is `-`.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    read_at_most(MAX_BYTES, path)
}

/// The first `max_bytes` of the text in the file at `path`, or on standard input if that is `-`.
pub(crate) fn read_at_most(max_bytes: u64, path: &Path) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let read = if is_stdin(path) {
        io::stdin().lock().take(max_bytes).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(max_bytes).read_to_end(&mut bytes))
    };
    read.map_err(|error| Problem::cannot_read(path, error))?;
    let is_cut = bytes.len() as u64 == max_bytes;
    String::from_utf8(bytes).or_else(|error| match error.utf8_error() {
        // The character that the limit cuts through is no fault.
        cut if is_cut && cut.error_len().is_none() => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        _ => Err(Problem::Faulty(FaultyText::not_utf8(path, error.as_bytes()))),
    })
}

/// A file to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) by: By,
}

/// How a file came to be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// It was named.
    Name,
    /// It is in a directory that was named.
    Search,
}

/// The files that `paths` name, and of the directories among them all files that are `wanted`, in alphabetical order
/// and without a leading `./`; each file once.
pub(crate) fn find(paths: &[PathBuf], wanted: impl Fn(&Path) -> bool) -> Result<Vec<Found>, Problem> {
    let mut found = Vec::new();
    for path in paths {
        if is_stdin(path) || !path.is_dir() {
            found.push(Found { path: path.clone(), by: By::Name });
            continue;
        }
        let mut inside = search(path, &wanted)?;
        inside.sort();
        let relative = |path: PathBuf| path.strip_prefix(".").map_or_else(|_| path.clone(), Path::to_owned);
        found.extend(inside.into_iter().map(|path| Found { path: relative(path), by: By::Search }));
    }
    let mut seen = BTreeSet::new();
    found.retain(|found| seen.insert(identity(&found.path)));
    Ok(found)
}

/// What tells a file from others, by whatever path it is reached.
pub(crate) fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn search(directory: &Path, wanted: &impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Problem> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let broken = |error: io::Error| Problem::cannot_read(&directory, error);
        for entry in fs::read_dir(&directory).map_err(broken)? {
            let entry = entry.map_err(broken)?;
            let path = entry.path();
            if entry.file_type().map_err(broken)?.is_dir() {
                if is_searched(&entry) {
                    directories.push(path);
                }
            } else if wanted(&path) && path.is_file() {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// Links to directories are not followed, so a search ends.
fn is_searched(directory: &DirEntry) -> bool {
    let name = directory.file_name();
    let name = name.to_string_lossy();
    !name.starts_with('.') && !PASSED_OVER.contains(&&*name)
}
