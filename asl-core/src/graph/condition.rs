//! The conditions of Choice rules as a person would write them.

use crate::definition::{Comparison, Computable, Spanned, Test, TestKind};
use crate::evaluate::choice_rule::{self as evaluate, Kind, Relation};
use crate::source::Source;

/// What stands for what could not be read.
const UNREADABLE: &str = "?";

/// What a rule asks, as text.
pub(super) fn text(test: &Test<'_>, source: &Source<'_>) -> String {
    match &test.kind {
        Some(TestKind::And(tests)) => joined(&tests.value, " and ", source),
        Some(TestKind::Or(tests)) => joined(&tests.value, " or ", source),
        Some(TestKind::Not(test)) => format!("not {}", operand(test, source)),
        Some(TestKind::Comparison(comparison)) => compare(comparison, source),
        Some(TestKind::Condition(Computable::Jsonata(jsonata))) => {
            let words = jsonata.query.expression().text().split_whitespace();
            words.collect::<Vec<_>>().join(" ")
        }
        Some(TestKind::Condition(Computable::Literal(answer))) => answer.value.to_string(),
        None => UNREADABLE.to_owned(),
    }
}

fn joined(tests: &[Test<'_>], word: &str, source: &Source<'_>) -> String {
    match tests {
        [] => UNREADABLE.to_owned(),
        [only] => text(only, source),
        _ => tests.iter().map(|test| operand(test, source)).collect::<Vec<_>>().join(word),
    }
}

/// A test as a part of another one.
fn operand(test: &Test<'_>, source: &Source<'_>) -> String {
    let text = text(test, source);
    match &test.kind {
        Some(TestKind::And(tests) | TestKind::Or(tests)) if tests.value.len() > 1 => format!("({text})"),
        _ => text,
    }
}

fn compare(comparison: &Comparison, source: &Source<'_>) -> String {
    let variable = comparison.variable.as_ref().map_or(UNREADABLE, |variable| variable.value.text());
    let written = operand_text(&comparison.test, source);
    match &comparison.test.value {
        evaluate::Test::String(relation, _)
        | evaluate::Test::Numeric(relation, _)
        | evaluate::Test::Timestamp(relation, _) => format!("{variable} {} {written}", symbol(*relation)),
        evaluate::Test::BooleanEquals(_) => format!("{variable} {} {written}", symbol(Relation::Equals)),
        evaluate::Test::StringMatches(_) => format!("{variable} matches {written}"),
        evaluate::Test::Is { kind, answer } => {
            let verb = if *answer { "is" } else { "is not" };
            format!("{variable} {verb} {}", adjective(*kind))
        }
    }
}

/// The operand: a path by its own text, a literal as it was written.
fn operand_text<'a>(test: &'a Spanned<evaluate::Test>, source: &Source<'a>) -> &'a str {
    test.value.path().map_or_else(|| source.text_at(test.span), |path| path.text())
}

fn symbol(relation: Relation) -> &'static str {
    match relation {
        Relation::Equals => "==",
        Relation::LessThan => "<",
        Relation::GreaterThan => ">",
        Relation::LessThanEquals => "<=",
        Relation::GreaterThanEquals => ">=",
    }
}

fn adjective(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Present => "present",
        Kind::Numeric => "numeric",
        Kind::String => "a string",
        Kind::Boolean => "boolean",
        Kind::Timestamp => "a timestamp",
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, TransitionKind};

    fn check(language: &str, rule: &str, expected: &str) {
        let choice = format!(r#"{{"Type": "Choice", "Choices": [{{{rule}, "Next": "C"}}]}}"#);
        let text = format!(r#"{{"QueryLanguage": "{language}", "States": {{"C": {choice}}}}}"#);
        let graph = Graph::read(&text).unwrap();
        let condition = TransitionKind::Choice { condition: expected.into() };
        assert_eq!(graph.machine.states[0].transitions[0].kind, condition, "{rule}");
    }

    #[test]
    fn rules_read_as_a_person_would_write_them() {
        let (a, b) = (r#"{"Variable": "$.a", "NumericGreaterThan": 1.50}"#, r#"{"Variable": "$.b", "IsNull": true}"#);
        for (rule, expected) in [
            (r#""Variable": "$.a", "StringEquals": "x""#.to_owned(), r#"$.a == "x""#),
            (r#""Variable": "$['a b']", "StringLessThanPath": "$.b""#.to_owned(), "$['a b'] < $.b"),
            (r#""Variable": "$x", "BooleanEquals": false"#.to_owned(), "$x == false"),
            (r#""Variable": "$.a", "StringMatches": "x*\"y""#.to_owned(), r#"$.a matches "x*\"y""#),
            (
                r#""Variable": "$.t", "TimestampGreaterThanEquals": "2016-03-14T01:59:00Z""#.to_owned(),
                r#"$.t >= "2016-03-14T01:59:00Z""#,
            ),
            (r#""Variable": "$.a", "IsPresent": false"#.to_owned(), "$.a is not present"),
            (r#""Variable": "$.a", "IsString": true"#.to_owned(), "$.a is a string"),
            (format!(r#""And": [{a}, {{"Not": {b}}}]"#), "$.a > 1.50 and not $.b is null"),
            (format!(r#""Or": [{{"And": [{a}, {b}]}}, {a}]"#), "($.a > 1.50 and $.b is null) or $.a > 1.50"),
            (format!(r#""Not": {{"Or": [{a}, {b}]}}"#), "not ($.a > 1.50 or $.b is null)"),
            (format!(r#""And": [{a}]"#), "$.a > 1.50"),
            (r#""Variable": "$.a", "NumericEquals": "x""#.to_owned(), "?"),
            (r#""And": [{}, {"Variable": 7, "IsNull": true}]"#.to_owned(), "? and ? is null"),
        ] {
            check("JSONPath", &rule, expected);
        }
    }

    #[test]
    fn jsonata_stands_as_it_is_on_one_line() {
        let spread = r#""Condition": "{% $states.input.a > 1\n  and $b = \"x\" %}""#;
        check("JSONata", spread, r#"$states.input.a > 1 and $b = "x""#);
        check("JSONata", r#""Condition": true"#, "true");
        check("JSONata", r#""Condition": "{% ( %}""#, "?");
    }
}
