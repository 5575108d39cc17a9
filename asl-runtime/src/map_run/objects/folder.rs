//! Objects in a folder of the local file system.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, ReadDir};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::{Bound, Range};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use asl_core::Timestamp;
use async_trait::async_trait;

use super::{ObjectMetadata, ObjectWriter, Objects, ObjectsError};

/// How many objects one listing holds, whatever the number of files.
const PAGE: usize = 20_000;
/// The end of the name of a file that is being written; such files are no objects.
const PARTIAL: &str = ".partial";

/// Buckets that are folders below a root: an object's bucket is the folder, its key the path in it.
///
/// Objects are written to a hidden file beside them, synced, and renamed.
/// Symbolic links are followed when they are named, and not listed.
/// There are no versions; an `ETag` is made of a file's length and time.
///
/// # Examples
///
/// ```no_run
/// use asl_runtime::map_run::FolderObjects;
///
/// // The object `orders/2026.csv` in the bucket `data` is the file `objects/data/orders/2026.csv`.
/// let objects = FolderObjects::new("objects");
/// ```
#[derive(Debug, Clone)]
pub struct FolderObjects {
    root: Arc<Path>,
    page: usize,
}

impl FolderObjects {
    /// The buckets below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into().into(), page: PAGE }
    }

    /// With at most `page` objects in memory while they are listed, 20,000 if it is not set.
    ///
    /// Each page walks the whole folder.
    #[must_use]
    pub fn page(self, page: usize) -> Self {
        Self { page: page.max(1), ..self }
    }

    /// The folder of a bucket.
    fn bucket(&self, bucket: &str) -> Result<PathBuf, ObjectsError> {
        let name = Path::new(bucket);
        let mut components = name.components();
        match (components.next(), components.next()) {
            (Some(Component::Normal(only)), None) if only == name.as_os_str() && !bucket.contains('\0') => {
                Ok(self.root.join(only))
            }
            _ => Err(ObjectsError::Invalid(format!("the bucket `{bucket}` is not the name of a folder").into())),
        }
    }

    /// The file of an object, below its bucket's folder whatever the key.
    fn file(&self, bucket: &str, key: &str) -> Result<PathBuf, ObjectsError> {
        let folder = self.bucket(bucket)?;
        let parts_are_plain = key.split('/').all(|part| {
            !matches!(part, "" | "." | "..") && !part.contains(['\0', '\\', ':']) && !part.ends_with(PARTIAL)
        });
        if parts_are_plain {
            Ok(folder.join(key))
        } else {
            Err(ObjectsError::Invalid(format!("the key `{key}` is not the path of a file in a folder").into()))
        }
    }
}

#[async_trait]
impl Objects for FolderObjects {
    async fn head(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<ObjectMetadata, ObjectsError> {
        if let Some(version) = version {
            let message = format!("there is no version `{version}` of `{key}`: a folder keeps no versions");
            return Err(ObjectsError::Invalid(message.into()));
        }
        let (folder, path) = (self.bucket(bucket)?, self.file(bucket, key)?);
        let place = Place::new(bucket, key);
        blocking(move || match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(describe(place.key, &metadata)),
            Ok(_) => Err(place.missing()),
            Err(error) => Err(place.error(&folder, &error)),
        })
        .await
    }

    async fn read(&self, bucket: &str, object: &ObjectMetadata, range: Range<u64>) -> Result<Vec<u8>, ObjectsError> {
        let (folder, path) = (self.bucket(bucket)?, self.file(bucket, &object.key)?);
        let place = Place::new(bucket, &object.key);
        let etag = object.etag.clone();
        blocking(move || {
            let read = || -> io::Result<Option<Vec<u8>>> {
                let mut file = File::open(&path)?;
                let metadata = file.metadata()?;
                if describe(place.key.clone(), &metadata).etag != etag {
                    return Ok(None);
                }
                file.seek(SeekFrom::Start(range.start))?;
                let mut bytes = Vec::new();
                file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            };
            match read() {
                Ok(Some(bytes)) => Ok(bytes),
                Ok(None) => Err(ObjectsError::Changed(place.bucket, place.key)),
                Err(error) => Err(place.error(&folder, &error)),
            }
        })
        .await
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<&str>) -> Result<Vec<ObjectMetadata>, ObjectsError> {
        let folder = self.bucket(bucket)?;
        let place = Place::new(bucket, prefix);
        let mut page = Page {
            prefix: prefix.to_owned(),
            after: after.map(str::to_owned),
            limit: self.page,
            keys: BTreeMap::new(),
        };
        blocking(move || match page.collect(&folder) {
            Ok(()) => Ok(page.keys.into_values().collect()),
            Err(error) => Err(place.error(&folder, &error)),
        })
        .await
    }

    async fn create(&self, bucket: &str, key: &str) -> Result<Box<dyn ObjectWriter>, ObjectsError> {
        let (folder, path) = (self.bucket(bucket)?, self.file(bucket, key)?);
        let place = Place::new(bucket, key);
        blocking(move || {
            let create = || -> io::Result<(File, Partial)> {
                // Only the folders in the bucket are made: a bucket that is not there is an error.
                fs::metadata(&folder)?;
                let parent = path.parent().unwrap_or(&folder);
                fs::create_dir_all(parent)?;
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let partial = parent.join(format!(".{name}.{:016x}{PARTIAL}", fastrand::u64(..)));
                Ok((File::create_new(&partial)?, Partial { path: partial }))
            };
            match create() {
                Ok((file, partial)) => {
                    let writer = FolderWriter { file: Some(file), partial, path, folder, place };
                    Ok(Box::new(writer) as Box<dyn ObjectWriter>)
                }
                Err(error) => Err(place.error(&folder, &error)),
            }
        })
        .await
    }
}

