//! The Wait state.

use super::fields::{Fields, Spanned};
use super::jsonata::Computable;
use crate::jsonpath::JsonPath;
use crate::timestamp::Timestamp;

/// [A Wait state](https://states-language.net/spec.html#wait-state).
#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) seconds: Option<Computable<i64>>,
    pub(crate) seconds_path: Option<Spanned<JsonPath>>,
    pub(crate) timestamp: Option<Computable<Timestamp>>,
    pub(crate) timestamp_path: Option<Spanned<JsonPath>>,
}

impl Wait {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self {
            seconds: fields.computable("Seconds", Fields::integer),
            seconds_path: fields.path("SecondsPath"),
            timestamp: fields.computable("Timestamp", Fields::timestamp),
            timestamp_path: fields.path("TimestampPath"),
        }
    }
}
