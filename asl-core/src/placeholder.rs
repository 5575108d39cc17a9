//! `${placeholders}`: parts of a definition that CloudFormation, SAM or Terraform fill in before AWS sees it.
//!
//! A string with a placeholder is known only in part, a value that is one not at all.
//! This module finds them, keeps them from disturbing the notation around them, and puts their values in;
//! what is left unchecked because of them is for `definition` to say.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::source::{Source, Span};
use crate::syntax::{self, Member, Node, NodeKind, Notation};

/// What `${…}` in a definition means; exhaustive, it is the one or the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Placeholders {
    /// Itself, as AWS sees it.
    #[default]
    Literal,
    /// Something that is filled in later: it is checked only as far as it is known.
    ///
    /// Understood are `${Name}` of CloudFormation and SAM, in values and in keys, `${expression}` of Terraform, outside
    /// of strings too, and Terraform's directives, `%{if …}`.
    /// Between JSONata's marks only a name is a placeholder: `${Name}`, `${Resource.Attribute}`, `${AWS::Region}`.
    Understood,
}

/// The longest placeholder, in bytes; what is longer is no placeholder.
const MAX_LENGTH: usize = 1024;
/// How many beginnings of placeholders without an end are looked into before the rest of a text is taken for literal.
const MAX_UNCLOSED: usize = 100;

/// Where the first placeholder or directive in `text`, a string or key of a definition, stands.
pub(crate) fn find(text: &str) -> Option<Range<usize>> {
    each(text).next()
}

/// Where placeholders and directives in `text` stand, those inside of others too.
fn each(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_jsonata = text.starts_with("{%");
    let begins = move |at: &usize| text.get(*at..).is_some_and(|rest| rest.starts_with("${") || rest.starts_with("%{"));
    let starts = text.match_indices('{').filter_map(|(brace, _)| brace.checked_sub(1)).filter(begins);
    starts.take(MAX_UNCLOSED).filter_map(move |start| {
        let rest = text.get(start..)?;
        let length = if is_jsonata { named_length(rest) } else { length(rest) };
        length.map(|length| start..start + length)
    })
}

/// Whether `text` is one placeholder and nothing else.
pub(crate) fn is_whole(text: &str) -> bool {
    text.starts_with('$') && find(text) == Some(0..text.len())
}

/// The length of the placeholder or directive that `text` begins with.
pub(crate) fn length(text: &str) -> Option<usize> {
    let content = text.strip_prefix("${").or_else(|| text.strip_prefix("%{"))?;
    let is_literal = content.starts_with(['!', '}']);
    if is_literal { None } else { closing(content).map(|end| "${".len() + end + "}".len()) }
}

/// As [`length`], where only a name makes a placeholder: letters, digits, `_`, `-`, `.` and `::`.
fn named_length(text: &str) -> Option<usize> {
    let content = text.strip_prefix("${")?;
    let (name, _) = content.split_once('}')?;
    is_name(name).then(|| "${".len() + name.len() + "}".len())
}

fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !name.is_empty() && name.split("::").all(|part| !part.is_empty() && part.bytes().all(is_letter))
}

/// The placeholder called `name`, as far as that can be a name.
pub(crate) fn named(name: &str) -> String {
    format!("${{{}}}", if is_name(name) { name } else { "Unknown" })
}

/// Where the brace closes that was opened before `content`; the strings of a Terraform expression are passed over.
fn closing(content: &str) -> Option<usize> {
    let mut depth = 1_usize;
    let mut in_string = false;
    let mut is_escaped = false;
    for (at, byte) in content.bytes().enumerate().take(MAX_LENGTH) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// `text` with as many bytes, in which Terraform's expressions and directives do not disturb the notation around them.
///
/// Directives outside of strings become blanks; in JSON, the strings inside of an expression lose their quotes and braces.
pub(crate) fn mask(text: &str, notation: Notation) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied = 0;
    let mut in_string = false;
    let mut seen = 0;
    let mut unclosed = 0;
    for (brace, _) in text.match_indices('{') {
        let Some(start) = brace.checked_sub(1).filter(|start| *start >= seen) else { continue };
        let (Some(rest), Some(before)) = (text.get(start..), text.get(seen..start)) else { continue };
        in_string ^= notation == Notation::Json && has_lone_quote(before);
        seen = start;
        let begins_line =
            || text.get(..start).is_some_and(|before| before.trim_end_matches([' ', '\t']).ends_with('\n'));
        let may_be_directive = is_directive(rest) && !in_string && (notation == Notation::Json || begins_line());
        if unclosed == MAX_UNCLOSED || !(may_be_directive || (notation == Notation::Json && is_expression(rest))) {
            continue;
        }
        let Some(written) = length(rest).and_then(|length| rest.get(..length)) else {
            unclosed += 1;
            continue;
        };
        let replacement = if may_be_directive {
            written.chars().map(blank).collect::<String>()
        } else if written.contains('"') && !written.contains("\\\"") {
            without_strings(written)
        } else {
            continue;
        };
        masked.push_str(text.get(copied..start).unwrap_or_default());
        masked.push_str(&replacement);
        copied = start + written.len();
        seen = copied;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(masked)
}

/// Whether a string begins or ends in `text`, a part of JSON, more often than the other way round.
fn has_lone_quote(text: &str) -> bool {
    let mut is_escaped = false;
    let is_quote = |byte: &u8| {
        let counts = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        counts
    };
    text.as_bytes().iter().copied().filter(is_quote).count() % 2 == 1
}

const DIRECTIVES: &[&str] = &["if", "else", "endif", "for", "endfor"];

fn is_directive(text: &str) -> bool {
    let word = text.strip_prefix("%{").map(|content| content.trim_start_matches('~').trim_start());
    word.is_some_and(|word| {
        let end = word.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(word.len());
        DIRECTIVES.contains(&word.get(..end).unwrap_or_default())
    })
}

/// A blank that takes as many bytes as `character`; line breaks stay.
fn blank(character: char) -> &'static str {
    match character.len_utf8() {
        1 if character == '\n' => "\n",
        length => "    ".get(..length).unwrap_or_default(),
    }
}

