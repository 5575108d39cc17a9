//! What a template becomes for one stack: its parameters filled in, its conditions decided, its functions evaluated.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::resource_types::{NESTED_STACK, physical_name};
use super::template::{Policy, Scope, Template, references};
use crate::cloudformation::api::Parameter;
use crate::cloudformation::error::ApiError;

/// How deep stacks may nest.
const MAX_NESTING: usize = 8;

/// The templates in S3 that are known, by their URLs.
pub(super) type Library = BTreeMap<String, Arc<Template>>;

/// What a stack consists of, or is to consist of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deployment {
    pub(super) template: Arc<Template>,
    pub(super) parameters: BTreeMap<String, String>,
    /// In creation order.
    pub(super) resources: Vec<Resource>,
}

/// One resource of a deployment.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_field_names, reason = "CloudFormation's own word")]
pub(super) struct Resource {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    /// Evaluated; references to other resources are still references.
    pub(super) properties: Map<String, Value>,
    pub(super) metadata: Value,
    pub(super) deletion_policy: Policy,
    pub(super) update_replace_policy: Policy,
    /// What a nested stack consists of.
    pub(super) nested: Option<Deployment>,
}

/// Why a deployment cannot be made of a template.
#[derive(Debug, PartialEq)]
pub(super) enum Obstacle {
    /// The template of a nested stack must be fetched first.
    TemplateNeeded(String),
    /// CloudFormation refuses.
    Refused(ApiError),
}

impl From<ApiError> for Obstacle {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

/// The stack that a deployment is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) stack_name: &'a str,
    pub(super) stack_id: &'a str,
    pub(super) region: &'a str,
    pub(super) account_id: &'a str,
}

impl Deployment {
    /// Plans `template` for the stack of `site`; `previous` is what `UsePreviousValue` refers to.
    pub(super) fn plan(
        template: &Arc<Template>,
        given: &[Parameter],
        previous: Option<&Self>,
        site: Site<'_>,
        library: &Library,
    ) -> Result<Self, Obstacle> {
        let parameters = fill_in_parameters(template, given, previous)?;
        Self::assemble(template, parameters, site, library, 0)
    }

    fn assemble(
        template: &Arc<Template>,
        parameters: BTreeMap<String, String>,
        site: Site<'_>,
        library: &Library,
        depth: usize,
    ) -> Result<Self, Obstacle> {
        if depth > MAX_NESTING {
            return Err(ApiError::validation("Template error: stacks nest too deep").into());
        }
        let Site { stack_name, stack_id, region, account_id } = site;
        let scope = Scope { template, parameters: &parameters, stack_name, stack_id, region, account_id };
        let mut resources = Vec::with_capacity(template.resources.len());
        for declaration in &template.resources {
            if !scope.holds(declaration.condition.as_deref())? {
                continue;
            }
            let properties = scope.evaluate_properties(&declaration.properties)?;
            let nested = match declaration.resource_type.as_str() {
                NESTED_STACK => Some(nested(&declaration.logical_id, &properties, site, library, depth)?),
                _ => None,
            };
            resources.push(Resource {
                logical_id: declaration.logical_id.clone(),
                resource_type: declaration.resource_type.clone(),
                properties,
                metadata: declaration.metadata.clone(),
                deletion_policy: declaration.deletion_policy,
                update_replace_policy: declaration.update_replace_policy,
                nested,
            });
        }
        Ok(Self { template: Arc::clone(template), parameters, resources })
    }

    pub(super) fn resource(&self, logical_id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.logical_id == logical_id)
    }

    /// The types and names of everything that names itself, nested stacks included.
    pub(super) fn physical_names(&self) -> Vec<(&str, &str)> {
        self.resources
            .iter()
            .flat_map(|resource| {
                let own = resource.physical_name().map(|name| (resource.resource_type.as_str(), name));
                let nested = resource.nested.iter().flat_map(Self::physical_names);
                own.into_iter().chain(nested)
            })
            .collect()
    }
}

impl Resource {
    pub(super) fn physical_name(&self) -> Option<&str> {
        physical_name(&self.resource_type, &self.properties)
    }

    /// The resources that `property` refers to.
    pub(super) fn references_of(&self, property: &str) -> Vec<String> {
        self.properties.get(property).map(references).unwrap_or_default()
    }
}

