//! The Choice state and its rules.

use super::fields::{Expected, FieldNames, Fields, Spanned, What, wrong_type};
use super::jsonata::{Computable, JsonataString};
use super::payload::Template;
use super::state_fields::QueryLanguage;
use crate::evaluate::choice_rule::{self as evaluate, OperandForm, Operator};
use crate::jsonpath::JsonPath;
use crate::source::Span;
use crate::value::Value;

/// [A Choice state](https://states-language.net/spec.html#choice-state).
#[derive(Debug)]
pub(crate) struct Choice<'t> {
    pub(crate) choices: Option<Spanned<Vec<ChoiceRule<'t>>>>,
    pub(crate) default: Option<Spanned<&'t str>>,
}

/// An element of `Choices`.
#[derive(Debug)]
pub(crate) struct ChoiceRule<'t> {
    pub(crate) test: Test<'t>,
    pub(crate) next: Option<Spanned<&'t str>>,
    pub(crate) assign: Option<Template<'t>>,
    pub(crate) output: Option<Template<'t>>,
}

/// What a rule, or a rule inside `And`, `Or` and `Not`, tests.
#[derive(Debug)]
pub(crate) struct Test<'t> {
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    /// `None` if there is not exactly one operator, or it could not be read.
    pub(crate) kind: Option<TestKind<'t>>,
}

#[derive(Debug)]
pub(crate) enum TestKind<'t> {
    And(Spanned<Vec<Test<'t>>>),
    Or(Spanned<Vec<Test<'t>>>),
    Not(Box<Test<'t>>),
    /// `Variable` and a comparison operator.
    Comparison(Comparison),
    /// JSONata's `Condition`.
    Condition(Computable<bool>),
}

/// A data-test expression: `Variable` and what it is tested for.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) variable: Option<Spanned<JsonPath>>,
    pub(crate) test: Spanned<evaluate::Test>,
}

impl<'t> Choice<'t> {
    /// The rules that could be read.
    pub(crate) fn rules(&self) -> &[ChoiceRule<'t>] {
        self.choices.as_ref().map_or(&[], |choices| &choices.value)
    }

    pub(super) fn read(fields: &Fields<'t>) -> Self {
        Self { choices: fields.objects("Choices", |rule| ChoiceRule::read(&rule)), default: fields.text("Default") }
    }
}

impl<'t> ChoiceRule<'t> {
    /// The fields of a JSONata rule.
    pub(crate) const JSONATA_FIELDS: &'static [&'static str] = &["Comment", "Condition", "Output", "Assign", "Next"];

    fn read(fields: &Fields<'t>) -> Self {
        let output = match fields.language {
            QueryLanguage::JsonPath => None,
            QueryLanguage::Jsonata => Template::read(fields, "Output"),
        };
        Self {
            test: Test::read(fields),
            next: fields.text("Next"),
            assign: Template::read_object(fields, "Assign"),
            output,
        }
    }
}

impl<'t> Test<'t> {
    /// The fields that say what a rule tests, but for the twins that end in `Path`.
    pub(crate) fn operators<'a>() -> impl Iterator<Item = &'a str> {
        ["And", "Or", "Not"].into_iter().chain(Operator::NAMES.iter().map(|(name, _)| *name))
    }

    /// Whether a field of this name says what a rule tests.
    pub(crate) fn is_operator(name: &str) -> bool {
        matches!(name, "And" | "Or" | "Not") || Operator::named(name).is_some()
    }

    /// The expression in `Condition`.
    pub(crate) fn jsonata(&self) -> Option<&JsonataString> {
        match &self.kind {
            Some(TestKind::Condition(condition)) => condition.jsonata(),
            _ => None,
        }
    }

    fn read(fields: &Fields<'t>) -> Self {
        let kind = match fields.language {
            QueryLanguage::JsonPath => Self::read_operator(fields),
            QueryLanguage::Jsonata => fields.computable("Condition", Fields::boolean).map(TestKind::Condition),
        };
        Self { span: fields.span, field_names: fields.names(), kind }
    }

    /// The one operator of a JSONPath rule.
    fn read_operator(fields: &Fields<'t>) -> Option<TestKind<'t>> {
        let mut operators = fields.members().map(|member| &*member.key).filter(|name| Self::is_operator(name));
        let operator = operators.next().filter(|_| operators.next().is_none());
        operator.and_then(|name| TestKind::read(name, fields))
    }
}

impl<'t> TestKind<'t> {
    fn read(name: &str, fields: &Fields<'t>) -> Option<Self> {
        let tests = || fields.objects(name, |test| Test::read(&test));
        match name {
            "And" => tests().map(Self::And),
            "Or" => tests().map(Self::Or),
            "Not" => fields.object(name).map(|test| Self::Not(Box::new(Test::read(&test)))),
            _ => Comparison::read(name, fields).map(Self::Comparison),
        }
    }
}

impl Comparison {
    fn read(name: &str, fields: &Fields<'_>) -> Option<Self> {
        let variable = fields.path("Variable");
        let (operator, form) = Operator::named(name)?;
        let test = match form {
            OperandForm::Path => {
                let path = fields.path(name)?;
                Spanned { value: operator.with_path(path.value)?, span: path.span }
            }
            OperandForm::Literal => read_literal(operator, name, fields)?,
        };
        Some(Self { variable, test })
    }
}

fn read_literal(operator: Operator, name: &str, fields: &Fields<'_>) -> Option<Spanned<evaluate::Test>> {
    let node = fields.node(name)?;
    if node.as_str().is_some_and(|text| fields.report.is_open(text)) {
        return None;
    }
    match operator.with_literal(&Value::from(node)) {
        Ok(value) => Some(Spanned { value, span: node.span }),
        Err(wrong) if wrong.expected == "timestamp" && node.as_str().is_some() => fields.invalid_timestamp(node.span),
        Err(wrong) => {
            let expected = match wrong.expected {
                "number" => Expected::NUMBER,
                "boolean" => Expected::BOOLEAN,
                "timestamp" => Expected { text: "a timestamp", ..Expected::STRING },
                _ => Expected::STRING,
            };
            wrong_type(node, What::Field(name), expected, fields.report)
        }
    }
}
