//! Reads the fields of an object of the definition, reporting those whose value has the wrong type.

use std::cell::Cell;
use std::fmt;

use super::state_fields::QueryLanguage;
use crate::diagnostic::{Code, Fault};
use crate::expression::{Expression, ExpressionError};
use crate::jsonpath::{JsonPath, ReferencePath};
use crate::name_map::NameSet;
use crate::placeholder;
use crate::report::Report;
use crate::source::Span;
use crate::syntax::{Member, Node, NodeKind};
use crate::timestamp::Timestamp;

/// A value of the definition and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// The names of an object's fields, each with its place.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FieldNames<'t> {
    members: &'t [Member<'t>],
    set: NameSet,
    is_open: bool,
}

impl<'t> FieldNames<'t> {
    /// Where the field called `name` is named.
    pub(crate) fn find(self, name: &str) -> Option<Span> {
        find(self.members, self.set, name).map(|member| member.key_span)
    }

    pub(crate) fn contains(self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether there are fields whose names are not known, so that no name can be said to be missing.
    pub(crate) fn is_open(self) -> bool {
        self.is_open
    }

    /// The names in the order they were written.
    pub(crate) fn iter(self) -> impl Iterator<Item = Spanned<&'t str>> {
        let is_known = move |member: &&Member<'_>| !self.is_open || placeholder::find(&member.key).is_none();
        let name = |member: &'t Member<'t>| Spanned { value: &*member.key, span: member.key_span };
        self.members.iter().filter(is_known).map(name)
    }
}

/// An object whose fields are to be read.
pub(super) struct Fields<'t> {
    pub(super) span: Span,
    /// The language of the state around it.
    pub(super) language: QueryLanguage,
    pub(super) report: &'t Report<'t>,
    /// What comes before a field's name where JSONata's messages name the field: `Catch[1]/`, or nothing in a state itself.
    prefix: String,
    members: &'t [Member<'t>],
    /// The names of all members.
    set: NameSet,
    /// The names of the fields that are not to be read; none as a rule.
    unwanted: Vec<Spanned<&'t str>>,
}

impl<'t> Fields<'t> {
    /// The fields of `node`, which must be an object.
    pub(super) fn of(
        node: &'t Node<'t>,
        what: What<'_>,
        language: QueryLanguage,
        report: &'t Report<'t>,
    ) -> Option<Self> {
        match &node.kind {
            NodeKind::Object(members) => {
                let (prefix, unwanted) = (String::new(), Vec::new());
                let set = members.iter().map(|member| &*member.key).collect();
                Some(Self { span: node.span, language, report, prefix, members, set, unwanted })
            }
            _ => wrong_type(node, what, Expected::OBJECT, report),
        }
    }

    /// The fields of a whole definition.
    pub(super) fn of_definition(root: &'t Node<'t>, report: &'t Report<'t>) -> Option<Self> {
        if root.as_object().is_none() {
            if !report.is_unknown(root) {
                let message = "Definition must be a valid JSON object";
                report.add(Fault::new(Code::NOT_AN_OBJECT, root.span, message).aws_nowhere());
            }
            return None;
        }
        Self::of(root, What::Field(""), QueryLanguage::JsonPath, report)
    }

