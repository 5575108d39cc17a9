//! Diagnostics in the making, whose places are spans still.

use super::aws_form::{AwsForm, aws_location};
use super::help::usual_help;
use super::{Code, Diagnostic, Severity};
use crate::source::{JsonPointer, Source, Span};
use crate::syntax::Node;

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
    aws_message: Option<String>,
    aws_place: AwsPlace,
}

/// Where AWS says that a fault is.
#[derive(Debug)]
enum AwsPlace {
    /// Where its JSON Pointer points to.
    AtPointer,
    /// In no place.
    Nowhere,
    /// AWS has no word about the fault at all.
    Unknown,
}

impl Fault {
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            span,
            object: None,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            aws_message: None,
            aws_place: AwsPlace::AtPointer,
        }
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

    /// AWS's words, where they are not the message.
    pub(crate) fn aws_says(mut self, message: impl Into<String>) -> Self {
        self.aws_message = Some(message.into());
        self
    }

    /// AWS says nothing of where the fault is.
    pub(crate) fn aws_nowhere(mut self) -> Self {
        self.aws_place = AwsPlace::Nowhere;
        self
    }

    /// AWS does not see the fault, or not here.
    pub(crate) fn unknown_to_aws(mut self) -> Self {
        self.aws_place = AwsPlace::Unknown;
        self
    }

    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// AWS's words, or else ours.
    pub(crate) fn aws_message(&self) -> &str {
        self.aws_message.as_deref().unwrap_or(&self.message)
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The diagnostic, with its places in `source`, whose tree is `root`.
    pub(crate) fn into_diagnostic(self, root: &Node<'_>, source: &Source<'_>) -> Diagnostic {
        let object = self.object.unwrap_or(self.span);
        let aws = self.code.aws_code().and_then(|_| {
            let location = match self.aws_place {
                AwsPlace::AtPointer => Some(aws_location(root, object)),
                AwsPlace::Nowhere => None,
                AwsPlace::Unknown => return None,
            };
            Some(AwsForm { message: self.aws_message().to_owned(), location })
        });
        self.placed(|span| root.pointer_to(span), source, aws)
    }

    /// The diagnostic, with `aws` as AWS's form of it.
    pub(crate) fn placed(
        self,
        pointer_to: impl Fn(Span) -> JsonPointer,
        source: &Source<'_>,
        aws: Option<AwsForm>,
    ) -> Diagnostic {
        let pointer = pointer_to(self.object.unwrap_or(self.span));
        let mut diagnostic = Diagnostic::new(self.code, source.location(pointer, self.span), self.message);
        for (span, text) in self.labels {
            diagnostic = diagnostic.with_label(source.location(pointer_to(span), span), text);
        }
        diagnostic.help = self.help.or_else(|| usual_help(self.code).map(str::to_owned));
        diagnostic.aws = aws;
        diagnostic
    }
}
