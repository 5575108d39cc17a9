//! What SQLite's failures mean to an engine.

use std::path::Path;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// Why a piece of work on a connection ended early.
#[derive(Debug)]
pub(super) enum Failed {
    /// It was refused, or what it found cannot be read; it has changed nothing.
    Refused(StoreError),
    /// SQLite failed: what the work changed must be rolled back.
    Sqlite(rusqlite::Error),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failed {
    /// What the engine is told, about the file at `path`.
    pub(super) fn told(self, path: &Path) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::Sqlite(error) => store_error(&error, path),
        }
    }
}

/// What the engine is told of a failure of SQLite.
pub(super) fn store_error(error: &rusqlite::Error, path: &Path) -> StoreError {
    let file = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            StoreError::Unavailable(format!("`{file}` is in use by another process: {error}").into())
        }
        Some(ErrorCode::DiskFull) => {
            StoreError::Unavailable(format!("no space is left for `{file}`; free some, and work goes on").into())
        }
        Some(ErrorCode::SystemIoFailure) => {
            StoreError::Unavailable(format!("reading or writing `{file}` failed: {error}").into())
        }
        Some(ErrorCode::OutOfMemory | ErrorCode::OperationInterrupted) => {
            StoreError::Unavailable(format!("`{file}`: {error}").into())
        }
        Some(ErrorCode::DatabaseCorrupt) => broken(format!("`{file}` is damaged, restore a copy of it: {error}")),
        Some(ErrorCode::NotADatabase) => broken(format!("`{file}` is no SQLite file, or its beginning is damaged")),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            broken(format!("`{file}` may not be written; check its permissions and those of its directory"))
        }
        Some(ErrorCode::CannotOpen) => {
            broken(format!("`{file}` cannot be opened; check that its directory exists and may be written: {error}"))
        }
        Some(ErrorCode::TooBig) => broken("a payload is larger than SQLite can keep".to_owned()),
        _ => broken(format!("`{file}`: {error}")),
    }
}

pub(super) fn broken(message: impl Into<Arc<str>>) -> StoreError {
    StoreError::Broken(message.into())
}
