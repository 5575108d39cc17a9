//! JSONata expressions: which strings hold them, and which fields may hold them instead of a literal.
//!
//! See [JSONata Concepts](https://states-language.net/spec.html#jsonata-concepts) in the specification.

use std::ops::Range;

use super::fields::{Fields, Spanned};
use super::state_fields::QueryLanguage;
use crate::diagnostic::{Code, Fault};
use crate::evaluate::Query;
use crate::jsonata::{Dialect, Expression, References};
use crate::report::Report;
use crate::source::Span;
use crate::syntax::Node;

/// A string that starts with `{%` and ends with `%}`: a JSONata expression.
#[derive(Debug, Clone)]
pub(crate) struct JsonataString {
    pub(crate) query: Query,
    /// The whole string.
    pub(crate) span: Span,
    /// How many bytes of the string come before the expression.
    offset: usize,
}

/// A value that JSONata may compute.
#[derive(Debug, Clone)]
pub(crate) enum Computable<T> {
    Literal(Spanned<T>),
    Jsonata(Box<JsonataString>),
}

/// Which member of `$states` a field can read besides `input` and `context`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatesMember {
    Neither,
    /// `Output` and `Assign` of a Task, Parallel or Map.
    Result,
    /// `Output` and `Assign` of a Catcher.
    ErrorOutput,
}

impl JsonataString {
    /// Whether `node` is one.
    pub(super) fn is_at(node: &Node<'_>, language: QueryLanguage) -> bool {
        language == QueryLanguage::Jsonata && node.as_str().and_then(unmarked).is_some()
    }

    /// The expression at `node`, if it is known; `location` is the field as messages of failed evaluations name it.
    pub(super) fn read(node: &Node<'_>, location: &str, report: &Report<'_>) -> Option<Self> {
        let string = node.as_str().filter(|string| !report.is_open(string))?;
        let marked = unmarked(string)?;
        let text = marked.trim();
        let offset = OPENING.len() + marked.len() - marked.trim_start().len();
        match Expression::parse(text, Dialect::Aws) {
            Ok(expression) => Some(Self { query: Query::new(location, expression), span: node.span, offset }),
            Err(error) => {
                let place = report.inside(node.span, shifted(&error.span(), offset));
                let fault = Fault::new(Code::INVALID_JSONATA_EXPRESSION, place, error.message()).of(node.span);
                report.add(fault.with_help(help(error.code()).to_owned()));
                None
            }
        }
    }

    /// What the expression takes from outside of itself.
    pub(crate) fn references(&self) -> &References {
        self.query.expression().references()
    }

    /// Where the bytes `range` of the expression stand in the definition.
    pub(crate) fn place(&self, range: &Range<usize>, report: &Report<'_>) -> Span {
        report.inside(self.span, shifted(range, self.offset))
    }
}

impl<T> Computable<T> {
    pub(crate) fn literal(&self) -> Option<&Spanned<T>> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::Jsonata(_) => None,
        }
    }

    pub(crate) fn jsonata(&self) -> Option<&JsonataString> {
        match self {
            Self::Literal(_) => None,
            Self::Jsonata(jsonata) => Some(jsonata),
        }
    }
}

impl Fields<'_> {
    /// A literal, which `read` reads, or in JSONata an expression.
    pub(super) fn computable<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Option<Spanned<T>>,
    ) -> Option<Computable<T>> {
        let node = self.node(name)?;
        if JsonataString::is_at(node, self.language) {
            JsonataString::read(node, &self.location(name), self.report)
                .map(|jsonata| Computable::Jsonata(Box::new(jsonata)))
        } else {
            read(self, name).map(Computable::Literal)
        }
    }
}

