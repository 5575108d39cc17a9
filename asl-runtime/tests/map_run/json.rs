//! `InputType` `JSON` and `JSONL`.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{read, shown};

#[track_caller]
fn check(text: impl AsRef<[u8]>, pointer: &str, expected: &str) {
    assert_eq!(shown(read(text, &json!({"InputType": "JSON", "ItemsPointer": pointer}))), expected);
}

#[test]
fn the_items_of_an_array_are_its_elements() {
    for (text, expected) in [
        ("[]", "[]"),
        (" [ ] \n", "[]"),
        ("[1,2.5,-3e2]", "[1,2.5,-300.0]"),
        (" [ true , false , null , \"a\" ] ", r#"[true,false,null,"a"]"#),
        (r#"["]", "\"", "\\", "[\"{"]"#, r#"["]","\"","\\","[\"{"]"#),
        (r#"[[1,[2]],{"a":[{"b":"}"}]},[]]"#, r#"[[1,[2]],{"a":[{"b":"}"}]},[]]"#),
        ("\u{feff}[\"é日\"]", r#"["é日"]"#),
    ] {
        check(text, "", expected);
    }
}

#[test]
fn the_items_of_an_object_are_its_members() {
    check(
        r#"{"a":{"x":1}, "b\"c" : 2 ,"":[3]}"#,
        "",
        r#"[{"Key":"a","Value":{"x":1}},{"Key":"b\"c","Value":2},{"Key":"","Value":[3]}]"#,
    );
    check("{}", "", "[]");
}

#[test]
fn a_pointer_leads_to_the_items() {
    let text = r#"{"no":[9,{"Contents":[8]}],"a/b":{"~":[[0],[1,"x"]]},"Contents":[{"k":1},{"k":2}],"after":]"#;
    for (pointer, expected) in [
        ("/Contents", r#"[{"k":1},{"k":2}]"#),
        ("/Contents/1", r#"[{"Key":"k","Value":2}]"#),
        ("/a~1b/~0/1", r#"[1,"x"]"#),
        ("/no/1/Contents", "[8]"),
    ] {
        check(text, pointer, expected);
    }
}

#[test]
fn what_has_no_items_fails_as_on_aws() {
    for text in ["1", " \"a\"", "null", "true"] {
        check(text, "", "failed: Attempting to map over non-iterable node.");
    }
    check(r#"{"a":{"b":7}}"#, "/a/b", "failed: Attempting to map over non-iterable node.");
    let no_such_path =
        "failed: The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.";
    for pointer in ["/b", "/a/c", "/a/b/c", "/a/0"] {
        check(r#"{"a":{"b":7}}"#, pointer, no_such_path);
    }
    for pointer in ["/2", "/-", "/01", "/"] {
        check("[[1],[2]]", pointer, no_such_path);
    }
}

#[test]
fn what_is_not_json_fails_with_its_place() {
    for (text, expected) in [
        ("", "expected more, but the object ends at byte 0"),
        ("[1,2", "expected more, but the object ends at byte 4"),
        ("[1,]", "expected a value at byte 3"),
        ("[,1]", "expected a value at byte 1"),
        ("[1 2]", "expected `,` or the end at byte 3"),
        ("[1}", "expected `,` or the end at byte 2"),
        ("[1],", "expected nothing after the end at byte 3"),
        ("{1:2}", "expected a key at byte 1"),
        (r#"{"a" 2}"#, "expected `:` at byte 5"),
        (r#"{"a":1,}"#, "expected a key at byte 7"),
        ("<html>", "expected a value at byte 0"),
    ] {
        check(text, "", &format!("failed: the object is not valid JSON: {expected}"));
    }
    check("[01]", "", "failed: item 1 of `S3://b/f` cannot be read: invalid JSON: invalid number at line 1 column 2");
    let read = |what: &str| format!("failed: item 2 of `S3://b/f` cannot be read: {what}");
    check("[0,[1}]", "", &read("invalid JSON: expected `,` or `]` at line 1 column 3"));
    check(b"[0,\"\xff\"]", "", &read("not UTF-8: invalid utf-8 sequence of 1 bytes from index 1"));
}

#[test]
fn lines_are_items() {
    for (text, expected) in [
        ("", "[]"),
        ("\n \r\n", "[]"),
        ("{\"a\":1}\n[2]\r\n\n3", r#"[{"a":1},[2],3]"#),
        ("\u{feff}\"é\"\n", r#"["é"]"#),
        ("1\nx\n", "failed: item 2 of `S3://b/f` cannot be read: invalid JSON: expected value at line 1 column 1"),
        ("1 2\n", "failed: item 1 of `S3://b/f` cannot be read: invalid JSON: trailing characters at line 1 column 3"),
    ] {
        assert_eq!(shown(read(text, &json!({"InputType": "JSONL"}))), expected, "{text}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\"\\\\\\[\\]{},: \n\u{e9}\u{1F600}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let members = prop::collection::vec(("[a-z\"\\\\é/~]{0,3}", inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn elements_are_read_back_wherever_the_text_is_cut(
        before in any_json(),
        elements in prop::collection::vec(any_json(), 0..5),
        pretty: bool,
    ) {
        let whole = json!({"before": before, "items": elements, "after": 1});
        let text = if pretty { serde_json::to_string_pretty(&whole).unwrap() } else { whole.to_string() };
        let config = json!({"InputType": "JSON", "ItemsPointer": "/items"});
        prop_assert_eq!(shown(read(text, &config)), json!(elements).to_string());

        let lines = elements.iter().fold(String::new(), |lines, element| lines + &element.to_string() + "\n");
        prop_assert_eq!(shown(read(lines, &json!({"InputType": "JSONL"}))), json!(elements).to_string());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}\",:a1 \\\\]{0,20}") {
        let _ = read(text, &json!({"InputType": "JSON"}));
    }
}
