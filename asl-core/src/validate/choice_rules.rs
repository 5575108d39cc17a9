//! Rules of Choice states.

use super::fields::{Object, empty, foreign};
use crate::definition::{ChoiceRule, QueryLanguage, State, StateKind, Test, TestKind};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;
use crate::suggestion::similar;

/// The fields of a JSONPath rule that is an element of `Choices`, besides its operator.
const RULE_FIELDS: &[&str] = &["Variable", "Next", "Comment", "Assign"];
/// The fields of a rule inside `And`, `Or` and `Not`, besides its operator.
const NESTED_FIELDS: &[&str] = &["Variable", "Comment"];

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    let Some(StateKind::Choice(choice)) = &state.kind else { return };
    for rule in choice.rules() {
        check_rule(rule, state.language, report);
    }
}

fn check_rule(rule: &ChoiceRule<'_>, language: QueryLanguage, report: &Report<'_>) {
    let object = Object { span: rule.test.span, names: rule.test.field_names, report };
    match language {
        QueryLanguage::JsonPath => {
            object.requires(["Next"]);
            check_test(&rule.test, RULE_FIELDS, report);
        }
        QueryLanguage::Jsonata => {
            object.requires(["Condition", "Next"]);
            let is_foreign = |name: &str| RULE_FIELDS.contains(&name) || Test::is_operator(name);
            object.allows_in(language, ChoiceRule::JSONATA_FIELDS, is_foreign);
        }
    }
}

fn check_test(test: &Test<'_>, fields: &[&str], report: &Report<'_>) {
    let object = Object { span: test.span, names: test.field_names, report };
    check_fields(test, fields, report);
    // What is tested is known where there is exactly one operator.
    if test.kind.is_none() {
        check_operator(test, report);
    }
    match &test.kind {
        Some(TestKind::And(tests) | TestKind::Or(tests)) => {
            check_combination(&object);
            if tests.value.is_empty() {
                report.add(empty(tests.span));
            }
            tests.value.iter().for_each(|test| check_test(test, NESTED_FIELDS, report));
        }
        Some(TestKind::Not(test)) => {
            check_combination(&object);
            check_test(test, NESTED_FIELDS, report);
        }
        Some(TestKind::Comparison(_)) => object.requires(["Variable"]),
        Some(TestKind::Condition(_)) | None => {}
    }
}

fn check_fields(test: &Test<'_>, allowed: &[&str], report: &Report<'_>) {
    for name in test.field_names.iter() {
        if allowed.contains(&name.value) || Test::is_operator(name.value) {
            continue;
        }
        if ChoiceRule::JSONATA_FIELDS.contains(&name.value) && !RULE_FIELDS.contains(&name.value) {
            let help = "write a `Variable` and a comparison, or give the state `\"QueryLanguage\": \"JSONata\"`";
            let help = (name.value == "Condition").then(|| help.to_owned());
            report.add(foreign(name, QueryLanguage::JsonPath).of(test.span).with_help(help));
            continue;
        }
        let message = format!("Field '{}' is not supported", name.value);
        let (code, help) = if RULE_FIELDS.contains(&name.value) {
            (Code::FIELD_NOT_ALLOWED, Some("only the elements of `Choices` have it, not the rules inside".to_owned()))
        } else {
            let known = Test::operators().chain(allowed.iter().copied());
            (Code::UNKNOWN_FIELD, similar(name.value, known, report))
        };
        report.add(Fault::new(code, name.span, message).of(test.span).with_help(help));
    }
}

/// `And`, `Or` and `Not` stand for themselves.
fn check_combination(object: &Object<'_>) {
    for operator in ["And", "Or", "Not"] {
        object.excludes(operator, "Variable");
    }
}

/// A rule has exactly one operator; an unknown field may be meant as one, and is reported already.
fn check_operator(test: &Test<'_>, report: &Report<'_>) {
    let mut operators = test.field_names.iter().filter(|name| Test::is_operator(name.value));
    let Some(first) = operators.next() else {
        if test.field_names.iter().any(|name| !RULE_FIELDS.contains(&name.value)) {
            return;
        }
        let message = "the Choice rule has no comparison operator, nor `And`, `Or` or `Not`";
        report.add(Fault::new(Code::INVALID_CHOICE_RULE, test.span, message));
        return;
    };
    for other in operators {
        let message =
            format!("the Choice rule has `{}` besides `{}`, but a rule tests one thing", other.value, first.value);
        let fault = Fault::new(Code::INVALID_CHOICE_RULE, other.span, message).of(test.span);
        report.add(fault.with_label(first.span, "the first").with_help("combine two rules with `And`".to_owned()));
    }
}
