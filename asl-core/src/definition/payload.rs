//! Payload templates: JSON in which keys that end in `.$` hold paths or calls of intrinsic functions, or in which
//! strings hold JSONata expressions.

use std::fmt;

use super::fields::{Expected, Fields, Spanned, What, expression_code, invalid_expression, wrong_type};
use super::jsonata::JsonataString;
use super::state_fields::QueryLanguage;
use crate::diagnostic::{Code, Fault};
use crate::expression::Expression;
use crate::source::Span;
use crate::syntax::{Member, Node, NodeKind};
use crate::value::Value;

/// [A payload template](https://states-language.net/spec.html#payload-template), or a part of one.
#[derive(Debug, Clone)]
pub(crate) struct Template<'t> {
    pub(crate) span: Span,
    pub(crate) kind: TemplateKind<'t>,
}

#[derive(Debug, Clone)]
pub(crate) enum TemplateKind<'t> {
    /// A string, number, boolean or null.
    Literal(Value),
    /// A string that is not known, or only in part; no program has one.
    Open(Value),
    Jsonata(Box<JsonataString>),
    Array(Vec<Template<'t>>),
    Object(Vec<TemplateMember<'t>>),
}

#[derive(Debug, Clone)]
pub(crate) struct TemplateMember<'t> {
    /// The key as written, with `.$` if the value is an expression.
    pub(crate) key: Spanned<&'t str>,
    pub(crate) value: MemberValue<'t>,
}

#[derive(Debug, Clone)]
pub(crate) enum MemberValue<'t> {
    Template(Template<'t>),
    /// The value of a key that ends in `.$`.
    Expression(Spanned<Expression>),
}

impl TemplateMember<'_> {
    /// The end of keys whose value is an expression.
    pub(crate) const SUFFIX: &'static str = ".$";

    /// The key of the payload's member.
    pub(crate) fn name(&self) -> &str {
        self.key.value.strip_suffix(Self::SUFFIX).unwrap_or(self.key.value)
    }
}

impl<'t> Template<'t> {
    /// The template in the field called `name`.
    pub(super) fn read(fields: &Fields<'t>, name: &str) -> Option<Self> {
        fields.node(name).and_then(|node| Reader::of(node, fields).field(node, name))
    }

    /// As [`read`](Self::read), where the payload must be an object.
    pub(super) fn read_object(fields: &Fields<'t>, name: &str) -> Option<Self> {
        let node = fields.node(name)?;
        match node.kind {
            NodeKind::Object(_) => Reader::of(node, fields).field(node, name),
            _ => wrong_type(node, What::Field(name), Expected::OBJECT, fields.report),
        }
    }

    /// `Parameters`, or JSONata's `Arguments`.
    pub(super) fn read_parameters(fields: &Fields<'t>) -> Option<Self> {
        match fields.language {
            QueryLanguage::JsonPath => Self::read_object(fields, "Parameters"),
            QueryLanguage::Jsonata => Self::read(fields, "Arguments"),
        }
    }

    /// `Items`.
    pub(super) fn read_items(fields: &Fields<'t>) -> Option<Self> {
        let node = fields.node("Items")?;
        let is_container = matches!(node.kind, NodeKind::Array(_) | NodeKind::Object(_));
        if is_container || JsonataString::is_at(node, fields.language) {
            Self::read(fields, "Items")
        } else {
            let expected = Expected { text: "an array or a JSONata expression", ..Expected::ARRAY };
            fields.wrong_type(node, "Items", expected)
        }
    }

    /// `Credentials`, whose role is a string, or an expression that gives one.
    pub(super) fn read_credentials(fields: &Fields<'t>) -> Option<Self> {
        const ROLE: &str = "RoleArn";
        if let Some(NodeKind::Object(members)) = fields.node("Credentials").map(|node| &node.kind)
            && let Some(role) = members.iter().find(|member| &*member.key == ROLE)
            && role.value.as_str().is_none()
        {
            return wrong_type(&role.value, What::Field(ROLE), Expected::STRING, fields.report);
        }
        Self::read_object(fields, "Credentials")
    }

    /// The members, if this is an object.
    pub(crate) fn members(&self) -> &[TemplateMember<'t>] {
        match &self.kind {
            TemplateKind::Object(members) => members,
            _ => &[],
        }
    }

    /// Calls `visit` with every JSONata expression inside.
    pub(crate) fn for_each_jsonata(&self, visit: &mut impl FnMut(&JsonataString)) {
        match &self.kind {
            TemplateKind::Literal(_) | TemplateKind::Open(_) => {}
            TemplateKind::Jsonata(jsonata) => visit(jsonata),
            TemplateKind::Array(elements) => elements.iter().for_each(|element| element.for_each_jsonata(visit)),
            TemplateKind::Object(members) => {
                for member in members {
                    if let MemberValue::Template(template) = &member.value {
                        template.for_each_jsonata(visit);
                    }
                }
            }
        }
    }

