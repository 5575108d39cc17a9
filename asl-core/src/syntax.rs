//! JSON and YAML text as a tree that knows where everything stands.
//!
//! [`parse`] cannot fail: it keeps what it can read, duplicate keys and order included, and reports every fault
//! with its place.
//! It accepts exactly what [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) allows; everything else is a fault,
//! though much of it is understood all the same (a missing comma, a comment, single quotes, an unquoted word),
//! so that one slip does not hide the faults after it.
//! Of YAML, which definitions may be written in too, it makes the same tree, up to the first fault of the grammar.
//! What the tree means is not its business.

mod duplicate_keys;
mod jackson;
mod lexer;
mod parser;
mod places;
mod print;
#[cfg(test)]
mod properties;
mod yaml;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::duplicate_keys::duplicate_keys;
pub(crate) use self::places::{StringPlaces, is_quoted};
use crate::diagnostic::{Code, Diagnostics, Fault};
use crate::source::{JsonPointer, Span};
use crate::value::{Number, Value};

/// The largest definition in bytes, which is AWS's limit.
pub const MAX_SIZE: usize = 1_048_576;

/// How deep objects and arrays may be nested.
///
/// A state inside of a Parallel state lies four levels below it, so this leaves room for 30 levels of states,
/// while the recursion of every later stage stays small.
/// It is the limit of `serde_json` too, which reads the payloads.
pub const MAX_DEPTH: usize = 127;

/// How many faults are reported before the rest of the text is given up.
pub const MAX_FAULTS: usize = 100;

/// Reads JSON. Cannot fail: what cannot be read is a diagnostic, and `None` where nothing could be saved.
///
/// When there is no diagnostic, the tree is there and is the text.
/// A text over [`MAX_SIZE`] is not read at all; what is nested deeper than [`MAX_DEPTH`] is left out of the tree;
/// after [`MAX_FAULTS`] faults reading stops.
///
/// # Examples
///
/// ```
/// use asl_core::syntax::parse;
///
/// let (root, diagnostics) = parse(r#"{"StartAt": "A" "States": {}}"#);
/// assert_eq!(root.unwrap().get("StartAt").unwrap().as_str(), Some("A"));
/// let missing_comma = diagnostics.iter().next().unwrap();
/// assert_eq!(missing_comma.location.position.to_string(), "1:17");
/// ```
pub fn parse(text: &str) -> (Option<Node<'_>>, Diagnostics) {
    parse_as(text, Notation::Json, Dialect::Plain)
}

/// The notation of a text; exhaustive, definitions come in these two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notation {
    /// [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259).
    #[default]
    Json,
    /// [YAML 1.2](https://yaml.org/spec/1.2.2/).
    Yaml,
}

/// What a text may have besides its notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Plain,
    /// In JSON, placeholders where a value can stand.
    WithPlaceholders,
    /// In YAML, a tag for each function of CloudFormation: `!Sub x` is `{"Fn::Sub": "x"}`; and `yes` is a boolean.
    CloudFormation,
}

/// Reads a text with the limits of [`parse`]; nothing after the first fault of YAML's grammar is read.
pub(crate) fn parse_as(text: &str, notation: Notation, dialect: Dialect) -> (Option<Node<'_>>, Diagnostics) {
    match notation {
        Notation::Json => parser::parse(text, dialect),
        Notation::Yaml => yaml::parse(text, dialect),
    }
}

/// The fault of a text that is larger than [`MAX_SIZE`].
fn too_large(text: &str) -> Option<Fault> {
    // Whoever read the text may have stopped at the limit.
    let message = || format!("the definition has more than {MAX_SIZE} bytes, the most it may have");
    (text.len() > MAX_SIZE).then(|| Fault::new(Code::DEFINITION_TOO_LARGE, Span::empty(0), message()))
}

/// The fault of what is nested deeper than [`MAX_DEPTH`].
fn too_deep(span: Span) -> Fault {
    let message = format!("objects and arrays are nested more than {MAX_DEPTH} levels deep");
    Fault::new(Code::TOO_DEEPLY_NESTED, span, message)
}

