//! What is kept as text: JSON, with its form and a checksum, since SQLite has none of its own.

use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::broken;
use crate::store::StoreError;

/// The form in which entries, snapshots and posts are written: their JSON. Columns are called `form` because a body
/// says by itself how it is read, whatever the version of the file.
pub(super) const FORM: i64 = 1;

/// A text to keep, or one that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) form: i64,
    pub(super) checksum: i64,
    pub(super) text: String,
}

impl Body {
    /// The JSON of `value`.
    pub(super) fn of(value: &impl Serialize) -> Result<Self, StoreError> {
        let text = serde_json::to_string(value).map_err(|error| broken(format!("this cannot be written: {error}")))?;
        Ok(Self { form: FORM, checksum: checksum(&text), text })
    }

    /// A body from the columns `form`, `checksum` and `body`, which begin at `column`.
    pub(super) fn from_row(row: &Row<'_>, column: usize) -> rusqlite::Result<Self> {
        Ok(Self { form: row.get(column)?, checksum: row.get(column + 1)?, text: row.get(column + 2)? })
    }

    /// What the text says; `what` names it in errors.
    pub(super) fn read<T: DeserializeOwned>(&self, what: impl Fn() -> String) -> Result<T, StoreError> {
        if self.form != FORM {
            return Err(broken(format!(
                "{} has form {}, and this library reads form {FORM}: use a newer one",
                what(),
                self.form
            )));
        }
        verify(&self.text, self.checksum, &what)?;
        serde_json::from_str(&self.text).map_err(|error| broken(format!("{} cannot be read: {error}", what())))
    }
}

/// CRC-32.
pub(super) fn checksum(text: &str) -> i64 {
    i64::from(crc32fast::hash(text.as_bytes()))
}

/// Refuses a text that is not the one that was written.
pub(super) fn verify(text: &str, expected: i64, what: impl Fn() -> String) -> Result<(), StoreError> {
    if checksum(text) == expected {
        return Ok(());
    }
    Err(broken(format!("{} is damaged: its checksum does not fit; restore a copy of the file", what())))
}