    /// The names of all fields, and only the fields that such an object may have in the language around it.
    pub(super) fn known(self, may_have: fn(QueryLanguage) -> &'static [&'static str]) -> (FieldNames<'t>, Self) {
        let (names, known) = (self.names(), may_have(self.language));
        (names, self.only(|name| known.contains(&name)))
    }

    /// Only the fields whose name `is_wanted`.
    pub(super) fn only(mut self, is_wanted: impl Fn(&str) -> bool) -> Self {
        self.unwanted = self.names().iter().filter(|name| !is_wanted(name.value)).collect();
        self
    }

    /// The names of the fields that are not to be read.
    pub(super) fn into_unwanted(self) -> Vec<Spanned<&'t str>> {
        self.unwanted
    }

    /// The names of all fields, those that are not to be read included.
    pub(super) fn names(&self) -> FieldNames<'t> {
        let is_open = self.members().any(|member| self.report.is_open(&member.key));
        FieldNames { members: self.members, set: self.set, is_open }
    }

    /// All members, those that are not to be read included.
    pub(super) fn members(&self) -> std::slice::Iter<'t, Member<'t>> {
        self.members.iter()
    }

    pub(super) fn node(&self, name: &str) -> Option<&'t Node<'t>> {
        let member = find(self.members, self.set, name)?;
        self.unwanted.iter().all(|unwanted| unwanted.value != name).then_some(&member.value)
    }

    /// The field called `name` as messages of failed evaluations name it.
    pub(super) fn location(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) fn text(&self, name: &str) -> Option<Spanned<&'t str>> {
        read_text(self.node(name)?, What::Field(name), self.report)
    }

    pub(super) fn boolean(&self, name: &str) -> Option<Spanned<bool>> {
        let node = self.node(name)?;
        let NodeKind::Bool(value) = node.kind else {
            return self.wrong_type(node, name, Expected::BOOLEAN);
        };
        Some(Spanned { value, span: node.span })
    }

    pub(super) fn integer(&self, name: &str) -> Option<Spanned<i64>> {
        let node = self.node(name)?;
        match node.kind {
            NodeKind::Number(number) if !number.is_float() && number.as_i64().is_some() => {
                number.as_i64().map(|value| Spanned { value, span: node.span })
            }
            _ => self.wrong_type(node, name, Expected::INTEGER),
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<Spanned<f64>> {
        let node = self.node(name)?;
        let NodeKind::Number(number) = node.kind else {
            return self.wrong_type(node, name, Expected::NUMBER);
        };
        Some(Spanned { value: number.as_f64(), span: node.span })
    }

    /// Reports that the value of the field `name` is not `expected`, with a help that fits the language.
    pub(super) fn wrong_type<T>(&self, node: &Node<'_>, name: &str, expected: Expected) -> Option<T> {
        wrong_type_with(node, What::Field(name), expected, self.report, type_help(node, self.language))
    }

    /// A timestamp as RFC 3339 writes it, with an upper-case `T`, and `Z` or an offset.
    pub(super) fn timestamp(&self, name: &str) -> Option<Spanned<Timestamp>> {
        let text = self.text(name)?;
        match text.value.parse() {
            Ok(value) => Some(Spanned { value, span: text.span }),
            Err(_) => self.invalid_timestamp(text.span),
        }
    }

    /// Reports a string that is not a timestamp.
    pub(super) fn invalid_timestamp<T>(&self, span: Span) -> Option<T> {
        let fault = Fault::new(Code::INVALID_TIMESTAMP, span, "String does not match RFC3339 timestamp");
        self.report.add(fault.with_help("write it like `2016-03-14T01:59:00Z`".to_owned()));
        None
    }

    /// The elements of an array, each read by `read`; `None` if there may be others.
    pub(super) fn array<T>(&self, name: &str, read: impl Fn(&'t Node<'t>) -> Option<T>) -> Option<Spanned<Vec<T>>> {
        let node = self.node(name)?;
        let NodeKind::Array(elements) = &node.kind else {
            return self.wrong_type(node, name, Expected::ARRAY);
        };
        let mut value = Vec::with_capacity(elements.len());
        value.extend(elements.iter().filter_map(read));
        let is_open = |element: &Node<'_>| element.as_str().is_some_and(|text| self.report.is_open(text));
        (!elements.iter().any(is_open)).then_some(Spanned { value, span: node.span })
    }

    /// The elements of an array of objects, each read by `read`.
    pub(super) fn objects<T>(&self, name: &str, read: impl Fn(Self) -> T) -> Option<Spanned<Vec<T>>> {
        let index = Cell::new(0);
        self.array(name, |node| {
            let index = index.replace(index.get() + 1);
            let mut fields = Self::of(node, What::ElementOf(name), self.language, self.report)?;
            if self.language == QueryLanguage::Jsonata {
                fields.prefix = format!("{}[{index}]/", self.location(name));
            }
            Some(read(fields))
        })
    }

    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Self::of(self.node(name)?, What::Field(name), self.language, self.report)
    }

    /// An object whose fields may hold expressions.
    pub(super) fn nested(&self, name: &str) -> Option<Self> {
        let mut fields = self.object(name)?;
        fields.prefix = format!("{}/", self.location(name));
        Some(fields)
    }

    pub(super) fn path(&self, name: &str) -> Option<Spanned<JsonPath>> {
        self.parsed(name, Kind::ReferencePath(Code::INVALID_PATH), |text| self.report.path(text))
    }

    pub(super) fn path_or_null(&self, name: &str) -> Option<Spanned<Option<JsonPath>>> {
        self.parsed_or_null(name, Kind::Path, |text| self.report.path(text))
    }

    /// A path or an intrinsic function.
    pub(super) fn expression(&self, name: &str) -> Option<Spanned<Expression>> {
        self.parsed(name, Kind::Expression, |text| self.report.expression(text))
    }

    /// `ResultPath`.
    pub(super) fn result_path(&self) -> Option<Spanned<Option<ReferencePath>>> {
        self.parsed_or_null("ResultPath", Kind::ReferencePath(Code::INVALID_REFERENCE_PATH), |text| {
            self.report.path(text).and_then(ReferencePath::of)
        })
    }

    /// A string that `parse` understands; what it does not understand is reported as AWS does for this `kind`.
    fn parsed<T>(
        &self,
        name: &str,
        kind: Kind,
        parse: impl Fn(&str) -> Result<T, ExpressionError>,
    ) -> Option<Spanned<T>> {
        let text = self.text(name)?;
        match parse(text.value) {
            Ok(value) => Some(Spanned { value, span: text.span }),
            Err(error) => {
                let span = self.report.inside(text.span, error.span);
                let fault = Fault::new(kind.code(text.value), span, kind.message(name, text.value)).of(text.span);
                let help = if text.value.starts_with("{%") {
                    Some("only JSONata states have expressions: set `\"QueryLanguage\": \"JSONata\"`".to_owned())
                } else {
                    error.help
                };
                self.report.add(fault.with_label(span, error.message).with_help(help));
                None
            }
        }
    }

    /// As [`parsed`](Self::parsed), where `null` has a meaning of its own.
    fn parsed_or_null<T>(
        &self,
        name: &str,
        kind: Kind,
        parse: impl Fn(&str) -> Result<T, ExpressionError>,
    ) -> Option<Spanned<Option<T>>> {
        let node = self.node(name)?;
        if matches!(node.kind, NodeKind::Null) {
            return Some(Spanned { value: None, span: node.span });
        }
        self.parsed(name, kind, parse).map(|parsed| Spanned { value: Some(parsed.value), span: parsed.span })
    }
}

