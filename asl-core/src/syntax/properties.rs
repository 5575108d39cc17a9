//! What holds for every text: it is survived, judged as `serde_json` judges it, and printed as it was read.

use proptest::prelude::*;

use super::*;
use crate::source::Source;

/// Trees that a text can mean; their spans mean nothing.
fn trees() -> impl Strategy<Value = Node<'static>> {
    let node = |kind| Node { span: Span::default(), kind };
    let leaf = prop_oneof![
        Just(NodeKind::Null),
        any::<bool>().prop_map(NodeKind::Bool),
        any::<i64>().prop_map(|integer| NodeKind::Number(integer.into())),
        any::<u64>().prop_map(|integer| NodeKind::Number(integer.into())),
        any::<f64>().prop_filter_map("finite", Number::from_f64).prop_map(NodeKind::Number),
        any::<String>().prop_map(|text| NodeKind::String(text.into())),
    ]
    .prop_map(node);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let member = ("[a-c\"\\\\\n]{0,2}", inner.clone());
        let member = member.prop_map(|(key, value)| Member { key: key.into(), key_span: Span::default(), value });
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(NodeKind::Array),
            proptest::collection::vec(member, 0..6).prop_map(NodeKind::Object),
        ]
        .prop_map(node)
    })
}

/// Texts made of JSON's pieces, right and wrong ones.
fn almost_json() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "'", "“", "\\", "\\u", "\\ud83d", "d800", " ", "\n",
            "\r\n", "\t", "//", "/*", "*/", "true", "nul", "-", "1", "0", ".", "e", "+", "_", "é", "🙂", "\u{feff}",
            "\u{a0}", "\u{1}", "=>",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn check_spans(node: &Node<'_>, text: &str) -> Result<(), TestCaseError> {
    let part = text.get(node.span.start..node.span.end);
    prop_assert!(part.is_some_and(|part| !part.is_empty()), "{:?}", node.span);
    for element in node.as_array().unwrap_or_default() {
        prop_assert!(node.span.contains(element.span));
        check_spans(element, text)?;
    }
    for member in node.as_object().unwrap_or_default() {
        prop_assert!(text.get(member.key_span.start..member.key_span.end).is_some());
        prop_assert!(node.span.contains(member.key_span) && member.key_span.end <= member.value.span.start);
        check_spans(&member.value, text)?;
    }
    Ok(())
}

fn check_any_text(text: &str) -> Result<(), TestCaseError> {
    let (root, diagnostics) = parse(text);
    if let Some(root) = &root {
        check_spans(root, text)?;
    }
    for diagnostic in &diagnostics {
        let places = diagnostic.labels.iter().map(|(location, _)| location);
        for location in places.chain([&diagnostic.location]) {
            prop_assert!(text.get(location.span.start..location.span.end).is_some(), "{location:?}");
        }
    }
    prop_assert!(root.is_some() || diagnostics.has_errors());
    let drawn = diagnostics.render(&Source::new("any", text)).to_string();
    prop_assert!(drawn.chars().all(|character| character == '\n' || !character.is_control()));

    match text.parse::<Value>() {
        Ok(value) => {
            prop_assert!(!diagnostics.has_errors(), "{diagnostics}");
            prop_assert_eq!(root.as_ref().map(Value::from), Some(value));
        }
        Err(error) => prop_assert!(diagnostics.has_errors(), "{error}"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_survived_and_judged_as_serde_json_does(text in any::<String>()) {
        check_any_text(&text)?;
    }

    #[test]
    fn almost_json_is_survived_and_judged_as_serde_json_does(text in almost_json()) {
        check_any_text(&text)?;
    }

    #[test]
    fn broken_json_is_survived(tree in trees(), at in any::<proptest::sample::Index>(), junk in almost_json()) {
        let text = tree.to_pretty();
        let at = (0..=at.index(text.len() + 1)).rfind(|at| text.is_char_boundary(*at)).unwrap();
        let (before, after) = text.split_at(at);
        check_any_text(before)?;
        check_any_text(&format!("{before}{junk}{after}"))?;
    }

    #[test]
    fn printing_and_parsing_are_inverse(tree in trees()) {
        let (compact, pretty) = (tree.to_string(), tree.to_pretty());
        for text in [&compact, &pretty] {
            let (root, diagnostics) = parse(text);
            prop_assert!(diagnostics.is_empty(), "{diagnostics}");
            let root = root.unwrap();
            prop_assert_eq!(&root.to_string(), &compact);
            prop_assert_eq!(&root.to_pretty(), &pretty);
            prop_assert_eq!(Value::from(&root), Value::from(&tree));
        }
    }
}
