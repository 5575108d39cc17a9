//! Makes the tree of the parser's events.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use saphyr_parser::{Event, ScalarStyle, Tag};

use super::properties::{block_header, content_after};
use super::scalar::Plain;
use super::{scalar, yaml_fault};
use crate::diagnostic::{Code, Fault};
use crate::source::Span;
use crate::syntax::{Dialect, MAX_DEPTH, MAX_FAULTS, MAX_SIZE, Member, Node, NodeKind, too_deep};

/// How large the parts under anchors and those that aliases stand for may be together, in bytes as [`Extent`] counts.
const MAX_COPIED: usize = 4 * MAX_SIZE;

pub(super) struct Builder<'t> {
    text: &'t str,
    dialect: Dialect,
    root: Option<Node<'t>>,
    open: Vec<Collection<'t>>,
    anchors: HashMap<usize, Anchor<'t>>,
    /// How much of [`MAX_COPIED`] is used.
    copied: usize,
    /// The end of the last event.
    last_end: usize,
    faults: Vec<Fault>,
}

/// What an alias may stand for.
struct Anchor<'t> {
    node: Node<'t>,
    extent: Extent,
}

/// How large a part of the tree is.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    depth: usize,
    bytes: usize,
}

/// A sequence or mapping whose end is still to come.
struct Collection<'t> {
    span: Span,
    properties: Properties,
    parts: Parts<'t>,
}

enum Parts<'t> {
    Sequence(Vec<Node<'t>>),
    Mapping(Vec<Member<'t>>, Waiting<'t>),
}

/// What a mapping waits for.
enum Waiting<'t> {
    Key,
    /// The value of this key; of none, if the key was no scalar.
    Value(Option<(Cow<'t, str>, Span)>),
}

#[derive(Default)]
struct Properties {
    anchor: usize,
    tag: Option<Meaning>,
}

/// What a tag makes of its node.
enum Meaning {
    /// YAML's own tag, without its prefix.
    Core(String),
    /// A call of a CloudFormation function, by its long name.
    Function(String, Span),
}

/// A node, and the text that it would be as a key.
struct Complete<'t> {
    node: Node<'t>,
    key: Option<Cow<'t, str>>,
}

