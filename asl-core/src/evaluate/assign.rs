//! `Assign`: what a state leaves in variables.
//!
//! See [Variables](https://states-language.net/spec.html#variables) in the specification
//! and the [quotas](https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html) of AWS.

use crate::execution::Limits;
use crate::failure::{ErrorName, Failure};
use crate::value::{Object, Value};

use super::payload_template::PayloadTemplate;
use super::scope::Scope;

/// The variables that `Assign` sets, every one computed from what the scope held before.
///
/// Fails with `States.DataLimitExceeded` if a variable, or all of these together, are over [`Limits::assign_bytes`],
/// or a variable nests deeper than [`Limits::payload_depth`].
pub(crate) fn evaluate(template: &PayloadTemplate, scope: &Scope<'_>, limits: &Limits) -> Result<Object, Failure> {
    let Value::Object(assigned) = template.evaluate(scope)? else { return Ok(Object::default()) };
    let mut together = 0_usize;
    for (name, value) in &assigned {
        if value.exceeds(limits.assign_bytes, limits.payload_depth) {
            return Err(too_large(&format!("The value of the variable '{name}' has")));
        }
        together = together.saturating_add(value.text_size());
        if together > limits.assign_bytes {
            return Err(too_large("The values of the field 'Assign' have"));
        }
    }
    Ok(assigned)
}

/// Checks the variables of a whole execution, `bytes` of JSON text, against [`Limits::variables_bytes`].
pub(crate) fn check_total(bytes: usize, limits: &Limits) -> Result<(), Failure> {
    if bytes > limits.variables_bytes {
        return Err(too_large("The variables of the execution have"));
    }
    Ok(())
}

fn too_large(what: &str) -> Failure {
    Failure::new(
        ErrorName::DATA_LIMIT_EXCEEDED,
        format!("{what} a size exceeding the maximum number of bytes service limit."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::TemplateMember;
    use crate::evaluate::tests::with_scope;
    use crate::expression::Expression;

    fn assign(input: &str, members: &[(&str, &str)], limits: &Limits) -> Result<String, Failure> {
        let members =
            members.iter().map(|(key, text)| TemplateMember::expression(key, Expression::parse(text).unwrap()));
        let template = PayloadTemplate::object(members.collect());
        with_scope(input, |scope| evaluate(&template, scope, limits)).map(|object| Value::Object(object).to_string())
    }

    #[test]
    fn every_value_is_computed_from_what_was_there_before() {
        let swapped = assign("{}", &[("total.$", "$customer"), ("customer.$", "$total")], &Limits::default());
        assert_eq!(swapped, Ok(r#"{"total":{"name":"Ann"},"customer":12}"#.into()));
    }

    #[test]
    fn sizes_are_bounded_one_by_one_and_together() {
        let limits = Limits { assign_bytes: 6, variables_bytes: 1, ..Limits::default() };
        let input = r#"{"three":"abc"}"#;
        assert!(assign(input, &[("a.$", "$.three")], &limits).is_ok());
        let message =
            "The values of the field 'Assign' have a size exceeding the maximum number of bytes service limit.";
        assert_eq!(
            assign(input, &[("a.$", "$.three"), ("b.$", "$.three")], &limits),
            Err(Failure::new(ErrorName::DATA_LIMIT_EXCEEDED, message))
        );
        let message = "The value of the variable 'a' has a size exceeding the maximum number of bytes service limit.";
        assert_eq!(assign(input, &[("a.$", "$")], &limits), Err(Failure::new(ErrorName::DATA_LIMIT_EXCEEDED, message)));
        let limits = Limits { payload_depth: 0, ..limits };
        assert_eq!(assign("[]", &[("a.$", "$")], &limits), Err(Failure::new(ErrorName::DATA_LIMIT_EXCEEDED, message)));
        assert!(check_total(1, &limits).is_ok());
        assert!(check_total(2, &limits).is_err());
    }
}