/// Whether an expression of Terraform can begin here; JSONata's own `${` goes on with a quote as a rule.
fn is_expression(text: &str) -> bool {
    let content = text.strip_prefix("${").map(|content| content.trim_start_matches(['~', ' ']));
    content.is_some_and(|content| content.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'))
}

fn without_strings(written: &str) -> String {
    let mut in_string = false;
    let mask = |letter: char| match letter {
        '"' => {
            in_string = !in_string;
            '\''
        }
        '{' if in_string => '(',
        '}' if in_string => ')',
        _ => letter,
    };
    written.chars().map(mask).collect()
}

/// Adds the placeholders in the strings and keys under `node`, as they are written.
fn collect(node: &Node<'_>, found: &mut BTreeSet<String>) {
    match &node.kind {
        NodeKind::String(text) => collect_from(text, found),
        NodeKind::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        NodeKind::Object(members) => {
            for member in members {
                collect_from(&member.key, found);
                collect(&member.value, found);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
    }
}

fn collect_from(text: &str, found: &mut BTreeSet<String>) {
    let mut end = 0;
    for range in each(text) {
        // What is inside of another placeholder is a part of that.
        if range.start >= end {
            end = range.end;
            found.insert(text.get(range).unwrap_or_default().to_owned());
        }
    }
}

/// The values of placeholders, by name.
pub(crate) type Substitutions = BTreeMap<String, String>;

/// `text` with what `values` has for its placeholders; `None` if that changes nothing.
pub(crate) fn substitute(text: &str, values: &Substitutions) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    let mut is_changed = false;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| Some((values.get(name)?, after)));
        if let Some((value, after)) = value {
            filled.push_str(value);
            rest = after;
            is_changed = true;
        } else {
            filled.push_str("${");
            rest = after;
        }
    }
    filled.push_str(rest);
    is_changed.then_some(filled)
}

/// What values did to a tree.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    /// Where the strings begin that are other than written.
    pub(crate) rewritten: BTreeSet<usize>,
    /// The placeholders that are left, as they are written: with one the tree is no definition yet.
    pub(crate) open: BTreeSet<String>,
}

/// What CloudFormation itself knows about a deployment, with examples: they have the shape that counts.
const PSEUDO_PARAMETERS: [(&str, &str); 4] = [
    ("AWS::AccountId", "123456789012"),
    ("AWS::Partition", "aws"),
    ("AWS::Region", "us-east-1"),
    ("AWS::URLSuffix", "amazonaws.com"),
];

/// Puts `values` into the strings and keys under `node`, and examples where every value would do.
///
/// Outside of quotes in `source` a value is the text of any JSON value; without a source all values are text.
pub(crate) fn fill_in(node: &mut Node<'_>, values: &Substitutions, source: Option<&Source<'_>>) -> Filled {
    let mut rewritten = BTreeSet::new();
    if !values.is_empty() {
        fill(node, values, source, &mut rewritten);
    }
    let mut open = BTreeSet::new();
    collect(node, &mut open);
    if !open.is_empty() {
        let examples = PSEUDO_PARAMETERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        fill(node, &Substitutions::from(examples), None, &mut rewritten);
    }
    Filled { rewritten, open }
}