/// An object that is being written, under another name.
struct FolderWriter {
    /// `None` once a write failed.
    file: Option<File>,
    partial: Partial,
    path: PathBuf,
    folder: PathBuf,
    place: Place,
}

#[async_trait]
impl ObjectWriter for FolderWriter {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ObjectsError> {
        let file = self.file.take();
        let written = blocking(move || {
            let mut file = file.ok_or_else(|| ObjectsError::Unavailable("an earlier write failed".into()))?;
            Ok(file.write_all(&bytes).map(|()| file))
        })
        .await?;
        self.file = Some(written.map_err(|error| self.place.error(&self.folder, &error))?);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), ObjectsError> {
        let file = self.file.take();
        blocking(move || {
            let file = file.ok_or_else(|| ObjectsError::Unavailable("an earlier write failed".into()))?;
            let finish = || -> io::Result<()> {
                file.sync_all()?;
                fs::rename(&self.partial.path, &self.path)?;
                // The name is durable when its folder is.
                match self.path.parent() {
                    Some(parent) if cfg!(unix) => File::open(parent)?.sync_all(),
                    _ => Ok(()),
                }
            };
            finish().map_err(|error| self.place.error(&self.folder, &error))
        })
        .await
    }
}

/// A file that is removed unless it was renamed.
struct Partial {
    path: PathBuf,
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What cannot be removed is hidden and harmless.
        let _ = fs::remove_file(&self.path);
    }
}

/// Which object an error is about.
struct Place {
    bucket: Arc<str>,
    key: Arc<str>,
}

impl Place {
    fn new(bucket: &str, key: &str) -> Self {
        Self { bucket: bucket.into(), key: key.into() }
    }

    fn missing(&self) -> ObjectsError {
        ObjectsError::NoSuchKey(self.bucket.clone(), self.key.clone())
    }

    fn error(&self, folder: &Path, error: &io::Error) -> ObjectsError {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory if !folder.is_dir() => {
                ObjectsError::NoSuchBucket(self.bucket.clone())
            }
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => self.missing(),
            ErrorKind::PermissionDenied => ObjectsError::AccessDenied(self.bucket.clone(), self.key.clone()),
            _ => ObjectsError::Unavailable(format!("`{}` in `{}`: {error}", self.key, self.bucket).into()),
        }
    }
}

/// The first keys of a bucket that are wanted.
struct Page {
    prefix: String,
    after: Option<String>,
    limit: usize,
    keys: BTreeMap<Arc<str>, ObjectMetadata>,
}

impl Page {
    /// Walks the folder, leaving out whatever cannot have a key of this page.
    fn collect(&mut self, folder: &Path) -> io::Result<()> {
        let mut open: Vec<(ReadDir, String)> = vec![(fs::read_dir(folder)?, String::new())];
        while let Some((entries, path)) = open.last_mut() {
            let Some(entry) = entries.next() else {
                open.pop();
                continue;
            };
            let entry = entry?;
            let name = entry.file_name();
            // Keys are text; what else there may be has none.
            let Some(name) = name.to_str() else { continue };
            let kind = entry.file_type()?;
            let key = format!("{path}{name}");
            if kind.is_dir() {
                let below = format!("{key}/");
                if self.may_have_keys_below(&below) {
                    // What vanishes meanwhile is not there.
                    if let Ok(entries) = fs::read_dir(entry.path()) {
                        open.push((entries, below));
                    }
                }
            } else if kind.is_file() && !name.ends_with(PARTIAL) && self.wants(&key) {
                let Ok(metadata) = entry.metadata() else { continue };
                let key: Arc<str> = key.into();
                self.keys.insert(key.clone(), describe(key, &metadata));
                if self.keys.len() > self.limit {
                    self.keys.pop_last();
                }
            }
        }
        Ok(())
    }

    fn wants(&self, key: &str) -> bool {
        key.starts_with(&self.prefix)
            && self.after.as_deref().is_none_or(|after| key > after)
            && !self.is_full_before(key)
    }

    /// `below` is a folder with its slash: every key in it is that and more.
    fn may_have_keys_below(&self, below: &str) -> bool {
        (below.starts_with(&self.prefix) || self.prefix.starts_with(below))
            && self.after.as_deref().is_none_or(|after| below > after || after.starts_with(below))
            && !self.is_full_before(below)
    }

    fn is_full_before(&self, key: &str) -> bool {
        self.keys.len() >= self.limit
            && self.keys.range::<str, _>((Bound::Excluded(key), Bound::Unbounded)).next().is_none()
    }
}

fn describe(key: Arc<str>, metadata: &Metadata) -> ObjectMetadata {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    ObjectMetadata {
        key,
        size: metadata.len(),
        etag: format!("\"{:x}-{:x}\"", modified.as_nanos(), metadata.len()).into(),
        last_modified: Timestamp::from_millis(i64::try_from(modified.as_millis()).unwrap_or(i64::MAX)),
        storage_class: "STANDARD".into(),
        version: None,
    }
}

/// Runs what may block off the runtime's own threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ObjectsError> + Send + 'static,
) -> Result<T, ObjectsError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ObjectsError::Unavailable(error.to_string().into())),
    }
}
