//! Behaviour of the language as a whole; that of each function is with the function.

use proptest::prelude::*;

use super::*;

/// What `text` yields without an input: JSON, `undefined`, `function`, or the code of an error.
pub(super) fn outcome(text: &str, dialect: Dialect) -> String {
    let outcome =
        Expression::parse(text, dialect).and_then(|expression| expression.evaluate(None, &(), &Environment::default()));
    match outcome {
        Ok(Outcome::Value(value)) => value.to_string(),
        Ok(Outcome::Undefined) => "undefined".to_owned(),
        Ok(Outcome::Function) => "function".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

#[track_caller]
pub(super) fn check(text: &str, expected: &str) {
    assert_eq!(outcome(text, Dialect::Reference), expected, "{text}");
}

#[track_caller]
pub(super) fn check_aws(text: &str, expected: &str) {
    assert_eq!(outcome(text, Dialect::Aws), expected, "{text}");
}

#[test]
fn hostile_expressions_end_in_an_error() {
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let doubled = |step: &str, end: &str| {
        format!("($f := function($x, $n) {{ $n = 0 ? $x : $f({step}, $n - 1) }}; $y := $f(1, 60); {end})")
    };
    let looped = |a: &str, body: &str| (format!("($a := {a}; [1..100000].({body}))"), "U1002");
    let cases = [
        ("($f := function($x) { 1 + $f($x) }; $f(1))".to_owned(), "U1001"),
        ("($f := function($x) { $map([1], function($y) { [$f($x)] }) }; $f(1))".to_owned(), "U1001"),
        ("($f := function($x) { {'a': {'b': 1}.($f($x))[$f($x) > 1]} }; $f(1))".to_owned(), "U1001"),
        ("($f := function($x) { $sort([2,1], function($a, $b) { $f($x) > 1 }) }; $f(1))".to_owned(), "U1001"),
        ("($f := function($x) { [2,1]^($f($x)) ~> |$|{'a': $f($x)}| }; $f(1))".to_owned(), "U1001"),
        ("($f := function($x) { $replace('a', /a/, function($m) { '' & $f($x) }) }; $f(1))".to_owned(), "U1001"),
        ("($f := function($x) { $f($x) }; $f(1))".to_owned(), "U1002"),
        ("($f := function($x) { $f([[$x]]) }; $f(1))".to_owned(), "U1005"),
        ("($f := function($x) { $f({'a': $x}) }; $f(1))".to_owned(), "U1005"),
        ("($f := function($x) { $f($x & $x) }; $f('ab'))".to_owned(), "U1003"),
        ("($f := function($g) { $f(function($x) { $g($x) }) }; $f($string))".to_owned(), "U1002"),
        (
            "($c := function($f, $n) { $n = 0 ? $f : $c($f ~> $trim, $n - 1) }; $c($trim, 10000)('a'))".to_owned(),
            "U1001",
        ),
        ("($c := function($f, $n) { $n = 0 ? $f : $c($f(?), $n - 1) }; $c($trim, 10000)('a'))".to_owned(), "\"a\""),
        ("[1..1e9]".to_owned(), "D2014"),
        ("[1..9000000]".to_owned(), "U1004"),
        ("$pad('a', 1e10)".to_owned(), "U1003"),
        ("$pad('a', -1e300)".to_owned(), "U1003"),
        ("$map([1..1000], function($x) { [1..100000] })".to_owned(), "U1002"),
        ("$match($join([1..40].('a')) & '!', /^(?:(a|aa)+\\1?)+$/)".to_owned(), "U1006"),
        ("$distinct([1..3000].{'a': $})".to_owned(), "U1002"),
        (doubled("[[$x],[$x]]", "$y"), "U1003"),
        (doubled("{'a': $x, 'b': $x}", "$string($y)"), "U1003"),
        (doubled("{'a': $x, 'b': $x}", "1 + $y"), "U1003"),
        ("($t := $pad('', 1000000, 'a'); $string([1..1000].$t))".to_owned(), "U1003"),
        ("$reduce([1..300].[[1]], $zip(?, ?))".to_owned(), "U1005"),
        ("($f := function($x) { $f($clone([[$x]])) }; $f(1))".to_owned(), "U1005"),
        ("($f := function($x) { $f($x ~> |$|{'a': [[$x]]}|) }; $f({}))".to_owned(), "U1005"),
        ("$replace($pad('', 1000000, 'a'), /.*/, $pad('', 2000, '$0'))".to_owned(), "U1002"),
        ("[1..100000].$contains('aaaaaa!', /^(?:(a|aa)+\\1?)+$/)".to_owned(), "U1002"),
        looped("[1..100000].('')", "$join($a)"),
        looped("[1..100000].(0)", "$boolean($a)"),
        looped("[1..100000].(0)", "$a and true"),
        looped("[1..100000].(0)", "[1][$a]"),
        looped("[1..100000]", "$single($a, function($x) { $x = 1 })"),
        looped("[1..100000].{'b': []}", "$keys($a)"),
        looped("[1..100000].{'b': []}", "$a.c"),
        looped("[1..100000].{'b': []}", "$lookup($a, 'c')"),
        looped("[1..100000].[[]]", "{'x': $a}.*"),
        looped("$pad('', 1000000, 'a')", "$substringBefore($a, '-')"),
        looped("$pad('', 1000000, 'a')", "$a in [$a]"),
        looped("$pad('', 4000, '#,') & '0'", "$formatNumber(1, $a)"),
        looped("1e300", "$formatBase($a, 2)"),
        looped("$pad('', 1000000, 'a')", "{$a: 1} = {$a & '': 1}"),
        looped("$pad('', 1000000, 'a')", "$merge([{$a: 1}, {$a & '': 1}])"),
        looped("[1..1000].($ / 3)", "$string($a)"),
        looped("[1..1000].($ / 3)", "$clone($a)"),
        ("$split($pad('', 20000000, 'a'), '')".to_owned(), "U1004"),
        ("$split($pad('', 20000000, 'a,'), ',')".to_owned(), "U1004"),
        ("($a := [1..60000].(0); [1..1000].[[$a]])".to_owned(), "U1002"),
        ("($a := [1..60000].(0); $count([[1..100].{'x': $a}].x))".to_owned(), "U1002"),
        ("($a := [1..60000].(0); $count({'x': [1..100].[[$a]]}.*))".to_owned(), "U1002"),
        ("($o := $merge([1..5000].{$string($): 0}); $spread([1..1000].$o))".to_owned(), "U1003"),
        ("($t := $pad('', 1000000, '\\u0001'); $string([1..100].$t))".to_owned(), "U1002"),
        ("($f := function($o) { $f($o ~> |**|{'a': $, 'b': $}|) }; $f({}))".to_owned(), "U1003"),
        (
            "($m := function() { {'match': 'a', 'start': 99999, 'groups': [], 'next': $m} }; \
            $match($pad('', 100000, 'a'), $m))"
                .to_owned(),
            "U1002",
        ),
        (format!("($f := function($x)<{}:n> {{ 1 }}; [1..10000].$f('a'))", "s?".repeat(60_000)), "U1002"),
        (format!("(function($x)<{}n:n> {{ 1 }})('a', 'b', true)", "s?".repeat(3_000)), "T0410"),
        ("$contains($pad('', 100000, 'a'), /(?:(?![^b]*b)a)*c/)".to_owned(), "U1002"),
        ("$contains($pad('', 100000, 'a') & '!', /(?<!x)a[^b]*b/)".to_owned(), "U1002"),
        ("[1..1000].$contains($pad('', 150, 'a') & '!', /(?:(?=a*!)a){1000}\\b/)".to_owned(), "U1002"),
        ("[1..1000].$contains($pad('', 1000000, 'a'), /(?:(?:a{30}){30}){30}/)".to_owned(), "U1002"),
        looped(&format!("function($x)<n{}>{{ 1 }}", "n?".repeat(10_000)), "$a(1)"),
        (format!("function($x)<{}>{{ 1 }}({}'a')", "n+".repeat(10_000), "1,".repeat(10_000)), "U1002"),
        (format!("function($x)<{}>{{ 1 }}({}'a')", "n".repeat(1_000), "1,".repeat(1_000)), "T0410"),
        (nested("(", ")"), "S0304"),
        (nested("[", "]"), "S0304"),
        (nested("-", ""), "S0304"),
        (nested("function($x){", "}"), "S0304"),
        (nested("$f(", ")"), "S0304"),
        (format!("1{}", "+1".repeat(100_000)), "S0304"),
        (format!("a{}", "[0]".repeat(100_000)), "S0304"),
        (format!("a{}", ".a".repeat(100_000)), "S0304"),
    ];
    for (text, expected) in cases {
        assert_eq!(outcome(&text, Dialect::Reference), expected, "{}", text.chars().take(80).collect::<String>());
    }
}

#[test]
#[expect(clippy::disallowed_types, reason = "the stack is what is tested")]
fn the_deepest_evaluations_fit_into_a_threads_usual_stack() {
    let texts = [
        "($f := function($x) { 1 + $f($x) }; $f(1))",
        "($f := function($x) { $map([1], function($y) { [$f($x)] }) }; $f(1))",
        "($f := function($x) { {'a': {'b': 1}.($f($x))[$f($x) > 1]} }; $f(1))",
        "($f := function($x) { $sort([2,1], function($a, $b) { $f($x) > 1 }) }; $f(1))",
        "($f := function($x) { [2,1]^($f($x)) }; $f(1))",
        "($f := function($x) { {'a': 1} ~> |$|{'a': $f($x)}| }; $f(1))",
        "($f := function($x) { $replace('a', /a/, function($m) { '' & $f($x) }) }; $f(1))",
        "($f := function($x) { [1]@$a#$i.$f($x){'a': $f($a)} }; $f(1))",
        "($f := function($x) { $reduce([1, 2], function($a, $b) { $x ? $f($x) + 1 : 2 }) }; $f(1))",
        "($f := function($x) { $sift({'a': 1}, function($v) { $each({'a': 1}, $f) }) }; $f(1))",
        "($f := function($x) { $a := ($b := [[[[$f($x)]]]]) }; $f(1))",
    ];
    let run = move || {
        for text in texts {
            assert_eq!(outcome(text, Dialect::Aws), "U1001", "{text}");
        }
        assert_eq!(
            outcome(
                "($f := function($x, $n) { $n = 0 ? $x : $f([[$x]], $n - 1) }; $d := $f(0, 127); \
            $string($clone($d)) != $string($d, true) and $d = $clone($d) and $boolean($d) = false)",
                Dialect::Aws
            ),
            "true"
        );
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

/// Pieces that expressions are made of, put together without regard to grammar.
const PIECES: &[&str] = &[
    "a",
    "b.c",
    "$",
    "$$",
    "$x",
    "1",
    "-2.5",
    "'t'",
    "\"é💩\"",
    "null",
    "true",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    ";",
    ":",
    ":=",
    "?",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "=",
    "!=",
    "<",
    ">=",
    "~>",
    "^(",
    "@$v",
    "#$i",
    "..",
    "|",
    "**",
    " and ",
    " in ",
    "function($x)",
    "<s-n?:s>",
    "{$x}",
    "$sum(",
    "$map(",
    "$replace(",
    "$split(",
    "$substring(",
    "$sort(",
    "/a+(b)?/i",
    "$each(",
    "$spread(",
    "$pad(",
    "$string(",
    "$reduce(",
    "$zip(",
    "$merge(",
    "[0]",
    "[]",
    "$formatNumber(",
    "$toMillis(",
];

proptest! {
    #[test]
    fn parsing_and_evaluating_never_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..14)) {
        let text = pieces.concat();
        let input: Value = r#"{"a":[{"b":{"c":1}},{"b":[{"c":"x"},null]}],"b":{"c":[[1,2],3.5]}}"#.parse().unwrap();
        let mut environment = Environment::default();
        environment.limits.steps = 20_000;
        match Expression::parse(&text, Dialect::Aws) {
            Ok(expression) => drop(expression.evaluate(Some(&input), &(), &environment)),
            Err(error) => prop_assert!(text.get(error.span()).is_some(), "{text}: {error} at {:?}", error.span()),
        }
    }

    #[test]
    fn any_text_parses_or_says_why_not(text in "\\PC{0,40}") {
        if let Err(error) = Expression::parse(&text, Dialect::Reference) {
            prop_assert!(text.get(error.span()).is_some() && !error.message().is_empty(), "{text}: {error}");
        }
    }
}

#[test]
fn sequences_of_one_collapse_unless_kept() {
    check("([{'b': 1}]^(b)[]) ~> $string", r#""[{\"b\":1}]""#);
    check("{'a': {'b': 1}}.a^(b)[].b", "[1]");
    check("[1,2,3][$ > 2]", "3");
    check("[1,2,3][$ > 2][]", "[3]");
    check("[1,2,3][$ > 3]", "undefined");
    check("[].a", "[]");
    check("[]#$i.a", "undefined");
    check("[2]^($)", "2");
    for (order, expected) in [
        ("[zz]^(>b).e", "undefined"),
        ("[zz]^(>b)", "[]"),
        ("[zz]^(>b)[0].e", "[]"),
        ("[zz]^(>b)[true].e", "undefined"),
        ("[zz]^(>b)[]", "[[]]"),
        ("[1,2]^($).$count($)", "2"),
        ("[1,2]^($)[0]", "[1,2]"),
        ("[1,2]^($)[0].$string()", r#"["1","2"]"#),
        ("[[1]]^(b)[0]", "[[1]]"),
        ("[{'e':2},{'e':1}]^(e).e", "[2,1]"),
    ] {
        check(&format!("{{}}.({{}}).{order}"), expected);
    }
    check("{'a': [1]}.a", "[1]");
    check("{'a': [1]}.*", "[1]");
    check("[{'a': 1}].a", "1");
    check("[{'a': 1}].[a]", "[1]");
    check("$map([1,2], function($x) { $filter([$x], function($y) { true }) })", "[[1],[2]]");
}

#[test]
fn errors_carry_the_references_code_message_and_place() {
    let cases = [
        ("1 + 'a'", r#"T2002: The right side of the "+" operator must evaluate to a number"#, "+"),
        ("$sum('a')", r#"T0412: Argument 1 of function "sum" must be an array of "numbers""#, "$sum('a')"),
        ("sum(1)", "T1005: Attempted to invoke a non-function. Did you mean $sum?", "sum(1)"),
        ("$nope()", "T1006: Attempted to invoke a non-function", "$nope()"),
        ("$error('no')", "D3137: no", "$error('no')"),
        ("$string([1/0])", "D1001: Number out of range: null", "$string([1/0])"),
        (
            "$power(2, nothing)",
            "D3061: The power function has resulted in a value that cannot be represented as a JSON number: base=2, exponent=undefined",
            "$power(2, nothing)",
        ),
        ("[1 2]", r#"S0202: Expected "]", got 2"#, "2"),
    ];
    for (text, message, place) in cases {
        let error = Expression::parse(text, Dialect::Reference)
            .and_then(|expression| expression.evaluate(None, &(), &Environment::default()))
            .unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
        assert_eq!(text.get(error.span()), Some(place), "{text}");
    }
}

#[test]
fn expressions_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Expression>();
}

#[test]
fn infinities_have_no_truth_and_no_type() {
    for text in ["1/0 ? 1 : 2", "[1/0] ? 1 : 2", "1/0 or true", "$not(-1/0)", "$type(1/0)"] {
        check(text, "D1001");
    }
    check("0/0 ? 1 : 2", "2");
}

#[test]
fn paths_bind_order_and_group() {
    let orders = |path: &str| {
        format!("($o := [{{'n': 'a', 'l': [{{'p': 3}}, {{'p': 1}}]}}, {{'n': 'b', 'l': [{{'p': 2}}]}}]; $o{path})")
    };
    for (path, expected) in [
        (".l.p", "[3,1,2]"),
        (".l^(p).p", "[1,2,3]"),
        (".l^(>p)[0].p", "3"),
        (".l.(%.n & p)", r#"["a3","a1","b2"]"#),
        ("@$i.$i.l#$j.($i.n & $j)", r#"["a0","a1","b0"]"#),
        ("{n: $sum(l.p)}", r#"{"a":4,"b":2}"#),
        ("@$i.$i.l{$i.n: $count(p)}", r#"{"a":2,"b":1}"#),
        (".l[p > 1].p", "[3,2]"),
        (".*.p", "[3,1,2]"),
        (".**.p", "[3,1,2]"),
        (" ~> |l|{'q': p}, 'p'|", r#"[{"n":"a","l":[{"q":3},{"q":1}]},{"n":"b","l":[{"q":2}]}]"#),
    ] {
        check(&orders(path), expected);
    }
    check("%.a", "S0217");
    check("[1]@$i[0]@$j", "S0215");
}

#[test]
fn functions_close_over_apply_in_part_and_chain() {
    check("($add := function($a) { function($b) { $a + $b } }; $add(1)(2))", "3");
    check("($third := $substring(?, 2, 1); $third('abc'))", r#""c""#);
    check("'  a ' ~> $trim ~> $uppercase", r#""A""#);
    check("($shout := $trim ~> $uppercase; $shout(' a '))", r#""A""#);
    check("($f := function($n, $s) { $n = 0 ? $s : $f($n - 1, $s + $n) }; $f(10000, 0))", "50005000");
    check("function($a)<s:s>{ $a }(1)", "T0410");
    check("{'a': 'x'}.a.function($v)<s-:s>{ $v }()", r#""x""#);
    check("1 ~> 2", "T2006");
}

#[test]
fn texts_and_comments_are_read_as_ecmascript_reads_them() {
    check(r#""a\u00e9\uD83D\uDCA9\n""#, r#""aé💩\n""#);
    check(r#""\uD83D""#, "S0104");
    check(r#""\q""#, "S0103");
    check("'a", "S0101");
    check("/* a */ 1 /* b */", "1");
    check("/* a", "S0106");
    check("{'a b': 1}.`a b`", "1");
    check("`a", "S0105");
    check("1e999", "S0102");
    check("1 + 2 * 3 ** 4", "S0201");
    check("2 - 1 - 1", "0");
    check("6 / 2 % 2", "1");
}