/// The first of `members` that is called `name`; `set` has the names of all.
fn find<'t>(members: &'t [Member<'t>], set: NameSet, name: &str) -> Option<&'t Member<'t>> {
    if set.may_have(name) { members.iter().find(|member| member.key == name) } else { None }
}

/// What a string holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Path,
    /// A path to one place; the code is that of a text that is none.
    ReferencePath(Code),
    /// A path or an intrinsic function.
    Expression,
}

impl Kind {
    fn code(self, text: &str) -> Code {
        match self {
            Self::Path => Code::INVALID_PATH,
            Self::ReferencePath(code) => code,
            Self::Expression => expression_code(text),
        }
    }

    /// AWS's message for a `text` that is none.
    fn message(self, name: &str, text: &str) -> String {
        match self {
            Self::Path => "Value must be a valid JSONPath.".to_owned(),
            Self::ReferencePath(_) if text.starts_with('$') => "Value is not a Reference Path".to_owned(),
            Self::ReferencePath(_) => "Value is not a Reference Path: Reference path didn't start with '$'".to_owned(),
            Self::Expression => invalid_expression(name),
        }
    }
}

/// AWS's message for what is neither a path nor a call.
pub(super) fn invalid_expression(name: &str) -> String {
    format!("The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call")
}

/// What a value is, for messages about its type.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    /// The value of the field of this name.
    Field(&'a str),
    /// An element of the array in the field of this name.
    ElementOf(&'a str),
}

impl fmt::Display for What<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(formatter, "`{name}`"),
            Self::ElementOf(name) => write!(formatter, "an element of `{name}`"),
        }
    }
}

/// The string that `node` must be.
pub(super) fn read_text<'t>(node: &'t Node<'t>, what: What<'_>, report: &Report<'_>) -> Option<Spanned<&'t str>> {
    match &node.kind {
        NodeKind::String(text) if report.is_open(text) => None,
        NodeKind::String(text) => Some(Spanned { value: text, span: node.span }),
        _ => wrong_type(node, what, Expected::STRING, report),
    }
}

/// The code for an expression that does not parse.
pub(super) fn expression_code(text: &str) -> Code {
    if text.starts_with('$') { Code::INVALID_PATH } else { Code::INVALID_INTRINSIC }
}

/// A JSON type that a field asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// With its article.
    pub(super) text: &'static str,
    /// AWS's word for it.
    pub(super) aws: &'static str,
}

