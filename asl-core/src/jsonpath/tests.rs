//! Tables of paths over documents, and the properties that all paths have.

use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::query::js_path_process;
use proptest::prelude::*;

use super::lowering::singular;
use super::*;

const STORE: &str = r#"{
    "store": {
        "book": [
            {"category": "reference", "author": "Rees", "title": "Sayings", "price": 8.95, "year": 1983},
            {"category": "fiction", "author": "Waugh", "title": "Honour", "price": 12.99, "year": 1952},
            {"category": "fiction", "author": "Melville", "title": "Moby Dick", "isbn": "0-553", "price": 8.99, "year": 1851},
            {"category": "fiction", "author": "Tolkien", "title": "Rings", "isbn": "0-395", "price": 22.99, "year": 1954}
        ],
        "bicycle": {"color": "red", "price": 19.95}
    },
    "expensive": 10,
    "wanted": ["Rees", "Tolkien"]
}"#;

fn select(path: &str, document: &str) -> Result<String, String> {
    let document: Value = document.parse().unwrap();
    let path = JsonPath::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    path.select(&document).map(|value| value.to_string()).map_err(|not_found| not_found.message)
}

fn check(path: &str, document: &str, expected: &str) {
    assert_eq!(select(path, document).as_deref(), Ok(expected), "{path} in {document}");
}