    /// Calls `visit` with every path and intrinsic function inside.
    pub(crate) fn for_each_expression(&self, visit: &mut impl FnMut(&Spanned<Expression>)) {
        match &self.kind {
            TemplateKind::Literal(_) | TemplateKind::Open(_) | TemplateKind::Jsonata(_) => {}
            TemplateKind::Array(elements) => {
                for element in elements {
                    element.for_each_expression(visit);
                }
            }
            TemplateKind::Object(members) => {
                for member in members {
                    match &member.value {
                        MemberValue::Template(template) => template.for_each_expression(visit),
                        MemberValue::Expression(expression) => visit(expression),
                    }
                }
            }
        }
    }
}

/// Reads the parts of one template.
struct Reader<'t, 'f> {
    /// The whole template, which messages name.
    field: Span,
    fields: &'f Fields<'t>,
}

/// Where a part of a template stands, as messages of failed evaluations name it: `Output/lines[0]/price`.
enum Location<'a> {
    Field(&'a Fields<'a>, &'a str),
    Member(&'a Self, &'a str),
    Element(&'a Self, usize),
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(fields, name) => formatter.write_str(&fields.location(name)),
            Self::Member(object, key) => write!(formatter, "{object}/{key}"),
            Self::Element(array, index) => write!(formatter, "{array}[{index}]"),
        }
    }
}

impl<'t, 'f> Reader<'t, 'f> {
    fn of(field: &Node<'_>, fields: &'f Fields<'t>) -> Self {
        Self { field: field.span, fields }
    }

    fn field(&self, node: &'t Node<'t>, name: &str) -> Option<Template<'t>> {
        self.template(node, &Location::Field(self.fields, name))
    }

    /// `None` for an expression that does not parse.
    fn template(&self, node: &'t Node<'t>, location: &Location<'_>) -> Option<Template<'t>> {
        let kind = match &node.kind {
            NodeKind::Array(elements) => {
                let elements = elements.iter().enumerate();
                let read = |(index, element)| self.template(element, &Location::Element(location, index));
                TemplateKind::Array(elements.filter_map(read).collect())
            }
            NodeKind::Object(members) => {
                TemplateKind::Object(members.iter().map(|member| self.member(member, location)).collect())
            }
            NodeKind::String(text) if self.fields.report.is_open(text) => TemplateKind::Open(Value::from(node)),
            _ if JsonataString::is_at(node, self.fields.language) => {
                let jsonata = JsonataString::read(node, &location.to_string(), self.fields.report)?;
                TemplateKind::Jsonata(Box::new(jsonata))
            }
            _ => TemplateKind::Literal(Value::from(node)),
        };
        Some(Template { span: node.span, kind })
    }

    fn member(&self, member: &'t Member<'t>, object: &Location<'_>) -> TemplateMember<'t> {
        let is_json_path = self.fields.language == QueryLanguage::JsonPath;
        let is_open = member.value.as_str().is_some_and(|text| self.fields.report.is_open(text));
        let value = if is_json_path && !is_open && member.key.ends_with(TemplateMember::SUFFIX) {
            self.expression(member).map(MemberValue::Expression)
        } else {
            self.template(&member.value, &Location::Member(object, &member.key)).map(MemberValue::Template)
        };
        // What could not be read is reported, but the payload has a member of this name.
        let unread =
            || MemberValue::Template(Template { span: member.value.span, kind: TemplateKind::Open(Value::Null) });
        TemplateMember {
            key: Spanned { value: &member.key, span: member.key_span },
            value: value.unwrap_or_else(unread),
        }
    }

    fn expression(&self, member: &Member<'_>) -> Option<Spanned<Expression>> {
        let span = member.value.span;
        let Some(text) = member.value.as_str() else {
            let fault = Fault::new(Code::WRONG_TYPE, span, invalid_expression(&member.key)).of(self.field);
            let help = "write a string, or drop the `.$` of the field's name";
            self.fields.report.add(fault.with_help(help.to_owned()));
            return None;
        };
        match self.fields.report.expression(text) {
            Ok(value) => Some(Spanned { value, span }),
            Err(error) => {
                let place = self.fields.report.inside(span, error.span);
                let fault = Fault::new(expression_code(text), place, invalid_expression(&member.key)).of(self.field);
                self.fields.report.add(fault.with_label(place, error.message).with_help(error.help));
                None
            }
        }
    }
}