impl Expected {
    pub(super) const OBJECT: Self = Self { text: "an object", aws: "Object" };
    pub(super) const ARRAY: Self = Self { text: "an array", aws: "Array" };
    pub(super) const STRING: Self = Self { text: "a string", aws: "String" };
    pub(super) const NUMBER: Self = Self { text: "a number", aws: "Number" };
    pub(super) const INTEGER: Self = Self { text: "an integer", aws: "Integer" };
    pub(super) const BOOLEAN: Self = Self { text: "a boolean", aws: "Boolean" };
}

/// Reports that `node` is not `expected`, unless it may be.
pub(super) fn wrong_type<T>(node: &Node<'_>, what: What<'_>, expected: Expected, report: &Report<'_>) -> Option<T> {
    wrong_type_with(node, what, expected, report, type_help(node, QueryLanguage::JsonPath))
}

fn wrong_type_with<T>(
    node: &Node<'_>,
    what: What<'_>,
    expected: Expected,
    report: &Report<'_>,
    help: Option<String>,
) -> Option<T> {
    if report.is_unknown(node) {
        return None;
    }
    let message = format!("Expected value of type {}", expected.aws);
    let label = format!("{what} must be {}, not {}", expected.text, found(node));
    let fault = Fault::new(Code::WRONG_TYPE, node.span, message).with_label(node.span, label);
    report.add(fault.with_help(help));
    None
}

/// What is meant as a path or as an expression belongs elsewhere.
fn type_help(node: &Node<'_>, language: QueryLanguage) -> Option<String> {
    let text = node.as_str()?;
    let is_jsonata = language == QueryLanguage::Jsonata;
    if text.starts_with("{%") && text.ends_with(char::is_whitespace) {
        Some("nothing may follow `%}`, not even a line break: begin the block scalar with `|-`".to_owned())
    } else if text.starts_with("{%") && is_jsonata {
        Some("write the value itself: this field takes no expression".to_owned())
    } else if text.starts_with("{%") {
        Some("only JSONata states have expressions: set `\"QueryLanguage\": \"JSONata\"`".to_owned())
    } else if let Some(input) = text.strip_prefix("$.").filter(|_| is_jsonata) {
        Some(format!("write `{{% $states.input.{input} %}}`"))
    } else if text.starts_with('$') && is_jsonata {
        Some(format!("write `{{% {text} %}}`"))
    } else if text.starts_with('$') {
        Some("a path belongs into the field whose name ends in `Path`, if there is one".to_owned())
    } else if text.parse::<f64>().is_ok() || matches!(text, "true" | "false") {
        Some(format!("write `{text}` without the quotes"))
    } else {
        None
    }
}

/// A number itself; of any other value its kind, with an article.
fn found(node: &Node<'_>) -> String {
    match node.kind_name() {
        "number" => node.to_string(),
        "null" => "null".to_owned(),
        kind if kind.starts_with(['a', 'o']) => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::compile;

    #[track_caller]
    fn helps(language: &str, state: &str) -> String {
        let text = format!(
            r#"{{"QueryLanguage": "{language}", "StartAt": "A", "States": {{"A": {state}, "B": {{"Type": "Succeed"}}}}}}"#
        );
        let compiled = compile(&text);
        let wrong = compiled.diagnostics.iter().find(|diagnostic| diagnostic.code.name() == "WRONG_TYPE");
        wrong.and_then(|diagnostic| diagnostic.help.clone()).unwrap_or_default()
    }

    #[test]
    fn the_help_for_a_wrong_type_is_in_the_language_of_the_state() {
        let wait = |seconds: &str| format!(r#"{{"Type": "Wait", "Seconds": "{seconds}", "Next": "B"}}"#);
        let choice = |test: &str| {
            format!(r#"{{"Type": "Choice", "Choices": [{{"Condition": "{test}", "Next": "B"}}], "Default": "B"}}"#)
        };
        assert_eq!(helps("JSONata", &wait("$x")), "write `{% $x %}`");
        assert_eq!(helps("JSONata", &wait("$.x")), "write `{% $states.input.x %}`");
        assert_eq!(helps("JSONata", &choice("$x = 1")), "write `{% $x = 1 %}`");
        let ends = r#"{"Type": "Pass", "End": "{% true %}"}"#;
        assert_eq!(helps("JSONata", ends), "write the value itself: this field takes no expression");
        assert!(helps("JSONPath", &wait("$.x")).contains("ends in `Path`"));
        assert!(helps("JSONPath", &wait("{% 5 %}")).contains("QueryLanguage"));
    }
}
