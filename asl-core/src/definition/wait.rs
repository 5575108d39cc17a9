//! The Wait state.

use super::fields::{Fields, Spanned};
use crate::jsonpath::JsonPath;
use crate::timestamp::Timestamp;

/// [A Wait state](https://states-language.net/spec.html#wait-state).
#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) seconds: Option<Spanned<i64>>,
    pub(crate) seconds_path: Option<Spanned<JsonPath>>,
    pub(crate) timestamp: Option<Spanned<Timestamp>>,
    pub(crate) timestamp_path: Option<Spanned<JsonPath>>,
}

impl Wait {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self {
            seconds: fields.integer("Seconds"),
            seconds_path: fields.path("SecondsPath"),
            timestamp: fields.timestamp("Timestamp"),
            timestamp_path: fields.path("TimestampPath"),
        }
    }
}
