//! What YAML texts mean, what is wrong with them and where, and what holds for every text.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::syntax::{MAX_DEPTH, MAX_FAULTS, MAX_SIZE, NodeKind, Notation, StringPlaces, parse_as};
use crate::value::Value;

/// Checks what is left of each text, `""` for nothing, and its faults as `line:column message`.
fn check_all(dialect: Dialect, cases: &[(&str, &str, &[&str])]) {
    for (text, kept, faults) in cases {
        let (root, diagnostics) = parse(text, dialect);
        assert_eq!(root.map_or_else(String::new, |root| root.to_string()), *kept, "{text}");
        let found: Vec<String> = diagnostics
            .iter()
            .map(|diagnostic| format!("{} {}", diagnostic.location.position, diagnostic.message))
            .collect();
        assert_eq!(found, *faults, "{text}");
    }
}

fn check(cases: &[(&str, &str, &[&str])]) {
    check_all(Dialect::Plain, cases);
}

#[test]
fn texts_mean_what_their_json_means() {
    check(&[
        ("a: 1\nb:\n- x\n- y: z\n", r#"{"a":1,"b":["x",{"y":"z"}]}"#, &[]),
        (r#"{"a": [1, 2.5e3, null, true, "x\u00e9"]}"#, r#"{"a":[1,2500.0,null,true,"xé"]}"#, &[]),
        ("a: yes\nb: ~\nc:\nd: '1'\n", r#"{"a":"yes","b":null,"c":null,"d":"1"}"#, &[]),
        ("1: a\ntrue: b\n1.0: c\n", r#"{"1":"a","true":"b","1.0":"c"}"#, &[]),
        ("a: |\n  x\n   y\n\nb: >-\n  x\n  y\n", r#"{"a":"x\n y\n","b":"x y"}"#, &[]),
        ("# only a comment\n---\na: 1\n...\n", r#"{"a":1}"#, &[]),
        ("a: !!str 1\nb: ! 2\nc: !!int '3'\nd: !!float 1\n", r#"{"a":"1","b":"2","c":3,"d":1}"#, &[]),
        ("a: 1\na: 2\n", r#"{"a":1,"a":2}"#, &[]),
        ("\u{feff}a: 1\r\nb: 2\r\n", r#"{"a":1,"b":2}"#, &[]),
    ]);
}

#[test]
fn aliases_are_copies_and_mappings_are_merged() {
    check(&[
        ("a: &x [1]\nb: *x\nc: *x\n", r#"{"a":[1],"b":[1],"c":[1]}"#, &[]),
        ("a: &x k\n*x : 1\n", r#"{"a":"k","k":1}"#, &[]),
        ("a: &x {p: 1, q: 2}\nb:\n  q: 3\n  <<: *x\n", r#"{"a":{"p":1,"q":2},"b":{"q":3,"p":1}}"#, &[]),
        ("a: &x {p: 1}\nb: {<<: [*x, {p: 2, r: 3}]}\n", r#"{"a":{"p":1},"b":{"p":1,"r":3}}"#, &[]),
        ("a: &x [*x]\n", "", &["1:8 an alias cannot stand for what it is a part of"]),
        ("a: *x\n", "", &["1:4 no anchor before this alias has its name"]),
    ]);
}

#[test]
fn faults_end_the_reading_and_what_was_read_is_kept() {
    check(&[
        ("", "", &["1:1 Definition must be a valid JSON object"]),
        ("# nothing\n", "", &["2:1 Definition must be a valid JSON object"]),
        ("a: 1\nb: {% $x %}\n", r#"{"a":1}"#, &["2:4 a plain string cannot begin with `{`"]),
        ("a: @b\n", "", &["1:4 a plain string cannot begin with `@`"]),
        ("a:\n\tb: 1\n", "", &["2:1 a tab cannot indent"]),
        ("a: b: c\n", r#"{"a":"b"}"#, &["1:5 a key and its value cannot begin here"]),
        ("é: ü: c\n", r#"{"é":"ü"}"#, &["1:5 a key and its value cannot begin here"]),
        ("a: 1\n---\nb: 2\n", r#"{"a":1}"#, &["2:1 a definition is one YAML document, and another one begins here"]),
        ("? [a]\n: 1\nb: 2\n", r#"{"b":2}"#, &["1:3 a key must be a scalar"]),
        ("a: .inf\nb: 1\n", r#"{"a":".inf","b":1}"#, &["1:4 the number `.inf` has no form in JSON"]),
        ("a: !Sub x\nb: 1\n", r#"{"a":"x","b":1}"#, &["1:4 the tag `!Sub` has no meaning in a definition"]),
        ("a: !!int x\n", r#"{"a":"x"}"#, &["1:10 `x` is not what the tag `!!int` says"]),
    ]);
}

#[test]
fn tags_are_functions_in_templates() {
    check_all(
        Dialect::CloudFormation,
        &[
            ("!Ref A", r#"{"Ref":"A"}"#, &[]),
            ("a: !GetAtt A.Arn\n", r#"{"a":{"Fn::GetAtt":"A.Arn"}}"#, &[]),
            ("a: !Sub [x, {y: !Ref 12}]\n", r#"{"a":{"Fn::Sub":["x",{"y":{"Ref":"12"}}]}}"#, &[]),
            ("a: !Sub |\n  x ${A}\n", r#"{"a":{"Fn::Sub":"x ${A}\n"}}"#, &[]),
            ("a: !Join\n- ''\n- [x]\n", r#"{"a":{"Fn::Join":["",["x"]]}}"#, &[]),
        ],
    );
}

#[test]
fn limits_are_diagnostics() {
    let codes = |text: &str| parse(text, Dialect::Plain).1.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(codes(&nested(MAX_DEPTH)), []);
    for text in [nested(MAX_DEPTH + 1), "[".repeat(MAX_SIZE), "- ".repeat(MAX_SIZE / 2), "{a: ".repeat(MAX_SIZE / 4)] {
        assert_eq!(codes(&text), [Code::TOO_DEEPLY_NESTED]);
    }
    assert_eq!(codes(&" ".repeat(MAX_SIZE + 1)), [Code::DEFINITION_TOO_LARGE]);
    assert_eq!(codes(&format!("[{}]", ".inf, ".repeat(MAX_FAULTS + 1))).len(), MAX_FAULTS);
    let mut laughs = "a0: &a0 [ha, ha, ha, ha]\n".to_owned();
    for level in 1..30 {
        let alias = format!("*a{}", level - 1);
        writeln!(laughs, "a{level}: &a{level} [{alias}, {alias}, {alias}, {alias}]").unwrap();
    }
    assert_eq!(codes(&laughs), [Code::DEFINITION_TOO_LARGE]);
    let mut chain = "a0: &a0 [ha]\n".to_owned();
    for level in 1..200 {
        writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert_eq!(codes(&chain), [Code::TOO_DEEPLY_NESTED]);
}

#[test]
fn values_and_keys_stand_where_they_are_written() {
    let text = "é: plain text # no\n'k''1': \"a\\tb\"\nlist:\n  - {x: [1, 2]}\n  -\n    y: |\n      one\n      two\n\nfn: &a !!str z\n";
    let root = parse(text, Dialect::Plain).0.unwrap();
    let at = |node: &Node<'_>| text.get(node.span.start..node.span.end).unwrap().to_owned();
    let written = |pointer: &[&str]| {
        let pointer = pointer.iter().fold(crate::source::JsonPointer::default(), |pointer, key| pointer.member(key));
        let node = root.resolve(&pointer).unwrap();
        assert_eq!(root.pointer_to(node.span), pointer);
        at(node)
    };
    assert_eq!(written(&["é"]), "plain text");
    assert_eq!(written(&["k'1"]), "\"a\\tb\"");
    assert_eq!(written(&["list"]), "- {x: [1, 2]}\n  -\n    y: |\n      one\n      two");
    assert_eq!(written(&["list", "0"]), "{x: [1, 2]}");
    assert_eq!(written(&["list", "0", "x"]), "[1, 2]");
    assert_eq!(written(&["list", "1"]), "y: |\n      one\n      two");
    assert_eq!(written(&["list", "1", "y"]), "|\n      one\n      two");
    assert_eq!(written(&["fn"]), "z");
    let key = root.member("k'1").unwrap().key_span;
    assert_eq!(text.get(key.start..key.end), Some("'k''1'"));
}

/// Trees that a text can mean, as JSON.
fn trees() -> impl Strategy<Value = serde_json::Value> {
    let text = prop_oneof![
        any::<String>(),
        "[ \ta-c:#'\"\\\\\n-]{0,12}",
        prop::sample::select(vec!["", "yes", "null", "~", "1", "1e3", "{% $x %}", " lead", "trail ", "a\nb\n", "\n\n"])
            .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        text.clone().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-d #:]{0,3}", inner, 0..5)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts made of YAML's pieces, right and wrong ones.
fn almost_yaml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "a", "b: ", ": ", "- ", "? ", "\n", "\r\n", "  ", " ", "\t", "|", ">", "|2", ">-", "'", "\"", "\\",
            "\\u00e9", "#", "&x ", "*x", "!", "!!str ", "!Sub ", "<<: ", "[", "]", "{", "}", ",", "---\n", "...\n",
            "%", "${x}", "é", "🙂", "\u{feff}", "\u{85}", "1", "~", "null",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Every string stands within the text, and the pieces that mean themselves are what they mean.
fn check_strings(node: &Node<'_>, text: &str) -> Result<(), TestCaseError> {
    let written = text.get(node.span.start..node.span.end);
    prop_assert!(written.is_some(), "{:?}", node.span);
    match &node.kind {
        NodeKind::String(meant) => {
            let places = StringPlaces::of(Notation::Yaml, node.span.start, written.unwrap_or_default(), meant);
            for (at, character) in meant.char_indices() {
                let span = places.span(&(at..at + character.len_utf8()));
                prop_assert!(node.span.contains(span), "{span:?} of {:?}", node.span);
                let found = text.get(span.start..span.end);
                prop_assert!(found.is_some(), "{span:?}");
            }
            Ok(())
        }
        NodeKind::Array(elements) => elements.iter().try_for_each(|element| check_strings(element, text)),
        NodeKind::Object(members) => members.iter().try_for_each(|member| {
            prop_assert!(text.get(member.key_span.start..member.key_span.end).is_some());
            check_strings(&member.value, text)
        }),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => Ok(()),
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in prop_oneof![any::<String>(), almost_yaml()]) {
        for dialect in [Dialect::Plain, Dialect::CloudFormation] {
            let (root, diagnostics) = parse(&text, dialect);
            if let Some(root) = &root {
                check_strings(root, &text)?;
            }
            for diagnostic in &diagnostics {
                let span = diagnostic.location.span;
                prop_assert!(text.get(span.start..span.end).is_some(), "{span:?}");
            }
            prop_assert!(root.is_some() || diagnostics.has_errors());
        }
    }

    #[test]
    fn json_is_yaml(tree in trees()) {
        let text = tree.to_string();
        let (json, yaml) = (parse_as(&text, Notation::Json, Dialect::Plain), parse(&text, Dialect::Plain));
        if yaml.1.is_empty() {
            let (json, yaml) = (json.0.unwrap(), yaml.0.unwrap());
            prop_assert_eq!(Value::from(&json), Value::from(&yaml));
            check_strings(&yaml, &text)?;
        }
    }
}
