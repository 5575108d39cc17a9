//! Choice rules that never decide: those before them, or their own parts, leave nothing over.

use std::cell::Cell;

use crate::definition::{Choice, ChoiceRule, Comparison, Computable, State, StateKind, Test, TestKind};
use crate::diagnostic::{Code, Fault};
use crate::evaluate::choice_rule::{self as evaluate, Kind, Operand, Relation};
use crate::jsonpath::JsonPath;
use crate::report::Report;
use crate::source::Span;
use crate::value::Number;

use super::loops::is_repeatable;

/// How many tests of one Choice are compared with each other.
const MAX_COMPARISONS: usize = 20_000;

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    let Some(StateKind::Choice(choice)) = &state.kind else { return };
    let fuel = Fuel(Cell::new(MAX_COMPARISONS));
    for (position, rule) in choice.rules().iter().enumerate() {
        if let Some(fault) = never_decides(rule, choice.rules().get(..position).unwrap_or_default(), &fuel) {
            report.add(fault);
        }
    }
    check_default(choice, report);
}

fn never_decides(rule: &ChoiceRule<'_>, earlier: &[ChoiceRule<'_>], fuel: &Fuel) -> Option<Fault> {
    let fault = |message: &str| Fault::new(Code::UNREACHABLE_CHOICE_RULE, rule.test.span, message);
    if constant(&rule.test) == Some(false) {
        return Some(fault("the condition is never true"));
    }
    if let Some((one, other)) = contradiction(&rule.test, fuel) {
        return Some(
            fault("the rule is never true: two of its parts exclude each other")
                .with_label(one, "this")
                .with_label(other, "and this"),
        );
    }
    let mut earlier = earlier.iter().take_while(|_| fuel.is_left());
    let taken = earlier.find(|earlier| implies(&rule.test, &earlier.test, fuel))?;
    let help = "put the narrower rule first, or remove this one".to_owned();
    Some(
        fault("the rule never decides: whatever it is true for, an earlier one has taken")
            .with_label(taken.test.span, "this one")
            .with_help(help),
    )
}

/// After a rule that is always true there is nothing left for `Default`.
fn check_default(choice: &Choice<'_>, report: &Report<'_>) {
    let always = choice.rules().iter().find(|rule| constant(&rule.test) == Some(true));
    if let (Some(always), Some(default)) = (always, &choice.default) {
        let fault = Fault::new(Code::UNREACHABLE_CHOICE_RULE, default.span, "`Default` is never taken");
        report.add(fault.with_label(always.test.span, "always true"));
    }
}

/// Counts the comparisons down, as there may be thousands of rules, or rules that nest.
struct Fuel(Cell<usize>);

impl Fuel {
    fn burn(&self) -> bool {
        self.0.replace(self.0.get().saturating_sub(1)) > 0
    }

    fn is_left(&self) -> bool {
        self.0.get() > 0
    }
}