/// A JSON value with its place in the text, whose strings it borrows where they have no escapes.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'t> {
    /// Where the value stands, quotes and brackets included.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind<'t>,
}

/// The kinds of JSON value; exhaustive, there are no others.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "JSON's own words")]
pub enum NodeKind<'t> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'t, str>),
    Array(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<'t> {
    /// The key.
    pub key: Cow<'t, str>,
    /// Where the key stands, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    /// JSON's word for the kind of this value: `null`, `boolean`, `number`, `string`, `array` or `object`.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "boolean",
            NodeKind::Number(_) => "number",
            NodeKind::String(_) => "string",
            NodeKind::Array(_) => "array",
            NodeKind::Object(_) => "object",
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, NodeKind::Null)
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            NodeKind::Bool(boolean) => Some(boolean),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<Number> {
        match self.kind {
            NodeKind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.kind {
            NodeKind::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members as they were written, if this is an object.
    pub fn as_object(&self) -> Option<&[Member<'t>]> {
        match &self.kind {
            NodeKind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member called `key`, the last one if there are several.
    pub fn member(&self, key: &str) -> Option<&Member<'t>> {
        self.as_object()?.iter().rfind(|member| member.key == key)
    }

    /// The value of the member called `key`, the last one if there are several.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.member(key).map(|member| &member.value)
    }

    /// The node that `pointer` points to when this is the root.
    pub fn resolve(&self, pointer: &JsonPointer) -> Option<&Self> {
        pointer.tokens().try_fold(self, |node, token| match &node.kind {
            NodeKind::Array(elements) if is_index(&token) => elements.get(token.parse::<usize>().ok()?),
            NodeKind::Object(_) => node.get(&token),
            _ => None,
        })
    }

    /// The pointer to the innermost member or element that holds `span` when this is the root.
    ///
    /// A key belongs to its member.
    pub fn pointer_to(&self, span: Span) -> JsonPointer {
        let mut pointer = JsonPointer::default();
        let mut node = self;
        loop {
            // In YAML an object of one member stands where the member does.
            if node.span == span {
                return pointer;
            }
            node = match &node.kind {
                NodeKind::Object(members) => {
                    let whole = |member: &&Member<'_>| {
                        Span { start: member.key_span.start, end: member.value.span.end }.contains(span)
                    };
                    let Some(member) = members.iter().find(whole) else { return pointer };
                    pointer = pointer.member(&member.key);
                    &member.value
                }
                NodeKind::Array(elements) => {
                    let Some(index) = elements.iter().position(|element| element.span.contains(span)) else {
                        return pointer;
                    };
                    pointer = pointer.element(index);
                    let Some(element) = elements.get(index) else { return pointer };
                    element
                }
                _ => return pointer,
            }
        }
    }

    /// The string that stands at `span` under this node.
    pub(crate) fn string_at(&self, span: Span) -> Option<&str> {
        if self.span == span && self.as_str().is_some() {
            return self.as_str();
        }
        let whole =
            |member: &&Member<'_>| Span { start: member.key_span.start, end: member.value.span.end }.contains(span);
        match &self.kind {
            NodeKind::Object(members) => members.iter().find(whole)?.value.string_at(span),
            NodeKind::Array(elements) => elements.iter().find(|part| part.span.contains(span))?.string_at(span),
            _ => None,
        }
    }

    /// This tree as pretty JSON text: two spaces a level, one member or element a line.
    pub fn to_pretty(&self) -> String {
        print::pretty(self)
    }
}

/// Whether RFC 6901 takes `token` for an array's index.
fn is_index(token: &str) -> bool {
    token == "0" || (!token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Compact JSON text.
impl fmt::Display for Node<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::compact(self, formatter)
    }
}

/// The value without its places; of members with the same key the last one counts.
impl From<&Node<'_>> for Value {
    fn from(node: &Node<'_>) -> Self {
        match &node.kind {
            NodeKind::Null => Self::Null,
            NodeKind::Bool(boolean) => Self::Bool(*boolean),
            NodeKind::Number(number) => Self::Number(*number),
            NodeKind::String(text) => Self::from(&**text),
            NodeKind::Array(elements) => elements.iter().map(Self::from).collect(),
            NodeKind::Object(members) => {
                Self::Object(members.iter().map(|member| (&*member.key, Self::from(&member.value))).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    /// Checks what is left of each text, `""` for nothing, and its faults as `line:column message`.
    pub(super) fn check_all(cases: &[(&str, &str, &[&str])]) {
        for (text, kept, faults) in cases {
            let (root, diagnostics) = parse(text);
            assert_eq!(root.map_or_else(String::new, |root| root.to_string()), *kept, "{text}");
            let found: Vec<String> = diagnostics
                .iter()
                .map(|diagnostic| format!("{} {}", diagnostic.location.position, diagnostic.message))
                .map(|fault| fault.replace(lexer::VALUES, "…"))
                .collect();
            assert_eq!(found, *faults, "{text}");
        }
    }

    fn codes(text: &str) -> Vec<Code> {
        parse(text).1.iter().map(|diagnostic| diagnostic.code).collect()
    }

    #[test]
    fn limits_are_diagnostics() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(codes(&nested(MAX_DEPTH)), []);
        assert_eq!(codes(&nested(MAX_DEPTH + 1)), [Code::TOO_DEEPLY_NESTED]);
        assert_eq!(codes(&nested(MAX_SIZE / 2)), [Code::TOO_DEEPLY_NESTED]);
        assert_eq!(
            codes(&format!("{}\"]]\"", "[".repeat(MAX_DEPTH + 9))).last(),
            Some(&Code::INVALID_JSON_DESCRIPTION)
        );
        assert_eq!(codes(&format!("[{}]", " ".repeat(MAX_SIZE - 2))), []);
        assert_eq!(codes(&format!("[{}]", " ".repeat(MAX_SIZE - 1))), [Code::DEFINITION_TOO_LARGE]);
        assert_eq!(codes(&"@ ".repeat(MAX_SIZE / 2)), [Code::INVALID_JSON_DESCRIPTION]);
        assert_eq!(codes(&format!("[{}", "\u{7}\"".repeat(1_000))).len(), MAX_FAULTS);
    }

    #[test]
    fn an_empty_text_is_no_definition() {
        for text in ["", " \n"] {
            assert_eq!(codes(text), [Code::NOT_AN_OBJECT]);
        }
    }

    #[test]
    fn pointers_and_spans_lead_to_each_other() {
        let text = r#"{"a": [10, {"b~/": "x"}], "c": 1}"#;
        let root = parse(text).0.unwrap();
        for (pointer, written) in
            [("", text), ("/a", r#"[10, {"b~/": "x"}]"#), ("/a/0", "10"), ("/a/1/b~0~1", r#""x""#), ("/c", "1")]
        {
            let start = text.rfind(written).unwrap();
            let span = Span::from(start..start + written.len());
            let found = root.pointer_to(span);
            assert_eq!(found.as_str(), pointer);
            assert_eq!(root.resolve(&found).map(|node| node.span), Some(span));
        }
        let key = text.find("\"c\"").unwrap();
        assert_eq!(root.pointer_to((key..key + 3).into()).as_str(), "/c");
        let nowhere = JsonPointer::default().member("a");
        for token in ["01", "+0", "2", "-", ""] {
            assert_eq!(root.resolve(&nowhere.member(token)), None, "{token}");
        }
    }

    #[test]
    fn the_last_of_duplicate_members_counts() {
        let root = parse(r#"{"a":1,"b":2,"a":3}"#).0.unwrap();
        assert_eq!(root.to_string(), r#"{"a":1,"b":2,"a":3}"#);
        assert_eq!(root.get("a").and_then(Node::as_number), Some(3.into()));
        assert_eq!(Value::from(&root).to_string(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn pretty_text_has_one_member_a_line() {
        let root = parse(r#"{"a":[],"b":{},"c":[1,{"d":null}]}"#).0.unwrap();
        insta::assert_snapshot!(root.to_pretty(), @r#"
        {
          "a": [],
          "b": {},
          "c": [
            1,
            {
              "d": null
            }
          ]
        }
        "#);
    }
}
