//! Tables of calls, and the properties that all calls have.

use proptest::prelude::*;

use super::*;
use crate::evaluate::{Budget, States, Variables};
use crate::random::Random;
use crate::timestamp::Timestamp;

fn evaluate(text: &str, input: &str) -> Result<String, String> {
    let input: Value = input.parse().unwrap();
    let variables: Value = r#"{"name":"Ann","n":4}"#.parse().unwrap();
    let scope = Scope {
        input: &input,
        states: States { input: &input, result: None, error_output: None },
        context: &|| r#"{"Execution":{"Name":"run-1"},"StateMachine":{"Id":"arn","Name":"m-n"}}"#.parse().unwrap(),
        variables: &Variables::new(variables.as_object().unwrap(), &[]),
        random: &Random::from_seed(1),
        now: Timestamp::UNIX_EPOCH,
        budget: Budget::of(u64::MAX),
    };
    let intrinsic = Intrinsic::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    intrinsic.evaluate(&scope).map(|value| value.to_string()).map_err(|failure| {
        assert_eq!(failure.error(), Some("States.IntrinsicFailure"));
        failure.cause().unwrap().to_owned()
    })
}

fn check(text: &str, input: &str, expected: &str) {
    assert_eq!(evaluate(text, input).as_deref(), Ok(expected), "{text} of {input}");
}

/// `text` must fail with `reason` after the words that quote it.
fn check_failure(text: &str, input: &str, reason: &str) {
    let expected = format!("The function '{text}' had the following error: {reason}");
    assert_eq!(evaluate(text, input), Err(expected), "{text} of {input}");
}