/// What a condition always is.
fn constant(test: &Test<'_>) -> Option<bool> {
    match &test.kind {
        Some(TestKind::Condition(Computable::Literal(literal))) => Some(literal.value),
        Some(TestKind::Condition(Computable::Jsonata(jsonata))) => match jsonata.query.expression().text() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Whether `one` is true only where `other` is; no is said where it is not clear.
fn implies(one: &Test<'_>, other: &Test<'_>, fuel: &Fuel) -> bool {
    if !fuel.burn() {
        return false;
    }
    if constant(other) == Some(true) {
        return true;
    }
    match (&one.kind, &other.kind) {
        (Some(TestKind::Comparison(one)), Some(TestKind::Comparison(other))) => comparison_implies(one, other),
        (Some(TestKind::Condition(one)), Some(TestKind::Condition(other))) => same_condition(one, other),
        (Some(TestKind::Not(one)), Some(TestKind::Not(other))) => implies(other, one, fuel),
        (_, Some(TestKind::And(all))) => !all.value.is_empty() && all.value.iter().all(|part| implies(one, part, fuel)),
        (Some(TestKind::Or(any)), _) => {
            !any.value.is_empty() && any.value.iter().all(|part| implies(part, other, fuel))
        }
        (_, Some(TestKind::Or(any))) if any.value.iter().any(|part| implies(one, part, fuel)) => true,
        (Some(TestKind::And(all)), _) => all.value.iter().any(|part| implies(part, other, fuel)),
        _ => false,
    }
}

fn same_condition(one: &Computable<bool>, other: &Computable<bool>) -> bool {
    let (Some(one), Some(other)) = (one.jsonata(), other.jsonata()) else { return false };
    one.query.expression().text() == other.query.expression().text() && is_repeatable(one.references())
}

fn comparison_implies(one: &Comparison, other: &Comparison) -> bool {
    let Some((one, other)) = same_variable(one, other) else { return false };
    same_test(one, other)
        || takes_kind(other, one)
        || matches!((bounds(one), bounds(other)), (Some(one), Some(other)) if one.within(&other))
}

/// Whether `other` is true for every value of the one type for which `one` can be.
fn takes_kind(other: &evaluate::Test, one: &evaluate::Test) -> bool {
    match kind_taken(other) {
        // What is read though it is not there is told of by the data flow.
        Some(Kind::Present) | None => false,
        // A timestamp is a string.
        Some(Kind::String) => matches!(kind_needed(one), Some(Kind::String | Kind::Timestamp)),
        Some(kind) => kind_needed(one) == Some(kind),
    }
}

/// Of what every value makes the test true.
fn kind_taken(test: &evaluate::Test) -> Option<Kind> {
    match test {
        evaluate::Test::Is { kind, answer: true } => Some(*kind),
        evaluate::Test::StringMatches(pattern) if pattern.takes_all() => Some(Kind::String),
        _ => None,
    }
}

/// What a value must be for the test to be true.
fn kind_needed(test: &evaluate::Test) -> Option<Kind> {
    match test {
        evaluate::Test::String(..) | evaluate::Test::StringMatches(_) => Some(Kind::String),
        evaluate::Test::Numeric(..) => Some(Kind::Numeric),
        evaluate::Test::Timestamp(..) => Some(Kind::Timestamp),
        evaluate::Test::BooleanEquals(_) => Some(Kind::Boolean),
        evaluate::Test::Is { kind, answer } => answer.then_some(*kind),
    }
}

/// The tests, if both are about the same path.
fn same_variable<'a>(one: &'a Comparison, other: &'a Comparison) -> Option<(&'a evaluate::Test, &'a evaluate::Test)> {
    let (one_variable, other_variable) = (&one.variable.as_ref()?.value, &other.variable.as_ref()?.value);
    same_path(one_variable, other_variable).then_some((&one.test.value, &other.test.value))
}

fn same_path(one: &JsonPath, other: &JsonPath) -> bool {
    one.text() == other.text()
}

fn same_test(one: &evaluate::Test, other: &evaluate::Test) -> bool {
    use evaluate::Test::{BooleanEquals, Is, Numeric, String, StringMatches, Timestamp};
    fn same<T: PartialEq>(one: &Operand<T>, other: &Operand<T>) -> bool {
        match (one, other) {
            (Operand::Literal(one), Operand::Literal(other)) => one == other,
            (Operand::Path(one), Operand::Path(other)) => same_path(one, other),
            _ => false,
        }
    }
    match (one, other) {
        (String(relation, one), String(other_relation, other)) => relation == other_relation && same(one, other),
        (Numeric(relation, one), Numeric(other_relation, other)) => relation == other_relation && same(one, other),
        (Timestamp(relation, one), Timestamp(other_relation, other)) => relation == other_relation && same(one, other),
        (BooleanEquals(one), BooleanEquals(other)) => same(one, other),
        (StringMatches(one), StringMatches(other)) => one == other,
        (Is { kind, answer }, Is { kind: other_kind, answer: other_answer }) => {
            kind == other_kind && answer == other_answer
        }
        _ => false,
    }
}

/// The numbers for which a comparison with a literal is true: an end that belongs to them says so by `true`.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: Option<(f64, bool)>,
    most: Option<(f64, bool)>,
}

