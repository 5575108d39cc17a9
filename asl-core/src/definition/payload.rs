//! Payload templates: JSON in which keys that end in `.$` hold paths or calls of intrinsic functions.

use std::sync::Arc;

use super::fields::{Fields, Spanned, What, expression_code, wrong_type};
use super::state_fields::QueryLanguage;
use crate::diagnostic::{Code, Fault};
use crate::expression::Expression;
use crate::report::Report;
use crate::source::Span;
use crate::syntax::{Member, Node, NodeKind};
use crate::value::Value;

/// [A payload template](https://states-language.net/spec.html#payload-template), or a part of one.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) span: Span,
    pub(crate) kind: TemplateKind,
}

#[derive(Debug, Clone)]
pub(crate) enum TemplateKind {
    /// A string, number, boolean or null.
    Literal(Value),
    Array(Vec<Template>),
    Object(Vec<TemplateMember>),
}

#[derive(Debug, Clone)]
pub(crate) struct TemplateMember {
    /// The key as written, with `.$` if the value is an expression.
    pub(crate) key: Spanned<Arc<str>>,
    pub(crate) value: MemberValue,
}

#[derive(Debug, Clone)]
pub(crate) enum MemberValue {
    Template(Template),
    /// The value of a key that ends in `.$`.
    Expression(Spanned<Expression>),
}

impl TemplateMember {
    /// The end of keys whose value is an expression.
    pub(crate) const SUFFIX: &str = ".$";

    /// The key of the payload's member.
    pub(crate) fn name(&self) -> &str {
        self.key.value.strip_suffix(Self::SUFFIX).unwrap_or(&self.key.value)
    }
}

impl Template {
    /// The template in the field called `name`.
    pub(super) fn read(fields: &Fields<'_>, name: &str) -> Option<Self> {
        fields.node(name).map(|node| Reader::of(node, fields).template(node))
    }

    /// As [`read`](Self::read), where the payload must be an object.
    pub(super) fn read_object(fields: &Fields<'_>, name: &str) -> Option<Self> {
        let node = fields.node(name)?;
        match node.kind {
            NodeKind::Object(_) => Some(Reader::of(node, fields).template(node)),
            _ => wrong_type(node, What::Field(name), "an object", fields.report),
        }
    }

    /// The members, if this is an object.
    pub(crate) fn members(&self) -> &[TemplateMember] {
        match &self.kind {
            TemplateKind::Object(members) => members,
            _ => &[],
        }
    }

    /// Calls `visit` with every expression inside.
    pub(crate) fn for_each_expression(&self, visit: &mut impl FnMut(&Spanned<Expression>)) {
        match &self.kind {
            TemplateKind::Literal(_) => {}
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
struct Reader<'a> {
    /// The whole template, which messages name.
    field: Span,
    language: QueryLanguage,
    report: &'a Report<'a>,
}

impl<'a> Reader<'a> {
    fn of(field: &Node, fields: &Fields<'a>) -> Self {
        Self { field: field.span, language: fields.language, report: fields.report }
    }

    fn template(&self, node: &Node) -> Template {
        let kind = match &node.kind {
            NodeKind::Array(elements) => {
                TemplateKind::Array(elements.iter().map(|element| self.template(element)).collect())
            }
            NodeKind::Object(members) => {
                TemplateKind::Object(members.iter().filter_map(|member| self.member(member)).collect())
            }
            _ => TemplateKind::Literal(Value::from(node)),
        };
        Template { span: node.span, kind }
    }

    fn member(&self, member: &Member) -> Option<TemplateMember> {
        let has_expression = self.language == QueryLanguage::JsonPath && member.key.ends_with(TemplateMember::SUFFIX);
        let value = if has_expression {
            MemberValue::Expression(self.expression(member)?)
        } else {
            MemberValue::Template(self.template(&member.value))
        };
        Some(TemplateMember { key: Spanned { value: member.key.as_str().into(), span: member.key_span }, value })
    }

    fn expression(&self, member: &Member) -> Option<Spanned<Expression>> {
        let span = member.value.span;
        let message = format!(
            "The value for the field '{}' must be a valid JSONPath or a valid intrinsic function call",
            member.key
        );
        let Some(text) = member.value.as_str() else {
            self.report.add(Fault::new(Code::WRONG_TYPE, span, message).of(self.field));
            return None;
        };
        match Expression::parse(text) {
            Ok(value) => Some(Spanned { value, span }),
            Err(error) => {
                let place = self.report.inside(span, error.span);
                let fault =
                    Fault::new(expression_code(text), place, message).of(self.field).with_label(place, error.message);
                self.report.add(fault.with_help(error.help));
                None
            }
        }
    }
}
