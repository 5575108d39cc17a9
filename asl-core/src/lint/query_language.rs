//! Strings in the notation of the other query language, or just beside that of their own: they stay as they are.

use crate::definition::{
    Computable, MemberValue, QueryLanguage, Spanned, State, StateKind, Template, TemplateKind, TemplateMember,
};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;
use crate::source::Span;
use crate::value::Value;

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    let check = Check { language: state.language, report };
    let own = [&state.parameters, &state.result_selector, &state.arguments, &state.assign, &state.output];
    own.into_iter().flatten().for_each(|template| check.template(template));
    for catcher in state.catchers() {
        catcher.assign.iter().chain(&catcher.output).for_each(|template| check.template(template));
    }
    match &state.kind {
        Some(StateKind::Task(task)) => task.credentials.iter().for_each(|template| check.template(template)),
        Some(StateKind::Map(map)) => {
            map.items.iter().chain(&map.item_selector).for_each(|template| check.template(template));
        }
        Some(StateKind::Choice(choice)) => {
            let templates = choice.rules().iter().flat_map(|rule| rule.assign.iter().chain(&rule.output));
            templates.for_each(|template| check.template(template));
        }
        Some(StateKind::Fail(fail)) => {
            for text in [&fail.error, &fail.cause].into_iter().flatten().filter_map(Computable::literal) {
                check.marks(text.value, text.span);
            }
        }
        Some(StateKind::Pass(pass)) => pass.result.iter().for_each(|result| check.result(result)),
        Some(StateKind::Wait(_) | StateKind::Succeed | StateKind::Parallel(_)) | None => {}
    }
}

struct Check<'a> {
    language: QueryLanguage,
    report: &'a Report<'a>,
}

impl Check<'_> {
    /// The `Result` of a Pass state, which has no expressions at all.
    fn result(&self, result: &Spanned<Value>) {
        if self.language == QueryLanguage::JsonPath && has_jsonata(&result.value) {
            let message = "`Result` is never evaluated, though it has what looks like JSONata";
            let fault = Fault::new(Code::JSONATA_IN_JSONPATH, result.span, message);
            let help = "give the state `\"QueryLanguage\": \"JSONata\"`, and call the field `Output`";
            self.report.add(fault.with_help(help.to_owned()));
        }
    }

    fn template(&self, template: &Template<'_>) {
        match &template.kind {
            TemplateKind::Literal(value) => {
                if let Some(text) = value.as_str() {
                    self.text(text, template.span);
                }
            }
            TemplateKind::Jsonata(_) | TemplateKind::Open(_) => {}
            TemplateKind::Array(elements) => {
                for element in elements {
                    self.element(element);
                }
            }
            TemplateKind::Object(members) => members.iter().for_each(|member| self.member(member)),
        }
    }

    /// An array has no keys that could end in `.$`.
    fn element(&self, element: &Template<'_>) {
        if self.language == QueryLanguage::JsonPath
            && let TemplateKind::Literal(value) = &element.kind
            && let Some(text) = value.as_str().filter(|text| is_path(text) || is_intrinsic(text))
        {
            let message = "the element looks like an expression, but elements of arrays are not evaluated";
            let fault = Fault::new(Code::PATH_IN_ARRAY, element.span, message);
            let help = format!("make the array with `States.Array({text}, …)` under a key that ends in `.$`");
            self.report.add(fault.with_help(help));
            return;
        }
        self.template(element);
    }

    fn member(&self, member: &TemplateMember<'_>) {
        let MemberValue::Template(template) = &member.value else { return };
        if self.language == QueryLanguage::Jsonata
            && let Some(name) = member.key.value.strip_suffix(TemplateMember::SUFFIX)
            && let TemplateKind::Literal(value) = &template.kind
            && let Some(text) = value.as_str().filter(|text| is_path(text) || is_intrinsic(text))
        {
            let message =
                format!("`{}` is a key like any other in JSONata: its value is not evaluated", member.key.value);
            let fault = Fault::new(Code::JSONPATH_IN_JSONATA, member.key.span, message);
            let help = in_jsonata(text).map(|expression| format!("call it `{name}` and write `{expression}`"));
            self.report.add(fault.with_help(help));
            return;
        }
        self.template(template);
    }

    fn text(&self, text: &str, span: Span) {
        if self.language == QueryLanguage::Jsonata && (is_path(text) || is_intrinsic(text)) {
            let message = "the string looks like JSONPath, but the state is in JSONata: it is not evaluated";
            let fault = Fault::new(Code::JSONPATH_IN_JSONATA, span, message);
            self.report.add(fault.with_help(in_jsonata(text).map(|expression| format!("write `{expression}`"))));
            return;
        }
        self.marks(text, span);
    }

    /// Warns of `{%` and `%}` where they do not make an expression.
    fn marks(&self, text: &str, span: Span) {
        let trimmed = text.trim();
        let (opens, closes) = (trimmed.starts_with("{%"), trimmed.ends_with("%}"));
        if self.language == QueryLanguage::JsonPath {
            if opens && closes && trimmed.len() > "{%}".len() {
                let message = "the string looks like JSONata, but the state is in JSONPath: it is not evaluated";
                let fault = Fault::new(Code::JSONATA_IN_JSONPATH, span, message);
                self.report.add(fault.with_help("give the state `\"QueryLanguage\": \"JSONata\"`".to_owned()));
            }
            return;
        }
        let help = match (opens, closes) {
            (true, true) if !text.starts_with("{%") => "remove the blanks before it: the string must begin with `{%`",
            (true, true) if !text.ends_with("%}") => "remove the blanks behind it: the string must end with `%}`",
            (true, false) => "end the string with `%}`",
            (false, true) if !text.contains("{%") => "begin the string with `{%`",
            _ => return,
        };
        let message = "the string looks like a JSONata expression, but is not evaluated";
        self.report.add(Fault::new(Code::UNMARKED_JSONATA, span, message).with_help(help.to_owned()));
    }
}

