//! Objects that have the same key twice.

use std::collections::HashMap;

use super::{Member, Node, NodeKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{JsonPointer, Source, Span};

/// How many members an object may have for which comparing each with each is faster than an index.
const FEW: usize = 16;

/// A [`Code::DUPLICATE_KEY`] for every key under `root` that its object already has, with a label at the first one.
///
/// JSON leaves open what such an object means; here the last member would count, and the others be lost silently.
pub fn duplicate_keys(root: &Node<'_>, source: &Source<'_>) -> Diagnostics {
    let mut found = Vec::new();
    collect(root, &Path::Root, source, &mut found);
    found.into_iter().collect()
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

fn collect(node: &Node<'_>, path: &Path<'_>, source: &Source<'_>, found: &mut Vec<Diagnostic>) {
    match &node.kind {
        NodeKind::Object(members) => {
            for_each_duplicate(members, |member, first_span| {
                let pointer = Path::Member(path, &member.key).pointer();
                found.push(
                    Diagnostic::new(
                        Code::DUPLICATE_KEY,
                        source.location(pointer.clone(), member.key_span),
                        format!("the key `{}` is already in this object", member.key),
                    )
                    .with_label(source.location(pointer, first_span), "first here")
                    .with_help("remove or rename one of them"),
                );
            });
            for member in members {
                collect(&member.value, &Path::Member(path, &member.key), source, found);
            }
        }
        NodeKind::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                collect(element, &Path::Element(path, index), source, found);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {}
    }
}

/// Calls `report` with every member whose key an earlier one has, and with the place of the first of them.
fn for_each_duplicate<'a>(members: &'a [Member<'a>], mut report: impl FnMut(&'a Member<'a>, Span)) {
    if members.len() <= FEW {
        for (index, member) in members.iter().enumerate() {
            if let Some(first) = members.iter().take(index).find(|earlier| earlier.key == member.key) {
                report(member, first.key_span);
            }
        }
        return;
    }
    let mut first_spans = HashMap::with_capacity(members.len());
    for member in members {
        let first_span = *first_spans.entry(&*member.key).or_insert(member.key_span);
        if first_span != member.key_span {
            report(member, first_span);
        }
    }
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
        let many = (10..10 + FEW).map(|name| format!(r#""{name}":0"#)).collect::<Vec<_>>().join(",");
        check(&format!(r#"{{{many},"10":1,"10":2}}"#), &[("/10", 113, 1), ("/10", 120, 1)]);
    }
}