impl Bounds {
    /// Whether all these numbers are among those of `other`.
    fn within(&self, other: &Self) -> bool {
        let above = match (self.least, other.least) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some((own, own_in)), Some((bound, bound_in))) => own > bound || (own >= bound && (bound_in || !own_in)),
        };
        let below = match (self.most, other.most) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some((own, own_in)), Some((bound, bound_in))) => own < bound || (own <= bound && (bound_in || !own_in)),
        };
        above && below
    }

    /// Whether no number is among both.
    fn excludes(&self, other: &Self) -> bool {
        let apart = |least: Option<(f64, bool)>, most: Option<(f64, bool)>| match (least, most) {
            (Some((least, least_in)), Some((most, most_in))) => {
                least > most || (least >= most && !(least_in && most_in))
            }
            _ => false,
        };
        apart(self.least, other.most) || apart(other.least, self.most)
    }
}

fn bounds(test: &evaluate::Test) -> Option<Bounds> {
    let evaluate::Test::Numeric(relation, Operand::Literal(number)) = test else { return None };
    let number = exact(*number)?;
    Some(match relation {
        Relation::Equals => Bounds { least: Some((number, true)), most: Some((number, true)) },
        Relation::LessThan => Bounds { least: None, most: Some((number, false)) },
        Relation::LessThanEquals => Bounds { least: None, most: Some((number, true)) },
        Relation::GreaterThan => Bounds { least: Some((number, false)), most: None },
        Relation::GreaterThanEquals => Bounds { least: Some((number, true)), most: None },
    })
}

/// The number, if a float holds all of it.
fn exact(number: Number) -> Option<f64> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64();
    (float.abs() < LARGEST).then_some(float)
}

/// Two parts of an `And` that cannot both be true.
fn contradiction(test: &Test<'_>, fuel: &Fuel) -> Option<(Span, Span)> {
    let Some(TestKind::And(parts)) = &test.kind else { return None };
    for (position, one) in parts.value.iter().enumerate() {
        for other in parts.value.get(position + 1..).unwrap_or_default() {
            if !fuel.burn() {
                return None;
            }
            if exclude(one, other, fuel) {
                return Some((one.span, other.span));
            }
        }
    }
    parts.value.iter().find_map(|part| contradiction(part, fuel))
}

fn exclude(one: &Test<'_>, other: &Test<'_>, fuel: &Fuel) -> bool {
    match (&one.kind, &other.kind) {
        (Some(TestKind::Comparison(one)), Some(TestKind::Comparison(other))) => {
            same_variable(one, other).is_some_and(|(one, other)| tests_exclude(one, other))
        }
        (Some(TestKind::Not(negated)), _) => implies(other, negated, fuel),
        (_, Some(TestKind::Not(negated))) => implies(one, negated, fuel),
        _ => false,
    }
}

