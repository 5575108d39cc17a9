//! The Task state.

use super::fields::{Fields, Spanned};
use super::jsonata::Computable;
use super::payload::Template;
use crate::jsonpath::JsonPath;

/// [A Task state](https://states-language.net/spec.html#task-state).
#[derive(Debug)]
pub(crate) struct Task<'t> {
    pub(crate) resource: Option<Spanned<&'t str>>,
    pub(crate) timeout_seconds: Option<Computable<i64>>,
    pub(crate) timeout_seconds_path: Option<Spanned<JsonPath>>,
    pub(crate) heartbeat_seconds: Option<Computable<i64>>,
    pub(crate) heartbeat_seconds_path: Option<Spanned<JsonPath>>,
    pub(crate) credentials: Option<Template<'t>>,
}

impl<'t> Task<'t> {
    pub(super) fn read(fields: &Fields<'t>) -> Self {
        Self {
            resource: fields.text("Resource"),
            timeout_seconds: fields.computable("TimeoutSeconds", Fields::integer),
            timeout_seconds_path: fields.path("TimeoutSecondsPath"),
            heartbeat_seconds: fields.computable("HeartbeatSeconds", Fields::integer),
            heartbeat_seconds_path: fields.path("HeartbeatSecondsPath"),
            credentials: Template::read_credentials(fields),
        }
    }
}
