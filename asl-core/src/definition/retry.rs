//! Retriers.

use super::fields::{FieldNames, Fields, Spanned, What, read_text};
use crate::source::Span;

/// [A Retrier](https://states-language.net/spec.html#retrying-after-error).
#[derive(Debug)]
pub(crate) struct Retrier<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) error_equals: Option<Spanned<Vec<Spanned<&'t str>>>>,
    pub(crate) interval_seconds: Option<Spanned<i64>>,
    pub(crate) max_attempts: Option<Spanned<i64>>,
    pub(crate) backoff_rate: Option<Spanned<f64>>,
    pub(crate) max_delay_seconds: Option<Spanned<i64>>,
    pub(crate) jitter_strategy: Option<Spanned<&'t str>>,
}

impl<'t> Retrier<'t> {
    /// The fields that a Retrier may have.
    pub(crate) const FIELDS: &'static [&'static str] = &[
        "Comment",
        "ErrorEquals",
        "IntervalSeconds",
        "MaxAttempts",
        "BackoffRate",
        "MaxDelaySeconds",
        "JitterStrategy",
    ];

    pub(super) fn read(fields: &Fields<'t>) -> Self {
        Self {
            span: fields.span,
            field_names: fields.names(),
            error_equals: fields.error_equals(),
            interval_seconds: fields.integer("IntervalSeconds"),
            max_attempts: fields.integer("MaxAttempts"),
            backoff_rate: fields.number("BackoffRate"),
            max_delay_seconds: fields.integer("MaxDelaySeconds"),
            jitter_strategy: fields.text("JitterStrategy"),
        }
    }
}

impl<'t> Fields<'t> {
    /// `ErrorEquals`, of a Retrier or a Catcher.
    pub(super) fn error_equals(&self) -> Option<Spanned<Vec<Spanned<&'t str>>>> {
        self.array("ErrorEquals", |node| read_text(node, What::ElementOf("ErrorEquals"), self.report))
    }
}
