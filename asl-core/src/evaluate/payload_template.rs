//! Payload templates: JSON whose keys that end in `.$`, or in JSONata whose strings between `{%` and `%}`, hold expressions.
//!
//! See [Payload Template](https://states-language.net/spec.html#payload-template) in the specification.

use std::collections::HashMap;
use std::sync::Arc;

use crate::expression::Expression;
use crate::failure::Failure;
use crate::name_map::NameSet;
use crate::value::{Object, Value};

use super::query::Query;
use super::scope::Scope;

/// `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`, `Credentials`, and JSONata's `Arguments` and `Output`, compiled.
#[derive(Debug, Clone)]
pub(crate) enum PayloadTemplate {
    /// A part without expressions, shared by everything that it is evaluated to.
    Literal(Value),
    /// The value of a key that ends in `.$`; `field` is that whole key.
    Expression {
        field: Arc<str>,
        expression: Expression,
    },
    /// A JSONata expression.
    Query(Query),
    Array(Vec<Self>),
    Object(Vec<TemplateMember>),
}

/// A member of an object in a template.
#[derive(Debug, Clone)]
pub(crate) struct TemplateMember {
    /// The key without `.$`.
    pub(crate) key: Arc<str>,
    pub(crate) value: PayloadTemplate,
}

impl TemplateMember {
    /// The member `key`, which does not end in `.$`.
    pub(crate) fn plain(key: &str, value: PayloadTemplate) -> Self {
        Self { key: key.into(), value }
    }

    /// The member that `field`, a key that ends in `.$`, stands for.
    pub(crate) fn expression(field: &str, expression: Expression) -> Self {
        let key = field.strip_suffix(".$").unwrap_or(field);
        Self { key: key.into(), value: PayloadTemplate::Expression { field: field.into(), expression } }
    }
}

impl PayloadTemplate {
    /// An array of `elements`; a literal if all of them are.
    pub(crate) fn array(elements: Vec<Self>) -> Self {
        let literals: Option<Vec<Value>> = elements.iter().map(|element| element.literal().cloned()).collect();
        literals.map_or(Self::Array(elements), |literals| Self::Literal(literals.into()))
    }

    /// An object of `members`; a literal if all of them are.
    pub(crate) fn object(members: Vec<TemplateMember>) -> Self {
        let literals: Option<Object> =
            members.iter().map(|member| Some((member.key.clone(), member.value.literal()?.clone()))).collect();
        if let Some(literals) = literals {
            return Self::Literal(literals.into());
        }
        let mut keys = NameSet::default();
        if members.iter().all(|member| keys.add(&member.key)) {
            return Self::Object(members);
        }
        // Of members with the same key the last counts, in the place of the first, as in every object.
        let mut distinct: Vec<TemplateMember> = Vec::with_capacity(members.len());
        let mut places: HashMap<Arc<str>, usize> = HashMap::with_capacity(members.len());
        for member in members {
            let place = places.entry(member.key.clone()).or_insert(distinct.len());
            match distinct.get_mut(*place) {
                Some(known) => *known = member,
                None => distinct.push(member),
            }
        }
        Self::Object(distinct)
    }

    /// The value of a template without expressions.
    pub(crate) fn literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Expression { .. } | Self::Query(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The template with every expression replaced by its value.
    ///
    /// An array index past the end gives `null`, as it does on AWS; anything else that is missing is a failure.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Expression { field, expression: Expression::Path(path) } => match scope.find(path) {
                Err(unresolved) if unresolved.is_past_the_end() => Ok(Value::Null),
                found => found.map_err(|unresolved| unresolved.into_payload_failure(field)),
            },
            Self::Expression { field, expression } => expression.evaluate(field, scope),
            Self::Query(query) => query.evaluate(scope),
            Self::Array(elements) => elements.iter().map(|element| element.evaluate(scope)).collect(),
            Self::Object(members) => {
                let mut evaluated = Vec::with_capacity(members.len());
                for member in members {
                    evaluated.push((member.key.clone(), member.value.evaluate(scope)?));
                }
                Ok(Value::Object(Object::of_distinct(evaluated)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tests::{parse, with_scope};
    use crate::failure::ErrorName;

    /// Compiles a template as the definition does.
    fn compile(template: &Value) -> PayloadTemplate {
        match template {
            Value::Object(members) => {
                PayloadTemplate::object(members.iter().map(|(key, value)| member(key, value)).collect())
            }
            Value::Array(elements) => PayloadTemplate::array(elements.iter().map(compile).collect()),
            scalar => PayloadTemplate::Literal(scalar.clone()),
        }
    }

    fn member(key: &str, value: &Value) -> TemplateMember {
        match (key.ends_with(".$"), value.as_str()) {
            (true, Some(text)) => TemplateMember::expression(key, Expression::parse(text).unwrap()),
            _ => TemplateMember::plain(key, compile(value)),
        }
    }

    fn evaluate(template: &str) -> Result<String, Failure> {
        let template = compile(&parse(template));
        with_scope(r#"{"id":7,"lines":["tea","milk"]}"#, |scope| template.evaluate(scope))
            .map(|value| value.to_string())
    }

    #[test]
    fn keys_that_end_in_dollar_hold_expressions() {
        for (template, expected) in [
            ("{}", "{}"),
            (r#"{"a":"$.id","b":[1,{"c":null}]}"#, r#"{"a":"$.id","b":[1,{"c":null}]}"#),
            (r#"{"z.$":"$.id","a":true,"m.$":"$total"}"#, r#"{"z":7,"a":true,"m":12}"#),
            (r#"{"a":[{"b.$":"$.lines[0]"},{"c.$":"$$.State.Name"}]}"#, r#"{"a":[{"b":"tea"},{"c":"Ship"}]}"#),
            (r#"{"whole.$":"$"}"#, r#"{"whole":{"id":7,"lines":["tea","milk"]}}"#),
            (r#"{"past.$":"$.lines[9]"}"#, r#"{"past":null}"#),
        ] {
            assert_eq!(evaluate(template), Ok(expected.into()), "{template}");
        }
    }

    #[test]
    fn a_missing_value_names_the_innermost_key() {
        assert_eq!(
            evaluate(r#"{"a":{"b.$":"$.nope"}}"#),
            Err(Failure::new(
                ErrorName::PARAMETER_PATH_FAILURE,
                "The JSONPath '$.nope' specified for the field 'b.$' could not be found in the input \
                 '{\"id\":7,\"lines\":[\"tea\",\"milk\"]}'"
            ))
        );
    }

    #[test]
    fn a_template_without_expressions_is_one_shared_value() {
        let template = compile(&parse(r#"{"a":[1,{"b":2}],"c":{}}"#));
        assert!(template.literal().is_some());
        assert!(compile(&parse(r#"{"a":[1,{"b.$":"$"}]}"#)).literal().is_none());
    }

    #[test]
    fn many_expressions_that_each_stay_within_their_bounds_do_not_fill_the_memory() {
        let repeated =
            |parts: usize| format!("States.Format('{}',{})", "{}".repeat(parts), vec!["$.text"; parts].join(","));
        let input = serde_json::json!({"text": "x".repeat(64 * 1024)}).to_string();
        for (count, fits) in [(10, true), (300, false)] {
            let expression = Expression::parse(&repeated(16)).unwrap();
            let members = (0..count).map(|name| TemplateMember::expression(&format!("{name}.$"), expression.clone()));
            let template = PayloadTemplate::object(members.collect());
            assert_eq!(with_scope(&input, |scope| template.evaluate(scope)).is_ok(), fits, "{count}");
        }
    }
}
