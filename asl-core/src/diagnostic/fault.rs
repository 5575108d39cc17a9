//! Diagnostics in the making, whose places are spans still.

use super::{Code, Diagnostic, Severity};
use crate::source::{JsonPointer, Source, Span};

/// A diagnostic to be: the stages of the front end know spans, and need not carry pointers and lines along.
#[derive(Debug)]
pub(crate) struct Fault {
    code: Code,
    span: Span,
    /// What the JSON Pointer points to, where that is not what stands at `span`.
    object: Option<Span>,
    message: String,
    labels: Vec<(Span, String)>,
    help: Option<String>,
}

impl Fault {
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, object: None, message: message.into(), labels: Vec::new(), help: None }
    }

    /// Points to the object or field at `object`, which holds the faulty part: AWS names that in its messages.
    pub(crate) fn of(mut self, object: Span) -> Self {
        self.object = Some(object);
        self
    }

    /// Adds a related place with a word about it.
    pub(crate) fn with_label(mut self, span: impl Into<Span>, text: impl Into<String>) -> Self {
        self.labels.push((span.into(), text.into()));
        self
    }

    /// Says how to mend the fault, where that is known.
    pub(crate) fn with_help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    pub(crate) fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The diagnostic, with its places in `source`, whose tree `pointer_to` knows.
    pub(crate) fn into_diagnostic(self, pointer_to: impl Fn(Span) -> JsonPointer, source: &Source<'_>) -> Diagnostic {
        let pointer = pointer_to(self.object.unwrap_or(self.span));
        let mut diagnostic = Diagnostic::new(self.code, source.location(pointer, self.span), self.message);
        for (span, text) in self.labels {
            diagnostic = diagnostic.with_label(source.location(pointer_to(span), span), text);
        }
        diagnostic.help = self.help;
        diagnostic
    }
}
