//! Zip archives, packed and read in memory: nothing is unpacked onto a disk, and no entry can reach outside or grow without bound.

use std::borrow::Cow;
use std::io::{Cursor, Read, Write as _};
use std::path::{Component, Path};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The largest archive, in bytes.
pub(crate) const MAX_ARCHIVE_BYTES: usize = 256 * 1024 * 1024;
/// The largest file that is read out of one, in bytes: more than any template may have.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// How many entries an archive may have.
const MAX_ENTRIES: usize = 65_536;

/// Why a file could not be read out of an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It is not a zip archive, or a broken one.
    #[error("the artifact is not a readable zip archive: {0}")]
    NotAnArchive(String),
    /// An entry's name would leave the folder that the archive is unpacked in.
    #[error("entry `{0}` of the artifact points outside of the archive")]
    EntryEscapes(String),
    /// The path asked for is absolute or leaves the archive.
    #[error("path `{0}` points outside of the artifact; give it relative to the artifact's root")]
    PathEscapes(String),
    /// There is no such file.
    #[error("the artifact has no file `{path}`; it has {files}")]
    FileMissing {
        /// The path asked for.
        path: String,
        /// The first files that there are.
        files: String,
    },
    /// The archive or the file is over its bound.
    #[error("{0}")]
    TooLarge(String),
    /// The file is not UTF-8 text.
    #[error("file `{0}` of the artifact is not UTF-8 text")]
    NotText(String),
}

/// Reads the text file at `path` out of a zip archive.
///
/// The whole archive is refused when any of its entries would leave it (zip slip), whichever file is asked for.
///
/// # Errors
///
/// When the archive is broken, unsafe or over its bounds, or has no such file.
pub fn read_file(archive: &[u8], path: &str) -> Result<String, ArchiveError> {
    let wanted = safe_path(path)?;
    if archive.len() > MAX_ARCHIVE_BYTES {
        return Err(ArchiveError::TooLarge(format!("the artifact is larger than {MAX_ARCHIVE_BYTES} bytes")));
    }
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(unreadable)?;
    if archive.len() > MAX_ENTRIES {
        return Err(ArchiveError::TooLarge(format!("the artifact has more than {MAX_ENTRIES} entries")));
    }
    let names = archive
        .file_names()
        .map(|name| name.map(Cow::into_owned).map_err(unreadable))
        .collect::<Result<Vec<_>, _>>()?;
    let mut found = None;
    for (index, name) in names.iter().enumerate() {
        let safe = normalized(name).ok_or_else(|| ArchiveError::EntryEscapes(name.clone()))?;
        if safe == wanted && !name.ends_with('/') {
            found = Some(index);
        }
    }
    let index = found.ok_or_else(|| ArchiveError::FileMissing { path: path.to_owned(), files: listing(&names) })?;
    let file = archive.by_index(index).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // The declared size may lie, so what is read is bounded too.
    let read = file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| ArchiveError::NotAnArchive(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ArchiveError::TooLarge(format!(
            "file `{path}` of the artifact is larger than {MAX_FILE_BYTES} bytes"
        )));
    }
    String::from_utf8(bytes).map_err(|_| ArchiveError::NotText(path.to_owned()))
}

/// Checks that `path` stays inside of an archive, whatever is in it.
///
/// # Errors
///
/// [`ArchiveError::PathEscapes`] when it does not.
pub fn check_path(path: &str) -> Result<(), ArchiveError> {
    safe_path(path).map(drop)
}

/// Packs `files`, each a path and its content, into a zip archive.
///
/// # Errors
///
/// When a path is too long for an archive, or there twice.
pub fn pack(files: &[(&str, &[u8])]) -> Result<Vec<u8>, PackError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        writer.start_file(*path, SimpleFileOptions::default()).map_err(PackError::of)?;
        writer.write_all(content).map_err(PackError::of)?;
    }
    Ok(writer.finish().map_err(PackError::of)?.into_inner())
}