fn tests_exclude(one: &evaluate::Test, other: &evaluate::Test) -> bool {
    use evaluate::Test::{BooleanEquals, Is, String};
    fn differ<T: PartialEq>(one: &Operand<T>, other: &Operand<T>) -> bool {
        matches!((one, other), (Operand::Literal(one), Operand::Literal(other)) if one != other)
    }
    match (one, other) {
        (String(Relation::Equals, one), String(Relation::Equals, other)) => differ(one, other),
        (BooleanEquals(one), BooleanEquals(other)) => differ(one, other),
        (Is { kind, answer }, Is { kind: other_kind, answer: other_answer }) => {
            kind == other_kind && answer != other_answer
        }
        _ => match (bounds(one), bounds(other)) {
            (Some(one), Some(other)) => one.excludes(&other),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_jsonata_states, check_states};

    fn choice(rules: &[&str], more: &str) -> String {
        let rules: Vec<String> = rules.iter().map(|rule| format!(r#"{{{rule}, "Next": "E"}}"#)).collect();
        format!(r#""A": {{"Type": "Choice", "Choices": [{}]{more}}}, "E": {{"Type": "Succeed"}}"#, rules.join(", "))
    }

    /// Checks which rules of a Choice never decide; a test is its variable, operator and operand.
    #[track_caller]
    fn check(rules: &[&str], expected: &[usize]) {
        let places: Vec<String> = expected.iter().map(|index| format!("/States/A/Choices/{index}")).collect();
        let expected: Vec<(&str, &str)> =
            places.iter().map(|place| ("UNREACHABLE_CHOICE_RULE", place.as_str())).collect();
        check_states(&choice(rules, ""), &expected);
    }

    fn test(variable: &str, operator: &str, operand: &str) -> String {
        format!(r#""Variable": "$.{variable}", "{operator}": {operand}"#)
    }

    /// Checks whether of two tests the second never decides.
    #[track_caller]
    fn check_pair(first: (&str, &str, &str), second: (&str, &str, &str), unreachable: bool) {
        let (first, second) = (test(first.0, first.1, first.2), test(second.0, second.1, second.2));
        check(&[&first, &second], if unreachable { &[1] } else { &[] });
    }

    #[test]
    fn the_same_test_twice() {
        check_pair(("a", "StringEquals", r#""x""#), ("a", "StringEquals", r#""x""#), true);
        check_pair(("a", "StringEquals", r#""x""#), ("a", "StringEquals", r#""y""#), false);
        check_pair(("a", "StringEquals", r#""x""#), ("b", "StringEquals", r#""x""#), false);
        check_pair(("a", "StringEqualsPath", r#""$.x""#), ("a", "StringEqualsPath", r#""$.x""#), true);
        check_pair(("a", "StringEqualsPath", r#""$.x""#), ("a", "StringEqualsPath", r#""$.y""#), false);
        check_pair(("a", "StringMatches", r#""x*""#), ("a", "StringMatches", r#""x*""#), true);
        check_pair(("a", "BooleanEquals", "true"), ("a", "BooleanEquals", "false"), false);
        check_pair(("a", "IsNull", "true"), ("a", "IsNull", "false"), false);
    }

    #[test]
    fn what_takes_every_value_of_a_type_leaves_none_of_it() {
        for all in [("a", "StringMatches", r#""*""#), ("a", "StringMatches", r#""**""#), ("a", "IsString", "true")] {
            check_pair(all, ("a", "StringEquals", r#""x""#), true);
            check_pair(all, ("a", "StringLessThanPath", r#""$.x""#), true);
            check_pair(all, ("a", "StringMatches", r#""x*""#), true);
            check_pair(all, ("a", "TimestampLessThan", r#""2030-01-01T00:00:00Z""#), true);
            check_pair(all, ("a", "NumericEquals", "1"), false);
            check_pair(all, ("a", "IsString", "false"), false);
            check_pair(all, ("b", "StringEquals", r#""x""#), false);
        }
        check_pair(("a", "StringMatches", r#""\\*""#), ("a", "StringEquals", r#""x""#), false);
        check_pair(("a", "StringMatches", r#""*a*""#), ("a", "StringEquals", r#""x""#), false);
        check_pair(("a", "IsNumeric", "true"), ("a", "NumericLessThan", "1"), true);
        check_pair(("a", "IsTimestamp", "true"), ("a", "StringEquals", r#""x""#), false);
        check_pair(("a", "IsBoolean", "false"), ("a", "BooleanEquals", "true"), false);
    }

    #[test]
    fn the_wider_range_first() {
        check_pair(("a", "NumericGreaterThan", "50"), ("a", "NumericGreaterThan", "90"), true);
        check_pair(("a", "NumericGreaterThan", "90"), ("a", "NumericGreaterThan", "50"), false);
        check_pair(("a", "NumericGreaterThanEquals", "5"), ("a", "NumericEquals", "5.0"), true);
        check_pair(("a", "NumericGreaterThan", "5"), ("a", "NumericEquals", "5"), false);
        check_pair(("a", "NumericLessThan", "5"), ("a", "NumericLessThanEquals", "5"), false);
        check_pair(("a", "NumericLessThan", "5"), ("a", "NumericGreaterThan", "1"), false);
    }

    #[test]
    fn combinations_are_looked_into() {
        let (a, b) = (test("a", "NumericEquals", "1"), test("b", "NumericEquals", "1"));
        let and = format!(r#""And": [{{{a}}}, {{{b}}}]"#);
        let or = format!(r#""Or": [{{{a}}}, {{{b}}}]"#);
        let not = format!(r#""Not": {{{a}}}"#);
        check(&[&a, &and], &[1]);
        check(&[&and, &a], &[]);
        check(&[&or, &a, &b], &[1, 2]);
        check(&[&a, &or], &[]);
        check(&[&a, &b, &or], &[]);
        check(&[&and, &and], &[1]);
        check(&[&or, &or, &and], &[1, 2]);
        check(&[&not, &not], &[1]);
        check(&[&not, &a], &[]);
    }

    #[test]
    fn parts_of_an_and_do_not_exclude_each_other() {
        let and = |one: String, other: String| format!(r#""And": [{{{one}}}, {{{other}}}]"#);
        let number = |operator: &str, operand: &str| test("a", operator, operand);
        let text = |operand: &str| test("a", "StringEquals", operand);
        check(&[&and(number("NumericEquals", "1"), number("NumericEquals", "2"))], &[0]);
        check(&[&and(number("NumericLessThan", "1"), number("NumericGreaterThanEquals", "1"))], &[0]);
        check(&[&and(number("NumericGreaterThan", "1"), number("NumericLessThan", "9"))], &[]);
        check(&[&and(text(r#""x""#), text(r#""y""#))], &[0]);
        check(&[&and(number("IsPresent", "true"), text(r#""y""#))], &[]);
        check(&[&and(number("IsNull", "false"), number("IsNull", "true"))], &[0]);
        check(&[&and(text(r#""x""#), format!(r#""Not": {{{}}}"#, text(r#""x""#)))], &[0]);
    }

    #[test]
    fn constant_conditions_leave_nothing() {
        let rule = |condition: &str| format!(r#""Condition": "{{% {condition} %}}""#);
        let (yes, no, some) = (rule("true"), rule("false"), rule("$states.input.a"));
        let code = "UNREACHABLE_CHOICE_RULE";
        check_jsonata_states(&choice(&[&some, &yes], ""), &[]);
        check_jsonata_states(&choice(&[&yes, &some], ""), &[(code, "/States/A/Choices/1")]);
        check_jsonata_states(&choice(&[&no, &some], ""), &[(code, "/States/A/Choices/0")]);
        check_jsonata_states(&choice(&[&yes], r#", "Default": "E""#), &[(code, "/States/A/Default")]);
        check_jsonata_states(&choice(&[&some, &some], ""), &[(code, "/States/A/Choices/1")]);
        let dice = rule("$random() > 0.5");
        check_jsonata_states(&choice(&[&dice, &dice], ""), &[]);
    }

    #[test]
    fn many_rules_cost_little() {
        let rules: Vec<String> = (0..3_000).map(|number| test("a", "NumericEquals", &number.to_string())).collect();
        check_states(&choice(&rules.iter().map(String::as_str).collect::<Vec<_>>(), ""), &[]);
        let parts: Vec<String> =
            (0..10_000).map(|number| format!("{{{}}}", test("a", "NumericLessThan", &number.to_string()))).collect();
        check(&[&format!(r#""And": [{}]"#, parts.join(", "))], &[]);
    }
}
