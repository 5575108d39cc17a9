//! Templates: read from JSON or YAML, checked as CloudFormation checks them before it does anything.
//!
//! What is not checked: the values of properties, `Rules`, `AllowedPattern` and the lengths and ranges of parameters.
//! See the [template reference](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-reference.html).

mod function;
mod order;
mod yaml;

use serde_json::{Map, Value};

use super::resource_types;
use crate::cloudformation::api::{Capability, ParameterDeclaration};
use crate::cloudformation::error::ApiError;

pub(super) use self::function::{Scope, references};

/// How many resources a template may declare.
const MAX_RESOURCES: usize = 500;

/// A template that passed its checks.
#[derive(Debug, PartialEq)]
pub(super) struct Template {
    pub(super) parameters: Vec<ParameterDeclaration>,
    /// In an order in which they can be created.
    pub(super) resources: Vec<ResourceDeclaration>,
    pub(super) mappings: Value,
    pub(super) conditions: Map<String, Value>,
    pub(super) outputs: Value,
    uses_macros: bool,
}

/// A resource that a template declares.
#[derive(Debug, PartialEq)]
pub(super) struct ResourceDeclaration {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    pub(super) properties: Map<String, Value>,
    pub(super) metadata: Value,
    pub(super) condition: Option<String>,
    pub(super) deletion_policy: Policy,
    pub(super) update_replace_policy: Policy,
    depends_on: Vec<String>,
}

/// What becomes of a physical resource that the stack no longer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    Delete,
    Retain,
    Snapshot,
}

impl Template {
    /// Reads and checks a template; one that begins with `{` is JSON, any other YAML.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let document = if text.trim_start().starts_with('{') { parse_json(text) } else { yaml::parse(text) }?;
        Self::from_document(&document)
    }

    fn from_document(document: &Value) -> Result<Self, ApiError> {
        let Some(sections) = document.as_object() else {
            return Err(format_error("unsupported structure."));
        };
        if let Some(unknown) = sections.keys().find(|section| !SECTIONS.contains(&section.as_str())) {
            return Err(ApiError::validation(format!("Invalid template property or properties [{unknown}]")));
        }
        let resources = section(sections, "Resources")?;
        if resources.is_empty() {
            return Err(format_error("At least one Resources member must be defined."));
        }
        if resources.len() > MAX_RESOURCES {
            let count = resources.len();
            return Err(format_error(&format!(
                "Number of resources, {count}, is greater than maximum allowed, {MAX_RESOURCES}"
            )));
        }
        let parameters: Vec<_> = section(sections, "Parameters")?
            .iter()
            .map(|(key, declaration)| declared_parameter(key, declaration))
            .collect::<Result<_, _>>()?;
        let resources: Vec<_> = resources
            .iter()
            .map(|(logical_id, resource)| ResourceDeclaration::read(logical_id, resource))
            .collect::<Result<_, _>>()?;
        let mut template = Self {
            parameters,
            resources,
            mappings: Value::Object(section(sections, "Mappings")?),
            conditions: section(sections, "Conditions")?,
            outputs: Value::Object(section(sections, "Outputs")?),
            uses_macros: sections.contains_key("Transform") || calls_a_macro(document),
        };
        template.check_references()?;
        template.resources = order::in_creation_order(std::mem::take(&mut template.resources))?;
        Ok(template)
    }

    /// Every name that is referred to must be a parameter or a resource.
    fn check_references(&self) -> Result<(), ApiError> {
        let is_known = |name: &String| {
            name.starts_with("AWS::")
                || self.parameters.iter().any(|parameter| parameter.parameter_key == *name)
                || self.resources.iter().any(|resource| resource.logical_id == *name)
        };
        let in_resources = self.resources.iter().flat_map(ResourceDeclaration::dependencies);
        let unknown: Vec<_> = in_resources.filter(|name| !is_known(name)).collect();
        if !unknown.is_empty() {
            let names = unknown.join(", ");
            return Err(format_error(&format!(
                "Unresolved resource dependencies [{names}] in the Resources block of the template"
            )));
        }
        let conditions = self.resources.iter().filter_map(|resource| resource.condition.as_ref());
        match conditions.into_iter().find(|name| !self.conditions.contains_key(*name)) {
            Some(name) => Err(format_error(&format!("Unresolved condition dependency {name} in the Resources block"))),
            None => Ok(()),
        }
    }

    /// What a caller must acknowledge.
    pub(super) fn required_capabilities(&self) -> Vec<Capability> {
        let mut required = Vec::new();
        let iam: Vec<_> =
            self.resources.iter().filter(|resource| resource.resource_type.starts_with("AWS::IAM::")).collect();
        if iam.iter().any(|resource| resource_types::has_iam_name(&resource.resource_type, &resource.properties)) {
            required.push(Capability::CapabilityNamedIam);
        } else if !iam.is_empty() {
            required.push(Capability::CapabilityIam);
        }
        if self.uses_macros {
            required.push(Capability::CapabilityAutoExpand);
        }
        required
    }
}

