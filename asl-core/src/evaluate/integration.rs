//! What AWS's optimized integrations make of a Task's parameters before the Task is scheduled.
//!
//! See [Integrating optimized services](https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html).

use crate::failure::Failure;
use crate::program::{IntegrationPattern, Resource};
use crate::value::Value;

/// The parameters that a service is called with.
///
/// Fails with `States.Runtime` when the integration refuses them; such a Task is never scheduled.
pub(crate) fn prepare(resource: &Resource, parameters: Value) -> Result<Value, Failure> {
    match (resource.service_action(), resource.pattern()) {
        (Some(("apigateway", "invoke")), _) => lists_of_texts(parameters, &["Headers", "QueryParameters"]),
        (Some(("ecs", "runTask")), IntegrationPattern::Sync) => Ok(started_by_step_functions(parameters)),
        _ => Ok(parameters),
    }
}

/// API Gateway takes a list of texts for each header and each query parameter.
fn lists_of_texts(parameters: Value, fields: &[&str]) -> Result<Value, Failure> {
    let is_list =
        |value: &Value| value.as_array().is_some_and(|texts| texts.iter().all(|text| text.as_str().is_some()));
    let refused = fields.iter().find(|field| {
        let value = parameters.get(field);
        value.is_some_and(|value| !value.as_object().is_some_and(|lists| lists.values().all(is_list)))
    });
    match refused {
        None => Ok(parameters),
        Some(field) => Err(Failure::runtime(format!(
            "The Parameters '{parameters}' could not be used to start the Task: \
             [The value of the field '{field}' has an invalid format]"
        ))),
    }
}

/// The tag by which AWS finds the ECS tasks that it waits for.
fn started_by_step_functions(parameters: Value) -> Value {
    match parameters {
        Value::Object(mut parameters) if !parameters.contains_key("StartedBy") => {
            parameters.insert("StartedBy", "AWS Step Functions");
            Value::Object(parameters)
        }
        parameters => parameters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(resource: &str, parameters: &str, expected: Result<&str, &str>) {
        let prepared = prepare(&Resource::parse(resource), parameters.parse().unwrap());
        let expected = expected.map(|text| text.parse::<Value>().unwrap()).map_err(Failure::runtime);
        assert_eq!(prepared, expected, "{resource} {parameters}");
    }

    #[test]
    fn headers_and_query_parameters_are_lists_of_texts() {
        let resource = "arn:aws:states:::apigateway:invoke";
        for fits in [r#"{"Path":"p"}"#, r#"{"Headers":{"a":["b","c"]}}"#, r#"{"QueryParameters":{}}"#] {
            check(resource, fits, Ok(fits));
        }
        let refusal = |parameters: &str, field: &str| {
            format!(
                "The Parameters '{parameters}' could not be used to start the Task: \
                 [The value of the field '{field}' has an invalid format]"
            )
        };
        for (parameters, field) in
            [(r#"{"Headers":{"a":"b"}}"#, "Headers"), (r#"{"QueryParameters":{"a":[1]}}"#, "QueryParameters")]
        {
            check(resource, parameters, Err(&refusal(parameters, field)));
        }
    }

    #[test]
    fn an_awaited_ecs_task_says_who_started_it() {
        check("arn:aws:states:::ecs:runTask", "{}", Ok("{}"));
        check("arn:aws:states:::ecs:runTask.sync", "{}", Ok(r#"{"StartedBy":"AWS Step Functions"}"#));
        check("arn:aws:states:::ecs:runTask.sync", r#"{"StartedBy":"me"}"#, Ok(r#"{"StartedBy":"me"}"#));
    }
}