fn fill(node: &mut Node<'_>, values: &Substitutions, source: Option<&Source<'_>>, rewritten: &mut BTreeSet<usize>) {
    match &mut node.kind {
        NodeKind::String(text) => {
            let Some(filled) = substitute(text, values) else { return };
            rewritten.insert(node.span.start);
            let is_bare = source.is_some_and(|source| source.text_at(node.span).starts_with("${"));
            match syntax::parse(&filled) {
                (Some(value), diagnostics) if is_bare && diagnostics.is_empty() => *node = placed(value, node.span),
                _ => *text = filled.into(),
            }
        }
        NodeKind::Array(elements) => elements.iter_mut().for_each(|element| fill(element, values, source, rewritten)),
        NodeKind::Object(members) => {
            for member in members {
                if let Some(filled) = substitute(&member.key, values) {
                    rewritten.insert(member.key_span.start);
                    member.key = filled.into();
                }
                fill(&mut member.value, values, source, rewritten);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
    }
}

/// The same value, all of which stands at `span`.
fn placed(node: Node<'_>, span: Span) -> Node<'static> {
    let kind = match node.kind {
        NodeKind::Array(elements) => {
            NodeKind::Array(elements.into_iter().map(|element| placed(element, span)).collect())
        }
        NodeKind::Object(members) => {
            let member = |member: Member<'_>| Member {
                key: member.key.into_owned().into(),
                key_span: span,
                value: placed(member.value, span),
            };
            NodeKind::Object(members.into_iter().map(member).collect())
        }
        NodeKind::String(text) => NodeKind::String(text.into_owned().into()),
        NodeKind::Null => NodeKind::Null,
        NodeKind::Bool(boolean) => NodeKind::Bool(boolean),
        NodeKind::Number(number) => NodeKind::Number(number),
    };
    Node { span, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_where_they_can_be() {
        for (text, expected) in [
            ("${Name}", Some("${Name}")),
            ("arn:${AWS::Partition}:states:::x", Some("${AWS::Partition}")),
            ("$.a.${Field}.b", Some("${Field}")),
            ("${jsonencode({a = \"}\"})}", Some("${jsonencode({a = \"}\"})}")),
            ("a %{if x}b%{endif}", Some("%{if x}")),
            ("${!Literal}", None),
            ("${}", None),
            ("${open", None),
            ("$.a", None),
            ("{% ${Name} %}", Some("${Name}")),
            ("{% $states.input.${A.B-c}.x %}", Some("${A.B-c}")),
            ("{% '${AWS::Region}' %}", Some("${AWS::Region}")),
            ("{% $.a${ \"k\": v } %}", None),
            ("{% $.a${k:v} %}", None),
            ("{%{\"a\": 1}%}", None),
        ] {
            assert_eq!(find(text).and_then(|range| text.get(range)), expected, "{text}");
        }
    }

    #[test]
    fn what_is_left_is_told_once_each_and_as_written() {
        let text = r#"{"${Key}": ["${b}-${a}", "${a}", {"x": "${f({k = "${c}"})}"}, "${!d}", 1, "${Filled}"]}"#;
        let text = mask(text, Notation::Json);
        let mut root = syntax::parse_as(&text, Notation::Json, syntax::Dialect::WithPlaceholders).0.unwrap();
        let values = Substitutions::from([("Filled".to_owned(), "yes".to_owned())]);
        let open = fill_in(&mut root, &values, None).open;
        assert_eq!(Vec::from_iter(open), ["${Key}", "${a}", "${b}", "${f({k = '$(c)'})}"]);
    }

    #[test]
    fn only_a_placeholder_alone_is_whole() {
        for (text, expected) in [("${a}", true), ("${f({})}", true), ("${a}${b}", false), ("x${a}", false), ("", false)]
        {
            assert_eq!(is_whole(text), expected, "{text}");
        }
    }

    #[test]
    fn masking_keeps_every_place() {
        for (text, expected) in [
            (r#"{"a": "${x}"}"#, r#"{"a": "${x}"}"#),
            (r#"{"a": "${lookup(m, "k}")}"}"#, r#"{"a": "${lookup(m, 'k)')}"}"#),
            (r#"{"a": "x%{ if a }y%{ endif }\""} %{ if b }"#, r#"{"a": "x%{ if a }y%{ endif }\""}          "#),
            ("[%{ for é in l ~}\n1,%{ endfor }]", "[                 \n1,           ]"),
            (r#"{"a": "{% $${\"k\": v} %}"}"#, r#"{"a": "{% $${\"k\": v} %}"}"#),
        ] {
            let masked = mask(text, Notation::Json);
            assert_eq!(masked, expected);
            assert_eq!(masked.len(), text.len());
        }
        let text = "a:\n  %{ if b }\n  - '${f(\"x\")} %{ if c }'";
        assert_eq!(mask(text, Notation::Yaml), "a:\n           \n  - '${f(\"x\")} %{ if c }'");
    }

    #[test]
    fn values_are_put_in_once() {
        let values = Substitutions::from([("A".to_owned(), "${B}".to_owned()), ("B".to_owned(), "2".to_owned())]);
        for (text, expected) in [("${A}-${B}", Some("${B}-2")), ("${C}${B}", Some("${C}2")), ("${", None), ("a", None)]
        {
            assert_eq!(substitute(text, &values).as_deref(), expected, "{text}");
        }
    }
}
