//! Behaviour of the language as a whole; that of each function is with the function.

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
