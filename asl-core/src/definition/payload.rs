//! Payload templates: JSON in which keys that end in `.$` hold paths or calls of intrinsic functions.

use std::sync::Arc;

use super::fields::{Fields, Spanned, wrong_type};
use super::state_fields::QueryLanguage;
use crate::diagnostic::Code;
use crate::expression::Expression;
use crate::report::{Fault, Report};
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
    /// The template in the field called `name`; a JSONata state has none.
    pub(super) fn read(fields: &Fields<'_>, name: &str) -> Option<Self> {
        let node = fields.node(name).filter(|_| fields.language == QueryLanguage::JsonPath)?;
        Some(Self::read_part(node, node, fields.report))
    }

    /// As [`read`](Self::read), where the payload must be an object.
    pub(super) fn read_object(fields: &Fields<'_>, name: &str) -> Option<Self> {
        let node = fields.node(name).filter(|_| fields.language == QueryLanguage::JsonPath)?;
        match node.kind {
            NodeKind::Object(_) => Some(Self::read_part(node, node, fields.report)),
            _ => wrong_type(node, name, "an object", fields.report),
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
                elements.iter().for_each(|element| element.for_each_expression(visit));
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

    /// Reads `node`, a part of the template `field`.
    fn read_part(node: &Node, field: &Node, report: &Report<'_>) -> Self {
        let kind = match &node.kind {
            NodeKind::Array(elements) => {
                TemplateKind::Array(elements.iter().map(|part| Self::read_part(part, field, report)).collect())
            }
            NodeKind::Object(members) => {
                TemplateKind::Object(members.iter().filter_map(|member| read_member(member, field, report)).collect())
            }
            _ => TemplateKind::Literal(Value::from(node)),
        };
        Self { span: node.span, kind }
    }
}

fn read_member(member: &Member, field: &Node, report: &Report<'_>) -> Option<TemplateMember> {
    let value = if member.key.ends_with(TemplateMember::SUFFIX) {
        MemberValue::Expression(read_expression(member, field, report)?)
    } else {
        MemberValue::Template(Template::read_part(&member.value, field, report))
    };
    Some(TemplateMember { key: Spanned { value: member.key.as_str().into(), span: member.key_span }, value })
}

fn read_expression(member: &Member, field: &Node, report: &Report<'_>) -> Option<Spanned<Expression>> {
    let span = member.value.span;
    let message =
        format!("The value for the field '{}' must be a valid JSONPath or a valid intrinsic function call", member.key);
    let NodeKind::String(text) = &member.value.kind else {
        report.add(Fault::new(Code::WRONG_TYPE, span, message).of(field.span));
        return None;
    };
    match Expression::parse(text) {
        Ok(value) => Some(Spanned { value, span }),
        Err(error) => {
            let code = if text.starts_with('$') { Code::INVALID_PATH } else { Code::INVALID_INTRINSIC };
            let place = report.inside(span, error.span);
            let fault = Fault::new(code, place, message).of(field.span).with_label(place, error.message);
            report.add(fault.with_help(error.help));
            None
        }
    }
}