impl ResourceDeclaration {
    fn read(logical_id: &str, resource: &Value) -> Result<Self, ApiError> {
        let at = |problem: &str| format_error(&format!("[/Resources/{logical_id}] {problem}"));
        if logical_id.is_empty() || !logical_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format_error(&format!("Resource name {logical_id} is non alphanumeric.")));
        }
        let members = resource.as_object().ok_or_else(|| at("Every Resources member must be an object."))?;
        let resource_type = members.get("Type").and_then(Value::as_str);
        let resource_type = resource_type.ok_or_else(|| at("Every Resources object must contain a Type member."))?;
        if !is_type_name(resource_type) {
            return Err(format_error(&format!("Unrecognized resource types: [{resource_type}]")));
        }
        let properties = match members.get("Properties") {
            None => Map::new(),
            Some(Value::Object(properties)) => properties.clone(),
            Some(_) => return Err(at("Properties must be an object.")),
        };
        let policy = |key: &str| match members.get(key).and_then(Value::as_str) {
            None | Some("Delete" | "RetainExceptOnCreate") => Ok(Policy::Delete),
            Some("Retain") => Ok(Policy::Retain),
            Some("Snapshot") => Ok(Policy::Snapshot),
            Some(other) => Err(at(&format!("Unrecognized {key} {other}"))),
        };
        let depends_on = match members.get("DependsOn") {
            Some(Value::String(name)) => vec![name.clone()],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            properties,
            metadata: members.get("Metadata").cloned().unwrap_or_default(),
            condition: members.get("Condition").and_then(Value::as_str).map(str::to_owned),
            deletion_policy: policy("DeletionPolicy")?,
            update_replace_policy: policy("UpdateReplacePolicy")?,
            depends_on,
        })
    }

    /// The names that this resource refers to or depends on, parameters among them.
    fn dependencies(&self) -> Vec<String> {
        let mut names = self.depends_on.clone();
        names.extend(self.properties.values().flat_map(references));
        names
    }
}

/// The sections that a template may have.
const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

fn section(sections: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, ApiError> {
    match sections.get(name) {
        None => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members.clone()),
        Some(_) => Err(format_error(&format!("{name} section must be an object."))),
    }
}

fn declared_parameter(key: &str, declaration: &Value) -> Result<ParameterDeclaration, ApiError> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let Some(parameter_type) = declaration.get("Type").and_then(Value::as_str) else {
        return Err(format_error("Every Parameters object must contain a Type member."));
    };
    let allowed = declaration.get("AllowedValues").and_then(Value::as_array);
    Ok(ParameterDeclaration {
        parameter_key: key.to_owned(),
        parameter_type: parameter_type.to_owned(),
        default_value: declaration.get("Default").map(text),
        no_echo: declaration.get("NoEcho").map(text).is_some_and(|text| text == "true"),
        allowed_values: allowed.map(|values| values.iter().map(text).collect()).unwrap_or_default(),
    })
}

/// `Service::Name::Thing`, or `Custom::Thing`.
fn is_type_name(resource_type: &str) -> bool {
    let parts: Vec<_> = resource_type.split("::").collect();
    parts.iter().all(|part| !part.is_empty()) && (parts.len() >= 3 || resource_type.starts_with("Custom::"))
}

