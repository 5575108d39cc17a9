//! Objects that have the same key twice.

use super::{MAX_FAULTS, Member, Node, NodeKind, jackson};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name_map::{NameMap, NameSet};
use crate::source::{JsonPointer, Source, Span};

/// A [`Code::DUPLICATE_KEY`] for every key under `root` that its object already has, with a label at the first one.
///
/// No more than [`MAX_FAULTS`] are reported.
/// JSON leaves open what such an object means; here the last member would count, and the others be lost silently.
pub fn duplicate_keys(root: &Node<'_>, source: &Source<'_>) -> Diagnostics {
    let mut search = Search { source, found: Vec::new() };
    search.node(root, &Path::Root);
    search.found.into_iter().collect()
}

struct Search<'a> {
    source: &'a Source<'a>,
    found: Vec<Diagnostic>,
}

/// Where a node stands; the pointer is written for duplicates only.
enum Path<'a> {
    Root,
    Member(&'a Self, &'a str),
    Element(&'a Self, usize),
}

impl Path<'_> {
    fn pointer(&self) -> JsonPointer {
        match self {
            Self::Root => JsonPointer::default(),
            Self::Member(object, key) => object.pointer().member(key),
            Self::Element(array, index) => array.pointer().element(*index),
        }
    }
}

impl Search<'_> {
    fn node(&mut self, node: &Node<'_>, path: &Path<'_>) {
        match &node.kind {
            NodeKind::Object(members) => {
                self.keys(members, path);
                for member in members {
                    self.node(&member.value, &Path::Member(path, &member.key));
                }
            }
            NodeKind::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.node(element, &Path::Element(path, index));
                }
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {}
        }
    }

    fn keys(&mut self, members: &[Member<'_>], object: &Path<'_>) {
        if are_surely_different(members) {
            return;
        }
        let mut first_spans: NameMap<'_, Span> = NameMap::with_capacity(members.len());
        for member in members {
            let Some(first_span) = first_spans.add(&member.key, member.key_span) else { continue };
            if self.found.len() == MAX_FAULTS {
                return;
            }
            let pointer = Path::Member(object, &member.key).pointer();
            self.found.push(
                Diagnostic::new(
                    Code::DUPLICATE_KEY,
                    self.source.location(pointer.clone(), member.key_span),
                    format!("the key `{}` is already in this object", member.key),
                )
                .with_label(self.source.location(pointer, first_span), "first here")
                .with_help("remove or rename one of them")
                .with_aws(jackson::aws_form(
                    &format!("Duplicate field '{}'", member.key),
                    member.key_span.end,
                    self.source,
                )),
            );
        }
    }
}

/// Whether already a look at each key tells that no two are equal.
fn are_surely_different(members: &[Member<'_>]) -> bool {
    let mut seen = NameSet::default();
    members.iter().all(|member| seen.add(&member.key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    fn check(text: &str, expected: &[(&str, usize, usize)]) {
        let root = parse(text).0.unwrap();
        let found: Vec<(String, usize, usize)> = duplicate_keys(&root, &Source::new("test", text))
            .iter()
            .map(|diagnostic| {
                let first = diagnostic.labels[0].0.span.start;
                (diagnostic.location.pointer.to_string(), diagnostic.location.span.start, first)
            })
            .collect();
        let expected: Vec<_> = expected.iter().map(|(pointer, at, first)| (pointer.to_string(), *at, *first)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_later_duplicate_is_reported_with_the_first() {
        check(r#"{"a":1,"b":{"a":2}}"#, &[]);
        check(r#"{"a":1,"a":2,"a":3}"#, &[("/a", 7, 1), ("/a", 13, 1)]);
        check(r#"[{"x":{"k":1,"k":2}}]"#, &[("/0/x/k", 13, 7)]);
        check(r#"{"a":{"b":1,"b":2},"a":3}"#, &[("/a/b", 12, 6), ("/a", 19, 1)]);
        check(r#"{"a":1,"\u0061":2}"#, &[("/a", 7, 1)]);
    }

    #[test]
    fn duplicates_are_found_in_large_objects() {
        let many = (10..30).map(|name| format!(r#""{name}":0"#)).collect::<Vec<_>>().join(",");
        check(&format!(r#"{{{many},"10":1,"10":2}}"#), &[("/10", 141, 1), ("/10", 148, 1)]);
    }

    #[test]
    fn many_duplicates_are_reported_in_part() {
        let text = format!("{{{}}}", vec![r#""a":1"#; 2 * MAX_FAULTS].join(","));
        let root = parse(&text).0.unwrap();
        assert_eq!(duplicate_keys(&root, &Source::new("test", &text)).len(), MAX_FAULTS);
    }
}
