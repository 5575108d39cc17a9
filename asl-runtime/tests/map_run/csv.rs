//! `InputType` `CSV`.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{read, shown};

fn csv(more: Value) -> Value {
    super::super::with(json!({"InputType": "CSV"}), more)
}

#[track_caller]
fn check(text: impl AsRef<[u8]>, config: Value, expected: &str) {
    assert_eq!(shown(read(text, &csv(config))), expected);
}

/// The four forms that AWS was seen to read, and the one that it refuses.
#[test]
fn rows_are_read_as_aws_does() {
    let rows = "Value1,Value2,Value3\nValue4,Value5,Value6\n,,,\ntrue,1,'HelloWorld'\nNull,None,\n   \n";
    check(
        format!("Col1,Col2,Col3\n{rows}"),
        json!({"CSVHeaderLocation": "FIRST_ROW"}),
        concat!(
            r#"[{"Col1":"Value1","Col2":"Value2","Col3":"Value3"},{"Col1":"Value4","Col2":"Value5","Col3":"Value6"},"#,
            r#"{"Col1":"","Col2":"","Col3":""},{"Col1":"true","Col2":"1","Col3":"'HelloWorld'"},"#,
            r#"{"Col1":"Null","Col2":"None","Col3":""},{"Col1":"   ","Col2":"","Col3":""}]"#,
        ),
    );
    check(
        rows,
        json!({"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["H1"]}),
        r#"[{"H1":"Value1"},{"H1":"Value4"},{"H1":""},{"H1":"true"},{"H1":"Null"},{"H1":"   "}]"#,
    );
    check(
        "H1,\nValue4,Value5,Value6\n,,,\n",
        json!({"CSVHeaderLocation": "FIRST_ROW"}),
        r#"[{"H1":"Value4","":"Value5"},{"H1":"","":""}]"#,
    );
    for (text, config) in [
        (rows, json!({"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["H1", "H1", "H3"]})),
        ("a,b,a\n1,2,3\n", json!({"CSVHeaderLocation": "FIRST_ROW"})),
    ] {
        check(text, config, "failed: CSV headers cannot contain duplicates.");
    }
}

#[test]
fn every_delimiter_is_known() {
    for (delimiter, character) in [("COMMA", ','), ("PIPE", '|'), ("SEMICOLON", ';'), ("SPACE", ' '), ("TAB", '\t')] {
        let text = format!("a{character}b\n1{character}\"x{character}y\"\n");
        let expected = json!([{"a": "1", "b": format!("x{character}y")}]).to_string();
        check(text, json!({"CSVDelimiter": delimiter}), &expected);
    }
}

#[test]
fn quotes_line_ends_and_marks_are_understood() {
    for (text, expected) in [
        ("", "[]"),
        ("a,b", "[]"),
        ("a,b\n", "[]"),
        ("a\n1", r#"[{"a":"1"}]"#),
        ("a,b\r\n1,2\r\n\r\n3,4\r\n", r#"[{"a":"1","b":"2"},{"a":"3","b":"4"}]"#),
        ("a\r1\r2", r#"[{"a":"1"},{"a":"2"}]"#),
        ("\u{feff}a\n1\n", r#"[{"a":"1"}]"#),
        ("\u{feff}\"a\"\n1\n", r#"[{"a":"1"}]"#),
        ("\"a \"\"b\"\"\",c\n\"1\n2\",3\n", r#"[{"a \"b\"":"1\n2","c":"3"}]"#),
        ("a,b\n1\n1,2,3\n", r#"[{"a":"1","b":""},{"a":"1","b":"2"}]"#),
        ("a\n\"ü, 日本\"\n", r#"[{"a":"ü, 日本"}]"#),
        ("a\n\"not closed\nto the end", r#"[{"a":"not closed\nto the end"}]"#),
    ] {
        check(text, json!({}), expected);
    }
}

#[test]
fn what_cannot_be_a_row_fails_with_its_place() {
    let not_utf8 = "not UTF-8: invalid utf-8 sequence of 1 bytes from index";
    check(b"a\n1\n\xff\n", json!({}), &format!("failed: item 2 of `S3://b/f` cannot be read: {not_utf8} 0"));
    check(b"a\xff\n1\n", json!({}), &format!("failed: the header of the CSV is {not_utf8} 1"));
    let header = "h".repeat(11 << 10);
    check(format!("{header}\n1\n"), json!({}), "failed: the header of the CSV is longer than 10240 bytes");
    let given = json!({"CSVHeaderLocation": "GIVEN", "CSVHeaders": [header]});
    check("1\n", given, "failed: the header of the CSV is longer than 10240 bytes");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(
        rows in prop::collection::vec(prop::collection::vec("[a-z,;\"'\r\n é]{0,6}", 3), 0..6),
        end in prop_oneof!["\n", "\r\n", "\r"],
        quote_all: bool,
    ) {
        let mut text = format!("x,y,z{end}");
        for row in &rows {
            let field = |field: &String| {
                if quote_all || field.is_empty() || field.contains([',', '"', '\r', '\n']) {
                    format!("\"{}\"", field.replace('"', "\"\""))
                } else {
                    field.clone()
                }
            };
            text += &row.iter().map(field).collect::<Vec<_>>().join(",");
            text += &end;
        }
        let expected: Vec<Value> = rows.iter().map(|row| json!({"x": row[0], "y": row[1], "z": row[2]})).collect();
        prop_assert_eq!(shown(read(text, &csv(json!({})))), json!(expected).to_string());
    }
}