/// What to do about a fault with this code of the reference's parser.
fn help(code: &str) -> &'static str {
    match code {
        "S0101" => "a string ends with the quote that it begins with",
        "S0102" => "a number is at most about 1.8e308",
        "S0103" => "a backslash itself is `\\\\`; other escapes are those of JSON",
        "S0104" => "write four hexadecimal digits, as in `\\u00e9`",
        "S0105" => "a name in backquotes ends with a backquote",
        "S0106" => "a comment ends with `*/`",
        "S0201" => "the expression has ended before this: an operator may be missing, or a bracket may be one too many",
        "S0202" => "a bracket may be missing before it, or a comma or an operator",
        "S0203" | "S0207" => "the expression ends too early: something is missing here",
        "S0204" => "there is `!=` and `~>`; to negate, call `$not`",
        "S0208" => "write `function($x) { … }`",
        "S0209" => "put parentheses around everything before the predicate",
        "S0210" => "put parentheses around everything before the second grouping",
        "S0211" => "a value is missing before it",
        "S0212" => "only a variable, such as `$name`, can be assigned to",
        "S0213" => "put names that are no words in backquotes, and values in parentheses",
        "S0214" => "write `@$name` or `#$name`",
        "S0215" => "write it directly behind the step, before its predicates",
        "S0216" => "write it directly behind the step, before its order",
        "S0217" => "`%` is only inside of a path, where a step leads to it",
        "S0301" => "write a pattern between the slashes",
        "S0302" => "a regular expression ends with `/`; inside of it, write `\\/`",
        "S0303" => "regular expressions are those of ECMAScript",
        "S0304" => "bind parts of the expression to variables, as in `($part := …; …)`",
        "S0401" | "S0402" => "only `a<…>` and `f<…>` say what they hold, and not within a choice of types",
        _ => "see https://docs.jsonata.org for the language",
    }
}

const OPENING: &str = "{%";
const CLOSING: &str = "%}";

/// What stands between the marks.
fn unmarked(string: &str) -> Option<&str> {
    string.strip_prefix(OPENING)?.strip_suffix(CLOSING)
}