#[test]
fn format_fills_placeholders() {
    for (text, input, expected) in [
        ("States.Format('Hello {}', $.name)", r#"{"name":"Ada"}"#, r#""Hello Ada""#),
        ("States.Format('{} {} {}', $.a, $.b, $.c)", r#"{"a":"x","b":2,"c":true}"#, r#""x 2 true""#),
        ("States.Format('{}|{}', null, 1.5)", "{}", r#""null|1.5""#),
        ("States.Format('no placeholders')", "{}", r#""no placeholders""#),
        ("States.Format($.t, $.name)", r#"{"t":"Hi {}!","name":"Ada"}"#, r#""Hi Ada!""#),
        ("States.Format('  {}  ', 'x')", "{}", r#""  x  ""#),
        (r#"States.Format('\'{}\' "{}"', 'a', 'b')"#, "{}", r#""'a' \"b\"""#),
        (r"States.Format('\{\} {} \\', 'a')", "{}", r#""{} a \\""#),
        ("States.Format('{}', $)", r#"{"Arg1":1,"Arg2":[]}"#, r#""{Arg1=1, Arg2=[]}""#),
        ("States.Format('{} in {}', $$.Execution.Name, $$.StateMachine)", "{}", r#""run-1 in {Id=arn, Name=m-n}""#),
        ("States.Format('{} {}', $name, States.MathAdd($n, 1))", "{}", r#""Ann 5""#),
        ("States.Format('{}', '{}')", "{}", r#""{}""#),
    ] {
        check(text, input, expected);
    }
    let mismatch = "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.";
    check_failure("States.Format('{} {}', 1)", "{}", mismatch);
    check_failure("States.Format('{}', 1, 2)", "{}", mismatch);
    check_failure("States.Format($.t)", r#"{"t":1}"#, "Invalid arguments in States.Format");
    let unmatched = "Invalid template in States.Format: matching '}' not found for '{'.";
    check_failure("States.Format('Hello {', 1)", "{}", unmatched);
    check_failure("States.Format('Hello {{}}', 1)", "{}", unmatched);
    check_failure("States.Format('}')", "{}", "Invalid template in States.Format: matching '{' not found for '}'.");
}

#[test]
fn json_and_strings_convert() {
    for (json, expected) in [
        ("", "null"),
        (" ", "null"),
        ("null", "null"),
        ("-0", "0"),
        ("1.1", "1.1"),
        (r#""a""#, r#""a""#),
        (r#" {"a":1, "b":[]} "#, r#"{"a":1,"b":[]}"#),
    ] {
        check("States.StringToJson($)", &Value::from(json).to_string(), expected);
    }
    for input in [r#""{bad}""#, r#""{\"a\":1""#, r#""undefined""#, "123", "{}", "[]", "true"] {
        check_failure("States.StringToJson($)", input, "Invalid arguments in States.StringToJson");
    }
    for json in ["null", "1.5", r#""a""#, r#"[1,"b",null]"#, r#"{"a":{"b":[]}}"#] {
        check("States.JsonToString($)", json, &Value::from(json).to_string());
        check("States.StringToJson(States.JsonToString($))", json, json);
    }
    check("States.JsonToString('x')", "{}", r#""\"x\"""#);
    check(r#"States.StringToJson('\{"a":[1]\}')"#, "{}", r#"{"a":[1]}"#);
    check(r#"States.StringToJson('{"a":[1]}')"#, "{}", r#"{"a":[1]}"#);
}

#[test]
fn strings_split_at_any_delimiter_and_drop_what_is_empty() {
    for (text, delimiters, expected) in [
        ("a,b,c", ",", r#"["a","b","c"]"#),
        ("This.is+a,test=string", ".+,=", r#"["This","is","a","test","string"]"#),
        ("1a2b3ab4", "ab", r#"["1","2","3","4"]"#),
        (",a,,b,", ",", r#"["a","b"]"#),
        (",", ",", "[]"),
        ("", ",", "[]"),
        ("abc", "", r#"["abc"]"#),
        ("Hello\nWorld", "\n", r#"["Hello","World"]"#),
    ] {
        let call = format!("States.StringSplit('{text}', '{delimiters}')");
        check(&call, "{}", expected);
    }
    for call in ["States.StringSplit(1, ',')", "States.StringSplit('a', null)", "States.StringSplit($, ',')"] {
        check_failure(call, "[]", "Invalid arguments in States.StringSplit");
    }
}

#[test]
fn arrays_are_made_and_taken_apart() {
    for (text, input, expected) in [
        ("States.Array()", "{}", "[]"),
        ("States.Array('Foo', 2020, $.a, null, true)", r#"{"a":{"b":1}}"#, r#"["Foo",2020,{"b":1},null,true]"#),
        ("States.Array( 1 , States.Array(2, 3) )", "{}", "[1,[2,3]]"),
        ("States.ArrayPartition($, 4)", "[1,2,3,4,5,6,7,8,9]", "[[1,2,3,4],[5,6,7,8],[9]]"),
        ("States.ArrayPartition($, 2.6)", "[1,2,3]", "[[1,2],[3]]"),
        ("States.ArrayPartition($, 2147483647)", "[1]", "[[1]]"),
        ("States.ArrayPartition($, 3)", "[]", "[]"),
        ("States.ArrayRange(1, 9, 2)", "{}", "[1,3,5,7,9]"),
        ("States.ArrayRange(0, 10, 3)", "{}", "[0,3,6,9]"),
        ("States.ArrayRange(5, 1, -2)", "{}", "[5,3,1]"),
        ("States.ArrayRange(3, 3, -1)", "{}", "[3]"),
        ("States.ArrayRange(5, 1, 1)", "{}", "[]"),
        ("States.ArrayRange(1, 5, -1)", "{}", "[]"),
        ("States.ArrayRange(1, 2, -5)", "{}", "[]"),
        ("States.ArrayRange(5.4, -0.6, -2.4)", "{}", "[5,3,1]"),
        ("States.ArrayRange(1.4, 5.6, 2.2)", "{}", "[1,3,5]"),
        ("States.ArrayLength(States.ArrayRange(1, 1000, 1))", "{}", "1000"),
        ("States.ArrayLength(States.ArrayRange(1000, 1, -1))", "{}", "1000"),
        ("States.ArrayGetItem($, 5)", "[1,2,3,4,5,6]", "6"),
        ("States.ArrayGetItem($, 1.9)", "[1,2]", "2"),
        ("States.ArrayGetItem($, 999)", "[]", "null"),
        ("States.ArrayLength($)", "[1,[2,3]]", "2"),
        ("States.ArrayUnique($)", "[1,2,3,3,3,3,3,3,4]", "[1,2,3,4]"),
        ("States.ArrayContains($, 5)", "[1,5]", "true"),
        ("States.ArrayContains($, 6)", "[1,5]", "false"),
        ("States.ArrayContains($, null)", "[1,null]", "true"),
        ("States.ArrayContains($, null)", "[[1],2]", "false"),
        ("States.ArrayContains($, true)", r#"["true"]"#, "true"),
        ("States.ArrayContains($, false)", "[0]", "false"),
        ("States.ArrayContains($.l, $.o)", r#"{"l":[{"a":1,"b":2}],"o":{"b":2,"a":1}}"#, "false"),
        ("States.ArrayContains($.l, $.o)", r#"{"l":[[1,2,3],2],"o":[1,2,3]}"#, "true"),
    ] {
        check(text, input, expected);
    }
    for (function, arguments) in [
        ("ArrayPartition", "$, 0"),
        ("ArrayPartition", "$, -1"),
        ("ArrayPartition", "$, 0.6"),
        ("ArrayPartition", "$, '2'"),
        ("ArrayPartition", "1, 2"),
        ("ArrayRange", "1, 10, 0"),
        ("ArrayRange", "1, 10, 0.49"),
        ("ArrayRange", "1, 1001, 1"),
        ("ArrayRange", "1001, 1, -1"),
        ("ArrayRange", "-2147483648, 2147483647, 1"),
        ("ArrayRange", "'a', 5, 1"),
        ("ArrayGetItem", "$, 3"),
        ("ArrayGetItem", "$, -1"),
        ("ArrayGetItem", "$, '1'"),
        ("ArrayLength", "'abc'"),
        ("ArrayUnique", "'abc'"),
        ("ArrayContains", "'abc', 'a'"),
    ] {
        let call = format!("States.{function}({arguments})");
        check_failure(&call, "[1,2,3]", &format!("Invalid arguments in States.{function}"));
    }
}

#[test]
fn objects_merge_shallowly() {
    let input = r#"{"a":{"a":{"a1":1,"a2":2},"b":2,"d":3},"b":{"a":{"a3":1,"a4":2},"c":3,"d":4}}"#;
    let merged = r#"{"a":{"a3":1,"a4":2},"b":2,"d":4,"c":3}"#;
    check("States.JsonMerge($.a, $.b, false)", input, merged);
    check("States.JsonMerge($.a, $.b, 'false')", input, merged);
    check_failure(
        "States.JsonMerge($.a, $.b, true)",
        input,
        "Invalid arguments in States.JsonMerge: deep merge is not supported, the third argument must be false",
    );
    for other in ["null", "'x'", "$.a.b"] {
        let call = format!("States.JsonMerge($.a, {other}, false)");
        check_failure(&call, input, "Invalid arguments in States.JsonMerge");
    }
}

#[test]
fn text_is_encoded_decoded_and_digested() {
    for (plain, encoded) in [("", ""), ("hello", "aGVsbG8="), ("✓", "4pyT"), ("🚀", "8J+agA=="), (" ", "IA==")] {
        check(&format!("States.Base64Encode('{plain}')"), "{}", &format!("\"{encoded}\""));
        check(&format!("States.Base64Decode('{encoded}')"), "{}", &format!("\"{plain}\""));
    }
    for (sloppy, expected) in
        [("aGVsbG8", "hello"), (" aGVs bG8= ", "hello"), ("!!aA!!", "h"), ("aA==cd", "h"), ("a", "")]
    {
        check(&format!("States.Base64Decode('{sloppy}')"), "{}", &format!("\"{expected}\""));
    }
    for (call, expected) in [
        ("States.Hash('hello', 'MD5')", "5d41402abc4b2a76b9719d911017c592"),
        ("States.Hash('hello', 'SHA-1')", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("States.Hash('', 'SHA-256')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("States.Hash('✓', 'SHA-256')", "1dabba21cdad44541f6b15796f8d22978fc7ea10c46aeceeeeb66c23b3ac7604"),
        ("States.Hash(123, 'MD5')", "202cb962ac59075b964b07152d234b70"),
        (
            "States.Hash('hello', 'SHA-384')",
            "59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f",
        ),
        (
            "States.Hash('hello', 'SHA-512')",
            "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043",
        ),
    ] {
        check(call, "{}", &format!("\"{expected}\""));
    }
    let limit = format!("\"{}\"", "a".repeat(10_000));
    let too_long = format!("\"{}\"", "a".repeat(10_001));
    for (function, call) in [
        ("Base64Encode", "States.Base64Encode($)"),
        ("Base64Decode", "States.Base64Decode($)"),
        ("Hash", "States.Hash($, 'MD5')"),
    ] {
        assert!(evaluate(call, &limit).is_ok(), "{call}");
        check_failure(call, &too_long, &format!("Invalid arguments in States.{function}"));
    }
    for call in ["States.Hash('a', 'sha-256')", "States.Hash('a', 'SHA256')", "States.Hash('a', 1)"] {
        check_failure(call, "{}", "Invalid arguments in States.Hash");
    }
}

#[test]
fn numbers_add_within_32_bits() {
    for (arguments, expected) in [
        ("111, -1", "110"),
        ("1.6, 2.7", "5"),
        ("0.1, 0.2", "0"),
        ("-1.5, 0", "-1"),
        ("2147483646, 1", "2147483647"),
        ("-2147483647, -1", "-2147483648"),
    ] {
        check(&format!("States.MathAdd({arguments})"), "{}", expected);
    }
    for arguments in ["2147483647, 1", "-2147483648, -1", "3000000000, 1", "1e300, 1", "'1', 2", "null, 1", "true, 1"] {
        check_failure(&format!("States.MathAdd({arguments})"), "{}", "Invalid arguments in States.MathAdd");
    }
}

#[test]
fn random_numbers_lie_between_their_bounds_and_follow_their_seed() {
    for (arguments, range) in [("1, 2", 1..2), ("12.5, 44.51", 12..44), ("-99999, -9999", -99_999..-9_999)] {
        for seed in ["", ", 42", ", -10", ", 2.6"] {
            let call = format!("States.MathRandom({arguments}{seed})");
            let number: i64 = evaluate(&call, "{}").unwrap().parse().unwrap();
            assert!(range.contains(&number), "{call} gave {number}");
            assert_eq!(evaluate(&call, "{}").unwrap(), number.to_string());
        }
    }
    for arguments in ["1, 1", "10, 5", "1.4, 1.6", "'a', 10", "1, 10, 'seed'", "1, 10, null"] {
        check_failure(&format!("States.MathRandom({arguments})"), "{}", "Invalid arguments in States.MathRandom");
    }
}

#[test]
fn uuids_differ_and_ignore_arguments() {
    for call in ["States.UUID()", "States.UUID( )", "States.UUID('x', 1)"] {
        assert_eq!(evaluate(call, "{}").unwrap().len(), 38);
    }
    check("States.ArrayLength(States.ArrayUnique(States.Array(States.UUID(), States.UUID())))", "{}", "2");
}

#[test]
fn a_path_without_result_is_told_with_the_whole_expression() {
    let input = r#"{"l":[1]}"#;
    for (call, path) in [
        ("States.Format('{}',$.nope)", "$.nope"),
        ("States.ArrayLength(States.Array($.l[7]))", "$.l[7]"),
        ("States.Array($.l.x)", "$.l.x"),
    ] {
        let reason = format!("The JsonPath argument for the field '{path}' could not be found in the input '{input}'");
        check_failure(call, input, &reason);
    }
    check("States.Array($.none[*])", input, "[[]]");
}

#[test]
fn paths_may_hold_commas_parentheses_and_quotes() {
    let input = r#"{"a,b":1,"c)":2,"l":[{"k":"x,y)"},{"k":"z"}],"it's":3}"#;
    for (call, expected) in [
        ("States.Array($['a,b'],$['c)'])", "[1,2]"),
        ("States.Array($.l[?(@.k == 'x,y)')].k, 1)", r#"[["x,y)"],1]"#),
        ("States.Array($.l.length(), $.l[0,1].k)", r#"[2,["x,y)","z"]]"#),
        (r#"States.Array($["it's"] , $['it\'s'])"#, "[3,3]"),
        ("States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), States.MathAdd(2, -1))", r#""n""#),
    ] {
        check(call, input, expected);
    }
    let paths = Intrinsic::parse("States.Array($.a, States.Array($$.b, 1), $c)").unwrap();
    assert_eq!(paths.paths().iter().map(|path| path.text()).collect::<Vec<_>>(), ["$.a", "$$.b", "$c"]);
    assert_eq!(&*paths.text, "States.Array($.a, States.Array($$.b, 1), $c)");
}

#[test]
fn faults_are_told_with_their_place() {
    let nested = |depth: usize| format!("{}1{}", "States.Array(".repeat(depth), ")".repeat(depth));
    assert!(Intrinsic::parse(&nested(10)).is_ok());
    assert_eq!(Intrinsic::parse(&nested(11)).unwrap_err().message, "at most 10 intrinsic functions may be nested");
    for (text, place, message, help) in [
        (
            "",
            0..0,
            "expected a path or a call of an intrinsic function",
            Some("a path starts with `$`, an intrinsic function with `States.`"),
        ),
        (
            "abc",
            0..3,
            "`abc` is neither a path nor a call of an intrinsic function",
            Some("a path starts with `$`, an intrinsic function with `States.`"),
        ),
        (
            "States.Fromat('x')",
            0..13,
            "there is no intrinsic function `States.Fromat`",
            Some("did you mean `States.Format`?"),
        ),
        ("States.uuid()", 0..11, "there is no intrinsic function `States.uuid`", Some("did you mean `States.UUID`?")),
        ("Mine.Own()", 0..8, "there is no intrinsic function `Mine.Own`", None),
        ("States.UUID", 11..11, "expected `(` after `States.UUID`", None),
        ("States.UUID(", 11..12, "this parenthesis is never closed", None),
        ("States.UUID)", 11..12, "expected `(` after `States.UUID`", None),
        ("States.UUID(,)", 12..13, "an argument is missing", None),
        ("States.UUID() x", 14..15, "nothing may follow the call", None),
        ("States.Array(1, )", 16..17, "an argument is missing", None),
        ("States.Array(1 2)", 15..16, "expected `,` or `)`", None),
        ("States.Array(.5)", 13..15, "`.5` is not a number", None),
        ("States.Array(1.)", 13..15, "`1.` is not a number", None),
        (
            "States.Array([1])",
            13..14,
            "expected a path or a call of an intrinsic function",
            Some("a path starts with `$`, an intrinsic function with `States.`"),
        ),
        ("States.Array(\"a\")", 13..14, "unexpected `\"`", Some("strings stand in single quotes: `'text'`")),
        ("States.Array('a)", 13..14, "this string is never closed", None),
        (
            r#"States.StringToJson('é\"')"#,
            23..25,
            "this escape is not allowed",
            Some(r"a backslash goes before `'`, `{`, `}` and `\` only"),
        ),
        (
            r"States.Format('\n')",
            15..17,
            "this escape is not allowed",
            Some(r"a backslash goes before `'`, `{`, `}` and `\` only"),
        ),
        (
            "States.Array($.a[)",
            17..18,
            "expected a quoted name, an index, `*` or `?`",
            Some("names in brackets have quotes: `['name']`"),
        ),
        ("States.Array($.)", 14..15, "a path may not end with `.`", None),
        ("States.Hash('a')", 0..16, "`States.Hash` takes 2 arguments, not 1", None),
        ("States.Array(States.ArrayLength())", 13..33, "`States.ArrayLength` takes 1 argument, not 0", None),
        ("States.MathRandom(1)", 0..20, "`States.MathRandom` takes 2 or 3 arguments, not 1", None),
        ("States.Format()", 0..15, "`States.Format` takes at least 1 argument, not 0", None),
    ] {
        let error = Intrinsic::parse(text).unwrap_err();
        let expected = ExpressionError { span: place, message: message.into(), help: help.map(Into::into) };
        assert_eq!(error, ExpressionError { span: expected.span.clone(), ..expected }, "{text}");
    }
}

/// Text that looks enough like a call to reach deep into the parser.
fn nearly_a_call() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "States.Format",
        "States.Array",
        "States.UUID",
        "States.",
        "(",
        ")",
        "()",
        ",",
        "'",
        "'{}'",
        "'é'",
        "\\",
        "\\'",
        "{",
        "}",
        "$",
        "$$",
        "$.a",
        "['b",
        "]",
        "1",
        "-2.5",
        "true",
        "null",
        " ",
        "é",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_never_panics_and_points_into_the_text(text in prop_oneof![any::<String>(), nearly_a_call()]) {
        match Intrinsic::parse(&text) {
            Ok(intrinsic) => prop_assert_eq!(&*intrinsic.text, text.as_str()),
            Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{:?} in {}", error, text),
        }
    }

    #[test]
    fn base64_and_json_round_trip(text in any::<String>()) {
        let input = Value::from(text).to_string();
        prop_assert_eq!(evaluate("States.Base64Decode(States.Base64Encode($))", &input), Ok(input.clone()));
        prop_assert_eq!(evaluate("States.StringToJson(States.JsonToString($))", &input), Ok(input));
    }

    #[test]
    fn functions_take_any_values(function in prop::sample::select(Function::ALL.to_vec()), kinds in prop::collection::vec(0_usize..7, 3)) {
        let values = ["null", "true", "-1", "2.5", r#""a{}b""#, r#"[1,"1",null]"#, r#"{"a":[]}"#];
        let arguments: Vec<&str> = kinds.into_iter().take((*function.arity().start()).max(1)).map(|kind| values[kind]).collect();
        let input = format!("[{}]", arguments.join(","));
        let paths: Vec<String> = (0..arguments.len().min(*function.arity().end())).map(|position| format!("$[{position}]")).collect();
        let _ = evaluate(&format!("{}({})", function.name(), paths.join(",")), &input);
    }
}
