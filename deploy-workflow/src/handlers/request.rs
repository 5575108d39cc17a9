//! What is sent to CloudFormation for a deployment: the template out of the artifact, and its parameters.

use std::sync::Arc;

use asl_core::Failure;

use super::event::DeployEvent;
use super::{ARTIFACT_UNUSABLE, INVALID_INPUT, Services};
use crate::artifact::read_file;
use crate::cloudformation::in_process::MAX_TEMPLATE_BODY_BYTES;
use crate::cloudformation::{GetTemplateSummaryInput, Parameter, TemplateSource};

/// The parameter that the sample gave to every template.
const ENVIRONMENT_NAME: &str = "environmentName";

/// The template of a deployment: in the request if it fits, else by way of S3.
pub(super) async fn template(services: &Services, event: &DeployEvent) -> Result<TemplateSource, Failure> {
    let revision = &event.revision;
    let archive = services.artifacts.get_object(&revision.bucket, &revision.key).await?;
    let text = read_file(&archive, &event.template_path)
        .map_err(|error| Failure::new(ARTIFACT_UNUSABLE, error.to_string()))?;
    if text.len() <= MAX_TEMPLATE_BODY_BYTES {
        return Ok(TemplateSource::Body(text));
    }
    let key = format!("{}.templates/{}", revision.key, event.template_path);
    services.artifacts.put_object(&revision.bucket, &key, Arc::from(text.into_bytes())).await?;
    Ok(TemplateSource::Url(services.artifacts.template_url(&revision.bucket, &key).await?))
}

/// The parameters of a deployment: those given, the environment's name, and for the rest what the stack has now.
///
/// Only those that the template declares are sent, but for the given ones, which CloudFormation is to refuse.
///
/// # Errors
///
/// `InvalidInput` when the value of a `NoEcho` parameter is given as it is: inputs are in the histories of executions,
/// which are not encrypted. A dynamic reference says where CloudFormation finds it.
pub(super) async fn parameters(
    services: &Services,
    event: &DeployEvent,
    template: &TemplateSource,
    current: &[Parameter],
) -> Result<Vec<Parameter>, Failure> {
    let summary = GetTemplateSummaryInput { template: template.clone() };
    let declared = services.cloudformation.get_template_summary(summary).await?.parameters;
    let secret = declared.iter().filter(|parameter| parameter.no_echo).map(|parameter| &parameter.parameter_key);
    for key in secret {
        if event.parameters.get(key).is_some_and(|value| !is_dynamic_reference(value)) {
            let help = "give a dynamic reference, such as `{{resolve:secretsmanager:NAME}}`";
            let cause = format!("parameter `{key}` is NoEcho, and its value would stay in histories: {help}");
            return Err(Failure::new(INVALID_INPUT, cause));
        }
    }
    let mut parameters: Vec<_> = event.parameters.iter().map(|(key, value)| Parameter::new(key, value)).collect();
    let rest = declared.iter().filter(|parameter| !event.parameters.contains_key(&parameter.parameter_key));
    for parameter in rest {
        let key = parameter.parameter_key.clone();
        if key == ENVIRONMENT_NAME {
            parameters.push(Parameter::new(key, &event.target.environment_name));
        } else if current.iter().any(|current| current.key() == key) {
            parameters.push(Parameter::UsePreviousValue { key });
        }
    }
    Ok(parameters)
}

/// See CloudFormation's
/// [dynamic references](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html).
fn is_dynamic_reference(value: &str) -> bool {
    value.strip_prefix("{{resolve:").and_then(|rest| rest.strip_suffix("}}")).is_some_and(|inner| !inner.contains('}'))
}