fn shifted(range: &Range<usize>, offset: usize) -> Range<usize> {
    range.start + offset..range.end + offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use crate::source::Source;
    use crate::syntax;

    /// Reads the state whose fields are `fields`, and calls `check` with each of its expressions.
    fn for_each_expression(fields: &str, mut check: impl FnMut(&JsonataString, StatesMember, &Report<'_>)) {
        let text = format!(r#"{{"StartAt": "A", "QueryLanguage": "JSONata", "States": {{"A": {{{fields}}}}}}}"#);
        let root = syntax::parse(&text).0.unwrap();
        let source = Source::new("test", &text);
        let report = Report::new(&source, &root);
        let machine = super::super::read(&root, &report).unwrap();
        machine.states()[0].for_each_jsonata(&mut |jsonata, member| check(jsonata, member, &report));
        assert!(report.take_diagnostics().is_empty(), "{text}");
    }

    /// The first expression, and what of `$states` it can read, when `field` stands in a state of the type.
    fn check(state_type: &str, field: &str, location: &str, expected: StatesMember) {
        let mut seen = Vec::new();
        for_each_expression(&format!(r#""Type": "{state_type}", {field}"#), |jsonata, member, _| {
            assert_eq!(jsonata.query.expression().text(), "$x");
            seen.push((jsonata.query.refuse(String::new()), member));
        });
        let located = Failure::query_evaluation(String::new(), Some(location.into()));
        assert_eq!(seen, [(located, expected)], "{field}");
    }

    #[test]
    fn every_field_that_takes_expressions_knows_its_location() {
        use StatesMember::{ErrorOutput, Neither, Result};
        for (state_type, field, location, member) in [
            ("Task", r#""Arguments": "{% $x %}""#, "Arguments", Neither),
            ("Task", r#""Arguments": {"K": "{%$x%}"}"#, "Arguments/K", Neither),
            ("Task", r#""TimeoutSeconds": "{% $x %}""#, "TimeoutSeconds", Neither),
            ("Task", r#""HeartbeatSeconds": "{% $x %}""#, "HeartbeatSeconds", Neither),
            ("Task", r#""Credentials": {"RoleArn": "{% $x %}"}"#, "Credentials/RoleArn", Neither),
            ("Task", r#""Output": {"a": {"b": [["{% $x %}"]]}}"#, "Output/a/b[0][0]", Result),
            ("Task", r#""Assign": {"v": "{%\t$x\n%}"}"#, "Assign/v", Result),
            ("Task", r#""Catch": [{}, {"Output": ["{% $x %}"]}]"#, "Catch[1]/Output[0]", ErrorOutput),
            ("Task", r#""Catch": [{"Assign": {"v": "{% $x %}"}}]"#, "Catch[0]/Assign/v", ErrorOutput),
            ("Pass", r#""Output": "{% $x %}""#, "Output", Neither),
            ("Succeed", r#""Output": "{% $x %}""#, "Output", Neither),
            ("Wait", r#""Seconds": "{% $x %}""#, "Seconds", Neither),
            ("Wait", r#""Timestamp": "{% $x %}""#, "Timestamp", Neither),
            ("Fail", r#""Error": "{% $x %}""#, "Error", Neither),
            ("Fail", r#""Cause": "{% $x %}""#, "Cause", Neither),
            ("Choice", r#""Choices": [{}, {"Condition": "{% $x %}"}]"#, "Choices[1]/Condition", Neither),
            ("Choice", r#""Choices": [{"Output": {"v": "{% $x %}"}}]"#, "Choices[0]/Output/v", Neither),
            ("Choice", r#""Choices": [{"Assign": {"v": "{% $x %}"}}]"#, "Choices[0]/Assign/v", Neither),
            ("Parallel", r#""Arguments": ["{% $x %}"]"#, "Arguments[0]", Neither),
            ("Parallel", r#""Output": "{% $x %}""#, "Output", Result),
            ("Map", r#""Items": "{% $x %}""#, "Items", Neither),
            ("Map", r#""Items": [1, "{% $x %}"]"#, "Items[1]", Neither),
            ("Map", r#""ItemSelector": {"v": "{% $x %}"}"#, "ItemSelector/v", Neither),
            ("Map", r#""MaxConcurrency": "{% $x %}""#, "MaxConcurrency", Neither),
            ("Map", r#""ToleratedFailureCount": "{% $x %}""#, "ToleratedFailureCount", Neither),
            ("Map", r#""ToleratedFailurePercentage": "{% $x %}""#, "ToleratedFailurePercentage", Neither),
            ("Map", r#""Assign": {"v": "{% $x %}"}"#, "Assign/v", Result),
        ] {
            check(state_type, field, location, member);
        }
    }

    #[test]
    fn places_inside_an_expression_are_places_of_the_definition() {
        for field in [r#""Output": "{%$é & $x%}""#, r#""Output": "{% \n$\u00e9 &\t$x %}""#] {
            for_each_expression(&format!(r#""Type": "Pass", {field}"#), |jsonata, _, report| {
                let variable = &jsonata.references().variables[1];
                let place = jsonata.place(&variable.span, report);
                let prefix = r#"{"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Pass", "#;
                assert_eq!(place.start, prefix.len() + field.find("$x").unwrap());
                assert_eq!(place.end - place.start, "$x".len());
            });
        }
    }

    #[test]
    fn only_strings_between_the_marks_are_expressions() {
        for (string, expected) in [
            ("{%a%}", Some("a")),
            ("{% $a & '%}' %}", Some(" $a & '%}' ")),
            ("{%%}", Some("")),
            ("{%}", None),
            (" {% $a %}", None),
            ("{% $a %} ", None),
            ("{{ a }}", None),
            ("", None),
        ] {
            assert_eq!(unmarked(string), expected, "{string}");
        }
    }
}