fn nested(
    logical_id: &str,
    properties: &Map<String, Value>,
    parent: Site<'_>,
    library: &Library,
    depth: usize,
) -> Result<Deployment, Obstacle> {
    let Some(url) = properties.get("TemplateURL").and_then(Value::as_str) else {
        return Err(ApiError::validation(format!("Resource {logical_id} must have a TemplateURL")).into());
    };
    let template = library.get(url).ok_or_else(|| Obstacle::TemplateNeeded(url.to_owned()))?;
    let given: Vec<_> = properties
        .get("Parameters")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| match value {
            Value::String(text) => Parameter::new(key, text),
            other => Parameter::new(key, other.to_string()),
        })
        .collect();
    let parameters = fill_in_parameters(template, &given, None)?;
    let stack_name = format!("{}-{logical_id}", parent.stack_name);
    let stack_id = format!("{}/{logical_id}", parent.stack_id);
    let site = Site { stack_name: &stack_name, stack_id: &stack_id, ..parent };
    Deployment::assemble(template, parameters, site, library, depth + 1)
}

/// The value of every declared parameter: as given, as before, or its default.
fn fill_in_parameters(
    template: &Template,
    given: &[Parameter],
    previous: Option<&Deployment>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let declared = |key: &str| template.parameters.iter().any(|parameter| parameter.parameter_key == key);
    let unknown: Vec<_> = given.iter().map(Parameter::key).filter(|key| !declared(key)).collect();
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        return Err(ApiError::validation(format!("Parameters: [{names}] do not exist in the template")));
    }
    let mut values = BTreeMap::new();
    let mut missing = Vec::new();
    for parameter in &template.parameters {
        let key = &parameter.parameter_key;
        let value = match given.iter().find(|given| given.key() == key) {
            Some(Parameter::Value { value, .. }) => Some(value.clone()),
            Some(Parameter::UsePreviousValue { .. }) => {
                previous.and_then(|previous| previous.parameters.get(key)).cloned()
            }
            None => parameter.default_value.clone(),
        };
        let Some(value) = value else {
            missing.push(key.as_str());
            continue;
        };
        if !parameter.allowed_values.is_empty() && !parameter.allowed_values.contains(&value) {
            return Err(ApiError::validation(format!("Parameter '{key}' must be one of AllowedValues")));
        }
        if parameter.parameter_type == "Number" && value.parse::<f64>().is_err() {
            return Err(ApiError::validation(format!("Parameter '{key}' must be a number.")));
        }
        values.insert(key.clone(), value);
    }
    if missing.is_empty() {
        return Ok(values);
    }
    let names = missing.join(", ");
    Err(ApiError::validation(format!("Parameters: [{names}] must have values")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: Site<'_> = Site { stack_name: "prod-app", stack_id: "arn:s", region: "us-east-1", account_id: "1" };

    fn plan(text: &str, given: &[Parameter], previous: Option<&Deployment>) -> Result<Deployment, Obstacle> {
        Deployment::plan(&Arc::new(Template::parse(text).unwrap()), given, previous, SITE, &Library::new())
    }

    #[test]
    fn parameters_are_given_kept_or_defaulted() {
        let template = "
            Parameters: {env: {Type: String, AllowedValues: [dev, prod]}, size: {Type: Number, Default: 1}}
            Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub '${env}-${size}'}}}";
        let display = |deployment: &Deployment| deployment.resources[0].properties["DisplayName"].clone();
        let first = plan(template, &[Parameter::new("env", "dev"), Parameter::new("size", "7")], None).unwrap();
        assert_eq!(display(&first), "dev-7");
        let kept = [Parameter::UsePreviousValue { key: "size".into() }, Parameter::new("env", "prod")];
        assert_eq!(display(&plan(template, &kept, Some(&first)).unwrap()), "prod-7");
        assert_eq!(display(&plan(template, &[Parameter::new("env", "dev")], Some(&first)).unwrap()), "dev-1");

        let check = |given: &[Parameter], expected: &str| {
            assert_eq!(plan(template, given, None), Err(Obstacle::Refused(ApiError::validation(expected))));
        };
        check(&[], "Parameters: [env] must have values");
        check(&[Parameter::new("nope", "1")], "Parameters: [nope] do not exist in the template");
        check(&[Parameter::new("env", "qa")], "Parameter 'env' must be one of AllowedValues");
        check(&[Parameter::new("env", "dev"), Parameter::new("size", "big")], "Parameter 'size' must be a number.");
    }

    #[test]
    fn a_resource_whose_condition_does_not_hold_is_left_out() {
        let template = "
            Parameters: {env: {Type: String}}
            Conditions: {IsProd: !Equals [!Ref env, prod]}
            Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic, Condition: IsProd}}";
        let count = |env| plan(template, &[Parameter::new("env", env)], None).unwrap().resources.len();
        assert_eq!((count("dev"), count("prod")), (1, 2));
    }
}
