//! The Task state.

use std::sync::Arc;

use super::fields::{Fields, Spanned};
use super::jsonata::Computable;
use super::payload::Template;
use crate::jsonpath::JsonPath;
use crate::placeholder;

/// [A Task state](https://states-language.net/spec.html#task-state).
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) resource: Option<Spanned<Arc<str>>>,
    pub(crate) timeout_seconds: Option<Computable<i64>>,
    pub(crate) timeout_seconds_path: Option<Spanned<JsonPath>>,
    pub(crate) heartbeat_seconds: Option<Computable<i64>>,
    pub(crate) heartbeat_seconds_path: Option<Spanned<JsonPath>>,
    pub(crate) credentials: Option<Template>,
}

impl Task {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self {
            resource: fields.resource(),
            timeout_seconds: fields.computable("TimeoutSeconds", Fields::integer),
            timeout_seconds_path: fields.path("TimeoutSecondsPath"),
            heartbeat_seconds: fields.computable("HeartbeatSeconds", Fields::integer),
            heartbeat_seconds_path: fields.path("HeartbeatSecondsPath"),
            credentials: Template::read_object(fields, "Credentials"),
        }
    }
}

impl Fields<'_> {
    /// `Resource`; of one that is known but for where it is deployed, the shape counts.
    fn resource(&self) -> Option<Spanned<Arc<str>>> {
        let node = self.node("Resource")?;
        let written = node.as_str().filter(|text| self.report.is_open(text));
        match written.and_then(placeholder::with_pseudo_parameters) {
            Some(value) => Some(Spanned { value: value.into(), span: node.span }),
            None => self.text("Resource"),
        }
    }
}