/// Why files could not be packed into an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PackError {
    message: String,
}

impl PackError {
    fn of(error: impl Into<ZipError>) -> Self {
        Self { message: error.into().to_string() }
    }
}

fn safe_path(path: &str) -> Result<Vec<&str>, ArchiveError> {
    normalized(path).ok_or_else(|| ArchiveError::PathEscapes(path.to_owned()))
}

/// The parts of a relative path that stays inside; none for any other.
fn normalized(path: &str) -> Option<Vec<&str>> {
    if path.is_empty() || path.contains(['\\', '\0']) || path.split('/').next().is_some_and(|first| first.contains(':'))
    {
        return None;
    }
    let mut parts = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts)
}

fn listing(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let files: Vec<_> = names.iter().filter(|name| !name.ends_with('/')).collect();
    if files.is_empty() {
        return "no files".to_owned();
    }
    let shown: Vec<_> = files.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = files.len().saturating_sub(SHOWN);
    let tail = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{tail}", shown.join(", "))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn unreadable(error: ZipError) -> ArchiveError {
    ArchiveError::NotAnArchive(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        pack(files).unwrap()
    }

    #[test]
    fn a_path_that_is_there_twice_cannot_be_packed() {
        assert!(pack(&[("a", b""), ("a", b"")]).is_err());
    }

    #[test]
    fn reads_a_file_wherever_it_lies() {
        let archive = archive(&[("README.md", b"hello"), ("infra/template.yaml", b"Resources: {}")]);
        for path in ["infra/template.yaml", "./infra/template.yaml", "infra//template.yaml"] {
            assert_eq!(read_file(&archive, path).as_deref(), Ok("Resources: {}"), "{path}");
        }
    }

    #[test]
    fn a_path_that_leaves_the_archive_is_refused() {
        let archive = archive(&[("template.yaml", b"")]);
        for path in ["../template.yaml", "a/../../template.yaml", "/etc/passwd", "C:\\x", "c:/x", "a\\..\\b", ""] {
            assert_eq!(read_file(&archive, path), Err(ArchiveError::PathEscapes(path.to_owned())), "{path}");
        }
    }

    #[test]
    fn an_archive_with_an_entry_that_leaves_it_is_refused_as_a_whole() {
        for name in ["../evil.sh", "a/../../evil.sh", "/etc/evil", "..\\evil"] {
            let archive = archive(&[("template.yaml", b"Resources: {}"), (name, b"evil")]);
            assert_eq!(read_file(&archive, "template.yaml"), Err(ArchiveError::EntryEscapes(name.to_owned())));
        }
    }

    #[test]
    fn a_missing_file_is_reported_with_those_that_there_are() {
        let archive = archive(&[("a.yaml", b""), ("b.yaml", b"")]);
        let message = read_file(&archive, "c.yaml").unwrap_err().to_string();
        assert_eq!(message, "the artifact has no file `c.yaml`; it has `a.yaml`, `b.yaml`");
    }

    #[test]
    fn a_file_that_inflates_beyond_its_bound_is_refused() {
        let zeros = vec![0_u8; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
        let archive = archive(&[("template.yaml", &zeros)]);
        assert!(archive.len() < 100_000);
        assert!(matches!(read_file(&archive, "template.yaml"), Err(ArchiveError::TooLarge(_))));
    }

    #[test]
    fn what_is_no_archive_or_no_text_is_refused() {
        assert!(matches!(read_file(b"not a zip", "a"), Err(ArchiveError::NotAnArchive(_))));
        let whole = archive(&[("a", b"some content that is cut off")]);
        let cut = &whole[..whole.len() / 2];
        assert!(matches!(read_file(cut, "a"), Err(ArchiveError::NotAnArchive(_))));
        assert_eq!(read_file(&archive(&[("a", b"\xff\xfe")]), "a"), Err(ArchiveError::NotText("a".to_owned())));
    }
}