/// Whether a string can only be meant as a path.
fn is_path(text: &str) -> bool {
    let rest = text.strip_prefix("$$.").or_else(|| text.strip_prefix("$."));
    rest.is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_alphabetic() || first == '_') && !rest.contains(' ')
    })
}

fn is_intrinsic(text: &str) -> bool {
    text.starts_with("States.") && text.contains('(') && text.ends_with(')')
}

/// A path of names as JSONata writes it.
fn in_jsonata(text: &str) -> Option<String> {
    let is_simple = |rest: &&str| rest.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '_'));
    if let Some(rest) = text.strip_prefix("$$.").filter(is_simple) {
        return Some(format!("{{% $states.context.{rest} %}}"));
    }
    text.strip_prefix("$.").filter(is_simple).map(|rest| format!("{{% $states.input.{rest} %}}"))
}

fn has_jsonata(value: &Value) -> bool {
    match value {
        Value::String(text) => text.strip_prefix("{%").is_some_and(|rest| rest.ends_with("%}")),
        Value::Array(elements) => elements.iter().any(has_jsonata),
        Value::Object(members) => members.iter().any(|(_, value)| has_jsonata(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_jsonata_states, check_states};
    use crate::diagnostic::Code;
    use crate::{Options, Placeholders, compile_with};

    #[track_caller]
    fn check_jsonata(output: &str, expected: &[(&str, &str)]) {
        check_jsonata_states(&format!(r#""A": {{"Type": "Pass", "Output": {output}, "End": true}}"#), expected);
    }

    #[track_caller]
    fn check_jsonpath(parameters: &str, expected: &[(&str, &str)]) {
        check_states(&format!(r#""A": {{"Type": "Pass", "Parameters": {parameters}, "End": true}}"#), expected);
    }

    #[test]
    fn notation_is_told_beside_errors_and_beside_open_placeholders() {
        check_states(
            r#""A": {"Type": "Pass", "Parameters": {"x": "{% $y %}"}, "Next": "B"}, "C": {"Type": "Succeed"}"#,
            &[
                ("JSONATA_IN_JSONPATH", "/States/A/Parameters/x"),
                ("MISSING_TRANSITION_TARGET", "/States/A/Next"),
                ("UNREACHABLE_STATE", "/States/C"),
            ],
        );
        let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Function}",
            "Parameters": {"x": "{% $y %}", "z": "${Other}"}, "End": true}}}"#;
        let compiled = compile_with(text, Options::new().placeholders(Placeholders::Understood));
        let codes: Vec<_> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, [Code::JSONATA_IN_JSONPATH], "{}", compiled.diagnostics);
    }

    #[test]
    fn the_result_of_a_pass_state_has_no_jsonata() {
        let pass = |result: &str| format!(r#""A": {{"Type": "Pass", "Result": {result}, "End": true}}"#);
        for result in [r#""{% 1 %}""#, r#"{"x": ["{% $y %}"]}"#] {
            check_states(&pass(result), &[("JSONATA_IN_JSONPATH", "/States/A/Result")]);
        }
        check_states(&pass(r#"{"a": "100 %", "b": "{%", "c": 1}"#), &[]);
    }

    #[test]
    fn notation_is_not_told_where_the_language_is_in_doubt() {
        check_states(
            r#""A": {"Type": "Pass", "QueryLanguage": "CEL", "Output": "$.x", "End": true}"#,
            &[("UNKNOWN_VALUE", "/States/A/QueryLanguage")],
        );
    }

    #[test]
    fn jsonpath_is_not_evaluated_in_jsonata() {
        check_jsonata(r#""$.order.id""#, &[("JSONPATH_IN_JSONATA", "/States/A/Output")]);
        check_jsonata(r#"{"a": ["$$.Execution.Id"]}"#, &[("JSONPATH_IN_JSONATA", "/States/A/Output/a/0")]);
        check_jsonata(r#"{"a.$": "$.b"}"#, &[("JSONPATH_IN_JSONATA", "/States/A/Output/a.$")]);
        check_jsonata(r#"{"a": "States.UUID()"}"#, &[("JSONPATH_IN_JSONATA", "/States/A/Output/a")]);
        for output in
            [r#""$""#, r#""$5.00""#, r#""$.""#, r#""$.50 a piece""#, r#""US$.x""#, r#"{"a.$": "b"}"#, r#"{"a.$": 1}"#]
        {
            check_jsonata(output, &[]);
        }
    }

    #[test]
    fn jsonata_is_not_evaluated_in_jsonpath() {
        check_jsonpath(r#"{"a": "{% $states.input.b %}"}"#, &[("JSONATA_IN_JSONPATH", "/States/A/Parameters/a")]);
        check_jsonpath(r#"{"a": "{% if x %} y {% endif %}z"}"#, &[]);
        check_states(
            r#""A": {"Type": "Fail", "Error": "x", "Cause": "{% $x %}"}"#,
            &[("JSONATA_IN_JSONPATH", "/States/A/Cause")],
        );
    }

    #[test]
    fn marks_stand_at_the_ends_of_the_string() {
        for output in [r#"" {% $x %}""#, r#""{% $x %}\n""#, r#""{% $x }""#, r#""$x %}""#] {
            check_jsonata(output, &[("UNMARKED_JSONATA", "/States/A/Output")]);
        }
        for output in [r#""a {% b %} c""#, r#""100 %""#, r#""{ % a % }""#, r#""{%1%}""#, r#""a {% b %}""#] {
            check_jsonata(output, &[]);
        }
    }

    #[test]
    fn elements_of_arrays_are_not_evaluated() {
        check_jsonpath(
            r#"{"a": ["x", "$.b", {"c.$": "$.c"}, ["States.UUID()"]]}"#,
            &[("PATH_IN_ARRAY", "/States/A/Parameters/a/1"), ("PATH_IN_ARRAY", "/States/A/Parameters/a/3/0")],
        );
        check_jsonpath(r#"{"a": ["$", "$5", "b"], "c.$": "States.Array($.b)"}"#, &[]);
    }
}