impl<'t> Builder<'t> {
    pub(super) fn new(text: &'t str, dialect: Dialect) -> Self {
        Self {
            text,
            dialect,
            root: None,
            open: Vec::new(),
            anchors: HashMap::new(),
            copied: 0,
            last_end: 0,
            faults: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    /// Adds an event, which stands at `span`; whether the reading can go on.
    pub(super) fn take(&mut self, event: Event<'t>, span: Span) -> bool {
        let goes_on = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let complete = self.scalar(text, style, anchor, tag.as_deref(), span);
                self.add(complete);
                true
            }
            Event::SequenceStart(anchor, tag) => self.start(Parts::Sequence(Vec::new()), anchor, tag.as_deref(), span),
            Event::MappingStart(anchor, tag) => {
                self.start(Parts::Mapping(Vec::new(), Waiting::Key), anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // Block collections end where the next token begins, which is not their end.
                let end = if self.text.get(span.start..span.end).is_some_and(|close| matches!(close, "]" | "}")) {
                    span.end
                } else {
                    0
                };
                self.close(end);
                true
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                return true;
            }
        };
        self.last_end = self.last_end.max(span.end);
        goes_on
    }

    /// The tree as far as it was read, and the faults.
    pub(super) fn finish(mut self) -> (Option<Node<'t>>, Vec<Fault>) {
        while let Some(unfinished) = self.open.last() {
            // Of what has only begun it is not even known that it is meant as a collection.
            if unfinished.is_empty() {
                self.open.pop();
            } else {
                self.close(0);
            }
        }
        if self.root.is_none() && self.faults.is_empty() {
            let message = "Definition must be a valid JSON object";
            self.faults.push(Fault::new(Code::NOT_AN_OBJECT, Span::empty(self.text.len()), message));
        }
        (self.root, self.faults)
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Complete<'t> {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let header = if is_block { block_header(self.text, self.last_end, span.start) } else { None };
        let (start, tag_span) = match header {
            Some(header) => (header, None),
            None if anchor > 0 || tag.is_some() => content_after(self.text, span.start),
            None => (span.start, None),
        };
        let start = if start > span.end { span.end } else { start };
        let end = if is_block { self.trimmed_end(start, span.end) } else { span.end };
        let span = Span { start: start.min(end), end };
        let meaning = tag.and_then(|tag| self.meaning(tag, tag_span.unwrap_or(span)));
        let kind = match &meaning {
            Some(Meaning::Core(name)) => self.tagged(name, text.clone(), span),
            None if style == ScalarStyle::Plain => self.plain(text.clone(), span),
            Some(Meaning::Function(..)) | None => NodeKind::String(text.clone()),
        };
        let node = called(meaning, Node { span, kind });
        self.remember(anchor, &node);
        Complete { key: Some(text), node }
    }

    /// The end of a block scalar without the blanks that follow it.
    fn trimmed_end(&self, start: usize, end: usize) -> usize {
        start + self.text.get(start..end).unwrap_or_default().trim_end().len()
    }

    fn plain(&mut self, text: Cow<'t, str>, span: Span) -> NodeKind<'t> {
        match scalar::plain(&text, self.dialect) {
            Some(Plain::Other(kind)) => kind,
            Some(Plain::Text) => NodeKind::String(text),
            None => {
                self.report(yaml_fault(span, format!("the number `{text}` has no form in JSON")));
                NodeKind::String(text)
            }
        }
    }

    fn tagged(&mut self, name: &str, text: Cow<'t, str>, span: Span) -> NodeKind<'t> {
        if name == "str" {
            return NodeKind::String(text);
        }
        match (name, scalar::plain(&text, self.dialect)) {
            ("int", Some(Plain::Other(kind @ NodeKind::Number(number)))) if !number.is_float() => kind,
            ("null", Some(Plain::Other(kind @ NodeKind::Null)))
            | ("bool", Some(Plain::Other(kind @ NodeKind::Bool(_))))
            | ("float", Some(Plain::Other(kind @ NodeKind::Number(_)))) => kind,
            _ => {
                self.report(yaml_fault(span, format!("`{text}` is not what the tag `!!{name}` says")));
                NodeKind::String(text)
            }
        }
    }

    /// What a tag means; a tag that means nothing is a fault.
    fn meaning(&mut self, tag: &Tag, span: Span) -> Option<Meaning> {
        let full = format!("{}{}", tag.handle, tag.suffix);
        if full == "!" {
            return Some(Meaning::Core("str".to_owned()));
        }
        if let Some(name) = full.strip_prefix("tag:yaml.org,2002:") {
            return Some(Meaning::Core(name.to_owned()));
        }
        let name = full.strip_prefix('!').filter(|_| self.dialect == Dialect::CloudFormation);
        match name {
            Some(name @ ("Ref" | "Condition")) => Some(Meaning::Function(name.to_owned(), span)),
            Some(name) => Some(Meaning::Function(format!("Fn::{name}"), span)),
            None => {
                self.report(yaml_fault(span, format!("the tag `{tag}` has no meaning in a definition")));
                None
            }
        }
    }

    fn start(&mut self, parts: Parts<'t>, anchor: usize, tag: Option<&Tag>, span: Span) -> bool {
        let (start, tag_span) = match tag {
            None if anchor == 0 => (span.start, None),
            _ => content_after(self.text, span.start),
        };
        if self.open.len() == MAX_DEPTH {
            self.report(too_deep(Span::empty(start)));
            return false;
        }
        let tag = tag.and_then(|tag| self.meaning(tag, tag_span.unwrap_or(Span::empty(start))));
        self.open.push(Collection { span: Span::empty(start), properties: Properties { anchor, tag }, parts });
        true
    }

    /// Closes the innermost collection, which ends at `end` or with its last part.
    fn close(&mut self, end: usize) {
        let Some(Collection { span, properties, parts }) = self.open.pop() else { return };
        let span = Span { start: span.start, end: span.end.max(end) };
        let kind = match parts {
            Parts::Sequence(elements) => NodeKind::Array(elements),
            Parts::Mapping(members, _) => NodeKind::Object(merged(members)),
        };
        let tag = properties.tag.filter(|tag| matches!(tag, Meaning::Function(..)));
        let node = called(tag, Node { span, kind });
        self.remember(properties.anchor, &node);
        self.add(Complete { node, key: None });
    }

    /// Adds a node to the innermost collection.
    fn add(&mut self, complete: Complete<'t>) {
        let Complete { node, key } = complete;
        let Some(collection) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        // The places of an alias's copy are elsewhere, but then `alias` has counted the alias itself.
        if node.span.end >= collection.span.start {
            collection.span.end = collection.span.end.max(node.span.end);
        }
        match &mut collection.parts {
            Parts::Sequence(elements) => elements.push(node),
            Parts::Mapping(members, waiting) => match std::mem::replace(waiting, Waiting::Key) {
                Waiting::Value(Some((key, key_span))) => members.push(Member { key, key_span, value: node }),
                Waiting::Value(None) => {}
                Waiting::Key => {
                    let is_scalar = key.is_some();
                    *waiting = Waiting::Value(key.map(|key| (key, node.span)));
                    if !is_scalar {
                        self.report(yaml_fault(node.span, "a key must be a scalar"));
                    }
                }
            },
        }
    }

    fn remember(&mut self, anchor: usize, node: &Node<'t>) {
        if anchor > 0 {
            let extent = Extent::of(node);
            if self.may_copy(extent) {
                self.anchors.insert(anchor, Anchor { node: node.clone(), extent });
            }
        }
    }

    fn may_copy(&mut self, extent: Extent) -> bool {
        self.copied = self.copied.saturating_add(extent.bytes);
        self.copied <= MAX_COPIED
    }

    /// Adds a copy of what an alias stands for.
    fn alias(&mut self, anchor: usize, span: Span) -> bool {
        let extent = self.anchors.get(&anchor).map(|anchor| anchor.extent);
        let fault = match extent {
            Some(extent) if self.open.len() + extent.depth > MAX_DEPTH => Some(too_deep(span)),
            Some(extent) if self.may_copy(extent) => None,
            _ if self.copied > MAX_COPIED => {
                let message = "the definition is too large with its aliases replaced by what they stand for";
                Some(Fault::new(Code::DEFINITION_TOO_LARGE, span, message))
            }
            _ => Some(yaml_fault(span, "an alias cannot stand for what it is a part of")),
        };
        if let Some(fault) = fault {
            self.report(fault);
            return false;
        }
        if let Some(node) = self.anchors.get(&anchor).map(|anchor| anchor.node.clone()) {
            if let Some(collection) = self.open.last_mut() {
                collection.span.end = collection.span.end.max(span.end);
            }
            let key = node.as_str().map(|key| Cow::Owned(key.to_owned()));
            self.add(Complete { node, key });
        }
        true
    }
}

/// A call of the function that a tag names, with `argument`; without such a tag `argument` itself.
fn called(meaning: Option<Meaning>, argument: Node<'_>) -> Node<'_> {
    let Some(Meaning::Function(key, key_span)) = meaning else { return argument };
    let span = Span { start: key_span.start.min(argument.span.start), end: argument.span.end };
    Node { span, kind: NodeKind::Object(vec![Member { key: key.into(), key_span, value: argument }]) }
}

/// The members, with those that `<<` merges: they give way to members of the mapping itself.
fn merged(members: Vec<Member<'_>>) -> Vec<Member<'_>> {
    let merges = |member: &Member<'_>| member.key == "<<" && member.value.as_str().is_none();
    if !members.iter().any(merges) {
        return members;
    }
    let (merging, mut members): (Vec<_>, Vec<_>) = members.into_iter().partition(merges);
    let mut keys: BTreeSet<Cow<'_, str>> = members.iter().map(|member| member.key.clone()).collect();
    let sources = merging.into_iter().flat_map(|member| match member.value.kind {
        NodeKind::Array(elements) => elements.into_iter().map(|element| element.kind).collect(),
        kind => vec![kind],
    });
    for source in sources {
        let NodeKind::Object(inherited) = source else { continue };
        members.extend(inherited.into_iter().filter(|member| keys.insert(member.key.clone())));
    }
    members
}

impl Collection<'_> {
    fn is_empty(&self) -> bool {
        match &self.parts {
            Parts::Sequence(elements) => elements.is_empty(),
            Parts::Mapping(members, _) => members.is_empty(),
        }
    }
}

impl Extent {
    /// What a node itself takes, besides its text.
    const NODE: usize = 16;

    fn of(node: &Node<'_>) -> Self {
        let within = |parts: &mut dyn Iterator<Item = Self>| {
            parts.fold(Self { depth: 1, bytes: Self::NODE }, |whole, part| Self {
                depth: whole.depth.max(part.depth + 1),
                bytes: whole.bytes + part.bytes,
            })
        };
        match &node.kind {
            NodeKind::Array(elements) => within(&mut elements.iter().map(Self::of)),
            NodeKind::Object(members) => within(&mut members.iter().map(|member| {
                let value = Self::of(&member.value);
                Self { depth: value.depth, bytes: value.bytes + member.key.len() }
            })),
            NodeKind::String(text) => Self { depth: 0, bytes: Self::NODE + text.len() },
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => Self { depth: 0, bytes: Self::NODE },
        }
    }
}