/// Depth is bounded by the parsers.
fn calls_a_macro(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, value)| key == "Fn::Transform" || calls_a_macro(value)),
        Value::Array(elements) => elements.iter().any(calls_a_macro),
        _ => false,
    }
}

fn parse_json(text: &str) -> Result<Value, ApiError> {
    serde_json::from_str(text).map_err(|error| not_well_formed("JSON", error.line(), error.column()))
}

fn not_well_formed(language: &str, line: usize, column: usize) -> ApiError {
    format_error(&format!("{language} not well-formed. (line {line}, column {column})"))
}

fn format_error(problem: &str) -> ApiError {
    ApiError::validation(format!("Template format error: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(template: &str) -> String {
        Template::parse(template).map(|_| ()).unwrap_err().message().to_owned()
    }

    #[test]
    fn refuses_in_the_words_of_cloudformation() {
        let check = |template: &str, expected: &str| assert_eq!(refusal(template), expected);
        check("{\"Resources\": }", "Template format error: JSON not well-formed. (line 1, column 15)");
        check("Resources: [", "Template format error: YAML not well-formed. (line 2, column 1)");
        check("Resources: {}", "Template format error: At least one Resources member must be defined.");
        check("just text", "Template format error: unsupported structure.");
        check("Resource: {}", "Invalid template property or properties [Resource]");
        check(
            "Resources: {A: {Properties: {}}}",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        );
        check("Resources: {A: {Type: Bucket}}", "Template format error: Unrecognized resource types: [Bucket]");
        check(
            "Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${env}-${Missing.Arn}'}}}",
            "Template format error: Unresolved resource dependencies [env, Missing] in the Resources block of the template",
        );
        check(
            "Resources: {A: {Type: AWS::S3::Bucket, DependsOn: B}, B: {Type: AWS::S3::Bucket, DependsOn: A}}",
            "Circular dependency between resources: [A, B]",
        );
    }

    #[test]
    fn json_and_yaml_with_short_forms_are_the_same_template() {
        let yaml = "
            Parameters: {env: {Type: String, AllowedValues: [dev, prod]}}
            Resources:
              Function:
                Type: AWS::Lambda::Function
                Properties: {FunctionName: !Sub '${env}-f', Role: !GetAtt Role.Arn, MemorySize: 128}
              Role: {Type: AWS::IAM::Role}
            Outputs: {Name: {Value: !Ref Function}}";
        let json = r#"{
            "Parameters": {"env": {"Type": "String", "AllowedValues": ["dev", "prod"]}},
            "Resources": {
                "Function": {"Type": "AWS::Lambda::Function", "Properties": {
                    "FunctionName": {"Fn::Sub": "${env}-f"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "MemorySize": 128}},
                "Role": {"Type": "AWS::IAM::Role"}},
            "Outputs": {"Name": {"Value": {"Ref": "Function"}}}}"#;
        assert_eq!(Template::parse(yaml), Template::parse(json));
    }

    #[test]
    fn resources_come_in_the_order_in_which_they_can_be_created() {
        let template = Template::parse(
            "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: [C]}, B: {Type: AWS::SNS::Topic},
              C: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref B}}}",
        );
        let order: Vec<_> = template.unwrap().resources.into_iter().map(|resource| resource.logical_id).collect();
        assert_eq!(order, ["B", "C", "A"]);
    }

    #[test]
    fn says_what_must_be_acknowledged() {
        let check = |resources: &str, expected: &[Capability]| {
            assert_eq!(Template::parse(resources).unwrap().required_capabilities(), expected, "{resources}");
        };
        check("Resources: {A: {Type: AWS::S3::Bucket}}", &[]);
        check("Resources: {A: {Type: AWS::IAM::Role}}", &[Capability::CapabilityIam]);
        check(
            "Resources: {A: {Type: AWS::IAM::Role, Properties: {RoleName: admin}}}",
            &[Capability::CapabilityNamedIam],
        );
        check(
            "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: AWS::Serverless::Function}}",
            &[Capability::CapabilityAutoExpand],
        );
    }
}
