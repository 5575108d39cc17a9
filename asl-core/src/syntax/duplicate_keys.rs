//! Objects that have the same key twice.

use std::collections::BTreeMap;

use super::{Node, NodeKind, jackson};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{JsonPointer, Source, Span};

/// A [`Code::DUPLICATE_KEY`] for every key under `root` that its object already has, with a label at the first one.
///
/// JSON leaves open what such an object means; here the last member would count, and the others be lost silently.
pub fn duplicate_keys(root: &Node, source: &Source<'_>) -> Diagnostics {
    let mut found = Vec::new();
    collect(root, &JsonPointer::default(), source, &mut found);
    found.into_iter().collect()
}

fn collect(node: &Node, pointer: &JsonPointer, source: &Source<'_>, found: &mut Vec<Diagnostic>) {
    match &node.kind {
        NodeKind::Object(members) => {
            let mut first_spans: BTreeMap<&str, Span> = BTreeMap::new();
            for member in members {
                let pointer = pointer.member(&member.key);
                let first_span = *first_spans.entry(&member.key).or_insert(member.key_span);
                if first_span != member.key_span {
                    found.push(
                        Diagnostic::new(
                            Code::DUPLICATE_KEY,
                            source.location(pointer.clone(), member.key_span),
                            format!("the key `{}` is already in this object", member.key),
                        )
                        .with_label(source.location(pointer.clone(), first_span), "first here")
                        .with_help("remove or rename one of them")
                        .with_aws(jackson::aws_form(
                            &format!("Duplicate field '{}'", member.key),
                            member.key_span.end,
                            source,
                        )),
                    );
                }
                collect(&member.value, &pointer, source, found);
            }
        }
        NodeKind::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                collect(element, &pointer.element(index), source, found);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {}
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
}