#[test]
fn definite_paths_find_one_value() {
    let document = r#"{"a":{"b":[10,20,{"c":null}]},"a-b":1,"1a":2,"ключ":3,"x y":4,"it's":5,"Test\\\"\"Name\"":6,"a.b":7,"p:q":8,"@type":9}"#;
    for (path, expected) in [
        ("$.a.b[0]", "10"),
        ("$.a.b[-1]", r#"{"c":null}"#),
        ("$.a.b[(@.length-2)]", "20"),
        ("$.a.b[2].c", "null"),
        ("$.a.['b'].[1]", "20"),
        ("$['a']['b'][1]", "20"),
        (r#"$["a"]["b"][1]"#, "20"),
        ("$[ 'a' ][ 'b' ][ 1 ]", "20"),
        ("$.a-b", "1"),
        ("$.1a", "2"),
        ("$.ключ", "3"),
        ("$['x y']", "4"),
        (r"$['it\'s']", "5"),
        (r#"$["it's"]"#, "5"),
        (r#"$['Test\""Name"']"#, "6"),
        (r"$.a\.b", "7"),
        ("$.p:q", "8"),
        ("$.@type", "9"),
        ("$['a-b','1a','none']", r#"{"a-b":1,"1a":2}"#),
        ("$.a.b.length()", "3"),
        ("$.length()", "10"),
        ("$.1a.length()", "null"),
    ] {
        check(path, document, expected);
    }
    check("$", r#""text""#, r#""text""#);
}

#[test]
fn what_is_not_there_is_told_in_jayways_words() {
    let jackson = "com.fasterxml.jackson.databind.node";
    let provider = "This is not a json object according to the JsonProvider: \
                    'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'.";
    let document = r#"{"a":"text","n":null,"l":[1,null,"x"],"o":{"p":{}},"f":1.5,"big":5000000000}"#;
    let no_object = |property: &str, path: &str, class: &str| {
        format!("Expected to find an object with property {property} in path {path} but found '{class}'. {provider}")
    };
    for (path, expected) in [
        ("$.X", "No results for path: $['X']".to_owned()),
        ("$.o.p.q", "No results for path: $['o']['p']['q']".into()),
        ("$.no.such.result.path", "Missing property in path $['no']".into()),
        ("$.o.no.such", "Missing property in path $['o']['no']".into()),
        ("$.a.b", no_object("['b']", "$['a']", "java.lang.String")),
        ("$.f.b", no_object("['b']", "$['f']", "java.lang.Double")),
        ("$.big.b", no_object("['b']", "$['big']", "java.lang.Long")),
        ("$.n.b", no_object("['b']", "$['n']", "null")),
        ("$.l.b", no_object("['b']", "$['l']", &format!("{jackson}.ArrayNode"))),
        ("$.l[0].b", no_object("['b']", "$['l'][0]", &format!("{jackson}.IntNode"))),
        ("$.l[1].b", no_object("['b']", "$['l'][1]", &format!("{jackson}.NullNode"))),
        ("$.l[9].b", no_object("['b']", "$['l'][9]", "null")),
        ("$.a['b','c']", no_object("['b','c']", "$['a']", "java.lang.String")),
        ("$.l[9]", "No results for path: $['l'][9]".into()),
        ("$.l[-9]", "No results for path: $['l'][-9]".into()),
        ("$.n[0]", "The path $['n'] is null".into()),
        ("$.l[9][0]", "The path $['l'][9] is null".into()),
        ("$.a[0]", "Filter: [0] can only be applied to arrays. Current context is: text".into()),
        ("$.l[2][0]", "Filter: [0] can only be applied to arrays. Current context is: \"x\"".into()),
        ("$.o[0]", "Filter: [0] can only be applied to arrays. Current context is: {\"p\":{}}".into()),
        ("$.l.sum()", "No results for path: $['l'].sum()".into()),
    ] {
        assert_eq!(select(path, document), Err(expected), "{path}");
    }
}

#[test]
fn only_an_index_at_the_end_of_a_path_is_past_the_end() {
    let document: Value = r#"{"l":[1]}"#.parse().unwrap();
    for (path, expected) in
        [("$.l[1]", true), ("$.l[-2]", true), ("$.l[1].a", false), ("$.m", false), ("$.m[0]", false)]
    {
        let not_found = JsonPath::parse(path).unwrap().select(&document).unwrap_err();
        assert_eq!(not_found.is_past_the_end(), expected, "{path}");
    }
}

#[test]
fn indefinite_paths_find_arrays() {
    let document = r#"{"l":[0,1,2,3,4],"o":{"x":1,"y":[2]},"e":[],"m":[{"k":1},{"k":2,"j":3},7]}"#;
    for (path, expected) in [
        ("$.l[*]", "[0,1,2,3,4]"),
        ("$.l.*", "[0,1,2,3,4]"),
        ("$.o.*", "[1,[2]]"),
        ("$.e[*]", "[]"),
        ("$.l[0][*]", "[]"),
        ("$.l[1:3]", "[1,2]"),
        ("$.l[1:]", "[1,2,3,4]"),
        ("$.l[:2]", "[0,1]"),
        ("$.l[-2:]", "[3,4]"),
        ("$.l[:-2]", "[0,1,2]"),
        ("$.l[-3:-1]", "[2,3]"),
        ("$.l[1:-1]", "[]"),
        ("$.l[-1:2]", "[4,0,1]"),
        ("$.l[3:1]", "[]"),
        ("$.l[1:99]", "[1,2,3,4]"),
        ("$.l[0,2]", "[0,2]"),
        ("$.l[2, 0, -1]", "[2,0,4]"),
        ("$.l[0,9]", "[0,null]"),
        ("$.m[*].k", "[1,2]"),
        ("$.m[*]['k','j']", r#"[{"k":1},{"k":2,"j":3}]"#),
        ("$.m[1]['k','j'].length()", "2"),
        ("$['l','o'].x", "[1]"),
        ("$['l','o'][0]", "[0]"),
        ("$.m[*].length()", "3"),
        ("$.nothing[*]", "[]"),
        ("$.nothing[1:].value", "[]"),
        ("$.nothing.at.all[1:5].value", "[]"),
        ("$[*]", "[[0,1,2,3,4],{\"x\":1,\"y\":[2]},[],[{\"k\":1},{\"k\":2,\"j\":3},7]]"),
    ] {
        check(path, document, expected);
    }
    for path in ["$[*]", "$.items[*]", "$.items[1:]", "$.items[:1]", "$.item.items[1:5].itemValue", "$..a", "$[?(@.a)]"]
    {
        check(path, "{}", "[]");
    }
}

#[test]
fn descendants_come_in_document_order_parents_first() {
    for (path, expected) in [
        ("$..author", r#"["Rees","Waugh","Melville","Tolkien"]"#),
        ("$.store..price", "[8.95,12.99,8.99,22.99,19.95]"),
        ("$..book[2].title", "[\"Moby Dick\"]"),
        ("$..book[-1:].title", "[\"Rings\"]"),
        ("$..book[0,1].title", r#"["Sayings","Honour"]"#),
        ("$..book.length()", "1"),
        ("$..['color','price']", r#"[{"color":"red","price":19.95}]"#),
        ("$..bicycle.*", r#"["red",19.95]"#),
    ] {
        check(path, STORE, expected);
    }
    check("$..*", r#"{"a":[1,{"b":2}]}"#, r#"[[1,{"b":2}],1,{"b":2},2]"#);
    check("$..[0]", "[[1,2],[3]]", "[[1,2],1,3]");
    check("$..[0].a", r#"{"l":[{"a":1},{"a":2}]}"#, "[1,2]");
    check("$..[?(@.a)]", r#"{"l":[{"a":1},{"b":2}],"o":{"a":3}}"#, r#"[{"a":1},{"a":3}]"#);
}

#[test]
fn filters_select_what_fits() {
    let titles = |filter: &str| select(&format!("$.store.book[?({filter})].title"), STORE).unwrap();
    for (filter, expected) in [
        ("@.price < 10", r#"["Sayings","Moby Dick"]"#),
        ("@.price<=8.95", r#"["Sayings"]"#),
        ("@.price > $.expensive", r#"["Honour","Rings"]"#),
        ("@.price >= 22.99", r#"["Rings"]"#),
        ("8.99 == @.price", r#"["Moby Dick"]"#),
        ("@.year < 1900", r#"["Moby Dick"]"#),
        ("@.isbn", r#"["Moby Dick","Rings"]"#),
        ("!@.isbn", r#"["Sayings","Honour"]"#),
        ("@.isbn && @.price < 10", r#"["Moby Dick"]"#),
        ("@.isbn || @.year == 1952", r#"["Honour","Moby Dick","Rings"]"#),
        ("@.category == 'fiction' && (@.price < 10 || @.price > 20)", r#"["Moby Dick","Rings"]"#),
        ("!(@.category == 'fiction')", r#"["Sayings"]"#),
        ("@.category != 'fiction'", r#"["Sayings"]"#),
        ("@.isbn != '0-553'", r#"["Sayings","Honour","Rings"]"#),
        ("@.isbn == null", "[]"),
        ("@['author'] == \"Rees\"", r#"["Sayings"]"#),
        ("@.author in ['Rees', 'Waugh']", r#"["Sayings","Honour"]"#),
        ("@.author nin ['Rees', 'Waugh']", r#"["Moby Dick","Rings"]"#),
        ("@.author in $.wanted", r#"["Sayings","Rings"]"#),
        ("@.author in $.nothing", "[]"),
        ("@.title contains 'i'", r#"["Sayings","Moby Dick","Rings"]"#),
        ("@.title =~ /.*ing./", r#"["Sayings","Rings"]"#),
        ("@.title =~ /ings/", "[]"),
        ("@.title =~ /moby.*/i", r#"["Moby Dick"]"#),
        ("@.price == '8.95'", r#"["Sayings"]"#),
        ("@.price === '8.95'", "[]"),
        ("@.price !== '8.95'", r#"["Sayings","Honour","Moby Dick","Rings"]"#),
        ("@.price < '9'", "[]"),
        ("@.author < 'N'", r#"["Moby Dick"]"#),
        ("@.author.size() == 4", r#"["Sayings"]"#),
        ("@.author size 4", r#"["Sayings"]"#),
        ("true == false", "[]"),
    ] {
        assert_eq!(titles(filter), expected, "{filter}");
    }
}

#[test]
fn filters_know_lists_objects_and_scalars() {
    let document = r#"{"l":[{"t":["a","b"]},{"t":[]},{"t":["c"],"u":["c","d"]},{"t":""},5,"a"],"o":{"k":1}}"#;
    for (path, expected) in [
        ("$.l[?(@.t subsetof ['a','b','c'])].t", r#"[["a","b"],[],["c"]]"#),
        ("$.l[?(@.t anyof ['b','c'])].t", r#"[["a","b"],["c"]]"#),
        ("$.l[?(@.t noneof ['b','c'])].t", "[[]]"),
        ("$.l[?(@.t all ['a'])].t", r#"[["a","b"]]"#),
        ("$.l[?(@.t contains 'a')].t", r#"[["a","b"]]"#),
        ("$.l[?('a' in @.t)].t", r#"[["a","b"]]"#),
        ("$.l[?(@.t subsetof @.u)].t", r#"[["c"]]"#),
        ("$.l[?(@.t size 2)].t", r#"[["a","b"]]"#),
        ("$.l[?(@.t.length() == 1)].t", r#"[["c"]]"#),
        ("$.l[?(@.t empty true)].t", r#"[[],""]"#),
        ("$.l[?(@.t empty false)].t", r#"[["a","b"],["c"]]"#),
        ("$.l[?(@.t[0] == 'a')].t", r#"[["a","b"]]"#),
        ("$.l[?(@ == 5)]", "[]"),
        ("$.o[?(@.k == 1)]", r#"[{"k":1}]"#),
        ("$.o[?(@.k == 2)]", "[]"),
        ("$.[?(@.o)].o.k", "[1]"),
    ] {
        check(path, document, expected);
    }
}

#[test]
fn a_hostile_path_ends_for_lack_of_budget() {
    let nested = (0..120).fold("1".to_owned(), |inner, _| format!("[{inner},0]"));
    let failed = select("$..*..*..*..*", &nested).unwrap_err();
    assert_eq!(failed, "the path has to look at more than 2000000 values");
    let long: Vec<String> = (0..5_000).map(|number| format!("[{number}]")).collect();
    let document = format!(r#"{{"l":[{}],"m":[{}]}}"#, long.join(","), long.join(","));
    assert!(select("$.l[?(@ subsetof $.m)]", &document).is_err());
}

#[test]
fn roots_and_texts() {
    for (text, root, canonical) in [
        ("$", Root::Input, "$"),
        ("$.a", Root::Input, "$['a']"),
        ("$$", Root::Context, "$$"),
        ("$$.Execution.Id", Root::Context, "$$['Execution']['Id']"),
        ("$name", Root::Variable("name".into()), "$name"),
        ("$имя_1.a[0]", Root::Variable("имя_1".into()), "$имя_1['a'][0]"),
        ("$states[*]", Root::Variable("states".into()), "$states[*]"),
        ("$..a.*", Root::Input, "$..['a'][*]"),
        (r"$['it\'s','b']", Root::Input, r"$['it\'s','b']"),
        ("$[ 1 : ][-1,2]", Root::Input, "$[1:][-1,2]"),
        ("$[?(@.a==1&&!@.b||@.c in [1,'x'])]", Root::Input, "$[?((@['a'] == 1 && !(@['b'])) || @['c'] in [1,'x'])]"),
        ("$[?(@.a =~ /x\\/y/i)].size()", Root::Input, "$[?(@['a'] =~ /x\\/y/i)].length()"),
    ] {
        let path = JsonPath::parse(text).unwrap();
        assert_eq!(path.root(), &root, "{text}");
        assert_eq!(path.text(), text);
        assert_eq!(path.to_string(), canonical);
    }
}

#[test]
fn faults_are_told_with_their_place() {
    for (text, place, message) in [
        ("", 0..0, "a path starts with `$`"),
        ("a.b", 0..1, "a path starts with `$`"),
        ("$.", 1..2, "a path may not end with `.`"),
        ("$.a.", 3..4, "a path may not end with `.`"),
        ("$..", 1..3, "a path may not end with `.`"),
        ("$...a", 3..4, "expected a name after `.`"),
        ("$.a b", 3..4, "a name after a dot has no blanks"),
        ("$.a]", 3..4, "unexpected `]`"),
        ("$a-b", 1..4, "`a-b` is no name of a variable"),
        ("$1", 1..2, "`1` is no name of a variable"),
        ("$$a", 2..3, "expected `.` or `[`, found `a`"),
        ("$[", 1..2, "this bracket is never closed"),
        ("$['a'", 1..2, "this bracket is never closed"),
        ("$['a", 2..3, "this quote is never closed"),
        ("$[a]", 2..3, "expected a quoted name, an index, `*` or `?`"),
        ("$['a' 'b']", 6..7, "expected `]`, found `'`"),
        ("$['a',]", 6..7, "expected a quoted name"),
        ("$[1,]", 4..5, "expected an index"),
        ("$[:]", 2..3, "a slice needs a start or an end"),
        ("$[1:2:3]", 5..6, "a slice has no step"),
        ("$[99999999999]", 2..13, "`99999999999` is not an index"),
        ("$[-]", 2..3, "`-` is not an index"),
        ("$.*a", 3..4, "expected `.` or `[`"),
        ("$.a.foo()", 4..9, "there is no function `foo()`"),
        ("$.a.length().b", 12..14, "a function ends a path"),
        ("$.a.length(1)", 11..12, "functions in a path take no arguments"),
        ("$..length()", 1..11, "`..` needs a name or `[` after it"),
        ("$[?@.a]", 3..4, "expected `(` after `?`"),
        ("$[?(@.a]", 7..8, "expected `)`, `&&` or `||`"),
        ("$[?(@.a", 3..4, "this parenthesis is never closed"),
        ("$[?(@.a = 1)]", 8..9, "there is no operator `=`"),
        ("$[?(@.a like 1)]", 8..12, "there is no operator `like`"),
        ("$[?(@.a == b)]", 11..12, "expected a path, a string, a number, `true`, `false`, `null` or a list"),
        ("$[?(1)]", 4..5, "expected a path, or an operator after this"),
        ("$[?(@.* == 1)]", 6..7, "expected a name"),
        ("$[?(@.a =~ 'x')]", 4..14, "`=~` does not fit its operands"),
        ("$[?(@.a =~ /(/)]", 11..14, "this is not a regular expression"),
        ("$[?(@.a =~ /(\\w{50}){50}/)]", 11..25, "this regular expression is too large"),
        ("$[(@.length)]", 2..12, "expected `(@.length-n)`"),
        ("$.a\\", 3..4, "nothing follows the backslash"),
    ] {
        let error = JsonPath::parse(text).unwrap_err();
        assert_eq!((error.message.as_str(), error.span), (message, place), "{text}");
    }
    let deep = format!("$[?({}@.a{})]", "(".repeat(100), ")".repeat(100));
    assert_eq!(JsonPath::parse(&deep).unwrap_err().message, "a filter may nest at most 30 deep");
    assert_eq!(
        JsonPath::parse(&format!("$.{}", "a".repeat(10_001))).unwrap_err().message,
        "a path may have at most 10000 bytes"
    );
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        "[abc]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[abc]", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn singular_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof!["[abc]".prop_map(|name| Step::Name(name.into())), (-3_i64..4).prop_map(Step::Index)];
    prop::collection::vec(step, 0..4)
}

/// Text that looks enough like a path to reach deep into the parser.
fn nearly_a_path() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "$",
        "$$",
        ".",
        "..",
        "a",
        "é",
        "[",
        "]",
        "'",
        "\"",
        "*",
        "0",
        "-1",
        ":",
        ",",
        "?",
        "(",
        ")",
        "@",
        "@.a",
        "==",
        "&&",
        "||",
        "!",
        " ",
        "\\",
        "in",
        "=~",
        "/x/",
        "length()",
        "null",
        "[?(@.a == 1)]",
        "['b','c']",
        "[1:]",
    ]);
    prop::collection::vec(pieces, 0..14).prop_map(|pieces| format!("${}", pieces.concat()))
}

proptest! {
    #[test]
    fn reading_never_panics_and_points_into_the_text(text in prop_oneof![any::<String>(), nearly_a_path()]) {
        match JsonPath::parse(&text) {
            Ok(path) => {
                let canonical = path.to_string();
                let again = JsonPath::parse(&canonical);
                prop_assert!(again.is_ok(), "{} became {}", text, canonical);
                let again = again.unwrap();
                prop_assert_eq!(&again.steps(), &path.steps());
                prop_assert_eq!(again.to_string(), canonical);
            }
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some(), "{:?} in {}", error, text);
            }
        }
    }

    #[test]
    fn walking_agrees_with_the_query_model(document in json(), steps in singular_steps()) {
        let query = JpQuery::new(steps.iter().filter_map(singular).collect());
        let expected = js_path_process(&query, &document).unwrap().first().map(|found| found.val.clone());
        prop_assert_eq!(walk::find(&steps, &document), expected.as_ref());
        prop_assert_eq!(walk::walk(&steps, &document).ok(), expected);
    }

    #[test]
    fn selecting_never_panics(document in json(), text in nearly_a_path()) {
        if let Ok(path) = JsonPath::parse(&text) {
            let selected = path.select(&document);
            let is_one = matches!(path.steps().last(), Some(Step::Function(_))) || step::leads_to_one_value(path.steps());
            prop_assert!(is_one || matches!(selected, Ok(Value::Array(_))), "{}", text);
        }
    }
}
