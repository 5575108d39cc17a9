//! CloudFormation's intrinsic functions, where they stand for a part of a definition.

use std::collections::BTreeSet;

use crate::placeholder;
use crate::syntax::{MAX_SIZE, Member, Node, NodeKind};

/// The function that `node` calls, by its long name, and its argument.
pub(super) fn call<'n>(node: &'n Node<'n>) -> Option<(&'n str, &'n Node<'n>)> {
    match node.as_object()? {
        [member] if is_function(&member.key) => Some((&member.key, &member.value)),
        _ => None,
    }
}

fn is_function(name: &str) -> bool {
    name.starts_with("Fn::") || matches!(name, "Ref" | "Condition")
}

/// The text that `node` is, if the template says all of it.
pub(super) fn literal(node: &Node<'_>) -> Option<String> {
    let text = match (&node.kind, call(node)) {
        (NodeKind::String(text), _) => text.clone().into_owned(),
        (NodeKind::Number(_) | NodeKind::Bool(_), _) => node.to_string(),
        (_, Some(("Fn::Sub", argument))) => substituted(argument.as_str()?),
        _ => return None,
    };
    placeholder::find(&text).is_none().then_some(text)
}

/// What `Fn::Sub` leaves of the text besides its placeholders: `${!Name}` is `${Name}`.
fn substituted(text: &str) -> String {
    text.replace("${!", "${")
}

/// The placeholder that stands for a call, with the name that `Fn::Sub` would use for the same.
pub(super) fn placeholder(name: &str, argument: &Node<'_>) -> String {
    let written = match (name, &argument.kind) {
        ("Ref" | "Fn::GetAtt", NodeKind::String(text)) => text.clone().into_owned(),
        ("Fn::GetAtt", NodeKind::Array(parts)) => parts.iter().filter_map(Node::as_str).collect::<Vec<_>>().join("."),
        _ => name.to_owned(),
    };
    placeholder::named(&written)
}

/// The string that is the argument of `Fn::Sub`, and the values given to it.
pub(super) fn sub<'n>(argument: &'n Node<'n>) -> Option<(&'n Node<'n>, &'n [Member<'n>])> {
    let (text, values) = match argument.as_array() {
        Some([text, values]) => (text, values.as_object()?),
        _ => (argument, [].as_slice()),
    };
    text.as_str().is_some().then_some((text, values))
}

/// The delimiter and the parts of `Fn::Join`.
pub(super) fn join<'n>(argument: &'n Node<'n>) -> Option<(&'n Node<'n>, &'n [Node<'n>])> {
    match argument.as_array()? {
        [delimiter, parts] if delimiter.as_str().is_some() => Some((delimiter, parts.as_array()?)),
        _ => None,
    }
}

/// `node` with placeholders for the calls in it; `rewritten` takes the starts of strings that are other than written.
pub(super) fn resolved<'t>(node: &Node<'t>, rewritten: &mut BTreeSet<usize>) -> Node<'t> {
    if let Some((name, argument)) = call(node) {
        return resolved_call(name, argument, node, rewritten);
    }
    let kind = match &node.kind {
        NodeKind::Array(elements) => {
            NodeKind::Array(elements.iter().map(|element| resolved(element, rewritten)).collect())
        }
        NodeKind::Object(members) => {
            NodeKind::Object(members.iter().map(|member| resolved_member(member, rewritten)).collect())
        }
        kind => kind.clone(),
    };
    Node { span: node.span, kind }
}

fn resolved_member<'t>(member: &Member<'t>, rewritten: &mut BTreeSet<usize>) -> Member<'t> {
    // `Fn::ForEach::…` and `Fn::Transform` among other members stand for members that are not known.
    let (key, value) = if member.key.starts_with("Fn::") {
        let unknown = placeholder::named(&member.key);
        (unknown.clone().into(), Node { span: member.value.span, kind: NodeKind::String(unknown.into()) })
    } else {
        (member.key.clone(), resolved(&member.value, rewritten))
    };
    Member { key, key_span: member.key_span, value }
}

fn resolved_call(name: &str, argument: &Node<'_>, node: &Node<'_>, rewritten: &mut BTreeSet<usize>) -> Node<'static> {
    if let ("Fn::Sub", Some((string, _))) = (name, sub(argument)) {
        let text = string.as_str().unwrap_or_default();
        if text.contains("${!") {
            rewritten.insert(string.span.start);
        }
        return Node { span: string.span, kind: NodeKind::String(substituted(text).into()) };
    }
    rewritten.insert(node.span.start);
    Node { span: node.span, kind: NodeKind::String(text_of_call(name, argument).into()) }
}

/// The text that a call is known to be, with placeholders for the rest.
fn text_of_call(name: &str, argument: &Node<'_>) -> String {
    let Some((delimiter, parts)) = join(argument).filter(|_| name == "Fn::Join") else {
        return placeholder(name, argument);
    };
    let text = |part: &Node<'_>| match (call(part), part.as_str()) {
        (Some(("Fn::Sub", argument)), _) => {
            sub(argument).and_then(|(string, _)| string.as_str()).map(substituted).unwrap_or_default()
        }
        (Some((name, argument)), _) => text_of_call(name, argument),
        (None, Some(text)) => text.to_owned(),
        (None, None) => placeholder::named("Fn::Join"),
    };
    let mut joined = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            joined.push_str(delimiter.as_str().unwrap_or_default());
        }
        joined.push_str(&text(part));
        if joined.len() > MAX_SIZE {
            return placeholder(name, argument);
        }
    }
    joined
}
